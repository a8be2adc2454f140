"""Whether a tuned encoder is better than the one it was: by photos that it was not tuned on, of groups of their own."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.evaluation import accuracy, prior, resampling

FEWEST = prior.FEWEST  # groups held out

Floats = NDArray[np.float64]


def compared(before: Floats, after: Floats, groups: NDArray[np.int64]) -> dict[str, Any]:
    """Return, as JSON holds it, whether errors in km (n,) are smaller `after` tuning, by more than chance among groups.

    Judged as a model against its prior (`evaluation.prior`): the tuned encoder is `kept` where the 95 % interval of
    the gain, in the share of photos within the five radii, lies above 0, of 6 groups or more.

    >>> compared(np.full(8, 900.0), np.zeros(8), np.arange(8))["kept"]
    True
    """
    units = resampling.Units("group", np.unique(groups, return_inverse=True)[1].astype(np.int64))
    found = prior.compared(after, before, units)
    return {
        "kept": found["beats"], "held_out_photos": len(before), "held_out_groups": units.count, "gain": found["gain"],
        "interval": found["interval"], "accuracy_before": accuracy.accuracy(before),
        "accuracy_after": accuracy.accuracy(after),
    }  # fmt: skip
