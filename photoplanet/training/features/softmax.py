"""The softmax's logarithm, which head and blend share."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def log_softmax(values: Array) -> Array:
    """Return the log of the softmax along the last axis.

    >>> log_softmax(np.zeros((1, 2), np.float32)).round(3).tolist()
    [[-0.6930000185966492, -0.6930000185966492]]
    """
    shifted = values - values.max(axis=-1, keepdims=True)
    made: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return made
