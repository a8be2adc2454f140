"""Which photo comes when: every photo once an epoch, the same for any number of threads, ranks and starts."""

import multiprocessing
import os
import shutil
import signal
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.errors import InputError, TrainingError, WorkerError
from photoplanet.photos import table
from photoplanet.photos.decode import Preprocessing
from photoplanet.training import recipes, sampling, store
from photoplanet.training.data import LabelledPhotos, Loader, default_processes, default_threads
from photoplanet.training.store import PixelStore

SIZE = 8


def photos(count: int) -> LabelledPhotos:
    """Photos whose sources are their own numbers."""
    random = np.random.default_rng(0)
    return LabelledPhotos(
        range(count), random.uniform(-80, 80, count), random.uniform(-180, 180, count), np.arange(count, dtype=np.int32)
    )


def pixels_of(source, preprocessing, box):
    """A photo's number and where it was cut, as pixels."""
    pixels = np.zeros((SIZE, SIZE, 3), np.uint8)
    pixels[0, 0] = source % 256, source // 256, 0 if box is None else int(255 * box[0])
    return pixels


def loader(count=50, batch=8, part=(0, 1), threads=2, ahead=2, seed=0, load=pixels_of, **settings):
    recipe = recipes.Recipe(batch_size=batch, seed=seed, **settings)
    return Loader(photos(count), recipe, Preprocessing(SIZE, "squash"), part, threads, ahead, load=load)


def everything(batches):
    """All batches as lists of arrays, to compare exactly."""
    return [[value.numpy() for value in batch[:4]] for batch in batches]


def same(left, right):
    return len(left) == len(right) and all(
        np.array_equal(a, b) for x, y in zip(left, right, strict=True) for a, b in zip(x, y, strict=True)
    )


@settings(max_examples=40, deadline=None)
@given(count=st.integers(1, 60), batch=st.integers(2, 20), seed=st.integers(0, 9))
def test_every_photo_comes_once_in_every_epoch(count, batch, seed):
    positions = np.arange(3 * count)
    epochs, found = sampling.Order(count, seed).photos_at(positions)
    for epoch in range(3):
        assert sorted(found[epochs == epoch]) == list(range(count))


def test_epochs_and_seeds_have_orders_of_their_own():
    orders = [tuple(sampling.Order(40, seed).of(epoch)) for seed in (0, 1) for epoch in (0, 1)]
    assert len(set(orders)) == 4


def test_the_order_is_that_of_earlier_versions_whose_checkpoints_go_on():
    assert sampling.Order(8, seed=3).of(2).tolist() == [7, 6, 4, 5, 1, 0, 3, 2]
    assert np.array_equal(
        sampling.Order(1000, 7).of(1), np.random.Generator(np.random.Philox(key=[7, 1])).permutation(1000)
    )


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(1, 9), min_size=1, max_size=12), seed=st.integers(0, 9), epoch=st.integers(0, 3))
def test_in_sequence_every_photo_comes_once_and_of_a_few_shards_at_a_time(sizes, seed, epoch):
    shard = np.repeat(np.arange(len(sizes)), sizes)
    starts = np.cumsum([0, *sizes[:-1]])
    before, sampling.WINDOW = sampling.WINDOW, 10
    try:
        found = sampling.Order(len(shard), seed, starts).of(epoch)
    finally:
        sampling.WINDOW = before
    assert sorted(found) == list(range(len(shard)))
    windows = [set(shard[found[at : at + 10]]) for at in range(0, len(found), 10)]
    for each in range(len(sizes)):  # a shard is read in one stretch, which may go over the end of a window
        held = [number for number, window in enumerate(windows) if each in window]
        assert held == list(range(held[0], held[0] + len(held))) and len(held) <= 2


