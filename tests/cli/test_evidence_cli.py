"""What stands in photos, from the command line: with a model and without one, one by one and as albums."""

import csv
import json

import pytest
from evidence import show
from PIL import Image

from photoplanet.show import maps


@pytest.fixture
def signs(tmp_path, monkeypatch):
    """Photos by name: "dog" has a Danish sign, "clash" two signs, "time" text without a place, others nothing."""
    show(
        monkeypatch, {"dog": ["Pas på din hund"], "clash": ["din hund", "din hund er", "tokyo bar"], "time": ["12:30"]}
    )

    def write(*names):
        paths = [tmp_path / name for name in names]
        for number, path in enumerate(paths):
            Image.new("RGB", (40, 30), (255, 0, number)).save(path)
        return paths

    return write


def test_a_fresh_install_answers_from_signs_and_says_what_it_rests_on(run, signs):
    status, out, err = run("locate", *signs("dog.png", "red.png", "time.png"))
    assert status == 0
    head, dog, red, time = out.splitlines()
    assert "Denmark" in dog and "unknown" not in head
    assert "no answer: nothing in this photo can be read" in red and "its text does not say where" in time
    first, last = err.splitlines()
    assert first == ("no model: answers rest on what stands in the photos, and on a prior: where people photograph "
                     "(docs/signs.md)")  # fmt: skip
    assert last == "2 of 3 photos show text; what places the others: docs/first-answer.md"
    assert run("locate", *signs("dog.png"))[2].count("\n") == 1


def test_why_lists_the_evidence_below_each_photo(run, signs):
    _, out, _ = run("locate", *signs("dog.png", "red.png"), "--why")
    lines = out.splitlines()
    assert lines[2].strip().startswith("+") and "bits  language  hund  “Pas på din hund”" in lines[2]
    assert lines[3].startswith("  countries: Denmark ") and lines[5] == "  nothing that can be read"


def test_a_contradiction_shows_without_being_asked_for_everywhere(run, signs, tmp_path):
    outputs = {kind: tmp_path / f"a.{kind}" for kind in ("csv", "geojson", "html")}
    options = ["--csv", outputs["csv"], "--geojson", outputs["geojson"], "--map", outputs["html"]]
    _, out, _ = run("locate", *signs("clash.png", "dog.png"), *options)
    words = "language (tokyo) says Japan, all else says Denmark"
    assert out.count("conflict: ") == 1 and f"\n  conflict: {words}" in out
    clash, dog = csv.DictReader(outputs["csv"].read_text().splitlines())
    assert clash["conflict"].startswith(words) and dog["conflict"] == ""
    assert dog["why"].startswith("language: hund (+") and dog["why"].endswith(" bits)")
    page = json.loads(outputs["geojson"].read_text())
    about = {key: page[key] for key in ("model", "signs", "clock", "prior")}
    assert about == {"model": "no model", "signs": True, "clock": True, "prior": "where people photograph"}
    found = {each["properties"]["conflict"] for each in page["features"] if "conflict" in each["properties"]}
    assert {None if each is None else each[: len(words)] for each in found} == {None, words}
    document = outputs["html"].read_text()
    assert words in document and document.count("data:image/jpeg;base64,") == 2
    photo = json.loads(run("locate", *signs("clash.png"), "--json")[1])["photos"][0]
    assert photo["conflict"].startswith(words) and len(photo["clues"]) == 3


def test_pictures_in_a_map_are_few_and_only_of_photos_with_text_that_counts(run, signs, tmp_path, monkeypatch):
    monkeypatch.setattr(maps, "MAX_PICTURES", 2)
    names = [f"dog{number}.png" for number in range(4)] + ["red.png", "time.png"]
    run("locate", *signs(*names), "--map", tmp_path / "a.html")
    document = (tmp_path / "a.html").read_text()
    assert document.count("data:image/jpeg;base64,") == 2
    assert "no answer: nothing in this photo can be read" in document


