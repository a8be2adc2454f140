"""The blend of ridge, neighbours and head: a product of powers, which is sure only where all of them are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoplanet.training.features.softmax import log_softmax

Array = NDArray[np.float32]

FLOOR = 1e-6  # mass of a cell without a neighbour


@dataclass(frozen=True)
class Blend:
    """log p = `ridge`·score + `neighbours`·log(mass + 1e-6) + `head`·log p(head) + `counts`·log(photos), normalised.

    >>> even = np.zeros((1, 2), np.float32)
    >>> np.exp(Blend("mine", head=1.0).log_probabilities(None, None, even, np.ones(2))).tolist()
    [[0.5, 0.5]]
    """

    name: str
    ridge: float = 0.0
    neighbours: float = 0.0
    head: float = 0.0
    counts: float = 0.0

    def log_probabilities(
        self, score: Array | None, mass: Array | None, head: Array | None, photos: NDArray[np.int64]
    ) -> Array:
        """Blend scores, masses and log-probabilities (n, c), None for what has no weight; `photos` (c,) a cell."""
        made = np.float32(self.counts) * np.log(photos).astype(np.float32)[None]
        if score is not None and self.ridge:
            made = made + np.float32(self.ridge) * score
        if mass is not None and self.neighbours:
            made = made + np.float32(self.neighbours) * np.log(mass + np.float32(FLOOR))
        if head is not None and self.head:
            made = made + np.float32(self.head) * head
        return log_softmax(made)


# What is chosen from on held-out groups; the first is taken unless another one is better beyond doubt.
BLENDS = (
    Blend("all", ridge=20.0, neighbours=0.5, head=0.5),
    Blend("ridge", ridge=40.0, counts=1.0),
    Blend("neighbours and head", neighbours=0.5, head=0.5),
    Blend("neighbours", neighbours=1.0),
    Blend("head", head=1.0),
)
BY_NAME = {blend.name: blend for blend in BLENDS}
