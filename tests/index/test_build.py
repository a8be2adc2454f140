"""A folder → its photos with place and time, and a reason for all that is left out."""

import csv
import json

import pytest
from left_out import reasons
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.index import build
from photoplanet.metadata import geotags
from photoplanet.metadata.estimate import Estimate
from photoplanet.photos import table


def test_a_folder_gives_its_photos_and_a_reason_for_every_other(album):
    rows, left_out = build.index([album])
    found = {row["photo_id"]: row for row in rows.to_pylist()}
    assert sorted(found) == ["again.jpg", "trip/b.png", "trip/day 1/c.tiff", "trip/day 1/d.webp"]
    home = found["again.jpg"]
    assert (home["latitude"], home["longitude"]) == pytest.approx((48.85, 2.29), abs=1e-6)
    assert (home["taken_at"], home["photographer"], home["album"]) == ("2019-07-01T10:20:30+02:00", "Ann", None)
    assert (home["width"], home["height"]) == (120, 90)
    assert found["trip/b.png"]["album"] == "Photos/trip"
    assert found["trip/day 1/c.tiff"]["album"] == "Photos/trip/day 1"
    assert reasons(left_out) == {
        "home.JPG": "duplicate path", "no-gps.jpg": "no GPS", "null.jpg": "exactly 0, 0", "edit.PSD": "format not read",
        "gone.jpg": "unreadable", "empty.jpg": "empty", "text.jpg": "not a photo file", "cut.jpg": "truncated",
        "cut.png": "truncated", "bomb.png": "no GPS", "header.jpg": "unreadable",
        "script.eps.jpg": "not a photo file", "notes.txt": "sidecar or table", "._home.JPG": "hidden",
        ".hidden": "hidden",
    }  # fmt: skip
    assert all(entry["detail"] for entry in left_out)


def test_truncation_is_found_in_every_format_without_decoding_whole_files(make, tmp_path, monkeypatch):
    scene = make.scene(1, (200, 150))
    whole = {kind: make.encoded(scene, kind) for kind in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")}
    whole["HEIF"] = make.heic(scene)
    suffix = {"JPEG": "jpg", "HEIF": "heic", "TIFF": "tif"}
    for kind, data in whole.items():
        name = suffix.get(kind, kind.lower())
        (tmp_path / f"whole.{name}").write_bytes(data)
        (tmp_path / f"cut.{name}").write_bytes(data[: int(len(data) * 0.7)])
    (tmp_path / "whole-and-film.jpg").write_bytes(whole["JPEG"] + b"\0\0\0\x18ftypmp42" + bytes(500))
    rows, left_out = build.index([tmp_path], keep_without_gps=True)
    assert sorted(rows["photo_id"].to_pylist()) == [
        "whole-and-film.jpg",
        *(f"whole.{n}" for n in ("avif", "heic", "jpg", "png", "tif", "webp")),
    ]
    assert all(entry["reason"] in ("truncated", "unreadable") for entry in left_out) and len(left_out) == 6
    decoded = []
    original = Image.Image.load
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: decoded.append(1) or original(self))
    for name in ("jpg", "png"):
        build.index([tmp_path / f"whole.{name}"], keep_without_gps=True)
    assert decoded == []


def test_width_and_height_are_upright(make, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    for kind in ("JPEG", "TIFF", "PNG", "WEBP", "AVIF"):
        (tmp_path / f"{kind}.jpg").write_bytes(make.encoded(make.scene(size=(40, 30)), kind, exif=exif.tobytes()))
    (tmp_path / "h.heic").write_bytes(make.heic(make.scene(size=(64, 48)), exif=exif.tobytes()))
    rows, _ = build.index([tmp_path], keep_without_gps=True)
    sizes = {(row["width"], row["height"]) for row in rows.to_pylist()}
    assert sizes == {(30, 40), (48, 64)}


def test_a_sidecars_place_is_indexed_and_its_change_noticed(make, tmp_path):
    (tmp_path / "in").mkdir()
    photo, beside, output = tmp_path / "in" / "a.JPG", tmp_path / "in" / "A.jpg.XMP", tmp_path / "t.csv"
    photo.write_bytes(make.encoded(make.scene()))
    for latitude in (48.5, 47.25):
        beside.write_bytes(make.xmp(latitude, 2.5))
        [row] = build.index([tmp_path / "in"], output)[0].to_pylist()
        assert (row["latitude"], row["longitude"]) == (latitude, 2.5)
    (tmp_path / "list.csv").write_text("path\nin/a.JPG\n")
    assert build.index([tmp_path / "list.csv"])[0]["latitude"].to_pylist() == [47.25]
    assert build.index([photo])[0]["latitude"].to_pylist() == [47.25]
    beside.unlink()
    assert reasons(build.index([tmp_path / "in"], output)[1]) == {"a.JPG": "no GPS"}


def test_an_estimate_beside_a_photo_is_not_indexed(make, tmp_path):
    photo = tmp_path / "a.jpg"
    photo.write_bytes(make.encoded(make.scene()))
    assert [done.did for done in geotags.write([(photo, Estimate(48.9, 2.3, 25_000))])] == ["written"]
    rows, left_out = build.index([tmp_path])
    assert len(rows) == 0 and reasons(left_out) == {"a.jpg": "GPS is an estimate", "a.jpg.xmp": "sidecar or table"}


def test_a_clock_that_was_never_set_gives_no_time(make, tmp_path):
    (tmp_path / "a.jpg").write_bytes(make.geotagged(1, 2, "1980-01-01T00:13:00"))
    assert build.index([tmp_path])[0]["taken_at"].to_pylist() == [None]


def test_processes_find_the_same_as_threads(album):
    assert build.index([album], processes=2)[0].equals(build.index([album])[0])


def test_an_empty_result_does_not_replace_a_table(tmp_path, make):
    (tmp_path / "in").mkdir()
    output = table.write(table.from_rows([{"photo_id": "1", "path": "p"}]), tmp_path / "t.csv")
    before = output.read_bytes()
    assert len(build.index([tmp_path / "in"], output)[0]) == 0 and output.read_bytes() == before


def test_sources_that_cannot_be_used_are_refused(tmp_path):
    (tmp_path / "x.docx").write_text("x")
    for bad in ([], [tmp_path / "none"], [tmp_path / "x.docx"]):
        with pytest.raises(InputError):
            build.index(bad)
    with pytest.raises(InputError, match="no such folder"):
        build.index([tmp_path], tmp_path / "none" / "t.csv")


def test_reports_are_csv_or_json(tmp_path):
    left = [
        {"path": "a,b\n.jpg", "reason": "no GPS", "detail": 'x "y"'},
        {"path": "c\udcff", "reason": "empty", "detail": "z"},
    ]
    assert build.counts([left[0], *left]) == {"no GPS": 2, "empty": 1}
    with build.write_report(left, tmp_path / "r.csv").open(
        encoding="utf-8", errors="surrogateescape", newline=""
    ) as file:
        assert list(csv.DictReader(file)) == left
    text = build.write_report(left, tmp_path / "r.json").read_text(encoding="utf-8", errors="surrogateescape")
    assert json.loads(text) == left
    with pytest.raises(InputError, match="report"):
        build.write_report(left, tmp_path / "r.txt")
