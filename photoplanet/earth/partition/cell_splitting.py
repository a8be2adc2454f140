"""Counting photos by cell and splitting the cells that hold too many, in a few passes over points of any number.

A pass looks at the points inside the cells that are still too full and counts them several levels deeper at once. A
key of 32 bits, which cell and which descendant, and a count of 32 bits make one uint64, and NumPy sorts plain uint64
several times faster than anything with a payload. A pass looks only as deep as bounds its different keys, whatever the
points are: memory stays bounded, and merging the counts of different threads stays cheap.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.progress import Advance, ignore
from photoplanet.core.workers import in_threads, slices
from photoplanet.earth import cells
from photoplanet.earth.partition.lookup import Lookup
from photoplanet.earth.partition.points import CACHED, FIXED_POINT, KEY_LEVEL, Points, Source
from photoplanet.errors import InputError

Ids = NDArray[np.uint64]
Floats = NDArray[np.float64]
Counted = tuple[Ids, NDArray[np.int64]]  # cells (n,) and how many points each holds

FACES = (np.arange(6, dtype=np.uint64) << np.uint64(61)) | np.uint64(1 << 60)
KEY_BITS = 26  # of the different keys of a pass: at most 512 MB of counts
FIRST_DEPTH = 10  # levels of the first pass: few enough keys, and most of the Earth is sparse there already
_COUNT_BITS = np.uint64(32)
_COUNT_MASK = np.uint64((1 << 32) - 1)
MERGE_AT = 1 << 23  # packed counts (8 bytes each) to collect before they are merged
_SUMMED = 1 << 20  # points between two looks at the sums of all classes


def split(source: Source, max_photos: int, deepest: int = cells.MAX_LEVEL, advance: Advance = ignore) -> Counted:
    """Split the six faces while a cell has more than `max_photos` points and is above level `deepest` (paper, §3).

    Returns ids (n,) uint64, sorted, and point counts (n,) int64 of the cells that hold any point.

    >>> from photoplanet.earth.partition.points import locate, unlocated
    >>> points = locate(unlocated(np.array([48.1, 48.2, 35.7]), np.array([2.1, 2.2, 139.7])))
    >>> ids, counts = split(lambda: [lambda: points], max_photos=1)
    >>> cells.level(ids).tolist(), counts.tolist()
    ([10, 10, 0], [1, 1, 1])
    """
    frontier, level = FACES, 0
    found: list[Counted] = []
    while len(frontier):
        depth = min(_depth(len(frontier), level), deepest - level)
        packed = _count(source, frontier, level, depth, advance)
        done, frontier = _descend(packed, frontier, level, depth, max_photos, deepest)
        found += done
        level += depth
    ids, counts = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.argsort(ids)
    return ids[order], counts[order]


def vector_sums(source: Source, ids: Ids, advance: Advance = ignore) -> tuple[int, Floats]:
    """How many points there are, and the sums of unit vectors (n, 3) float64 of those in each of the sorted `ids`.

    The sums are exact to rounding of each coordinate at 2^-30, hence the same in whatever order the points come.

    >>> from photoplanet.earth.partition.points import locate, unlocated
    >>> points = locate(unlocated(np.array([0.0, 0.0]), np.array([90.0, 90.0])))
    >>> number, sums = vector_sums(lambda: [lambda: points], FACES)
    >>> number, sums[1].round().tolist()
    (2, [0.0, 2.0, 0.0])
    """
    lookup = Lookup(ids)
    total, sums = 0, np.zeros((3, len(ids)), np.int64)

    def work(load: Callable[[], Points]) -> tuple[int, NDArray[np.int64]]:
        points = load()
        return len(points.keys), _sum_points(points, lookup, len(ids))

    for number, some in in_threads(work, source()):
        total += number
        sums += some
        advance(number, note="means")
    return total, sums.T / FIXED_POINT


def _depth(cells_to_split: int, level: int) -> int:
    """How many levels a pass looks below the cells to split, which are of `level`."""
    if level == 0:
        return FIRST_DEPTH
    depth = max(1, (KEY_BITS - (cells_to_split - 1).bit_length()) // 2)
    return min(depth, KEY_LEVEL - level) if level < KEY_LEVEL else depth  # above it, no leaf ids are needed


def _count(source: Source, frontier: Ids, level: int, depth: int, advance: Advance) -> Ids:
    """Packed keys and counts, sorted, of the points inside `frontier` (cells of `level`), `depth` levels below it."""
    lookup = None if level == 0 else Lookup(frontier)

    def work(load: Callable[[], Points]) -> tuple[int, Ids]:
        points = load()
        return len(points.keys), _count_points(points, lookup, level, depth)

    packed, waiting = np.empty(0, np.uint64), 0
    parts: list[Ids] = []
    for number, part in in_threads(work, source()):
        parts.append(part)
        waiting += len(part)
        if waiting > max(MERGE_AT, len(packed)):
            packed, parts, waiting = _merge([packed, *parts]), [], 0
        advance(number, note=f"counting below level {level}")
    return _merge([packed, *parts])


def _count_points(points: Points, lookup: Lookup | None, level: int, depth: int) -> Ids:
    """Packed keys and counts, sorted, of the points inside the cells of `lookup`; None: the six faces, level 0."""
    parts = [_deeper_keys(points.part(some), lookup, level, depth) for some in slices(len(points.keys), CACHED)]
    keys = np.concatenate(parts) if parts else np.empty(0, np.uint32)
    del parts
    keys.sort()
    starts = _starts(keys)
    counts = np.diff(starts, append=len(keys))
    packed: Ids = keys[starts].astype(np.uint64)
    packed <<= _COUNT_BITS
    packed |= counts.view(np.uint64)
    return packed


def _deeper_keys(points: Points, lookup: Lookup | None, level: int, depth: int) -> NDArray[np.uint32]:
    """For each point inside a cell of `lookup`, the cell's row and the bits of the `depth` levels below it."""
    to_level = level + depth
    if lookup is None:
        keys: NDArray[np.uint32] = points.keys >> np.uint32(2 * (KEY_LEVEL - to_level))
        return keys
    rows = lookup.rows(points.keys, points.leaves)
    inside = np.flatnonzero(rows >= 0)
    if to_level <= KEY_LEVEL:
        below = points.keys.take(inside) >> np.uint32(2 * (KEY_LEVEL - to_level))
    else:
        below = points.leaves(inside) >> np.uint64(61 - 2 * to_level)
    cell = rows.take(inside).astype(np.uint32) << np.uint32(2 * depth)
    keys = (below & below.dtype.type((1 << 2 * depth) - 1)).astype(np.uint32)
    keys |= cell
    return keys


