"""Which cell of a set of disjoint cells a point falls in: tables indexed by the bits of cell ids.

The first table has an entry for every cell of level 10; an entry is the row of the cell that covers it, −1 for none, or
a reference to a block of entries in the next table, which looks four levels deeper, and so on. A binary search
over 26,000 cells makes 15 unpredictable jumps for each point, this one or two reads.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import cells
from photoplanet.earth.partition.points import KEY_LEVEL

Ids = NDArray[np.uint64]

_DEPTHS = (10, KEY_LEVEL, 18, 22, 26, 30)  # levels that the tables look down to
MOST_ENTRIES = 1 << 26  # of a table; where millions of tiny cells would need more, a binary search takes over
_LONG = 32  # entries of one cell beyond which a call of its own is faster
_NONE = -1
_FIRST_BLOCK = -2  # entry −2 − k refers to block k of the next table


class _Table(NamedTuple):
    depth: int
    block_bits: int  # a block has 2^block_bits entries
    entries: NDArray[np.int32]


class Lookup:
    """Rows of disjoint cells by the bits of their points; `ids` (n,) uint64, sorted.

    >>> from photoplanet.earth.partition.points import KEY_SHIFT
    >>> london, paris = cells.from_latlng([51.5, 48.86], [-0.13, 2.35])
    >>> lookup = Lookup(np.sort(cells.parent([london, paris], 8)))
    >>> leaves = np.array([paris, cells.from_latlng(0, 0)])
    >>> lookup.rows((leaves >> KEY_SHIFT).astype(np.uint32), leaves.take).tolist()
    [0, -1]
    """

    def __init__(self, ids: Ids):
        self._tables: list[_Table] = []
        levels, rows = cells.level(ids), np.arange(len(ids), dtype=np.int32)
        self._first, self._last = cells.range_min(ids), cells.range_max(ids)
        above, blocks = 0, np.arange(6, dtype=np.uint64)
        for depth in _DEPTHS:
            size = len(blocks) << 2 * (depth - above)
            if above and size > MOST_ENTRIES:
                break
            table = _Table(depth, 2 * (depth - above), np.full(size, _NONE, np.int32))
            self._tables.append(table)
            ending, deeper = (levels <= depth) & ((levels > above) | (above == 0)), levels > depth
            first, last = (_prefix(edge(ids[ending]), depth) for edge in (cells.range_min, cells.range_max))
            _fill(table.entries, _place(first, blocks, table), (last - first).astype(np.int64) + 1, rows[ending])
            if not deeper.any():
                break
            above, within, blocks = depth, blocks, np.unique(_prefix(ids[deeper], depth), return_counts=True)[0]
            table.entries[_place(blocks, within, table)] = _FIRST_BLOCK - np.arange(len(blocks), dtype=np.int32)

    def rows(self, keys: NDArray[np.uint32], leaves_of: Callable[[NDArray[np.int64]], Ids]) -> NDArray[np.int32]:
        """Row (int32) of the cell that holds each point, −1 for none.

        `keys` (k,) uint32 are leaf ids without the bits below level 14; `leaves_of(where)` gives the leaf ids of the
        points `where`, and is asked for those only that keys do not tell apart.
        """
        shallow = [table for table in self._tables if table.depth <= KEY_LEVEL]
        row: NDArray[np.int32] = shallow[0].entries.take(keys >> np.uint32(2 * (KEY_LEVEL - shallow[0].depth)))
        _walk(shallow[1:], row, keys, KEY_LEVEL)
        unsolved = np.flatnonzero(row <= _FIRST_BLOCK)
        if unsolved.size:
            found, leaves = row.take(unsolved), leaves_of(unsolved)
            _walk(self._tables[len(shallow) :], found, leaves >> np.uint64(1), cells.MAX_LEVEL)
            self._search(found, leaves)
            row[unsolved] = found
        return row

    def _search(self, row: NDArray[np.int32], leaves: Ids) -> None:
        """Solve by binary search, in place, what the tables leave open."""
        unsolved = np.flatnonzero(row <= _FIRST_BLOCK)
        if unsolved.size:
            leaves = leaves.take(unsolved)
            last = np.minimum(np.searchsorted(self._last, leaves), len(self._last) - 1)
            inside = (self._first.take(last) <= leaves) & (leaves <= self._last.take(last))
            row[unsolved] = np.where(inside, last, _NONE)


def _walk(tables: list[_Table], row: NDArray[np.int32], prefixes: NDArray[np.uint32] | Ids, level: int) -> None:
    """Follow references from table to table, in place; `prefixes` are the points' ids down to `level`."""
    for table in tables:
        unsolved = np.flatnonzero(row <= _FIRST_BLOCK)
        if not unsolved.size:
            return
        block = _FIRST_BLOCK - row.take(unsolved).astype(np.int64)
        below = (prefixes.take(unsolved) >> prefixes.dtype.type(2 * (level - table.depth))).astype(np.int64)
        below &= (1 << table.block_bits) - 1
        row[unsolved] = table.entries.take((block << table.block_bits) | below)


def _prefix(ids: Ids, level: int) -> Ids:
    prefix: Ids = ids >> np.uint64(61 - 2 * level)
    return prefix


def _place(prefixes: Ids, blocks: Ids, table: _Table) -> NDArray[np.int64]:
    """Where the entries of `prefixes` are in a table whose blocks belong to the cells `blocks`."""
    block = np.searchsorted(blocks, prefixes >> np.uint64(table.block_bits))
    inside: NDArray[np.int64] = (prefixes & np.uint64((1 << table.block_bits) - 1)).astype(np.int64)
    inside |= block << table.block_bits
    return inside


def _fill(
    entries: NDArray[np.int32], starts: NDArray[np.int64], lengths: NDArray[np.int64], rows: NDArray[np.int32]
) -> None:
    """Set `entries[start : start + length]` to the row, for every start."""
    long = lengths > _LONG  # few, and nearly all entries: written as they are, without an index for each entry
    for start, length, row in zip(starts[long].tolist(), lengths[long].tolist(), rows[long].tolist(), strict=True):
        entries[start : start + length] = row
    starts, lengths, rows = starts[~long], lengths[~long], rows[~long]
    before = np.repeat(np.cumsum(lengths) - lengths - starts, lengths)
    entries[np.arange(len(before)) - before] = np.repeat(rows, lengths)
