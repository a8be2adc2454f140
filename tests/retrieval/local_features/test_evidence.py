"""Evidence and chances: pinned rules, and properties that hold for whatever is counted."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from photoplanet.errors import InputError
from photoplanet.retrieval.local_features import chances, evidence, movable
from photoplanet.retrieval.local_features.root_sift import Features

COUNTED = st.lists(st.tuples(st.floats(0, 200, allow_nan=False), st.booleans()), max_size=150)


def photo(places):
    points = np.column_stack([places, np.full(len(places), 4.0), np.zeros(len(places))]).astype(np.float32)
    return Features(points, np.zeros((len(places), 128), np.uint8), 1200, 1200)


def value(places, matched=None):
    shown, still = photo(places), np.zeros(len(places), bool)
    pairs = np.tile(np.arange(len(places)), (2, 1)).T.astype(np.int32)
    return evidence.weigh(shown, shown, pairs, matched or len(pairs), (still, still)).value


def test_two_details_of_a_square_count():
    squares = [(100 * column + 50, 100 * row + 50) for column in range(10) for row in (0, 4, 8)]
    crowded = np.array([(x + dx, y) for x, y in squares for dx in range(5)])
    assert value(crowded) == 60.0 and value(np.array(squares)) == 30.0


def test_what_agrees_within_a_twentieth_of_the_photo_counts_in_proportion():
    side = 1200 * 0.025**0.5  # half of a twentieth
    places = np.array([(x, y) for x in np.linspace(0, side, 6) for y in np.linspace(0, side, 6)])
    squares = 4  # the corner squares of 100 pixels that it reaches into
    assert value(places) == pytest.approx(2 * squares * 0.5, rel=0.01)


def test_less_than_30_per_cent_of_the_matches_count_in_proportion():
    places = np.array([(100 * column + 50, 100 * row + 50) for column in range(6) for row in range(5)])
    assert [value(places, matched) for matched in (30, 100, 200)] == pytest.approx([30, 30, 15])


@pytest.mark.parametrize(("away", "moves"), [(59, True), (61, False)])
def test_what_lies_within_5_per_cent_of_three_movable_details_has_moved_too(away, moves):
    shown = photo(np.array([[500, 500], [500, 501], [500, 502], [500 + away, 501]]))
    assert movable.grown(shown, np.array([1, 1, 1, 0], bool))[3] == moves
    assert not movable.grown(shown, np.array([1, 1, 0, 0], bool))[3]


@given(COUNTED)
def test_the_chance_never_falls_as_the_evidence_rises(counted):
    found = chances.measure([each for each, _ in counted], [right for _, right in counted])
    shares = [found.of(each).share for each in np.linspace(0, 220, 45)]
    assert all(low <= high + 1e-12 for low, high in pairwise(shares))
    assert all(0 <= share < 1 for share in shares) and found.count == len(counted)
    assert chances.from_dict(found.to_dict()) == found
    if found.levels:
        assert sum(level.total for level in found.levels) == len(counted)
        assert sum(level.right for level in found.levels) == sum(right for _, right in counted)


def test_levels_agree_with_isotonic_regression_of_another_author():
    rng = np.random.default_rng(4)
    values = rng.permutation(np.arange(20 * 40) / 4.0)
    right = rng.random(800) < np.clip(values / 150, 0.05, 0.98)
    found = chances.measure(values, right)
    bins = np.argsort(np.argsort(values)) // 5
    share = np.array([right[bins == each].mean() for each in range(160)])
    theirs = IsotonicRegression().fit_transform(np.arange(160), share)
    ours = [found.of(each * 1.25 + 0.5) for each in range(160)]
    away = np.abs([each.right / each.total for each in ours] - theirs)  # ours lean to the rule of thumb
    assert away.mean() < 0.04 and np.median(away) < 0.03


@pytest.mark.parametrize(("right", "trusted"), [(18, False), (19, True), (20, True)])
def test_19_of_20_are_trusted_where_the_rule_of_thumb_is_sure_too(right, trusted):
    found = chances.measure([40.0] * 20, [True] * right + [False] * (20 - right))
    assert (found.of(40.0).share >= chances.TRUSTED) == trusted
    assert (found.of(40.0).right, found.of(40.0).total) == (right, 20)


def test_fewer_than_20_are_too_few_and_the_rule_of_thumb_decides():
    found = chances.measure([10.0] * 19, [True] * 19)
    assert found.levels == () and found.of(29.9).share < chances.TRUSTED <= found.of(30.0).share
    assert chances.measure([10.0] * 80, [True] * 80).of(10.0).share > chances.TRUSTED  # measured: it needs less


@pytest.mark.parametrize("facts", [
    None, {}, {"count": 1}, {"count": -1, "levels": []}, {"count": 1, "levels": [[1, 2, 1]]},
    {"count": 1, "levels": [[5, 1, 1], [4, 1, 1]]}, {"count": 1, "levels": [[float("nan"), 0, 1]]},
    {"count": 1, "levels": [[1, 0, 0]]}, {"count": 1, "levels": [[0, 0, 1]] * 1001},
])  # fmt: skip
def test_damaged_chances_are_refused(facts):
    with pytest.raises(InputError, match="damaged"):
        chances.from_dict(facts)
