"""The fit of a clock to readings whose UTC is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.albums.clocks import pieces
from photoplanet.albums.clocks.readings import DAY

RNG = np.random.default_rng


def readings(n, days, ahead, noise=1.0, seed=0):
    shown = np.sort(RNG(seed).uniform(0, days * DAY, n))
    return shown, np.full(n, ahead) + RNG(seed + 1).uniform(-noise, noise, n)


@given(st.integers(-12 * 3600, 14 * 3600), st.integers(3, 60), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_an_even_clock_is_one_piece_whose_interval_holds_it(ahead, n, seed):
    shown, offset = readings(n, 10, float(ahead), seed=seed)
    (piece,) = pieces.fitted(shown, offset)
    assert piece.low <= ahead <= piece.high and piece.high - piece.low < 10 and piece.count == n


@given(st.floats(-1e9, 1e9), st.floats(-1e8, 1e8))
@settings(max_examples=60, deadline=None)
def test_moving_the_readings_moves_the_clock_and_nothing_else(when, ahead):
    shown, offset = readings(20, 6, 0.0)
    (one,), (other,) = pieces.fitted(shown, offset), pieces.fitted(shown + when, offset + ahead)
    assert other.offset - ahead == pytest.approx(one.offset, abs=0.01) and one.count == other.count


def test_outliers_do_not_move_it_up_to_two_in_five():
    shown, offset = readings(50, 10, 7200.0)
    wrong = RNG(3).permutation(50)[:19]
    offset[wrong] += RNG(4).uniform(200, 9e5, 19)
    (piece,) = pieces.fitted(shown, offset)
    assert piece.offset == pytest.approx(7200, abs=2)
    assert pieces.fitted(shown, RNG(5).uniform(0, 1e6, 50)) == []


@pytest.mark.parametrize("drift", [0.5, -2.0, 8.0])
def test_the_interval_of_a_drift_holds_it(drift):
    held = 0
    for seed in range(20):
        shown, offset = readings(40, 20, 3600.0, seed=10 * seed)
        (piece,) = pieces.fitted(shown, offset + drift * shown / DAY)
        held += piece.drift_low <= drift <= piece.drift_high
        assert piece.at(np.array([0.0]))[0] == pytest.approx(3600, abs=2)
    assert held >= 17


def test_no_drift_is_claimed_of_noise_of_few_readings_or_of_a_short_time():
    for seed in range(40):
        assert pieces.fitted(*readings(40, 20, 0.0, seed=seed))[0].drift == 0
    shown, offset = readings(7, 20, 0.0)
    assert pieces.fitted(shown, offset + 2 * shown / DAY)[0].drift == 0
    shown, offset = readings(40, 1.9, 0.0)
    assert pieces.fitted(shown, offset + 2 * shown / DAY)[0].drift == 0


def test_a_clock_set_twice_has_three_pieces_and_the_nearest_counts_between():
    shown = np.arange(30) * DAY / 2
    offset = np.where(shown < 5 * DAY, 0.0, np.where(shown < 10 * DAY, 3600.0, 90.0))
    found = pieces.fitted(shown, offset)
    assert [piece.offset for piece in found] == [0, 3600, 90] and [piece.count for piece in found] == [10, 10, 10]
    at = np.array([-1, 2, 4.6, 4.9, 60]) * DAY
    assert pieces.ahead(found, at)[:4].tolist() == [0, 0, 0, 3600] and np.isnan(pieces.ahead(found, at)[4])
    assert pieces.between(found, at) == 2


def test_two_of_three_readings_win_and_one_of_two_does_not():
    shown = np.arange(3) * 100.0
    assert [piece.offset for piece in pieces.fitted(shown, np.array([60.0, 5000.0, 60.0]))] == [60]
    assert pieces.fitted(shown[:2], np.array([60.0, 5000.0])) == []
    assert pieces.fitted(np.zeros(0), np.zeros(0)) == []


def test_a_piece_is_believed_for_a_month():
    found = pieces.fitted(np.array([0.0]), np.array([60.0]))
    assert pieces.ahead(found, np.array([31.0, 31.1]) * DAY).tolist()[0] == 60
    assert np.isnan(pieces.ahead(found, np.array([31.1]) * DAY)).all()
