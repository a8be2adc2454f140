"""Who moves apart from whom: photos of another person, or of another camera, that do not say where this one was.

Two cameras in one bag move together, and so do families on holiday; a partner at work does not. The library says which:
known photos of both, taken within a few hours, are farther from each other than those of one are among themselves.
Then a photo of the other counts as if it were so many hours farther away as they are kilometres.
"""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.movement import law
from photoplanet.earth import geodesy

Floats = NDArray[np.float64]

MOST = 12  # movers that are told apart, those with the most photos; the others go with everybody
SAMPLE = 200  # photos of each that are compared
WITHIN_HOURS = 3.0  # photos that are compared
LEAST_DAYS = 5  # on which there are such
FARTHER = 4.0  # times as far, and
ERRORS = 3.0  # so many times the error of that, or they move together
LEAST_KM = 0.1
_HOURS = np.geomspace(0.1, 5000.0, 200)


def numbered(movers: Sequence[Hashable]) -> NDArray[np.int64]:
    """Numbers (n,) of n photos' movers, 0 for the rare ones and None.

    >>> numbered(["one", "two", None, "one"]).tolist()
    [1, 2, 0, 1]
    """
    counts: dict[Hashable, int] = {}
    for mover in movers:
        counts[mover] = counts.get(mover, 0) + 1
    counts.pop(None, None)
    often = sorted(counts, key=lambda mover: -counts[mover])[:MOST]
    number = {mover: place for place, mover in enumerate(often, start=1)}
    return np.array([number.get(mover, 0) for mover in movers], np.int64)


def apart(middles: Floats, xyz: Floats, who: NDArray[np.int64], pace: float) -> Floats:
    """The hours (m, m) by which photos of two movers are farther from each other than their times are.

    `middles` (n,): hours, ascending, of known photos at `xyz` (n, 3); `who` (n,): 0 … m − 1, 0 for anybody.

    >>> hours = np.arange(0.0, 240.0)
    >>> places = np.array([[48.86, 2.35], [45.76, 4.84]])[np.arange(240) % 2]  # by turns in Paris and in Lyon
    >>> found = apart(hours, geodesy.to_xyz(*places.T), 1 + np.arange(240) % 2, 1.0)
    >>> found[1, 2] > 50, found[1, 1]
    (np.True_, np.float64(0.0))
    """
    count = int(who.max(initial=0)) + 1
    found = np.zeros((count, count))
    rows = [np.flatnonzero(who == each) for each in range(count)]
    for one in range(1, count):
        for other in range(one + 1, count):
            hours = [_between(middles, xyz, rows[a], rows[b], pace) for a, b in ((one, other), (other, one))]
            found[one, other] = found[other, one] = max(hours)
    return found


def _between(middles: Floats, xyz: Floats, own: NDArray[np.int64], others: NDArray[np.int64], pace: float) -> float:
    """The hours by which photos of some others are farther away than their times, seen from one's own."""
    if len(own) < LEAST_DAYS or len(others) < LEAST_DAYS:
        return 0.0
    some = own[np.unique(np.linspace(0, len(own) - 1, min(SAMPLE, len(own))).astype(int))]
    days, farther, away = [], [], []
    for row in some.tolist():
        mate, stranger = _nearest(middles, own[own != row], row), _nearest(middles, others, row)
        hours = np.abs(middles[[mate, stranger]] - middles[row])
        if (hours <= WITHIN_HOURS).all():
            km = geodesy.between_km(xyz[[mate, stranger]], xyz[row])
            log = np.log((km + LEAST_KM) / (law.median_km(hours, pace) + LEAST_KM))
            days.append(np.floor(middles[row] / 24))
            farther.append(log[1] - log[0])
            away.append(km[1])
    each, number = np.unique(days, return_inverse=True)
    if len(each) < LEAST_DAYS:
        return 0.0
    counts = np.bincount(number)
    mean = np.bincount(number, farther) / counts
    error = mean.std(ddof=1) / np.sqrt(len(each))
    if mean.mean() < max(np.log(FARTHER), ERRORS * error):
        return 0.0
    km = float(np.median(np.bincount(number, away) / counts))
    return float(np.interp(km, law.median_km(_HOURS, pace), _HOURS))


def _nearest(middles: Floats, among: NDArray[np.int64], row: int) -> int:
    place = int(np.searchsorted(middles[among], middles[row]))
    near = among[max(place - 1, 0) : place + 1]
    return int(near[np.abs(middles[near] - middles[row]).argmin()])
