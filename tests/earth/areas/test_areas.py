"""What people type for areas, and which points lie in them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.earth import gazetteer, geodesy
from photoplanet.earth.areas.named import OTHER_NAMES, code_of
from photoplanet.earth.areas.parse import MOST_AREAS, area, areas
from photoplanet.errors import InputError

MANY = settings(max_examples=150, deadline=None)
latitudes, longitudes = st.floats(-90, 90), st.floats(-180, 180)


def near_towns(n, degrees, seed=0):
    """Points around towns all over the Earth, so that many are near borders and coasts."""
    data, rng = gazetteer.read(), np.random.default_rng(seed)
    row = rng.integers(0, len(data.names), n)
    lat = np.clip(data.latitude[row] + rng.normal(0, degrees, n), -90, 90)
    return lat, (data.longitude[row] + rng.normal(0, degrees, n) + 180) % 360 - 180


@pytest.mark.parametrize(
    ("text", "belongs"),
    [
        ("DE", lambda place: place.country_code == "DE"),
        ("russia", lambda place: place.country_code == "RU"),
        ("AT, CH", lambda place: place.country_code in ("AT", "CH")),
        ("Fiji", lambda place: place.country_code == "FJ"),
        ("Texas", lambda place: place.state == "Texas"),
        ("US/Georgia", lambda place: place.state == "Georgia" and place.country_code == "US"),
        ("Europe", lambda place: place.continent == "Europe"),
        ("asia", lambda place: place.continent == "Asia"),
        ("Antarctica", lambda place: place.continent == "Antarctica"),
    ],
)
@pytest.mark.parametrize("degrees", [0.2, 3.0, 40.0])
def test_a_name_holds_exactly_the_points_that_are_called_so(text, belongs, degrees):
    lat, lng = near_towns(4000, degrees)
    expected = [belongs(place) for place in gazetteer.name(lat, lng)]
    assert area(text).contains(lat, lng).tolist() == expected


def test_the_border_of_a_country_is_where_the_name_changes():
    lat, lng = np.full(2000, 47.57), np.linspace(7.4, 8.4, 2000)  # Basel, and along the Rhine
    codes = [place.country_code for place in gazetteer.name(lat, lng)]
    assert {"CH", "DE"} <= set(codes)
    for code in ("CH", "DE", "FR"):
        assert area(code).contains(lat, lng).tolist() == [each == code for each in codes]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("de", "Germany"), (" GERMANY ", "Germany"), ("Côte d'Ivoire", "Cote d'Ivoire"), ("UK", "United Kingdom"),
        ("Czechia", "Czech Republic"), ("South Korea", "Korea, Republic of"), ("DE,AT", "Germany or Austria"),
        ("Korea, Republic of", "Korea, Republic of"), ("Georgia", "Georgia"), ("GE", "Georgia"),
        ("AU/Victoria", "Victoria, Australia"), ("bavaria", "Bavaria, Germany"),
        ("48.2,16.4,50", "50 km around 48.2, 16.4"), ("48.2, 16.4, 50 km", "50 km around 48.2, 16.4"),
        ("−33.9,151.2,5", "5 km around -33.9, 151.2"), ("45,6,48,14", "the box 45, 6, 48, 14"),
    ],
)  # fmt: skip
def test_what_people_type_is_understood(text, name):
    assert area(text).name == name


def test_every_country_is_found_by_its_code_and_its_name():
    data = gazetteer.read()
    for code, name in zip(data.country_codes, data.country_names, strict=True):
        assert code_of(code) == code_of(name) == code
    assert set(OTHER_NAMES.values()) <= set(data.country_codes)
    assert all(code_of(name) == code for name, code in OTHER_NAMES.items())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "without a name"), ("Germny", "did you mean Germany"), ("US/Texs", "did you mean Texas"),
        ("XX/Texas", "'XX' is not a country"), ("Victoria", "AU/Victoria or MT/Victoria; say which"),
        ("1,2", "'lat,lng,km'"), ("1,2,3,4,5", "south,west,north,east"), ("91,0,5", "not a place on Earth"),
        ("48,16,0", "over 0"), ("48,16,99999", "20,015"), ("48,6,45,14", "south first"),
        ("0,5,10,5", "two longitudes"), ("0,-190,10,5", "two longitudes"), ("nan,0,1", "finite"),
        ("1,nan,1", "finite"), ("1,x,1", "'x' is not a number"), ("1e999,0,1", "finite"), ("DE,,AT", "known"),
        ("no/such/file.geojson", "No such file"), ("A" * 20_000, "20,000 characters"), ("\x1b[2J", "known"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_area_is_said(text, words):
    with pytest.raises(InputError, match=words) as error:
        area(text)
    assert "\n" not in str(error.value) and len(str(error.value)) < 400


def test_a_server_reads_no_files_that_a_client_names(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_text('{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}')
    assert area(str(path)).name == "a.geojson" and area(path).contains(0.2, 0.6)
    with pytest.raises(InputError, match="cannot be named here"):
        area(str(path), files=False)


def test_several_areas_are_joined_and_others_taken_away():
    both = areas(["DE", "48.2,16.4,50"], not_within=["48.14,11.58,30", "Saxony"])
    assert both.name == "Germany or 50 km around 48.2, 16.4, outside 30 km around 48.14, 11.58 and Saxony, Germany"
    found = both.contains([52.5, 48.2, 48.14, 51.05, 46.0], [13.4, 16.4, 11.58, 13.74, 10.0])
    assert found.tolist() == [True, True, False, False, False]
    assert areas() is None
    assert areas(not_within="DE").contains([52.5, 0.0], [13.4, 0.0]).tolist() == [False, True]
    with pytest.raises(InputError, match=str(MOST_AREAS)):
        areas(["DE"] * (MOST_AREAS + 1))


def test_equal_areas_are_equal():
    assert areas("DE,AT") == areas("Germany, Austria") and hash(areas("DE,AT")) == hash(areas("Germany, Austria"))
    assert areas("1,2,3") != areas("1,2,4") and area("DE") != area("AT")


@MANY
@given(latitudes, longitudes, st.floats(0.01, 20_000), st.lists(st.tuples(latitudes, longitudes), max_size=20))
def test_a_circle_holds_what_is_near_enough(lat, lng, km, points):
    circle = area(f"{lat!r},{lng!r},{km!r}")
    for point in points:
        away = geodesy.distance_km(lat, lng, *point)
        if abs(away - km) > 1e-6:
            assert circle.contains(*point) == (away < km)
    assert circle.hints()[2].all()


@MANY
@given(
    st.tuples(latitudes, latitudes).filter(lambda both: both[1] - both[0] > 1e-6), longitudes, longitudes,
    st.lists(st.tuples(latitudes, longitudes), min_size=1, max_size=20),
)  # fmt: skip
def test_a_box_holds_what_lies_between(lat, west, east, points):
    (south, north) = lat
    if west == east:
        return
    box = area(f"{south!r},{west!r},{north!r},{east!r}")
    for y, x in points:
        between = west <= x <= east if west < east else (x >= west or x <= east)
        turned = abs(x) == 180 and 180 in (abs(west), abs(east))
        if not turned:
            assert box.contains(y, x) == (south <= y <= north and between)


@MANY
@given(
    st.sampled_from(["DE", "10,20,3000", "-30,170,10,-160", "Fiji", "US/Hawaii", "-80,0,500"]),
    st.lists(st.tuples(latitudes, longitudes), min_size=1, max_size=50),
)
def test_outside_is_the_opposite_of_inside_and_nothing_is_missed_by_the_cap(text, points):
    lat, lng = np.array(points).T
    inside, outside = area(text), areas(not_within=text)
    assert (inside.contains(lat, lng) == ~outside.contains(lat, lng)).all()
    assert (inside._holds(lat, lng) == inside.contains(lat, lng)).all()


def test_scalars_and_shapes_come_back_as_they_went_in():
    here = area("0,0,100")
    assert here.contains(0, 0) and not here.contains(5, 5)
    assert here.contains(np.zeros((2, 3)), np.zeros((2, 3))).shape == (2, 3)
    assert here.contains([], []).shape == (0,)
    with pytest.raises(InputError, match="not a place on Earth"):
        here.contains(91, 0)
