"""Decoding a hidden Markov chain: the most probable path (Viterbi) and every slot's distribution (forward–backward).

A chain is anything with the steps below; what its transition matrix P looks like inside (sparse, low rank, different in
every gap) is its own affair, so neither algorithm ever needs classes × classes numbers.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Chain(Protocol):
    """Transitions between k states; `gap` is the number of the step, 0 … n − 2, for those that change with time."""

    def forward(self, gap: int, mass: Floats) -> Floats:
        """Σ_i mass_i P(j | i): where mass (k,) goes."""
        ...

    def backward(self, gap: int, worth: Floats) -> Floats:
        """Σ_j P(j | i) worth_j: what each state (k,) may expect."""
        ...


class PathChain(Chain, Protocol):
    """A chain that can also take maxima instead of sums."""

    def best(self, gap: int, score: Floats) -> Floats:
        """max_i score_i + log P(j | i) of log-scores (k,)."""
        ...

    def origin(self, gap: int, score: Floats, state: int) -> int:
        """The i that reaches that maximum for one j."""
        ...


def viterbi(log_start: Floats, log_emission: NDArray[np.float32], chain: PathChain) -> tuple[NDArray[np.int32], float]:
    """The most probable states (n,) int32 and their joint log-probability.

    `log_start` (k,), `log_emission` (n, k) float. Scores are kept in float32 (n, k), their maximum 0 in each slot; the
    way back is found from them, so there is no table of pointers.

    >>> from photoplanet.albums import hmm
    >>> chain = hmm.CountedChain(hmm.count([np.array([0, 0, 0, 1, 1, 1])], classes=2))
    >>> seen = np.log(np.float32([[0.9, 0.1], [0.6, 0.4], [0.1, 0.9]]))
    >>> viterbi(chain.log_prior, seen, chain)[0].tolist()
    [0, 0, 1]
    """
    n = len(log_emission)
    kept = np.empty(log_emission.shape, np.float32)
    shift = 0.0
    score = np.asarray(log_start, np.float64) + log_emission[0]
    for slot in range(n):
        if slot:
            score = chain.best(slot - 1, kept[slot - 1].astype(np.float64)) + log_emission[slot]
        top = score.max()
        shift += float(top)
        kept[slot] = score - top
    path = np.empty(n, np.int32)
    path[-1] = kept[-1].argmax()
    for slot in range(n - 1, 0, -1):
        path[slot - 1] = chain.origin(slot - 1, kept[slot - 1].astype(np.float64), int(path[slot]))
    return path, shift


def forward_backward(
    log_start: Floats, log_emission: NDArray[np.float32], chain: Chain
) -> tuple[NDArray[np.float32], float]:
    """Every slot's distribution given all slots, log-probabilities (n, k) float32, and the log-likelihood of the album.

    Arguments as in `viterbi`. Beside the result it holds one vector per slot in float32, the forward messages.

    >>> from photoplanet.albums import hmm
    >>> chain = hmm.CountedChain(hmm.count([np.array([0, 0, 0, 1, 1, 1])], classes=2))
    >>> seen = np.log(np.float32([[0.9, 0.1], [0.5, 0.5], [0.9, 0.1]]))
    >>> np.exp(forward_backward(chain.log_prior, seen, chain)[0]).argmax(axis=1).tolist()
    [0, 0, 0]
    """
    n, k = log_emission.shape
    filtered = np.empty((n, k), np.float32)
    likelihood = 0.0
    mass = np.exp(np.asarray(log_start, np.float64))
    for slot in range(n):
        if slot:
            mass = chain.forward(slot - 1, mass)
        emission, top = _shifted(log_emission[slot])
        mass = mass * emission
        total = mass.sum()
        likelihood += top + float(np.log(total))
        mass /= total
        filtered[slot] = mass
    worth = np.ones(k)
    for slot in range(n - 2, -1, -1):
        emission, _ = _shifted(log_emission[slot + 1])
        worth = chain.backward(slot, worth * emission)
        worth /= worth.max()
        posterior = filtered[slot] * worth
        filtered[slot] = posterior / posterior.sum()
    np.maximum(filtered, np.finfo(np.float32).tiny, out=filtered)
    return np.log(filtered, out=filtered), likelihood


def _shifted(log_emission: NDArray[np.float32]) -> tuple[Floats, float]:
    top = float(log_emission.max())
    return np.exp(np.asarray(log_emission, np.float64) - top), top
