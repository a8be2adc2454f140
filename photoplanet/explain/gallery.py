"""What a model believes a place looks like: the photos it assigns to a cell with the highest confidence (Fig. 8)."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from photoplanet.errors import InputError
from photoplanet.locate.prediction import Prediction

PHOTOS_A_CELL = 5


@dataclass(frozen=True, order=True)
class GalleryPhoto:
    """A photo, its `row` among all, and the confidence with which it is assigned to a cell; ordered by confidence."""

    confidence: float
    row: int = field(compare=False)
    source: Any = field(compare=False)


def gallery(
    answers: Iterable[tuple[Any, Prediction | InputError]], photos: int = PHOTOS_A_CELL
) -> dict[int, list[GalleryPhoto]]:
    """Class → its `photos` most confident photos, the most confident first; classes by descending mean confidence.

    `answers`: what `Locator.locate_many` yields. A photo belongs to its most probable cell; unreadable ones are passed
    over. Memory grows with the number of cells, not with that of photos. InputError for `photos` under 1.

    >>> import numpy as np, photoplanet as pp
    >>> model = pp.load("toy")
    >>> found = gallery(model.locate_many([np.zeros((64, 64, 3), np.uint8)] * 3), photos=2)
    >>> [[photo.row for photo in kept] for kept in found.values()]
    [[0, 1]]
    """
    if photos < 1:
        raise InputError(f"a gallery shows 1 photo a cell or more, not {photos}")
    kept: dict[int, list[tuple[float, int, GalleryPhoto]]] = {}
    for row, (source, prediction) in enumerate(answers):
        if isinstance(prediction, InputError):
            continue
        label = int(prediction.order[0])
        confidence = float(prediction.probabilities[label]) * prediction.inside
        heap = kept.setdefault(label, [])
        entry = (confidence, -row, GalleryPhoto(confidence, row, source))
        if len(heap) < photos:
            heapq.heappush(heap, entry)
        else:
            heapq.heappushpop(heap, entry)
    found = {label: [kept_photo for _, _, kept_photo in sorted(heap, reverse=True)] for label, heap in kept.items()}
    return dict(sorted(found.items(), key=lambda each: (-_mean(each[1]), each[0])))


def _mean(listed: list[GalleryPhoto]) -> float:
    return sum(photo.confidence for photo in listed) / len(listed)
