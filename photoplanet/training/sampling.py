"""Which photo comes when, and its random numbers: functions of seed and position, so that runs resume."""

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photoplanet.errors import TrainingError

IN_A_ROW = 200  # unreadable photos in a row, after which the run stops: a folder has moved, not a photo gone bad
WINDOW = 16_384  # photos that are shuffled together where they are read in sequence: half a gigabyte at 320 px
_STEP = np.uint64(0x9E3779B97F4A7C15)  # of SplitMix64 (Steele et al. 2014)


class Order:
    """The endless stream of photos: every photo once in each epoch, in an order that depends on seed and epoch alone.

    Of photos that lie one after the other in shards, `starts` has the first row of each: then the shards come in a
    random order, and the photos of some shards at a time (`WINDOW` photos) in a random order, so that a disk reads from
    few places. Without `starts`, any photo may come after any other.

    >>> Order(4, seed=0).photos_at(np.array([0, 3, 4]))[0].tolist()
    [0, 0, 1]
    """

    def __init__(self, photos: int, seed: int, starts: Sequence[int] | NDArray[np.int64] = ()):
        self.photos, self.seed = photos, seed
        self._starts = np.asarray(starts, np.int64)
        self._of = functools.lru_cache(maxsize=2)(self._made)

    def of(self, epoch: int) -> NDArray[np.int64]:
        """Return the photos of an epoch: a permutation of 0 … photos − 1, the same on every machine."""
        return self._of(epoch)

    def photos_at(self, positions: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return epochs and photos (n,) at positions (n,) of the stream."""
        epochs, places = np.divmod(positions, self.photos)
        found = np.empty_like(places)
        for epoch in np.unique(epochs, return_counts=True)[0]:
            found[epochs == epoch] = self.of(int(epoch))[places[epochs == epoch]]
        return epochs, found

    def stand_in(self, position: int, tried: int, why: object) -> tuple[int, int]:
        """Return epoch and photo to take when `tried` ≥ 1 photos from a position on proved unreadable: the next one.

        Raises TrainingError when 200 in a row, or all there are, were tried; `why`: what was wrong with the last.
        """
        if tried >= min(self.photos, IN_A_ROW):
            raise TrainingError(
                f"{tried:,} training photos in a row cannot be read; check that the files are still where the table "
                f"says. Of the last: {why}"
            )
        epoch, place = divmod(position, self.photos)
        return epoch, int(self.of(epoch)[(place + tried) % self.photos])

    def shards_at(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the numbers of the shards, in `starts`, that photos at positions (n,) of the stream are in; each once.

        >>> Order(6, 0, [0, 3]).shards_at(np.arange(6)).tolist()
        [0, 1]
        """
        if not len(self._starts):
            return np.zeros(0, np.int64)
        return np.unique(np.searchsorted(self._starts, self.photos_at(positions)[1], side="right")) - 1

    def _made(self, epoch: int) -> NDArray[np.int64]:
        random = np.random.Generator(np.random.Philox(key=[self.seed, epoch]))
        if not len(self._starts):
            return random.permutation(self.photos)
        ends = np.append(self._starts[1:], self.photos)
        shards = [np.arange(self._starts[each], ends[each]) for each in random.permutation(len(self._starts))]
        joined = np.concatenate(shards)
        for start in range(0, self.photos, WINDOW):
            joined[start : start + WINDOW] = random.permutation(joined[start : start + WINDOW])
        return joined


def uniforms(seed: int, epoch: ArrayLike, photo: ArrayLike, count: int) -> NDArray[np.float64]:
    """Return `count` numbers in [0, 1) that belong to a photo in an epoch, (…, count); counter-based, SplitMix64.

    >>> uniforms(0, epoch=0, photo=[5, 6], count=3).shape
    (2, 3)
    """
    with np.errstate(over="ignore"):
        state = np.full((), seed % 2**64, np.uint64)
        for part in (epoch, photo):
            state = _mix(state + _STEP * (np.asarray(part).astype(np.uint64) + np.uint64(1)))
        bits = _mix(state[..., None] + _STEP * np.arange(1, count + 1, dtype=np.uint64))
    found: NDArray[np.float64] = (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return found


def share(total: int, rank: int, ranks: int) -> slice:
    """Return the slice of a global batch of `total` samples that is `rank`'s part of `ranks`; even but for one.

    >>> [share(7, rank, 3) for rank in range(3)]
    [slice(0, 2, None), slice(2, 4, None), slice(4, 7, None)]
    """
    return slice(total * rank // ranks, total * (rank + 1) // ranks)


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = x ^ (x >> np.uint64(31))
    return mixed
