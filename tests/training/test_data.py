"""Which photo comes when: every photo once an epoch, the same for any number of threads, ranks and starts."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.errors import InputError, TrainingError
from photoplanet.photos import table
from photoplanet.photos.decode import Preprocessing
from photoplanet.training import recipes, sampling, store
from photoplanet.training.data import LabelledPhotos, Loader, default_threads
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
    epochs, found = sampling.photos_at(count, seed, positions)
    for epoch in range(3):
        assert sorted(found[epochs == epoch]) == list(range(count))


def test_epochs_and_seeds_have_orders_of_their_own():
    orders = [tuple(sampling.order(40, seed, epoch)) for seed in (0, 1) for epoch in (0, 1)]
    assert len(set(orders)) == 4


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
    order = sampling.order(50, 0, 0)
    place = next(i for i in range(49) if order[i] % 5 == 0 and order[i + 1] % 5)
    assert whole[place // 8].classes[place % 8] == order[place + 1]
    two = [list(loader(load=some_broken, part=(rank, 2), threads=3).batches(0, 13)) for rank in (0, 1)]
    for batch, left, right in zip(whole, *two, strict=True):
        assert batch.classes.tolist() == left.classes.tolist() + right.classes.tolist()


def test_a_folder_that_has_moved_ends_the_run_with_a_reason():
    def broken(source, preprocessing, box):
        raise InputError(f"{source}.jpg: no such file")

    with pytest.raises(TrainingError, match="200 training photos in a row cannot be read"):
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
