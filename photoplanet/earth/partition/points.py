"""Many points on the cube: exact keys of level 14 for all, leaf ids for the few that are told apart below it.

A cell of level 14 is about 600 m wide, as fine as partitions are nearly everywhere. Down to there 32 bits a point are
enough, and single precision places a point exactly unless it lies within 1/230 of a cell from a side; there, 1 in 60
points, its leaf id decides.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.workers import slices
from photoplanet.earth import cells, hilbert, projection

Floats = NDArray[np.float64]

KEY_LEVEL = 14  # 3 bits of face and 28 of position
KEY_SHIFT = np.uint64(61 - 2 * KEY_LEVEL)  # leaf id >> this: its key
CACHED = 1 << 18  # points to look up at a time: few enough for the cache, many enough for the calls not to matter
FIXED_POINT = 1 << 30  # units of a vector's length: 6 mm on the ground


class RowsOf(Protocol):
    """What finds the rows of points: a `Lookup`."""

    def rows(
        self, keys: NDArray[np.uint32], leaves_of: Callable[[NDArray[np.int64]], NDArray[np.uint64]]
    ) -> NDArray[np.int32]:
        """Row (int32) of the cell that holds each point, −1 for none."""
        ...


class Points(NamedTuple):
    """Degrees (k,) float64 (checked), keys (k,) uint32 and unit vectors (3, k) int32 in units of 2^-30.

    `known` (k,) uint64 keeps leaf ids between passes, 0 where not asked for yet; of length 0 it does not.
    """

    lat: Floats
    lng: Floats
    keys: NDArray[np.uint32]
    vectors: NDArray[np.int32]
    known: NDArray[np.uint64] = np.empty(0, np.uint64)

    def part(self, some: slice) -> "Points":
        """The points of a slice; views, no copies."""
        return Points(self.lat[some], self.lng[some], self.keys[some], self.vectors[:, some], self.known[some])

    def rows(self, lookup: RowsOf) -> NDArray[np.int32]:
        """Row (int32) of each point in a `Lookup`, −1 for outside."""
        rows = np.empty(len(self.keys), np.int32)
        for some in slices(len(rows), CACHED):
            piece = self.part(some)
            rows[some] = lookup.rows(piece.keys, piece.leaves)
        return rows

    def leaves(self, where: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Leaf ids of the points `where`."""
        if not self.known.size:
            return cells.leaf_ids(self.lat.take(where), self.lng.take(where))
        leaves = self.known.take(where)
        new = np.flatnonzero(leaves == 0)
        if new.size:
            there = where.take(new)
            leaves[new] = self.known[there] = cells.leaf_ids(self.lat.take(there), self.lng.take(there))
        return leaves


# Called once per pass, gives functions that each make points in a worker thread; every pass must give the same points.
Source = Callable[[], Iterable[Callable[[], Points]]]


def unlocated(lat: Floats, lng: Floats) -> Points:
    """Points of checked, flat coordinates in degrees, with room for the rest.

    >>> unlocated(np.zeros(3), np.zeros(3)).vectors.shape
    (3, 3)
    """
    return Points(lat, lng, np.empty(lat.size, np.uint32), np.empty((3, lat.size), np.int32))


def keyed(lat: Floats, lng: Floats) -> Points:
    """Points with keys but no vectors, of checked, flat coordinates in degrees.

    >>> keyed(np.zeros(1), np.zeros(1)).keys.tolist()
    [134217728]
    """
    return locate(Points(lat, lng, np.empty(lat.size, np.uint32), np.empty((3, 0), np.int32)))


def locate(points: Points) -> Points:
    """Compute the keys and, where there is room for them, the unit vectors of points, in place.

    >>> locate(unlocated(np.array([90.0]), np.array([0.0]))).vectors.ravel().tolist()
    [0, 0, 1073741824]
    """
    doubtful = []
    for few in slices(points.lat.size, cells.FEW):
        vectors = projection.unit_vectors(points.lat[few], points.lng[few])
        face, column, row, doubt = projection.rough_squares(vectors, KEY_LEVEL)
        keys = hilbert.short_positions(face, column, row)
        keys |= face.astype(np.uint32) << np.uint32(2 * KEY_LEVEL)
        points.keys[few] = keys
        doubtful.append(doubt + few.start)
        if points.vectors.size:
            for axis, values in enumerate(vectors):
                values *= FIXED_POINT
                points.vectors[axis, few] = np.rint(values, out=values)
    if doubtful:
        where = np.concatenate(doubtful)  # all at once: a call costs more than a point
        points.keys[where] = points.leaves(where) >> KEY_SHIFT
    return points
