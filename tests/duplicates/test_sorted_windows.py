import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.duplicates import hamming, sorted_windows
from photoplanet.duplicates.nearest_pairs import NearestPairs


def turned(codes, distance, rng):
    """The codes with `distance` bits turned over each."""
    bits = np.unpackbits(codes, axis=1)
    order = rng.random(bits.shape).argsort(axis=1)
    return np.packbits(bits ^ (order < distance), axis=1)


def pairs(found):
    return set(zip(*(column.tolist() for column in found), strict=True))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1, 4, 8, 12, 32]), st.integers(0, 7), st.booleans())
def test_no_pair_is_wrong_and_where_windows_hold_all_none_is_missed(seed, size, threshold, earlier):
    rng = np.random.default_rng(seed)
    codes = np.unique(turned(np.zeros((sorted_windows.REACH, size), np.uint8), 3, rng), axis=0)
    other = codes if earlier else turned(codes[rng.integers(0, len(codes), 20)], 2, rng)
    nearest = NearestPairs(len(codes), 99, threshold)
    sorted_windows.search(codes, other, nearest, threshold, earlier)
    exact = pairs(hamming.find(codes, other, threshold, most=99, exact=True))
    assert pairs(nearest.pairs()) == {(a, b, d) for a, b, d in exact if not earlier or b < a}


@pytest.mark.parametrize("distance", [8, 16, 24, 32])
def test_nearly_every_planted_pair_is_found(distance, monkeypatch):
    monkeypatch.setattr(sorted_windows, "BLOCK", 9_000)  # several blocks, the last one smaller
    rng = np.random.default_rng(distance)
    training, test = (rng.integers(0, 256, (n, 32), np.uint8) for n in (20_000, 12_000))
    test[:2000] = turned(training[-2000:], distance, rng)
    seen = []
    found = hamming.find(test, training, distance, exact=False, advance=lambda n, note="": seen.append(n))
    assert seen == [9_000, 9_000, 2_000]
    assert (found[2] == distance).all() and (found[1] - found[0] == 18_000).all()
    assert len(found[0]) >= 1975  # 99 % promised, 1980; less three of its standard errors and a bit
    again = hamming.find(test, training, distance, exact=False)
    assert all(np.array_equal(*columns) for columns in zip(found, again, strict=True))


def test_one_of_few_is_found_by_thousands_that_are_nearly_the_same():
    """A dark training photo among others, and 3,000 dark test photos: a window on the test side alone misses most."""
    rng = np.random.default_rng(0)
    dark = rng.integers(0, 256, (1, 32), np.uint8)
    training = np.concatenate([rng.integers(0, 256, (500, 32), np.uint8), dark])
    test = np.unique(turned(np.repeat(dark, 3000, axis=0), 6, rng), axis=0)
    rows, others, distances = hamming.find(test, training, 16, exact=False)
    assert len(rows) == len(test) and (others == 500).all() and (distances == 6).all()
    rows, others, distances = hamming.find(training, test, 16, most=3, exact=False)  # and the other way round
    assert rows.tolist() == [500] * 3 and distances.tolist() == [6] * 3


def test_when_all_photos_are_nearly_the_same_time_and_memory_stay_bounded():
    rng = np.random.default_rng(0)
    codes = np.unique(turned(np.zeros((20_000, 32), np.uint8), 9, rng), axis=0)
    tracemalloc.start()
    rows, _, distances = hamming.find(codes[:10_000], codes, 20, exact=False)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (np.bincount(rows) == hamming.MOST).all()  # 200 million pairs are near; each keeps its five nearest
    assert (distances[rows == 0][:1] == 0).all()
    assert peak < 300e6


def test_orders_are_as_many_as_random_pairs_need():
    for threshold in (8, 16, 24, 32, 40):
        count, agree = sorted_windows.orders(threshold, 256, 1 << 20), (1 - threshold / 256) ** 17
        assert (1 - agree) ** count <= 0.015
        assert count <= max(16, math.log(0.01) / math.log(1 - agree) * 1.25 + 1)
    assert sorted_windows.orders(255, 256, 1000) == sorted_windows.MOST_ORDERS
    assert sorted_windows.orders(0, 256, 5) == sorted_windows.FEWEST


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=9))
def test_ones_are_counted_without_a_recent_numpy(numbers):
    found = sorted_windows.count_ones(np.array(numbers, np.uint64))
    assert found.tolist() == [number.bit_count() for number in numbers] and found.dtype == np.uint8
