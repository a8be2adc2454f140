"""The toy Earth is what its page says: the same for the same seed, countries look different, replicas stand abroad."""

import numpy as np
import pytest

from photoplanet.earth import geodesy
from photoplanet.errors import InputError
from photoplanet.toyworld import world


def test_same_seed_same_earth():
    one, two, other = world.make(3), world.make(3), world.make(4)
    assert np.array_equal(one.looks, two.looks) and np.array_equal(one.site_position, two.site_position)
    assert not np.array_equal(one.looks, other.looks)


def test_every_country_can_be_told_by_its_look():
    looks = world.make().looks
    assert len(np.unique(looks, axis=0)) == len(looks)
    for column in looks.T:  # but not by one cue alone
        assert len(np.unique(column)) < len(looks)


def test_cities_of_a_country_differ_in_livery():
    earth = world.make()
    for country in np.unique(earth.city_country):
        livery = earth.city_livery[earth.city_country == country]
        assert len(np.unique(livery)) == len(livery)


def test_replicas_stand_in_another_country():
    earth = world.make()
    marks, counts = np.unique(earth.site_landmark, return_counts=True)
    assert (counts == 2).sum() == world.REPLICAS == 8 and counts.max() == 2
    for mark in marks[counts == 2]:
        first, second = earth.city_country[earth.site_city[earth.site_landmark == mark]]
        assert first != second


def test_sites_are_near_their_city_and_share_its_photos():
    earth = world.make()
    away = geodesy.distance_km(*earth.site_position.T, *earth.city_position[earth.site_city].T)
    assert away.max() < 15
    for city in range(len(earth.city_names)):
        assert earth.site_weight[earth.sites_of(city)].sum() == pytest.approx(1)


def test_offsets_have_the_asked_spread_also_at_the_pole_and_the_date_line():
    rng = np.random.default_rng(0)
    for start in ((0.0, 180.0), (89.9, 10.0), (-33.0, -179.9)):
        points = world.offsets(rng, np.tile(start, (20000, 1)), 30.0)
        away = geodesy.distance_km(*points.T, *start)
        assert np.sqrt((away**2).mean()) == pytest.approx(30 * np.sqrt(2), rel=0.03)
        assert (np.abs(points[:, 0]) <= 90).all() and (np.abs(points[:, 1]) <= 180).all()


def test_climates_change_at_15_30_42_and_55_degrees_north_and_south():
    north = np.array([14.9, 15.0, 29.9, 30.0, 41.9, 42.0, 54.9, 55.0])
    assert world.climate(north).tolist() == world.climate(-north).tolist() == [0, 1, 1, 2, 2, 3, 3, 4]


def test_climate_depends_on_distance_from_the_equator():
    assert world.climate(np.array([0, 20, -35, 50, -70])).tolist() == [0, 1, 2, 3, 4]


def test_earth_from_real_geotags_puts_its_photos_there():
    rng = np.random.default_rng(1)
    towns = rng.uniform((-50, -150), (60, 150), (30, 2))
    geotags = np.repeat(towns, 60, axis=0) + rng.normal(0, 0.02, (1800, 2))
    earth = world.make(coordinates=geotags)
    apart = geodesy.distance_km(*earth.city_position[:, None].transpose(2, 0, 1), *towns[None].transpose(2, 0, 1))
    assert apart.min(axis=1).max() < 60 and len(earth.city_names) >= 20


def test_too_few_geotags_are_refused():
    with pytest.raises(InputError, match="at least 1000"):
        world.make(coordinates=np.zeros((10, 2)))
