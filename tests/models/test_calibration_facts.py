import json

import pytest

from photoplanet.errors import ModelError
from photoplanet.models import folder
from photoplanet.models.calibration_facts import EVIDENCE, LEAST_POWER, MOST, MOST_POWER, check


def test_what_can_be_used_is_let_through():
    check({})
    check({"temperature": 1, "abstain_below": 0, "least_gain": 0.5, "note": "anything"})
    weights = dict.fromkeys(EVIDENCE, -MOST)
    check({"unknown": {"bias": MOST, "weights": weights, "photos": 12, "why": ["a", "list"]}})
    check({"unknown": {"bias": 0, "weights": {}}})


@pytest.mark.parametrize(
    ("unknown", "words"),
    [
        (None, "must hold a bias and weights"),
        ([], "must hold a bias and weights"),
        ({"bias": 1.0}, "must hold a bias and weights"),
        ({"bias": 1.0, "weights": [1.0]}, "must hold a bias and weights"),
        ({"weights": {}}, "bias must be a number"),
        ({"bias": True, "weights": {}}, "bias must be a number"),
        ({"bias": 1.0, "weights": {"gain": "1"}}, "gain must be a number"),
        ({"bias": 1.0, "weights": {"gain": float("nan")}}, "gain must be a number"),
        ({"bias": 1.0, "weights": {"gain": float("-inf")}}, "gain must be a number"),
        ({"bias": 1.0, "weights": {"gain": 10**400}}, "gain must be a number"),
        ({"bias": 1.0, "weights": {"gain": 2 * MOST}}, "gain must be a number from −1000 to 1000"),
        ({"bias": 1.0, "weights": {"smell": 1.0}}, "weighs 'smell', which this photoplanet does not measure"),
    ],
)
def test_what_cannot_be_used_is_named(unknown, words):
    with pytest.raises(ValueError, match=words):
        check({"unknown": unknown})


@pytest.mark.parametrize("key", ["abstain_below", "least_gain"])
@pytest.mark.parametrize("value", [-1, "1", None, True, float("inf"), 10**400])
def test_plain_numbers_are_checked(key, value):
    with pytest.raises(ValueError, match=f"calibration.{key} must be a number of 0 or more"):
        check({key: value})


@pytest.mark.parametrize("key", ["temperature", "readout_sharpness"])
@pytest.mark.parametrize("value", [-1, 0, "1", None, True, float("inf"), 10**400, 0.9e-4, 1.1e4])
def test_powers_are_checked(key, value):
    check({key: LEAST_POWER})
    check({key: MOST_POWER})
    with pytest.raises(ValueError, match=f"calibration.{key} must be a number"):
        check({key: value})


def test_a_model_folder_with_bad_weights_is_refused_in_one_line(tiny_model_copy):
    facts = json.loads((tiny_model_copy / "model.json").read_text())
    facts["calibration"]["unknown"] = {"bias": 0.0, "weights": {"smell": 1.0}}
    (tiny_model_copy / "model.json").write_text(json.dumps(facts))
    with pytest.raises(ModelError, match=r"model\.json: calibration\.unknown weighs 'smell'") as caught:
        folder.read(tiny_model_copy)
    assert "\n" not in str(caught.value)
