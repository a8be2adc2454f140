"""One photo among the known ones near to it in time: the point that is worth most, and how far off it may be.

Every known photo near in time speaks for where the photo may be, with a weight that falls with the cube of the hours
between; around each the law of movement spreads it. Candidates are their places and points on the way between those
before and after. The one that is worth most is chosen: worth something within 200 km, more within 25, most within 1 km,
which is only likely where somebody stayed, where somebody comes on other days, too, or where the photos look alike.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.movement import law, moments, movers, reach, spots
from photoplanet.albums.movement.moments import Moments
from photoplanet.albums.movement.spots import Spots
from photoplanet.earth import geodesy

Floats = NDArray[np.float64]

NEAR = 32  # known photos, at most, that speak for one
FALL = 3.0  # the power of the hours by which their weight falls
HOUR = 1.0  # within which all weigh alike
WORTH = ((25.0, 1.0), (200.0, 4.0))  # km, and what a point within them is worth; chosen on trips.parquet
SAME_KM, SAME_WORTH = 1.0, 8.0  # as far as a stay reaches, and what it is worth
WAY = (0.25, 0.5, 0.75)  # of the way between before and after
PACED = 500  # known photos, evenly over all, that say how far somebody gets
LONG_HOURS = 2160.0  # a season: what stands for an unknown time
SCAN = 4 * NEAR  # known photos on either side that are looked at for the nearest
_TURNS = np.cos((np.arange(6) + 0.5) / 6 * np.pi)
_SHARE = 0.9


@dataclass(frozen=True)
class Known:
    """n photos whose places are known, in the order of their middles: `moments`, unit vectors `xyz` (n, 3), `rows`.

    `pace`: how far this library's person gets (`law.pace`); `spots`: on which days they come to which; `apart` (m, m):
    the hours that photos of two persons or cameras are farther from each other (`movers.apart`).
    """

    moments: Moments
    xyz: Floats
    rows: NDArray[np.int64]
    pace: float = 1.0
    spots: Spots = field(default_factory=lambda: spots.of(np.empty((0, 3)), np.empty(0)))
    apart: Floats = field(default_factory=lambda: np.zeros((1, 1)))

    def __post_init__(self) -> None:
        if len(self.spots) != len(self.rows):
            object.__setattr__(self, "spots", spots.of(self.xyz, self.moments.days))

    def __len__(self) -> int:
        return len(self.rows)

    def without(self, keep: NDArray[np.bool_]) -> "Known":
        """Those that are kept."""
        rows = np.flatnonzero(keep)
        return Known(
            self.moments.take(rows), self.xyz[rows], self.rows[rows], self.pace, self.spots.take(rows), self.apart
        )


@dataclass(frozen=True)
class Found:
    """Where one photo may be: the `point` (3,), and the k places `xyz` (k, 3) that speak, with `weights` and medians.

    `hours` to the nearest of them in time; `spread_km`: within which nine tenths are by the law alone, before the
    library's own experience (`experience`) corrects it. `rows` (k,): whose places they are. Of the candidates `points`
    (p, 3), `worth` (p,) is what they are worth within 25 and 200 km, `same` (p, k) what each place adds within one.
    """

    point: Floats
    xyz: Floats
    weights: Floats
    medians: Floats
    hours: float
    spread_km: float
    rows: NDArray[np.int64]
    points: Floats
    worth: Floats
    same: Floats


Looks = Callable[[NDArray[np.int64]], Floats]  # rows of known photos → how much likelier each shows the same place


def known(places: Floats, all_moments: Moments) -> Known:
    """The photos that have both a place (n, 2) degrees and a moment, with the pace of their person.

    >>> places = np.array([[48.86, 2.35], [np.nan, np.nan], [48.85, 2.3]])
    >>> known(places, moments.of(["2024-05-02", "2024-05-01", "2024-05-01"], [""] * 3)).rows.tolist()
    [2, 0]
    """
    rows = np.flatnonzero(~np.isnan(places).any(axis=1) & all_moments.known)
    rows = rows[np.argsort(all_moments.middle[rows], kind="stable")]
    when, xyz = all_moments.take(rows), geodesy.to_xyz(*places[rows].T)
    found = Known(when, xyz, rows)
    if len(rows) < 2:
        return found
    pace = _pace(found)
    if when.who.any():
        own = _pace(found, each_own=True)
        apart = movers.apart(when.middle, xyz, when.who, own)
        if apart.any():
            return replace(found, pace=own, apart=apart)
    return replace(found, pace=pace)


def _pace(among: Known, each_own: bool = False) -> float:
    """How far the library's person gets, from each photo to the nearest in time; `each_own`: of the same mover."""
    km, hours = [], []
    for row in np.unique(np.linspace(0, len(among) - 1, min(PACED, len(among))).round().astype(int)):
        at, who = among.moments.take(np.array([row])), among.moments.who
        others = _around(among, at)
        others = others[(others != row) & ((who[others] == who[row]) | (not each_own))]
        if len(others):
            apart = moments.apart(at, among.moments.take(others))[0]
            hours.append(float(apart.min()))
            km.append(float(geodesy.between_km(among.xyz[row], among.xyz[others[apart.argmin()]])))
    return law.pace(np.array(km), np.array(hours))


