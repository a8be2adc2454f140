"""What a network says of photos, and its log-probabilities at another temperature."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Seen(NamedTuple):
    """What a model says of n photos: `log_probabilities` (n, classes) and `embeddings` (n, d), float32.

    `unknown` (n,) float64: how likely each photo is from outside all that the model knows; None where it cannot tell.
    `similarity` (n,) float32: the mean cosine of the nearest training photos; None where the network does not give it.
    """

    log_probabilities: NDArray[np.float32]
    embeddings: NDArray[np.float32]
    unknown: NDArray[np.float64] | None
    similarity: NDArray[np.float32] | None

    def unknown_of(self, row: int) -> float | None:
        """`unknown` of one photo."""
        return None if self.unknown is None else float(self.unknown[row])


def softmax_at(log_probabilities: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Log-probabilities (n, classes) at temperature 1 → the same at `temperature`, float32, in a new array.

    >>> softmax_at(np.log(np.array([[0.5, 0.5]], np.float32)), 2.0).round(3)
    array([[-0.693, -0.693]], dtype=float32)
    """
    scaled = log_probabilities / np.float32(temperature)
    scaled -= scaled.max(axis=1, keepdims=True)
    scaled -= np.log(np.exp(scaled).sum(axis=1, keepdims=True, dtype=np.float64)).astype(np.float32)
    return np.asarray(scaled)
