import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.errors import InputError
from photoplanet.evaluation import accuracy
from photoplanet.evaluation.game import bootstrap, game

KM = st.floats(0, 20_000)
PAIRS = st.lists(st.tuples(KM, KM, st.integers(0, 5)), min_size=1, max_size=60)


def test_the_papers_fifty_photos():
    """Distances made to the paper's counts: what is printed of them is what the paper prints."""
    person = [190] * 2 + [700] * 9 + [2320] * 14 + [2321.5] + [9000] * 24
    model = [150] * 4 + [700] * 13 + [1100] * 8 + [1163.4] + [2000] * 6 + [9500] * 18
    assert len(person) == len(model) == 50
    turned = person[22:] + person[:22]  # the model is nearer for 28 of the 50
    found = game.compare(turned, model, np.repeat(range(10), 5))
    assert (found["rounds"], found["photos"]) == (10, 50)
    assert found["person"]["within"] == game.PAPER["person"]["within"]
    assert found["model"]["within"] == game.PAPER["model"]["within"]
    assert found["person"]["median_km"] == pytest.approx(2320.75)
    assert found["model"]["median_km"] == pytest.approx(1131.7)
    shown = game.text(found)
    assert "| median error, km | 2,320 [" in shown and "| 2,320.75 | 1,131.7 |" in shown
    assert "photos within 750 km (country) | 11 (22.0 % [" in shown


def test_the_ratios_that_the_paper_prints_are_those_of_its_counts():
    within = {side: game.PAPER[side]["within"] for side in game.SIDES}
    ratio = {
        radius: within["model"][radius] / within["person"][radius] for radius in ("region", "country", "continent")
    }
    assert ratio["region"] == 2 and math.isclose(ratio["country"], 1.54, abs_tol=0.006)
    assert math.isclose(ratio["continent"], 1.23, abs_tol=0.005)


def test_a_round_worked_by_hand():
    """Two rounds: the person is nearer thrice in each, but one far miss of the model's gives nothing back in points."""
    person = [10, 10, 10, 3000, 3000, 100, 100, 100, 9000, 9000]
    model = [20, 20, 20, 100, 100, 101, 101, 101, 8999, 9000]
    found = game.compare(person, model, ["a"] * 5 + ["b"] * 5)
    assert {key: found["photos_won"][key] for key in (*game.SIDES, "tie")} == {"person": 6, "model": 3, "tie": 1}
    assert {key: found["rounds_won"][key] for key in (*game.SIDES, "tie")} == {"person": 1, "model": 1, "tie": 0}
    points = 5000 * np.exp(-np.array(person) / 1492.7)
    assert found["person"]["geoscore"] == pytest.approx(points.mean())


@settings(deadline=None)
@given(PAIRS)
def test_wins_by_brute_force(pairs):
    person, model, rounds = zip(*pairs, strict=True)
    found = game.compare(person, model, rounds, resamples=5)
    photos = Counter("person" if p < m else "model" if m < p else "tie" for p, m, _ in pairs)
    assert {key: found["photos_won"][key] for key in photos} == photos
    rounds_won = Counter()
    for name in set(rounds):
        own = [
            (round(5000 * math.exp(-p / 1492.7)), round(5000 * math.exp(-m / 1492.7))) for p, m, r in pairs if r == name
        ]
        lead = sum(p - m for p, m in own)
        rounds_won["person" if lead > 0 else "model" if lead < 0 else "tie"] += 1
    assert {key: found["rounds_won"][key] for key in rounds_won} == rounds_won
    assert sum(rounds_won.values()) == found["rounds"]


@settings(deadline=None)
@given(PAIRS)
def test_sides_are_treated_alike_and_order_plays_no_part(pairs):
    person, model, rounds = zip(*pairs, strict=True)
    found, swapped = game.compare(person, model, rounds, 50), game.compare(model, person, rounds, 50)
    assert found["person"] == swapped["model"] and found["model"] == swapped["person"]
    assert found["photos_won"]["person"] == swapped["photos_won"]["model"]
    back = game.compare(person[::-1], model[::-1], rounds[::-1], 50)
    for side in game.SIDES:
        assert back[side]["median_km"] == found[side]["median_km"] and back[side]["within"] == found[side]["within"]
        whole = accuracy.summary(person if side == "person" else model)
        assert found[side]["median_km"] == pytest.approx(whole["median_km"])
        assert (
            found[side]["geoscore"] == pytest.approx(whole["geoscore"]) and found[side]["accuracy"] == whole["accuracy"]
        )


