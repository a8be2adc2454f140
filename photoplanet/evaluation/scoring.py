"""A model's answers, one by one as they come, collected into the arrays that everything else here works on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.errors import InputError
from photoplanet.locate import world
from photoplanet.locate.credible_region import HALF_CIRCUMFERENCE_KM, REGION_SHARE
from photoplanet.locate.prediction import Prediction

UNCOVERED = ("distance", "wrong")  # how photos outside every cell of the model are scored; the first by default
_SHOWN = 5


@dataclass(frozen=True)
class Collected:
    """What is needed of n answers to score them; rows of photos that were not read are NaN or False.

    `latitude`, `longitude` (n, k) degrees: the candidates; `confidence` (n,): the highest probability of a cell;
    `radius` (n,): km around the point that hold the region's share of the probability; `unknown` (n,): how likely the
    photo is from outside all cells, NaN where the model cannot tell;
    `correct`, `held`, `answered`, `abstained`, all bool (n,): whether the most probable cell is the true one, whether
    the credible region holds the true cell, whether the photo was read, whether the model abstains. `unreadable`: a
    count with the first reasons.
    """

    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    confidence: NDArray[np.float64]
    radius: NDArray[np.float64]
    unknown: NDArray[np.float64]
    correct: NDArray[np.bool_]
    held: NDArray[np.bool_]
    answered: NDArray[np.bool_]
    abstained: NDArray[np.bool_]
    unreadable: dict[str, Any]


def collect(
    answers: Iterable[tuple[int, Prediction | Exception]],
    labels: NDArray[np.integer[Any]],
    top: int = 5,
    region: float = REGION_SHARE,
    each: Callable[[int, Prediction | Exception], None] = lambda row, answer: None,
    places: NDArray[np.float64] | None = None,
) -> Collected:
    """Collect (row, prediction or error) pairs; rows that never come count as unanswered.

    `labels` (n,) int: the true class of each row, −1 outside every cell. The candidates are `Prediction.candidates`.
    `each` is called for every pair. `places` (n, 2) degrees: the true places, where a sign may have moved an answer
    from the model's cells to those of the whole Earth.

    >>> import photoplanet as pp
    >>> model = pp.load("toy")
    >>> answer = model.locate(np.zeros((96, 96, 3), np.uint8))
    >>> got = collect([(0, answer)], np.array([answer.order[0], 0]))
    >>> got.answered, got.correct, got.latitude.shape
    (array([ True, False]), array([ True, False]), (2, 5))
    """
    n = len(labels)
    lat, lng = (np.full((n, top), np.nan) for _ in range(2))
    sure, radius, unknown = (np.full(n, np.nan) for _ in range(3))
    correct, held, answered, abstained = (np.zeros(n, np.bool_) for _ in range(4))
    reasons: list[str] = []
    failed = 0
    for row, answer in answers:
        if isinstance(answer, Exception):
            failed += 1
            if len(reasons) < _SHOWN:
                reasons.append(str(answer))
        else:
            points, _ = answer.candidates(top)
            lat[row, : len(points)], lng[row, : len(points)] = points.T
            sure[row] = answer.probabilities[answer.order[0]] * answer.inside
            around = answer.credible_region(region)
            radius[row] = around.radius_km
            unknown[row] = np.nan if answer.unknown is None else answer.unknown
            answered[row], abstained[row] = True, answer.abstains
            label = labels[row]
            if places is not None and world.ground_of(answer.partition) is not None:
                label = answer.partition.assign(places[row, :1], places[row, 1:])[0]
            correct[row] = label == answer.order[0]
            # A region that is the whole Earth holds what is in no cell, too.
            held[row] = around.radius_km >= HALF_CIRCUMFERENCE_KM or label in around.classes
        each(row, answer)
    unreadable = {"count": failed, "first": reasons}
    return Collected(lat, lng, sure, radius, unknown, correct, held, answered, abstained, unreadable)


def counted(errors_km: NDArray[np.float64], labels: NDArray[np.integer[Any]], uncovered: str) -> NDArray[np.float64]:
    """Errors (n, k) in km with photos outside every cell (`labels` < 0) as `uncovered` says, one of `UNCOVERED`.

    "distance": as all others, by how far the answer is off, which is what the paper does: its test photos were not
    filtered by its cells. "wrong": no answer can be right there, since no cell is. InputError for another word.

    >>> counted(np.array([[3.0], [4.0]]), np.array([0, -1]), "wrong")
    array([[ 3.],
           [inf]])
    """
    if uncovered not in UNCOVERED:
        raise InputError(f"uncovered photos are scored by {' or '.join(UNCOVERED)}, not {uncovered!r}")
    return np.where((labels < 0)[:, None] & (uncovered == "wrong"), np.inf, errors_km)
