"""How finely places and probabilities are printed."""

import pytest

from photoplanet.locate.precision import fine_percent, percent, point, radius


@pytest.mark.parametrize(
    ("precision", "text"),
    [("street", "48.8600, 2.3500"), ("city", "48.9, 2.4"), ("region", "49, 2"), ("country", "49, 2")],
)
def test_a_place_is_printed_to_the_digits_of_its_precision(precision, text):
    assert point({"latitude": 48.86, "longitude": 2.35000001}, precision) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "<1 %"), (0.0099, "<1 %"), (0.01, "1 %"), (0.5, "50 %"), (0.99, "99 %"), (0.9901, ">99 %"), (1, ">99 %")],
)
def test_no_probability_is_printed_as_none_or_certain(share, text):
    assert percent(share) == text


def test_what_is_too_small_to_print_is_not_printed_as_nothing():
    assert (fine_percent(9.9e-6), fine_percent(1e-5), fine_percent(0)) == ("<0.001 %", "0.001 %", "<0.001 %")
    assert (radius(0), radius(0.99), radius(1), radius(12345.6)) == ("<1 km", "<1 km", "1 km", "12,346 km")
