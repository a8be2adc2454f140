import numpy as np

from photoplanet.earth import gazetteer
from photoplanet.earth.geodesy import distance_km
from photoplanet.models.importers import cities


def of(found, country):
    rows = np.flatnonzero(found.country == found.countries.index(country))
    return rows, [found.names[row] for row in rows]


def test_every_country_has_cities_and_every_city_a_country():
    found = cities.choose()
    assert len(found.names) == len(found.country) == len(found.latitude) == len(found.longitude)
    assert set(found.country.tolist()) == set(range(len(found.countries)))
    assert (len(found.countries), len(found.names)) == (227, 5208)  # as docs/geolocators.md says
    assert {"Liechtenstein", "South Korea", "Russia", "Ivory Coast"} <= set(found.countries)
    assert not {"Antarctica", "Korea, Republic of", "Pitcairn"} & set(found.countries)
    assert not any("," in name or "(" in name for name in found.countries)


def test_cities_of_a_country_are_apart_and_have_names_of_their_own():
    found = cities.choose()
    for country in ("United States", "China", "France", "Japan"):
        rows, names = of(found, country)
        lat, lng = found.latitude[rows], found.longitude[rows]
        away = distance_km(lat[:, None], lng[:, None], lat[None], lng[None])
        assert away[~np.eye(len(rows), dtype=bool)].min() >= 25
        assert len(set(names)) == len(names)


def test_the_large_ones_come_and_those_that_states_are_known_by():
    found = cities.choose()
    _, names = of(found, "United States")
    assert {"New York City", "Los Angeles", "Honolulu", "Anchorage", "Boise"} <= set(names)
    assert not {"Brooklyn", "Queens"} & set(names)
    assert len(of(found, "France")[1]) == cities.LARGEST + 1  # Ajaccio
    assert of(found, "Monaco")[1] == ["Monaco"]


def test_a_city_is_where_the_gazetteer_has_it_and_in_its_country():
    found = cities.choose(3)
    places = gazetteer.name(found.latitude, found.longitude)
    same = [cities.SPOKEN.get(place.country_code, place.country) == found.countries[row]
            for place, row in zip(places, found.country, strict=True)]  # fmt: skip
    assert np.mean(same) > 0.99
