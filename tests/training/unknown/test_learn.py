import numpy as np
import pytest

from photoplanet.locate import unknown
from photoplanet.models import calibration_facts
from photoplanet.training.unknown import learn

PLACES = np.array([(lat, lng) for lat in (-40, 0, 40) for lng in (-120, -60, 0, 60, 120)], float)


def _library(each=20, places=PLACES):
    lat, lng = np.repeat(places, each, axis=0).T
    return lat, lng, np.arange(len(lat)) // 2


LIKE = {"similarity": (0.7, 0.05), "gain": (3.0, 1.0), "peak": (2.0, 3.0)}  # of known photos: mean and deviation


def _answer(gap):
    """Evidence by chance, `gap` deviations apart between known and unknown photos."""
    random = np.random.default_rng(0)

    def answer(one, rows):
        far = np.isin(rows, one.unknown)
        return {name: at + scale * random.normal(-gap * far, 1) for name, (at, scale) in LIKE.items()}

    return answer


@pytest.mark.parametrize(("gap", "least", "most"), [(2.0, 0.95, 1.0), (0.5, 0.6, 0.85), (0.0, 0.3, 0.6)])
def test_it_tells_apart_what_can_be_told_apart_and_is_calibrated_to_its_share(gap, least, most):
    lat, lng, group = _library()
    facts, line = learn.learned(lat, lng, group, _answer(gap))
    assert least <= facts["auroc"] <= most and f"{facts['auroc']:.2f}" in line
    assert all(weight <= 0 for weight in facts["weights"].values())
    calibration_facts.check({"unknown": facts})
    random = np.random.default_rng(1)
    far = np.arange(10_000) < 800
    fresh = {name: at + scale * random.normal(-gap * far, 1) for name, (at, scale) in LIKE.items()}
    plain = {key: value for key, value in facts.items() if key != "unlike"}
    assert facts["share"] in (learn.SHARE, *learn.SMALLER)
    assert unknown.probability(fresh, plain).mean() == pytest.approx(learn.SHARE, abs=0.06)


def test_where_unknown_cannot_be_told_it_does_not_cost_the_sure_answers():
    lat, lng, group = _library()
    random = np.random.default_rng(0)
    answer = lambda one, rows: {  # noqa: E731
        "similarity": random.normal(0.7, 0.05, len(rows)), "gain": random.normal(3, 1, len(rows)),
        "peak": np.full(len(rows), np.log(0.95 / 0.05)),
    }  # fmt: skip
    facts, _ = learn.learned(lat, lng, group, answer)
    assert facts["share"] < learn.SHARE
    found = unknown.probability({name: np.full(1, at) for name, (at, _) in LIKE.items()} | {"peak": np.ones(1)}, facts)
    assert found[0] < 1 - 0.9 / 0.95


def test_one_place_is_told_by_similarity_alone():
    lat, lng, group = _library(60, PLACES[:1])
    random = np.random.default_rng(0)
    facts, line = learn.learned(lat, lng, group, lambda one, rows: {"similarity": random.normal(0.8, 0.05, len(rows))})
    assert set(facts["weights"]) == {"similarity"} and "too few regions to leave any out" in line
    calibration_facts.check({"unknown": facts})
    found = unknown.probability({"similarity": np.array([0.9, 0.8, 0.6, 0.3])}, facts)
    assert found[0] < 0.02 and found[1] == pytest.approx(learn.SHARE, abs=0.02) and found[2] > 0.6 and found[3] > 0.999


def test_ten_photos_or_one_group_say_nothing():
    for lat, lng, group in (_library(10, PLACES[:1]), (*_library(60, PLACES[:1])[:2], np.zeros(60, int))):
        facts, line = learn.learned(lat, lng, group, lambda one, rows: {"similarity": np.ones(len(rows))})
        assert facts is None and "what is unknown cannot be learned" in line and "20 are needed" in line


@pytest.mark.parametrize("places", [PLACES, PLACES[:1]])
def test_photos_that_are_all_nearly_alike_make_facts_that_a_model_may_have(places):
    lat, lng, group = _library(60 if len(places) == 1 else 20, places)
    random = np.random.default_rng(0)

    def answer(one, rows):
        far = np.isin(rows, one.unknown)
        return {name: random.normal(0.9998 - 1e-4 * far, 2e-5) for name in ("similarity", "gain", "peak")}

    facts, _ = learn.learned(lat, lng, group, answer)
    calibration_facts.check({"unknown": facts})
    found = unknown.probability({name: np.array([0.9998, 0.9997, 0.5]) for name in LIKE}, facts)
    assert found[0] < found[1] < 0.5 < found[2]
