import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.earth import cells, geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError
from photoplanet.locate import point_estimates


def partition_at(*points):
    """Small cells, each with the mean of its photos at one of the points (to a millimetre)."""
    lat, lng = np.array(points, float).T
    return Partition.uniform(lat, lng, level=20, min_photos=1)


def masses(partition, *pairs):
    """One row of probabilities: (point, mass) pairs."""
    row = np.zeros((1, len(partition)), np.float32)
    for (lat, lng), mass in pairs:
        row[0, partition.assign(np.array([lat]), np.array([lng]))] = mass
    return row


SCALES_KM = (5, 25, 200, 750)  # docs/locate.md
LYON, NEAR_LYON, GRENOBLE, SYDNEY = (45.76, 4.84), (45.8, 4.9), (45.19, 5.73), (-33.87, 151.21)


def test_center_is_the_middle_of_the_likeliest_cell_and_mean_is_that_of_its_photos():
    lat, lng = np.array([48.86, 48.86, 48.80]), np.array([2.35, 2.35, 2.40])
    partition = Partition.uniform(lat, lng, level=4, min_photos=1)
    one = np.ones((1, 1), np.float32)
    assert np.allclose(np.ravel(point_estimates.center(one, partition)), np.ravel(cells.center(partition.ids)))
    assert np.allclose(np.ravel(point_estimates.mean(one, partition)), geodesy.mean(lat, lng))


def test_local_prefers_a_crowd_to_a_lonely_peak():
    partition = partition_at(LYON, NEAR_LYON, GRENOBLE, SYDNEY)
    row = masses(partition, (LYON, 0.25), (NEAR_LYON, 0.2), (GRENOBLE, 0.2), (SYDNEY, 0.35))
    assert partition.means[row.argmax()][0] == pytest.approx(-33.87, abs=1e-6)
    lat, lng = point_estimates.local(row, partition)
    assert geodesy.distance_km(lat[0], lng[0], *LYON) < 60


def test_local_with_all_mass_in_one_cell_is_that_cell():
    partition = partition_at(LYON, SYDNEY)
    lat, lng = point_estimates.local(masses(partition, (SYDNEY, 1.0)), partition)
    assert geodesy.distance_km(lat[0], lng[0], *SYDNEY) < 0.01


def test_local_between_two_equal_neighbours_is_their_middle():
    partition = partition_at(LYON, NEAR_LYON)
    lat, lng = point_estimates.local(masses(partition, (LYON, 0.5), (NEAR_LYON, 0.5)), partition)
    middle = geodesy.mean(*np.transpose([LYON, NEAR_LYON]))
    assert geodesy.distance_km(lat[0], lng[0], *middle) < 0.05


@pytest.mark.parametrize("points", [[(10.0, 179.9), (10.0, -179.9)], [(89.9, 0.0), (89.9, 180.0)]])
def test_local_averages_across_the_antimeridian_and_the_pole(points):
    partition = partition_at(*points)
    lat, lng = point_estimates.local(masses(partition, *[(point, 0.5) for point in points]), partition)
    assert geodesy.distance_km(lat[0], lng[0], *points[0]) < 23


def test_local_is_what_the_formula_says():
    random = np.random.default_rng(3)
    points = np.column_stack([random.uniform(44, 50, 60), random.uniform(0, 8, 60)])
    partition = Partition.uniform(points[:, 0], points[:, 1], level=14, min_photos=1)
    rows = random.dirichlet(np.full(len(partition), 0.2), size=70).astype(np.float32)
    lat, lng = point_estimates.local(rows, partition)
    means = partition.means
    away = geodesy.distance_km(means[:, None, 0], means[:, None, 1], means[None, :, 0], means[None, :, 1])
    for row, here in zip(rows.astype(np.float64), np.column_stack([lat, lng]), strict=True):
        weights = np.exp(-(away**2) / (2 * 150.0**2)) * row
        summit = weights.sum(axis=1).argmax()
        expected = geodesy.mean(means[:, 0], means[:, 1], weights[summit])
        assert geodesy.distance_km(*here, *expected) < 0.5


