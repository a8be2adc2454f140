"""Which photo comes when, and its random numbers: pure functions of seed, epoch and position, so that any run resumes."""

import functools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from photoplanet.errors import TrainingError

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
IN_A_ROW = 200  # unreadable photos in a row, after which the run stops: the folder has moved, not a photo gone bad


@functools.lru_cache(maxsize=2)
def order(photos: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """The order of the photos in an epoch: a permutation of 0 … photos − 1, the same on every machine."""
    return np.random.Generator(np.random.Philox(key=[seed, epoch])).permutation(photos)


def uniforms(seed: int, epoch: int, index: int, count: int) -> NDArray[np.float64]:
    """`count` numbers in [0, 1) that belong to one photo in one epoch (counter-based: SplitMix64 of the four numbers)."""
    state = np.uint64(seed % 2**64)
    with np.errstate(over="ignore"):
        for part in (epoch, index):
            state = _mix(state + _GOLDEN * np.uint64(part + 1))
        bits = _mix(state + _GOLDEN * np.arange(1, count + 1, dtype=np.uint64))
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mix(x: np.uint64 | NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = np.asarray(x, dtype=np.uint64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def places(photos: int, seed: int, position: int) -> Iterator[tuple[int, int]]:
    """(epoch, photo) at a position of the endless stream of epochs, then its stand-ins should it prove unreadable.

    Stand-ins are the photos at the next positions of the same epoch, wrapping round, each with its own random numbers.
    Raises TrainingError when all of them, or 200 in a row, were asked for.
    """
    epoch, place = divmod(position, photos)
    permutation = order(photos, seed, epoch)
    for k in range(min(photos, IN_A_ROW)):
        yield epoch, int(permutation[(place + k) % photos])
    raise TrainingError(
        f"training photos: {min(photos, IN_A_ROW)} in a row cannot be read (position {position}); "
        "check that the files are still where the table says"
    )


def share(total: int, rank: int, ranks: int) -> slice:
    """The slice of a global batch of `total` samples that is `rank`'s part of `ranks`; sizes differ by one at most."""
    return slice(total * rank // ranks, total * (rank + 1) // ranks)
