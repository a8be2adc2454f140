"""The ground of evidence: towns and open land, and how many photos people take there."""

import numpy as np
import pytest

from photoplanet.earth import countries, gazetteer, ground
from photoplanet.earth.geodesy import distance_km


@pytest.fixture(scope="module")
def sites():
    return ground.read()


def test_weights_are_shares(sites):
    assert sites.weight.sum() == pytest.approx(1)
    assert (sites.weight > 0).all()


def test_a_country_has_the_share_of_its_photos(sites):
    photos = np.array([each.photos + ground.NO_PHOTO for each in countries.read().values()])
    held = np.bincount(sites.country, sites.weight, minlength=len(photos))
    there = np.bincount(sites.country, minlength=len(photos)) > 0
    np.testing.assert_allclose(held[there], photos[there] / photos[there].sum())


def test_towns_come_first_in_the_gazetteers_order(sites):
    data = gazetteer.read()
    assert sites.towns == len(data.names)
    np.testing.assert_array_equal(sites.latitude[: sites.towns], data.latitude)
    np.testing.assert_array_equal(sites.state[: sites.towns], data.state)
    assert (sites.state[sites.towns :] == -1).all()


def test_within_a_country_larger_towns_weigh_more(sites):
    data = gazetteer.read()
    france = sites.country[: sites.towns] == data.country_codes.index("FR")
    order = np.argsort(data.radius[france])
    assert (np.diff(sites.weight[: sites.towns][france][order]) >= -1e-18).all()


def test_open_land_is_on_land_and_far_from_every_town(sites):
    data = gazetteer.read()
    chosen = np.random.default_rng(0).choice(np.arange(sites.towns, len(sites.weight)), 200, replace=False)
    for row in chosen:
        latitude, longitude = sites.latitude[row], sites.longitude[row]
        height, width = data.grid.shape
        cell = int((90 - latitude) / 180 * height), int((longitude + 180) / 360 * width)
        assert data.grid[cell] - 1 == sites.country[row]
        assert distance_km(latitude, longitude, data.latitude, data.longitude).min() > ground.OPEN_KM


def test_open_land_holds_its_share_of_a_country(sites):
    russia = sites.country == gazetteer.read().country_codes.index("RU")
    wild = np.arange(len(sites.weight)) >= sites.towns
    assert sites.weight[russia & wild].sum() / sites.weight[russia].sum() == pytest.approx(ground.OPEN_SHARE)


def test_languages_follow_the_state(sites):
    data, areas = gazetteer.read(), countries.areas()
    for town, language in {
        "Barcelona": "ca",
        "Québec": "fr",
        "Antwerpen": "nl",
        "Bilbao": "es",
        "Lugano": "it",
    }.items():
        rows = [row for row, name in enumerate(data.names) if name == town]
        row = max(rows, key=lambda each: sites.weight[each])
        shares = areas.languages[sites.area[row]]
        assert max(shares, key=shares.get) == language


def test_shares_of_languages_are_whole():
    for shares in countries.areas().languages:
        assert sum(shares.values()) == pytest.approx(1, abs=0.02)
        assert all(len(language) == 2 or len(language) == 3 for language in shares)
