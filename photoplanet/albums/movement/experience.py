"""What a library's own photos teach: how far off they are placed when they, and all near in time, are left out.

So the radius is that of this person, in this library, after so long a gap. A photo is left out, with all those that are
within so many hours of it, and placed by the rest; how far off the point is, in units of what the law expects, is one
experience. Those after a gap like that of the photo in question count, and a few that the law itself would make.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.movement import law, placing
from photoplanet.albums.movement.placing import Known, Looks
from photoplanet.earth import geodesy

Floats = NDArray[np.float64]

LEFT_OUT_HOURS = (0.0, 6.0, 24.0, 48.0, 96.0, 240.0, 720.0, placing.LONG_HOURS)
MOST_PHOTOS = 200  # that are left out, evenly spread over the library
PRIOR = 10.0  # experiences that the law stands for
ALIKE = 0.5  # the logarithm of hours within which gaps are alike
LEAST_KM = 0.005  # nothing is placed better
_PRIOR_STEPS = (np.arange(40) + 0.5) / 40
_PRIOR = _PRIOR_STEPS / (1 - _PRIOR_STEPS) / 9  # by the law, nine tenths within 1


@dataclass(frozen=True)
class Experience:
    """`hours` (m,) to the nearest known photo in time, and `off` (m,): how far off, in what the law expects."""

    hours: Floats
    off: Floats

    def __len__(self) -> int:
        return len(self.off)

    def at(self, hours: float) -> "Experienced":
        """What counts after a gap of so many hours.

        >>> round(Experience(np.full(400, 24.0), np.full(400, 0.5)).at(24.0).quantile(0.9), 2)
        0.5
        """
        apart = np.log((self.hours + 0.1) / (hours + 0.1)) / ALIKE
        weights = np.concatenate([np.exp(-(apart**2) / 2), np.full(len(_PRIOR), PRIOR / len(_PRIOR))])
        off = np.concatenate([self.off, _PRIOR])
        order = np.argsort(off)
        return Experienced(off[order], (np.cumsum(weights[order]) - weights[order] / 2) / weights.sum())


@dataclass(frozen=True)
class Experienced:
    """How far off, ascending (m,), and the share (m,) of the experience up to there."""

    off: Floats
    shares: Floats

    def share(self, off: Floats) -> Floats:
        """The share (…) that is at most so far `off` (…); never quite all.

        >>> Experience(np.array([]), np.array([])).at(24.0).share(np.array([0.0, 1.0, 1e9])).round(2).tolist()
        [0.0, 0.9, 1.0]
        """
        tail = 1 - (1 - self.shares[-1]) * self.off[-1] / np.maximum(off, self.off[-1])
        inside = np.interp(off, np.concatenate([[0.0], self.off]), np.concatenate([[0.0], self.shares]))
        return np.asarray(np.where(off > self.off[-1], tail, inside))

    def quantile(self, share: float) -> float:
        """How far off `share` of the experience is, at most."""
        return float(np.interp(share, np.concatenate([[0.0], self.shares]), np.concatenate([[0.0], self.off])))


def gathered(known: Known, looks_of: Callable[[int], Looks | None] = lambda row: None) -> Experience:
    """Leave out known photos, with all around them in time, and see how far off they are placed.

    `looks_of`: row of a photo → how it looks beside others, None where that is not known.

    >>> from photoplanet.albums.movement import moments
    >>> when = moments.of([f"2024-05-{day:02}T12:00:00" for day in range(1, 31)], [""] * 30)
    >>> places = np.column_stack([np.full(30, 48.86), 2.35 + np.arange(30) % 2 / 100])
    >>> found = gathered(placing.known(places, when))
    >>> len(found) > 100, bool((found.hours >= 24).all())
    (True, True)
    """
    hours, off = [], []
    for number in np.unique(np.linspace(0, len(known) - 1, min(MOST_PHOTOS, len(known))).round().astype(int)):
        at, row = known.moments.take(np.array([number])), int(known.rows[number])
        away = placing.away(known, at)
        others = np.arange(len(known)) != number
        for window in LEFT_OUT_HOURS:
            keep = others & (away >= window)
            if not keep.any():
                break
            if window and keep.sum() == len(known) - 1:
                continue  # nothing more is left out
            found = placing.place(known.without(keep), at, looks_of(row))
            if found is not None:
                km = max(float(geodesy.between_km(found.point, known.xyz[number])), LEAST_KM)
                hours.append(found.hours)
                off.append(km / found.spread_km)
    return Experience(np.array(hours), np.array(off))


def pace_shares(km: Floats, spread_km: float, experienced: Experienced) -> Floats:
    """The probability (…) to be within `km` (…) of a point around which the law expects nine tenths in `spread_km`.

    >>> pace_shares(np.array([0.0, 10.0]), 10.0, Experience(np.array([]), np.array([])).at(1.0)).round(2).tolist()
    [0.0, 0.9]
    """
    return experienced.share(np.asarray(km) / max(spread_km, law.SPOT_KM))
