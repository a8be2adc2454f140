"""Readings that are kept: by what a file holds, and never of a wrong kind."""

import sqlite3
from pathlib import Path

import pytest
import sign_pictures as pictures

from photoplanet.core import package_files
from photoplanet.errors import InputError, MissingExtra, ModelError
from photoplanet.signs import kept, networks
from photoplanet.signs.line import Line, Reading
from photoplanet.signs.reader import Reader


class Counting(Reader):
    """A reader that reads nothing, counts, and finds one line."""

    def __init__(self, cut=False):
        super().__init__()
        self.photos, self.cut = [], cut

    def read(self, photo):
        self.photos.append(photo)
        if b"bad" in (photo if isinstance(photo, bytes) else Path(photo).read_bytes()):
            raise InputError(f"{photo}: not a photo")
        return Reading((Line("a", 0.9, ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))),), 4, 3, self.cut)


def found(reader, photos):
    return [answer for _, answer in kept.readings(reader, photos)]


def test_a_photo_is_read_once_whatever_it_is_called(tmp_path):
    first, moved = tmp_path / "a.jpg", tmp_path / "b.jpg"
    first.write_bytes(b"photo")
    reader = Counting()
    [reading] = found(reader, [str(first)])
    first.rename(moved)
    again = Counting()
    assert found(again, [str(moved), b"photo"]) == [reading, reading]
    assert reader.photos == [str(first)] and again.photos == []
    moved.write_bytes(b"another")
    found(again, [str(moved)])
    assert again.photos == [str(moved)]


def test_photos_that_cannot_be_read_are_named_in_order(tmp_path):
    names = [str(tmp_path / f"{n}.jpg") for n in range(5)]
    for n in range(5):
        (tmp_path / f"{n}.jpg").write_bytes(b"bad" if n == 2 else bytes([n]))
    good = [isinstance(each, Reading) for each in found(Counting(), names)]
    assert good == [True, True, False, True, True]


def test_what_the_time_cut_is_read_again():
    for _ in range(2):
        reader = Counting(cut=True)
        found(reader, [b"photo"])
        assert reader.photos == [b"photo"]


def test_damage_costs_time_only():
    reader = Counting()
    found(reader, [b"photo"])
    with sqlite3.connect(kept.folder(reader) / "state.sqlite") as db:
        db.execute("""UPDATE photos SET record = '{"lines": 7}'""")
    db.close()
    again = Counting()
    assert found(again, [b"photo"])[0].lines[0].text == "a"
    assert again.photos == [b"photo"]


def test_another_care_has_readings_of_its_own():
    assert kept.folder(Reader()) != kept.folder(Reader(thorough=True))


def test_a_shard_is_read_by_its_members(tmp_path):
    import tarfile

    pictures.photo("Calle Mayor 12", 60).save(tmp_path / "a.png")
    with tarfile.open(tmp_path / "0.tar", "w") as shard:
        shard.add(tmp_path / "a.png", "a.png")
    reader = Reader(seconds=600)
    [inside] = found(reader, [f"{tmp_path / '0.tar'}#a.png"])
    assert [line.text for line in inside.lines] == ["Calle Mayor 12"]
    assert kept.key(f"{tmp_path / '0.tar'}#a.png") == kept.key(str(tmp_path / "a.png"))


def test_without_the_extra_it_is_named(monkeypatch):
    monkeypatch.setattr(package_files, "is_installed", lambda package: False)
    networks.folder.cache_clear()
    with pytest.raises(MissingExtra, match="'signs' extra"):
        Reader()
    networks.folder.cache_clear()


def test_other_weights_are_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(networks, "folder", lambda: tmp_path)
    with pytest.raises(ModelError, match="no such file"):
        networks.load(networks.DETECTOR)
    (tmp_path / networks.DETECTOR).write_bytes(b"other")
    with pytest.raises(ModelError, match=r"not the weights of rapidocr 3\.10"):
        networks.load(networks.DETECTOR)
