import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.earth import gazetteer
from photoplanet.earth.geodesy import distance_km
from photoplanet.errors import InputError


@pytest.mark.parametrize(
    ("point", "city", "state", "country", "continent"),
    [
        ((48.8584, 2.2945), "Paris", "Île-de-France", "France", "Europe"),  # the Eiffel Tower, not a suburb
        ((48.80, 2.12), "Versailles", "Île-de-France", "France", "Europe"),  # a town of its own beside a large one
        ((40.7357, -74.1724), "Newark", "New Jersey", "United States", "North America"),  # its state, not New York's
        ((31.76, -106.487), "El Paso", "Texas", "United States", "North America"),  # the border runs through town
        ((-33.8568, 151.2153), "Sydney", "New South Wales", "Australia", "Oceania"),
        ((29.9792, 31.1342), "Giza", "Giza", "Egypt", "Africa"),
        ((-54.8, -68.3), "Ushuaia", "Tierra del Fuego", "Argentina", "South America"),
        ((55.0, 83.0), "Novosibirsk", "Novosibirsk Oblast", "Russian Federation", "Asia"),
        ((55.75, 37.6), "Moscow", "", "Russian Federation", "Europe"),
    ],
)
def test_known_places(point, city, state, country, continent):
    (place,) = gazetteer.name(*point)
    assert (place.city, place.country, place.continent) == (city, country, continent)
    assert state in place.state
    assert place.distance_km < 15


def test_far_from_any_town_no_town_is_claimed():
    sahara, ocean, pole, antarctica = gazetteer.name([25.0, 0.0, 90.0, -80.0], [5.0, -150.0, 0.0, 20.0])
    assert (sahara.city, sahara.state, sahara.country_code) == ("", "", "DZ")
    assert sahara.text() == "Algeria, about 250 km from Tamanghasset, Algeria"
    assert sahara.text("country") == "Algeria"
    assert (ocean.city, ocean.country, ocean.continent) == ("", "", "")
    assert ocean.text().startswith("at sea, about 850 km from ")
    assert ocean.text("continent").startswith("at sea")
    assert pole.text().startswith("at sea, about 1,300 km from Longyearbyen")
    assert antarctica.continent == antarctica.text("region") == "Antarctica"


def test_text_says_no_more_than_the_precision():
    (place,) = gazetteer.name(48.8584, 2.2945)
    assert place.text("street") == place.text() == "Paris, Île-de-France, France"
    assert place.text("region") == "Île-de-France, France"
    assert place.text("country") == "France"
    assert place.text("continent") == "Europe"
    with pytest.raises(InputError, match="street, city, region, country, continent"):
        place.text("planet")


def test_between_25_and_100_km_the_distance_is_said():
    (place,) = gazetteer.name(-16.5, 179.99)
    assert place.text() == "Northern, Fiji, about 70 km from Labasa"


def test_either_side_of_the_date_line_sees_the_same_town():
    east, west = gazetteer.name([-16.5, -16.5], [180.0, -180.0])
    assert (east.city, east.country) == (west.city, west.country) == ("Labasa", "Fiji")
    assert east.distance_km == pytest.approx(west.distance_km)


def test_poles_and_corners_answer():
    assert len(gazetteer.name([90, 90, -90, -90, 0], [180, -180, 180, -180, 0])) == 5
    assert gazetteer.name([], []) == []


def test_coordinates_off_the_earth_are_refused():
    with pytest.raises(InputError, match="row 1"):
        gazetteer.name([0, 91], [0, 0])
    with pytest.raises(InputError):
        gazetteer.name(float("nan"), 0)


@pytest.mark.parametrize(
    "town, point, continent",
    [
        ("Kazan", (55.79, 49.12), "Europe"),
        ("Ufa", (54.73, 55.97), "Europe"),
        ("Perm", (58.01, 56.25), "Europe"),
        ("Yekaterinburg", (56.84, 60.61), "Asia"),
        ("Omsk", (54.99, 73.37), "Asia"),
        ("Anadyr", (64.73, 177.5), "Asia"),
        ("Provideniya, east of 180°", (64.42, -173.23), "Asia"),
        ("Istanbul", (41.01, 28.98), "Asia"),  # a whole country is on one continent, but for Russia
        ("Tbilisi, east of 44° E", (41.72, 44.79), "Asia"),
    ],
)
def test_europe_ends_at_the_urals(town, point, continent):
    (place,) = gazetteer.name(*point)
    assert place.continent == continent


