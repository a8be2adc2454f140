"""What a model on features does not know: it is learned anew without regions, and asked about photos from there."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.locate.seen import softmax_at
from photoplanet.locate.unknown import evidence
from photoplanet.training.features.fitted import Array, Fitted, learned
from photoplanet.training.features.settings import Settings
from photoplanet.training.unknown import learn
from photoplanet.training.unknown.left_out import Round

MOST_PHOTOS = 5000  # of more, as many in whole groups stand for all


def facts(
    fitted: Fitted, features: Array, latitude: NDArray[np.float64], longitude: NDArray[np.float64],
    groups: NDArray[np.int64], settings: Settings,
) -> tuple[dict[str, Any] | None, str]:  # fmt: skip
    """Return `calibration["unknown"]` (None where it cannot be learned) of a model, and a line about it.

    `fitted`: the model, whose blend and temperature are taken; the rest as `fit` had it: compared features (n, d) of
    photos at degrees (n,), in `groups` (n,).

    >>> four, settings = np.eye(4, dtype=np.float32), Settings()
    >>> made = learned(four, np.arange(4.0), np.arange(4.0), np.arange(4), settings)
    >>> print(facts(made, four, np.arange(4.0), np.arange(4.0), np.arange(4), settings)[1])
    what is unknown cannot be learned: 4 photos of held-out groups, 20 are needed
    """
    rows = _some(groups, settings.seed)
    some, lat, lng, group = features[rows], latitude[rows], longitude[rows], groups[rows]
    chosen = replace(settings, blend=fitted.blend.name)
    temperature = float(fitted.calibration.get("temperature", 1.0))
    kept: dict[int, Fitted] = {}  # of the last round: it is asked about known and unknown photos

    def answer(one: Round, asked: NDArray[np.int64]) -> learn.Evidence:
        if id(one) not in kept:
            kept.clear()
            at = one.training
            kept[id(one)] = learned(some[at], lat[at], lng[at], group[at], chosen)
        model = kept[id(one)]
        found = softmax_at(model.log_probabilities(some[asked]), temperature)
        return evidence(found, model.partition, model.similarity(some[asked]))

    return learn.learned(lat, lng, group, answer, settings.seed)


def _some(groups: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """The rows of all photos, or of whole groups by chance, ascending."""
    if len(groups) <= MOST_PHOTOS:
        return np.arange(len(groups))
    _, number, size = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(size))
    kept = order[np.cumsum(size[order]) <= MOST_PHOTOS]
    return np.flatnonzero(np.isin(number, kept)) if kept.size else np.arange(len(groups))[:MOST_PHOTOS]
