"""The store: what was computed from photos comes back bit for bit, and damage costs only its photos."""

import json
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.retrieval.library.store import Store

FIELDS = {"points": (np.float32, 2), "codes": (np.uint8, 3)}
HOW = {"version": 1}


def opened(folder, **options):
    return Store(folder, FIELDS, HOW, **{"shard_photos": 3, **options})


def arrays(seed, count):
    rng = np.random.default_rng(seed)
    return {
        "points": rng.random((count, 2), np.float32),
        "codes": rng.integers(0, 256, (count, 3)).astype(np.uint8),
    }


def filled(folder, counts):
    store = opened(folder)
    for number, count in enumerate(counts):
        store.add(f"{number}.jpg", "1:1", arrays(number, count), {"width": number})
    store.flush()
    return store


def check(store, numbers, counts):
    for number in numbers:
        row = store.find(f"{number}.jpg", "1:1")
        assert row.facts == {"width": number}
        for name, wanted in arrays(number, counts[number]).items():
            np.testing.assert_array_equal(store.get(row)[name], wanted)


@settings(max_examples=25, deadline=None)
@given(counts=st.lists(st.integers(0, 400), max_size=8))
def test_what_goes_in_comes_out_also_after_opening_again(tmp_path_factory, counts):
    folder = tmp_path_factory.mktemp("store")
    check(filled(folder, counts), range(len(counts)), counts)
    again = opened(folder)
    assert len(again) == len(counts) and not again.damaged
    check(again, range(len(counts)), counts)
    assert again.bytes_of(again.rows()) == sum(counts) * (2 * 4 + 3)


def test_a_changed_file_is_another_photo_and_errors_are_remembered(tmp_path):
    store = filled(tmp_path, [2])
    assert store.find("0.jpg", "1:2") is None
    store.add_error("bad.jpg", "9:9", "bad.jpg: no photo")
    store.flush()
    row = opened(tmp_path).find("bad.jpg", "9:9")
    assert (row.error, row.count) == ("bad.jpg: no photo", 0)


def test_what_was_not_flushed_is_lost_and_nothing_else(tmp_path):
    store = filled(tmp_path, [5, 0, 7])  # one full shard
    store.add("late.jpg", "1:1", arrays(9, 4))
    (tmp_path / ".000001.abcd").mkdir()  # and a kill in the middle of writing the next
    (tmp_path / ".000001.abcd" / "points.npy").write_bytes(b"half")
    again = opened(tmp_path, repair=True)
    check(again, range(3), [5, 0, 7])
    assert again.find("late.jpg", "1:1") is None and not again.damaged
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000000"]


def test_on_a_slow_machine_a_shard_is_closed_before_it_is_full(tmp_path, monkeypatch):
    monkeypatch.setattr("photoplanet.retrieval.library.store.SHARD_SECONDS", 0.0)
    store = opened(tmp_path)
    for number in range(2):  # never flushed, two short of a full shard
        store.add(f"{number}.jpg", "1:1", arrays(number, 5), {"width": number})
    check(opened(tmp_path), range(2), [5, 5])


def flip(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 255
    path.write_bytes(data)


DAMAGE = {
    "cut off": lambda shard: (shard / "codes.npy").write_bytes((shard / "codes.npy").read_bytes()[:-2]),
    "a flipped bit": lambda shard: flip(shard / "points.npy"),
    "no array": lambda shard: (shard / "points.npy").unlink(),
    "no rows": lambda shard: (shard / "rows.json").unlink(),
    "rows that are no JSON": lambda shard: (shard / "rows.json").write_text("{"),
    "rows of another kind": lambda shard: (shard / "rows.json").write_text("[1, 2]"),
    "counts that do not fit": lambda shard: edit(shard, lambda about: about["rows"][0].__setitem__(2, 1)),
    "a count below zero": lambda shard: edit(shard, lambda about: about["rows"][0].__setitem__(2, -1)),
    "other settings": lambda shard: edit(shard, lambda about: about.update(settings={"version": 2})),
    "a newer format": lambda shard: edit(shard, lambda about: about.update(format=99)),
}


def edit(shard, change):
    about = json.loads((shard / "rows.json").read_text())
    change(about)
    (shard / "rows.json").write_text(json.dumps(about))


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_costs_the_photos_of_its_shard_only(tmp_path, what):
    counts = [500, 600, 700, 4, 5, 6]
    filled(tmp_path, counts)
    DAMAGE[what](tmp_path / "000000")
    reader = opened(tmp_path)
    assert len(reader.damaged) == 1 and reader.damaged[0].startswith("000000: ")
    check(reader, [3, 4, 5], counts)
    assert reader.find("0.jpg", "1:1") is None
    mended = opened(tmp_path, repair=True)
    mended.add("0.jpg", "1:1", arrays(0, 500), {"width": 0})
    mended.flush()
    again = opened(tmp_path)
    assert not again.damaged
    check(again, [0, 3, 4, 5], counts)


def test_an_array_with_objects_is_never_unpickled(tmp_path):
    filled(tmp_path, [1])
    bad = np.array([{"a": 1}], object)
    np.save(tmp_path / "000000" / "points.npy", bad, allow_pickle=True)
    edit(tmp_path / "000000", lambda about: about["files"]["points"].update(
        bytes=(tmp_path / "000000" / "points.npy").stat().st_size))  # fmt: skip
    assert len(opened(tmp_path).damaged) == 1


def test_a_copy_without_times_is_checked_once_and_good(tmp_path):
    filled(tmp_path / "a", [500, 3])
    for name in ("rows.json", "points.npy", "codes.npy"):  # rows first: the arrays seem to have been changed since
        (tmp_path / "b" / "000000").mkdir(parents=True, exist_ok=True)
        shutil.copyfile(tmp_path / "a" / "000000" / name, tmp_path / "b" / "000000" / name)
    check(opened(tmp_path / "b"), range(2), [500, 3])


def test_keep_drops_what_is_gone_and_loses_nothing_else(tmp_path):
    counts = [10, 20, 30, 40, 50, 60, 70]
    store = filled(tmp_path, counts)
    store.keep([store.find(f"{number}.jpg", "1:1") for number in (0, 3, 4, 5)])  # a third of a shard, a whole one, none
    for reader in (store, opened(tmp_path)):
        check(reader, [0, 3, 4, 5], counts)
        assert reader.find("1.jpg", "1:1") is None and reader.find("6.jpg", "1:1") is None
    assert store.bytes_of(store.rows()) == sum(path.stat().st_size - 128 for path in tmp_path.glob("*/*.npy"))


def test_arrays_of_another_shape_or_type_are_refused(tmp_path):
    store = opened(tmp_path)
    with pytest.raises(ValueError, match="codes"):
        store.add("a", "1", {**arrays(0, 2), "codes": np.zeros((2, 4), np.uint8)})
    with pytest.raises(ValueError, match="points"):
        store.add("a", "1", {**arrays(0, 2), "points": np.zeros((2, 2))})
