"""Learning from features: cells, head and neighbours, and the blend that was chosen on held-out groups."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError, TrainingError
from photoplanet.training.features import head as heads
from photoplanet.training.features import neighbours, places
from photoplanet.training.features.blend import blended
from photoplanet.training.features.settings import Settings

Array = NDArray[np.float32]

CHUNK = 256  # photos answered at a time
WIDTH, SHARE = 0.35, 0.5  # where nothing can be held out to choose them


@dataclass(frozen=True, eq=False)
class Fitted:
    """What was learned; features are *compared* ones (`Encoder.compared`), float32 (n, d).

    `temperature`: what the log-probabilities are to be divided by, so that confidence is calibrated; `facts`: how it
    was tested, for the model card.
    """

    places: places.Places
    head: heads.Head
    bank: neighbours.Bank
    width: float
    share: float
    temperature: float = 1.0
    calibration: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def partition(self) -> Partition:
        """The cells, which are the classes."""
        return self.places.fine

    def log_probabilities(self, features: Array) -> Array:
        """Return log-probabilities (n, classes) at temperature 1."""
        parts = [self._blended(features[at : at + CHUNK]) for at in range(0, len(features), CHUNK)]
        return np.concatenate([np.empty((0, len(self.partition)), np.float32), *parts])

    def similarity(self, features: Array) -> Array:
        """Return the mean cosine of the 3 nearest training photos, float32 (n,)."""
        parts = [
            neighbours.similarity(self.bank.cosines(features[at : at + CHUNK])) for at in range(0, len(features), CHUNK)
        ]
        return np.concatenate([np.empty(0, np.float32), *parts])

    def near(self, features: Array, width: float | None = None) -> Array:
        """Return the neighbours' masses (n, classes), at another width than the chosen one where it is given."""
        return self.bank.masses(self.bank.cosines(features), width or self.width, len(self.partition))

    def of_head(self, features: Array) -> Array:
        """Return the head's log-probabilities (n, classes): in a coarse cell by the photos of its fine cells."""
        return self.head.log_probabilities(features)[:, self.places.parents] + self.places.within

    def _blended(self, features: Array) -> Array:
        return blended(self.near(features), self.of_head(features), self.share)


def learned(
    features: Array, latitude: NDArray[np.float64], longitude: NDArray[np.float64], groups: NDArray[np.int64],
    settings: Settings,
) -> Fitted:  # fmt: skip
    """Return what is learned of photos without testing it: the blend is the settings', or the usual one.

    >>> made = learned(np.eye(4, dtype=np.float32), np.arange(4.0), np.arange(4.0), np.arange(4), Settings())
    >>> made.log_probabilities(np.eye(4, dtype=np.float32)).argmax(axis=1).tolist()
    [0, 1, 2, 3]
    """
    where = places.of(latitude, longitude, settings)
    xyz = geodesy.to_xyz(latitude, longitude)
    parents = where.parents[where.classes]

    def targets(rows: NDArray[np.int64]) -> Array:
        return places.labels(where, xyz[rows], parents[rows], settings)

    head = heads.train(features, targets, len(where.coarse_xyz), settings)
    bank = neighbours.bank(features, where.classes, neighbours.bursts(latitude, longitude, groups), groups, settings)
    width = settings.width if settings.width > 0 else WIDTH
    return Fitted(where, head, bank, width, settings.share if settings.share >= 0 else SHARE)


def fit(
    features: Array, latitude: NDArray[np.float64], longitude: NDArray[np.float64], groups: NDArray[np.int64],
    settings: Settings | None = None,
) -> Fitted:  # fmt: skip
    """Learn from compared features (n, d) of photos at degrees (n,), in `groups` (n,) that are never torn apart.

    InputError for arrays that do not fit; TrainingError for fewer than 2 photos, for features that are not finite or
    are the same for all photos.

    >>> fit(np.ones((3, 2), np.float32), np.zeros(3), np.zeros(3), np.arange(3))
    Traceback (most recent call last):
    photoplanet.errors.TrainingError: the features of all 3 photos are the same; use another encoder
    """
    settings = settings or Settings()
    features = np.asarray(features, np.float32)
    _check(features, latitude, longitude, groups)
    return learned(features, latitude, longitude, groups, settings)


def _check(
    features: Array, latitude: NDArray[np.float64], longitude: NDArray[np.float64], groups: NDArray[np.int64]
) -> None:
    count = len(features)
    if features.ndim != 2 or not len(latitude) == len(longitude) == len(groups) == count:
        raise InputError(
            f"features {features.shape} of {len(latitude)} latitudes, {len(longitude)} longitudes and {len(groups)} "
            "groups: give (n, d) and n of each"
        )
    if count < 2:
        raise TrainingError(f"{count} photo{'s' * (count != 1)} to train on; give at least 2, of more than one place")
    if not np.isfinite(features).all():
        raise TrainingError("features that are not finite; use another encoder")
    if (features == features[0]).all():
        raise TrainingError(f"the features of all {count} photos are the same; use another encoder")
