"""Photos that a model locates rightly and wrongly with the highest confidence (paper, Fig. 6 and 7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.errors import InputError
from photoplanet.locate.place import Place
from photoplanet.locate.prediction import Prediction

WITHIN_KM = geodesy.RADII_KM["city"]  # nearer than this, an answer is right


@dataclass(frozen=True)
class Example:
    """A photo, the confidence in its most probable cell, how many km off the answer is, and the answer."""

    source: Any
    confidence: float
    km: float
    best: Place


def examples(
    answers: Iterable[tuple[Any, Prediction | InputError]],
    latitude: NDArray[np.float64],
    longitude: NDArray[np.float64],
    count: int,
    within_km: float = WITHIN_KM,
) -> tuple[list[Example], list[Example]]:
    """Choose up to `count` photos that are located rightly, and as many that are not, the most confident first.

    `answers`: what `Locator.locate_many` yields; `latitude`, `longitude` (n,) degrees: where the photos were taken.
    Each cell gives one photo to each list, so that a sheet is not all one tower. Unreadable photos are passed over.

    >>> import photoplanet as pp
    >>> photos = [np.zeros((64, 64, 3), np.uint8)]
    >>> right, wrong = examples(pp.load("toy").locate_many(photos), np.array([-90.0]), np.array([0.0]), count=5)
    >>> len(right), len(wrong)
    (0, 1)
    """
    kept: dict[bool, dict[int, Example]] = {True: {}, False: {}}
    for row, (source, found) in enumerate(answers):
        if isinstance(found, InputError):
            continue
        km = float(geodesy.distance_km(*found.point, latitude[row], longitude[row]))
        of_kind, label = kept[km <= within_km], int(found.order[0])
        confidence = float(found.probabilities[label])
        if label not in of_kind or confidence > of_kind[label].confidence:
            of_kind[label] = Example(source, confidence, km, found.best)
    right, wrong = (
        sorted(of_kind.values(), key=lambda each: each.confidence, reverse=True)[:count] for of_kind in kept.values()
    )
    return right, wrong