def test_strike_takes_a_line_out_and_says_when_it_hits_nothing(run, signs):
    photos = signs("clash.png", "dog.png")
    _, out, err = run("locate", *photos, "--strike", "TOKYO bar", "--strike", "pizza", "--why")
    assert "conflict" not in out and out.count("(struck out)") == 1
    assert "--strike pizza: no evidence rests on such a line" in err and "--strike TOKYO" not in err
    page = json.loads(run("locate", *photos, "--strike", "hund", "--json")[1])
    assert page["photos"][0]["best"]["country_code"] == "JP" and page["photos"][1]["best"] is None
    assert [clue["struck"] for clue in page["photos"][1]["clues"]] == [True]


def test_a_prior_from_a_table_of_geotags(run, signs, tmp_path, tiny_model):
    table = tmp_path / "mine.csv"
    table.write_text("photo_id,latitude,longitude\n" + "".join(f"{n},55.68,12.57\n" for n in range(400)))
    photo = signs("red.png")
    page = json.loads(run("locate", *photo, "--prior", table, "--json", "--answer-always")[1])
    assert page["prior"] == f"where the photos of {table} were taken"
    assert page["photos"][0]["best"]["country_code"] == "DK"
    assert f"a prior: where the photos of {table} were taken" in run("locate", *photo, "--prior", table)[2]
    status, out, err = run("locate", *photo, "--prior", table, "--model", tiny_model)
    assert status == 2 and out == "" and "a prior is for answers without a model" in err and err.count("\n") == 1
    (tmp_path / "none.csv").write_text("photo_id,latitude,longitude\n1,0.0,0.0\n")
    status, _, err = run("locate", *photo, "--prior", tmp_path / "none.csv")
    assert status == 2 and "none.csv" in err and "on land" in err


def test_beside_a_model_signs_join_and_can_be_left_out(run, signs, tiny_model):
    (dog,) = signs("dog.png")
    page = json.loads(run("locate", dog, "--model", tiny_model, "--json")[1])
    assert (page["signs"], page["clock"], "prior" in page) == (True, True, False)
    assert page["photos"][0]["best"]["country_code"] == "DK"
    assert page["photos"][0]["conflict"].startswith("the text says Denmark, the picture says ")
    _, out, err = run("locate", dog, "--model", tiny_model)
    assert out.count("conflict: ") == 1 and err == ""
    page = json.loads(run("locate", dog, "--model", tiny_model, "--json", "--no-signs", "--no-clock")[1])
    assert (page["signs"], page["clock"]) == (False, False) and "clues" not in page["photos"][0]
    assert page["photos"][0]["best"]["country_code"] == "FR"


def test_a_library_without_a_model_rests_on_no_text(run, signs, tmp_path):
    for options in (["--signs"], ["--why"], ["--strike", "x"]):
        for model in ([], ["--model", "none"]):
            status, out, err = run("locate", *signs("dog.png"), "--library", tmp_path, *model, *options)
            assert status == 2 and out == "" and "a match rests on no text" in err


def test_without_model_and_text_nothing_is_tried(run, signs):
    status, out, err = run("locate", *signs("dog.png"), "--model", "none", "--no-signs")
    assert status == 2 and out == "" and err.count("\n") == 1 and "photoplanet train" in err


@pytest.fixture
def trip(signs, tmp_path):
    """A table of three photos, a minute and a half between them; the middle one shows a Danish sign."""
    signs("red.png", "dog.png", "red2.png")
    rows = ["photo_id,path,taken_at"]
    rows += [f"{n},{name},2024-05-01T10:0{n}:30" for n, name in enumerate(("red.png", "dog.png", "red2.png"))]
    table = tmp_path / "trip.csv"
    table.write_text("\n".join(rows))
    return table