def test_expected_is_the_guess_worth_most_by_the_formula():
    random = np.random.default_rng(4)
    points = np.column_stack([random.uniform(44, 50, 60), random.uniform(0, 8, 60)])
    partition = Partition.uniform(points[:, 0], points[:, 1], level=14, min_photos=1)
    rows = random.dirichlet(np.full(len(partition), 0.2), size=70).astype(np.float32)
    lat, lng = point_estimates.expected(rows, partition)
    means = partition.means
    away = geodesy.distance_km(means[:, None, 0], means[:, None, 1], means[None, :, 0], means[None, :, 1])
    worth = np.mean([np.exp(-away / km) for km in SCALES_KM], axis=0)
    for row, here in zip(rows.astype(np.float64), np.column_stack([lat, lng]), strict=True):
        values = worth @ row
        chosen = geodesy.distance_km(means[:, 0], means[:, 1], *here).argmin()
        assert values[chosen] > values.max() - 1e-4


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 9), st.sampled_from([1.0, 30.0, 180.0]))
def test_expected_chooses_as_double_precision_and_plain_sums_do(seed, sharpness, width):
    """Sharp to nearly flat distributions: within a town, and across the Earth, where most terms are next to 0."""
    random = np.random.default_rng(seed)
    lat, lng = random.uniform(-width / 2, width / 2, 300) * 0.9, random.uniform(-width, width, 300)
    partition = Partition.uniform(lat, lng, level=9, min_photos=1)
    rows = np.exp(sharpness * random.normal(size=(9, len(partition)))).astype(np.float32)
    rows /= rows.sum(axis=1, keepdims=True)
    points = np.column_stack(point_estimates.expected(rows, partition))
    for row, point in zip(rows.astype(np.float64), points, strict=True):
        likely = np.argsort(-row, kind="stable")[:128]
        where = partition.xyz[likely]
        away = geodesy.EARTH_RADIUS_KM * np.linalg.norm(where[:, None] - where[None], axis=2)
        values = np.mean([np.exp(-away / km) for km in SCALES_KM], axis=0) @ row[likely]
        chosen = geodesy.distance_km(*partition.means[likely].T, *point).argmin()
        assert values[chosen] > values.max() * (1 - 1e-5)


@pytest.mark.parametrize("km", [1, 5, 25, 200, 750, 2000])
def test_two_places_outweigh_one_by_what_their_distance_is_worth(km):
    """A place with mass 1 and another one `km` away are worth 1 + the mean of exp(−km/s) over the documented scales."""
    other = (km * 180 / np.pi / geodesy.EARTH_RADIUS_KM, 0.0)
    afar = (-60.0, 120.0)
    partition = partition_at((0.0, 0.0), other, afar)
    worth = 1 + np.mean([np.exp(-km / scale) for scale in SCALES_KM])
    for factor, answer in ((0.99, "the pair"), (1.01, "the lone one")):
        row = masses(partition, ((0.0, 0.0), 1), (other, 1), (afar, worth * factor))
        lat, _ = point_estimates.expected(row / row.sum(), partition)
        assert ("the lone one" if lat[0] < -30 else "the pair") == answer


def test_expected_prefers_a_crowd_but_stays_at_a_place_in_it():
    partition = partition_at(LYON, NEAR_LYON, GRENOBLE, SYDNEY)
    row = masses(partition, (LYON, 0.25), (NEAR_LYON, 0.2), (GRENOBLE, 0.2), (SYDNEY, 0.35))
    lat, lng = point_estimates.expected(row, partition)
    assert geodesy.distance_km(lat[0], lng[0], *LYON) < 0.01


@pytest.mark.parametrize("name", list(point_estimates.READOUTS))
def test_every_readout_takes_many_cells_and_no_photos(name):
    random = np.random.default_rng(0)
    ids = cells.from_latlng(random.uniform(-80, 80, 3000), random.uniform(-180, 180, 3000), level=14)
    partition = Partition.from_cells(np.unique(ids))
    rows = random.dirichlet(np.full(len(partition), 0.01), size=5).astype(np.float32)
    lat, lng = point_estimates.get(name)(rows, partition)
    assert lat.shape == lng.shape == (5,)
    assert (np.abs(lat) <= 90).all() and (np.abs(lng) <= 180).all()
    assert point_estimates.get(name)(rows[:0], partition)[0].shape == (0,)


@pytest.mark.parametrize("name", list(point_estimates.READOUTS))
def test_one_photo_alone_and_among_others_has_the_same_point(name):
    partition = partition_at(LYON, NEAR_LYON, GRENOBLE, SYDNEY)
    rows = np.random.default_rng(1).dirichlet(np.ones(4), size=100).astype(np.float32)
    together = np.array(point_estimates.get(name)(rows, partition))
    alone = np.array([np.ravel(point_estimates.get(name)(row[None], partition)) for row in rows]).T
    assert np.allclose(together, alone)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1, width=32), min_size=4, max_size=4).filter(any))
def test_any_distribution_gives_a_point_on_earth(values):
    partition = partition_at(LYON, NEAR_LYON, GRENOBLE, SYDNEY)
    row = np.array([values], np.float32)
    for take in point_estimates.READOUTS.values():
        lat, lng = take(row, partition)
        assert np.isfinite(lat).all() and np.isfinite(lng).all()


def test_wrong_shapes_and_names_are_refused():
    partition = partition_at(LYON, SYDNEY)
    with pytest.raises(InputError, match=r"\(photos, 2\)"):
        point_estimates.local(np.ones((1, 3)), partition)
    with pytest.raises(InputError, match="center, mean, local"):
        point_estimates.get("median")


def test_sharpened_distributions_keep_their_order_and_sum_to_one():
    rows = np.random.default_rng(0).dirichlet(np.full(9, 0.3), 20)
    assert point_estimates.sharpened(rows, 1.0) is rows
    for power in (0.5, 3.0, 40.0):
        sharp = point_estimates.sharpened(rows, power)
        assert sharp.sum(axis=1) == pytest.approx(1)
        assert (sharp.argsort(axis=1)[:, -1] == rows.argsort(axis=1)[:, -1]).all()
        assert np.allclose(sharp, rows**power / (rows**power).sum(axis=1, keepdims=True))
