"""The nearest pairs of each test code, collected from many searches at bounded memory."""

import threading

import numpy as np
from numpy.typing import NDArray

Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]  # test row, training row, bits apart

_ROW_BITS = 40  # of a training row in a rank
SPARE = 1_000_000  # pairs that may wait to be sorted out, besides two full sets


class NearestPairs:
    """The `most` nearest training rows of each of `rows` test rows, among the pairs added that are within `threshold`.

    Of equally near rows the first is kept, and each pair once, in whatever order pairs come. Threads may add at the
    same time. Memory: 8 bytes a test row, and 60 · `most` for one with pairs, also where much is one picture.

    >>> nearest = NearestPairs(rows=1, most=1, threshold=9)
    >>> nearest.add(np.array([0, 0, 0]), np.array([7, 5, 3]), np.array([2, 2, 10]))
    >>> [column.tolist() for column in nearest.pairs()]
    [[0], [5], [2]]
    """

    def __init__(self, rows: int, most: int, threshold: int, spare: int = SPARE) -> None:
        self.most = most
        # Distance and training row as one number; nothing from this number on is wanted for the test row.
        self._limits = np.full(rows, (threshold + 1) << _ROW_BITS, np.int64)
        self._lock = threading.Lock()
        self._test: list[NDArray[np.int64]] = []
        self._ranks: list[NDArray[np.int64]] = []
        self.waiting, self._hold = 0, 2 * most * rows + spare

    def add(self, test: NDArray[np.int64], training: NDArray[np.int64], distance: NDArray[np.int32]) -> None:
        """Add pairs, given as three arrays (n,) of test rows, training rows and distances in bits.

        >>> NearestPairs(2, 5, 32).add(np.array([1]), np.array([0]), np.array([32]))
        """
        ranks = (distance.astype(np.int64) << _ROW_BITS) | training
        wanted = ranks < self._limits[test]
        test, ranks = test[wanted], ranks[wanted]
        if not len(test):
            return
        with self._lock:
            self._test.append(test)
            self._ranks.append(ranks)
            self.waiting += len(test)
            if self.waiting > self._hold:
                self._sort_out()

    def pairs(self) -> Pairs:
        """Return what is kept, in order of test row, distance and training row.

        >>> [len(column) for column in NearestPairs(2, 5, 32).pairs()]
        [0, 0, 0]
        """
        with self._lock:
            self._sort_out()
            test, ranks = self._test[0], self._ranks[0]
        return test, ranks & ((1 << _ROW_BITS) - 1), (ranks >> _ROW_BITS).astype(np.int32)

    def _sort_out(self) -> None:
        none = np.empty(0, np.int64)
        test, ranks = np.concatenate([none, *self._test]), np.concatenate([none, *self._ranks])
        order = np.lexsort((ranks, test))
        test, ranks = test[order], ranks[order]
        new = np.ones(len(test), bool)
        new[1:] = (np.diff(test) != 0) | (np.diff(ranks) != 0)
        test, ranks = test[new], ranks[new]
        place = np.arange(len(test)) - np.searchsorted(test, test)
        last = place == self.most - 1
        self._limits[test[last]] = ranks[last] + 1  # itself may come again
        keep = place < self.most
        self._test, self._ranks = [test[keep]], [ranks[keep]]
        self.waiting = len(self._test[0])
