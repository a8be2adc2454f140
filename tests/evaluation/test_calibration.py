import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.errors import InputError
from photoplanet.evaluation import calibration
from photoplanet.evaluation.calibration import apply_temperature, expected_calibration_error, fit_temperature


def sampled(n, classes, seed, spread=2.0):
    """Log-probabilities and labels drawn from exactly those probabilities: perfectly calibrated by construction."""
    random = np.random.default_rng(seed)
    log_p = apply_temperature(random.normal(size=(n, classes)) * spread, 1)
    labels = (random.random((n, 1)) > np.exp(log_p).cumsum(axis=1)).sum(axis=1).clip(0, classes - 1)
    return log_p, labels


def slow_loss(log_p, labels, temperature):
    """Mean negative log-likelihood, one photo and one class at a time."""
    total, count = 0.0, 0
    for row, label in zip(log_p.tolist(), labels.tolist(), strict=True):
        if label < 0:
            continue
        scaled = [value / temperature for value in row]
        most = max(scaled)
        total -= scaled[label] - most - np.log(sum(np.exp(value - most) for value in scaled))
        count += 1
    return total / count


def slow_ece(confidence, correct, bins):
    """Guo et al. 2017, eq. 3, with a loop over bins that are open below and closed above."""
    error = 0.0
    for i in range(bins):
        low, high = i / bins, (i + 1) / bins
        inside = [(c, r) for c, r in zip(confidence, correct, strict=True) if low < c <= high or (i == 0 and c == 0)]
        if inside:
            gap = abs(np.mean([r for _, r in inside]) - np.mean([c for c, _ in inside]))
            error += len(inside) / len(confidence) * gap
    return error


@pytest.mark.parametrize("true", [0.2, 0.5, 1.0, 2.5, 8.0])
def test_a_known_temperature_is_recovered(true):
    log_p, labels = sampled(20_000, 12, seed=1)
    assert fit_temperature(log_p * true, labels) == pytest.approx(true, rel=0.04)


def test_the_fit_is_the_minimum_of_the_loss():
    log_p, labels = sampled(60, 5, seed=3)
    labels[::7] = -1
    best = fit_temperature(log_p * 1.7, labels)
    least = slow_loss(log_p * 1.7, labels, best)
    for other in np.geomspace(0.05, 20, 80):
        assert slow_loss(log_p * 1.7, labels, other) >= least - 1e-9


def test_float32_and_small_chunks_change_nothing(monkeypatch):
    log_p, labels = sampled(500, 9, seed=4)
    whole = fit_temperature(log_p, labels)
    monkeypatch.setattr(calibration, "CHUNK", 40)
    assert fit_temperature(log_p, labels) == pytest.approx(whole, rel=1e-9)
    assert fit_temperature(log_p.astype(np.float32), labels) == pytest.approx(whole, rel=1e-5)
    np.testing.assert_allclose(apply_temperature(log_p, 2), apply_temperature(log_p * 0.5, 1))


def test_the_temperature_stays_in_its_bounds():
    log_p, _ = sampled(50, 4, seed=5)
    assert fit_temperature(log_p, log_p.argmax(axis=1)) == calibration.LOWEST_TEMPERATURE
    assert fit_temperature(log_p, log_p.argmin(axis=1)) == calibration.HIGHEST_TEMPERATURE


def test_photos_outside_every_cell_do_not_count():
    log_p, labels = sampled(300, 6, seed=6)
    padded = np.vstack([log_p, log_p[:100]])
    assert fit_temperature(padded, np.r_[labels, np.full(100, -1)]) == fit_temperature(log_p, labels)


def test_a_class_with_probability_zero_does_not_break_the_fit():
    log_p, labels = sampled(200, 4, seed=7)
    log_p = np.column_stack([log_p, np.full(200, -np.inf)])
    assert 0.5 < fit_temperature(log_p, labels) < 2


@pytest.mark.parametrize(
    ("log_p", "labels", "message"),
    [
        (np.zeros((3, 2)), np.array([0, 1]), "give"),
        (np.zeros((2, 2)), np.array([0.0, 1.0]), "integers"),
        (np.zeros((2, 2)), np.array([-1, -1]), "no photo with a label"),
        (np.zeros((2, 2)), np.array([0, 2]), "label 2"),
        (np.array([[0.0, np.nan], [0, 0]]), np.array([0, 1]), "row 0"),
    ],
)
def test_bad_input_is_named(log_p, labels, message):
    with pytest.raises(InputError, match=message):
        fit_temperature(log_p, labels)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 1000), st.floats(0.05, 20))
def test_probabilities_still_sum_to_one_and_keep_their_order(seed, temperature):
    log_p, _ = sampled(5, 7, seed)
    warm = apply_temperature(log_p, temperature)
    np.testing.assert_allclose(np.exp(warm).sum(axis=1), 1)
    np.testing.assert_array_equal(warm.argmax(axis=1), log_p.argmax(axis=1))
    np.testing.assert_allclose(apply_temperature(log_p, 1), log_p, atol=1e-12)


def test_a_temperature_must_be_positive():
    for bad in (0, -1, float("nan"), float("inf")):
        with pytest.raises(InputError, match="positive"):
            apply_temperature(np.zeros((1, 2)), bad)


def test_a_perfectly_calibrated_model_has_a_small_error_and_an_overconfident_one_a_large():
    log_p, labels = sampled(30_000, 8, seed=8)
    correct = log_p.argmax(axis=1) == labels
    assert expected_calibration_error(np.exp(log_p.max(axis=1)), correct) < 0.015
    sharp = apply_temperature(log_p, 0.2)
    assert expected_calibration_error(np.exp(sharp.max(axis=1)), correct) > 0.15


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60), st.integers(1, 20))
def test_the_error_agrees_with_a_loop(pairs, bins):
    confidence, correct = (np.array(values) for values in zip(*pairs, strict=True))
    edges = np.linspace(0, 1, bins + 1)
    confidence = np.where(np.abs(confidence[:, None] - edges).min(axis=1) < 1e-9, 0.0, confidence)  # off the edges
    assert expected_calibration_error(confidence, correct, bins) == pytest.approx(
        slow_ece(confidence, correct, bins), abs=1e-12
    )


def test_the_reliability_table_counts_every_photo():
    table = calibration.reliability([0, 0.05, 0.95, 1.0], [False, True, True, True], bins=10)
    assert table["count"].tolist() == [2, 0, 0, 0, 0, 0, 0, 0, 0, 2]
    assert table["accuracy"][0] == 0.5
    assert np.isnan(table["accuracy"][5])
    assert expected_calibration_error([], []) == 0
    with pytest.raises(InputError, match="row 1"):
        calibration.reliability([0.5, 1.5], [True, False])
    with pytest.raises(InputError, match="one of each"):
        calibration.reliability([0.5], [True, False])
