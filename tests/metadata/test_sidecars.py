"""Which files beside a photo are its sidecars."""

import os
import unicodedata
from pathlib import Path

import pytest

from photoplanet.errors import InputError
from photoplanet.metadata import sidecars


def found(folder, photo):
    return [Path(path).name for path in sidecars.Sidecars().of(folder / photo)]


@pytest.mark.parametrize(
    "name", ["a.jpg.xmp", "a.xmp", "A.XMP", "a.XMP", "a.jpg.XMP", "A.JPG.XMP", "a.JPG.xmp", "a.jpg.json",
             "a.jpg.supplemental-metadata.json"],
)  # fmt: skip
def test_a_sidecar_is_found_in_any_case(tmp_path, name):
    for each in (name, "a.jpg", "b.jpg", "other.xmp"):
        (tmp_path / each).touch()
    assert found(tmp_path, "a.jpg") == [name] and found(tmp_path, "b.jpg") == []


def test_the_unambiguous_name_counts_first(tmp_path):
    for each in ("a.jpg", "a.xmp", "a.jpg.xmp", "a.jpg.json"):
        (tmp_path / each).touch()
    assert found(tmp_path, "a.jpg") == ["a.jpg.xmp", "a.xmp", "a.jpg.json"]


def test_a_sidecar_that_fits_another_photo_to_the_letter_is_not_shared(tmp_path):
    for each in ("a.jpg", "A.JPG", "A.JPG.xmp", "a.jpg.tif", "b.jpg", "B.xmp", "B.png"):
        (tmp_path / each).touch()
    if len(list(tmp_path.iterdir())) < 7:
        pytest.skip("this disk takes a.jpg and A.JPG for one")
    assert found(tmp_path, "a.jpg") == [] and found(tmp_path, "A.JPG") == ["A.JPG.xmp"]
    assert found(tmp_path, "a.jpg.tif") == [] and found(tmp_path, "b.jpg") == []


def test_photos_of_one_name_share_the_sidecar_of_that_name(tmp_path):
    for each in ("a.jpg", "a.png", "a.XMP", "a.CR2"):
        (tmp_path / each).touch()
    assert found(tmp_path, "a.jpg") == found(tmp_path, "a.png") == ["a.XMP"]


def test_the_json_of_a_data_set_is_not_a_sidecar(tmp_path):
    for each in ("00001.jpg", "00001.json", "00002.jpg", "00002.jpg.json"):
        (tmp_path / each).touch()
    assert found(tmp_path, "00001.jpg") == [] and found(tmp_path, "00002.jpg") == ["00002.jpg.json"]


def test_unicode_forms_meet_and_other_bytes_do_no_harm(tmp_path):
    photo, beside = unicodedata.normalize("NFD", "é.jpg"), unicodedata.normalize("NFC", "é.jpg.xmp")
    for each in (photo, beside, os.fsdecode(b"\xe9.jpg"), os.fsdecode(b"\xe9.xmp")):
        (tmp_path / each).touch()
    assert found(tmp_path, photo) == [beside]
    assert found(tmp_path, "\udce9.jpg") == ["\udce9.xmp"]


def test_a_folder_that_is_gone_has_none_and_a_pipe_is_not_waited_for(tmp_path):
    assert found(tmp_path / "gone", "a.jpg") == []
    os.mkfifo(tmp_path / "a.xmp")
    with pytest.raises(InputError, match="not a regular file"):
        sidecars.read(tmp_path / "a.xmp", 100)
    (tmp_path / "b.xmp").write_bytes(b"x" * 101)
    with pytest.raises(InputError, match="over 0 MiB"):
        sidecars.read(tmp_path / "b.xmp", 100)