def _starts(keys: NDArray[np.uint32] | Ids) -> NDArray[np.int64]:
    """Where a new key begins in sorted keys."""
    new = np.empty(len(keys), bool)
    new[:1] = True
    np.not_equal(keys[1:], keys[:-1], out=new[1:])
    return np.flatnonzero(new)


def _merge(parts: list[Ids]) -> Ids:
    """One sorted array with one packed entry per key, of several arrays."""
    packed = np.concatenate(parts)
    packed.sort()
    keys = packed >> _COUNT_BITS
    starts = _starts(keys)
    counts = np.add.reduceat(packed & _COUNT_MASK, starts) if len(starts) else keys
    if counts.size and counts.max() > _COUNT_MASK:
        raise InputError("points: more than 4,294,967,295 of them in one cell; partition a sample instead")
    merged: Ids = (keys[starts] << _COUNT_BITS) | counts
    return merged


def _descend(
    packed: Ids, frontier: Ids, level: int, depth: int, max_photos: int, deepest: int
) -> tuple[list[Counted], Ids]:
    """Split `frontier` down to `depth` levels below: the final cells, as (ids, counts), and those still too full."""
    keys = packed >> _COUNT_BITS
    before = np.concatenate([[0], np.cumsum(packed & _COUNT_MASK, dtype=np.int64)])
    cell: Ids = np.arange(len(frontier), dtype=np.uint64)
    done: list[Counted] = []
    for down in range(depth + 1):
        rest = np.uint64(2 * (depth - down))
        first, last = np.searchsorted(keys, cell << rest), np.searchsorted(keys, (cell + np.uint64(1)) << rest)
        count = before[last] - before[first]
        here = level + down
        index, inside = cell >> np.uint64(2 * down), cell & np.uint64((1 << 2 * down) - 1)
        prefix = ((frontier[index.view(np.int64)] >> np.uint64(61 - 2 * level)) << np.uint64(2 * down)) | inside
        ids = ((prefix << np.uint64(1)) | np.uint64(1)) << np.uint64(60 - 2 * here)
        full = (count > max_photos) & (here < deepest)
        final = ~full & (count > 0)
        done.append((ids[final], count[final]))
        cell = ((cell[full] << np.uint64(2))[:, None] | np.arange(4, dtype=np.uint64)).ravel()
    return done, ids[full]


def _sum_points(points: Points, lookup: Lookup, classes: int) -> NDArray[np.int64]:
    sums = np.zeros((3, classes + 1), np.int64)
    for some in slices(len(points.keys), _SUMMED):
        piece = points.part(some)
        bins = piece.rows(lookup) + np.intp(1)  # bin 0: outside every cell
        for axis in range(3):  # sums of up to 2^20 integers of 2^30 are exact in float64
            sums[axis] += np.bincount(bins, piece.vectors[axis], classes + 1).astype(np.int64)
    return sums[:, 1:]
