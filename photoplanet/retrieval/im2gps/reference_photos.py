"""The photos that Im2GPS compares a query with: described once, kept on disk, and compared descriptor by descriptor."""

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photoplanet.core.cache import Cache, Entry, Found, Key, Rows, file_stamp
from photoplanet.core.progress import Advance, ignore
from photoplanet.core.workers import in_threads, slices
from photoplanet.earth import geodesy
from photoplanet.errors import InputError
from photoplanet.photos.shards import split_address
from photoplanet.retrieval.im2gps import global_descriptors as descriptors

SIX = ("tiny", "colour", "textons", "lines", "gist", "geometry")
ALL = (*SIX, "part_colour", "part_textons", "words", "fine_words")
BLOCK = 256  # photos compared at a time
PAIRS = 2000  # random pairs of photos, for the scale of each distance
DESCRIBED = "described"  # the cache in the folder
WHITE = np.float32(255**2)
_OURS = (*descriptors.FILES, DESCRIBED)
_OLDER = "blocks.json"

Records = NDArray[np.void]
Floats = NDArray[np.float32]


class ReferencePhotos:
    """Described photos with positions: `latitude`, `longitude` (n,) degrees, records in `rows`, read from disk.

    In memory per photo: the positions, and the words of its SIFT features (about 1 kB); the rest is read in blocks.
    `usable` bool (n,): the photos that could be read. InputError for positions that do not fit, and for fewer than two
    photos that can be read.
    """

    def __init__(
        self, dictionary: descriptors.Dictionary, rows: Rows, latitude: ArrayLike, longitude: ArrayLike
    ):  # fmt: skip
        self.dictionary, self.rows = dictionary, rows
        self.latitude, self.longitude = geodesy.check(latitude, longitude, "reference photos")
        self.usable = rows.known
        if self.usable.shape != self.latitude.shape:
            raise InputError(f"{self.usable.size} photos described, but {self.latitude.size} positions; give one each")
        if self.usable.sum() < 2:
            raise InputError("Im2GPS needs at least two photos that can be read; check the paths")
        sizes = {"words": len(dictionary.words), "fine_words": len(dictionary.fine_words)}
        self.words = {name: WordTable(self, name, size) for name, size in sizes.items()}
        self.scale = self._scales()

    def __len__(self) -> int:
        return len(self.rows)

    def records(self, rows: NDArray[np.int64]) -> Records:
        """The records of these rows, in their order."""
        return self.rows[rows]

    def blocks(self) -> Iterator[Records]:
        """The records of all photos, some at a time, in order."""
        for part in slices(len(self), BLOCK):
            yield self.rows[part]

    def distances(self, queries: Records, names: Sequence[str] = ALL) -> Floats:
        """Distances (q, n) of records (q,) to all photos: the sum over `names`, each in its standard deviations.

        Each photo is read once for all of them. Memory: 4 bytes times q times n.
        """
        total = np.zeros((len(queries), len(self)), np.float32)
        dense = [name for name in names if name not in self.words]

        def work(part: slice) -> None:
            block = self.rows[part]
            for name in dense:
                total[:, part] += distances(name, queries, block) / np.float32(self.scale[name])

        if dense:
            # NumPy's own threads, inside of ours, wait for each other: on a busy machine that takes ten times as long.
            with _blas().limit(limits=1, user_api="blas"):
                for _ in in_threads(work, slices(len(self), BLOCK)):
                    pass
        for name in names:
            if name in self.words:
                total += self.words[name].distances(queries) / np.float32(self.scale[name])
        total[:, ~self.usable] = np.inf
        return total

    def _scales(self) -> dict[str, float]:
        """The standard deviation of each descriptor's distance between random photos."""
        random = np.random.default_rng(0)
        good = np.flatnonzero(self.usable)
        count = min(PAIRS, 4 * len(good))
        one, other = (self.records(random.choice(good, count)) for _ in range(2))
        scale = {}
        for name in ALL:
            if name in self.words:
                a, b = (self.words[name].weighted(side) for side in (one, other))
                apart = np.sqrt(np.maximum(2 - 2 * np.asarray(a.multiply(b).sum(axis=1)).ravel(), 0))
            else:
                pairs = zip(np.split(one, count), np.split(other, count), strict=True)
                apart = np.concatenate([distances(name, a, b)[0] for a, b in pairs])
            scale[name] = float(apart.std()) or 1.0
        return scale


class WordTable:
    """tf-idf of the photos' visual words, one row per photo of unit length; about 8 bytes per feature."""

    def __init__(self, photos: ReferencePhotos, name: str, size: int):
        from scipy import sparse

        self.name, self.size = name, size
        self.idf: Floats = np.ones(size, np.float32)
        counts = sparse.vstack([self._counts(block) for block in photos.blocks()], format="csr")
        seen = np.bincount(counts.indices, minlength=size)
        self.idf = np.log1p(counts.shape[0] / np.maximum(seen, 1)).astype(np.float32)
        self.table = self._weigh(counts)

    def weighted(self, records: Records) -> Any:
        """Sparse (n, words), rows of unit length (or empty)."""
        return self._weigh(self._counts(records))

    def distances(self, queries: Records) -> Floats:
        """L2 of the queries' rows to each row of the table (q, n), in 0 … √2; no common word: √2."""
        mine = np.asarray(self.weighted(queries).todense(), np.float32)
        found: Floats = np.sqrt(np.maximum(2 - 2 * (self.table @ mine.T), 0)).astype(np.float32).T
        return found

    def _counts(self, records: Records) -> Any:
        from scipy import sparse

        words = np.asarray(records[self.name])
        row, slot = np.nonzero((words < self.size) & records["usable"][:, None])
        ones = np.ones(len(row), np.float32)
        return sparse.coo_matrix((ones, (row, words[row, slot])), (len(words), self.size)).tocsr()

    def _weigh(self, counts: Any) -> Any:
        from scipy import sparse

        weighted = counts.multiply(self.idf).tocsr()
        length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        return (sparse.diags(1 / np.where(length > 0, length, 1)) @ weighted).tocsr().astype(np.float32)