@settings(deadline=None)
@given(PAIRS)
def test_intervals_hold_the_figures_or_are_absent(pairs):
    person, model, rounds = zip(*pairs, strict=True)
    found = game.compare(person, model, rounds, 400)["person"]
    if len(set(rounds)) < 2:
        assert found["median_km_interval"] is found["geoscore_interval"] is found["accuracy_interval"] is None
        return
    assert min(person) <= found["median_km_interval"][0] <= found["median_km_interval"][1] <= max(person)
    for radius, (low, high) in found["accuracy_interval"].items():
        assert 0 <= low <= high <= 1
        assert found["accuracy"][radius] > 0 or high > 0, "no hits are no proof that there never are any"


def test_medians_of_resamples_are_those_of_the_photos_written_out():
    random = np.random.default_rng(1)
    errors, number = random.uniform(0, 9000, 31), np.repeat(range(7), [5, 5, 5, 5, 5, 5, 1])
    drawn = np.concatenate(list(bootstrap.resampled(number, 250)))
    assert len(drawn) == 250 and (drawn[:, :30].reshape(250, 6, 5).std(axis=2) == 0).all(), "rounds come whole"
    assert (drawn[:, ::5].sum(axis=1) == 7).all()
    expected = [np.median(np.repeat(errors, times)) for times in drawn]
    assert bootstrap.medians(errors, drawn) == pytest.approx(expected)
    medians, scores, hits = bootstrap.figures(errors, number, 250)
    assert medians == pytest.approx(expected) and hits.shape == (250, 5)
    assert scores[3] == pytest.approx(accuracy.geoscore(np.repeat(errors, drawn[3])).mean())
    assert hits[3, 4] == pytest.approx((np.repeat(errors, drawn[3]) <= 2500).mean())


def test_intervals_are_over_rounds():
    """Photos of a round that err alike make an interval as wide as so many rounds, not so many photos, deserve."""
    random = np.random.default_rng(2)
    errors = random.uniform(0, 5000, 40)
    alone = game.compare(errors, errors, range(40))["person"]["geoscore_interval"]
    fivefold = game.compare(np.repeat(errors, 5), np.repeat(errors, 5), np.repeat(range(40), 5))["person"]
    width = np.diff(fivefold["geoscore_interval"])[0]
    assert width == pytest.approx(np.diff(alone)[0], rel=0.1)


@pytest.mark.parametrize(
    ("won", "lost", "p"), [(0, 0, 1), (1, 0, 1), (5, 5, 1), (5, 0, 2 / 32), (9, 1, 22 / 1024), (28, 22, 0.479887)]
)
def test_sign_test(won, lost, p):
    assert game.sign_test(won, lost) == pytest.approx(p, rel=1e-4) == game.sign_test(lost, won)


@settings(deadline=None)
@given(st.integers(0, 60), st.integers(0, 60))
def test_sign_test_is_the_sum_of_binomials(won, lost):
    n = won + lost
    tail = sum(math.comb(n, k) for k in range(max(won, lost), n + 1)) / 2**n
    assert game.sign_test(won, lost) == pytest.approx(min(1, 2 * tail))


def test_no_rounds_and_bad_distances():
    empty = game.compare([], [], [])
    assert empty["photos"] == 0 and empty["person"]["median_km"] is None
    assert "no round was finished" in game.text(empty)
    for bad in (-1, float("nan"), float("inf")):
        with pytest.raises(InputError, match="0 or more"):
            game.compare([bad], [1], ["a"])
    with pytest.raises(InputError, match="one each per photo"):
        game.compare([1, 2], [1], ["a", "a"])
