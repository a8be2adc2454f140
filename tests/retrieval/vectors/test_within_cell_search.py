"""The combined readout and the nearest photo's position, on a made-up library whose answers are known."""

import numpy as np
import pytest

from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError
from photoplanet.locate import point_estimates
from photoplanet.retrieval.vectors import vector_index
from photoplanet.retrieval.vectors.nearest import nearest
from photoplanet.retrieval.vectors.vector_index import VectorIndex
from photoplanet.retrieval.vectors.within_cell_search import PhotosByCell, locate

CITIES = np.array([[48.86, 2.35], [35.68, 139.69], [-22.91, -43.17]])
D, PER_SITE = 16, 12


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


@pytest.fixture(scope="module")
def world():
    """Three cities of two sites each, 8 km apart; photos of a site look alike and lie within 50 m of it."""
    random = np.random.default_rng(0)
    sites = np.repeat(CITIES, 2, axis=0) + np.tile([[0, 0], [0.07, 0.02]], (3, 1))
    looks = unit(random.normal(size=(6, D)))
    site = np.repeat(np.arange(6), PER_SITE)
    places = sites[site] + random.normal(0, 0.0003, (len(site), 2))
    vectors = unit(looks[site] + 0.05 * random.normal(size=(len(site), D))).astype(np.float32)
    partition = Partition.uniform(places[:, 0], places[:, 1], level=5, min_photos=1)
    assert len(partition) == 3
    return {"sites": sites, "looks": looks, "places": places, "vectors": vectors, "partition": partition, "site": site}


def mass(world, city, share=0.9):
    """`share` of the mass in the cell of a city, the rest even."""
    cell = world["partition"].assign(*CITIES[city][:, None])[0]
    found = np.full((1, 3), (1 - share) / 2)
    found[0, cell] = share
    return found


def library(world, rows=slice(None), **changes):
    vectors = changes.get("vectors", world["vectors"])[rows]
    return PhotosByCell(vectors, world["places"][rows, 0], world["places"][rows, 1], world["partition"])


@pytest.mark.parametrize("kind", ["float32", "int8"])
@pytest.mark.parametrize("site", range(6))
def test_the_cell_says_the_city_and_the_neighbours_the_street(world, site, kind):
    vectors = world["vectors"] if kind == "float32" else vector_index.quantise(world["vectors"])
    found = library(world, vectors=vectors)
    lat, lng, rows = locate(mass(world, site // 2), world["looks"][[site]], world["partition"], found)
    assert geodesy.distance_km(lat, lng, *world["sites"][site])[0] < 0.3
    assert world["site"][rows[0]] == site
    plain = point_estimates.expected(mass(world, site // 2), world["partition"])
    assert geodesy.distance_km(*plain, *world["sites"][site])[0] > 1


def test_a_look_alike_outside_the_predicted_cells_does_not_move_the_answer(world):
    lat, lng, rows = locate(mass(world, 0, 0.98), world["looks"][[4]], world["partition"], library(world))
    assert geodesy.distance_km(lat, lng, *CITIES[0])[0] < 15
    assert rows[0] == -1 or world["site"][rows[0]] < 2


def test_where_nothing_looks_alike_the_cells_mean_keeps_the_answer(world):
    strange = unit(np.linalg.svd(world["looks"])[2][-1:])  # at a right angle to all six looks
    lat, lng, _ = locate(mass(world, 1), strange, world["partition"], library(world))
    assert geodesy.distance_km(lat, lng, *point_estimates.expected(mass(world, 1), world["partition"]))[0] < 0.1


def test_without_library_photos_in_the_cells_it_is_expected(world):
    queries = np.random.default_rng(1).dirichlet(np.ones(3), 20)
    vectors = unit(np.random.default_rng(2).normal(size=(20, D)))
    lat, lng, rows = locate(queries, vectors, world["partition"], library(world, slice(0, 0)))
    np.testing.assert_array_equal([lat, lng], point_estimates.expected(queries, world["partition"]))
    assert (rows == -1).all()
    afar = PhotosByCell(
        world["vectors"][:4], np.full(4, 60.0), np.full(4, -100.0), world["partition"]
    )  # outside every cell
    np.testing.assert_array_equal(locate(queries, vectors, world["partition"], afar)[0], lat)


def test_a_photo_is_answered_alike_alone_and_among_others(world):
    queries = np.concatenate([mass(world, city, 0.6) for city in (0, 1, 2, 0)])
    vectors = world["looks"][[0, 3, 5, 1]]
    together = locate(queries, vectors, world["partition"], library(world))
    alone = [locate(queries[[i]], vectors[[i]], world["partition"], library(world)) for i in range(4)]
    np.testing.assert_array_equal(together, np.concatenate(alone, axis=1))
    assert locate(queries[:0], vectors[:0], world["partition"], library(world))[2].shape == (0,)


def test_the_nearest_inside_a_cell_equal_brute_force(world):
    found = library(world)
    for cell in range(3):
        inside = np.flatnonzero(world["partition"].assign(world["places"][:, 0], world["places"][:, 1]) == cell)
        squared = ((world["vectors"][inside] - world["looks"][0]) ** 2).sum(axis=1)
        rows, away = found.nearest(world["looks"][0], cell, 5)
        assert set(rows) == set(inside[np.argsort(squared)[:5]])
        np.testing.assert_allclose(np.sort(away), np.sort(squared)[:5], atol=1e-5)


def test_what_does_not_fit_is_named(world):
    with pytest.raises(InputError, match="give one each"):
        PhotosByCell(world["vectors"], world["places"][:3, 0], world["places"][:, 1], world["partition"])
    with pytest.raises(InputError, match=r"\(1, 16\)"):
        locate(mass(world, 0), np.ones((1, 4)), world["partition"], library(world))
    with pytest.raises(InputError, match="a column per cell"):
        locate(np.ones((1, 7)), np.ones((1, D)), world["partition"], library(world))


def test_the_nearest_photos_position_and_its_cells_centre(world):
    made = VectorIndex.build(world["vectors"])
    lat, lng = world["places"].T
    exact = nearest(world["looks"], made, lat, lng)
    assert (world["site"][exact.rows] == np.arange(6)).all()
    np.testing.assert_array_equal(np.column_stack(exact[:2]), world["places"][exact.rows])
    quantised = nearest(world["looks"], made, lat, lng, world["partition"])
    cells = world["partition"].assign(lat[exact.rows], lng[exact.rows])
    np.testing.assert_array_equal(np.column_stack(quantised[:2]), world["partition"].centers[cells])
    np.testing.assert_array_equal(quantised.distances, exact.distances)


def test_the_nearest_of_nothing_and_outside_every_cell(world):
    empty = nearest(world["looks"], VectorIndex.build(np.empty((0, D), np.float32)), np.empty(0), np.empty(0))
    assert np.isnan(empty.latitude).all() and (empty.rows == -1).all() and np.isinf(empty.distances).all()
    one = VectorIndex.build(world["vectors"][:1])
    away = nearest(world["looks"][:1], one, np.array([60.0]), np.array([-100.0]), world["partition"])
    assert (away.latitude[0], away.longitude[0]) == (60, -100)
    with pytest.raises(InputError, match="one each"):
        nearest(world["looks"], one, np.zeros(2), np.zeros(1))
