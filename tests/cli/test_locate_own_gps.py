"""A photo's own GPS: shown first, as what it is, in every output, and of no effect on the answer."""

import csv
import json
import re
import shutil

import pytest
from PIL import Image

from photoplanet.metadata import exif_writer, geotags
from photoplanet.metadata.estimate import Estimate

EIFFEL = (48.858412, 2.294478)


@pytest.fixture
def green(tmp_path):
    """A photo of which the tiny model says Rio, whose EXIF says Paris."""
    path = tmp_path / "green.jpg"
    Image.new("RGB", (40, 30), (0, 255, 0)).save(path, quality=95, exif=exif_writer.gps_bytes(*EIFFEL))
    return path


@pytest.fixture
def broken(tmp_path, green):
    """The same, whose pixels are cut off."""
    path = tmp_path / "broken.jpg"
    Image.effect_noise((400, 300), 90).save(path, exif=exif_writer.gps_bytes(*EIFFEL))
    path.write_bytes(path.read_bytes()[:-9000])
    return path


def test_the_table_shows_it_first_and_the_estimate_with_its_distance(run, green, tiny_model):
    status, out, _ = run("locate", green, "--model", tiny_model)
    head, own, estimate = out.splitlines()
    assert status == 0 and head.startswith("photo")
    assert "green.jpg  Paris, Île-de-France, France" in own and "48.8584, 2.2945" in own
    assert re.search(r"own GPS \(EXIF\), unproven; 9,1\d\d km from the estimate$", own)
    assert estimate.startswith("  ") and "Brazil" in estimate and "-22.9, -43.2" in estimate


def test_it_changes_nothing_in_the_answer(run, green, photo, tiny_model):
    plain = json.loads(run("locate", photo("green"), "--model", tiny_model, "--json")[1])["photos"][0]
    own = json.loads(run("locate", green, "--model", tiny_model, "--json")[1])["photos"][0]
    assert list(own)[:2] == ["file", "own_gps"] and "own_gps" not in plain
    assert own["best"]["place"] == plain["best"]["place"] and own["abstains"] == plain["abstains"]
    stated = own["own_gps"]
    assert (stated["latitude"], stated["longitude"], stated["source"]) == (48.8584, 2.2945, "EXIF")
    assert stated["place"] == "Paris, Île-de-France, France" and 9000 < stated["distance_km"] < 9300


def test_a_sidecar_is_named_and_an_estimate_of_ours_is_no_place(run, photo, tiny_model, tmp_path):
    path = photo("green", "a.png")
    list(geotags.write([(path, Estimate(1, 2, 10))]))
    assert "own GPS" not in run("locate", path, "--model", tiny_model)[1]
    (tmp_path / "a.png.xmp").unlink()
    (tmp_path / "a.xmp").write_text(
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="41,54.0N" '
        'exif:GPSLongitude="12,30.0E"/></rdf:RDF></x:xmpmeta>'
    )
    assert "own GPS (a.xmp), unproven" in run("locate", path, "--model", tiny_model)[1]


def test_files_and_the_map_have_it(run, green, broken, tiny_model, tmp_path):
    table, shapes, page = (tmp_path / name for name in ("w.csv", "w.geojson", "w.html"))
    options = ["--csv", table, "--geojson", shapes, "--map", page]
    status, out, err = run("locate", green, broken, "--model", tiny_model, *options)
    assert status == 0 and "broken.jpg" in err
    first, second = list(csv.DictReader(table.read_text("utf-8").splitlines()))
    assert first["own_latitude"] == second["own_latitude"] == "48.8584" and first["own_source"] == "EXIF"
    assert float(first["own_km"]) > 9000 and second["own_km"] == "" and second["error"]
    kinds = [each["properties"]["kind"] for each in json.loads(shapes.read_text())["features"]]
    assert kinds[0] == "own GPS" and kinds[1] == "point" and kinds[-1] == "own GPS"
    text = page.read_text("utf-8")
    assert text.count('"own":{"latitude":48.8584') == 2 and "unproven; 9,1" in text
    truth = tmp_path / "truth.csv"
    truth.write_text(f"photo_id,latitude,longitude\n{green},-22.9,-43.2\n{broken},1,2\n")
    status, out, err = run("score", table, truth, "--json")
    assert status == 0, err
    assert json.loads(out)["photos"] == 2


def test_a_photo_that_cannot_be_decoded_keeps_it(run, broken, tiny_model):
    status, out, err = run("locate", broken, "--model", tiny_model)
    assert status == 2 and "broken.jpg" in err
    assert out.splitlines()[-1].endswith("own GPS (EXIF), unproven") and "48.8584, 2.2945" in out
    failed = json.loads(run("locate", broken, "--model", tiny_model, "--json")[1])["failed"]
    assert failed[0]["own_gps"]["distance_km"] is None


def test_matches_with_a_library_come_behind_it(run, green, tmp_path):
    library = tmp_path / "library"
    library.mkdir()
    shutil.copy(green, library / "other.jpg")
    status, out, _ = run("locate", green, "--library", library, "--by", "local")
    assert status == 0 and "own GPS (EXIF), unproven" in out.splitlines()[1]
    assert out.splitlines()[2].strip().startswith("no match") and len(out.splitlines()) == 3