def build(
    sources: Sequence[str],
    latitude: ArrayLike,
    longitude: ArrayLike,
    folder: str | Path,
    advance: Advance = ignore,
) -> ReferencePhotos:
    """Describe photos into `folder`, going on where an earlier call stopped; positions (n,) in degrees.

    Photos that cannot be read stay without a description (`ReferencePhotos.usable`) and are never an answer; changed
    ones are described again. The dictionary is trained once, on the photos of the first call. InputError for a folder
    of something else, and when fewer than two photos can be read.

    >>> from PIL import Image
    >>> home, paths = getfixture("tmp_path"), []
    >>> for seed in range(3):
    ...     noise = np.random.default_rng(seed).integers(0, 255, (60, 80, 3), np.uint8)
    ...     paths.append(str(home / f"{seed}.png"))
    ...     Image.fromarray(noise).save(paths[-1])
    >>> photos = build(paths, [48.9, 55.7, -33.9], [2.4, 13.2, 151.2], home / "im2gps")
    >>> len(photos), photos.usable.tolist()
    (3, [True, True, True])
    """
    folder = Path(folder)
    geodesy.check(latitude, longitude, "reference photos")
    _check_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    dictionary = descriptors.read(folder)
    if dictionary is None:
        advance(0, "textons and words")
        dictionary = descriptors.train(sources)
        descriptors.save(dictionary, folder)

    def compute(wanted: Iterator[str]) -> Iterator[Found]:
        for source in wanted:
            try:
                yield Entry({"record": np.atleast_1d(descriptors.describe_one(source, dictionary))})
            except InputError as error:
                yield error

    about = f"im2gps {descriptors.VERSION}, dictionary {_digest(dictionary)}"
    with Cache(folder / DESCRIBED, about, {"record": descriptors.RECORD}, refuse_others=True) as cache:
        for _ in cache.fill(sources, compute, _key):
            advance(1)
        return ReferencePhotos(dictionary, cache.rows(map(_key, sources), "record"), latitude, longitude)


@cache
def _blas() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def distances(name: str, queries: Records, block: Records) -> Floats:
    """Return one descriptor's distances (q, n) of records (q,) to a block (n,): χ² of histograms, L1 of lines, else L2.

    >>> records = np.zeros(2, descriptors.RECORD)
    >>> records["tiny"][1, 0] = 255
    >>> distances("tiny", records[:1], records).tolist()
    [[0.0, 1.0]]
    """
    if name in descriptors.HISTOGRAMS:
        return _chi_squared(descriptors.decoded(queries, name), block[name])
    if name == "lines":
        mine, theirs = (descriptors.decoded(side, name) for side in (queries, block))
        return np.stack([np.abs(theirs - one).sum(axis=1) for one in mine])
    # Products of bytes, summed up exactly in float64: a photo's distance to itself is 0.
    one, other = (np.asarray(side[name], np.float64) for side in (queries, block))
    squares = (one * one).sum(axis=1)[:, None] + (other * other).sum(axis=1) - 2 * one @ other.T
    return np.asarray(np.sqrt(squares) / 255, np.float32)


def _chi_squared(mine: Floats, bytes_: NDArray[np.uint8]) -> Floats:
    """χ² (q, n) of histograms `mine` (q, d) to those whose roots are kept as bytes (n, d)."""
    # Σ (a − b)² / (a + b) = Σ b − 3 Σ a + 4 Σ a² / (a + b), where only the query's bins a > 0 matter
    squares = np.ascontiguousarray(bytes_).T.astype(np.float32, order="C")  # a bin's values side by side
    squares *= squares
    whole = squares.sum(axis=0) / WHITE
    found, room = np.empty((len(mine), len(bytes_)), np.float32), np.empty_like(squares)
    for row, bins in enumerate(mine):
        own = np.flatnonzero(bins)
        values = np.maximum(bins[own] * WHITE, np.float32(1e-9))  # in units of 1 / 255², as the bytes are
        some = squares.take(own, axis=0, out=room[: len(own)], mode="clip")
        some += values[:, None]
        shared = (values * bins[own]) @ np.reciprocal(some, out=some)
        found[row] = whole - 3 * bins.sum() + 4 * shared
    return np.maximum(found, 0, out=found)  # of equal histograms, rounding may leave less than 0


def _key(source: str) -> Key:
    member = split_address(source)
    return source, file_stamp(member[0] if member else source)


def _check_folder(folder: Path) -> None:
    """InputError for a folder that holds something else, so that nothing in it is touched."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; give an empty or new folder")
    if (folder / _OLDER).exists():
        raise InputError(f"{folder}: was made by an older photoplanet; give a new folder, or remove it to start again")
    if folder.exists() and any(not path.name.lstrip(".").startswith(_OURS) for path in folder.iterdir()):
        raise InputError(f"{folder}: holds something else; give an empty or new folder")


def _digest(dictionary: descriptors.Dictionary) -> str:
    found = hashlib.sha256(dictionary.textons.tobytes())
    for vocabulary in (dictionary.words, dictionary.fine_words):
        found.update(vocabulary.centers.tobytes())
    return found.hexdigest()[:16]
