"""Binary codes near each other: exact for small sets, and among neighbours in sorted order for large ones."""

from types import ModuleType
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.progress import Advance, ignore
from photoplanet.core.workers import slices
from photoplanet.duplicates import sorted_windows
from photoplanet.duplicates.nearest_pairs import NearestPairs, Pairs
from photoplanet.errors import InputError, MissingExtra

MOST = 5  # pairs kept for each test code, the nearest ones
EXACT_PAIRS = 4e10  # comparisons up to which every pair is looked at: about a minute on one core
BLOCK = 1 << 15  # training codes at a time
PAIRS_AT_ONCE = 1 << 26  # at most, where all are near: 12 bytes each

Codes = NDArray[np.uint8]


class _RangeIndex(Protocol):
    """What FAISS's indexes of codes offer: the pairs nearer than a radius, as limits of each row, distances, rows."""

    def add(self, codes: Codes, /) -> None: ...

    def range_search(self, codes: Codes, radius: int, /) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]: ...


def find(
    test: Codes, training: Codes, threshold: int, most: int = MOST, exact: bool | None = None,
    advance: Advance = ignore,
) -> Pairs:  # fmt: skip
    """Return (test rows, training rows, distances in bits) of the pairs at most `threshold` apart, by row and distance.

    Codes are uint8 (n, bits / 8). For each test code the `most` nearest are kept (of equally near ones the first).
    `exact` compares every pair; by default only up to 4·10¹⁰ pairs. Beyond, codes are compared that come close to each
    other in one of several random orders: of random pairs just within the threshold 99 % are found, up to 40 of 256
    bits, and more of closer ones (`sorted_windows`, docs/duplicates.md). Memory: 100 bytes a test code on two cores,
    60 · `most` for one with pairs, and 200 MB; `training` may be a memory map, it is read once, in blocks. `advance`
    counts training codes. Raises InputError for codes or a threshold that do not fit, and MissingExtra without FAISS.

    >>> rows, others, distances = find(np.uint8([[0b1111]]), np.uint8([[0b0000], [0b0111]]), threshold=2)
    >>> rows.tolist(), others.tolist(), distances.tolist()
    ([0], [1], [1])
    """
    _check(test, training, threshold, most)
    if not len(test) or not len(training):
        return NearestPairs(0, most, threshold).pairs()
    unique, inverse = _unique(test)[::2]
    at, row, distance = _search(unique, training, threshold, most, exact, False, advance)
    # From different codes to rows: every test photo of a code has the pairs of the code.
    counts = np.bincount(at, minlength=len(unique))
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    per_row = counts[inverse]
    rows = np.repeat(np.arange(len(test)), per_row)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(per_row) - per_row, per_row)
    picked = np.repeat(starts[inverse], per_row) + within
    return rows, row[picked], distance[picked]


def first_of_group(
    codes: Codes, threshold: int, exact: bool | None = None, advance: Advance = ignore,
) -> NDArray[np.int64]:  # fmt: skip
    """Return for each code the first row of its group, int64 (n,): itself where no earlier code is near it.

    A group is what a chain of pairs at most `threshold` apart holds together. Raises and searches as `find` does;
    `advance` counts the different codes.

    >>> first_of_group(np.uint8([[0b1111], [0b0000], [0b0111]]), threshold=2).tolist()
    [0, 1, 0]
    """
    _check(codes, codes, threshold, 1)
    if not len(codes):
        return np.empty(0, np.int64)
    unique, first, inverse = _unique(codes)
    order = np.argsort(first)
    later, earlier, _ = _search(unique[order], unique[order], threshold, MOST, exact, True, advance)
    group = np.arange(len(unique))
    changed = True
    while changed:  # until the two of each pair agree: a later photo may join two groups
        before, ends = group, (group[later], group[earlier])
        group = group.copy()
        for end in ends:
            np.minimum.at(group, end, np.minimum(*ends))
        group = group[group]
        changed = not np.array_equal(group, before)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return first[order][group][place[inverse]]


def _search(
    test: Codes, training: Codes, threshold: int, most: int, exact: bool | None, earlier: bool, advance: Advance,
) -> Pairs:  # fmt: skip
    """As `find` on codes that all differ; `earlier`: only pairs whose training row comes before the test row."""
    if exact is None:
        exact = len(test) * len(training) <= EXACT_PAIRS
    nearest = NearestPairs(len(test), most, threshold)
    if exact:
        _compare_all(test, training, nearest, threshold, earlier, advance)
    else:
        sorted_windows.search(test, training, nearest, threshold, earlier, advance)
    return nearest.pairs()


def _compare_all(
    test: Codes, training: Codes, nearest: NearestPairs, threshold: int, earlier: bool, advance: Advance
) -> None:
    index = cast(_RangeIndex, open_faiss().IndexBinaryFlat(test.shape[1] * 8))
    index.add(test)
    for part in slices(len(training), min(BLOCK, PAIRS_AT_ONCE // len(test) + 1)):
        block = np.ascontiguousarray(training[part])
        limits, distances, found = index.range_search(block, threshold + 1)  # FAISS: nearer than the radius
        bounds: NDArray[np.int64] = limits.astype(np.int64)
        rows = np.repeat(np.arange(part.start, part.stop), bounds[1:] - bounds[:-1])
        pairs = found.astype(np.int64), rows, distances.astype(np.int32)
        if earlier:
            before = rows < pairs[0]
            pairs = pairs[0][before], pairs[1][before], pairs[2][before]
        nearest.add(*pairs)
        advance(len(block))


def open_faiss() -> ModuleType:
    """Return the module that compares codes; MissingExtra where it is not installed.

    >>> open_faiss().__name__
    'faiss'
    """
    try:
        import faiss
    except ImportError:
        raise MissingExtra("comparing the codes of photos", "retrieval") from None
    return faiss


def _unique(codes: Codes) -> tuple[Codes, NDArray[np.int64], NDArray[np.int64]]:
    """(different codes, the first row of each, for each row its code)."""
    whole = np.ascontiguousarray(codes).view(f"V{codes.shape[1]}").ravel()
    _, first, inverse = np.unique(whole, return_index=True, return_inverse=True)
    return np.ascontiguousarray(codes[first]), first, inverse.ravel()


def _check(test: Codes, training: Codes, threshold: int, most: int) -> None:
    for codes in (test, training):
        if codes.dtype != np.uint8 or codes.ndim != 2 or not codes.shape[1]:
            raise InputError(f"codes are uint8 (n, bits / 8), not {codes.dtype} {codes.shape}")
    bits = test.shape[1] * 8
    if training.shape[1] * 8 != bits:
        raise InputError(f"codes of {bits} and of {training.shape[1] * 8} bits: make both with one network")
    if not 0 <= threshold < bits or most < 1:
        raise InputError(f"threshold {threshold}, most {most}: needs 0 … {bits - 1} bits and at least one pair")
