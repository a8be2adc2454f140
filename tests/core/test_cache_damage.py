"""A damaged cache costs time only: what cannot be trusted is computed again."""

import os
import random
import shutil
import sqlite3
from contextlib import closing, nullcontext
from pathlib import Path

import pytest
from cache_entries import FIELDS, NAMES, Computing, check, filled, key

from photoplanet.core import cache_state
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
    data[24:28] = b"\0\0\x7f\x7f"  # changes, as SQLite counts them: who has the file open reads it again
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


def other_records(folder: Path) -> None:
    """JSON as good as before: only the checksum knows."""
    with sqlite3.connect(folder / "state.sqlite") as db:
        db.execute("UPDATE photos SET record = REPLACE(record, '.jpg', '.gif')")
    db.close()


def other_errors(folder: Path) -> None:
    with sqlite3.connect(folder / "state.sqlite") as db:
        db.execute("UPDATE photos SET error = 'other' WHERE error IS NOT NULL")
    db.close()


def exchange_photos(folder: Path) -> None:
    with sqlite3.connect(folder / "state.sqlite") as db:
        db.execute("UPDATE photos SET start = (SELECT MAX(start) FROM photos) - start, count = 1")
    db.close()


def empty_state(folder: Path) -> None:
    (folder / "state.sqlite").write_bytes(b"")


def cut_state(folder: Path) -> None:
    os.truncate(folder / "state.sqlite", 5000)


def other_format(folder: Path) -> None:
    data = bytearray((folder / "state.sqlite").read_bytes())
    data[18:20] = b"\x07\x07"  # of SQLite's file format: written by a later version
    (folder / "state.sqlite").write_bytes(data)


def older_tables(folder: Path) -> None:
    lose_state(folder)
    with sqlite3.connect(folder / "state.sqlite") as db:
        db.execute("CREATE TABLE about (text TEXT NOT NULL)")
    db.close()


def numbers_run_out(folder: Path) -> None:
    with sqlite3.connect(folder / "state.sqlite") as db:
        db.execute("UPDATE sqlite_sequence SET seq = 9223372036854775807")
    db.close()


@pytest.mark.parametrize(
    "damage",
    [damage_state, damage_pages, lose_state, strange_tables, cut_array, flip_array, lose_array, lie_about_shards,
     lie_about_photos, lie_about_records, other_records, other_errors, exchange_photos, empty_state, cut_state,
     other_format, older_tables, numbers_run_out],
)  # fmt: skip
@pytest.mark.parametrize("write", [True, False], ids=["write", "read"])
def test_damage_costs_time_only(tmp_path, damage, write):
    names = ["a/one.jpg", "bad.jpg", "b/three.jpg"]
    filled(tmp_path / "cache", names)
    damage(tmp_path / "cache")
    found, computed = filled(tmp_path / "cache", names, write=write)
    assert set(computed) >= ({"bad.jpg"} if damage is other_errors else {"a/one.jpg", "b/three.jpg"}) or (
        damage is numbers_run_out and not write  # a reader needs no new numbers
    )
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


@pytest.mark.parametrize("seed", range(40))
def test_flipped_bytes_anywhere_give_no_wrong_result(tmp_path, seed):
    chance, names = random.Random(seed), ["a/one.jpg", "bad.jpg", "b/three.jpg"]
    filled(tmp_path / "cache", names)
    path = tmp_path / "cache" / "state.sqlite"
    data = bytearray(path.read_bytes())
    used = [at for at, byte in enumerate(data) if byte]  # most of a page is empty
    for _ in range(chance.choice((1, 1, 1, 3))):
        data[chance.choice(used)] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    found, _ = filled(tmp_path / "cache", names)
    for name, each in zip(names, found, strict=True):
        check(name, each)
    assert filled(tmp_path / "cache", names)[1] == []


def test_what_a_cache_is_about_may_be_damaged_and_is_no_reason_to_refuse_it(tmp_path):
    filled(tmp_path / "cache", NAMES)
    with sqlite3.connect(tmp_path / "cache" / "state.sqlite") as db:
        db.execute("UPDATE about SET text = REPLACE(text, 'test 1', 'test 7')")
    db.close()
    assert set(filled(tmp_path / "cache", NAMES, refuse_others=True)[1]) == set(NAMES)


def in_the_way(folder: Path) -> None:
    folder.write_bytes(b"somebody's")


def no_file(folder: Path) -> None:
    (folder / "state.sqlite").mkdir(parents=True)


def no_folder(folder: Path) -> None:
    folder.symlink_to(folder.parent / "gone" / "away")


@pytest.mark.parametrize("way", [in_the_way, no_file, no_folder])
def test_where_nothing_can_be_kept_a_run_goes_on_if_it_may(tmp_path, way):
    way(tmp_path / "cache")
    found, computed = filled(tmp_path / "cache", NAMES, strict=False)
    assert computed == NAMES
    check("b/three.jpg", found[-1])
    with pytest.raises((OSError, ValueError)) as caught:
        filled(tmp_path / "cache", NAMES)
    assert str(tmp_path / "cache") in str(caught.value)


def test_a_state_that_another_program_locks_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr(cache_state, "WAIT_SECONDS", 0.05)
    filled(tmp_path / "cache", NAMES)
    with closing(sqlite3.connect(tmp_path / "cache" / "state.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        found, computed = filled(tmp_path / "cache", NAMES, strict=False)
        assert computed == NAMES
        check("b/three.jpg", found[-1])
        with pytest.raises(OSError, match="database is locked"):
            filled(tmp_path / "cache", NAMES)
    assert filled(tmp_path / "cache", NAMES)[1] == []


@pytest.mark.parametrize("strict", [True, False])
def test_damage_that_comes_while_a_run_writes_costs_no_result(tmp_path, strict):
    filled(tmp_path / "cache", NAMES)
    new = [*NAMES, "new.jpg"]
    found = []
    refused = pytest.raises(OSError, match="run the same command again") if strict else nullcontext()
    with refused, Cache(tmp_path / "cache", "test 1", FIELDS, strict=strict) as cache:
        for name, each in cache.fill(new, Computing(), key):
            found.append((name, each))
            damage_pages(tmp_path / "cache")
    for name, each in found:
        if name:
            check(name, each)
    assert strict or len(found) == len(new)
    again, _ = filled(tmp_path / "cache", new)
    check("new.jpg", again[-1])
