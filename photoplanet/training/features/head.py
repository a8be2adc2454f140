"""The head: multinomial logistic regression from features to coarse cells, in NumPy."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoplanet.training.features.settings import Settings
from photoplanet.training.features.softmax import log_softmax

Array = NDArray[np.float32]

BATCH, MOST_BATCH = 128, 2048  # photos a step: more of them where that would take more steps than …
STEPS = 200  # … so many, since large products keep all cores busy and small ones do not
FIRST, SECOND, EPSILON = 0.9, 0.999, 1e-8  # AdamW's own
LEAST_SPREAD = 1e-3  # of a feature's standard deviation, in shares of the mean one: constant features stay small


@dataclass(frozen=True, eq=False)
class Head:
    """log p(coarse cell) = log-softmax(features @ `weights` (d, k) + `bias` (k,)).

    >>> Head(np.zeros((2, 2), np.float32), np.log([0.25, 0.75]).astype(np.float32)).probabilities(np.ones((1, 2)))
    array([[0.25, 0.75]], dtype=float32)
    """

    weights: Array
    bias: Array

    def log_probabilities(self, features: Array) -> Array:
        """Return log-probabilities (n, k) of features (n, d)."""
        return log_softmax(features.astype(np.float32) @ self.weights + self.bias)

    def probabilities(self, features: Array) -> Array:
        """Return probabilities (n, k) of features (n, d)."""
        return np.exp(self.log_probabilities(features))


def train(features: Array, targets: Callable[[NDArray[np.int64]], Array], cells: int, settings: Settings) -> Head:
    """Learn from features (n, d) and `targets`: rows → the cells' shares (rows, cells), which sum to 1.

    Features are standardised, and the weights folded back; AdamW with a rate that falls as half a cosine.
    The same input gives the same weights.

    >>> two = np.eye(2, dtype=np.float32)
    >>> train(two, lambda rows: two[rows], 2, Settings()).probabilities(two).argmax(axis=1).tolist()
    [0, 1]
    """
    count, dimension = features.shape
    middle, spread = features.mean(axis=0), features.std(axis=0)
    spread = spread + LEAST_SPREAD * spread.mean() + np.float32(1e-12)
    batch, steps = _plan(count, settings.epochs)
    random = np.random.default_rng(settings.seed)
    weights, bias = _Adam((dimension, cells), settings.weight_decay), _Adam((cells,), 0.0)
    order, at = random.permutation(count), 0
    for step in range(steps):
        if at + batch > count:
            order, at = random.permutation(count), 0
        rows = order[at : at + batch]
        at += batch
        x = (features[rows] - middle) / spread
        slope = (np.exp(log_softmax(x @ weights.value + bias.value)) - targets(rows)) / np.float32(len(rows))
        rate = settings.learning_rate * 0.5 * (1 + np.cos(np.pi * (step + 1) / steps))
        weights.step(x.T @ slope, rate)
        bias.step(slope.sum(axis=0), rate)
    folded = weights.value / spread[:, None]
    return Head(folded.astype(np.float32), (bias.value - middle @ folded).astype(np.float32))


def _plan(count: int, epochs: float) -> tuple[int, int]:
    """Photos a step, and steps."""
    batch = min(count, BATCH)
    steps = max(1, round(epochs * count / batch))
    if steps <= STEPS:
        return batch, steps
    return min(count, MOST_BATCH, round(batch * steps / STEPS)), STEPS


class _Adam:
    """One array of parameters, from zero, with AdamW's moments."""

    def __init__(self, shape: tuple[int, ...], decay: float):
        self.value, self._mean, self._square = (np.zeros(shape, np.float32) for _ in range(3))
        self._decay, self._steps = decay, 0

    def step(self, slope: Array, rate: float) -> None:
        self._steps += 1
        self._mean += np.float32(1 - FIRST) * (slope - self._mean)
        self._square += np.float32(1 - SECOND) * (slope * slope - self._square)
        size = np.sqrt(self._square)
        size *= np.float32(1 / np.sqrt(1 - SECOND**self._steps))
        size += np.float32(EPSILON)
        if self._decay:
            self.value *= np.float32(1 - rate * self._decay)
        self.value -= np.float32(rate / (1 - FIRST**self._steps)) * self._mean / size
