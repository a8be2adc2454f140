"""What stands beside the pixels is read alike by every command, of every format, and of photos too large to decode."""

import csv
import json

import film_files
import jxl_files
import pillow_heif
import pytest
import raw_files
from pictures import encoded
from PIL import Image

from photoplanet.metadata import exif_writer

PLACE, TAKEN = (46.5, 7.25), "2024-05-01T12:00:00"
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF", "JPEG XL", "packed JPEG XL", "film", *raw_files.KINDS)
LIMITS = {"as they are": 10**6, "too large to decode": 100}


@pytest.fixture
def photos(tmp_path):
    """A folder with a photo of each format, all of one place and time (raw files: another place)."""
    folder = tmp_path / "all"
    folder.mkdir()
    pillow_heif.register_heif_opener()
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"):
        data = encoded(Image.new("RGB", (60, 40), (0, 200, 0)), kind, exif=exif_writer.gps_bytes(*PLACE, TAKEN))
        (folder / f"{kind}.{'heic' if kind == 'HEIF' else kind.lower()}").write_bytes(data)
    for packed in (False, True):
        data = jxl_files.jxl(Image.new("RGB", (60, 40)), exif=exif_writer.gps_bytes(*PLACE, TAKEN), packed=packed)
        (folder / f"{'packed' if packed else 'plain'}.jxl").write_bytes(data)
    film = film_files.film(film_files.apple(film_files.APPLE), size=(64, 48))
    (folder / "film.mov").write_bytes(film)
    for ending, raw in raw_files.KINDS.items():
        (folder / f"raw{ending}").write_bytes(raw())
    return folder


def expected(name):
    return (48.8583, 2.2944) if name.startswith("raw") else PLACE


@pytest.mark.parametrize("limit", LIMITS.values(), ids=LIMITS)
def test_every_command_reads_place_and_time_of_every_format(run, photo, photos, tiny_model, tmp_path, limit):
    table = tmp_path / "photos.csv"
    status, _, err = run("index", photos, "-o", table, "--max-pixels", limit)
    assert status == 0, err
    indexed = {row["path"].rpartition("/")[2]: row for row in csv.DictReader(table.read_text("utf-8").splitlines())}
    options = ["--model", tiny_model, "--json", "--max-pixels", limit, "--no-signs"]
    located = json.loads(run("locate", photos, *options)[1])
    places = {each["file"].rpartition("/")[2]: each["own_gps"] for each in located["photos"] + located["failed"]}
    albums = json.loads(run("album", photos, *options)[1])["albums"]
    shots = {each["file"].rpartition("/")[2]: each for album in albums for each in album["photos"]}
    asked = [photo("red"), "--library", photos, "--by", "embedding", "--all", "--top", 1000]
    like = json.loads(run("similar", *asked, "--index", tmp_path / "index", *options[:-1])[1])
    matches = {each["photo_id"]: each for found in like["photos"] for each in found["matches"]}
    names = {path.name for path in photos.iterdir()}
    assert set(indexed) == set(places) == set(shots) == names and len(names) == len(FORMATS)
    for name in names:
        own, shot, row = places[name], shots[name], indexed[name]
        found = [(own["latitude"], own["longitude"]), (shot["best"]["latitude"], shot["best"]["longitude"])]
        assert shot["taken_at"].startswith(TAKEN) and shot["kind"] == "own GPS"
        found.append((float(row["latitude"]), float(row["longitude"])))
        assert row["taken_at"].startswith(TAKEN) and int(row["width"]) * int(row["height"]) > 100
        if name in matches:
            found.append((matches[name]["latitude"], matches[name]["longitude"]))
        assert found == [pytest.approx(expected(name), abs=2e-4)] * len(found), name
    unread = {each["file"].rpartition("/")[2] for each in located["failed"]}
    assert unread == (names if limit == 100 else {"film.mov"}) == names - set(matches)
    assert like["index"]["unreadable"] == len(unread)


def test_the_limit_holds_for_one_command_and_says_what_it_is(run, photo, tiny_model):
    status, _, err = run("locate", photo("red"), "--model", tiny_model, "--max-pixels", 100)
    assert status == 2 and "40 × 30 pixels, the limit is 100" in err
    assert run("locate", photo("red"), "--model", tiny_model)[0] == 0
