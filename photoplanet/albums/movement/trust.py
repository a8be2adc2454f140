"""What a library says of its own clocks and names, by leaving its known photos out: which of two times is right.

Names are believed over cameras that contradict them, and the order of names is taken for that of a day, unless the
library's known places show that this makes the neighbour in time a worse one.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.movement import placing
from photoplanet.albums.movement.moments import Moments
from photoplanet.earth import geodesy

Floats = NDArray[np.float64]

LEAST = 3  # known photos that decide
MOST = 300
_LEAST_KM = 0.1


def settled(moments: Moments, names: Sequence[str], places: Floats) -> Moments:
    """The moments of n photos as this library shows them to be right; `places` (n, 2) degrees, NaN for unknown.

    >>> from photoplanet.albums.movement import moments
    >>> days = moments.of(["2024-05-01"] * 4, list("abcd"))
    >>> bool((np.diff(settled(days, list("abcd"), np.full((4, 2), np.nan)).middle) > 0).all())
    True
    """
    contradicted = _some(~np.isnan(moments.camera) & ~np.isnan(places).any(axis=1))
    cameras = moments.trusting_cameras()
    if len(contradicted) >= LEAST:
        by_name, by_camera = (_off(moments, each, places, contradicted) for each in (moments, cameras))
        if np.mean(by_camera) < np.mean(by_name):
            moments = cameras
    ordered = moments.ordered(names)
    changed = _some((ordered.middle != moments.middle) & moments.known & ~np.isnan(places).any(axis=1))
    if len(changed) >= LEAST:
        better = _tied(moments, places, changed) - _off(ordered, ordered, places, changed)
        if np.mean(better) < np.std(better) / np.sqrt(len(better)):
            return moments
    return ordered


def _some(which: NDArray[np.bool_]) -> NDArray[np.int64]:
    rows = np.flatnonzero(which)
    return np.asarray(rows[np.unique(np.linspace(0, max(len(rows) - 1, 0), min(MOST, len(rows))).astype(int))])


def _off(all_moments: Moments, own: Moments, places: Floats, rows: NDArray[np.int64]) -> Floats:
    """The logarithm (k,) of how far known photos are from their nearest in time, by their `own` moments."""
    known = placing.known(places, all_moments)
    found = []
    for row in rows.tolist():
        other, _ = placing.nearest(known.without(known.rows != row), own.take(np.array([row])))
        found.append(_log_km(places, row, np.array([other])))
    return np.array(found)


def _tied(all_moments: Moments, places: Floats, rows: NDArray[np.int64]) -> Floats:
    """As `_off`, the mean over all that are equally near in time, as the photos of a day without times are."""
    known = placing.known(places, all_moments)
    found = []
    for row in rows.tolist():
        others = known.without(known.rows != row)
        near, hours = placing.near(others, all_moments.take(np.array([row])))
        found.append(_log_km(places, row, others.rows[near[hours <= hours[0] + 1e-6]]))
    return np.array(found)


def _log_km(places: Floats, row: int, others: NDArray[np.int64]) -> float:
    km = geodesy.distance_km(*places[row], *places[others].T)
    return float(np.log(np.maximum(km, 0) + _LEAST_KM).mean())
