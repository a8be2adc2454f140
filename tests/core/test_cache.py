"""One resumable cache: what was computed is kept, what was not tried is not, and damage costs time only."""

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from photoplanet.core import cache as caches
from photoplanet.core.cache import Busy, Cache, Entry, file_stamp, may_pass
from photoplanet.errors import InputError

FIELDS = {"vector": (np.float16, 3), "points": np.uint8}


def entry(name: str) -> Entry:
    """A photo of as many items as its name has letters."""
    letters = np.frombuffer(name.encode(), np.uint8)
    return Entry({"vector": np.repeat(letters, 3).reshape(-1, 3).astype(np.float16), "points": letters}, {"name": name})


class Computing:
    """Computes entries, and remembers what it was asked for; photos of a `bad` name cannot be read."""

    def __init__(self, bad: str = "bad"):
        self.asked: list[str] = []
        self.bad = bad

    def __call__(self, items):
        for item in items:
            self.asked.append(item)
            yield InputError(f"{item}: truncated") if item.startswith(self.bad) else entry(item)


def key(name: str) -> tuple[str, str]:
    return name, "1"


def filled(folder: Path, names: list[str], key=key, **options):
    """What a cache says of photos, and which of them it had computed."""
    compute = Computing()
    with Cache(folder, "test 1", FIELDS, **options) as cache:
        return [found for _, found in cache.fill(names, compute, key)], compute.asked


def check(name: str, found) -> None:
    if name.startswith("bad"):
        assert isinstance(found, InputError) and str(found) == f"{name}: truncated"
        return
    assert found.record == {"name": name}
    for field, array in entry(name).arrays.items():
        np.testing.assert_array_equal(found.arrays[field], array)
        assert found.arrays[field].dtype == array.dtype


NAMES = ["a/one.jpg", "a/two.jpg", "bad.jpg", "", "b/three.jpg"]


def test_a_second_run_computes_nothing(tmp_path):
    for asked in (NAMES, []):
        found, computed = filled(tmp_path / "cache", NAMES)
        assert computed == asked
        for name, each in zip(NAMES, found, strict=True):
            check(name, each)


def test_photos_come_in_order_and_only_new_ones_are_computed(tmp_path):
    filled(tmp_path / "cache", NAMES[::2])
    found, computed = filled(tmp_path / "cache", NAMES[::-1])
    assert computed == ["", "a/two.jpg"]
    for name, each in zip(NAMES[::-1], found, strict=True):
        check(name, each)


def test_more_photos_than_are_looked_up_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(caches, "CHUNK", 7)
    monkeypatch.setattr(caches, "FLUSH_ROWS", 10)
    names = [f"{number}.jpg" for number in range(100)]
    for asked in (names, []):
        found, computed = filled(tmp_path / "cache", names)
        assert computed == asked
        for name, each in zip(names, found, strict=True):
            check(name, each)


def test_a_changed_photo_is_computed_again_and_kept_once(tmp_path):
    filled(tmp_path / "cache", ["a.jpg", "b.jpg"])
    _, computed = filled(tmp_path / "cache", ["a.jpg", "b.jpg"], lambda name: (name, "2" if name == "a.jpg" else "1"))
    assert computed == ["a.jpg"]
    with Cache(tmp_path / "cache", "test 1", FIELDS) as cache:
        assert len(cache) == 2
        assert cache.get(("a.jpg", "1")) is None
        check("a.jpg", cache.get(("a.jpg", "2")))


def test_a_photo_without_a_key_is_never_kept(tmp_path):
    for _ in range(2):
        assert filled(tmp_path / "cache", ["a.jpg", "bad.jpg"], lambda name: None)[1] == ["a.jpg", "bad.jpg"]


def test_an_interrupted_batch_marks_only_what_was_tried(tmp_path):
    """Not the good photos that it had in hand: they would count as unreadable for ever."""

    def compute(items):
        batch = list(items)
        yield entry(batch[0])
        yield InputError("bad.jpg: truncated")
        raise KeyboardInterrupt

    with Cache(tmp_path / "cache", "test 1", FIELDS) as cache, pytest.raises(KeyboardInterrupt):
        list(cache.fill(["a.jpg", "bad.jpg", "c.jpg", "d.jpg"], compute, key))
    found, computed = filled(tmp_path / "cache", ["a.jpg", "bad.jpg", "c.jpg", "d.jpg"])
    assert computed == ["c.jpg", "d.jpg"]
    for name, each in zip(["a.jpg", "bad.jpg", "c.jpg", "d.jpg"], found, strict=True):
        check(name, each)


