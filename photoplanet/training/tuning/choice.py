"""Whether a tuned encoder is better than the one it was: by photos that it was not tuned on, of groups of their own."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth.geodesy import RADII_KM
from photoplanet.training.features import tested

SURE = 2.0  # standard errors that the tuned encoder has to be ahead by: about a 95 % interval
GROUPS = 5  # held out; with fewer, the standard error itself is a guess
Floats = NDArray[np.float64]


class Verdict(NamedTuple):
    """`gain`: what a guess is worth more after tuning, on average; `error`: its standard error, by groups."""

    better: bool
    gain: float
    error: float


def compared(before: Floats, after: Floats, groups: NDArray[np.int64]) -> Verdict:
    """Return whether errors in km (n,) `after` tuning are better than `before`, by more than chance among groups (n,).

    Fewer than 5 groups never are enough.

    >>> compared(np.full(6, 900.0), np.arange(6.0), np.arange(6)).better
    True
    """
    gains = tested.worth(after) - tested.worth(before)
    number = np.unique(groups, return_inverse=True)[1]
    count, mean = int(number.max()) + 1, float(gains.mean())
    if count < GROUPS:
        return Verdict(False, mean, float("inf"))
    apart = np.bincount(number, weights=gains - mean)  # of each group: sums, since a large one counts for more
    error = float(np.sqrt(count / (count - 1) * np.square(apart).sum()) / len(gains))
    return Verdict(mean > SURE * error, mean, error)


def facts(before: Floats, after: Floats, groups: NDArray[np.int64]) -> dict[str, Any]:
    """Return what the model card says of the comparison, as JSON holds it.

    >>> facts(np.full(6, 900.0), np.array([0.0, 0, 0, 900, 900, 900]), np.arange(6))["accuracy_after"]["street"]
    0.5
    """
    verdict = compared(before, after, groups)

    def within(km: Floats) -> dict[str, float]:
        return {name: round(float((km <= radius).mean()), 4) for name, radius in RADII_KM.items()}

    return {
        "kept": verdict.better, "held_out_photos": len(before), "held_out_groups": len(np.unique(groups)),
        "gain": round(verdict.gain, 4), "standard_error": round(verdict.error, 4) if verdict.error < np.inf else None,
        "accuracy_before": within(before), "accuracy_after": within(after),
    }  # fmt: skip
