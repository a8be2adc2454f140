"""Near codes among millions: sorted by random bits of theirs again and again, near codes become neighbours.

Two codes a few bits apart often agree in the first bits of a key drawn at random from all of theirs, and then stand
close to each other when all keys are sorted (Charikar, STOC 2002; Manku, Jain and Das Sarma, WWW 2007, for web pages).
Each code looks at a fixed number of neighbours, whatever the codes are: a million photos that are nearly the same take
no longer than a million different ones. Test codes look among the training codes, and training codes among the test
codes, so that many of one kind do not hide the few of the other.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.progress import Advance, ignore
from photoplanet.core.workers import in_threads, slices
from photoplanet.duplicates.nearest_pairs import NearestPairs

Codes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Rows = NDArray[np.int64]
Add = Callable[[Rows, Rows], None]

BLOCK = 1 << 21  # training codes at a time
REACH = 8  # neighbours on either side that a code looks at, in each order
MISSED = 0.01  # of pairs just within the threshold, by the number of orders
FEWEST, MOST_ORDERS = 16, 128
_STEP = 32  # bits from one key of a permutation to its next
_KEY = 64  # bits of a key, and of the bits that are compared first
_TURNED_DOWN = 1e-4  # of pairs at the threshold, by the bits that are compared first
_SLICE = 1 << 13  # codes at a time: their bits, a byte each, stay in the cache
_WINDOW = 1 << 15  # keys at a time


def orders(threshold: int, bits: int, codes: int) -> int:
    """How often to sort so that of random codes 99 % of the pairs `threshold` bits apart are found, at most 128 times.

    `codes`: how many there are, the fewer of test codes and those of a block of training codes. Pairs stand close if
    they agree in as many bits as it takes to tell `codes` / `REACH` apart. Closer pairs are missed more rarely.

    >>> orders(16, 256, 1 << 20), orders(32, 256, 1 << 20), orders(64, 256, 1 << 20)
    (16, 46, 128)
    """
    prefix = max(0, math.ceil(math.log2(max(1, codes) / REACH)))
    agree = math.prod(max(0, bits - threshold - bit) / (bits - bit) for bit in range(min(prefix, bits)))
    if agree <= 0:
        return MOST_ORDERS
    wanted = math.log(MISSED) / math.log1p(-agree) if agree < 1 else 1
    return int(min(max(math.ceil(wanted), FEWEST), MOST_ORDERS))


def search(test: Codes, training: Codes, nearest: NearestPairs, threshold: int, earlier: bool = False,
           advance: Advance = ignore) -> None:  # fmt: skip
    """Add to `nearest` the pairs at most `threshold` bits apart that are found, as (test row, training row, distance).

    Codes are uint8 (n, bits / 8); `training` may be a memory map, it is read once, in blocks. `earlier`: only pairs
    whose training row comes before the test row. `advance` counts training codes. Every pair added is right; which are
    found is the same in every run. Memory: 32 bytes, and 32 more in each thread (eight at most for codes of 256 bits),
    for each test code and for each of 2 million training codes.

    >>> nearest = NearestPairs(rows=1, most=5, threshold=2)
    >>> search(np.uint8([[15]]), np.uint8([[0], [7]]), nearest, 2)
    >>> [column.tolist() for column in nearest.pairs()]
    [[0], [1], [1]]
    """
    test = _whole_words(test)
    bits = test.shape[1] * 8
    count = orders(threshold, bits, min(len(test), len(training), BLOCK))
    limit = _first_limit(threshold, bits)
    starts = range(0, bits, _STEP)
    for part in slices(len(training), BLOCK):
        block = _whole_words(training[part])

        def add(test_rows: Rows, block_rows: Rows, block: Codes = block, before: int = part.start) -> None:
            apart = _bits_apart(test[test_rows].view(np.uint64), block[block_rows].view(np.uint64)).sum(axis=1)
            rows, good = block_rows + before, apart <= threshold
            if earlier:
                good &= rows < test_rows
            nearest.add(test_rows[good], rows[good], apart[good].astype(np.int32))

        rng = np.random.default_rng(0)
        for done in range(0, count, len(starts)):
            permutation = rng.permutation(bits)
            words = _permuted(test, permutation), _permuted(block, permutation)

            def work(start: int, words: tuple[Words, Words] = words, add: Add = add) -> None:
                tests, trainings = (_Sorted(side, start) for side in words)
                for rows, others in _neighbours(tests, trainings, limit):
                    add(rows, others)
                for rows, others in _neighbours(trainings, tests, limit):
                    add(others, rows)

            for _ in in_threads(work, starts[: count - done]):
                pass
        advance(len(block))


class _Sorted:
    """Rows in order of their keys, with the keys and the bits that are compared first."""

    def __init__(self, words: Words, start: int) -> None:
        keys = _drawn(words, start)
        self.rows = np.argsort(keys)
        self.keys = keys[self.rows]
        self.bits = _drawn(words, start + _KEY)[self.rows]


def _neighbours(asking: _Sorted, other: _Sorted, limit: int) -> Iterator[tuple[Rows, Rows]]:
    """(rows of `asking`, rows of `other`) of codes that stand within `REACH` of each other and may be near."""
    for part in slices(len(asking.keys), _WINDOW):
        bits, place = asking.bits[part], np.searchsorted(other.keys, asking.keys[part])
        for beyond in range(-REACH, REACH):
            at = place + beyond
            near = np.flatnonzero(_bits_apart(bits, other.bits.take(at, mode="clip")) <= limit)
            if len(near):
                at = at[near]
                there = (at >= 0) & (at < len(other.keys))
                yield asking.rows[part][near[there]], other.rows[at[there]]


def _drawn(words: Words, start: int) -> Words:
    """64 bits of each code from bit `start` of its row of words on, around the end; `start`: a multiple of 32."""
    first, shift = divmod(start, 64)
    drawn: Words = words[first % len(words)]
    if shift:
        half = np.uint64(32)
        drawn = (drawn >> half) | (words[(first + 1) % len(words)] << half)
    return drawn


def _permuted(codes: Codes, permutation: Rows) -> Words:
    """The codes with their bits in another order, as uint64 (words, n)."""
    found = np.empty((codes.shape[1] // 8, len(codes)), np.uint64)

    def work(part: slice) -> None:
        columns = np.ascontiguousarray(codes[part].T)
        planes = np.empty((8, *columns.shape), np.uint8)
        for bit in range(8):
            np.right_shift(columns, bit, out=planes[bit])
        planes &= 1
        picked = planes.reshape(len(permutation), -1)[permutation].reshape(planes.shape)
        for bit in range(1, 8):
            picked[bit] <<= bit
            picked[0] |= picked[bit]
        found[:, part] = np.ascontiguousarray(picked[0].T).view(np.uint64).T

    for _ in in_threads(work, slices(len(codes), _SLICE)):
        pass
    return found


def _whole_words(codes: Codes) -> Codes:
    """The codes in whole words of 64 bits, filled with zeros."""
    missing = -codes.shape[1] % 8
    return np.pad(codes, ((0, 0), (0, missing))) if missing else np.ascontiguousarray(codes)


def _first_limit(threshold: int, bits: int) -> int:
    """In how many of 64 bits drawn of `bits` codes `threshold` apart differ at most, all but 1 in 10,000."""
    ways = math.comb(bits, _KEY)
    for limit in range(min(threshold, _KEY), -1, -1):
        more = sum(
            math.comb(threshold, differ) * math.comb(bits - threshold, _KEY - differ)
            for differ in range(limit, min(threshold, _KEY) + 1)
        )
        if more > _TURNED_DOWN * ways:
            return limit
    return 0


def _bits_apart(first: Words, second: Words) -> NDArray[np.uint8]:
    """How many bits differ, by word."""
    apart: NDArray[np.uint8] = _ones(first ^ second)
    return apart


def count_ones(words: Words) -> NDArray[np.uint8]:
    """How many bits are set in each word: `np.bitwise_count`, which NumPy has from 2.0 on.

    >>> count_ones(np.array([7], np.uint64)).tolist()
    [3]
    """
    # sums of pairs, fours and eights of bits, then of bytes
    words = words - ((words >> np.uint64(1)) & np.uint64(0x5555555555555555))
    words = (words & np.uint64(0x3333333333333333)) + ((words >> np.uint64(2)) & np.uint64(0x3333333333333333))
    words = (words + (words >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    sums: NDArray[np.uint8] = ((words * np.uint64(0x0101010101010101)) >> np.uint64(56)).astype(np.uint8)
    return sums


_ones = getattr(np, "bitwise_count", count_ones)
