"""A calibration is what an independent fit says, leaves honest answers alone, and is judged by photos it never saw."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize

from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.evaluation.recalibration import fitting, temperature
from photoplanet.evaluation.recalibration.answers import Answers, Settings, Stated, shifted
from photoplanet.locate.correction import Correction, log_odds
from photoplanet.locate.credible_region import SPREAD, MassAround, descending
from photoplanet.locate.prediction import ABSTAIN_BELOW, Prediction
from photoplanet.models.calibration_facts import KNOTS_KM

N = len(KNOTS_KM)


@pytest.fixture(scope="module")
def partition():
    random = np.random.default_rng(5)
    lat = np.concatenate([random.normal(48, 2, 300), random.uniform(-50, 60, 60)])
    lng = np.concatenate([random.normal(5, 3, 300), random.uniform(-180, 180, 60)])
    return Partition.uniform(lat, lng, level=5, min_photos=1)


def drawn(partition, n=400, heat=1.0, seed=0, unknown=None, groups=40):
    """Answers whose truths are drawn from their own distributions at temperature `heat`, spread within the cells."""
    random = np.random.default_rng(seed)
    logits = random.normal(size=(n, len(partition))) * 3
    truth = [random.choice(len(partition), p=np.exp(row) / np.exp(row).sum()) for row in logits / heat]
    rows = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    made = [Prediction(row, partition, unknown=unknown) for row in rows.astype(np.float32)]
    sizes, parts = np.array(SPREAD).T
    side = np.sqrt(partition.areas_km2[truth] / np.pi) * sizes[random.choice(len(sizes), n, p=parts)]
    away, way = side * np.sqrt(random.random(n)), random.random(n) * 2 * np.pi
    lat, lng = partition.means[truth].T
    degrees = np.degrees(away / geodesy.EARTH_RADIUS_KM)
    places = np.stack([lat + degrees * np.sin(way), lng + degrees * np.cos(way) / np.cos(np.radians(lat))], axis=1)
    return Answers(made, places, np.arange(n) % groups)


def folds_of(answers):
    return answers.groups % 5


def test_near_masses_are_the_masses_around_the_truths(partition):
    answers = drawn(partition, 30)
    places = answers.places + np.random.default_rng(1).normal(size=answers.places.shape)
    labels = partition.assign(*places.T)
    found = temperature.near_masses(answers.log_probabilities, places, labels, partition)
    for k in (0, 20, 24, 40):
        rows = np.exp(answers.log_probabilities.astype(float) / temperature.GRID[k])
        rows /= rows.sum(axis=1, keepdims=True)
        expected = MassAround(places, rows, partition, descending(rows)).within(200.0)
        near = ~np.isnan(found[:, k]) & (expected > 1e-4)
        assert near.sum() > 15
        assert np.exp(found[near, k]) == pytest.approx(expected[near], abs=2e-4)


def test_a_place_far_from_every_cell_has_no_near_mass_and_a_label_always_has(partition):
    rows = np.log(np.full((2, len(partition)), 1 / len(partition), np.float32))
    found = temperature.near_masses(rows, [[-89.0, 0.0], [-89.0, 0.0]], np.array([-1, 3]), partition)
    assert np.isnan(found[0]).all() and np.isfinite(found[1]).all()


@pytest.mark.parametrize("heat", [0.4, 1.0, 2.5])
def test_the_temperature_at_which_truths_were_drawn_is_found(partition, heat):
    answers = drawn(partition, 300, heat)
    assert temperature.best(answers.near) == pytest.approx(heat, rel=0.25)


@pytest.mark.parametrize("prior", [1.0, 20.0])
def test_a_correction_is_the_penalised_maximum_likelihood(prior):
    random = np.random.default_rng(2)
    mass = random.beta(0.5, 0.5, (300, N))
    right = random.random((300, N)) < 1 / (1 + np.exp(-(0.7 * log_odds(mass) - 0.5)))
    found = fitting.correction(mass, right, prior)
    for k in (0, 7, 15):
        odds = log_odds(mass[:, k])

        def loss(weights, odds=odds, hits=right[:, k]):
            each = weights[0] + weights[1] * odds
            penalty = prior / 2 * (weights[0] ** 2 + (weights[1] - 1) ** 2)
            return np.logaddexp(0, np.where(hits, -each, each)).sum() + penalty

        expected = optimize.minimize(loss, [0.0, 1.0], method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-9}).x
        assert (found.shift[k], found.slope[k]) == pytest.approx(tuple(expected), abs=1e-3)


def test_where_all_is_right_or_wrong_a_correction_is_finite_and_bounded():
    mass = np.tile(np.linspace(0, 1, 60)[:, None], (1, N))
    for right in (np.ones((60, N), bool), np.zeros((60, N), bool)):
        found = fitting.correction(mass, right, 1.0)
        assert np.isfinite(found.shift).all() and min(found.slope) >= 0.01 and max(found.slope) <= 20


@pytest.mark.parametrize("seed", [0, 1])
def test_honest_answers_are_left_alone_or_nearly(partition, seed):
    answers = drawn(partition, seed=seed)
    found = fitting.fit(answers, folds_of(answers))
    stated = answers.stated(answers.restated(found)).confidence
    before = answers.stated(answers.predictions).confidence
    assert 0.8 < found.temperature < 1.25
    assert np.abs(stated - before).mean() < 0.05


@pytest.mark.parametrize("heat", [0.4, 3.0])
def test_after_it_stated_is_right_on_photos_left_out_and_the_points_stay(partition, heat):
    answers = drawn(partition, 500, heat)
    before = answers.stated(answers.predictions)
    after, fitted = fitting.cross_fitted(answers, folds_of(answers))
    right = before.km[:, None] <= np.array(list(geodesy.RADII_KM.values()))
    assert np.abs(before.confidence.mean(axis=0) - right.mean(axis=0))[2:].max() > 0.1
    assert np.abs(after.confidence.mean(axis=0) - right.mean(axis=0)).max() < 0.04
    assert 0.87 < (after.km <= after.radius).mean() < 0.96  # sharp ones hold more, for their best cell alone does
    assert after.km == pytest.approx(before.km, abs=1e-6)
    assert fitting.surely_better(before, after, answers.groups)
    assert len(fitted) == 5 and all(each.abstain_below in (None, ABSTAIN_BELOW) for each in fitted)


def test_what_is_stated_of_a_fold_does_not_depend_on_its_truths(partition):
    answers, folds = drawn(partition, 200, 3.0), np.arange(200) % 5
    moved = answers.places.copy()
    moved[folds == 2] = partition.means[0]
    other = replace(answers, places=moved, _tried={})
    one, two = fitting.cross_fitted(answers, folds), fitting.cross_fitted(other, folds)
    assert one[1][2] == two[1][2] and one[1][0] != two[1][0]
    assert np.array_equal(one[0].confidence[folds == 2], two[0].confidence[folds == 2])
    assert np.array_equal(one[0].radius[folds == 2], two[0].radius[folds == 2])


def test_a_correction_that_a_model_has_is_where_a_new_one_starts(partition):
    answers = drawn(partition, 400, 3.0)
    first = fitting.fit(answers, folds_of(answers))
    again = replace(answers, predictions=answers.restated(first), _tried={})
    again.__dict__.pop("log_probabilities", None)
    second = fitting.fit(again, folds_of(again))
    assert first.correction is not None or first.temperature != 1
    before, after = (again.stated(each).confidence for each in (again.predictions, again.restated(second)))
    assert np.abs(before - after).mean() < 0.05  # no second cure for what is cured


def test_unknowns_bias_is_the_prior_shift_and_needs_enough_of_both_kinds(partition):
    random = np.random.default_rng(3)
    odds = random.normal(0, 2, 2000)
    outside = random.random(2000) < 1 / (1 + np.exp(-(odds - 1.5)))
    unknown = 1 / (1 + np.exp(-odds))
    assert fitting.fit_bias(unknown, outside, np.arange(2000) // 10) == pytest.approx(-1.5, abs=0.2)
    few = np.zeros(2000, bool)
    few[:9] = True
    assert fitting.fit_bias(unknown, few, np.arange(2000)) == 0
    assert fitting.fit_bias(unknown, ~few, np.arange(2000)) == 0
    honest = random.random(2000) < unknown
    assert fitting.fit_bias(unknown, honest, np.arange(2000)) == pytest.approx(0, abs=0.15)


def test_a_model_that_knows_unknown_fits_its_correction_to_known_photos_alone(partition):
    answers = drawn(partition, 300, 2.0, unknown=0.2)
    away = answers.places.copy()
    away[:60] = (-89.0, 0.0)
    mixed = replace(answers, places=away, _tried={})
    found = fitting.fit(mixed, folds_of(mixed))
    known = fitting.fit(replace(answers, _tried={}), folds_of(answers), np.arange(300) >= 60)
    assert (~mixed.covered).sum() == 60 and found.correction == known.correction
    assert found.bias == pytest.approx(0.0, abs=0.1)  # a fifth is outside, and 0.2 was said
    where = mixed.restated(Settings(bias=1.0))[0]
    assert where.unknown == pytest.approx(shifted(0.2, 1.0)) and where.unknown > 0.2


def test_settings_change_what_is_stated_and_not_where():
    part = Partition.uniform([48.85, -33.9], [2.3, 151.2], level=8, min_photos=1)
    answers = Answers([Prediction(np.array([0.7, 0.3], np.float32), part)], np.array([[48.85, 2.3]]), np.array([0]))
    less_sure = Correction((0.0,) * N, (0.5,) * N)
    [where] = answers.restated(Settings(temperature=2.0, correction=less_sure, abstain_below=0.6))
    assert where.point == answers.predictions[0].point and where.sharpness == 2.0
    assert where.probabilities == pytest.approx([0.6044, 0.3956], abs=1e-3)
    assert where.correction == less_sure and where.abstain_below == 0.6


def test_better_means_by_more_than_the_standard_error_over_groups():
    def stated(km, confidence):
        n = len(km)
        return Stated(np.repeat(confidence[:, None], 5, axis=1), np.ones(n), np.zeros(n, bool), km)

    # Twenty groups, right in all; in eleven the second states more, in nine less: a gain, and no more than chance.
    km, low, high = np.zeros(40), np.full(40, 0.5), np.where(np.arange(40) % 20 < 11, 0.7, 0.36)
    before, after = stated(km, low), stated(km, high)
    gains = fitting.log_loss(low, km == 0) - fitting.log_loss(high, km == 0)
    assert gains.sum() > 0 and not fitting.surely_better(before, after, np.arange(40) % 20)
    assert fitting.surely_better(before, stated(km, np.full(40, 0.6)), np.arange(40) % 20)
    # Of one group nothing can be said, and forty photos that go together are not forty witnesses.
    assert not fitting.surely_better(before, stated(km, np.full(40, 0.6)), np.zeros(40, int))
    mixed = stated(km, np.where(np.arange(40) < 26, 0.7, 0.36))
    assert fitting.surely_better(before, mixed, np.arange(40))
    assert not fitting.surely_better(before, mixed, np.arange(40) // 20)
