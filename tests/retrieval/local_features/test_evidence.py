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


def value(places, matched=None, seen=None):
    """The evidence of places that agree with themselves, as in one plane, or with where they are `seen`."""
    shown = photo(places)
    pairs = np.tile(np.arange(len(places)), (2, 1)).T.astype(np.int32)
    other = shown if seen is None else photo(seen)
    return evidence.weigh(shown, other, pairs, len(pairs), matched or len(pairs)).value


def grid(side, count=6):
    return np.array([(x, y) for x in np.linspace(0, side, count) for y in np.linspace(0, side, count)])


def in_depth(places):
    """The same places from elsewhere, at two depths by turns: no one plane holds more than half of them."""
    return places + np.outer(np.arange(len(places)) % 2, (25, 0))


def test_two_details_of_a_square_count():
    squares = [(100 * column + 50, 100 * row + 50) for column in range(10) for row in (0, 4, 8)]
    crowded = np.array([(x + dx, y) for x, y in squares for dx in range(5)])
    assert value(crowded) == 60.0 and value(np.array(squares)) == 30.0


def test_one_plane_within_a_fifth_of_the_photo_counts_in_proportion():
    side = 1200 * 0.1**0.5  # half of a fifth
    assert value(grid(side)) == pytest.approx(min(36, 2 * 16) * 0.5, rel=0.01)
    assert value(grid(side), seen=in_depth(grid(side))) > 30  # several planes
    assert value(grid(1200 * 0.21**0.5)) == 36  # a façade


def test_several_planes_within_a_twentieth_of_the_photo_count_in_proportion():
    side = 1200 * 0.025**0.5  # half of a twentieth
    assert value(grid(side), seen=in_depth(grid(side))) == pytest.approx(2 * 4 * 0.5, rel=0.01)


def test_less_than_30_per_cent_of_the_matches_count_in_proportion():
    places = np.array([(100 * column + 50, 200 * row + 50) for column in range(6) for row in range(5)])
    assert [value(places, matched) for matched in (30, 100, 200)] == pytest.approx([30, 30, 15])


@pytest.mark.parametrize(("away", "moves"), [(59, True), (61, False)])
def test_what_lies_within_5_per_cent_of_three_movable_details_has_moved_too(away, moves):
    shown = photo(np.array([[500, 500], [500, 501], [500, 502], [500 + away, 501]]))
    assert movable.grown(shown, np.array([1, 1, 1, 0], bool), np.array([3])).tolist() == [moves]
    assert movable.grown(shown, np.array([1, 1, 0, 0], bool), np.array([3, 1])).tolist() == [False, True]


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
    bins = np.argsort(np.argsort(-values)) // chances.BIN  # from the top; what is left joins the last
    bins[bins == bins.max()] -= bool(len(values) % chances.BIN)
    share = np.array([right[bins == each].mean() for each in np.unique(bins)])[::-1]
    theirs = IsotonicRegression().fit_transform(np.arange(len(share)), share)[::-1][bins]
    ours = [next(level for level in reversed(found.levels) if level.value <= each) for each in values]
    away = np.abs([each.right / each.total for each in ours] - theirs)  # ours are joined on where the prior says so
    assert away.mean() < 0.04 and np.median(away) < 0.03


@pytest.mark.parametrize(
    ("right", "count", "trusted"), [(19, 20, False), (20, 20, True), (97, 100, True), (93, 100, False)]
)
def test_19_of_20_have_to_be_right_also_among_those_left_out(right, count, trusted):
    found = chances.measure([40.0] * count, [True] * right + [False] * (count - right))
    assert (found.of(40.0).share >= chances.TRUSTED) == trusted == (found.trusted is not None)
    if trusted:
        assert found.of(40.0)[1:] == (right, count) == found.trusted[1:]


def test_what_had_no_part_in_the_choice_says_how_often_it_is_right():
    """All wrong matches of much evidence are of one day: what the other days say of them is wrong."""
    values, right = [40.0] * 60 + [60.0] * 8, [True] * 60 + [False] * 8
    days = [row % 6 for row in range(60)] + [9] * 8
    assert chances.measure(values, right, days).trusted is None
    assert chances.measure(values[:60], right[:60], days[:60]).trusted == (1.0, 60, 60)


def test_chance_is_not_taken_for_knowledge():
    """Evidence that says nothing, four of five right: some of it looks sure, and next to none is trusted."""
    rng, trusted = np.random.default_rng(7), []
    for _ in range(100):
        values = rng.uniform(8, 100, 60)
        found = chances.measure(values, rng.random(60) < 0.8)
        trusted.append(np.mean([found.of(each).share >= chances.TRUSTED for each in values]))
    assert np.mean(trusted) <= 0.05


def test_fewer_than_20_are_too_few_and_the_rule_of_thumb_decides():
    found = chances.measure([10.0] * 19, [True] * 19)
    assert found.levels == () and found.of(59.9).share < chances.TRUSTED <= found.of(60.0).share
    assert chances.measure([10.0] * 80, [True] * 80).of(10.0).share > chances.TRUSTED  # measured: it needs less


def test_what_only_most_of_all_evidence_proves_is_trusted_too():
    found = chances.measure([90.0] * 30 + [200.0] * 30, [False] * 30 + [True] * 30)
    assert found.of(200.0).share >= chances.TRUSTED > found.of(90.0).share
    assert found.trusted == (1.0, 30, 30)


def test_less_than_8_is_never_trusted():
    found = chances.measure([7.0] * 300, [True] * 300)
    assert found.of(7.9).share < chances.TRUSTED <= found.of(8.0).share


@pytest.mark.parametrize("facts", [
    {"levels": None}, {"count": None}, {"count": -1}, {"levels": [[1, 2, 1]]}, {"levels": [[5, 1, 1], [4, 1, 1]]},
    {"levels": [[float("nan"), 0, 1]]}, {"levels": [[1, 0, 0]]}, {"levels": [[0, 0, 1]] * 1001}, {"bar": 0.5},
    {"bar": float("nan")}, {"held_out": [2, 1]}, {"held_out": [1, 2]}, {"held_out": 1},
])  # fmt: skip
def test_damaged_chances_are_refused(facts):
    good = {"count": 1, "levels": [[1, 1, 1]], "bar": 0.95, "held_out": [1, 1]}
    assert chances.from_dict(good).to_dict() == good
    for damaged in (None, {}, good | facts):
        with pytest.raises(InputError, match="damaged"):
            chances.from_dict(damaged)
