"""Points in polygons, many of both: rings in degrees, whose sides are straight in longitude and latitude (RFC 7946)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.earth.areas.area import EVERYWHERE, HALF_CIRCUMFERENCE_KM, Area, Bools, Cap, Floats, Points
from photoplanet.errors import InputError

MAX_VERTICES = 100_000
MAX_PASSES = 4_000_000  # sides × the bands of latitude that they pass
_MOST_BANDS = 4096
_MOST_HINTS = 50_000
_PAIRS_AT_A_TIME = 2_000_000  # points × sides
_WIDE = 360.0

Ring = NDArray[np.float64]  # (n, 2) longitude and latitude, as GeoJSON has them


class Polygons(Area):
    """What lies in any of some polygons, each a list of rings: the outer one, and holes.

    A side of more than 180° of longitude is taken the short way, across ±180°, unless it goes once around; longitudes
    beyond ±180° go on. A ring around a pole holds the nearer one. InputError, starting with `name`, for more than
    `MAX_VERTICES`, or for sides that are too long and too many to search.

    >>> square = np.array([[170, -20], [190, -20], [190, -10], [170, -10], [170, -20]], float)
    >>> Polygons("here", [[square]]).contains([-15.0, -15.0], [-175.0, 160.0]).tolist()
    [True, False]
    """

    def __init__(self, name: str, polygons: Sequence[Sequence[Ring]]):
        self.name = name
        vertices = sum(len(ring) for polygon in polygons for ring in polygon)
        if vertices > MAX_VERTICES:
            raise InputError(f"{name}: {vertices:,} vertices, and {MAX_VERTICES:,} are taken; simplify the outline")
        sides = [_sides([_unrolled(ring) for ring in polygon], number) for number, polygon in enumerate(polygons)]
        self._index(np.concatenate(sides), len(polygons))
        self.cap = self._cap()

    def _index(self, sides: Floats, polygons: int) -> None:
        """Sort sides (n, 5: x1, y1, x2, y2, polygon) by the bands of latitude that they pass."""
        level = sides[sides[:, 1] != sides[:, 3]]  # a side along a parallel crosses none
        # Copies a turn away, so that each point is looked at once, where it is.
        copies = [level + np.array([turn, 0, turn, 0, k * polygons]) for k, turn in enumerate((0, -_WIDE, _WIDE))]
        every = np.concatenate(copies)
        west, east = every[:, [0, 2]].min(axis=1), every[:, [0, 2]].max(axis=1)
        touched = np.unique(every[(east >= -180) & (west <= 180), 4])
        every = every[np.isin(every[:, 4], touched)]
        low, high = every[:, [1, 3]].min(axis=1), every[:, [1, 3]].max(axis=1)
        self._bands = int(np.clip(len(every) // 8, 16, _MOST_BANDS))
        first, last = self._band(low), self._band(high)
        passes = last - first + 1
        if passes.sum() > MAX_PASSES:
            raise InputError(f"{self.name}: {len(sides):,} sides, most of them very long, are too many to search; "
                             "simplify the outline")  # fmt: skip
        owner = np.repeat(np.arange(len(every)), passes)
        band = np.arange(len(owner)) - np.repeat(np.cumsum(passes) - passes, passes) + first[owner]
        order = np.lexsort((every[owner, 4], band))
        self._passing, self._all_sides = owner[order], every
        self._starts = np.searchsorted(band[order], np.arange(self._bands + 1))
        self._outline = sides

    def _band(self, lat: Floats) -> NDArray[np.int64]:
        return np.clip(((lat + 90) / 180 * self._bands).astype(np.int64), 0, self._bands - 1)

    def _holds(self, lat: Floats, lng: Floats) -> Bools:
        found = np.zeros(lat.shape, np.bool_)
        # A pole lies on the upper border of whatever reaches it.
        y = np.clip(lat, -90 + 1e-9, 90 - 1e-9)
        band = self._band(y)
        order = np.argsort(band, kind="stable")
        ends = np.searchsorted(band[order], np.arange(self._bands + 1))
        for number in np.unique(band).tolist():
            sides = self._all_sides[self._passing[self._starts[number] : self._starts[number + 1]]]
            if not len(sides):
                continue
            points = order[ends[number] : ends[number + 1]]
            few = max(1, _PAIRS_AT_A_TIME // len(sides))
            for start in range(0, len(points), few):
                rows = points[start : start + few]
                found[rows] = _inside(sides, lng[rows], y[rows])
        return found

    def _hints(self) -> Points:
        """The corners, and points along the sides, all moved a little to both sides of the border."""
        x1, y1, x2, y2, _ = self._outline.T
        long = np.hypot(x2 - x1, y2 - y1)
        step = max(0.05, float(long.sum()) / _MOST_HINTS)
        counts = np.maximum(1, np.ceil(long / step)).astype(np.int64)
        owner = np.repeat(np.arange(len(long)), counts)
        share = (np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts) + 0.5) / counts[owner]
        x, y = (a[owner] + share * (b - a)[owner] for a, b in ((x1, x2), (y1, y2)))
        # Across the side, by a hundredth of its length at most.
        away = np.minimum(step, long[owner]) * 0.01
        across = np.stack([(y2 - y1)[owner], (x1 - x2)[owner]]) / np.maximum(long[owner], 1e-12) * away
        lng, lat = (np.concatenate([line + moved, line - moved]) for line, moved in zip((x, y), across, strict=True))
        return np.clip(lat, -90.0, 90.0), np.mod(lng + 180, 360) - 180

    def _cap(self) -> Cap:
        lat, lng = self._hints()
        middle = geodesy.to_xyz(lat, lng).mean(axis=0)
        latitude, longitude = (float(degrees) for degrees in geodesy.from_xyz(middle))
        lengths = np.hypot(*(self._outline[:, 2:4] - self._outline[:, :2]).T)
        far = float(geodesy.distance_km(lat, lng, latitude, longitude).max())
        far += 112 * min(float(lengths.max()), max(0.05, float(lengths.sum()) / _MOST_HINTS)) + 1
        # Beyond a quarter of the circumference, the far side of the border is not sure to be outside.
        if far > HALF_CIRCUMFERENCE_KM / 2.2 or np.linalg.norm(middle) < 0.05:
            return EVERYWHERE
        return Cap(latitude, longitude, far)


def _inside(sides: Floats, lng: Floats, lat: Floats) -> Bools:
    """Whether each point (n,) is in any polygon: sides (m, 5), those of a polygon together, by the even-odd rule."""
    x1, y1, x2, y2, polygon = sides.T
    x, y = lng[:, None], lat[:, None]
    over = (y1 <= y) != (y2 <= y)
    with np.errstate(invalid="ignore", over="ignore"):
        crossing = x1 + (y - y1) / (y2 - y1) * (x2 - x1)
    starts = np.flatnonzero(np.r_[True, polygon[1:] != polygon[:-1]])
    crossed = np.add.reduceat((over & (crossing > x)).astype(np.int32), starts, axis=1)
    return np.asarray((crossed % 2 == 1).any(axis=1))


def _unrolled(ring: Ring) -> Ring:
    """A closed ring whose longitudes go on beyond ±180° instead of jumping, closed over a pole that it runs around."""
    ring = np.asarray(ring, np.float64)
    ring = ring if (ring[0] == ring[-1]).all() else np.vstack([ring, ring[:1]])
    step = np.diff(ring[:, 0])
    # A side of 360° goes once around; between 180° and that, the short way is meant.
    turns = np.where(np.abs(step) < _WIDE, step - _WIDE * np.round(step / _WIDE), step)
    longitude = ring[0, 0] + np.concatenate([[0.0], np.cumsum(turns)])
    line = np.column_stack([longitude, ring[:, 1]])
    around = longitude[-1] - longitude[0]
    if abs(around) > 180:
        pole = -90.0 if line[:, 1].mean() < 0 else 90.0
        line = np.vstack([line, [longitude[-1], pole], [longitude[0], pole], line[:1]])
    return line


def _sides(rings: Sequence[Ring], number: int) -> Floats:
    """The sides (n, 5: x1, y1, x2, y2, number) of the rings of one polygon; holes are brought beside the outer ring."""
    made = []
    middle = (rings[0][:, 0].min() + rings[0][:, 0].max()) / 2
    for ring in rings:
        turn = _WIDE * np.round((middle - (ring[:, 0].min() + ring[:, 0].max()) / 2) / _WIDE)
        ends = np.column_stack([ring[:-1], ring[1:]]) + np.array([turn, 0, turn, 0])
        made.append(np.column_stack([ends, np.full(len(ends), float(number))]))
    found = np.concatenate(made)
    # All of it within a turn of 0, where the copies are.
    found[:, [0, 2]] -= _WIDE * np.round(middle / _WIDE)
    return found
