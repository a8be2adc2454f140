"""Albums for training: the fixed CNN's answers on disk, and batches of albums of like length, as networks read them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.networks import Reading
from photoplanet.errors import InputError

NO_PHOTO = -1  # in `Batch.rows`: a step without a photo


@dataclass(frozen=True)
class Answers:
    """What is known of n photos, albums one after another, each in time order; arrays may be memory-mapped.

    `embeddings` (n, d) float16, the layer below the CNN's softmax, 0 for a photo that could not be read; `latitude` and
    `longitude` (n,) degrees, the truth; `classes` (n,) int32, −1 outside every cell; `gaps` (n,) float32, hours since
    the photo before, NaN for unknown and for the first of an album; `starts` (albums + 1,) int64, where albums begin,
    and the end. InputError when the lengths do not fit.
    """

    embeddings: NDArray[np.float16]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    classes: NDArray[np.int32]
    gaps: NDArray[np.float32]
    starts: NDArray[np.int64]

    def __post_init__(self) -> None:
        n = len(self.embeddings)
        fits = len(self.classes) == len(self.gaps) == n and len(self.starts) > 0 and self.starts[-1] == n
        if not (fits and self.starts[0] == 0 and (np.diff(self.starts) > 0).all()):
            raise InputError(f"answers to {n} photos do not fit their albums; remove the cache and start again")

    def __len__(self) -> int:
        return len(self.classes)


@dataclass(frozen=True)
class Batch:
    """Albums side by side, as a network reads them: steps down, albums across, all (steps, albums).

    `rows`: the photo read at each step, NO_PHOTO for none; `targets`: the photo whose place is asked for, or NO_PHOTO;
    `lengths` (albums,): steps of each album, the rest of its column is padding.
    """

    rows: NDArray[np.int64]
    targets: NDArray[np.int64]
    lengths: NDArray[np.int64]

    @property
    def photos(self) -> int:
        """How many photos' places are asked for."""
        return int((self.targets != NO_PHOTO).sum())


def pieces(starts: NDArray[np.int64], longest: int) -> NDArray[np.int64]:
    """First row and length (m, 2) of the albums' pieces of `longest` photos at most, 0 for whole albums."""
    sizes = np.diff(starts)
    if not longest:
        return np.stack([starts[:-1], sizes], axis=1)
    counts = -(-sizes // longest)
    album = np.repeat(np.arange(len(sizes)), counts)
    nth = np.arange(len(album)) - np.repeat(np.cumsum(counts) - counts, counts)
    first = starts[album] + nth * longest
    return np.stack([first, np.minimum(longest, starts[album + 1] - first)], axis=1)


def batches(
    starts: NDArray[np.int64], reading: Reading, longest: int, photos: int, seed: int, epoch: int
) -> list[NDArray[np.int64]]:
    """The batches of an epoch, each the pieces (m, 2) in it: about `photos` photos of like length, in random order.

    A pure function of its arguments, so that a run resumes exactly.
    """
    found = pieces(starts, reading.cut or longest)
    random = np.random.Generator(np.random.Philox(key=[seed, epoch]))
    # Like lengths together, so that little is padding; a random share on top, so that batches differ between epochs.
    order = np.argsort(found[:, 1] * random.uniform(0.85, 1.15, len(found)), kind="stable")
    ends = np.cumsum(found[order, 1])
    groups = np.split(order, np.searchsorted(ends, np.arange(photos, ends[-1], photos)))
    groups = [group for group in groups if len(group)]
    return [found[groups[i]] for i in random.permutation(len(groups))]


def read(some: NDArray[np.int64], reading: Reading) -> Batch:
    """Lay pieces (m, 2) out as `reading` has them: passes one after another, targets `offset` steps late."""
    sizes = some[:, 1]
    lengths = sizes * reading.passes + reading.offset
    steps = np.arange(lengths.max())[:, None]
    inside = steps < sizes * reading.passes
    rows = np.where(inside, some[:, 0] + steps % sizes, NO_PHOTO)
    asked = steps - sizes * (reading.passes - 1) - reading.offset
    targets = np.where((asked >= 0) & (asked < sizes), some[:, 0] + asked, NO_PHOTO)
    return Batch(rows, targets, lengths)


def windows(batch: Batch, steps: int) -> Iterator[slice]:
    """The batch's steps, `steps` at a time: what truncated back-propagation reaches back over."""
    for start in range(0, len(batch.rows), steps):
        yield slice(start, min(start + steps, len(batch.rows)))
