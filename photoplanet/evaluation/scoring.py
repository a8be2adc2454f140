"""A model's answers, one by one as they come, gathered into the arrays that everything else here works on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from photoplanet.evaluation.report import REGION_SHARE

_SHOWN = 5


@dataclass(frozen=True)
class Collected:
    """Per photo (n,): candidates `latitude` and `longitude` (n, k) degrees with their probability `confidence` (n, k),
    NaN where a photo was not read; whether the most probable cell is `correct`; whether the credible region `held` the
    true cell; `answered`; `abstained`; and `unreadable`: a count with the first reasons."""

    latitude: np.ndarray
    longitude: np.ndarray
    confidence: np.ndarray
    correct: np.ndarray
    held: np.ndarray
    answered: np.ndarray
    abstained: np.ndarray
    unreadable: dict[str, Any]


def collect(
    answers: Iterable[tuple[int, Any]],
    labels: np.ndarray,
    top: int = 5,
    region: float = REGION_SHARE,
    each: Callable[[int, Any], None] = lambda row, answer: None,
) -> Collected:
    """Gather (row, prediction or error) pairs; rows that never come count as unanswered.

    `labels` (n,) int: the true class of each row, −1 outside every cell. A prediction has `point`, `order`,
    `probabilities`, `partition.means` and `abstains`, as `locate.Prediction`; its first candidate is the readout's
    point, the others are the next cells by probability. `each` is called for every pair.
    """
    n = len(labels)
    lat, lng, sure = (np.full((n, top), np.nan) for _ in range(3))
    correct, held, answered, abstained = (np.zeros(n, bool) for _ in range(4))
    reasons: list[str] = []
    failed = 0
    for row, answer in answers:
        if isinstance(answer, Exception):
            failed += 1
            if len(reasons) < _SHOWN:
                reasons.append(str(answer))
        else:
            order = answer.order[:top]
            count = len(order)
            lat[row, :count], lng[row, :count] = answer.partition.means[order].T
            lat[row, 0], lng[row, 0] = answer.point
            sure[row, :count] = answer.probabilities[order]
            answered[row], abstained[row] = True, answer.abstains
            correct[row] = labels[row] == answer.order[0]
            held[row] = in_region(answer.probabilities, answer.order, int(labels[row]), region)
        each(row, answer)
    return Collected(lat, lng, sure, correct, held, answered, abstained, {"count": failed, "first": reasons})


def in_region(probabilities: np.ndarray, order: np.ndarray, label: int, share: float) -> bool:
    """Whether class `label` is in the smallest set of classes that holds `share` of the mass; False for −1.

    It is when the classes before it in `order` (by falling probability) hold less than `share`.
    """
    if label < 0:
        return False
    ordered = probabilities[order].astype(np.float64)
    before = ordered[: int(np.flatnonzero(order == label)[0])].sum()
    return bool(before < share * ordered.sum() * (1 - 1e-9))
