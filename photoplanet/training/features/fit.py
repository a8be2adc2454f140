"""Learning from features, with the blend that was chosen on held-out groups, and tested there."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.progress import Bar, no_bar
from photoplanet.errors import InputError, TrainingError
from photoplanet.training.features import tested
from photoplanet.training.features.fitted import Array, Fitted, learned
from photoplanet.training.features.settings import Settings


def fit(
    features: Array, latitude: NDArray[np.float64], longitude: NDArray[np.float64], groups: NDArray[np.int64],
    settings: Settings | None = None, bar: Bar = no_bar, fold: NDArray[np.int64] | None = None,
) -> Fitted:  # fmt: skip
    """Learn from compared features (n, d) of photos at degrees (n,), in `groups` (n,) that are never torn apart.

    Held-out groups choose the blend and the temperature, and say how good the model is (`tested`); what is returned has
    learned from all. `fold`: who is held out, as in `tested.held_out`. InputError for arrays that do not fit;
    TrainingError for no photo, for features that are not finite or are the same for all photos. `bar` shows the
    progress.

    >>> fit(np.ones((3, 2), np.float32), np.zeros(3), np.zeros(3), np.arange(3))
    Traceback (most recent call last):
    photoplanet.errors.TrainingError: all 3 photos look the same to the encoder: give other photos than copies of one
    """
    settings = settings or Settings()
    features = np.asarray(features, np.float32)
    _check(features, latitude, longitude, groups)
    if fold is not None and len(fold) != len(features):
        raise InputError(f"{len(fold)} numbers of folds for {len(features)} photos: give one of each")
    with bar("testing on held-out groups", 2 * settings.folds) as advance:
        found = tested.held_out(features, latitude, longitude, groups, settings, advance, fold)
    with bar("learning from all", 1) as advance:
        made = learned(features, latitude, longitude, groups, replace(settings, blend=found.blend))
        advance(1)
    return replace(made, calibration=found.calibration, facts=found.facts)


def _check(
    features: Array, latitude: NDArray[np.float64], longitude: NDArray[np.float64], groups: NDArray[np.int64]
) -> None:
    count = len(features)
    if features.ndim != 2 or not len(latitude) == len(longitude) == len(groups) == count:
        raise InputError(
            f"features {features.shape} of {len(latitude)} latitudes, {len(longitude)} longitudes and {len(groups)} "
            "groups: give (n, d) and n of each"
        )
    if count == 0:
        raise TrainingError("no photo to train on")
    if not np.isfinite(features).all():
        raise TrainingError("features that are not finite; use another encoder")
    if count > 1 and (features == features[0]).all():
        raise TrainingError(f"all {count} photos look the same to the encoder: give other photos than copies of one")
