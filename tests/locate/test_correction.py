"""A correction changes what is stated, never where: confidences, radii and regions follow it together."""

import json
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoplanet.earth import geodesy
from photoplanet.errors import ModelError
from photoplanet.locate import correction, locator
from photoplanet.locate.correction import Correction
from photoplanet.locate.credible_region import HALF_CIRCUMFERENCE_KM
from photoplanet.locate.prediction import REGION_SHARES, prepare
from photoplanet.models import folder
from photoplanet.models.calibration_facts import KNOTS_KM

N = len(KNOTS_KM)
NONE = Correction((0.0,) * N, (1.0,) * N)
LESS_SURE = Correction((-0.3,) * N, (0.6,) * N)
BY_SCALE = Correction(tuple(np.linspace(2, -1, N)), tuple(np.linspace(1.5, 0.7, N)))
numbers = st.floats(-5, 5)


@pytest.fixture
def photos(photo):
    return [photo(colour) for colour in ("red", "green", "black")]


@given(st.lists(numbers, min_size=N, max_size=N), st.floats(0.05, 5), st.floats(0.001, 0.999), st.floats(0.01, 2e4))
def test_stated_and_mass_for_are_inverse_to_each_other(shift, slope, share, km):
    each = Correction(tuple(shift), (slope,) * N)
    mass = float(each.mass_for(share, km))
    if correction.EDGE < mass < 1 - correction.EDGE:
        assert float(each.stated(mass, km)) == pytest.approx(share, abs=1e-9)
    if mass == np.inf:
        assert float(each.stated(1.0, km)) < share


def test_the_odds_at_the_knots_are_those_given_and_between_them_in_between():
    for k, km in enumerate(KNOTS_KM):
        odds = BY_SCALE.shift[k] + BY_SCALE.slope[k] * np.log(0.3 / 0.7)
        assert float(BY_SCALE.stated(0.3, km)) == pytest.approx(1 / (1 + np.exp(-odds)))
    middle = float(BY_SCALE.stated(0.5, np.sqrt(25.0 * 70.0)))
    assert float(BY_SCALE.stated(0.5, 25)) > middle > float(BY_SCALE.stated(0.5, 70))
    assert float(BY_SCALE.stated(0.5, 1e-9)) == float(BY_SCALE.stated(0.5, KNOTS_KM[0]))
    assert float(BY_SCALE.stated(0.5, 2e4)) == float(BY_SCALE.stated(0.5, KNOTS_KM[-1]))


@pytest.mark.parametrize("unknown", [None, 0.3])
@pytest.mark.parametrize("each", [LESS_SURE, BY_SCALE])
def test_a_corrected_prediction_states_what_the_correction_says(tiny_model, photos, each, unknown):
    for plain in locator.load(tiny_model).locate(photos):
        plain = replace(plain, unknown=unknown)
        where = replace(plain, correction=each)
        assert where != plain and where.point == plain.point and where.inside == plain.inside
        said = [float(each.stated(plain.confidence_within(km) / plain.inside, km)) for km in KNOTS_KM]
        for name, km in geodesy.RADII_KM.items():
            least = min(said[KNOTS_KM.index(km) :])  # what is nearer is not likelier
            assert where.confidence[name] == pytest.approx(least * where.inside)
        for share in REGION_SHARES:
            radius = where.credible_region(share).radius_km
            if radius < HALF_CIRCUMFERENCE_KM:
                # What is stated of the radius is the share, but where the mass jumps there.
                assert where.confidence_within(radius * 1.002) >= share - 1e-6
                assert where.confidence_within(radius * 0.99) <= share + 1e-6
            else:
                assert where.confidence_within(HALF_CIRCUMFERENCE_KM * 0.999) < share


