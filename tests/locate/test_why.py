"""Evidence as records and as lines for people."""

import json

import pytest
from evidence import clue, read

from photoplanet.locate import joining, why, world
from photoplanet.locate.answers import AnswerOptions, no_answer, record
from photoplanet.locate.prediction import Prediction


def joined(*clues, reading=None, struck=(), before=None):
    return joining.joined(before or world.nowhere(), clues, reading or read("din hund", "pas på"), struck)


def test_the_weightiest_comes_first_with_its_text_and_boxes():
    found = joined(clue("DK NO SE", "street word", "gade"), clue("DK", says="Danish", lines=(1, 0)))
    facts = record("a.jpg", found, AnswerOptions())
    first, second = facts["clues"]
    assert (first["number"], first["says"], first["text"]) == (1, "Danish", ["pas på", "din hund"])
    assert first["bits"] > second["bits"] > 0 and second["boxes"] == [
        [[0.1, 0.1], [0.6, 0.1], [0.6, 0.18], [0.1, 0.18]]
    ]
    assert facts["countries"][0]["name"] == "Denmark" and facts["conflict"] is None
    json.dumps(facts, allow_nan=False)


def test_lines_are_aligned_and_at_most_so_many():
    pieces = [clue("DK", f"kind {'x' * number}", f"says {number}", (0,)) for number in range(9)]
    lines = why.lines(joined(*pieces))
    assert len(lines) == why.MOST + 2 == 8 and lines[why.MOST] == "and 3 more"
    assert lines[-1].startswith("countries: Denmark 98 %")
    assert len({line.index("says") for line in lines[: why.MOST]}) == 1
    assert len({line.index("“din hund”") for line in lines[: why.MOST]}) == 1
    assert len(why.lines(joined(*pieces), most=2)) == 4


def test_what_is_struck_out_says_so_and_has_no_weight():
    found = joined(clue("DK", says="Danish"), clue("JP", "domain", "tokyo.jp", (1,)), struck=[1])
    shown = next(line for line in why.lines(found) if "tokyo.jp" in line)
    assert shown.endswith("(struck out)") and "bits" not in shown
    facts = why.record(found.evidence)
    assert [each["struck"] for each in facts["clues"]] == [False, True]
    assert why.brief(facts) == f"language: Danish ({facts['clues'][0]['bits']:+.1f} bits)"
    assert facts["conflict"] is None


def test_clues_that_contradict_each_other_are_named():
    found = joined(clue("DK", says="Danish"), clue("DK", "street word", "gade"), clue("JP", "domain", "x.jp"))
    facts = why.record(found.evidence)
    assert facts["conflict"] == ("domain (x.jp) says Japan, all else says Denmark: "
                                 "is one of them of another place?")  # fmt: skip
    assert why.note(facts) == [f"conflict: {facts['conflict']}"]


@pytest.mark.parametrize(("lines", "speaker"), [((0,), "the text"), ((), "the clock")])
def test_clues_against_the_network_are_named(tiny_model, photo, lines, speaker):
    import photoplanet as pp

    before = pp.load(tiny_model, signs=False, clock=False).locate(photo("red"))
    found = joined(clue("DK", lines=lines), before=before)
    assert why.record(found.evidence)["conflict"].startswith(f"{speaker} says Denmark, the picture says ")
    assert "France" in why.record(found.evidence)["conflict"]
    assert why.record(joined(clue("FR", lines=lines), before=before).evidence)["conflict"] is None


def test_what_text_writes_to_a_terminal_is_harmless():
    evil = joined(clue("DK", "kind\x1b[2J", "says\x1b]0;x\x07"), reading=read("\x1b[31mred\n" + "x" * 500))
    for line in [*why.lines(evil), why.brief(why.record(evil.evidence))]:
        assert "\x1b" not in line and "\n" not in line and "\x07" not in line and len(line) < 200


def test_why_there_is_no_answer():
    nowhere = world.nowhere()
    assert no_answer(joined(reading=read())) == "no answer: nothing in this photo can be read"
    assert no_answer(joined(reading=read("12:30"))) == "no answer: its text does not say where"
    assert no_answer(joined(clue("DK"), struck=[0])) == "no answer: the evidence is too weak"
    assert no_answer(nowhere) == "no answer: the evidence is too weak"
    flat = Prediction(nowhere.probabilities, nowhere.partition, unknown=0.5)
    assert no_answer(flat) == "50 %: nowhere that this model knows"
    assert why.lines(nowhere) == [] and not why.shows_text(nowhere) and why.shows_text(joined(reading=read("12:30")))


def test_a_prediction_shows_its_evidence_in_repr_geojson_and_notebooks():
    found = joined(clue("DK", says="<b>Danish</b>"))
    assert "1 clue," in repr(found) and "2 clues," in repr(joined(clue("DK"), clue("DK", "domain")))
    first, *cells = found.to_geojson()["features"]
    assert (
        first["properties"]["why"].startswith("language: <b>Danish</b> (+") and first["properties"]["conflict"] is None
    )
    assert all("why" not in each["properties"] for each in cells)
    page = found._repr_html_()
    assert "&lt;b&gt;Danish" in page and "<b>Danish" not in page and "din hund" in page and " bits" in page
    clash = joined(clue("DK"), clue("JP", "domain", "x.jp"))
    assert "conflict: " in clash._repr_html_() and "conflict: " not in page