def test_who_stops_reading_keeps_what_was_read(tmp_path):
    compute = Computing()
    with Cache(tmp_path / "cache", "test 1", FIELDS) as cache:
        for item, _ in cache.fill(NAMES, compute, key):
            if item == "a/two.jpg":
                break
    assert filled(tmp_path / "cache", NAMES)[1] == NAMES[2:]


def test_who_stops_reading_ends_the_computation(tmp_path):
    ended = []

    def compute(items):
        try:
            yield from map(entry, items)
        finally:
            ended.append(True)  # threads and decoders are let go here

    with Cache(tmp_path / "cache", "test 1", FIELDS) as cache:
        held = []  # somebody else may hold the computation too
        run = cache.fill(["a", "b"], lambda items: held.append(compute(items)) or held[0], key)
        next(run)
        run.close()
        assert ended == [True]


def test_a_cut_array_is_seen_without_reading_it(tmp_path):
    filled(tmp_path / "cache", ["a"])
    path = next((tmp_path / "cache").glob("*-vector.npy"))
    status = path.stat()
    path.write_bytes(path.read_bytes()[:-1])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    with Cache(tmp_path / "cache", "test 1", FIELDS) as cache:
        assert not cache.known([key("a")])[0]
        assert len(cache.damaged) == 1 and cache.damaged[0].startswith("shard 1: ")


def passing(error: Exception):
    def compute(items):
        yield from (error for _ in items)

    return compute


def caused(cause: Exception) -> InputError:
    """An InputError as it comes of an OSError, its chain hidden with `from None` or not."""
    try:
        try:
            raise cause
        except OSError:
            raise InputError("a.jpg: cannot be read") from None
    except InputError as error:
        return error


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(errno.ENOENT, "No such file"),
        caused(OSError(errno.EIO, "the share is away")),
        MemoryError(),
    ],
    ids=["gone", "share away", "memory"],
)
def test_errors_that_may_pass_are_not_kept(tmp_path, error):
    assert may_pass(error)
    with Cache(tmp_path / "cache", "test 1", FIELDS) as cache:
        assert list(cache.fill(["a.jpg"], passing(error), key)) == [("a.jpg", error)]
    found, computed = filled(tmp_path / "cache", ["a.jpg"])
    assert computed == ["a.jpg"]
    check("a.jpg", found[0])


def test_what_a_decoder_says_of_bad_bytes_does_not_pass():
    assert not may_pass(caused(OSError("image file is truncated")))


def test_a_photo_that_goes_while_it_is_read_is_not_kept_as_bad(tmp_path):
    photo = tmp_path / "bad.jpg"
    photo.write_bytes(b"x")

    def compute(items):
        for item in items:
            photo.unlink(missing_ok=True)
            yield InputError(f"{item}: missing")

    def stamped(name: str):
        return (name, file_stamp(photo)) if file_stamp(photo) else None

    with Cache(tmp_path / "cache", "test 1", FIELDS) as cache:
        stamp = stamped("bad.jpg")
        list(cache.fill(["bad.jpg"], compute, stamped))
        assert cache.get(stamp) is None


def test_an_answer_for_now_is_not_kept(tmp_path):
    with Cache(tmp_path / "cache", "records") as cache:
        for value in (1, 2):
            given = Entry(record=value, keep=value == 2)
            assert [found for _, found in cache.fill(["a"], lambda items, given=given: [given], key)] == [given]
        assert cache.get(key("a")).record == 2


def test_what_waits_is_found_before_it_is_written(tmp_path):
    with Cache(tmp_path / "cache", "test 1", FIELDS) as cache:
        run = cache.fill(["a.jpg", "bad.jpg"], Computing(), key)
        next(run)
        check("a.jpg", cache.get(key("a.jpg")))
        assert cache.get(("a.jpg", "2")) is None
        run.close()


