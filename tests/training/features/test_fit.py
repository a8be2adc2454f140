"""Learning from features: it finds what was planted, tests itself without a leak, and refuses what teaches nothing."""

import numpy as np
import pytest

from photoplanet.earth import geodesy
from photoplanet.errors import InputError, TrainingError
from photoplanet.evaluation import prior
from photoplanet.locate import point_estimates
from photoplanet.training.features import tested
from photoplanet.training.features.fit import fit
from photoplanet.training.features.fitted import learned
from photoplanet.training.features.settings import Settings


def km(fitted, features, latitude, longitude):
    points = point_estimates.expected(np.exp(fitted.log_probabilities(features)), fitted.partition)
    return geodesy.distance_km(*points, latitude, longitude)


@pytest.fixture
def fitted(planted):
    return fit(*planted())


def test_planted_places_are_found_and_the_test_says_so(fitted, planted):
    new = planted(seed=1)
    assert (km(fitted, *new[:3]) < 25).mean() > 0.9
    found = fitted.facts["validation"]
    assert found["photos"] == 100 and found["accuracy"]["city"] > 0.9 and fitted.facts["against_prior"]["beats"]
    assert found["prior_accuracy"]["city"] < 0.5
    gain, low, high = found["ahead_of_prior"]["city"]
    assert low < gain < high and gain == pytest.approx(found["accuracy"]["city"] - found["prior_accuracy"]["city"])
    assert fitted.facts["tested"] == "4 folds of whole groups: 100 photos, 25 groups, 5 regions held out"
    assert set(found["blends"]) == {"all", "ridge", "neighbours and head", "neighbours", "head"}


def test_log_probabilities_are_those_of_a_distribution_and_equal_photos_give_equal_ones(fitted, planted):
    features = planted(seed=1)[0]
    rows = fitted.log_probabilities(features)
    assert rows.shape == (100, len(fitted.partition)) and rows.dtype == np.float32
    assert np.exp(rows).sum(axis=1) == pytest.approx(1, abs=1e-4)
    assert fitted.log_probabilities(features[:0]).shape == (0, len(fitted.partition))
    again = fit(*planted())
    assert np.array_equal(again.log_probabilities(features), rows)


def test_similarity_is_high_for_the_known_and_low_for_the_unknown(fitted, planted):
    known = fitted.similarity(planted(seed=1)[0])
    strange = np.random.default_rng(5).normal(size=(50, 32)).astype(np.float32)
    strange /= np.linalg.norm(strange, axis=1, keepdims=True)
    assert known.min() > fitted.similarity(strange).max()
    assert fitted.similarity(planted()[0][:0]).shape == (0,)


def test_the_temperature_makes_what_is_too_sure_less_so(planted):
    features, latitude, longitude, groups = planted(200, noise=1.5)
    found = fit(features, latitude, longitude, groups).calibration
    assert found["temperature"] == found["readout_sharpness"] > 1
    assert found["expected_calibration_error"] < found["expected_calibration_error_before"]
    assert found["photos"] == 200


