"""Answers as plain records: what is reported of a prediction, and how much of it."""

from dataclasses import dataclass
from typing import Any

from photoplanet.locate import own_place, why, world
from photoplanet.locate.credible_region import REGION_SHARE
from photoplanet.locate.given_area import inside
from photoplanet.locate.precision import DEFAULT_PRECISION, percent
from photoplanet.locate.prediction import KNOWN_AT, Prediction


@dataclass(frozen=True)
class AnswerOptions:
    """How answers are reported: places listed, share of the mass in the region, precision, and whether to abstain."""

    top: int = 1
    region: float = REGION_SHARE
    precision: str = DEFAULT_PRECISION
    answer_always: bool = False


def record(
    name: str, prediction: Prediction, options: AnswerOptions, own: own_place.OwnPlace | None = None
) -> dict[str, Any]:  # fmt: skip
    """One photo's answer as plain values; `best` is None, and nothing but `region` says where, when it abstains.

    `own`: the place that the photo states itself, which comes first, as `own_gps`, and changes nothing else.

    >>> import numpy as np, photoplanet as pp
    >>> where = pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8))
    >>> record("black.png", where, AnswerOptions(answer_always=True))["best"]["level"]
    'continent'
    """
    facts = prediction.to_dict(options.top, options.region, options.precision)
    if facts["abstains"] and not options.answer_always:
        facts["best"], facts["top"] = None, []
    if prediction.evidence is not None:
        facts |= why.record(prediction.evidence)
    stated = {} if own is None else {own_place.KEY: own.record(prediction)}
    return {"file": name, **stated, **facts}


def no_answer(prediction: Prediction) -> str:
    """Why there is no answer for a photo, in a line.

    >>> from dataclasses import replace
    >>> from photoplanet.locate import given_area, joining, world
    >>> nowhere = world.nowhere()
    >>> no_answer(nowhere), no_answer(joining.joined(nowhere, []))
    ('no answer: the evidence is too weak', 'no answer: nothing in this photo can be read')
    >>> no_answer(replace(nowhere, unknown=0.72))
    '72 %: nowhere that this model knows'
    >>> no_answer(replace(nowhere, within=given_area.GivenArea("Germany", 0.0, 0.05, 3.0)))
    'no answer: nothing lay inside Germany'
    """
    evidence, within = prediction.evidence, prediction.within
    if within is not None and within.nothing:
        return f"no answer: nothing lay {inside(within.name)}"
    if prediction.unknown is not None and prediction.unknown >= KNOWN_AT:
        return f"{percent(prediction.unknown)}: nowhere that this model knows"
    if evidence is None or evidence.clues or evidence.shared or world.ground_of(evidence.partition) is None:
        return "no answer: the evidence is too weak"
    if why.shows_text(prediction):
        return "no answer: its text does not say where"
    return "no answer: nothing in this photo can be read"