def place(among: Known, at: Moments, looks: Looks | None = None) -> Found | None:
    """Where the photo taken at `at` (one moment) may be, by those it is `among`; None where none or no moment is known.

    >>> there = known(np.array([[48.86, 2.35], [48.86, 2.35]]), moments.of(["2024-05-01", "2024-05-03"], [""] * 2))
    >>> found = place(there, moments.of(["2024-05-02"], [""]))
    >>> [round(float(degrees), 2) for degrees in geodesy.from_xyz(found.point)], found.hours
    ([48.86, 2.35], 24.0)
    """
    if not len(among) or not at.known[0]:
        return None
    close, hours = near(among, at)
    alike = np.ones(len(close)) if looks is None else looks(among.rows[close]) ** law.looks_count(hours)
    return _best(among, close, hours, (hours + HOUR) ** -FALL, alike, float(at.middle[0]))


def anywhere(among: Known) -> Found:
    """Where a photo may be of which no time is known: where the others are, one of each day, evenly over time.

    >>> there = known(np.array([[48.86, 2.35], [48.86, 2.35]]), moments.of(["2024-05-01", "2024-05-03"], [""] * 2))
    >>> anywhere(there).weights.tolist()
    [0.5, 0.5]
    """
    _, first = np.unique(among.moments.days, return_index=True)
    some = first[np.unique(np.linspace(0, len(first) - 1, min(NEAR, len(first))).round().astype(int))]
    hours = np.full(len(some), LONG_HOURS)
    return _best(among, some, hours, np.ones(len(some)), np.ones(len(some)), np.nan)


def _best(
    among: Known, close: NDArray[np.int64], hours: Floats, weights: Floats, alike: Floats, middle: float
) -> Found:
    """The point that is worth most, of the places `close` (k rows) so many `hours` (k,) away and those between."""
    weights = weights / weights.sum()
    xyz, middles = among.xyz[close], among.moments.middle[close]
    medians = law.median_km(_bridged(hours, middles, middle), among.pace)
    points = np.concatenate([xyz, _between(xyz, middles, middle)])
    likely = law.stay(hours) * alike * (1 + np.log1p(among.spots.days(close, middle)))
    away = geodesy.between_km(points[:, None], xyz[None])
    worth = np.zeros(len(points))
    for km, value in WORTH:
        worth += value * (reach.share(away, medians, km) @ weights)
    same = SAME_WORTH * np.exp(-away / SAME_KM) * (weights * likely)
    best = int((worth + same.sum(axis=1)).argmax())
    spread = _quantile(_distances(away[best], medians), weights, _SHARE)
    return Found(points[best], xyz, weights, medians, float(hours[0]), spread, among.rows[close], points, worth, same)


def nearest(among: Known, at: Moments) -> tuple[int, float]:
    """The row, and the hours to it, of the known photo nearest in time.

    >>> there = known(np.zeros((2, 2)), moments.of(["2024-05-01", "2024-05-09"], [""] * 2))
    >>> nearest(there, moments.of(["2024-05-08"], [""]))
    (1, 24.0)
    """
    around = _around(among, at)
    hours = away(among, at, around)
    return int(among.rows[around[hours.argmin()]]), float(hours.min())