def test_copies_in_other_groups_are_counted_and_show_nothing():
    """Noise with places at random: only the copies of a photo tell its place, so the model must not be said to win."""
    random = np.random.default_rng(3)
    features = random.normal(size=(40, 64)).astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    where = np.stack([np.degrees(np.arcsin(random.uniform(-1, 1, 40))), random.uniform(-180, 180, 40)])
    assert fit(features, *where, np.arange(40)).facts["held_out_like_copies"] == 0
    twice = features + random.normal(0, 0.01, features.shape)  # a cosine of 0.997
    twice = np.concatenate([features, twice / np.linalg.norm(twice, axis=1, keepdims=True)])
    facts = fit(twice, *np.tile(where, 2), np.arange(80)).facts
    assert facts["validation"]["accuracy"]["city"] > 0.5
    assert 40 < facts["held_out_like_copies"] <= 80
    assert facts["against_prior"]["photos"] == 80 - facts["held_out_like_copies"]
    assert not facts["against_prior"]["beats"]
    four = np.concatenate([twice] * 4)
    found = fit(four, *np.tile(where, 8), np.arange(320) // 40).facts  # each photo is in each of the groups
    assert found["held_out_like_copies"] == 320
    assert prior.line(found["against_prior"]).endswith("for all: all held-out photos look like copies")


def test_groups_are_never_torn_apart():
    """Looks tell the group, and a group's place is by chance: a model that saw the others knows nothing."""
    random = np.random.default_rng(0)
    groups = np.repeat(np.arange(30), 5)
    features = random.normal(size=(30, 64))[groups] + random.normal(0, 0.1, (150, 64))
    features = (features / np.linalg.norm(features, axis=1, keepdims=True)).astype(np.float32)
    latitude, longitude = random.uniform(-60, 60, 30)[groups], random.uniform(-180, 180, 30)[groups]
    found = fit(features, latitude, longitude, groups)
    assert found.facts["validation"]["accuracy"]["region"] == 0
    apart = fit(features, latitude, longitude, np.arange(150))
    assert apart.facts["validation"]["accuracy"]["street"] > 0.95


def test_another_blend_is_chosen_only_when_it_is_better_beyond_doubt():
    units = tested.resampling.photos(200)
    usual = np.full(200, 300.0)
    assert tested._chosen({"all": usual, "head": usual - 1e-9}, units) == "head"  # every time, if by little
    by_luck = np.where(np.arange(200) < 2, 50.0, 300.1)  # worth more on average, for the sake of a few
    assert tested._worth(by_luck).mean() > tested._worth(usual).mean()
    assert tested._chosen({"all": usual, "head": by_luck}, units) == "all"
    assert tested._chosen({"all": usual, "head": usual / 10}, units) == "head"


def test_the_blend_may_be_given(planted):
    found = fit(*planted(), Settings(blend="head"))
    assert found.blend.name == "head" and set(found.facts["validation"]["blends"]) == {"head"}


def test_one_group_is_learned_from_and_not_tested(planted):
    features, latitude, longitude, _ = planted(20)
    found = fit(features, latitude, longitude, np.zeros(20, int))
    assert found.facts["tested"] == "not tested: all photos belong to one group"
    assert found.facts["validation"] is None and not found.facts["against_prior"]["beats"]
    assert found.calibration == {"temperature": 3.0, "readout_sharpness": 3.0}
    assert (km(found, features, latitude, longitude) < 25).all()


@pytest.mark.parametrize("count", [1, 2, 3, 10])
def test_few_photos(planted, count):
    features, latitude, longitude, _ = planted(count)
    found = fit(features, latitude, longitude, np.arange(count))
    assert np.isfinite(found.log_probabilities(features)).all() and np.isfinite(found.similarity(features)).all()
    assert (found.facts["validation"] is None) == (count == 1)


def test_one_place(planted):
    features, *_, groups = planted(40)
    found = fit(features, np.full(40, 48.86), np.full(40, 2.35), groups)
    assert len(found.partition) == 1 and found.log_probabilities(features) == pytest.approx(0)
    assert found.facts["validation"]["accuracy"]["street"] == 1 and not found.facts["against_prior"]["beats"]


def test_many_photos_are_tested_on_one_fold_and_a_sample(planted, monkeypatch):
    monkeypatch.setattr(tested, "ONE_FOLD", 99)
    monkeypatch.setattr(tested, "MOST_NUMBERS", 0)
    found = fit(*planted(200)).facts
    assert found["validation"]["photos"] == tested.AT_A_TIME
    assert found["tested"].startswith("1 fold of whole groups")


@pytest.mark.parametrize(("change", "error", "words"), [
    (lambda f: f * np.nan, TrainingError, "features that are not finite; use another encoder"),
    (lambda f: np.ones_like(f), TrainingError, "all 100 photos look the same to the encoder: give other photos"),
    (lambda f: f[:0], InputError, r"features \(0, 32\) of 100 latitudes"),
    (lambda f: f[:, 0], InputError, r"features \(100,\) of 100 latitudes"),
])  # fmt: skip
def test_features_that_teach_nothing(planted, change, error, words):
    features, *rest = planted()
    with pytest.raises(error, match=words):
        fit(change(features), *rest)


def test_no_photo():
    nothing = np.empty(0)
    with pytest.raises(TrainingError, match="no photo to train on"):
        fit(np.empty((0, 8), np.float32), nothing, nothing, np.empty(0, int))


def test_what_is_not_distinct_is_learned_all_the_same():
    """Half of the features constant, a photo that is all zeros, and two photos that are equal."""
    features = np.zeros((12, 8), np.float32)
    features[1:, 0] = 1
    features[6:, 1] = 1
    made = learned(features, np.linspace(0, 60, 12), np.zeros(12), np.arange(12), Settings())
    assert np.isfinite(made.log_probabilities(features)).all()
