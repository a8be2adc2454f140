"""--within and --not-within on the command line."""

import csv
import json

import pytest
from PIL import Image

from photoplanet.metadata.exif_writer import gps_bytes

BOX = '{"type":"Polygon","coordinates":[[[-5,42],[8,42],[8,50],[-5,50],[-5,42]]]}'


@pytest.fixture
def trip(tmp_path):
    """A photo of red (Paris 73 %, Brussels 27 %), and one with GPS in London."""
    folder = tmp_path / "trip"
    folder.mkdir()
    Image.new("RGB", (40, 30), (255, 0, 0)).save(folder / "1.jpg", quality=95)
    Image.new("RGB", (40, 30), (255, 0, 0)).save(folder / "2.jpg", exif=gps_bytes(51.5, -0.1))
    return folder


def test_the_table_says_how_much_lay_inside(run, photo, tiny_model):
    status, out, err = run("locate", photo("red"), "--model", tiny_model, "--within", "BE")
    head, line = out.splitlines()
    assert status == 0 and "inside" in head.split() and "Belgium" in line and "25 %" in line and err == ""
    _, out, _ = run("locate", photo("red"), "--model", tiny_model, "--not-within", "48.9,2.4,200", "--top", 2)
    assert "Belgium" in out.splitlines()[1]


def test_an_area_against_which_the_photo_speaks_is_doubted(run, photo, tiny_model):
    status, out, err = run("locate", photo("green"), "--model", tiny_model, "--within", "JP", "--answer-always")
    assert status == 0 and "Japan" in out
    assert "1 of 1 photo: hardly any of the answer lay inside Japan; doubt the area or the model" in err


def test_files_say_the_same(run, photo, tiny_model, tmp_path):
    area, table, places = tmp_path / "here.geojson", tmp_path / "w.csv", tmp_path / "w.geojson"
    area.write_text(BOX)
    options = ("--model", tiny_model, "--within", area, "--csv", table, "--geojson", places)
    assert run("locate", photo("red"), *options)[0] == 0
    found = json.loads(run("locate", photo("red"), *options[:4], "--json")[1])
    given = found["photos"][0]["within"]
    assert found["within"] == given["area"] == "here.geojson" and 0.7 < given["inside_before"] < 0.75
    with table.open() as file:
        assert float(next(csv.DictReader(file))["inside_before"]) == given["inside_before"]
    written = json.loads(places.read_text())
    assert written["within"] == "here.geojson" and written["features"][0]["properties"]["within"] == given


def test_several_areas_and_what_is_wrong_with_one(run, photo, tiny_model):
    found = json.loads(run("locate", photo("red"), "--model", tiny_model, "--within", "DE,BE", "--within", "FR",
                           "--json")[1])  # fmt: skip
    assert found["within"] == "Germany or Belgium or France"
    for area, words in (("Germny", "did you mean Germany"), ("48,6,45,14", "south first"),
                        ("AQ", "none of the 5 cells"), ("none.geojson", "No such file")):  # fmt: skip
        status, out, err = run("locate", photo("red"), "--model", tiny_model, "--within", area)
        assert status == 2 and out == "" and words in err and err.count("\n") == 1


def test_an_album_keeps_known_places_outside_and_names_them(run, trip, tiny_model):
    status, out, err = run("album", trip, "--model", tiny_model, "--within", "FR")
    lines = [line for line in out.splitlines() if ".jpg" in line]
    assert status == 0 and len(lines) == 2
    assert "1 of 2 photos: the known place is not inside France; it stays as it is" in err
    (known,) = (line for line in lines if "own GPS" in line)
    (other,) = (line for line in lines if "own GPS" not in line)
    assert "United Kingdom" in known and "not inside France" in known and "France" in other and "% inside" in other
    found = json.loads(run("album", trip, "--model", tiny_model, "--within", "FR", "--json")[1])
    assert found["within"] == "France"


def test_an_album_agrees_on_a_place_in_the_area(run, tmp_path, tiny_model):
    """Apart, each says Paris with 73 %; in Belgium, all say Brussels, and how much of that lay inside before."""
    for number in (1, 2, 3):
        Image.new("RGB", (40, 30), (255, 0, 0)).save(tmp_path / f"{number}.jpg", quality=95)
    found = json.loads(run("album", tmp_path, "--model", tiny_model, "--within", "BE", "--json")[1])
    for photo in found["albums"][0]["photos"]:
        assert photo["best"]["country_code"] == "BE" and 0 < photo["within"]["inside_before"] < 0.5


def test_matches_elsewhere_are_left_out_and_counted(run, trip, tmp_path, tiny_model):
    library = tmp_path / "library"
    library.mkdir()
    for name, place in (("paris", (48.86, 2.35)), ("london", (51.5, -0.1))):
        Image.effect_noise((96, 96), 60).save(library / f"{name}.jpg", exif=gps_bytes(*place))
    options = ("--library", library, "--by", "embedding", "--model", tiny_model, "--within", "FR")
    status, out, _ = run("similar", trip / "1.jpg", *options)
    assert status == 0 and "paris.jpg" in out and "london.jpg" not in out and "left out: 1" in out
    found = json.loads(run("similar", trip / "1.jpg", *options, "--json")[1])
    assert found["photos"][0]["outside"] == 1
    located = json.loads(run("locate", trip / "1.jpg", "--library", library, "--model", tiny_model, "--within", "FR",
                             "--json")[1])  # fmt: skip
    assert located["photos"][0]["like"] == "paris.jpg" and located["photos"][0]["within"]["area"] == "France"
    outside = json.loads(run("locate", trip / "1.jpg", "--library", library, "--model", tiny_model, "--within", "BE",
                             "--json")[1])  # fmt: skip
    assert outside["photos"][0]["best"]["country_code"] == "BE"


def test_the_cell_that_is_explained_lies_in_the_area(run, photo, tiny_model):
    found = json.loads(run("explain", photo("red"), "--model", tiny_model, "--positions", 2, "--within", "BE",
                           "--json")[1])  # fmt: skip
    assert "Belgium" in found["place"]
