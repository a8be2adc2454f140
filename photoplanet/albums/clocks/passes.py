"""When a track passed the places of photos: spans of time in which its device was within a few steps of them."""

import numpy as np

from photoplanet.albums.clocks.readings import Floats, Rows
from photoplanet.earth import geodesy
from photoplanet.metadata.track import MAX_APART_HOURS, Track

NEAR_KM = 0.15  # between a photo's place and the track; two receivers, one in a bag
STEP_KM = 0.07  # between the points of the line that is looked at
FASTEST_KM_S = 0.07  # 250 km/h: what is faster is a flight or a fault, and no photo's place lies on it
MOST_POINTS = 1_000_000
_SLACK = 15.0  # seconds before and after a point within which the device was there, too


class Line:
    """A track as points so close that none of its way is farther than NEAR_KM from one; `utc` (m,) seconds since 1970.

    >>> times = np.array(["2024-05-01T10:00", "2024-05-01T10:05"], "datetime64[s]")
    >>> line = Line(Track(times, np.zeros(2), np.array([0.0, 0.01])))
    >>> len(line.utc) > 10
    True
    """

    def __init__(self, track: Track):
        utc = track.times.astype("datetime64[s]").astype(np.float64)
        xyz = geodesy.to_xyz(track.latitude, track.longitude)
        step = max(1, -(-len(utc) // (MOST_POINTS // 2)))
        utc, xyz = utc[::step], xyz[::step]
        if len(utc) > 1:
            utc, xyz = _filled(utc, xyz)
        self.utc, self.xyz = utc, xyz
        self._latitude = np.degrees(np.arcsin(np.clip(xyz[:, 2], -1, 1)))
        self._order = np.argsort(self._latitude, kind="stable")

    def passes(self, latitude: float, longitude: float) -> Floats:
        """The spans (k, 2) of time, in seconds since 1970, in which the device was near a place (degrees)."""
        reach = np.degrees(NEAR_KM / geodesy.EARTH_RADIUS_KM)
        low, high = np.searchsorted(self._latitude, [latitude - reach, latitude + reach], sorter=self._order)
        rows = self._order[low:high]
        here = geodesy.to_xyz(latitude, longitude)
        chord = 2 * np.sin(NEAR_KM / geodesy.EARTH_RADIUS_KM / 2)
        rows = np.sort(rows[((self.xyz[rows] - here) ** 2).sum(axis=1) <= chord**2])
        if not len(rows):
            return np.zeros((0, 2))
        apart = np.flatnonzero((np.diff(rows) > 1) & (np.diff(self.utc[rows]) > 2 * _SLACK))
        first, last = np.concatenate([[0], apart + 1]), np.concatenate([apart, [len(rows) - 1]])
        return np.column_stack([self.utc[rows[first]] - _SLACK, self.utc[rows[last]] + _SLACK])

    def km(self, latitude: float, longitude: float, utc: Floats) -> Floats:
        """Distances (n,) from a place (degrees) to where the device was at moments `utc` (n,); inf where unknown."""
        after = np.clip(np.searchsorted(self.utc, utc), 1, max(len(self.utc) - 1, 1))
        before, after = after - 1, np.minimum(after, len(self.utc) - 1)
        span = self.utc[after] - self.utc[before]
        known = (utc >= self.utc[before]) & (utc <= self.utc[after])
        part = np.where(span > 0, (utc - self.utc[before]) / np.where(span > 0, span, 1), 0)[:, None]
        found = geodesy.between_km((1 - part) * self.xyz[before] + part * self.xyz[after],
                                   geodesy.to_xyz(latitude, longitude))  # fmt: skip
        still = geodesy.between_km(self.xyz[before], self.xyz[after]) <= 2 * NEAR_KM
        return np.where(known & ((span <= MAX_APART_HOURS * 3600) | still), found, np.inf)

    def km_s(self, utc: Floats) -> Floats:
        """How fast (n,) the device was around moments `utc` (n,), over a minute; NaN where it recorded nothing."""
        ends = [np.searchsorted(self.utc, utc + side) for side in (-30.0, 30.0)]
        one, other = (np.clip(end + shift, 0, len(self.utc) - 1) for end, shift in zip(ends, (-1, 0), strict=True))
        span = self.utc[other] - self.utc[one]
        inside = (utc >= self.utc[0]) & (utc <= self.utc[-1])
        moved = geodesy.between_km(self.xyz[one], self.xyz[other])
        known = inside & ((span <= MAX_APART_HOURS * 3600) | (moved <= 2 * NEAR_KM))
        return np.where(known, moved / np.maximum(span, 1), np.nan)

    def at(self, utc: Floats) -> Floats:
        """Where (n, 3) the device was last before moments `utc` (n,), unit vectors."""
        return np.asarray(self.xyz[np.clip(np.searchsorted(self.utc, utc, side="right") - 1, 0, len(self.utc) - 1)])


def thinned(shown: Floats, places: Floats, most: int, apart: float = 120.0) -> Rows:
    """Rows, at most so many, of photos (n,) in time order that are no second witness: `apart` seconds, or elsewhere.

    >>> thinned(np.array([0.0, 5.0, 500.0]), np.array([[1.0, 1.0]] * 3), 10).tolist()
    [0, 2]
    """
    kept: list[int] = []
    for row in range(len(shown)):
        near = kept and shown[row] - shown[kept[-1]] < apart
        if not near or np.abs(places[row] - places[kept[-1]]).max() > 0.002:  # some 200 m
            kept.append(row)
    some = np.unique(np.linspace(0, max(len(kept) - 1, 0), min(most, len(kept))).round().astype(int))
    return np.asarray(np.array(kept, np.int64)[some])


def _filled(utc: Floats, xyz: Floats) -> tuple[Floats, Floats]:
    """The points, and those between them where the way is longer than a step, was recorded, and was not flown."""
    span, km = np.diff(utc), geodesy.between_km(xyz[:-1], xyz[1:])
    slow = (span > 0) & (span <= MAX_APART_HOURS * 3600) & (km <= np.maximum(FASTEST_KM_S * span, STEP_KM))
    parts = np.where(slow, np.ceil(km / STEP_KM), 1).clip(1).astype(np.int64)
    if parts.sum() > MOST_POINTS:
        parts = np.maximum(parts * MOST_POINTS // (2 * parts.sum()), 1)
    begin = np.repeat(np.arange(len(span)), parts)
    share = (np.arange(len(begin)) - np.repeat(np.cumsum(parts) - parts, parts)) / parts[begin]
    middle = (1 - share)[:, None] * xyz[begin] + share[:, None] * xyz[begin + 1]
    middle /= np.linalg.norm(middle, axis=1, keepdims=True)
    return np.append(utc[begin] + share * span[begin], utc[-1]), np.concatenate([middle, xyz[-1:]])
