"""The arrays of a cache: which are taken, read as one, and what becomes of their space."""

import numpy as np
import pytest
from cache_entries import FIELDS, check, filled, key

from photoplanet.core import cache as caches
from photoplanet.core.cache import Cache, Entry


def test_memory_is_bounded_by_64_megabytes_of_arrays(tmp_path):
    megabytes = 9
    whole = Entry({"pixels": np.zeros((1, megabytes << 20), np.uint8)})
    with Cache(tmp_path / "cache", "test 1", {"pixels": (np.uint8, megabytes << 20)}) as cache:
        run = cache.fill(map(str, range(8)), lambda items: (whole for _ in items), key)
        for number, _ in enumerate(run, start=1):
            with Cache(tmp_path / "cache", "test 1", {"pixels": (np.uint8, megabytes << 20)}, write=False) as reader:
                assert len(reader) == (8 if number * megabytes >= 64 else 0)


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"vector": np.zeros((1, 3), np.float32), "points": np.zeros(1, np.uint8)},
        {"vector": np.zeros((1, 4), np.float16), "points": np.zeros(1, np.uint8)},
        {"vector": np.zeros((1, 3), np.float16), "points": np.zeros(2, np.uint8)},
    ],
    ids=["none", "dtype", "shape", "count"],
)
def test_arrays_that_are_not_those_of_the_cache_are_refused(tmp_path, arrays):
    with Cache(tmp_path / "cache", "test 1", FIELDS) as cache, pytest.raises(ValueError):
        list(cache.fill(["a"], lambda items: [Entry(arrays)], key))


def test_one_array_of_many_photos(tmp_path, monkeypatch):
    monkeypatch.setattr(caches, "FLUSH_ROWS", 3)
    names = [chr(97 + number) for number in range(20)] + ["bad"]
    filled(tmp_path / "cache", names)
    with Cache(tmp_path / "cache", "test 1", FIELDS, write=False) as cache:
        asked = [key("new"), None, *(key(name) for name in names[::-1])]
        assert cache.known(asked).tolist() == [False, False] + [True] * 21
        rows = cache.rows(iter(asked), "vector")
    assert (len(rows), rows.shape, rows.dtype) == (23, (23, 3), np.float16)
    assert rows.known.tolist() == [False] * 3 + [True] * 20
    expected = np.repeat([0, 0, 0, *map(ord, names[-2::-1])], 3).reshape(-1, 3)
    np.testing.assert_array_equal(rows[:], expected)
    np.testing.assert_array_equal(rows[5], expected[5])
    np.testing.assert_array_equal(rows[2:9:3], expected[2:9:3])
    np.testing.assert_array_equal(rows[[22, 0, 22]], expected[[22, 0, 22]])
    np.testing.assert_array_equal(rows[expected[:, 0] > 110], expected[expected[:, 0] > 110])
    assert rows[np.array([], int)].shape == (0, 3)


def test_more_shards_than_are_mapped_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(caches, "FLUSH_ROWS", 1)
    monkeypatch.setattr("photoplanet.core.array_shards.MOST_MAPPED", 2)
    names = [chr(97 + number) for number in range(20)]
    filled(tmp_path / "cache", names)
    with Cache(tmp_path / "cache", "test 1", FIELDS) as cache:
        rows = cache.rows([key(name) for name in names], "points")
        for _ in range(2):
            assert rows[:].tolist() == list(map(ord, names))


def test_photos_that_are_no_longer_wanted_go_and_their_space_too(tmp_path, monkeypatch):
    monkeypatch.setattr(caches, "FLUSH_ROWS", 10)
    names = [f"{number}.jpg" for number in range(100)]
    filled(tmp_path / "cache", names)
    wanted = names[:10] + names[10:100:9] + names[91:99]  # a whole shard, a tenth of most, nearly all of the last
    with Cache(tmp_path / "cache", "test 1", FIELDS) as cache:
        cache.keep([key(name) for name in wanted])
        assert len(cache) == len(set(wanted))
    items = sum(len(np.load(path)) for path in (tmp_path / "cache").glob("*-points.npy"))
    assert items <= 1.2 * sum(map(len, set(wanted)))
    found, computed = filled(tmp_path / "cache", wanted)
    assert computed == []
    for name, each in zip(wanted, found, strict=True):
        check(name, each)


def test_many_small_shards_are_joined(tmp_path, monkeypatch):
    names = [f"{number}.jpg" for number in range(caches.MANY_SMALL)]
    with monkeypatch.context() as patch:
        patch.setattr(caches, "FLUSH_ROWS", 1)
        filled(tmp_path / "cache", names)
    assert len(list((tmp_path / "cache").glob("*-points.npy"))) == len(names)
    found, computed = filled(tmp_path / "cache", names)
    assert computed == [] and len(list((tmp_path / "cache").glob("*-points.npy"))) == 1
    for name, each in zip(names, found, strict=True):
        check(name, each)
