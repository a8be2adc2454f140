"""Albums for training: photos with the fixed CNN's embeddings, and batches of albums of like length."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.networks import Reading
from photoplanet.errors import InputError
from photoplanet.training.albums.recipes import AlbumRecipe

NO_PHOTO = -1  # in `AlbumBatch.rows`: a step without a photo


class Embeddings(Protocol):
    """Embeddings float16 (n, d) by row: an array, or `core.cache.Rows` on disk."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, d)."""
        ...

    def __len__(self) -> int: ...
    def __getitem__(self, rows: Any, /) -> Any: ...


@dataclass(frozen=True)
class AlbumPhotos:
    """What is known of n photos, albums one after another, each in time order.

    `embeddings` (n, d) float16, the layer below the CNN's softmax, 0 for a photo that could not be read; `latitude` and
    `longitude` (n,) degrees, the truth; `classes` (n,) int32, −1 outside every cell; `gaps` (n,) float32, hours since
    the photo before, NaN for unknown and for the first of an album; `starts` (albums + 1,) int64, where albums begin,
    and the end. InputError when the lengths do not fit.
    """

    embeddings: Embeddings
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    classes: NDArray[np.int32]
    gaps: NDArray[np.float32]
    starts: NDArray[np.int64]

    def __post_init__(self) -> None:
        n = len(self.embeddings)
        fits = len(self.classes) == len(self.gaps) == n and len(self.starts) > 0 and self.starts[-1] == n
        if not (fits and self.starts[0] == 0 and (np.diff(self.starts) > 0).all()):
            raise InputError(f"the embeddings of {n} photos do not fit their albums; remove the cache and start again")

    def __len__(self) -> int:
        return len(self.classes)


@dataclass(frozen=True)
class AlbumBatch:
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


def pieces(starts: NDArray[np.int64], longest: int, truncate: bool = False) -> NDArray[np.int64]:
    """Return first row and length (m, 2) of the albums' pieces of `longest` photos at most, 0 for whole albums.

    `truncate`: the first piece of each album only.

    >>> pieces(np.array([0, 30, 31]), 25).tolist()
    [[0, 25], [25, 5], [30, 1]]
    >>> pieces(np.array([0, 30, 31]), 25, truncate=True).tolist()
    [[0, 25], [30, 1]]
    """
    sizes = np.diff(starts)
    if not longest or truncate:
        return np.stack([starts[:-1], np.minimum(sizes, longest or sizes.max(initial=0))], axis=1)
    counts = -(-sizes // longest)
    album = np.repeat(np.arange(len(sizes)), counts)
    nth = np.arange(len(album)) - np.repeat(np.cumsum(counts) - counts, counts)
    first = starts[album] + nth * longest
    return np.stack([first, np.minimum(longest, starts[album + 1] - first)], axis=1)


def batches(
    starts: NDArray[np.int64], reading: Reading, longest: int, photos: int, seed: int, epoch: int
) -> list[NDArray[np.int64]]:
    """Return the batches of an epoch, each its pieces (m, 2): about `photos` photos of like length, in random order.

    A pure function of its arguments, so that a run resumes exactly.

    >>> sorted(batch.tolist() for batch in batches(np.array([0, 3, 6]), Reading(), 0, 2, seed=0, epoch=0))
    [[[0, 3]], [[3, 3]]]
    """
    found = pieces(starts, reading.cut or longest, reading.truncate)
    random = np.random.Generator(np.random.Philox(key=[seed, epoch]))
    # Like lengths together, so that little is padding; a random share on top, so that batches differ between epochs.
    order = np.argsort(found[:, 1] * random.uniform(0.85, 1.15, len(found)), kind="stable")
    ends = np.cumsum(found[order, 1])
    groups = np.split(order, np.searchsorted(ends, np.arange(photos, ends[-1], photos)))
    groups = [group for group in groups if len(group)]
    return [found[groups[i]] for i in random.permutation(len(groups))]


def epoch_batches(photos: AlbumPhotos, recipe: AlbumRecipe, epoch: int) -> list[NDArray[np.int64]]:
    """Return the batches of an epoch of a recipe, as `batches` does.

    >>> classes, starts = np.zeros(3, np.int32), np.array([0, 1, 3])  # an album of one photo and one of two
    >>> photos = AlbumPhotos(np.zeros((3, 2)), *np.zeros((2, 3)), classes, np.zeros(3), starts)
    >>> [batch.tolist() for batch in epoch_batches(photos, AlbumRecipe("lstm"), epoch=0)]
    [[[0, 1], [1, 2]]]
    """
    longest = recipe.longest if recipe.reading.both_ways else 0
    return batches(photos.starts, recipe.reading, longest, recipe.batch_photos, recipe.seed, epoch)


def read(some: NDArray[np.int64], reading: Reading) -> AlbumBatch:
    """Lay pieces (m, 2) out as `reading` has them: passes one after another, targets `offset` steps late.

    >>> read(np.array([[10, 3]]), Reading(offset=1)).targets.T.tolist()
    [[-1, 10, 11, 12]]
    """
    sizes = some[:, 1]
    lengths = sizes * reading.passes + reading.offset
    steps = np.arange(lengths.max())[:, None]
    inside = steps < sizes * reading.passes
    rows = np.where(inside, some[:, 0] + steps % sizes, NO_PHOTO)
    asked = steps - sizes * (reading.passes - 1) - reading.offset
    targets = np.where((asked >= 0) & (asked < sizes), some[:, 0] + asked, NO_PHOTO)
    return AlbumBatch(rows, targets, lengths)


def windows(batch: AlbumBatch, steps: int) -> Iterator[slice]:
    """Yield the batch's steps, `steps` at a time: what truncated back-propagation reaches back over.

    >>> [(part.start, part.stop) for part in windows(read(np.array([[0, 5]]), Reading()), 3)]
    [(0, 3), (3, 5)]
    """
    for start in range(0, len(batch.rows), steps):
        yield slice(start, min(start + steps, len(batch.rows)))
