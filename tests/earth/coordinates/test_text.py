"""Coordinates in the notations that people and tools use, and those that nobody can be sure of."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoplanet.earth.coordinates import text

PARIS = 48 + 51 / 60 + 30 / 3600


@pytest.mark.parametrize(
    ("written", "degrees"),
    [
        ("48.8584", 48.8584), ("  48.8584 ", 48.8584), ("+48.8584", 48.8584), ("48,8584", 48.8584), (".5", 0.5),
        ("−48.8584", -48.8584), ("–48,8584", -48.8584), ("４８.８５", 48.85), ("٤٨٫٨٥", 48.85), ("1e-05", 1e-05),
        ("48.8584°", 48.8584), ("48.8584 degrees", 48.8584), ("48.8584\u00a0N", 48.8584), ("'48.85'", 48.85),
        ('"48.85"', 48.85), ("'48.85", 48.85), ("48\u200b.5", 48.5),
        ("48.8584N", 48.8584), ("N48.8584", 48.8584), ("N 48.8584", 48.8584), ("33.8568 s", -33.8568),
        ("33.8568 South", -33.8568), ("-33.8568 S", -33.8568), ("S -33.8568", -33.8568), ("33.8568° Sud", -33.8568),
        ("48°51'30\"N", PARIS), ("48°51′30″N", PARIS), ("48º51’30”N", PARIS), ("48 ° 51 ' 30 \" N", PARIS),
        ("48 deg 51' 30.00\" N", PARIS), ("48°51'30''N", PARIS), ("N48°51'30\"", PARIS), ("48° 51.5' N", PARIS),
        ("48d51m30s N", PARIS), ("48d 51m 30sN", PARIS), ("48d51m30s", PARIS), ("48 51 30", PARIS),
        ("48:51:30", PARIS), ("48 51.5 N", PARIS), ("48-51-30N", PARIS), ("48°51'30\"S", -PARIS), ("-0°30'0\"", -0.5),
        ("48,51.5N", PARIS), ("48,51,30N", PARIS), ("48°51,5'N", PARIS), ("48°51'30,0\" nord", PARIS),
        ("48/1 51/1 30/1", PARIS), ("48/1, 51/1, 3000/100", PARIS), ("[48, 51, 1500/50]", PARIS),
        ("(48.0, 51.0, 30.0)", PARIS), ("((48, 1), (51, 1), (3000, 100))", PARIS), ("48/1 515/10 0/0", PARIS),
        ("488584/10000", 48.8584), ("0", 0), ("0° N", 0),
    ],
)  # fmt: skip
def test_notations_that_are_certain_are_read(written, degrees):
    assert text.degrees(written, "NS") == pytest.approx(degrees, abs=1e-9)


@pytest.mark.parametrize(
    "written",
    [
        "", "x", "lat", "NaN", "inf", "1e999", "0x30", "4_8", "--48", "48.8.8", "48.858,4", "1,234,567", "48 51",
        "48:51", "48°70'", "48°51.5'30\"", "48°30\"", "48.5°30'", "48,51N", "N 48 S", "-33.8 N", "48 N E",
        "48.8584 2.2945",
        "48.8584,2.2945", "O 2.3", "48°51'30\"X", "1/0", "48/0 51/1 30/1", "-", "N", "48" * 200, "2.2945E",
    ],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_or_none_is_not_read(written):
    assert math.isnan(text.degrees(written, "NS"))


def test_the_letters_of_the_other_axis_are_refused():
    assert text.degrees("2.2945 E", "EW") == 2.2945 and math.isnan(text.degrees("2.2945 N", "EW"))
    assert text.degrees("2.2945W", "EW") == -2.2945 and text.degrees("2,2945 Ost", "EW") == 2.2945


@pytest.mark.parametrize(
    "written",
    [
        "48.8584, 2.2945", "48.8584 2.2945", "48.8584;2.2945", "[48.8584, 2.2945]", "(48.8584,2.2945)",
        "48,8584 2,2945", "48,8584; 2,2945", "48,8584, 2,2945", "48.8584 2.2945 35 5", "48.8584, 2.2945, 35",
        "POINT(2.2945 48.8584)", "SRID=4326;POINT Z (2.2945 48.8584 35)", "geo:48.8584,2.2945;u=35",
        '{"type": "Point", "coordinates": [2.2945, 48.8584]}', '{"lat": 48.8584, "lng": 2.2945}',
        "48.8584 N, 2.2945 E", "2.2945E 48.8584N", "N48.8584 E2.2945", "48° 51.504' N 2° 17.67' E",
        "48 deg 51' 30.24\" N, 2 deg 17' 40.20\" E",
    ],
)  # fmt: skip
def test_two_coordinates_in_one_text(written):
    assert text.pair(written) == pytest.approx((48.8584, 2.2945), abs=1e-9)


@pytest.mark.parametrize(
    "written", ["Paris, France", "48,85", "48 51 30", "48.85 N, 2.29", "1 N, 2 N", "", "48.8584", "{"]
)
def test_one_text_that_is_not_surely_two_coordinates(written):
    assert text.pair(written) is None


def test_the_order_of_two_bare_numbers_is_latitude_first_unless_the_name_says_else():
    assert text.pair("2.2945, 48.8584", longitude_first=True) == (48.8584, 2.2945)
    assert text.pair("2.2945E, 48.8584N", longitude_first=False) == (48.8584, 2.2945)


@pytest.mark.parametrize(
    ("ref", "side"),
    [("S", -1), ("s", -1), ("South", -1), (" SOUTH ", -1), ("south latitude", -1), ("N", 1), ("north", 1), ("Nord", 1),
     ("-", -1), ("+", 1), ("-1", -1), ("E", 0), ("", 0), (None, 0), ("?", 0), ("x" * 5000, 0)],
)  # fmt: skip
def test_hemispheres_in_words_of_any_case(ref, side):
    assert text.hemisphere(ref, "NS") == side


@pytest.mark.parametrize(
    ("written", "ref", "degrees"),
    [("33.9", "S", -33.9), ("-33.9", "S", -33.9), ("33.9", "N", 33.9), ("-33.9", "", -33.9), ("33.9 S", "", -33.9),
     ("33.9 S", "S", -33.9), ("0", "", 0), ("-33.9", "N", None), ("33.9 N", "S", None), ("33.9 S", "N", None),
     ("33.9", "", None), ("33.9", "?", None), ("x", "S", None)],
)  # fmt: skip
def test_a_hemisphere_beside_a_number_and_when_the_two_contradict(written, ref, degrees):
    found = text.signed(text.angle(written), ref, "NS")
    assert math.isnan(found) if degrees is None else found == degrees


def sexagesimal(value):
    """Whole degrees, minutes and seconds (to a millionth), as every notation writes them."""
    units = round(abs(value) * 3600e6)
    return units // 3600000000, units // 60000000 % 60, units % 60000000 / 1e6


@given(st.floats(-90, 90), st.sampled_from(range(9)))
def test_what_is_written_in_any_notation_is_read_back(value, form):
    whole, minutes, seconds = sexagesimal(value)
    letter, sign, size = ("S" if value < 0 else "N"), ("-" if value < 0 else ""), abs(value)
    written = [
        f"{value:.9f}", f"{value:.9f}".replace(".", ","), f"{size:.9f} {letter}", f"{letter}{size:.9f}°",
        f"{whole}°{minutes}'{seconds:.6f}\"{letter}", f"{whole} deg {minutes}' {seconds:.6f}\" {letter}",
        f"{sign}{whole} {minutes} {seconds:.6f}", f"{sign}{whole}:{minutes}:{seconds:.6f}".replace("-", "−"),
        f"{whole}/1 {minutes}/1 {round(seconds * 1e6)}/1000000 {letter}",
    ][form]  # fmt: skip
    assert text.degrees(written, "NS") == pytest.approx(value, abs=2e-9)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading(written):
    found = text.degrees(written, "NS")
    assert math.isnan(found) or math.isfinite(found)
    both = text.pair(written)
    assert both is None or all(map(math.isfinite, both))
