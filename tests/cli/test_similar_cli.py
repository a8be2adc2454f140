"""`photoplanet similar` as it is typed: the matches, 'no match', the page, JSON, CSV, and wrong input."""

import csv
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from pictures import scene, view
from PIL import Image

from photoplanet.metadata.exif_writer import gps_bytes

PARIS, SYDNEY = (48.8584, 2.2945), (-33.8568, 151.2153)


@pytest.fixture(scope="module")
def run_in(status):
    """A function: `run_in(folder, "similar", …)` → the exit status there; what is printed is left to `capsys`."""

    def call(home, *words):
        before = Path.cwd()
        os.chdir(home)
        try:
            return status(*words, "--threads", 1)
        finally:
            os.chdir(before)

    return call


@pytest.fixture(scope="module")
def built(run_in, tmp_path_factory):
    """A library of two scenes with its index, and three queries beside it."""
    home = tmp_path_factory.mktemp("similar")
    (home / "library").mkdir()
    for seed, place in ((1, PARIS), (2, SYDNEY)):
        scene(seed).save(home / "library" / f"scene{seed}.jpg", quality=92, exif=gps_bytes(*place))
    view(1).save(home / "query.jpg")
    scene(3).save(home / "stranger.jpg")
    (home / "broken.jpg").write_text("not a photo")
    run_in(home, "similar", "query.jpg", "--library", "library")
    return home


def test_the_table_names_the_photo_and_the_place_or_says_no_match(run_in, built, capsys):
    assert run_in(built, "similar", "query.jpg", "stranger.jpg", "--library", "library") == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "query.jpg" and out[2] == "  1: by a rule of thumb"
    assert out[3] == "stranger.jpg" and re.fullmatch(r"  no match(; --all lists what may match)?", out[4])
    assert len(out) == 5
    found = re.fullmatch(r"  1\. scene1\.jpg +(\d+) details agree +48\.8584, 2\.2945 +Paris, .*France", out[1])
    assert found and int(found[1]) >= 15


def test_the_first_build_tells_its_bytes_and_what_it_left_out(run_in, built, tmp_path, capsys):
    Image.new("RGB", (80, 60)).save(built / "library" / "nogps.png")
    try:
        assert run_in(built, "similar", "query.jpg", "--library", "library", "--index", str(tmp_path / "index")) == 0
    finally:
        (built / "library" / "nogps.png").unlink()
    told = capsys.readouterr().err
    assert "reading 2 photos for the index" in told and "no GPS: 1" in told
    assert re.search(r"bytes per photo, local: [\d,]+ \(features [\d,]+, words", told)
    assert not list(tmp_path.glob("*.index")) and (tmp_path / "index" / "index.json").is_file()


def test_json_has_every_fact(run_in, built, capsys):
    assert (
        run_in(built, "similar", "query.jpg", "broken.jpg", "--library", "library", "--json", "--precision", "street")
        == 0
    )
    answer = json.loads(capsys.readouterr().out)
    (match,) = answer["photos"][0]["matches"]
    assert (match["latitude"], match["longitude"]) == pytest.approx(PARIS, abs=1e-4)
    assert match["trusted"] is True and match["inliers"] >= 15 and match["country_code"] == "FR"
    assert match["chance"] >= 0.95 and "like_it" not in match and answer["photos"][0]["may_match"] <= 1
    assert answer["index"]["photos"] == 2 and answer["index"]["bytes_per_photo"]["local"]["features"] > 1000
    assert [each["file"] for each in answer["failed"]] == ["broken.jpg"]


def test_coordinates_are_rounded_where_that_is_asked_for(run_in, built, capsys):
    run_in(built, "similar", "query.jpg", "--library", "library", "--json", "--precision", "city")
    match = json.loads(capsys.readouterr().out)["photos"][0]["matches"][0]
    assert (match["latitude"], match["longitude"]) == (48.9, 2.3)


def test_the_photo_itself_is_named_and_passed_over_unless_wanted(run_in, built, capsys):
    assert run_in(built, "similar", "library/scene1.jpg", "--library", "library") == 0
    shown = capsys.readouterr()
    assert "is itself in the library" in shown.err and "no match" in shown.out
    run_in(built, "similar", "library/scene1.jpg", "--library", "library", "--with-itself")
    assert "1. scene1.jpg" in capsys.readouterr().out


