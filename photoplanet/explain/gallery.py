"""What a model believes a place looks like: the photos it assigns to a cell with the highest confidence (Fig. 8)."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from photoplanet.errors import InputError
from photoplanet.locate.prediction import Prediction

PHOTOS_A_CELL = 5


@dataclass(frozen=True, order=True)
class Shown:
    """A photo and the confidence with which it is assigned to a cell; ordered by confidence, then by `row`."""

    confidence: float
    row: int = field(compare=False)
    source: Any = field(compare=False)


def gallery(
    answers: Iterable[tuple[Any, Prediction | InputError]], photos: int = PHOTOS_A_CELL
) -> dict[int, list[Shown]]:
    """Class → its `photos` most confident photos, the most confident first; classes by falling confidence of theirs.

    `answers`: what `Locator.locate_many` yields. A photo belongs to its most probable cell. Memory grows with the
    number of cells, not with that of photos.
    """
    if photos < 1:
        raise InputError(f"a gallery shows 1 photo a cell or more, not {photos}")
    kept: dict[int, list[tuple[float, int, Shown]]] = {}
    for row, (source, prediction) in enumerate(answers):
        if isinstance(prediction, InputError):
            continue
        label = int(prediction.order[0])
        confidence = float(prediction.probabilities[label])
        heap = kept.setdefault(label, [])
        entry = (confidence, -row, Shown(confidence, row, source))
        if len(heap) < photos:
            heapq.heappush(heap, entry)
        else:
            heapq.heappushpop(heap, entry)
    found = {label: [shown for _, _, shown in sorted(heap, reverse=True)] for label, heap in kept.items()}
    return dict(sorted(found.items(), key=lambda each: (-_mean(each[1]), each[0])))


def _mean(listed: list[Shown]) -> float:
    return sum(shown.confidence for shown in listed) / len(listed)
