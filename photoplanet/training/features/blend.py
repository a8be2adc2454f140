"""The blend of neighbours and head: a product of powers, which is sure only where both are."""

import numpy as np
from numpy.typing import NDArray

from photoplanet.training.features.head import log_softmax

FLOOR = 1e-6  # mass of a cell without a neighbour

Array = NDArray[np.float32]


def blended(near: Array, head: Array, share: float) -> Array:
    """Return log-probabilities (n, c) from neighbours' masses (n, c) and the head's log-probabilities (n, c).

    log p = (1 − share)·log(near + 1e-6) + share·head, normalised.

    >>> even = np.log(np.full((1, 2), 0.5, np.float32))
    >>> np.exp(blended(np.array([[1.0, 0.0]], np.float32), even, 0.5)).round(3).tolist()
    [[0.9990000128746033, 0.0010000000474974513]]
    """
    return log_softmax(np.float32(1 - share) * np.log(near + np.float32(FLOOR)) + np.float32(share) * head)
