"""The neighbours: training photos that a model carries, and the mass that those like a photo give to their cells."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import cells
from photoplanet.training.features.settings import Settings

Array = NDArray[np.float32]

BURST_LEVEL = 12  # photos of one group in one S2 cell of this level (about 2 km) are one burst
NEAREST = 3  # whose mean cosine is the similarity
LEAST_SPREAD = 1e-4  # below it are rounding errors
SAMPLE = 2000  # training photos whose cosines say how far these spread


@dataclass(frozen=True, eq=False)
class Bank:
    """Training photos: `features` float16 (m, d) of length 1, `classes` int32 (m,), `log_weights` float32 (m,).

    `spread`: the standard deviation of the cosines between photos of different groups.
    """

    features: NDArray[np.float16]
    classes: NDArray[np.int32]
    log_weights: Array
    spread: float

    def cosines(self, features: Array) -> Array:
        """Return the cosines (n, m) of compared features (n, d) with the training photos."""
        made: Array = np.asarray(features, np.float32) @ self.features.astype(np.float32).T
        return made

    def masses(self, cosines: Array, width: float, count: int) -> Array:
        """Return each cell's mass (n, `count`) by cosines (n, m): softmax(cosine / width + log weight)."""
        logits = cosines / np.float32(width) + self.log_weights
        each = np.exp(logits - logits.max(axis=1, keepdims=True))
        each /= each.sum(axis=1, keepdims=True)
        order = np.argsort(self.classes, kind="stable")
        present, starts = np.unique(self.classes[order], return_index=True)
        found = np.zeros((len(cosines), count), np.float32)
        found[:, present] = np.add.reduceat(each[:, order], starts, axis=1)
        return found


def similarity(cosines: Array) -> Array:
    """Return the mean of the 3 largest cosines of each row, float32 (n,).

    >>> similarity(np.array([[0.9, 0.1, 0.8, 0.7]], np.float32)).round(2).tolist()
    [0.800000011920929]
    """
    nearest = min(NEAREST, cosines.shape[1])
    made: Array = np.partition(cosines, -nearest, axis=1)[:, -nearest:].mean(axis=1)
    return made


def bursts(
    latitude: NDArray[np.float64], longitude: NDArray[np.float64], groups: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the number of the burst of each photo, int64 (n,) from 0: photos of one group in one place are one.

    >>> bursts(np.array([48.8, 48.8, 48.8]), np.array([2.3, 2.3, 2.3]), np.array([7, 7, 9])).tolist()
    [0, 0, 1]
    """
    place = cells.from_latlng(latitude, longitude, BURST_LEVEL)
    order = np.lexsort((place, groups))
    new = np.ones(len(order), bool)
    new[1:] = (groups[order][1:] != groups[order][:-1]) | (place[order][1:] != place[order][:-1])
    found = np.empty(len(order), np.int64)
    found[order] = np.cumsum(new) - 1
    return found


def bank(
    features: Array, classes: NDArray[np.int32], burst: NDArray[np.int64], groups: NDArray[np.int64], settings: Settings
) -> Bank:
    """Return the neighbours among compared features (n, d) of photos of these classes, `bursts` and groups (n,).

    n photos of a burst weigh n^(1 − `settings.burst`) together. Where there are more than `settings.neighbours`,
    the largest bursts are thinned, and the rest of a burst takes over the weight of those left out.

    >>> made = bank(np.eye(3, dtype=np.float32), *np.array([[0, 0, 1], [0, 0, 1], [0, 0, 1]]), Settings())
    >>> np.exp(made.log_weights).round(3).tolist()
    [0.7070000171661377, 0.7070000171661377, 1.0]
    """
    size = np.bincount(burst)
    kept = _thinned(burst, settings)
    left = np.bincount(burst[kept], minlength=len(size))
    weight = (1 - settings.burst) * np.log(size) - np.log(np.maximum(left, 1))
    return Bank(
        features[kept].astype(np.float16), classes[kept].astype(np.int32), weight[burst[kept]].astype(np.float32),
        _spread(features, groups, settings),
    )  # fmt: skip


def _thinned(burst: NDArray[np.int64], settings: Settings) -> NDArray[np.int64]:
    """The rows to keep, ascending: by their rank within the burst, which is by chance."""
    if len(burst) <= settings.neighbours:
        return np.arange(len(burst))
    order = np.random.default_rng(settings.seed).permutation(len(burst))
    order = order[np.argsort(burst[order], kind="stable")]
    starts = np.searchsorted(burst[order], burst[order])
    rank = np.empty(len(burst), np.int64)
    rank[order] = np.arange(len(burst)) - starts
    chosen = np.argsort(rank, kind="stable")[: settings.neighbours]
    return np.sort(chosen)


def _spread(features: Array, groups: NDArray[np.int64], settings: Settings) -> float:
    """The standard deviation of cosines between photos of different groups; of all where there is one group."""
    rows = np.random.default_rng(settings.seed).permutation(len(features))[:SAMPLE]
    cosines = features[rows] @ features[rows].T
    apart = groups[rows][:, None] != groups[rows]
    if not apart.any():
        apart = ~np.eye(len(rows), dtype=bool)
    return max(LEAST_SPREAD, float(cosines[apart].std())) if apart.any() else 1.0
