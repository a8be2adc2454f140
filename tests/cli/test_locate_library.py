"""`photoplanet locate --library`: without a model by proven matches, with one by the combined readout."""

import csv
import json
import re

import pytest
from evidence import show
from pictures import scene
from PIL import Image

from photoplanet.metadata.exif_writer import gps_bytes
from photoplanet.photos import table

SYDNEY = (-33.8568, 151.2153)


@pytest.fixture
def home(tmp_path):
    """Two photos of one scene a little apart in a library, and queries beside it."""
    (tmp_path / "library").mkdir()
    for turn in (0, 3):
        place = (SYDNEY[0] + 0.002 * turn / 3, SYDNEY[1])
        picture = scene(1).rotate(turn, Image.Resampling.BICUBIC, fillcolor="white")
        picture.save(tmp_path / "library" / f"turned{turn}.jpg", quality=92, exif=gps_bytes(*place))
    scene(1).rotate(-3, Image.Resampling.BICUBIC, fillcolor="white").save(tmp_path / "query.jpg")
    scene(2).save(tmp_path / "stranger.jpg")
    (tmp_path / "broken.jpg").write_text("no")
    return tmp_path


def test_without_a_model_it_answers_by_matches_or_says_no_match(status, home, capsys):
    photos = [home / name for name in ("query.jpg", "stranger.jpg", "broken.jpg")]
    out = home / "out.csv"
    assert status("locate", *photos, "--library", home / "library", "--csv", out) == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert re.search(r"query\.jpg +Sydney, .*-33\.8568, 151\.2153 .*2 within 0\.\d+ km; by a rule of thumb$", lines[1])
    assert re.search(r"stranger\.jpg +no match$", lines[2]) and len(lines) == 3
    assert "broken.jpg" in shown.err
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["latitude"] for row in rows] == ["-33.8568", "", ""] and rows[1]["abstains"] == "true"
    assert float(rows[0]["chance"]) >= 0.95

    truth = [
        {"photo_id": str(path), "path": str(path), "latitude": SYDNEY[0], "longitude": SYDNEY[1]} for path in photos
    ]
    table.write(table.from_rows(truth), home / "truth.csv")
    assert status("score", out, home / "truth.csv", "--json") == 0
    assert '"photos": 3' in capsys.readouterr().out  # `score` takes the file as it is

    assert status("locate", *photos, "--library", home / "library", "--json", "--precision", "street") == 0
    answer = json.loads(capsys.readouterr().out)
    best = answer["photos"][0]["best"]
    assert (best["latitude"], best["longitude"]) == pytest.approx(SYDNEY, abs=0.0021) and best["spread_km"] < 0.23
    assert {match["photo_id"] for match in answer["photos"][0]["matches"]} == {"turned0.jpg", "turned3.jpg"}
    assert answer["photos"][1]["best"] is None and answer["failed"][0]["file"].endswith("broken.jpg")

    assert status("locate", photos[2], "--library", home / "library") == 2
    assert status("locate", photos[0], "--library", home / "library", "--map", home / "map.html") == 2
    assert "--by embedding" in capsys.readouterr().err


def test_with_a_model_the_point_is_that_of_the_photo_that_looks_alike(status, photo, tiny_model, tmp_path, capsys):
    rows = [{"photo_id": "near-the-tower", "path": str(photo("red")), "latitude": 48.8584, "longitude": 2.2945},
            {"photo_id": "bay", "path": str(photo("blue")), "latitude": SYDNEY[0], "longitude": SYDNEY[1]}]  # fmt: skip
    source = table.write(table.from_rows(rows), tmp_path / "library.csv")
    Image.new("RGB", (50, 50), (254, 1, 1)).save(tmp_path / "query.png")
    words = (tmp_path / "query.png", "--model", tiny_model, "--precision", "street", "--json")
    assert status("locate", *words, "--library", source) == 0
    answer = json.loads(capsys.readouterr().out)
    best = answer["photos"][0]["best"]
    assert (best["latitude"], best["longitude"]) == (48.8584, 2.2945)
    assert answer["by"] == "embedding" and answer["photos"][0]["like"] == "near-the-tower"
    assert answer["photos"][0]["readout"] == "combined"
    assert answer["index"]["bytes_per_photo"] == {"embedding int8 of tiny": {"vectors": 3.0, "index (int8)": 67.0}}
    assert status("locate", *words) == 0
    alone = json.loads(capsys.readouterr().out)["photos"][0]
    assert (alone["best"]["latitude"], alone["best"]["longitude"]) != (48.8584, 2.2945) and "like" not in alone


def test_with_a_model_a_sign_from_outside_its_cells_outweighs_photos_that_look_alike(
    status, photo, tiny_model, tmp_path, capsys, monkeypatch
):
    show(monkeypatch, {"sign": ["din hund"]})
    photo("red", "library/1.png")
    (tmp_path / "library.csv").write_text("photo_id,path,latitude,longitude\n1,library/1.png,48.8,2.3\n")
    arguments = ["locate", photo("red", "sign.png"), photo("red", "plain.png"), "--model", tiny_model]
    assert status(*arguments, "--library", tmp_path / "library.csv", "--with-itself", "--json") == 0
    sign, plain = json.loads(capsys.readouterr().out)["photos"]
    assert sign["best"]["country_code"] == "DK" and sign["like"] is None
    assert plain["best"]["country_code"] == "FR" and plain["like"] == "1"


def test_a_default_model_does_not_change_how_a_library_is_searched(status, home, tiny_model, capsys, monkeypatch):
    from photoplanet.models import installed

    monkeypatch.setattr(installed, "default", lambda: str(tiny_model))
    query, held = home / "query.jpg", home / "library"
    assert status("locate", query, "--library", held) == 0
    shown = capsys.readouterr()
    assert "2 within 0." in shown.out and "--by embedding searches it by the default model" in shown.err
    assert status("locate", query, "--library", held, "--by", "local") == 0
    shown = capsys.readouterr()
    assert "2 within 0." in shown.out and "default model" not in shown.err
    assert status("locate", query, "--library", held, "--by", "embedding", "--json") == 0
    shown = capsys.readouterr()
    kinds = json.loads(shown.out)["index"]["bytes_per_photo"]
    assert any(kind.startswith("embedding") for kind in kinds) and "default model" not in shown.err


def test_what_by_does_not_go_with_is_refused(status, home, tiny_model, capsys):
    query = home / "query.jpg"
    assert status("locate", query, "--library", home / "library", "--by", "local", "--model", tiny_model) == 2
    assert "--model is for --by embedding" in capsys.readouterr().err
    assert status("locate", query, "--by", "local") == 2
    assert "give it with --library" in capsys.readouterr().err
