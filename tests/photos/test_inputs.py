import io
import os
import sys
import tarfile
from types import SimpleNamespace

import pytest

from photoplanet.errors import InputError
from photoplanet.photos import inputs


@pytest.fixture
def tree(tmp_path):
    """A folder with photos, other files, hidden ones and a link to itself."""
    for name in ("b.JPG", "a.png", "notes.txt", "sub/c.heic", "sub/deep/d.webp", ".hidden/e.jpg", "sub/.f.jpg"):
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    (tmp_path / "tree" / "sub" / "loop").symlink_to(tmp_path / "tree")
    return tmp_path / "tree"


def stdin(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))


def test_a_folder_stands_for_all_photos_below_it_in_order(tree):
    found = [os.path.relpath(path, tree) for path in inputs.sources([str(tree)])]
    assert found == ["a.png", "b.JPG", "sub/c.heic", "sub/deep/d.webp"]


def test_what_is_passed_over_in_a_folder_is_counted(tree):
    (tree / "clip.avi").touch()
    (tree / "sub" / "edit.psd").touch()
    (tree / "sub" / "IMG_1").touch()
    (tree / "sub" / "c.heic.xmp").touch()
    lines = []
    assert len(inputs.sources([str(tree)], say=lines.append)) == 4
    assert lines == [
        f"{tree}: passed over film or sound: 1, format not read: 1, link to a folder: 1, not called like a photo: 1"
    ]


def test_what_is_named_itself_is_tried_whatever_it_is_called(tree):
    assert inputs.sources([str(tree / "notes.txt"), "nowhere.jpg"]) == [str(tree / "notes.txt"), "nowhere.jpg"]


def test_a_shard_stands_for_its_photos(tmp_path):
    shard = tmp_path / "00000.tar"
    with tarfile.open(shard, "w") as archive:
        for name in ("1.jpg", "1.json", "2.jpg"):
            archive.addfile(tarfile.TarInfo(name), io.BytesIO(b""))
    assert inputs.sources([str(shard)]) == [f"{shard}#1.jpg", f"{shard}#2.jpg"]
    assert inputs.sources([f"{shard}#2.jpg"]) == [f"{shard}#2.jpg"]


def test_names_come_from_a_list_too(tmp_path, monkeypatch):
    (tmp_path / "list").write_bytes(b"\xef\xbb\xbfa.jpg\r\n\nb c.jpg\n\xff.jpg")
    assert inputs.sources(["first.jpg"], str(tmp_path / "list")) == ["first.jpg", "a.jpg", "b c.jpg", "\udcff.jpg"]
    assert inputs.name_of("\udcff.jpg") == "\\xff.jpg" and inputs.name_of("\ud800.jpg") == "\\ud800.jpg"
    stdin(monkeypatch, b"one.jpg\ntwo.jpg")
    assert inputs.sources([], "-") == ["one.jpg", "two.jpg"]


def test_a_photo_comes_from_stdin(monkeypatch):
    stdin(monkeypatch, b"bytes of a photo")
    assert inputs.sources(["-"]) == [b"bytes of a photo"]
    assert inputs.name_of(b"bytes of a photo") == "stdin"


def test_what_names_no_photo_is_refused(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="no photo is named"):
        inputs.sources([])
    with pytest.raises(InputError, match="no photo in this folder"):
        inputs.sources([str(tmp_path)])
    with pytest.raises(InputError, match="give one of them"):
        inputs.sources(["-"], "-")
    with pytest.raises(InputError, match="No such file"):
        inputs.sources([], str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="null byte"):
        inputs.sources(["a\0b"])
    stdin(monkeypatch, b"")
    with pytest.raises(InputError, match="stdin is empty"):
        inputs.sources(["-"])
    (tmp_path / "bad.tar").write_bytes(b"no tar")
    with pytest.raises(InputError, match=r"bad\.tar"):
        inputs.sources([str(tmp_path / "bad.tar")])


def test_no_result_takes_the_place_of_a_photo(tmp_path):
    photo = tmp_path / "photo"
    photo.write_bytes(b"x")
    (tmp_path / "link.csv").symlink_to(photo)
    inputs.check_outputs([tmp_path / "new.csv"], [str(photo), b"bytes"])
    for output in (photo, tmp_path / "link.csv"):
        with pytest.raises(InputError, match="made from"):
            inputs.check_outputs([output], [str(photo)])
    with pytest.raises(InputError, match="called like a photo"):
        inputs.check_outputs([tmp_path / "other.jpg"], [])
    with pytest.raises(InputError, match="made from"):
        inputs.check_outputs([tmp_path / "0.tar"], [f"{tmp_path}/0.tar#1.jpg"])
    with pytest.raises(InputError, match="its own name"):
        inputs.check_outputs([tmp_path / "a", tmp_path / "a"], [])
    with pytest.raises(InputError, match="folder does not exist"):
        inputs.check_outputs([tmp_path / "no" / "a.csv"], [])


def test_a_list_of_names_may_have_a_gibibyte(tmp_path, monkeypatch):
    assert inputs.MAX_LIST_BYTES == 1 << 30
    (tmp_path / "list").write_bytes(b"a.jpg\nb.jpg")
    monkeypatch.setattr(inputs, "MAX_LIST_BYTES", 11)
    assert inputs.sources([], str(tmp_path / "list")) == ["a.jpg", "b.jpg"]
    monkeypatch.setattr(inputs, "MAX_LIST_BYTES", 10)
    with pytest.raises(InputError, match="split the list"):
        inputs.sources([], str(tmp_path / "list"))