def near(among: Known, at: Moments) -> tuple[NDArray[np.int64], Floats]:
    """Rows of `among`, at most NEAR, and the hours to each, the nearest first; half of them before, half after.

    Where one side has fewer, the other has more: a burst on the evening before does not hide the next morning.

    >>> there = known(np.zeros((2, 2)), moments.of(["2024-05-01", "2024-05-09"], [""] * 2))
    >>> [each.tolist() for each in near(there, moments.of(["2024-05-08"], [""]))]
    [[1, 0], [24.0, 168.0]]
    """
    around = _around(among, at)
    hours = away(among, at, around)
    order = np.argsort(hours, kind="stable")
    after = among.moments.middle[around[order]] > at.middle[0]
    rank = np.where(after, np.cumsum(after), np.cumsum(~after))
    order = order[np.argsort(rank > NEAR // 2, kind="stable")[:NEAR]]
    order = order[np.argsort(hours[order], kind="stable")]
    return around[order], hours[order]


def away(among: Known, at: Moments, rows: NDArray[np.int64] | None = None) -> Floats:
    """The hours (k,) from `at` (one moment) to known photos, all or some `rows` of them, by time and by who took them.

    >>> there = known(np.zeros((2, 2)), moments.of(["2024-05-01", "2024-05-09"], [""] * 2))
    >>> away(there, moments.of(["2024-05-08"], [""])).tolist()
    [168.0, 24.0]
    """
    others = among.moments if rows is None else among.moments.take(rows)
    hours = moments.apart(at, others)[0]
    who, most = int(at.who[0]), len(among.apart)
    return np.asarray(hours + among.apart[who, others.who]) if 0 < who < most else hours


def _around(among: Known, at: Moments) -> NDArray[np.int64]:
    middle = int(np.searchsorted(among.moments.middle, at.middle[0]))
    return np.arange(max(0, middle - SCAN), min(len(among), middle + SCAN))


def _bridged(hours: Floats, middles: Floats, middle: float) -> Floats:
    """The hours (k,) of somebody who had to be back, or there already, on the other side of the moment.

    Of two walks by chance that meet, one before and one after, the spread is that of t·u / (t + u) hours.
    """
    after = middles > middle
    found = hours.copy()
    for side in (after, ~after):
        if side.any() and not side.all():
            other = float(hours[~side].min())
            found[side] = hours[side] * other / np.maximum(hours[side] + other, 1e-9)
    return np.asarray(found)


def _between(xyz: Floats, middles: Floats, middle: float) -> Floats:
    """Points (k, 3) on the great circles between the nearest before and the nearest after; none where one is missing.

    Also between the nearest and the second nearest of the other side, for it may be a place where nobody stayed.
    """
    before, after = np.flatnonzero(middles <= middle), np.flatnonzero(middles > middle)
    pairs = [
        (before[one], after[other])
        for one, other in ((0, 0), (0, 1), (1, 0))
        if one < len(before) and other < len(after)
    ]
    found = [(1 - part) * xyz[one] + part * xyz[other] for one, other in pairs for part in WAY]
    lengths = [float(np.linalg.norm(each)) for each in found]
    kept = [each / length for each, length in zip(found, lengths, strict=True) if length > 1e-6]  # not of antipodes
    return np.array(kept).reshape(-1, 3)


def _distances(away: Floats, medians: Floats) -> Floats:
    """How far (k, 48) a point that is `away` (k,) from places is from those that the law spreads around them.

    By the plane's law of cosines, whose error matters only where nothing is near anyway.
    """
    radii = (medians[:, None] * law.SPREAD)[:, :, None]
    apart = away[:, None, None]
    squared = apart**2 + radii**2 - 2 * apart * radii * _TURNS
    return np.asarray(np.sqrt(np.maximum(squared, 0))).reshape(len(away), -1)


def _quantile(distances: Floats, weights: Floats, share: float) -> float:
    """The distance that holds `share` of what lies at `distances` (k, s), each row of which has a weight (k,)."""
    flat = distances.ravel()
    order = np.argsort(flat)
    held = np.cumsum(np.repeat(weights / distances.shape[1], distances.shape[1])[order])
    return float(flat[order][min(int(np.searchsorted(held, share)), len(flat) - 1)])