def test_all_lists_the_nearest_and_says_that_nothing_is_proven(run_in, built, capsys):
    assert run_in(built, "similar", "stranger.jpg", "--library", "library", "--all") == 0
    out = capsys.readouterr().out
    assert re.search(r"\d+ agree, may match|nothing agrees", out) and "no match" not in out


def test_the_page_works_offline_and_escapes_names(run_in, built, tmp_path):
    name = "<b>&query.jpg"
    (tmp_path / name).write_bytes((built / "query.jpg").read_bytes())
    page, picture = tmp_path / "page.html", tmp_path / "picture.png"
    words = ("similar", str(tmp_path / name), str(built / "stranger.jpg"), "--library", "library")
    assert run_in(built, *words, "--show", str(page)) == run_in(built, *words, "--show", str(picture)) == 0
    text = page.read_text()
    assert "&lt;b&gt;&amp;query.jpg" in text and "<b>" not in text
    assert text.count('src="data:image/jpeg;base64,') == 1 and "no match" in text and "Paris" in text
    assert not re.search(r"https?://", text)
    with Image.open(picture) as shown:
        assert shown.format == "PNG" and np.asarray(shown.convert("RGB")).std() > 10
    assert run_in(built, *words, "--show", str(picture)) == 2  # could be somebody's photo


def test_csv_has_a_row_for_each_match_and_for_each_photo_without(run_in, built, tmp_path):
    out = tmp_path / "out.csv"
    run_in(built, "similar", "query.jpg", "stranger.jpg", "broken.jpg", "--library", "library", "--csv", str(out))
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["file"], row["photo_id"]) for row in rows] == [
        ("query.jpg", "scene1.jpg"), ("stranger.jpg", ""), ("broken.jpg", "")]  # fmt: skip
    assert "not a JPEG" in rows[2]["error"]


WRONG = {
    "no such folder": (("query.jpg", "--library", "nowhere"), "no such folder or table"),
    "a library that is a photo": (("query.jpg", "--library", "query.jpg"), "query.jpg"),
    "nothing readable": (("broken.jpg", "--library", "library"), "1 of 1 photos could not be read"),
    "a model for local features": (("query.jpg", "--library", "library", "--model", "toy"), "need no model"),
    "no model for an embedding": (("query.jpg", "--library", "library", "--by", "embedding"), "no model is chosen"),
    "no photo": (("--library", "library"), "no photo is named"),
    "a strange page": (("query.jpg", "--library", "library", "--show", "x.gif"), ".html"),
    "over a photo": (("query.jpg", "--library", "library", "--csv", "query.jpg"), "query.jpg"),
    "an empty index, as it is": (("query.jpg", "--library", "library", "--index", "new", "--no-update"), "no index"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_input_takes_one_line_and_status_2(run_in, built, capsys, what):
    words, told = WRONG[what]
    before = (built / "query.jpg").read_bytes()
    assert run_in(built, "similar", *words) == 2
    assert told in capsys.readouterr().err
    assert (built / "query.jpg").read_bytes() == before


def test_an_empty_folder_is_said_to_be_empty(run_in, built, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert run_in(built, "similar", "query.jpg", "--library", str(tmp_path / "empty")) == 0
    shown = capsys.readouterr()
    assert "no photo with a place" in shown.err and "no match" in shown.out


def test_by_embedding_lists_distances(run_in, built, tiny_model, capsys):
    words = ("similar", "query.jpg", "--library", "library", "--by", "embedding", "--model", str(tiny_model))
    assert run_in(built, *words) == 0
    shown = capsys.readouterr()
    assert len(re.findall(r"\d\. scene\d\.jpg +distance 0\.\d{3}", shown.out)) == 2
    assert re.search(r"bytes per photo, embedding int8 of tiny: \d+ \(vectors 3, index", shown.err)
    assert "bytes per photo, local" in shown.err  # the other index that is there


def test_a_page_of_pairs_ends_after_60(run_in, built, photo, tiny_model, tmp_path, capsys):
    names, page = tmp_path / "names.txt", tmp_path / "pairs.html"
    names.write_text(f"{photo('red')}\n" * 61)
    words = ("similar", "--library", "library", "--by", "embedding", "--model", tiny_model, "--top", 1)
    assert run_in(built, *words, "--files-from", names, "--show", page) == 0
    assert f"{page}: shows the first 60 pairs only" in capsys.readouterr().err
    assert page.read_text(encoding="utf-8").count("<figure>") == 60
