"""How commands print."""

import json

import pytest

from photoplanet.cli.shared import output


def test_json_holds_any_name_of_a_file_and_no_nan(capsys):
    output.print_json({"file": "Zürich\udcff.jpg"})
    text = capsys.readouterr().out
    assert "Zürich" in text and json.loads(text) == {"file": "Zürich\udcff.jpg"}
    with pytest.raises(ValueError):
        output.print_json({"km": float("nan")})


def test_a_name_keeps_its_end_and_a_place_its_beginning_both_fill_their_column():
    for width in (5, 12, 30):
        name, place = output.fit_name("2019/Lisbon/IMG_0042.jpg", width), output.fit_place("Lisbon, Portugal", width)
        assert len(name) == len(place) == width
    assert output.fit_name("abcdef", 6) == "abcdef" and output.fit_name("abcdefg", 6) == "…cdefg"
    assert output.fit_place("abcdef", 6) == "abcdef" and output.fit_place("abcdefg", 6) == "abcde…"


def test_names_of_others_cannot_write_to_the_terminal():
    assert output.fit_name("a\x1b[2J.jpg", 9) == "a?[2J.jpg" and output.fit_place("a\nb", 5) == "a?b  "


def test_lines_for_people_hold_no_commands_of_a_terminal(capsys):
    output.say("a\x1b[2J\x00.jpg: cut off\nb\udcff.jpg\u202e")
    assert capsys.readouterr().err == "a?[2J?.jpg: cut off\nb\\xff.jpg?\n"


def test_the_status_is_2_only_when_no_photo_could_be_read(capsys):
    assert (output.finish(0, 3), output.finish(2, 3), output.finish(3, 3)) == (0, 0, 2)
    assert capsys.readouterr().err.splitlines() == [
        "2 of 3 photos could not be read; they are named above",
        "3 of 3 photos could not be read; they are named above",
    ]


def test_a_number_and_what_it_counts():
    assert [output.count_of(n, "photo") for n in (0, 1, 2, 1000)] == ["0 photos", "1 photo", "2 photos", "1,000 photos"]
