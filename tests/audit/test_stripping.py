"""Stripping files and putting them back: nothing is lost, nothing is written through links, nothing lies beside."""

import os
import stat

import pytest
from PIL import Image

from photoplanet.audit import photo, stripping
from photoplanet.errors import InputError
from photoplanet.metadata import exif_writer, undo_list

SIDECAR = b"<x:xmpmeta xmlns:x='adobe:ns:meta/' photoshop:City='Rome' dc:rights='mine'></x:xmpmeta>"


@pytest.fixture
def folder(tmp_path):
    where = tmp_path / "publish"
    where.mkdir()
    place = exif_writer.gps_bytes(48.8583, 2.2944, "2023-07-14T18:30:00+02:00", "Ann")
    for name in ("a.jpg", "b.jpg"):
        Image.new("RGB", (40, 30)).save(where / name, exif=place)
    Image.new("RGB", (40, 30)).save(where / "c.png", exif=place)
    Image.new("RGB", (40, 30)).save(where / "clean.jpg")
    (where / "a.jpg.xmp").write_bytes(SIDECAR)
    return where


def state(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def strip(folder, **options):
    audits = [photo.audited(str(path)) for path in sorted(folder.iterdir()) if path.suffix in (".jpg", ".png")]
    return {each.path.name: each.did for each in stripping.strip(audits, **options)}


def test_strip_and_undo_give_every_byte_back(folder):
    before = state(folder)
    (folder / "a.jpg").chmod(0o640)
    os.utime(folder / "a.jpg", (1_000_000, 1_000_000))
    done = strip(folder)
    assert done == {
        "a.jpg": "stripped",
        "a.jpg.xmp": "stripped",
        "b.jpg": "stripped",
        "c.png": "refused",
        "clean.jpg": "clean",
    }
    after = state(folder)
    assert set(after) == set(before), "the list of what was taken out is not beside the photos"
    assert b"Rome" not in after["a.jpg.xmp"] and b"dc:rights='mine'" in after["a.jpg.xmp"]
    assert photo.audited(str(folder / "a.jpg")).level == "hint" and after["c.png"] == before["c.png"]
    status = (folder / "a.jpg").stat()
    assert stat.S_IMODE(status.st_mode) == 0o640 and status.st_mtime == 1_000_000
    assert stat.S_IMODE(stripping.journal(folder).stat().st_mode) == 0o700
    assert {each.path.name: each.did for each in stripping.undo([str(folder)])} == dict.fromkeys(
        ("a.jpg", "a.jpg.xmp", "b.jpg"), "restored"
    )
    assert state(folder) == before
    with pytest.raises(InputError, match="nothing to undo"):
        list(stripping.undo([str(folder)]))


def test_a_dry_run_changes_nothing_and_says_the_same(folder):
    before = state(folder)
    would = strip(folder, dry_run=True)
    assert state(folder) == before and not stripping.journal(folder).exists()
    assert strip(folder) == would
    after = state(folder)
    assert [each.did for each in stripping.undo([str(folder)], dry_run=True)] == ["restored"] * 3 and state(
        folder
    ) == after


def test_undo_of_one_photo_keeps_the_others_in_the_list(folder):
    before = state(folder)
    strip(folder)
    assert {each.path.name for each in stripping.undo([str(folder / "a.jpg")])} == {"a.jpg", "a.jpg.xmp"}
    assert state(folder)["a.jpg"] == before["a.jpg"] and state(folder)["b.jpg"] != before["b.jpg"]
    list(stripping.undo([str(folder)]))
    assert state(folder) == before


def test_what_was_changed_since_is_left_alone_and_stays_in_the_list(folder):
    strip(folder)
    (folder / "b.jpg").write_bytes((folder / "b.jpg").read_bytes() + b"x")
    did = {each.path.name: each.did for each in stripping.undo([str(folder)])}
    assert did["b.jpg"] == "left alone" and did["a.jpg"] == "restored"
    assert (stripping.journal(folder) / undo_list.NAME).exists()


def test_a_list_that_would_touch_pixels_is_not_followed(folder):
    before = (folder / "b.jpg").read_bytes()
    strip(folder)
    now = (folder / "b.jpg").read_bytes()
    forged = now[:-20] + bytes([now[-20] ^ 1]) + now[-19:]
    assert stripping.is_strip(before, now) and not stripping.is_strip(forged, now) and not stripping.is_strip(None, now)


@pytest.mark.parametrize("kind", ["symbolic", "hard", "read-only"])
def test_links_and_read_only_files_are_refused(folder, tmp_path, kind):
    target = tmp_path / "elsewhere.jpg"
    (folder / "b.jpg").replace(target)
    if kind == "symbolic":
        (folder / "b.jpg").symlink_to(target)
    elif kind == "hard":
        (folder / "b.jpg").hardlink_to(target)
    else:
        target.replace(folder / "b.jpg")
        (folder / "b.jpg").chmod(0o444)
    before = (folder / "b.jpg").read_bytes()
    assert strip(folder)["b.jpg"] == "refused" and (folder / "b.jpg").read_bytes() == before


def test_a_file_that_cannot_be_replaced_stays_and_has_no_line(folder, monkeypatch):
    before = state(folder)

    def full(seen, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("photoplanet.metadata.files.put", full)
    assert strip(folder)["a.jpg"] == "failed"
    assert state(folder) == before and not (stripping.journal(folder) / undo_list.NAME).exists()
