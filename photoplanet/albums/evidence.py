"""What a network saw in the photos of an album, and how known places enter as evidence."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from photoplanet.clues.collect import Found
from photoplanet.errors import InputError

# What a known place is worth: a camera's GPS is wrong now and then, and a logarithm must stay finite. One anchor
# outweighs any single photo, and two that agree outweigh one that is wrong.
WRONG_ANCHOR = 1e-6

LogProbabilities = NDArray[np.float32]  # (n, classes): one row per slot, whose exponentials sum to 1


@dataclass(frozen=True)
class Evidence:
    """What the network saw in n photos: `log_probabilities` (n, classes) and `embeddings` (n, d), float32.

    `unknown` (n,): how likely each is from outside all that the model knows, NaN where it cannot tell. A photo that
    could not be read keeps its slot: its distribution is flat, its embedding 0, and `unreadable` has its row and the
    error. `found`: row → the clues of a photo, where they were looked for.
    """

    log_probabilities: LogProbabilities
    embeddings: NDArray[np.float32]
    unknown: NDArray[np.float64]
    unreadable: dict[int, InputError] = field(default_factory=dict)
    found: dict[int, Found] = field(default_factory=dict)

    @classmethod
    def flat(cls, n: int, classes: int, embedding_size: int) -> "Evidence":
        """Nothing seen yet of n photos; the rows are to be filled in.

        >>> Evidence.flat(2, 4, 8).log_probabilities.shape
        (2, 4)
        """
        flat = np.full((n, classes), -np.log(classes), np.float32)
        return cls(flat, np.zeros((n, embedding_size), np.float32), np.full(n, np.nan))

    def take(self, rows: NDArray[np.integer]) -> "Evidence":
        """What was seen in these photos, in this order.

        >>> Evidence.flat(3, 4, 8).take(np.array([2, 0])).embeddings.shape
        (2, 8)
        """
        errors = {at: self.unreadable[row] for at, row in enumerate(rows.tolist()) if row in self.unreadable}
        found = {at: self.found[row] for at, row in enumerate(rows.tolist()) if row in self.found}
        return Evidence(self.log_probabilities[rows], self.embeddings[rows], self.unknown[rows], errors, found)


def with_anchors(log_probabilities: LogProbabilities, known: NDArray[np.int32]) -> LogProbabilities:
    """The rows (n, classes) as float32, those of anchors (`known` ≥ 0) replaced by near certainty; a new array.

    >>> np.exp(with_anchors(np.log([[0.5, 0.5], [0.5, 0.5]]), np.array([-1, 1]))).round(2).tolist()
    [[0.5, 0.5], [0.0, 1.0]]
    """
    rows: LogProbabilities = np.array(log_probabilities, np.float32)
    anchors = np.flatnonzero(known >= 0)
    if len(anchors):
        classes = rows.shape[1]
        rows[anchors] = np.log(WRONG_ANCHOR / max(classes - 1, 1))
        rows[anchors, known[anchors]] = np.log1p(-WRONG_ANCHOR)
    return rows


def normalized(log_weights: NDArray[np.float32]) -> LogProbabilities:
    """Log-weights (n, classes), shifted row by row so that their exponentials sum to 1.

    >>> np.exp(normalized(np.log([[1.0, 3.0]]))).round(2).tolist()
    [[0.25, 0.75]]
    """
    rows: LogProbabilities = np.asarray(log_weights, np.float32)
    rows = rows - rows.max(axis=1, keepdims=True)
    rows -= np.log(np.exp(rows).sum(axis=1, keepdims=True, dtype=np.float64)).astype(np.float32)
    return rows


def blank(log_probabilities: LogProbabilities) -> NDArray[np.bool_]:
    """Which rows (n,) say nothing: flat ones, of photos that could not be read and of track points.

    >>> blank(np.log([[0.5, 0.5], [0.9, 0.1]])).tolist()
    [True, False]
    """
    flat: NDArray[np.bool_] = log_probabilities.max(axis=1) == log_probabilities.min(axis=1)
    return flat
