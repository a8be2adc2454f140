"""What is learned from features: cells, head, neighbours and ridge, together."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.training.features import blend as blends
from photoplanet.training.features import head as heads
from photoplanet.training.features import neighbours, places, ridge
from photoplanet.training.features.settings import Settings

Array = NDArray[np.float32]

CHUNK = 256  # photos answered at a time


@dataclass(frozen=True, eq=False)
class Fitted:
    """What was learned; features are *compared* ones (`Encoder.compared`), float32 (n, d).

    `calibration`, `facts`: for model.json, where the fit was tested.
    """

    places: places.Places
    head: heads.Head
    bank: neighbours.Bank
    ridge: ridge.Ridge
    blend: blends.Blend
    width: float  # of the neighbours' softmax, a difference of cosines
    calibration: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def partition(self) -> Partition:
        """The cells, which are the classes."""
        return self.places.fine

    def log_probabilities(self, features: Array) -> Array:
        """Return log-probabilities (n, classes) at temperature 1."""
        parts = [self.blended(self.blend, *self.parts(some)) for some in _chunks(features)]
        return np.concatenate([np.empty((0, len(self.partition)), np.float32), *parts])

    def similarity(self, features: Array) -> Array:
        """Return the mean cosine of the 3 nearest training photos, float32 (n,)."""
        parts = [neighbours.similarity(self.bank.cosines(some)) for some in _chunks(features)]
        return np.concatenate([np.empty(0, np.float32), *parts])

    def parts(self, features: Array) -> tuple[Array, Array, Array]:
        """Return the ridge's scores, the neighbours' masses and the head's log-probabilities, each (n, classes)."""
        cosines = self.bank.cosines(features)
        score = self.ridge.scores(cosines)
        if score.shape[1] < len(self.partition):
            score = score[:, self.places.parents]
        mass = self.bank.masses(cosines, self.width, len(self.partition))
        head = self.head.log_probabilities(features)[:, self.places.parents] + self.places.within
        return score, mass, head

    def blended(self, blend: blends.Blend, score: Array, mass: Array, head: Array) -> Array:
        """Return log-probabilities (n, classes) of what `parts` gave, by any blend."""
        return blend.log_probabilities(score, mass, head, self.partition.photo_counts)


def learned(
    features: Array, latitude: NDArray[np.float64], longitude: NDArray[np.float64], groups: NDArray[np.int64],
    settings: Settings,
) -> Fitted:  # fmt: skip
    """Return what is learned of photos without testing it: the blend is the settings', or the first of `BLENDS`.

    >>> four = np.eye(4, dtype=np.float32)
    >>> made = learned(four, np.arange(4.0), np.arange(4.0), np.arange(4), Settings())
    >>> made.log_probabilities(four).argmax(axis=1).tolist()
    [0, 1, 2, 3]
    """
    where = places.of(latitude, longitude, settings)
    xyz = geodesy.to_xyz(latitude, longitude)
    parents = where.parents[where.classes]

    def targets(rows: NDArray[np.int64]) -> Array:
        return places.labels(where, xyz[rows], parents[rows], settings)

    head = heads.train(features, targets, len(where.coarse_xyz), settings)
    burst = neighbours.bursts(latitude, longitude, groups)
    bank = neighbours.bank(features, where.classes, burst, groups, settings)
    cells_xyz = where.fine.xyz if len(where.fine) <= ridge.EXACT else where.coarse_xyz
    _, group, size = np.unique(groups, return_inverse=True, return_counts=True)
    carried = bank.features.astype(np.float32)
    fitted = ridge.train(features, carried, xyz, cells_xyz, size[group], settings.penalty, settings.seed)
    chosen = blends.BY_NAME[settings.blend] if settings.blend else blends.BLENDS[0]
    return Fitted(where, head, bank, fitted, chosen, settings.width * bank.spread)


def _chunks(features: Array) -> list[Array]:
    return [features[at : at + CHUNK] for at in range(0, len(features), CHUNK)]