def test_an_album_without_a_model_is_placed_by_its_signs(run, trip, tmp_path):
    options = ["--csv", tmp_path / "a.csv", "--gpx-out", tmp_path / "a.gpx", "--map", tmp_path / "a.html", "--why"]
    status, out, err = run("album", trip, *options)
    assert status == 0 and out.count("Denmark") >= 6 and "no model: answers rest on" in err
    assert out.count("nothing that can be read; placed by the photos around it") == 2
    assert "1 of 3 photos show text" in err
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    assert [row["country_code"] for row in rows] == ["DK"] * 3
    assert [bool(row["why"]) for row in rows] == [False, True, False]
    assert (tmp_path / "a.gpx").read_text().count("language: hund (+") == 1
    assert (tmp_path / "a.html").read_text().count("data:image/jpeg;base64,") == 3, "small pictures of all"
    page = json.loads(run("album", trip, "--json")[1])
    assert (page["model"], page["signs"]) == ("no model", True)
    assert [len(photo["clues"]) for photo in page["albums"][0]["photos"]] == [0, 1, 0]


def test_an_album_can_do_without_its_signs(run, trip, tiny_model):
    page = json.loads(run("album", trip, "--json", "--strike", "hund")[1])
    assert all(photo["best"] is None for photo in page["albums"][0]["photos"])
    page = json.loads(run("album", trip, "--json", "--model", tiny_model, "--no-signs", "--no-clock")[1])
    assert all("clues" not in photo for photo in page["albums"][0]["photos"])


def test_explain_outlines_the_text_and_needs_no_model_for_it(run, signs, tmp_path, tiny_model):
    (dog,) = signs("dog.png")
    status, out, err = run("explain", dog, "-o", tmp_path / "text.png")
    assert status == 0 and "Denmark" in out.splitlines()[0] and "bits  language  hund" in out and "no model: " in err
    with Image.open(tmp_path / "text.png") as picture:
        narrow = picture.width
    page = json.loads(run("explain", dog, "--json")[1])
    assert page["model"] == "no model" and page["clues"][0]["boxes"] and "supports" not in page
    assert run("explain", dog, "--array", tmp_path / "a.npy")[0] == 2
    _, out, _ = run("explain", dog, "--model", tiny_model, "--positions", 2, "-o", tmp_path / "both.png")
    assert "speaks for it" in out and "evidence:" in out and "conflict: the text says Denmark" in out
    page = json.loads(run("explain", dog, "--model", tiny_model, "--positions", 2, "--json")[1])
    assert "supports" in page and page["clues"][0]["says"] == "hund"
    _, out, _ = run("explain", dog, "--model", tiny_model, "--positions", 2, "--no-signs", "-o", tmp_path / "heat.png")
    assert "evidence" not in out
    with Image.open(tmp_path / "both.png") as both, Image.open(tmp_path / "heat.png") as heat:
        assert both.width > heat.width and narrow < heat.width
        red = [both.getpixel((x, y)) for x in range(heat.width, both.width) for y in range(0, 400, 2)]
        assert (200, 30, 70) in red


def test_evaluate_measures_signs_only_where_asked(run, signs, tmp_path, tiny_model):
    signs("dog.png", "red.png")
    table = tmp_path / "truth.csv"
    table.write_text("photo_id,path,latitude,longitude\n1,dog.png,55.68,12.57\n2,red.png,48.86,2.35\n")

    def country(*options):
        page = json.loads(run("evaluate", table, "--json", *options)[1])
        return page["accuracy"]["country"], page.get("signs", False)

    assert country("--model", tiny_model) == (0.5, False)
    assert country("--model", tiny_model, "--signs") == (1.0, True)
    assert country("--model", "none")[1] is True
    import photoplanet as pp

    assert pp.load(tiny_model).evaluate(table)["accuracy"]["country"] == 0.5
    assert pp.load(tiny_model).evaluate(table, signs=True)["accuracy"]["country"] == 1.0
