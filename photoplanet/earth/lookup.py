"""Which cell of a set of disjoint cells a leaf falls in: tables indexed by the bits of the leaf's id.

The first table has an entry for every cell of level 9; an entry is the row of the cell that covers it, −1 for none, or
a reference to a block of 64 entries in the next table, which looks three levels deeper, and so on. A binary search
over 26,000 cells makes 15 unpredictable jumps for each point, this two or three reads.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import cells

_FIRST_LEVEL = 9
_STEP = 3
_BLOCK = 4**_STEP
_NONE = -1
_FIRST_BLOCK = -2  # entry −2 − k refers to block k of the next table


class _Table(NamedTuple):
    shift: np.uint64  # leaf id >> shift: the id's bits down to the level of this table
    entries: NDArray[np.int32]


class Lookup:
    """Rows of disjoint cells by leaf id; `ids` (n,) uint64, sorted."""

    def __init__(self, ids: NDArray[np.uint64]):
        self._tables: list[_Table] = []
        levels, rows = cells.level(ids), np.arange(len(ids), dtype=np.int32)
        depth, above, blocks = _FIRST_LEVEL, 0, np.arange(6 * 4**_FIRST_LEVEL // _BLOCK, dtype=np.uint64)
        while True:
            entries = np.full(len(blocks) * _BLOCK, _NONE, np.int32)
            here = (levels > above) | (above == 0)
            ending, deeper = here & (levels <= depth), levels > depth
            first, last = (_prefix(edge(ids[ending]), depth) for edge in (cells.range_min, cells.range_max))
            _fill(entries, _place(first, blocks), (last - first + np.uint64(1)).astype(np.int64), rows[ending])
            self._tables.append(_Table(_shift(depth), entries))
            if not deeper.any():
                break
            open_ = np.unique(_prefix(ids[deeper], depth), return_counts=True)[0]
            entries[_place(open_, blocks)] = _FIRST_BLOCK - np.arange(len(open_), dtype=np.int32)
            depth, above, blocks = depth + _STEP, depth, open_

    def rows(self, leaves: NDArray[np.uint64]) -> NDArray[np.int32]:
        """Row (int32) of the cell that holds each leaf id, −1 for none."""
        first, *deeper = self._tables
        row = first.entries.take((leaves >> first.shift).view(np.int64))
        for table in deeper:
            unsolved = np.flatnonzero(row <= _FIRST_BLOCK)
            if not unsolved.size:
                break
            block = _FIRST_BLOCK - row.take(unsolved).astype(np.int64)
            inside = (leaves.take(unsolved) >> table.shift).view(np.int64) & (_BLOCK - 1)
            row[unsolved] = table.entries.take(block * _BLOCK + inside)
        return row


def _shift(level: int) -> np.uint64:
    return np.uint64(61 - 2 * level)


def _prefix(ids: NDArray[np.uint64], level: int) -> NDArray[np.uint64]:
    return ids >> _shift(level)


def _place(prefixes: NDArray[np.uint64], blocks: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Where the entries of `prefixes` are in a table whose blocks belong to the cells `blocks`."""
    block = np.searchsorted(blocks, prefixes >> np.uint64(2 * _STEP))
    return block * _BLOCK + (prefixes & np.uint64(_BLOCK - 1)).astype(np.int64)


def _fill(entries: NDArray[np.int32], starts: NDArray[np.int64], lengths: NDArray[np.int64], rows: NDArray) -> None:
    """Set `entries[start : start + length]` to the row, for every start."""
    before = np.repeat(np.cumsum(lengths) - lengths - starts, lengths)
    entries[np.arange(len(before)) - before] = np.repeat(rows, lengths)
