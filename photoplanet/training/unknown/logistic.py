"""A logistic model with few weights of known signs: what it learns of a region holds for others, or is not learned."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.errors import InputError

Floats = NDArray[np.float64]

PENALTY = 3.0  # of squared weights (of evidence with deviation 1), against losses that add up to as many as photos
_STEPS = 200
_LEAST_STEP = 1e-10
_SPREAD = 1e-6  # least deviation of evidence


class Logistic(NamedTuple):
    """P(unknown) = 1 / (1 + exp(−(bias + evidence · weights))), weights (k,) for evidence (n, k) as it comes."""

    bias: float
    weights: Floats

    def logit(self, evidence: Floats) -> Floats:
        """Return the log-odds (n,)."""
        found: Floats = self.bias + evidence @ self.weights
        return found


def fit(
    evidence: Floats, unknown: NDArray[np.bool_], signs: Floats, weight: Floats, penalty: float = PENALTY
) -> Logistic:
    """Fit photos (n, k) that are `unknown` (n,) or not, each with its `weight` (n,).

    A weight is never of the other sign than `signs` (k,) of ±1 says; projected Newton steps find the one minimum of the
    weighted loss plus `penalty` times the squares. InputError where all photos are of one kind.

    >>> four, far = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([True, True, False, False])
    >>> found = fit(four, far, np.array([-1.0]), np.ones(4))
    >>> bool(found.weights[0] < 0), np.round(found.logit(np.array([[1.5]])), 6)
    (True, array([0.]))
    """
    if unknown.all() or not unknown.any():
        raise InputError("known and unknown photos are needed to tell them apart")
    middle = np.average(evidence, axis=0, weights=weight)
    spread = np.maximum(np.sqrt(np.average((evidence - middle) ** 2, axis=0, weights=weight)), _SPREAD)
    x = np.column_stack([np.ones(len(evidence)), (evidence - middle) / spread * signs])
    ridge = np.concatenate([[0.0], np.full(x.shape[1] - 1, 2 * penalty)])
    y, at = unknown.astype(np.float64), np.zeros(x.shape[1])

    def loss(b: Floats) -> float:
        z = x @ b
        return float(weight @ (np.logaddexp(0, z) - y * z) + (ridge * b * b).sum() / 2)

    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-(x @ at)))
        slope = x.T @ (weight * (p - y)) + ridge * at
        free = (at > 0) | (slope < 0)
        free[0] = True
        bend = (x[:, free] * (weight * p * (1 - p))[:, None]).T @ x[:, free] + np.diag(ridge[free] + 1e-9)
        step = np.zeros_like(at)
        step[free] = np.linalg.solve(bend, slope[free])
        length, before = 1.0, loss(at)
        while length > _LEAST_STEP:
            there = at - length * step
            there[1:] = np.maximum(there[1:], 0)
            if loss(there) < before:
                break
            length /= 2
        else:
            break
        moved, at = np.abs(there - at).max(), there
        if moved < _LEAST_STEP:
            break
    weights = at[1:] * signs / spread
    return Logistic(float(at[0] - weights @ middle), weights)