@pytest.mark.parametrize(("seconds", "there"), [(19, False), (21, True)])
def test_a_kill_costs_20_seconds_at_most(tmp_path, monkeypatch, seconds, there):
    clock = [1000.0]
    with Cache(tmp_path / "cache", "test 1", FIELDS) as cache:
        with monkeypatch.context() as patch:
            patch.setattr(caches.time, "monotonic", lambda: clock[0])
            run = cache.fill(["a", "b"], Computing(), key)
            next(run)
            clock[0] += seconds
            next(run)
        with Cache(tmp_path / "cache", "test 1", FIELDS, write=False) as reader:
            assert (reader.get(key("a")) is not None) is there
        run.close()


def test_memory_is_bounded_by_64_megabytes_of_arrays(tmp_path):
    megabytes = 9
    whole = Entry({"pixels": np.zeros((1, megabytes << 20), np.uint8)})
    with Cache(tmp_path / "cache", "test 1", {"pixels": (np.uint8, megabytes << 20)}) as cache:
        run = cache.fill(map(str, range(8)), lambda items: (whole for _ in items), key)
        for number, _ in enumerate(run, start=1):
            with Cache(tmp_path / "cache", "test 1", {"pixels": (np.uint8, megabytes << 20)}, write=False) as reader:
                assert len(reader) == (8 if number * megabytes >= 64 else 0)


def test_a_record_over_a_million_characters_is_not_kept(tmp_path):
    with Cache(tmp_path / "cache", "records") as cache:
        texts = {"short": "x" * ((1 << 20) - 2), "long": "x" * ((1 << 20) - 1)}
        list(cache.fill(texts, lambda items: (Entry(record=texts[item]) for item in items), key))
    with Cache(tmp_path / "cache", "records") as cache:
        assert cache.known([key("short"), key("long")]).tolist() == [True, False]


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


def test_a_computation_that_ends_early_is_named(tmp_path):
    with Cache(tmp_path / "cache", "test 1", FIELDS) as cache, pytest.raises(RuntimeError, match="ended before"):
        list(cache.fill(["a"], lambda items: [], key))


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


def test_another_fingerprint_or_other_arrays_start_anew(tmp_path):
    filled(tmp_path / "cache", ["a"])
    for fingerprint, fields in (("test 2", FIELDS), ("test 2", {}), ("test 2", {"vector": (np.float16, 4)})):
        with pytest.raises(InputError, match="other settings"):
            Cache(tmp_path / "cache", fingerprint, fields, refuse_others=True)
        with Cache(tmp_path / "cache", fingerprint, fields, write=False) as reader:
            assert len(reader) == 0
        with Cache(tmp_path / "cache", fingerprint, fields) as cache:
            assert len(cache) == 0 and cache.damaged == []
    assert not list((tmp_path / "cache").glob("*.npy"))


def test_a_cache_of_no_folder_keeps_nothing():
    for _ in range(2):
        found, computed = filled(None, NAMES)
        assert computed == NAMES
        check(NAMES[0], found[0])


def test_a_reader_keeps_nothing_and_makes_nothing(tmp_path):
    found, computed = filled(tmp_path / "cache", NAMES, write=False)
    assert computed == NAMES and not (tmp_path / "cache").exists()
    check(NAMES[0], found[0])


def test_a_file_in_the_place_of_the_cache_is_named(tmp_path):
    (tmp_path / "cache").write_text("mine")
    with pytest.raises(InputError, match="is a file"):
        Cache(tmp_path / "cache", "test 1")


def test_one_writes_and_others_read(tmp_path):
    filled(tmp_path / "cache", ["a"])
    with (
        Cache(tmp_path / "cache", "test 1", FIELDS) as writer,
        Cache(tmp_path / "cache", "test 1", write=False) as other,
    ):
        with pytest.raises(Busy, match="another process is using this cache"):
            Cache(tmp_path / "cache", "test 1", FIELDS)
        with Cache(tmp_path / "cache", "test 1", FIELDS, write=False) as reader:
            check("a", reader.get(key("a")))
            list(writer.fill(["b"], Computing(), key))
            check("b", reader.get(key("b")))
        assert len(other) == 0
    with Cache(tmp_path / "cache", "test 1", FIELDS) as cache:
        assert len(cache) == 2


