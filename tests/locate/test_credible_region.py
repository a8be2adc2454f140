import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from photoplanet.earth import cells, geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.locate import credible_region


def test_overlap_of_discs_agrees_with_counting_points():
    random = np.random.default_rng(0)
    angle, away = random.uniform(0, 2 * np.pi, 200_000), np.sqrt(random.uniform(0, 1, 200_000))
    x, y = away * np.cos(angle), away * np.sin(angle)
    for distance, radius, km in [(0, 1, 3), (0, 3, 1), (2, 1, 2), (2, 3, 1.5), (5, 1, 4.5), (5, 1, 1), (1, 1, 1)]:
        counted = (np.hypot(x * radius + distance, y * radius) <= km).mean()
        assert credible_region.overlap(np.array([distance]), np.array([radius]), km)[0] == pytest.approx(
            counted, abs=0.005
        )


@pytest.mark.filterwarnings("error")
@settings(max_examples=200, deadline=None)
@given(st.floats(0, 2e4), st.floats(1e-6, 1e4), st.floats(0, 1))
def test_a_disc_within_the_other_covers_its_share_of_it(distance, radius, part):
    """The smaller disc inside the larger one, both ways round, down to a point."""
    larger = (distance + radius) * 1.001
    assert credible_region.overlap(np.array([distance]), np.array([radius]), larger)[0] == 1
    share = credible_region.overlap(np.array([distance]), np.array([larger]), part * radius)[0]
    assert share == pytest.approx((part * radius / larger) ** 2, abs=1e-9)


@settings(max_examples=200, deadline=None)
@example(9077.5, 2.0, 9079.0, 1e-5)
@given(st.floats(0, 2e4), st.floats(1e-6, 1e4), st.floats(0, 2e4), st.floats(0, 1e4))
def test_overlap_is_a_share_and_grows_with_the_radius(distance, radius, km, more):
    less, greater = (
        float(credible_region.overlap(np.array([distance]), np.array([radius]), each)[0]) for each in (km, km + more)
    )
    assert 0 <= less <= greater + 1e-6 <= 1 + 2e-6


def test_the_spread_in_a_cell_is_a_distribution():
    assert sum(share for _, share in credible_region.SPREAD) == pytest.approx(1)


@pytest.fixture
def around():
    """A function: mass around 0°N 0°E for cells of a level at given longitudes on the equator."""

    def build(lngs, masses, level=12):
        lngs = np.array(lngs, float)
        partition = Partition.uniform(np.full(len(lngs), 1e-4), lngs, level=level, min_photos=1)
        row = np.zeros(len(partition), np.float32)
        row[partition.assign(np.full(len(lngs), 1e-4), lngs)] = masses
        return credible_region.MassAround(np.zeros((1, 2)), row[None], partition, np.argsort(-row)[None])

    return build


def test_small_cells_count_by_their_distance(around):
    mass = around([0.001, 1.0, 10.0, 100.0], [0.4, 0.3, 0.2, 0.1])  # 1° is 111.19 km
    assert [mass.within(km) for km in (50, 150, 1500, 20100)] == pytest.approx([0.4, 0.7, 0.9, 1.0], abs=2e-4)
    assert mass.radius(0.39) < 10
    assert mass.radius(0.7) == pytest.approx(111.2, abs=6)
    assert mass.radius(0.9) == pytest.approx(1112, abs=6)


def test_a_large_cell_counts_little_by_little(around):
    mass = around([0.001], [1.0], level=4)
    shares = [mass.within(km) for km in (1, 25, 100, 200, 400)]
    assert shares == sorted(shares)
    assert shares[0] < 0.001 and shares[1] < 0.2 and 0.3 < shares[2] < 0.9 and shares[-1] == pytest.approx(1, abs=1e-3)


def test_radius_and_mass_are_inverse(around):
    mass = around([0.001, 1.0, 10.0, 100.0], [0.4, 0.3, 0.2, 0.1], level=7)
    for share in (0.1, 0.4, 0.5, 0.75, 0.9):
        assert mass.within(mass.radius(share)) >= share - 1e-6
        assert mass.within(0.99 * mass.radius(share)) < share


def test_a_radius_that_no_kept_mass_fills_is_that_of_all(around):
    mass = around([0.001, 170.0], [0.5, 0.5])
    assert mass.radius(1.0) == pytest.approx(170 * 111.19, rel=0.01)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 12), st.floats(0.01, 1), st.lists(st.floats(0.1, 21_000), max_size=6))
def test_what_is_known_of_a_radius_changes_nothing(seed, sharpness, share, known):
    random = np.random.default_rng(seed)
    partition = Partition.uniform(random.uniform(-60, 60, 200), random.uniform(-180, 180, 200), level=5, min_photos=1)
    rows = np.exp(sharpness * random.normal(size=(4, len(partition)))).astype(np.float32)
    rows /= rows.sum(axis=1, keepdims=True)
    points = np.column_stack([random.uniform(-60, 60, 4), random.uniform(-180, 180, 4)])
    mass = credible_region.MassAround(points, rows, partition, credible_region.descending(rows))
    assert (mass.radius(share, {km: mass.within(km) for km in known}) == mass.radius(share)).all()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 12), st.floats(0.01, 1))
def test_counts_of_many_are_the_least_that_hold_the_share(seed, sharpness, share):
    random = np.random.default_rng(seed)
    rows = np.exp(sharpness * random.normal(size=(5, 300))).astype(np.float32)
    rows /= rows.sum(axis=1, keepdims=True)
    orders = credible_region.descending(rows)
    for row, order, count in zip(
        rows.astype(np.float64), orders, credible_region.counts(rows, orders, share), strict=True
    ):
        assert row[order[:count]].sum() >= share * row.sum() * (1 - 2e-6)
        assert row[order[: count - 1]].sum() < share * row.sum()
        assert (credible_region.smallest(row, order, share) == order[:count]).all()


def test_the_smallest_set_holds_the_share():
    row = np.array([0.1, 0.5, 0.15, 0.25], np.float32)
    order = np.argsort(-row)
    assert credible_region.smallest(row, order, 0.5).tolist() == [1]
    assert credible_region.smallest(row, order, 0.51).tolist() == [1, 3]
    assert credible_region.smallest(row, order, 1.0).tolist() == [1, 3, 2, 0]


def test_a_point_at_the_other_end_of_the_earth_sees_all_mass_within_half_a_turn():
    partition = Partition.from_cells(cells.from_latlng(np.array([0.0]), np.array([179.9]), level=5))
    mass = credible_region.MassAround(np.zeros((1, 2)), np.ones((1, 1), np.float32), partition, np.zeros((1, 1), int))
    assert mass.within(credible_region.HALF_CIRCUMFERENCE_KM + 1000) == pytest.approx(1)
    assert mass.radius(0.9) <= geodesy.EARTH_RADIUS_KM * np.pi + 1e-6


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_classes_fall_by_probability_and_equal_ones_keep_their_order(kind):
    random = np.random.default_rng(0)
    rows = random.choice([0.0, -0.0, 1e-45, 1e-30, 0.25, 0.5, 1.0], (20, 300)).astype(kind)
    rows[:5] = random.random((5, 300))
    assert (credible_region.descending(rows) == np.argsort(-rows, axis=1, kind="stable")).all()
    assert credible_region.descending(rows[0]).dtype == np.int32 and credible_region.descending(rows[0]).shape == (300,)
