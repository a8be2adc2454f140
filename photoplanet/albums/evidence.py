"""What an album method returns, and how known places enter as evidence."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# What a known place is worth: a camera's GPS is wrong now and then, and a logarithm must stay finite. One anchor
# outweighs any single photo, and two that agree outweigh one that is wrong.
WRONG_ANCHOR = 1e-6


class Decoded(NamedTuple):
    """Log-probabilities (n, classes) float32 of every slot."""

    log_probabilities: NDArray[np.float32]


def with_anchors(log_probabilities: NDArray, known: NDArray) -> NDArray[np.float32]:
    """The rows (n, classes) as float32, those of anchors (`known` ≥ 0) replaced by near certainty; a new array."""
    rows = np.array(log_probabilities, np.float32)
    anchors = np.flatnonzero(known >= 0)
    if len(anchors):
        classes = rows.shape[1]
        rows[anchors] = np.log(WRONG_ANCHOR / max(classes - 1, 1))
        rows[anchors, known[anchors]] = np.log1p(-WRONG_ANCHOR)
    return rows


def normalized(log_weights: NDArray) -> NDArray[np.float32]:
    """Log-weights (n, classes), shifted row by row so that their exponentials sum to 1."""
    rows = np.asarray(log_weights, np.float32)
    rows = rows - rows.max(axis=1, keepdims=True)
    rows -= np.log(np.exp(rows).sum(axis=1, keepdims=True, dtype=np.float64)).astype(np.float32)
    return rows


def blank(log_probabilities: NDArray) -> NDArray[np.bool_]:
    """Which rows (n,) say nothing: flat ones, of photos that could not be read and of track points."""
    return log_probabilities.max(axis=1) == log_probabilities.min(axis=1)
