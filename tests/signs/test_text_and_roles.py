"""What is said is safe to show, and what a line is."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoplanet.errors import InputError, printable
from photoplanet.signs import roles, text
from photoplanet.signs.line import Line, Reading


@given(st.text())
def test_cleaned_text_is_printable_composed_bounded_and_stays_so(given_text):
    cleaned = text.clean(given_text)
    assert printable(cleaned) == cleaned == unicodedata.normalize("NFC", cleaned)
    assert len(cleaned) <= text.LONGEST and cleaned == cleaned.strip()
    assert text.clean(cleaned) == cleaned


@pytest.mark.parametrize("hidden", ["\x1b", "\x00", "\x9b", "\u202e", "\u2066", "\u200b", "\ufeff", "\x7f", "\ud800"])
def test_what_a_terminal_might_obey_is_taken_out(hidden):
    assert text.clean(f"Via{hidden} Roma") == "Via Roma"


def box(x, y, width=0.15, height=0.03):
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


def role(words, place):
    return roles.assigned([Line(words, 0.9, place)], 800, 600)[0].role


@pytest.mark.parametrize(
    "date", ["'98 7 14", "2004/07/15", "15.07.2004 18:22", "JUL 15 2004", "15 Jul. 2004", "2004:07:15 12:30:01",
             "12/31/1999 11:59 PM", "2004年7月15日"],
)  # fmt: skip
def test_a_date_in_a_corner_is_a_stamp_and_elsewhere_a_sign(date):
    assert role(date, box(0.82, 0.93)) == "stamp"
    assert role(date, box(0.03, 0.04)) == "stamp"
    assert role(date, box(0.45, 0.5)) == "sign"
    assert role(date, box(0.6, 0.6, 0.4, 0.4)) == "sign", "as large as a poster"


@pytest.mark.parametrize("words", ["Mo-Fr 10:00-18:00", "12:30", "A 7", "Route 66", "1984", "+49 30 12 34 56", "C-17"])
def test_other_numbers_in_a_corner_are_signs(words):
    assert role(words, box(0.82, 0.93)) == "sign"


@pytest.mark.parametrize("words", ["© Ana Costa", "www.example.org", "@ana.photos", "Photo: Ana", "Foto von Ana"])
def test_a_claim_at_an_edge_is_a_watermark_and_elsewhere_a_sign(words):
    assert role(words, box(0.4, 0.95)) == "watermark"
    assert role(words, box(0.4, 0.5)) == "sign"


def test_an_agency_anywhere_and_what_is_repeated_are_watermarks():
    assert role("shutterstock", box(0.4, 0.5, 0.3, 0.2)) == "watermark"
    tiled = [Line("Ana Costa", 0.9, box(x, y)) for x in (0.1, 0.6) for y in (0.3, 0.7)]
    assert {line.role for line in roles.assigned(tiled, 800, 600)} == {"watermark"}
    assert {line.role for line in roles.assigned(tiled[:3], 800, 600)} == {"sign"}


def test_what_is_slanted_stands_in_the_scene():
    slanted = ((0.8, 0.85), (0.9, 0.9), (0.89, 0.93), (0.79, 0.88))
    assert role("2004/07/15", slanted) == "sign"


@pytest.mark.parametrize("record", [
    None, [], {}, {"lines": 3, "width": 1, "height": 1, "cut": False},
    {"lines": [{"text": 7}], "width": 1, "height": 1, "cut": False},
    {"lines": [{"text": "a", "score": float("nan"), "box": [[0, 0]] * 4, "role": "sign"}], "width": 1, "height": 1,
     "cut": False},
    {"lines": [{"text": "a", "score": 1, "box": [[0, 0]] * 4, "role": "king"}], "width": 1, "height": 1, "cut": False},
    {"lines": [], "width": "wide", "height": 1, "cut": False},
])  # fmt: skip
def test_a_damaged_record_is_refused(record):
    with pytest.raises(InputError, match="read"):
        Reading.from_dict(record)
