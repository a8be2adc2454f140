"""From the mass within a distance to the probability that is stated: corrected at every distance by measured odds.

A temperature makes a distribution sharper or flatter as a whole. What it leaves differs by scale: where in its cell a
photo lies, how often a country is mistaken for its neighbour. So the log odds of the mass are shifted and stretched
(Platt 1999), by numbers fitted at some distances and interpolated over the logarithm of the distance.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from photoplanet.models.calibration_facts import KNOTS_KM

Floats = NDArray[np.float64]

EDGE = 1e-4  # masses within this of 0 and 1 are not told apart: the last 0.01 % of the mass is left out everywhere
_MOST_ODDS = 700.0  # beyond, the exponential is no float64 any more
_LOG_KM = np.log(KNOTS_KM)


@dataclass(frozen=True)
class Correction:
    """`shift` and `slope` of the log odds at `KNOTS_KM`; below and beyond as at the nearest of these.

    >>> less_sure = Correction((0.0,) * len(KNOTS_KM), (0.5,) * len(KNOTS_KM))
    >>> less_sure.stated(0.9, 25.0).round(3), less_sure.mass_for(0.75, 25.0).round(3)
    (np.float64(0.75), np.float64(0.9))
    """

    shift: tuple[float, ...]
    slope: tuple[float, ...]

    def stated(self, mass: npt.ArrayLike, km: npt.ArrayLike) -> Floats:
        """The probability (…) that a mass (…) within `km` (…) stands for."""
        shift, slope = self._at(km)
        odds = shift + slope * log_odds(mass)
        return share_of(odds)

    def at_knots(self, mass: npt.ArrayLike) -> Floats:
        """The probabilities (…, 16) that masses (…, 16) within `KNOTS_KM` stand for, none above a later one.

        What is within a distance is within a longer one, too; so where the odds would say less there, they say it here.
        """
        each = self.stated(mass, KNOTS_KM)
        return np.asarray(np.minimum.accumulate(each[..., ::-1], axis=-1)[..., ::-1])

    def mass_for(self, stated: npt.ArrayLike, km: npt.ArrayLike) -> Floats:
        """The mass (…) within `km` (…) for which `stated` (…) may be said; infinite where no mass is enough."""
        shift, slope = self._at(km)
        share = np.asarray(stated, np.float64)
        with np.errstate(divide="ignore"):
            wanted = np.log(share) - np.log(np.maximum(1 - share, 0.0))
        odds = (wanted - shift) / slope
        return np.where(odds > log_odds(1.0), np.inf, share_of(odds))

    def _at(self, km: npt.ArrayLike) -> tuple[Floats, Floats]:
        log_km = np.log(np.maximum(np.asarray(km, np.float64), 1e-9))
        return np.interp(log_km, _LOG_KM, self.shift), np.interp(log_km, _LOG_KM, self.slope)


def log_odds(share: npt.ArrayLike) -> Floats:
    """The logarithm of share / (1 − share), of shares (…) not nearer to 0 and 1 than `EDGE`.

    >>> log_odds([0.5, 0.0]).round(2)
    array([ 0.  , -9.21])
    """
    inner = np.clip(np.asarray(share, np.float64), EDGE, 1 - EDGE)
    return np.asarray(np.log(inner / (1 - inner)))


def share_of(odds: npt.ArrayLike) -> Floats:
    """The share (…) whose logarithm of share / (1 − share) is `odds` (…), of any size.

    >>> share_of([0.0, -1e9, np.inf]).round(2).tolist()
    [0.5, 0.0, 1.0]
    """
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -_MOST_ODDS, _MOST_ODDS))))


def of(calibration: Mapping[str, Any]) -> Correction | None:
    """Return the correction in a model's `calibration`, as `models.calibration_facts` lets it through; None without.

    >>> of({"correction": {"shift": [0] * 10, "slope": [1] * 10}}).slope[:2]
    (1.0, 1.0)
    """
    facts = calibration.get("correction")
    if facts is None:
        return None
    return Correction(tuple(map(float, facts["shift"])), tuple(map(float, facts["slope"])))
