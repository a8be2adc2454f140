"""The list of photo formats against the files themselves: every format is known by its bytes and by its names."""

import struct
from pathlib import Path

import jxl_files
import pytest

from photoplanet.index import build
from photoplanet.photos import formats, inputs
from photoplanet.photos.decode import PhotoError, open_photo, opened


def encoded(make, each):
    made = {formats.HEIC: make.heic, formats.JPEG_XL: jxl_files.jxl}
    return made[each](make.scene()) if each in made else make.encoded(make.scene(), each.pillow[0])


@pytest.mark.parametrize("each", formats.FORMATS, ids=lambda each: each.name)
def test_every_format_is_known_by_its_first_bytes_and_decoded_under_every_name(make, each, tmp_path):
    data = encoded(make, each)
    assert formats.recognise(data[: formats.HEAD]) is each
    for suffix in (*each.suffixes, ".JPG", ".photo"):
        path = tmp_path / f"a{suffix}"
        path.write_bytes(data)
        assert open_photo(path).size == (120, 90)


@pytest.mark.parametrize("each", formats.FORMATS, ids=lambda each: each.name)
def test_pillows_names_lead_back_to_the_format(make, each):
    with opened(encoded(make, each)) as (image, _):
        assert formats.of_pillow(image.format) is each


def test_a_folder_holds_the_same_photos_for_every_command(make, tmp_path):
    for each in formats.FORMATS:
        for suffix in each.suffixes:
            (tmp_path / f"{each.name}{suffix}").write_bytes(encoded(make, each))
    for name in ("edit.psd", "clip.MKV", "notes.txt", "IMG_1", "IMG_2.jpg_large", "Thumbs.db"):
        (tmp_path / name).write_bytes(b"other")
    (tmp_path / "IMG_2.jpg_large").write_bytes(encoded(make, formats.JPEG))
    located = {Path(path).name for path in inputs.sources([str(tmp_path)])}
    assert (
        len(located) == len(formats.STILL_SUFFIXES) - len(formats.RAW.suffixes)
        and {"JPEG.jpe", "JPEG.mpo", "JPEG.jfif", "HEIC.hif"} < located
    )
    rows, left_out = build.index([tmp_path], keep_without_gps=True)
    assert {Path(path).name for path in rows["path"].to_pylist()} == located
    assert {Path(entry["path"]).name: entry["reason"] for entry in left_out} == {
        "edit.psd": "format not read", "clip.MKV": "film or sound", "notes.txt": "sidecar or table",
        "IMG_1": "not called like a photo", "IMG_2.jpg_large": "not called like a photo",
        "Thumbs.db": "sidecar or table",
    }  # fmt: skip
    assert next(entry["detail"] for entry in left_out if "large" in entry["path"]).endswith("give it the ending .jpg")


def test_the_content_decides_where_the_ending_is_wrong(make, tmp_path):
    (tmp_path / "a.jpg").write_bytes(make.geotagged(1, 2, kind="PNG"))
    (tmp_path / "b.png").write_bytes(make.geotagged(3, 4))
    (tmp_path / "c.jpg").write_bytes(b"<!DOCTYPE html><html>404</html>")
    rows, left_out = build.index([tmp_path])
    assert rows["latitude"].to_pylist() == pytest.approx([1, 3])
    assert [entry["reason"] for entry in left_out] == ["not a photo file"]


@pytest.mark.parametrize(
    "name, head",
    [
        ("an AVIF sequence", b"\0\0\0\x2cftypavis\0\0\0\0avisavifmif1miaf"),
        ("JPEG 2000", b"\0\0\0\x0cjP  \r\n\x87\n"),
        ("PDF", b"%PDF-1.7"),
        ("Photoshop", b"8BPS\0\1"),
    ],
)
def test_pictures_in_other_formats_are_named_whatever_their_ending(name, head):
    with pytest.raises(PhotoError, match=f"photo bytes: its format is {name}, which is not read; convert it to"):
        open_photo(head + bytes(100))


def test_an_avif_under_a_general_brand_is_one():
    for head in (b"\0\0\0\x20ftypavif\0\0\0\0avifmif1miafMA1B", b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf"):
        assert formats.recognise(head.ljust(formats.HEAD, b"\0")) is formats.AVIF


def test_a_heic_under_a_general_brand_stays_one():
    for brands in (b"mif1heic", b"mif1avifheic", b"mif1", b""):
        head = struct.pack(">I", 16 + len(brands)) + b"ftypmif1\0\0\0\0" + brands
        assert formats.recognise(head.ljust(formats.HEAD, b"\0")) is formats.HEIC
    behind = b"\0\0\0\x14ftypmif1\0\0\0\0mif1" + b"avif"  # what follows the list of brands is not one of them
    assert formats.recognise(behind) is formats.HEIC


def test_other_files_are_not_taken_for_photos():
    assert formats.recognise(b"") is None
    assert formats.recognise(b"RIFF\0\0\0\0AVI ") is None, "a film in the same container as WebP"
    assert formats.recognise(b"\0\0\0\x18ftypM4A ") is None, "sound in the same container as HEIC"
    assert formats.of_pillow("EPS") is None
    for name in ("a.txt", "jpg", ".jpg", "a.jpg.xmp", "trip/._IMG_1.jpg"):
        assert not formats.is_photo_name(name)
