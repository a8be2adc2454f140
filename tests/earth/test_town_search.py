import pytest

from photoplanet.earth import town_search
from photoplanet.earth.geodesy import distance_km


@pytest.mark.parametrize(("text", "name", "country"), [
    ("Lisboa", "Lisbon", "Portugal"), ("東京", "Tokyo", "Japan"), ("münchen", "Munich", "Germany"),
    ("NICE", "Nice", "France"), ("new y", "New York City", "United States"), ("lund", "Lund", "Sweden"),
    ("springfield, mis", "Springfield", "United States"), ("  lyon  ", "Lyon", "France"),
])  # fmt: skip
def test_the_first_town_is_the_one_that_is_meant(text, name, country):
    first = town_search.search(text)[0]
    assert (first.name, first.country) == (name, country)


def test_a_state_or_country_behind_a_comma_chooses_among_towns_of_one_name():
    assert town_search.search("paris, texas")[0].region == "Texas"
    assert town_search.search("cambridge, massa")[0].region == "Massachusetts"
    assert town_search.search("cambridge, gb")[0].country == "United Kingdom"
    assert town_search.search("paris, nowhere at all") == []


def test_there_are_at_most_so_many_each_once_and_exact_names_come_first():
    found = town_search.search("san", 20)
    assert len(found) == 20 == len({(town.name, town.latitude, town.longitude) for town in found})
    assert found[0].name == "San"
    assert all(town.radius_km >= 1 for town in found)


@pytest.mark.parametrize("text", ["", "x", " ", ",", "!!", "\0", "no such town anywhere", "x" * 10_000])
def test_what_no_town_begins_with_finds_nothing(text):
    assert town_search.search(text) == []


@pytest.mark.parametrize(("text", "place"), [
    ("48.8584, 2.2945", (48.8584, 2.2945)), ("-33.87 151.21", (-33.87, 151.21)),
    ("48.8584°; 2.2945°", (48.8584, 2.2945)),
    ("90,180", (90.0, 180.0)),
])  # fmt: skip
def test_typed_coordinates_are_a_place(text, place):
    assert distance_km(*town_search.coordinates(text), *place) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("text", ["91, 0", "0, 181", "48", "48,2,3", "1e5, 3", "nan, nan", "٣, ٤", "48.85 north"])
def test_what_is_no_place_is_no_coordinates(text):
    assert town_search.coordinates(text) is None
