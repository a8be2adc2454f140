"""Answers as plain records: what is reported of a prediction, and how much of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from photoplanet.locate import why
from photoplanet.locate.credible_region import REGION_SHARE
from photoplanet.locate.given_area import NOTHING_BELOW, inside
from photoplanet.locate.precision import DEFAULT_PRECISION, percent
from photoplanet.locate.prediction import KNOWN_AT, Prediction


@dataclass(frozen=True)
class AnswerOptions:
    """How answers are reported: places listed, share of the mass in the region, precision, and whether to abstain."""

    top: int = 1
    region: float = REGION_SHARE
    precision: str = DEFAULT_PRECISION
    answer_always: bool = False


def record(name: str, prediction: Prediction, options: AnswerOptions) -> dict[str, Any]:
    """One photo's answer as plain values; `best` is None, and nothing but `region` says where, when it abstains.

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
    return {"file": name, **facts}


def no_answer(unknown: float | None, within: Mapping[str, Any] | None = None) -> str:
    """Why there is no answer, in a line; `unknown` and `within` of the record.

    >>> no_answer(0.72), no_answer(0.1)
    ('72 %: nowhere that this model knows', 'no answer: the evidence is too weak')
    >>> no_answer(0.1, {"area": "Germany", "inside_before": 0.0, "known_place_outside": False})
    'no answer: nothing lay inside Germany'
    """
    if within and within["inside_before"] < NOTHING_BELOW and not within["known_place_outside"]:
        return f"no answer: nothing lay {inside(within['area'])}"
    if unknown is not None and unknown >= KNOWN_AT:
        return f"{percent(unknown)}: nowhere that this model knows"
    return "no answer: the evidence is too weak"