def test_photos_in_sequence_are_shuffled_whole_where_they_are_few():
    starts = np.arange(0, 2000, 100)
    one, two = (sampling.Order(2000, 0, starts).of(epoch) for epoch in (0, 1))
    assert not np.array_equal(one, two)
    assert len(set(one[:100] // 100)) == 20


def test_batches_do_not_depend_on_threads_or_on_how_far_ahead():
    expected = everything(loader(threads=1, ahead=0).batches(0, 12))
    assert same(expected, everything(loader(threads=7, ahead=5).batches(0, 12)))


def test_a_later_start_gives_the_same_batches():
    assert same(everything(loader().batches(0, 12))[5:], everything(loader().batches(5, 12)))


@pytest.mark.parametrize("ranks", [2, 3, 8])
def test_the_ranks_slices_make_up_the_global_batch(ranks):
    whole = everything(loader().batches(0, 9))
    parts = [everything(loader(part=(rank, ranks)).batches(0, 9)) for rank in range(ranks)]
    joined = [[np.concatenate(values) for values in zip(*step, strict=True)] for step in zip(*parts, strict=True)]
    assert same(whole, joined)


@settings(max_examples=60, deadline=None)
@given(total=st.integers(2, 500), ranks=st.integers(1, 40))
def test_shares_cover_the_batch_and_differ_by_one_at_most(total, ranks):
    shares = [range(total)[sampling.share(total, rank, ranks)] for rank in range(ranks)]
    assert [i for share in shares for i in share] == list(range(total))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_random_numbers_are_uniform_and_belong_to_one_photo_of_one_epoch():
    numbers = sampling.uniforms(3, 0, np.arange(20_000), 4)
    assert numbers.shape == (20_000, 4) and numbers.min() >= 0 and numbers.max() < 1
    assert np.abs(np.histogram(numbers, 20, (0, 1))[0] / 4000 - 1).max() < 0.1
    assert np.abs(np.corrcoef(numbers.T) - np.eye(4)).max() < 0.03
    assert np.array_equal(sampling.uniforms(3, 0, 17, 4), numbers[17])
    assert not np.array_equal(sampling.uniforms(3, 1, 17, 4), numbers[17])
    assert not np.array_equal(sampling.uniforms(4, 0, 17, 4), numbers[17])


def test_unreadable_photos_are_named_and_the_next_of_the_epoch_stands_in():
    def some_broken(source, preprocessing, box):
        if source % 5 == 0:
            raise InputError(f"{source}.jpg: cut off")
        return pixels_of(source, preprocessing, box)

    whole = list(loader(load=some_broken).batches(0, 13))
    assert set().union(*(batch.unreadable for batch in whole)) == set(range(0, 50, 5))
    assert whole[0].unreadable.keys() <= set(range(0, 50, 5))
    assert not any((batch.classes % 5 == 0).any() for batch in whole)
    order = sampling.Order(50, 0).of(0)
    place = next(i for i in range(49) if order[i] % 5 == 0 and order[i + 1] % 5)
    assert whole[place // 8].classes[place % 8] == order[place + 1]
    two = [list(loader(load=some_broken, part=(rank, 2), threads=3).batches(0, 13)) for rank in (0, 1)]
    for batch, left, right in zip(whole, *two, strict=True):
        assert batch.classes.tolist() == left.classes.tolist() + right.classes.tolist()


def test_a_folder_that_has_moved_ends_the_run_with_a_reason():
    def broken(source, preprocessing, box):
        raise InputError(f"{source}.jpg: no such file")

    with pytest.raises(
        TrainingError, match=r"200 training photos in a row cannot be read.* Of the last: \d+\.jpg: no such file"
    ):
        list(loader(count=1000, load=broken).batches(0, 3))
    with pytest.raises(TrainingError, match="3 training photos in a row"):
        list(loader(count=3, load=broken).batches(0, 3))


def test_a_programming_error_in_decoding_is_not_swallowed():
    def wrong(source, preprocessing, box):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(loader(load=wrong).batches(0, 3))


def test_positions_are_unit_vectors_of_the_photos():
    given_photos = photos(50)
    batch = next(iter(loader().batches(0, 1)))
    z = np.sin(np.radians(given_photos.latitude[batch.classes.numpy()]))
    np.testing.assert_allclose(batch.positions[:, 2].numpy(), z, atol=1e-12)
    np.testing.assert_allclose(batch.positions.norm(dim=1).numpy(), 1, atol=1e-12)


def test_stored_photos_give_the_same_batches_whatever_is_stored_already(photo_table):
    rows, _ = table.read(photo_table)
    sources = table.paths(rows, photo_table.parent)
    some = LabelledPhotos(sources, rows["latitude"].to_numpy(), rows["longitude"].to_numpy(), np.zeros(60, np.int32))
    recipe = recipes.Recipe(batch_size=16, stored=24, image_size=16)
    make = lambda: Loader(some, recipe, Preprocessing(16, "squash"), threads=3, ahead=1)  # noqa: E731
    used = make()
    whole = everything(used.batches(0, 9))
    assert same(whole[5:], everything(make().batches(5, 9)))
    assert same(whole, everything(used.batches(0, 9)))
    assert whole[0][0].std() > 10


def real_photos(photo_table):
    rows, _ = table.read(photo_table)
    places = rows["latitude"].to_numpy(), rows["longitude"].to_numpy()
    return LabelledPhotos(table.paths(rows, photo_table.parent), *places, np.arange(60, dtype=np.int32))


def file_loader(photo_table, processes, threads=1, ahead=2):
    """A loader of 60 photo files, of which number 7 is missing."""
    recipe, some = recipes.Recipe(batch_size=16, image_size=24), real_photos(photo_table)
    some.sources[7] = "no-such.jpg"
    return Loader(some, recipe, Preprocessing(24, "squash"), (0, 1), threads, ahead, processes=processes)


def test_batches_are_the_same_bits_from_threads_and_from_any_number_of_processes(photo_table):
    found, unreadable = {}, {}
    for name, processes, threads, ahead in (("one", 0, 1, 0), ("threads", 0, 5, 3), ("p1", 1, 1, 0), ("p3", 3, 1, 4)):
        with closing(file_loader(photo_table, processes, threads, ahead)) as each:
            batches = list(each.batches(0, 6))
            later = everything(each.batches(4, 6))  # the same processes again
        found[name], unreadable[name] = everything(batches), [batch.unreadable for batch in batches]
        assert same(found[name][4:], later)
    assert found["one"][0][0].std() > 10
    assert all(same(found["one"], each) for each in found.values())
    assert all(each == unreadable["one"] for each in unreadable.values())
    assert {photo for batch in unreadable["one"] for photo in batch} == {7}


def test_photos_to_validate_on_are_the_same_from_processes(photo_table):
    sources = [*real_photos(photo_table).sources, "no-such.jpg"] * 3  # more than are decoded at once
    with closing(file_loader(photo_table, 0)) as threads, closing(file_loader(photo_table, 2)) as processes:
        both = [list(each.decoded(iter(sources), Preprocessing(20))) for each in (threads, processes)]
    assert len(both[0]) == len(both[1]) == 183
    for left, right in zip(*both, strict=True):
        assert str(left) == str(right) if isinstance(left, InputError) else np.array_equal(left, right)
    assert [at for at, each in enumerate(both[1]) if isinstance(each, InputError)] == [60, 121, 182]


def test_a_killed_process_is_an_error_that_says_what_to_do(photo_table):
    with closing(file_loader(photo_table, 2)) as killed:
        stream = killed.batches(0, 50)
        next(stream)
        os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)
        with pytest.raises(WorkerError, match=r"was killed.*fewer --processes"):
            list(stream)
    assert multiprocessing.active_children() == []


def test_no_process_and_no_shared_memory_stay_behind(photo_table):
    before = set(Path("/dev/shm").iterdir()) if Path("/dev/shm").is_dir() else set()
    with closing(file_loader(photo_table, 2)) as each:
        stream = each.batches(0, 50)
        next(stream)
        stream.close()  # with batches under way
        assert len(multiprocessing.active_children()) == 2
    assert multiprocessing.active_children() == []
    assert not before or {each for each in set(Path("/dev/shm").iterdir()) - before if "psm" in each.name} == set()


def test_too_little_shared_memory_is_said_before_a_process_dies_of_it(photo_table, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    with (
        closing(file_loader(photo_table, 1)) as each,
        pytest.raises(InputError, match=r"0 MB are free.*--shm-size.*--processes 0"),
    ):
        list(each.batches(0, 1))


@pytest.mark.parametrize(("cores", "expected"), [(2, 0), (4, 0), (5, 5), (16, 16), (64, 16)])
def test_more_than_four_cores_decode_in_processes(cores, expected, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(cores)), raising=False)
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    assert default_processes() == expected


def test_photos_that_do_not_fit_into_memory_are_not_stored():
    with pytest.raises(InputError, match="stored=0"):
        PixelStore(10**9, 256)


def test_stored_photos_take_at_most_six_tenths_of_the_free_memory(monkeypatch):
    monkeypatch.setattr(store, "free_memory", lambda: 10 * 16 * 16 * 3)
    PixelStore(6, 16)
    with pytest.raises(InputError, match="7 photos need"):
        PixelStore(7, 16)
    with pytest.raises(InputError, match="stored=16"):
        PixelStore(6, 16, processes=2)


@pytest.mark.parametrize(("cores", "processes", "threads"), [(2, 1, 2), (64, 1, 16), (64, 8, 8), (2, 8, 1)])
def test_decoding_threads_share_the_cores_and_are_at_most_16(cores, processes, threads, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(cores)), raising=False)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(processes))
    assert default_threads() == threads
