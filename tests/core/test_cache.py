"""One resumable cache: what was computed is kept, and what was not tried is not."""

import errno

import numpy as np
import pytest
from cache_entries import FIELDS, NAMES, Computing, check, entry, filled, key

from photoplanet.core import cache as caches
from photoplanet.core.cache import Cache, Entry, file_stamp, may_pass
from photoplanet.errors import InputError


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


def test_a_record_over_a_million_characters_is_not_kept(tmp_path):
    with Cache(tmp_path / "cache", "records") as cache:
        texts = {"short": "x" * ((1 << 20) - 2), "long": "x" * ((1 << 20) - 1)}
        list(cache.fill(texts, lambda items: (Entry(record=texts[item]) for item in items), key))
    with Cache(tmp_path / "cache", "records") as cache:
        assert cache.known([key("short"), key("long")]).tolist() == [True, False]


def test_a_computation_that_ends_early_is_named(tmp_path):
    with Cache(tmp_path / "cache", "test 1", FIELDS) as cache, pytest.raises(RuntimeError, match="ended before"):
        list(cache.fill(["a"], lambda items: [], key))


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
