"""A damaged cache costs time only: what cannot be trusted is computed again."""

import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from cache_entries import FIELDS, NAMES, check, filled, key

from photoplanet.core.cache import Cache, Entry


def test_a_cut_array_is_seen_without_reading_it(tmp_path):
    filled(tmp_path / "cache", ["a"])
    path = next((tmp_path / "cache").glob("*-vector.npy"))
    status = path.stat()
    path.write_bytes(path.read_bytes()[:-1])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    with Cache(tmp_path / "cache", "test 1", FIELDS) as cache:
        assert not cache.known([key("a")])[0]
        assert len(cache.damaged) == 1 and cache.damaged[0].startswith("shard 1: ")


def damage_state(folder: Path) -> None:
    data = bytearray((folder / "state.sqlite").read_bytes())
    data[: 1 << 10] = b"\xff" * (1 << 10)
    (folder / "state.sqlite").write_bytes(data)


def damage_pages(folder: Path) -> None:
    data = bytearray((folder / "state.sqlite").read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    (folder / "state.sqlite").write_bytes(data)


def lose_state(folder: Path) -> None:
    (folder / "state.sqlite").unlink()


def strange_tables(folder: Path) -> None:
    with sqlite3.connect(folder / "state.sqlite") as db:
        db.execute("CREATE TRIGGER t AFTER INSERT ON photos BEGIN DELETE FROM photos; END")
    db.close()


def cut_array(folder: Path) -> None:
    path = next(folder.glob("*-vector.npy"))
    path.write_bytes(path.read_bytes()[:-1])


def flip_array(folder: Path) -> None:
    path = next(folder.glob("*-vector.npy"))
    path.write_bytes(path.read_bytes()[:-1] + b"\x77")


def lose_array(folder: Path) -> None:
    next(folder.glob("*-points.npy")).unlink()


def lie_about_shards(folder: Path) -> None:
    with sqlite3.connect(folder / "state.sqlite") as db:
        db.execute("UPDATE shards SET files = '[[[['")
    db.close()


def lie_about_photos(folder: Path) -> None:
    with sqlite3.connect(folder / "state.sqlite") as db:
        db.execute("UPDATE photos SET start = 1000000")
    db.close()


def lie_about_records(folder: Path) -> None:
    with sqlite3.connect(folder / "state.sqlite") as db:
        db.execute("UPDATE photos SET record = '{' WHERE error IS NULL")
    db.close()


@pytest.mark.parametrize(
    "damage",
    [damage_state, damage_pages, lose_state, strange_tables, cut_array, flip_array, lose_array, lie_about_shards,
     lie_about_photos, lie_about_records],
)  # fmt: skip
@pytest.mark.parametrize("write", [True, False], ids=["write", "read"])
def test_damage_costs_time_only(tmp_path, damage, write):
    names = ["a/one.jpg", "bad.jpg", "b/three.jpg"]
    filled(tmp_path / "cache", names)
    damage(tmp_path / "cache")
    found, computed = filled(tmp_path / "cache", names, write=write)
    assert set(computed) >= {"a/one.jpg", "b/three.jpg"}
    for name, each in zip(names, found, strict=True):
        check(name, each)
    if write:
        assert filled(tmp_path / "cache", names)[1] == []


def test_a_record_of_another_shape_is_computed_again(tmp_path):
    with Cache(tmp_path / "cache", "records") as cache:
        list(
            cache.fill(
                ["a", "b"], lambda items: (Entry(record=len(item) if item == "a" else []) for item in items), key
            )
        )
    with Cache(tmp_path / "cache", "records", sound=lambda record: isinstance(record, int)) as cache:
        assert cache.get(key("a")).record == 1 and cache.get(key("b")) is None


def test_arrays_touched_but_whole_are_taken(tmp_path):
    filled(tmp_path / "cache", NAMES)
    shutil.copytree(tmp_path / "cache", tmp_path / "copy", copy_function=shutil.copyfile)
    assert filled(tmp_path / "copy", NAMES)[1] == []


def test_what_a_killed_writer_left_goes(tmp_path):
    filled(tmp_path / "cache", NAMES)
    (tmp_path / "cache" / "00000099-vector.npy").write_bytes(b"half")
    (tmp_path / "cache" / "notes.npy").write_bytes(b"mine")
    filled(tmp_path / "cache", NAMES)
    assert sorted(path.name for path in (tmp_path / "cache").glob("*.npy")) == [
        "00000001-points.npy", "00000001-vector.npy", "notes.npy",
    ]  # fmt: skip
