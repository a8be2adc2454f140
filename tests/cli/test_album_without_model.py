"""`photoplanet album` without a model: known places, times and dates in names place the rest of a library."""

import csv
import json
from functools import partial

import pytest
from PIL import Image

from photoplanet.albums.movement import looks


@pytest.fixture
def run(run):
    """A function: `run(…)` → exit status, stdout, stderr of `photoplanet album …`."""
    return partial(run, "album")


@pytest.fixture(autouse=True)
def without_looks(monkeypatch):
    """No encoder, as where the extra is not installed; the one test of looks undoes this."""
    monkeypatch.setattr(looks, "is_installed", lambda: False)


@pytest.fixture
def library(tmp_path):
    """Six photos of three days by the dates in their names, four with places in a table; one photo has no date."""
    places = {
        "2024-05-01 a.jpg": (48.86, 2.35), "2024-05-01 b.jpg": (48.86, 2.35), "2024-05-01 c.jpg": None,
        "2024-05-02 d.jpg": None, "2024-05-03 e.jpg": (48.86, 2.35), "2024-05-03 f.jpg": (45.76, 4.84),
        "untitled.jpg": None,
    }  # fmt: skip
    for number, name in enumerate(places):
        Image.new("RGB", (32, 32), (40 * number, 99, 200)).save(tmp_path / name)
    with (tmp_path / "photos.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("path", "latitude", "longitude"))
        rows.writerows((name, *(place or ("", ""))) for name, place in places.items())
    return tmp_path / "photos.csv"


def records(out):
    return {record["file"].rpartition("/")[2]: record for album in json.loads(out)["albums"]
            for record in album["photos"]}  # fmt: skip


def test_a_fresh_install_places_a_library_and_says_how(run, library):
    status, out, err = run(library, "--precision", "street", "--json")
    assert status == 0 and "no model: located by known places and times; known places with a time: 4" in err
    found = records(out)
    assert json.loads(out)["method"] == "movement" and json.loads(out)["model"] == "no model"
    assert (found["2024-05-01 c.jpg"]["best"]["latitude"], found["2024-05-01 c.jpg"]["kind"]) == (48.86, "estimated")
    assert found["2024-05-01 c.jpg"]["taken_at"] == "2024-05-01"
    same_day, next_day = (found[name]["region"]["radius_km"] for name in ("2024-05-01 c.jpg", "2024-05-02 d.jpg"))
    assert same_day < next_day and found["2024-05-03 f.jpg"]["kind"] == "own GPS"


def test_known_places_stay_as_they_are(run, library):
    found = records(run(library, "--json")[1])
    best = found["2024-05-03 f.jpg"]["best"]
    assert (best["latitude"], best["longitude"], best["confidence"]) == (45.76, 4.84, 1.0)


def test_a_photo_without_any_time_has_no_answer(run, library):
    _, out, err = run(library, "--json")
    assert records(out)["untitled.jpg"]["best"] is None and records(out)["untitled.jpg"]["abstains"]
    assert "1 of 7 photos: no time, and no date in the name (untitled.jpg)" in err
    assert records(run(library, "--json", "--answer-always")[1])["untitled.jpg"]["best"] is not None


def test_without_known_places_there_is_no_answer(run, library):
    status, out, _ = run(library, "--no-anchors")
    assert status == 0 and out.count("no answer") == 7


def test_places_are_written_beside_photos_and_taken_back(run, library):
    status, out, _ = run(library, "--write", "xmp")
    sidecar = library.with_name("2024-05-01 c.jpg.xmp")
    assert status == 0 and "2 geotags written" in out and "estimate, movement, no model" in sidecar.read_text("utf-8")
    assert run(library.parent, "--undo")[0] == 0 and not sidecar.exists()


def test_every_output_has_all_photos(run, library, tmp_path):
    outputs = [tmp_path / name for name in ("out.csv", "out.geojson", "out.gpx", "out.html")]
    options = zip(("--csv", "--geojson", "--gpx-out", "--map"), outputs, strict=True)
    status, _, _ = run(library, *(each for pair in options for each in pair))
    assert status == 0
    assert all("2024-05-02 d.jpg" in each.read_text("utf-8") for each in (outputs[0], outputs[1], outputs[3]))


def test_an_area_cuts_what_times_say(run, library):
    found = records(run(library, "--within", "FR", "--json")[1])["2024-05-02 d.jpg"]
    assert found["best"]["country_code"] == "FR" and found["within"]["inside_before"] < 1


def test_a_photo_that_cannot_be_read_is_named_and_placed_by_its_neighbours(run, library):
    library.with_name("2024-05-01 c.jpg").write_bytes(b"no photo")
    status, out, err = run(library, "--json")
    record = records(out)["2024-05-01 c.jpg"]
    assert status == 0 and "c.jpg" in err and record["kind"] == "neighbours" and record["best"] is not None


def test_a_chosen_model_is_named_and_none_leaves_it_out(run, library, tiny_model, monkeypatch):
    from photoplanet.models import installed

    monkeypatch.setattr(installed, "default", lambda: str(tiny_model))
    err = run(library)[2]
    assert "located with your model" in err and "--model none" in err
    assert "no model: located by known places" in run(library, "--model", "none")[2]


def test_another_method_is_used_where_it_is_asked_for(run, library):
    status, out, err = run(library, "--model", "none", "--method", "timed-hmm", "--json")
    assert status == 0 and json.loads(out)["method"] == "timed-hmm" and "no model: located" not in err


def test_looks_choose_where_the_encoder_is_installed(run, library, monkeypatch):
    monkeypatch.setattr(looks, "is_installed", lambda: True)
    status, _, err = run(library)
    assert status == 0 and "and by looks (lite0)" in err
