"""Which photo comes when, and its random numbers: functions of seed and position, so that runs resume."""

import functools

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photoplanet.errors import TrainingError

IN_A_ROW = 200  # unreadable photos in a row, after which the run stops: a folder has moved, not a photo gone bad
_STEP = np.uint64(0x9E3779B97F4A7C15)  # of SplitMix64 (Steele et al. 2014)


@functools.lru_cache(maxsize=2)
def order(photos: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return the order of the photos in an epoch: a permutation of 0 … photos − 1, the same on every machine.

    >>> sorted(order(4, seed=0, epoch=1).tolist())
    [0, 1, 2, 3]
    """
    return np.random.Generator(np.random.Philox(key=[seed, epoch])).permutation(photos)


def photos_at(photos: int, seed: int, positions: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return epochs and photos (n,) at positions (n,) of the endless stream: every photo once in each epoch.

    >>> photos_at(4, 0, np.array([0, 3, 4]))[0].tolist()
    [0, 0, 1]
    """
    epochs, places = np.divmod(positions, photos)
    found = np.empty_like(places)
    for epoch in np.unique(epochs, return_counts=True)[0]:
        found[epochs == epoch] = order(photos, seed, int(epoch))[places[epochs == epoch]]
    return epochs, found


def stand_in(photos: int, seed: int, position: int, tried: int) -> tuple[int, int]:
    """Return epoch and photo to take when `tried` ≥ 1 photos from a position on proved unreadable: the next one.

    Raises TrainingError when 200 in a row, or all there are, were tried.

    >>> stand_in(4, seed=0, position=0, tried=1) == (0, int(order(4, 0, 0)[1]))
    True
    """
    if tried >= min(photos, IN_A_ROW):
        raise TrainingError(
            f"{tried:,} training photos in a row cannot be read; check that the files are still where the table says"
        )
    epoch, place = divmod(position, photos)
    return epoch, int(order(photos, seed, epoch)[(place + tried) % photos])


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
