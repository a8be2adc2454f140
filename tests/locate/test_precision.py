"""How finely places and probabilities are printed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoplanet.earth import geodesy
from photoplanet.locate.precision import digits, fine_percent, percent, point, radius, rounded_within


@pytest.mark.parametrize(
    ("precision", "text"),
    [("street", "48.8600, 2.3500"), ("city", "48.9, 2.4"), ("region", "49, 2"), ("country", "49, 2")],
)
def test_a_place_is_printed_to_the_digits_of_its_precision(precision, text):
    assert point({"latitude": 48.86, "longitude": 2.35000001}, precision, 1.0) == text


@pytest.mark.parametrize(
    ("radius_km", "count"),
    [(0, 4), (0.314, 4), (0.315, 3), (3.14, 3), (3.15, 2), (31.4, 2), (31.5, 1), (314, 1), (315, 0), (20015, 0)],
)
def test_by_itself_a_place_is_printed_by_its_radius_of_which_rounding_moves_it_a_quarter(radius_km, count):
    assert digits(radius_km) == count
    text = f"{48.85837:.{count}f}, {-0.00001:.{count}f}"
    assert point({"latitude": 48.85837, "longitude": -0.00001}, "auto", radius_km) == text


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(0.05, 20_000))
def test_what_is_printed_lies_within_a_quarter_of_the_radius(latitude, longitude, radius_km):
    lat, lng = map(float, point({"latitude": latitude, "longitude": longitude}, "auto", radius_km).split(", "))
    assert (lat, lng) == (rounded_within(latitude, radius_km), rounded_within(longitude, radius_km))
    assert geodesy.distance_km(latitude, longitude, lat, lng) <= 0.25 * radius_km + 0.008


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "<1 %"), (0.0099, "<1 %"), (0.01, "1 %"), (0.5, "50 %"), (0.99, "99 %"), (0.9901, ">99 %"), (1, ">99 %")],
)
def test_no_probability_is_printed_as_none_or_certain(share, text):
    assert percent(share) == text


def test_what_is_too_small_to_print_is_not_printed_as_nothing():
    assert (fine_percent(9.9e-6), fine_percent(1e-5), fine_percent(0)) == ("<0.001 %", "0.001 %", "<0.001 %")
    assert (radius(0), radius(0.99), radius(1), radius(12345.6)) == ("<1 km", "<1 km", "1 km", "12,346 km")