def test_every_country_of_the_gazetteer_has_a_continent():
    data = gazetteer.read()
    assert [code for code in data.country_codes if code not in gazetteer.CONTINENT_OF] == []
    assert len(data.names) == len(data.latitude) == len(data.state) > 150_000


def slow_town(lat, lng):
    """The definition, without a search: the nearest town's state, and in it the town with the nearest edge."""
    data = gazetteer.read()
    away = distance_km(lat, lng, data.latitude, data.longitude)
    own = data.state == data.state[away.argmin()]
    return away[np.where(own, away - data.radius, np.inf).argmin()], away.min()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=1, max_size=3))
def test_the_search_finds_what_all_distances_find(points):
    lat, lng = np.array(points).T
    for place, a, b in zip(gazetteer.name(lat, lng), lat, lng, strict=True):
        assert place.distance_km == pytest.approx(slow_town(a, b)[0], abs=1e-3)


def test_many_points_in_a_dense_country_agree_with_one_at_a_time():
    random = np.random.default_rng(0)
    lat, lng = random.uniform(50, 52, 600), random.uniform(3, 8, 600)
    together = gazetteer.name(lat, lng)
    assert all(together[i] == gazetteer.name(lat[i], lng[i])[0] for i in range(0, 600, 20))
    for i in range(0, 600, 60):
        assert together[i].distance_km == pytest.approx(slow_town(lat[i], lng[i])[0], abs=1e-3)


def test_many_points_all_over_the_earth_that_cancel_out():
    lat, lng = np.tile([0.0, 0, 0, 0, 90, -90], 100), np.tile([0.0, 90, 180, -90, 0, 0], 100)
    found = gazetteer.name(lat, lng)
    assert found[:6] == found[-6:]
    assert [place.distance_km for place in found[:6]] == pytest.approx(
        [slow_town(a, b)[0] for a, b in zip(lat[:6], lng[:6], strict=True)]
    )


def test_a_town_is_claimed_within_25_km_named_with_its_distance_within_100_and_beyond_not_at_all():
    lat, lng = np.full(400, 48.0), np.linspace(-12.0, 8.0, 400)  # from the Atlantic into France and Germany
    lat, lng = np.append(lat, np.linspace(20.0, 30.0, 400)), np.append(lng, np.full(400, 5.0))  # the Sahara
    for place in gazetteer.name(lat, lng):
        text = place.text("city")
        if place.distance_km > 100:
            assert not place.city and not place.state
        elif place.country:
            assert place.city
            assert ("about" in text) == (place.distance_km > 25)


def test_distances_are_said_to_ten_fifty_and_a_hundred_km():
    near = {"city": "", "state": "", "country": "", "country_code": "", "continent": "", "near": "Labasa, Fiji"}
    said = {4: "10", 66: "70", 294: "290", 320: "300", 980: "1,000", 1049: "1,000", 1051: "1,100"}
    for km, number in said.items():
        assert gazetteer.PlaceName(distance_km=km, **near).text() == f"at sea, about {number} km from Labasa, Fiji"


def test_the_largest_towns_of_a_box_come_largest_first():
    found = gazetteer.largest((48.0, 50.0), (1.0, 4.0), 3)
    assert found[0][0] == "Paris" and len(found) == 3
    assert all(48 <= lat <= 50 and 1 <= lng <= 4 for _, lat, lng in found)
    names = [name for name, _, _ in gazetteer.largest((-20.0, -15.0), (176.0, 182.0), 5)]
    assert "Suva" in names  # a box may go on beyond 180°
    assert gazetteer.largest((-60.0, -59.0), (0.0, 1.0), 5) == []
