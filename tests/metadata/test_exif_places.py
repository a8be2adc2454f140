"""Degrees of EXIF: signs, hemispheres and units as writers leave them; what contradicts itself is no place."""

import math

import pytest
from PIL.TiffImagePlugin import IFDRational

from photoplanet.metadata import exif_places

NAN = IFDRational(0, 0)


@pytest.mark.parametrize(
    ("value", "reference", "expected"),
    [
        ((12.0, 30.0, 0.0), "S", -12.5),
        ((-12.0, 30.0, 0.0), "S", -12.5),
        ((-12.0, 30.0, 0.0), None, -12.5),
        ((-12.0, -30.0, 0.0), "", -12.5),
        ((0.0, -30.0, 0.0), "S", -0.5),
        ((0.0, -30.0, 15.0), None, -(30 / 60 + 15 / 3600)),
        ((-0.0, 30.0, 0.0), None, -0.5),
        ((-12.0, 30.0, 0.0), "N", None),
        ((12.0, -30.0, 0.0), "S", None),
        ((-12.0, 30.0, -5.0), "S", None),
        ((IFDRational(12, -1), 30.0, 0.0), "S", -12.5),
        ((12.0, 30.0, 0.0), "n", 12.5),
        ((12.0, 30.0, 0.0), "North", 12.5),
        ((12.0, 30.0, 0.0), " SOUTH ", -12.5),
        ((12.0, 30.0, 0.0), None, None),
        ((12.0, 30.0, 0.0), "  ", None),
        ((12.0, 30.0, 0.0), "None", None),
        ((12.0, 30.0, 0.0), "E", None),
        ((12.5,), "N", 12.5),
        (12.5, "S", -12.5),
        ((12.0, 30.5), "N", 12 + 30.5 / 60),
        ((12.0, 59.0, 60.0), "N", 13.0),
        ((12.5, NAN, NAN), "N", 12.5),
        ((12.0, 30.0, NAN), "N", 12.5),
        ((12.0, NAN, NAN), "N", None),
        ((NAN, 30.0, 0.0), "N", None),
        ((12.0, IFDRational(30, 0), 0.0), "N", None),
        ((12.5, 30.0, 0.0), "N", None),
        ((12.0, 30.5, 30.0), "N", None),
        ((12.0, 61.0, 0.0), "N", None),
        ((12.0, 30.0, 0.0, 0.0), "N", None),
        ((math.inf,), "N", None),
        ((math.nan,), "N", None),
        ("twelve", "N", None),
        ((), "N", None),
        ((0.0, 0.0, 0.0), None, 0.0),
    ],
)  # fmt: skip
def test_degrees_are_right_or_none(value, reference, expected):
    found = exif_places.degrees(value, reference, "NS")
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-12))


def test_west_is_negative_too_and_a_place_is_whole_or_not_at_all():
    assert exif_places.place((1.0,), "N", (-2.0,), "W") == (1.0, -2.0, None)
    assert exif_places.place((1.0,), "N", (2.0,), "O") == (None, None, "GPS unreadable")
    assert exif_places.place(None, "N", (2.0,), "W") == (None, None, "GPS unreadable")
    assert exif_places.place(None, None, None, None) == (None, None, "no GPS")
    assert exif_places.place((91.0,), "N", (2.0,), "E") == (None, None, "GPS out of range")
    assert exif_places.place((0.0,), "N", (0.0,), "E") == (None, None, "exactly 0, 0")