def test_within_a_longer_distance_is_never_less(tiny_model, photos):
    wild = Correction(tuple(np.tile([3.0, -3.0], N // 2)), (1.0,) * N)
    for where in locator.load(tiny_model).locate(photos):
        where = replace(where, correction=wild)
        found = [where.confidence_within(km) for km in (0.01, *KNOTS_KM, 15000.0)]
        assert found == sorted(found) and list(where.confidence.values()) == sorted(where.confidence.values())
        radii = [where.credible_region(share).radius_km for share in REGION_SHARES]
        assert radii == sorted(radii)


def test_no_correction_and_one_that_changes_nothing_are_the_same(tiny_model, photos):
    for plain in locator.load(tiny_model).locate(photos):
        same = replace(plain, correction=NONE)
        for name, value in plain.confidence.items():
            assert same.confidence[name] == pytest.approx(value, abs=2e-4)
        for share in (0.5, 0.9):
            one, other = plain.credible_region(share), same.credible_region(share)
            assert other.radius_km == pytest.approx(one.radius_km, rel=2e-3)
            assert len(one) == len(other)


def test_less_sure_means_larger_regions_and_never_smaller(tiny_model, photos):
    for plain in locator.load(tiny_model).locate(photos):
        where = replace(plain, correction=LESS_SURE)
        for share in REGION_SHARES[6:]:
            assert where.credible_region(share).radius_km >= plain.credible_region(share).radius_km
            assert len(where.credible_region(share)) >= len(plain.credible_region(share))


@pytest.mark.parametrize("each", [None, BY_SCALE])
def test_many_at_once_are_as_one_by_one_also_beside_known_places(tiny_model, photos, each):
    plain = locator.load(tiny_model).locate(photos)
    made = [replace(where, correction=each) for where in plain]
    made.insert(1, replace(plain[0], at=(48.86, 2.35)))
    alone = [replace(where) for where in made]
    prepare(made, 0.8)
    for one, other in zip(made, alone, strict=True):
        assert one.confidence == pytest.approx(other.confidence)
        assert one.credible_region(0.8).radius_km == pytest.approx(other.credible_region(0.8).radius_km, rel=2e-3)
        assert len(one.credible_region(0.8)) == len(other.credible_region(0.8)) and one.point == other.point


def test_a_model_has_it_from_its_facts_and_known_places_are_not_doubted(tiny_model_copy, photos):
    plain = locator.load(tiny_model_copy).locate(photos[0])
    facts = {"shift": list(LESS_SURE.shift), "slope": list(LESS_SURE.slope)}
    folder.set_calibration(tiny_model_copy, {"correction": facts})
    model = locator.load(tiny_model_copy)
    where = model.locate(photos[0])
    assert where.correction == LESS_SURE
    assert where.confidence["country"] == pytest.approx(float(LESS_SURE.stated(plain.confidence["country"], 750)))
    known = model.prediction(where.probabilities, None, at=(48.86, 2.35))
    assert known.correction is None


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (None, "must hold the lists shift and slope"),
        ({"shift": [0.0] * N}, "must hold the lists"),
        ({"shift": [0.0] * (N - 1), "slope": [1.0] * N}, f"of {N} numbers each"),
        ({"shift": [0.0] * N, "slope": [0.0] * N}, "slope must be numbers from 0.01"),
        ({"shift": ["0"] * N, "slope": [1.0] * N}, "shift must be numbers"),
        ({"shift": [1e9] * N, "slope": [1.0] * N}, "shift must be numbers from -1000"),
    ],
)
def test_facts_that_are_no_correction_are_refused(tiny_model_copy, facts, words):
    path = tiny_model_copy / "model.json"
    read = json.loads(path.read_text())
    path.write_text(json.dumps(read | {"calibration": {"correction": facts}}))
    with pytest.raises(ModelError, match=words):
        folder.read(tiny_model_copy)


def test_unknown_is_measured_at_the_temperature_it_was_learned_at(tiny_model_copy, photos):
    weights = {"bias": -1.0, "weights": {"gain": -0.3, "spread": 0.2}}
    folder.set_calibration(tiny_model_copy, {"temperature": 1.0, "unknown": weights})
    before = [where.unknown for where in locator.load(tiny_model_copy).locate(photos)]
    folder.set_calibration(tiny_model_copy, {"temperature": 3.0, "unknown": weights | {"temperature": 1.0}})
    after = locator.load(tiny_model_copy).locate(photos)
    assert [where.unknown for where in after] == pytest.approx(before, abs=1e-5)
    folder.set_calibration(tiny_model_copy, {"temperature": 3.0, "unknown": weights})
    assert [where.unknown for where in locator.load(tiny_model_copy).locate(photos)] != pytest.approx(before, abs=1e-2)
    with pytest.raises(ModelError, match="temperature must be a number from"):
        folder.set_calibration(tiny_model_copy, {"unknown": weights | {"temperature": 0}})


@pytest.mark.parametrize("shift", [-1000.0, 0.0, 1000.0])
@pytest.mark.parametrize("slope", [0.01, 1000.0])
def test_the_wildest_correction_that_facts_may_hold_warns_of_nothing(tiny_model, photos, shift, slope):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for where in locator.load(tiny_model).locate(photos):
            for doubt in (None, 0.3, 1.0):
                found = replace(where, correction=Correction((shift,) * N, (slope,) * N), unknown=doubt).to_dict()
                assert all(0 <= value <= 1 for value in found["confidence"].values())
                assert 0 <= found["region"]["probability"] <= 1 and 0 < found["region"]["radius_km"] < 20_100


def test_masses_nearer_to_0_and_1_than_a_ten_thousandth_are_not_told_apart():
    assert correction.EDGE == 1e-4
    assert NONE.stated([0.0, 1e-4, 1 - 1e-4, 1.0], 1.0) == pytest.approx([1e-4, 1e-4, 1 - 1e-4, 1 - 1e-4])
    assert NONE.mass_for(0.9998, 1.0) == pytest.approx(0.9998) and NONE.mass_for(0.99995, 1.0) == np.inf


def test_what_a_later_knot_does_not_state_an_earlier_one_does_not_either():
    falling = Correction(tuple(np.linspace(3, -3, N)), (1.0,) * N)
    assert falling.at_knots(np.full(N, 0.5)) == pytest.approx(1 / (1 + np.exp(3)))


@pytest.mark.parametrize("unknown", [None, 0.3, 1.0])
def test_a_region_states_of_its_cells_what_the_correction_says_counted_once(tiny_model, photos, unknown):
    for plain in locator.load(tiny_model).locate(photos):
        where = replace(plain, correction=BY_SCALE, unknown=unknown)
        for share in (0.4, 0.6, 0.9):
            region = where.credible_region(share)
            held = float(plain.probabilities[region.classes].sum(dtype=np.float64))
            stated = float(BY_SCALE.stated(held, region.radius_km)) * where.inside
            assert region.probability == pytest.approx(stated, abs=1e-5)