HOLDS = """
import sys, time
from pathlib import Path
from photoplanet.core.cache import Cache
with Cache(Path(sys.argv[1]), "test 1"):
    print("ready", flush=True)
    time.sleep(60)
"""


def test_another_process_is_waited_for_until_it_dies(tmp_path):
    command = [sys.executable, "-c", HOLDS, str(tmp_path / "cache")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "ready\n"
        with pytest.raises(Busy):
            Cache(tmp_path / "cache", "test 1")
        told = []
        with Cache(tmp_path / "cache", "test 1", waiting=lambda: (told.append(1), holder.kill())) as cache:
            assert len(cache) == 0 and told == [1]


def test_who_is_refused_here_does_not_open_the_door_to_others(tmp_path):
    """Closing a file gives up all locks that this process has on it."""
    command = [sys.executable, "-c", HOLDS, str(tmp_path / "cache")]
    with Cache(tmp_path / "cache", "test 1"):
        with pytest.raises(Busy):
            Cache(tmp_path / "cache", "test 1")
        done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "another process is using this cache" in done.stderr


KILLED = """
import sys
from pathlib import Path
import numpy as np
from photoplanet.core import cache
cache.FLUSH_ROWS = 5
def compute(items):
    for item in items:
        yield cache.Entry({"vector": np.full((1, 3), item, np.int64)}, item)
with cache.Cache(Path(sys.argv[1]), "killed", {"vector": (np.int64, 3)}) as kept:
    for item, _ in kept.fill(range(1_000_000), compute, lambda item: (str(item), "")):
        if item % 50 == 49:
            print(item, flush=True)
"""


def test_a_kill_at_any_moment_costs_the_last_photos_only(tmp_path):
    fields, reached = {"vector": (np.int64, 3)}, 0
    for round_ in range(4):
        command = [sys.executable, "-c", KILLED, str(tmp_path / "cache")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            goal = reached + 60 + 37 * round_
            while reached < goal:
                reached = int(process.stdout.readline())
            process.kill()
            reached = max([reached, *map(int, process.stdout.read().split())])
        with Cache(tmp_path / "cache", "killed", fields) as cache:
            assert cache.damaged == []
            keys = [(str(item), "") for item in range(reached - 5)]
            assert cache.known(keys).all()
            np.testing.assert_array_equal(cache.rows(keys, "vector")[:][:, 1], np.arange(len(keys)))
            assert [found.record for found in cache.look_up(keys[-3:])] == list(range(len(keys) - 3, len(keys)))


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


@pytest.mark.parametrize("strict", [True, False])
def test_a_full_disk_is_named_or_passed_over(tmp_path, monkeypatch, strict):
    def full(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "cache"))

    monkeypatch.setattr(np, "save", full)
    with Cache(tmp_path / "cache", "test 1", FIELDS, strict=strict) as cache:
        run = cache.fill(["a", "b"], Computing(), key)
        if strict:
            with pytest.raises(OSError, match="No space left"):
                list(run)
        else:
            for name, found in run:
                check(name, found)
        assert len(cache) == 0


def test_names_and_reasons_of_any_bytes(tmp_path):
    names = ["\udcff.jpg", "東京/é.jpg", "bad \udcfe\0.jpg", "x" * 5000]

    def compute(items):
        for item in items:
            yield InputError(item) if item.startswith("bad") else Entry(record=item)

    for _ in range(2):
        with Cache(tmp_path / "cache", "records") as cache:
            found = [each for _, each in cache.fill(names, compute, key)]
        assert [each.record for each in found if isinstance(each, Entry)] == [names[0], names[1], names[3]]
        assert isinstance(found[2], InputError) and str(found[2]).startswith("bad")


def test_stamps_change_with_size_and_time(tmp_path):
    path = tmp_path / "a.jpg"
    assert file_stamp(path) == file_stamp("a\0b") == ""
    path.write_bytes(b"1")
    first = file_stamp(path)
    path.write_bytes(b"12")
    assert first and file_stamp(path) not in ("", first)
