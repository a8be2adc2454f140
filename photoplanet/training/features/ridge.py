"""Kernel ridge regression on what a guess is worth: from a photo's likeness to training photos to the score of a cell.

The score of cell c for a photo is the worth that a guess at c is expected to have: the mean over 5, 25, 200 and 750 km
of exp(−distance/km), as in the readout `expected`. It is learned from all training photos at once: what many of them
share counts once, which neighbours alone cannot know.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.locate.point_estimates import EXPECTED_KM

Array = NDArray[np.float32]

WIDTH = 0.5  # of the kernel exp((cosine − 1)/WIDTH); 0.2 to 1 are as good
EXACT = 4096  # photos up to which each is a landmark of its own …
LANDMARKS = 1500  # … and so many of more (Nyström)
ROWS = 2048  # photos in work at a time


@dataclass(frozen=True, eq=False)
class Ridge:
    """`landmarks` int64 (m,): rows of the bank; `weights` float32 (m, k), `mean` float32 (k,): of k cells."""

    landmarks: NDArray[np.int64]
    weights: Array
    mean: Array

    def scores(self, cosines: Array) -> Array:
        """Return the scores (n, k) of photos by their cosines (n, bank) with the training photos."""
        made: Array = kernel(cosines[:, self.landmarks]) @ self.weights + self.mean
        return made


def kernel(cosines: Array) -> Array:
    """Return exp((cosine − 1)/WIDTH) of each cosine.

    >>> kernel(np.array([1.0])).tolist()
    [1.0]
    """
    made: Array = np.exp((cosines - np.float32(1)) / np.float32(WIDTH))
    return made


def worth(xyz: NDArray[np.float64], others: NDArray[np.float64]) -> Array:
    """Return what guesses at `others` (k, 3) are worth for photos at `xyz` (n, 3), unit vectors: (n, k), 0 to 1.

    >>> worth(np.eye(3), np.eye(3)).round(3)[0].tolist()
    [1.0, 0.0, 0.0]
    """
    squared = np.maximum(2 - 2 * (xyz @ others.T), 0)  # chords instead of arcs, as in the readout
    away = (np.sqrt(squared) * geodesy.EARTH_RADIUS_KM).astype(np.float32)
    total = np.zeros_like(away)
    for km in EXPECTED_KM:
        total += np.exp(np.maximum(away * np.float32(-1 / km), np.float32(-80)))
    made: Array = total / np.float32(len(EXPECTED_KM))
    return made


def train(
    features: Array, bank: Array, xyz: NDArray[np.float64], cells_xyz: NDArray[np.float64], counts: NDArray[np.int64],
    penalty: float, seed: int = 0,
) -> Ridge:  # fmt: skip
    """Learn from compared features (n, d) of photos at unit vectors (n, 3), for cells at unit vectors (k, 3).

    `bank` (b, d): features of the photos that can be landmarks, all n of them in their order where these are few;
    `counts` (n,): how many photos each photo's group has: a group counts once. `penalty`: λ in (K + λ·diag(counts))⁻¹.

    >>> three = np.eye(3, dtype=np.float32)
    >>> made = train(three, three, np.eye(3), np.eye(3), np.ones(3, int), 0.1)
    >>> made.scores(three @ three.T).argmax(axis=1).tolist()
    [0, 1, 2]
    """
    share = 1 / counts
    share *= len(share) / share.sum()
    if len(features) == len(bank) <= EXACT:
        wanted = worth(xyz, cells_xyz).astype(np.float64)
        mean, left = share @ wanted / len(share), kernel(bank @ bank.T).astype(np.float64)
        left[np.diag_indices_from(left)] += penalty / share
        weights = np.linalg.solve(left, wanted - mean)
        return Ridge(np.arange(len(bank)), weights.astype(np.float32), mean.astype(np.float32))
    rows = np.sort(np.random.default_rng(seed).permutation(len(bank))[:LANDMARKS])
    chosen = bank[rows]
    left = penalty * kernel(chosen @ chosen.T).astype(np.float64)
    mean, right, sums = np.zeros(len(cells_xyz)), np.zeros((len(rows), len(cells_xyz))), np.zeros(len(rows))
    for at in range(0, len(features), ROWS):
        some = slice(at, at + ROWS)
        near, worths = kernel(features[some] @ chosen.T), worth(xyz[some], cells_xyz)
        weighted = near * share[some, None].astype(np.float32)
        left += weighted.T @ near
        right += weighted.T @ worths
        sums += weighted.sum(axis=0)
        mean += share[some] @ worths / len(share)
    left[np.diag_indices_from(left)] *= 1 + 1e-6
    weights = np.linalg.solve(left, right - sums[:, None] * mean)
    return Ridge(rows, weights.astype(np.float32), mean.astype(np.float32))
