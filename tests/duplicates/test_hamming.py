import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.duplicates import binary_codes, hamming, sorted_windows
from photoplanet.errors import InputError, MissingExtra


def near(codes, distance, rng):
    """The codes with `distance` bits turned over each."""
    bits = np.unpackbits(codes, axis=1)
    for row in bits:
        row[rng.choice(len(row), distance, replace=False)] ^= 1
    return np.packbits(bits, axis=1)


def brute(test, training, threshold, most):
    """Every pair by a loop over bits."""
    pairs = []
    for i, a in enumerate(test.tolist()):
        apart = [
            (sum((x ^ y).bit_count() for x, y in zip(a, b, strict=True)), j) for j, b in enumerate(training.tolist())
        ]
        pairs += [(i, j, d) for d, j in sorted(apart)[:most] if d <= threshold]
    return pairs


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 12), st.integers(1, 4))
def test_pairs_are_those_of_a_loop_over_all_bits(seed, threshold, most):
    rng = np.random.default_rng(seed)
    training = rng.integers(0, 4, (17, 4), np.uint8)  # few values, so that there are equal codes and ties
    test = np.concatenate([rng.integers(0, 4, (5, 4), np.uint8), training[:3], training[:1]])
    found = hamming.find(test, training, threshold, most)
    assert list(zip(*(values.tolist() for values in found), strict=True)) == brute(test, training, threshold, most)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 8))
def test_groups_are_the_connected_parts_with_their_first_row(seed, threshold):
    codes = np.random.default_rng(seed).integers(0, 8, (14, 3), np.uint8)
    group = list(range(len(codes)))
    for _ in codes:  # the slow way: until nothing changes
        for i, j, _ in brute(codes, codes, threshold, len(codes)):
            group[i] = group[j] = min(group[i], group[j])
    # Five nearest earlier rows are looked at, which can miss that a sixth belongs to another group: never one of none.
    found = hamming.first_of_group(codes, threshold)
    assert (found <= np.arange(len(codes))).all()
    assert (found[found] == found).all()
    alone = [all(i == j or j > i for i2, j, _ in brute(codes, codes, threshold, 99) if i2 == i) for i in range(14)]
    assert all(found[i] == i for i in range(14) if group[i] == i)
    assert all(found[i] < i for i in range(14) if not alone[i])
    assert all(group[found[i]] == group[i] for i in range(14))


def test_much_of_one_picture_keeps_only_the_nearest(monkeypatch):
    monkeypatch.setattr(hamming, "BLOCK", 50)
    training = np.zeros((400, 8), np.uint8)
    training[:, 0] = np.arange(400) % 256
    rows, others, _ = hamming.find(np.zeros((3, 8), np.uint8), training, 63, most=2)
    assert rows.tolist() == [0, 0, 1, 1, 2, 2]
    assert others.tolist() == [0, 256] * 3
    assert hamming.first_of_group(np.zeros((300, 8), np.uint8), 0).tolist() == [0] * 300


def test_nothing_to_compare():
    some, none = np.zeros((2, 8), np.uint8), np.zeros((0, 8), np.uint8)
    for pair in ((some, none), (none, some)):
        assert [len(values) for values in hamming.find(*pair, 3)] == [0, 0, 0]
    assert len(hamming.first_of_group(none, 3)) == 0


@pytest.mark.parametrize(
    ("test", "training", "threshold", "message"),
    [
        (np.zeros((2, 8), np.uint8), np.zeros((2, 4), np.uint8), 3, "of 64 and of 32 bits"),
        (np.zeros((2, 8), np.int8), np.zeros((2, 8), np.uint8), 3, "uint8"),
        (np.zeros(8, np.uint8), np.zeros((2, 8), np.uint8), 3, "uint8"),
        (np.zeros((2, 8), np.uint8), np.zeros((2, 8), np.uint8), 64, "0 … 63"),
        (np.zeros((2, 8), np.uint8), np.zeros((2, 8), np.uint8), -1, "0 … 63"),
    ],
)
def test_what_does_not_fit_is_refused(test, training, threshold, message):
    with pytest.raises(InputError, match=message):
        hamming.find(test, training, threshold)


def test_without_faiss_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(MissingExtra, match=r"photoplanet\[retrieval\]"):
        hamming.find(np.zeros((1, 8), np.uint8), np.zeros((1, 8), np.uint8), 1)


def test_the_five_nearest_pairs_are_kept_and_the_threshold_is_within():
    training = np.uint8([[0b1111_1111], [0b0111_1111], [0b0011_1111], [1], [3], [7], [15]])
    _, others, distances = hamming.find(np.zeros((1, 1), np.uint8), training, 7)
    assert others.tolist() == [3, 4, 5, 6, 2] and distances.tolist() == [1, 2, 3, 4, 6]
    assert hamming.find(np.zeros((1, 1), np.uint8), training, 2)[1].tolist() == [3, 4]


def test_the_search_is_as_its_page_says():
    page = (Path(__file__).parents[2] / "docs" / "duplicates.md").read_text("utf-8").replace("\n", " ")
    assert "Up to 4·10¹⁰ pairs every code is compared" in page and hamming.EXACT_PAIRS == 4e10
    assert binary_codes.facts()["threshold"] == 32 and "network ≤ 32 (shipped)" in page
    assert binary_codes.facts()["bits"] == 256 and "gives 256 numbers" in page


def test_beyond_the_limit_of_pairs_neighbours_are_searched(monkeypatch):
    searched = []
    monkeypatch.setattr(sorted_windows, "search", lambda *arguments: searched.append(len(arguments[0])))
    codes = np.arange(30, dtype=np.uint8)[:, None]
    monkeypatch.setattr(hamming, "EXACT_PAIRS", 900)
    assert len(hamming.find(codes, codes, 0)[0]) == 30 and not searched
    monkeypatch.setattr(hamming, "EXACT_PAIRS", 899)
    assert len(hamming.find(codes, codes, 0)[0]) == 0 and searched == [30]


def test_however_many_pairs_there_are_few_are_in_memory_at_once(monkeypatch):
    """All of 300 × 400 codes are near each other: a block is as large as lets every pair in."""
    monkeypatch.setattr(hamming, "PAIRS_AT_ONCE", 3000)
    rng, seen = np.random.default_rng(0), []
    test, training = (rng.integers(0, 4, (n, 8), np.uint8) for n in (300, 400))
    found = hamming.find(test, training, 63, exact=True, advance=lambda n, note="": seen.append(n))
    assert max(seen) <= 11 and sum(seen) == 400
    assert list(zip(*(values.tolist() for values in found), strict=True))[:10] == brute(test[:2], training, 63, 5)
