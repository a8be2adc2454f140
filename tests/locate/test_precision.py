"""How finely places and probabilities are printed."""

import pytest

from photoplanet.locate.precision import percent, point


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
