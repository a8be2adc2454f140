"""The ideal observer of albums: right about its own chances, and above the single-photo one."""

import numpy as np
import pytest

from photoplanet.earth import geodesy
from photoplanet.toyworld import album_ceiling, ceiling, travellers, world


@pytest.fixture(scope="module")
def earth():
    return world.make()


@pytest.fixture(scope="module")
def reach(earth):
    return album_ceiling.ceiling(earth, 1200, seed=4)


def test_the_observer_is_as_often_right_as_it_expects(reach):
    for name in geodesy.RADII_KM:
        assert reach.reached[name] == pytest.approx(reach.expected[name], abs=0.06)


def test_albums_tell_more_than_single_photos(earth, reach):
    single = ceiling.ceiling(earth, 20_000)
    for name in ("city", "region", "country", "continent"):
        assert reach.reached[name] > single[name].high + 0.05
    assert list(reach.reached.values()) == sorted(reach.reached.values())


def test_moments_and_stops_are_read_from_the_times(earth):
    photos = travellers.travel(earth, 3000, seed=2)
    parts = album_ceiling.components(earth)
    for number in np.unique(photos.album)[:100]:
        rows = np.flatnonzero(photos.album == number)
        found = [each for each, _, _ in album_ceiling.moments(earth, parts, photos, rows)]
        assert np.concatenate(found).tolist() == rows.tolist()
        for each in found:
            apart = geodesy.distance_km(*(column[each] for column in (photos.latitude, photos.longitude)),
                                        photos.latitude[each[0]], photos.longitude[each[0]])  # fmt: skip
            assert apart.max() < 0.5


def test_the_truth_is_never_ruled_out(earth):
    photos = travellers.travel(earth, 3000, seed=3)
    parts = album_ceiling.components(earth)
    given = []
    for album in np.split(np.arange(len(photos)), np.flatnonzero(np.diff(photos.album)) + 1):
        for rows, posterior, _ in album_ceiling.moments(earth, parts, photos, album):
            share = np.bincount(parts.city, posterior)[photos.city[rows[0]]]
            assert share > 0
            given += [share] * len(rows)
    assert np.mean(given) > 0.85


def test_climates_of_a_latitude_are_those_of_a_simulation():
    rng = np.random.default_rng(0)
    latitude, spread = np.array([41.5, -14.0, 0.0, 54.9]), np.array([1.0, 0.9, 8.0, 0.05])
    found = album_ceiling.bands(latitude, spread)
    drawn = world.climate(latitude[:, None] + spread[:, None] * rng.standard_normal((4, 20_000)))
    np.testing.assert_allclose(found, [np.bincount(row, minlength=5) / 20_000 for row in drawn], atol=0.015)
