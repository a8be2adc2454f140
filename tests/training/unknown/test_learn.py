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


def test_documented_thresholds():
    assert learn.SHARE == 0.08 and min(learn.SMALLER) == 0.01
    assert learn.SURE == 0.9 and learn.MOST_LOST == 0.1, "no more than a tenth of the sure answers"
    assert learn.FEWEST_REGIONS == 5 and learn.FEWEST_KNOWN == 20


def test_four_regions_are_too_few_to_leave_out():
    for places, many in ((PLACES[:4], False), (PLACES[:6], True)):
        lat, lng, group = _library(40, places)
        facts, line = learn.learned(lat, lng, group, _answer(2.0))
        assert ("peak" in facts["weights"]) == many and ("too few regions" in line) != many


@pytest.mark.parametrize("places", [PLACES, PLACES[:1]])
def test_as_far_below_the_hundredth_as_that_is_below_the_middle_is_6_in_log_odds(places):
    lat, lng, group = _library(60 if len(places) == 1 else 20, places)
    random, said = np.random.default_rng(0), []

    def answer(one, rows):
        far = np.isin(rows, one.unknown)
        found = {name: random.normal(0.6 - 0.2 * far, 0.05) for name in LIKE}
        said.append(found["similarity"][~far])
        return found

    facts, _ = learn.learned(lat, lng, group, answer)
    least, typical = np.quantile(np.concatenate(said), [0.01, 0.5])
    assert facts["unlike"]["below"] == pytest.approx(least, abs=1e-6)
    assert facts["unlike"]["weight"] * (typical - least) == pytest.approx(6, abs=1e-3)


def test_regions_of_more_photos_count_more_but_by_the_root_of_them():
    unknown, region = np.array([True] * 10 + [False] * 10), np.repeat([0, 1, 2, 3], [9, 1, 4, 6])
    found = learn.weights(unknown, region)
    assert found[unknown].sum() == pytest.approx(0.08 * 20) and found.sum() == pytest.approx(20)
    assert found[:9].sum() == pytest.approx(3 * found[9]) and found[0] == pytest.approx(found[9] / 3)


def test_no_photo_is_judged_by_weights_that_were_fitted_to_its_region():
    random = np.random.default_rng(0)
    region = np.repeat(np.arange(20), 10)
    unknown = region % 2 == 0
    table = random.normal(size=(200, 3))
    changed = table.copy()
    changed[region == 4] += 5.0 * random.normal(size=(10, 3))
    part = np.random.default_rng(0).permutation(20) % learn.PARTS
    before, after = (learn._crossed(each, unknown, region) for each in (table, changed))
    same = (part[region] == part[4]) & (region != 4)
    assert same.any() and np.array_equal(before[same], after[same])
    assert not np.allclose(before[part[region] != part[4]], after[part[region] != part[4]])


def test_more_of_each_kind_of_evidence_makes_unknown_less_likely():
    assert learn.SIGNS == {"similarity": -1.0, "gain": -1.0, "peak": -1.0}
    facts, _ = learn.learned(*_library(), _answer(1.0))
    assert all(weight < 0 for weight in facts["weights"].values())
