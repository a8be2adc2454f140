"""The list of photo formats against the files themselves: every format is known by its bytes and by its names."""

import pytest

from photoplanet.index import build
from photoplanet.photos import formats, inputs
from photoplanet.photos.decode import open_photo, opened


def encoded(make, each):
    return make.heic(make.scene()) if each is formats.HEIC else make.encoded(make.scene(), each.pillow[0])


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


def test_a_folder_to_locate_offers_every_format_and_one_to_index_only_what_cameras_write(make, tmp_path):
    for each in formats.FORMATS:
        for suffix in each.suffixes:
            (tmp_path / f"{each.name}{suffix}").write_bytes(encoded(make, each))
    (tmp_path / "raw.dng").write_bytes(b"raw")
    assert len(inputs.sources([str(tmp_path)])) == len(formats.SUFFIXES) == 12
    rows, left_out = build.index([tmp_path], keep_without_gps=True)
    assert sorted(rows["photo_id"].to_pylist()) == sorted(
        f"{each.name}{suffix}" for each in formats.FORMATS[:5] for suffix in each.suffixes
    )
    assert {entry["path"].rpartition("/")[2]: entry["reason"] for entry in left_out} == dict.fromkeys(
        ("GIF.gif", "BMP.bmp", "raw.dng"), "format not read"
    )


def test_other_files_are_not_taken_for_photos():
    assert formats.recognise(b"") is None
    assert formats.recognise(b"RIFF\0\0\0\0AVI ") is None, "a film in the same container as WebP"
    assert formats.recognise(b"\0\0\0\x18ftypmp42") is None, "a film in the same container as HEIC"
    assert formats.of_pillow("EPS") is None
    for name in ("a.txt", "jpg", ".jpg", "a.jpg.xmp", "trip/._IMG_1.jpg"):
        assert not formats.is_photo_name(name)
