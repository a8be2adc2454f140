"""k-NN against sorting, and the mode of the density against a search of the whole Earth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.earth import geodesy
from photoplanet.errors import InputError
from photoplanet.retrieval.im2gps.neighbours import kernel_density, nearest, similarity


def height(lat, lng, away, latitude, longitude, bandwidth_km, sharpness):
    """The density by its definition, one query, at any places: angles from the haversine-free geodesy, no matrices."""
    total = np.zeros(np.shape(lat))
    for d, a, b in zip(away, latitude, longitude, strict=True):
        angle = geodesy.distance_km(lat, lng, a, b) / geodesy.EARTH_RADIUS_KM
        kappa = (geodesy.EARTH_RADIUS_KM / bandwidth_km) ** 2
        total = total + (min(away) / d) ** sharpness * np.exp(kappa * (np.cos(angle) - 1))
    return total


def grid_search(*given):
    """The best place of a grid of the whole Earth, then of ever finer grids around it."""
    lat, lng = (side.ravel() for side in np.meshgrid(np.linspace(-90, 90, 241), np.linspace(-180, 180, 481)))
    best = int(np.argmax(height(lat, lng, *given)))
    here, width = geodesy.to_xyz(lat[best], lng[best]), 0.02
    for _ in range(9):
        across = np.linalg.svd(here[None])[2][1:]  # two directions along the ground, at a pole too
        x, y = (side.ravel() for side in np.meshgrid(*[np.linspace(-width, width, 21)] * 2))
        around = geodesy.from_xyz(here + np.stack([x, y], -1) @ across)
        best = int(np.argmax(height(*around, *given)))
        here, width = geodesy.to_xyz(around[0][best], around[1][best]), width / 4
    return geodesy.from_xyz(here)


@pytest.mark.parametrize("centre", [(48.9, 2.3), (0.0, 179.9), (-17.0, -179.95), (89.9, 40.0), (-90.0, 0.0)], ids=str)
def test_the_mode_is_the_best_place_on_earth(centre):
    random = np.random.default_rng(3)
    near = geodesy.to_xyz(*centre) + random.normal(0, 0.02, (8, 3))
    far = random.normal(0, 1, (6, 3))
    lat, lng = geodesy.from_xyz(np.concatenate([near, far]))
    away = random.uniform(1, 1.3, 14)
    setting = (away, lat, lng, 200.0, 2.0)
    (found_lat,), (found_lng,) = kernel_density(away[None], lat[None], lng[None], 200.0, 2.0)
    best = grid_search(*setting)
    assert geodesy.distance_km(found_lat, found_lng, *best) < 1.0
    assert height(found_lat, found_lng, *setting) >= height(*best, *setting) * (1 - 1e-9)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.floats(5, 3000), st.floats(0, 20))
def test_no_neighbour_stands_higher_than_the_answer(seed, bandwidth, sharpness):
    random = np.random.default_rng(seed)
    lat, lng = geodesy.from_xyz(random.normal(0, 1, (3, 9, 3)))
    away = random.uniform(0.5, 2, (3, 9))
    found = kernel_density(away, lat, lng, bandwidth, sharpness)
    for i in range(3):
        setting = (away[i], lat[i], lng[i], bandwidth, sharpness)
        assert height(found[0][i], found[1][i], *setting) >= height(lat[i], lng[i], *setting).max() * (1 - 1e-6)


def test_one_neighbour_is_the_answer_and_many_agree_against_one():
    lat, lng = kernel_density([[0.3]], [[12.5]], [[-170.25]])
    assert (lat[0], lng[0]) == (pytest.approx(12.5), pytest.approx(-170.25))
    # the nearest is in Rio; three a little farther lie in one street of Paris
    away = np.array([[1.0, 1.01, 1.01, 1.01]])
    places = np.array([[-22.9, 48.86, 48.861, 48.859]]), np.array([[-43.2, 2.35, 2.352, 2.351]])
    lat, lng = kernel_density(away, *places)
    assert geodesy.distance_km(lat[0], lng[0], 48.86, 2.351) < 0.5
    lat, lng = kernel_density(away * [[1, 1.5, 1.5, 1.5]], *places)  # now the nearest is by far the most like it
    assert geodesy.distance_km(lat[0], lng[0], -22.9, -43.2) < 0.5


def test_streets_are_told_apart_with_a_bandwidth_of_metres():
    lat, lng = np.full((1, 3), 55.7), np.array([[13.19, 13.1901, 13.1911]])
    found = kernel_density(np.ones((1, 3)), lat, lng, bandwidth_km=0.01)
    assert geodesy.distance_km(found[0][0], found[1][0], 55.7, 13.19005) < 0.001


def test_rows_do_not_depend_on_their_company():
    random = np.random.default_rng(0)
    lat, lng = geodesy.from_xyz(random.normal(0, 1, (40, 5, 3)))
    away = random.uniform(1, 2, (40, 5))
    together = kernel_density(away, lat, lng, 500.0)
    for i in (0, 17, 39):
        alone = kernel_density(away[i : i + 1], lat[i : i + 1], lng[i : i + 1], 500.0)
        assert geodesy.distance_km(together[0][i], together[1][i], alone[0][0], alone[1][0]) < 0.2


def test_copies_missing_neighbours_and_nonsense():
    # a copy of the query (distance 0) decides alone
    lat, lng = kernel_density([[0.0, 0.1, 0.1]], [[10.0, 50.0, 50.0]], [[20.0, 8.0, 8.0]])
    assert geodesy.distance_km(lat[0], lng[0], 10, 20) < 1e-3
    lat, lng = kernel_density([[np.inf, 1.0], [np.inf, np.inf]], [[1.0, 2.0], [1.0, 2.0]], [[1.0, 2.0], [1.0, 2.0]])
    assert geodesy.distance_km(lat[0], lng[0], 2, 2) < 1e-3 and np.isnan(lat[1]) and np.isnan(lng[1])
    assert (similarity(np.array([[1.0, 2.0, np.inf]]), 2.0) == [[1, 0.25, 0]]).all()
    for bad in (([[-1.0]], [[0.0]], [[0.0]]), ([[1.0]], [[91.0]], [[0.0]]), ([[1.0, 2.0]], [[0.0]], [[0.0]])):
        with pytest.raises(InputError):
            kernel_density(*bad)
    for setting in ((0.0, 1.0), (np.nan, 1.0), (1.0, -1.0)):
        with pytest.raises(InputError):
            kernel_density([[1.0]], [[0.0]], [[0.0]], *setting)


def test_nearest_against_sorting_all():
    random = np.random.default_rng(0)
    library, queries = random.integers(0, 4, (9000, 3)).astype(np.float32), random.normal(0, 2, (5, 3))
    distances, rows = nearest(library, queries, 7)
    for query, away, row in zip(queries, distances, rows, strict=True):
        every = np.linalg.norm(library - query, axis=1)
        assert away == pytest.approx(np.sort(every)[:7], abs=1e-5)
        assert every[row] == pytest.approx(away, abs=1e-5) and len(set(row)) == 7
    assert nearest(library[:3], queries, 3)[1].shape == (5, 3)
    for k in (0, 9001):
        with pytest.raises(InputError, match="1 to 9,000"):
            nearest(library, queries, k)
    with pytest.raises(InputError):
        nearest(library, queries[:, :2], 1)


def test_a_kernel_is_25_km_wide_and_weighs_by_the_tenth_power():
    random = np.random.default_rng(4)
    away = random.uniform(1, 1.4, (6, 9))
    lat, lng = 48.9 + random.normal(0, 0.3, (6, 9)), 2.3 + random.normal(0, 0.4, (6, 9))
    found = np.array(kernel_density(away, lat, lng))
    np.testing.assert_array_equal(found, kernel_density(away, lat, lng, 25.0, 10.0))
    for other in ((24.0, 10.0), (26.0, 10.0), (25.0, 9.0), (25.0, 11.0)):
        assert np.abs(found - kernel_density(away, lat, lng, *other)).max() > 1e-6
