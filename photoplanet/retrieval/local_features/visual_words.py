"""Visual words: descriptors become words of a vocabulary, and an inverted index finds the photos that share them."""

import math
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core import regular
from photoplanet.core.atomic import open_replacing
from photoplanet.errors import InputError
from photoplanet.retrieval.extras import open_faiss

DIMENSION = 128
MAX_WORDS = 16_384
DESCRIPTORS_PER_WORD = 20  # fewer, and a word is one feature of one photo
LISTS_PROBED = 8  # of the about √words lists that the words lie in: finds the true nearest word for 95 % and more
MAX_TABLE_WORDS = 1 << 20  # of a file; more is a damaged file

_TYPES = [np.dtype(kind) for kind in (np.int64, np.int32, np.uint8, np.int64)]

Floats = NDArray[np.float32]
Words = NDArray[np.int32]


def words_for(descriptors: int) -> int:
    """Return how many words a vocabulary trained on so many descriptors should have.

    >>> words_for(5), words_for(2000), words_for(10**9)
    (1, 100, 16384)
    """
    return max(1, min(MAX_WORDS, descriptors // DESCRIPTORS_PER_WORD))


class Vocabulary:
    """The visual words of a library: k-means centres of its own descriptors.

    They lie in lists of neighbours, so that the nearest is found without comparing all (Nistér and Stewénius 2006: a
    tree of two levels). `coarse` float32 (lists, 128), `centers` float32 (words, 128), in the descriptors' units.
    """

    def __init__(self, coarse: Floats, centers: Floats):
        self.coarse, self.centers = _matrix(coarse), _matrix(centers)
        faiss = open_faiss()
        quantizer = faiss.IndexFlatL2(DIMENSION)
        quantizer.add(self.coarse)
        self._index = faiss.IndexIVFFlat(quantizer, DIMENSION, len(self.coarse))
        self._index.nprobe = LISTS_PROBED
        self._index.add(self.centers)
        self._quantizer = quantizer  # faiss keeps a bare pointer

    def __len__(self) -> int:
        return len(self.centers)

    @classmethod
    def train(cls, descriptors: NDArray[np.uint8], words: int | None = None, seed: int = 0) -> "Vocabulary":
        """Train about `words` (default: `words_for(n)`) words by k-means of descriptors uint8 (n, 128).

        The same descriptors and seed give the same words. InputError without descriptors.

        >>> vocabulary = Vocabulary.train(np.eye(40, 128, dtype=np.uint8), words=10)
        >>> vocabulary.assign(np.eye(2, 128, dtype=np.uint8)).shape
        (2, 1)
        """
        descriptors = np.asarray(descriptors)
        if descriptors.ndim != 2 or descriptors.shape[1] != DIMENSION or not len(descriptors):
            raise InputError(f"a vocabulary needs descriptors (n, {DIMENSION}), not {descriptors.shape}; add photos")
        words = max(1, min(words_for(len(descriptors)) if words is None else words, len(descriptors)))
        points = descriptors.astype(np.float32)
        coarse = _kmeans(points, math.isqrt(words - 1) + 1, seed)
        lists = _nearest(points, coarse)
        shares = _shares(np.bincount(lists, minlength=len(coarse)), words)

        def split(i: int) -> Floats:
            return _kmeans(points[lists == i], int(shares[i]), seed + 1 + i)

        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            return cls(coarse, np.concatenate(list(pool.map(split, np.flatnonzero(shares).tolist()))))

    def assign(self, descriptors: NDArray[np.uint8], k: int = 1) -> Words:
        """Return the k nearest words of descriptors uint8 (n, 128), int32 (n, k), nearest first; −1 for none."""
        if not len(descriptors):
            return np.zeros((0, k), np.int32)
        with _one_thread():
            found: Words = self._index.search(_matrix(descriptors), k)[1].astype(np.int32)
        return found

    def save(self, path: str | Path) -> None:
        """Write the vocabulary as one .npy file, in one step."""
        table = np.concatenate([np.full((1, DIMENSION), len(self.coarse), np.float32), self.coarse, self.centers])
        with open_replacing(path, "wb") as file:
            np.save(file, table, allow_pickle=False)

    @classmethod
    def load(cls, path: str | Path) -> "Vocabulary":
        """Read what `save` wrote; InputError for any other file."""
        table = _read(path, "vocabulary")
        wrong = InputError(f"{path}: not a vocabulary; remove it and build the index again")
        if not isinstance(table, np.ndarray) or table.dtype != np.float32 or table.ndim != 2:
            raise wrong
        if table.shape[1] != DIMENSION or not 3 <= len(table) <= MAX_TABLE_WORDS or not np.isfinite(table).all():
            raise wrong
        lists = int(table[0, 0])
        if not 1 <= lists <= len(table) - 2:
            raise wrong
        return cls(table[1 : 1 + lists], table[1 + lists :])


class InvertedIndex:
    """For each word the photos that show it: tf-idf scores of all photos against a query in one pass over its words.

    The weight of a word in a photo is √count · idf (the root tames bursts: a facade shows one window a hundred times;
    Jégou et al. 2009), idf = ln(1 + photos / photos with the word), and the score is the cosine.
    `offsets` int64 (words + 1); postings `rows` int32 and `counts` uint8 (capped at 255), by word, then row.
    """

    def __init__(self, offsets: NDArray[np.int64], rows: NDArray[np.int32], counts: NDArray[np.uint8], photos: int):
        self.offsets, self.rows, self.counts, self.photos = offsets, rows, counts, photos
        frequency = np.diff(offsets)
        self.idf = np.log1p(photos / np.maximum(frequency, 1)).astype(np.float32)
        squares = np.zeros(photos)
        for start in range(0, len(frequency), 1024):  # in parts: memory beyond the postings stays small
            part = slice(offsets[start], offsets[min(start + 1024, len(frequency))])
            idf = np.repeat(self.idf[start : start + 1024], frequency[start : start + 1024])
            squares += np.bincount(rows[part], counts[part] * idf.astype(np.float64) ** 2, minlength=photos)
        self._scale = (1 / np.sqrt(np.maximum(squares, 1e-12))).astype(np.float32)

    @classmethod
    def build(cls, photos: Iterable[Words], words: int) -> "InvertedIndex":
        """Index photos that come one by one as arrays of word numbers in 0 … words − 1 (any shape; −1 is skipped).

        Row i of the index is the i-th photo. Memory: 5 bytes per photo and different word, twice while sorting.
        InputError for a word that the vocabulary does not have.

        >>> index = InvertedIndex.build([np.array([0, 1, 1]), np.array([2])], words=3)
        >>> rows, scores = index.search(np.array([1, 0]), k=5)
        >>> rows.tolist(), bool(scores[0] > 0.9)
        ([0], True)
        """
        all_words: list[Words] = []
        all_counts: list[NDArray[np.uint8]] = []
        lengths: list[int] = []
        for photo in photos:
            flat = np.asarray(photo).ravel()
            flat = flat[flat >= 0]
            if len(flat) and flat.max() >= words:
                raise InputError(f"photo {len(lengths)}: word {flat.max()} of a vocabulary of {words}")
            seen, counts = np.unique(flat, return_counts=True)
            all_words.append(seen.astype(np.int32))
            all_counts.append(np.minimum(counts, 255).astype(np.uint8))
            lengths.append(len(seen))
        word = np.concatenate([np.zeros(0, np.int32), *all_words])
        order = np.argsort(word, kind="stable")
        rows = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)[order]
        all_of_them = np.concatenate([np.zeros(0, np.uint8), *all_counts])[order]
        offsets = np.concatenate([[0], np.cumsum(np.bincount(word, minlength=words))]).astype(np.int64)
        return cls(offsets, rows, all_of_them, len(lengths))

    def search(self, words: Words, k: int) -> tuple[NDArray[np.int64], Floats]:
        """Return the k photos nearest to a query's words: rows int64 and cosines float32, best first, without zeros."""
        flat = np.asarray(words).ravel()
        flat = flat[(flat >= 0) & (flat < len(self.idf))]
        seen, counts = np.unique(flat, return_counts=True)
        weights = np.sqrt(counts) * self.idf[seen]
        scores = np.zeros(self.photos, np.float32)
        for word, weight in zip(seen, weights, strict=True):
            part = slice(self.offsets[word], self.offsets[word + 1])
            scores[self.rows[part]] += self._root[self.counts[part]] * (weight * self.idf[word])
        scores *= self._scale / max(float(np.linalg.norm(weights)), 1e-12)
        k = min(k, self.photos)
        best = np.argpartition(-scores, k - 1)[:k] if 0 < k < self.photos else np.arange(self.photos)
        best = best[np.lexsort((best, -scores[best]))]
        best = best[scores[best] > 0][:k]
        return best.astype(np.int64), scores[best]

    _root = np.sqrt(np.arange(256, dtype=np.float32))

    @property
    def nbytes(self) -> int:
        """Bytes in memory and, except for a header, on disk."""
        return sum(part.nbytes for part in (self.offsets, self.rows, self.counts, self.idf, self._scale))

    def save(self, path: str | Path) -> None:
        """Write the index as one .npz file, in one step."""
        with open_replacing(path, "wb") as file:
            np.savez(file, offsets=self.offsets, rows=self.rows, counts=self.counts, photos=np.int64(self.photos))

    @classmethod
    def load(cls, path: str | Path) -> "InvertedIndex":
        """Read what `save` wrote; InputError for any other file, and for one whose parts do not fit together."""
        parts = _read(path, "index of visual words")
        names = ("offsets", "rows", "counts", "photos")
        if not isinstance(parts, dict) or not set(names) <= set(parts):
            raise InputError(f"{path}: not an index of visual words; remove it and build the index again")
        offsets, rows, counts, photos = (parts[name] for name in names)
        good = (
            [part.dtype for part in (offsets, rows, counts, photos)] == _TYPES
            and offsets.ndim == rows.ndim == counts.ndim == 1
            and photos.ndim == 0
            and 0 <= photos < 2**31
            and 1 <= len(offsets) <= MAX_TABLE_WORDS + 1
            and len(rows) == len(counts)
            and offsets[0] == 0
            and offsets[-1] == len(rows)
            and bool((np.diff(offsets) >= 0).all())
            and (not len(rows) or (rows.min() >= 0 and rows.max() < photos))
        )
        if not good:
            raise InputError(f"{path}: not an index of visual words; remove it and build the index again")
        return cls(offsets, rows, counts, int(photos))


def _read(path: str | Path, what: str) -> NDArray[Any] | dict[str, NDArray[Any]]:
    """The array of a .npy file, or those of a .npz file by name."""
    try:
        with regular.open_regular(path) as file:  # ours to close: NumPy forgets to when the bytes are damaged
            found = np.load(file, allow_pickle=False)
            return found if isinstance(found, np.ndarray) else {name: found[name] for name in found.files}
    except OSError as error:
        raise InputError(f"{path}: cannot read the {what} ({error.strerror or error}); build it first") from None
    except InputError:
        raise
    except Exception:  # whatever the bytes lead NumPy to
        raise InputError(f"{path}: not a readable {what}; remove it and build the index again") from None


def _matrix(values: NDArray[Any]) -> Floats:
    return np.ascontiguousarray(values, np.float32)


def _nearest(points: Floats, centers: Floats) -> NDArray[np.int64]:
    flat = open_faiss().IndexFlatL2(DIMENSION)
    flat.add(centers)
    with _one_thread():
        found: NDArray[np.int64] = flat.search(points, 1)[1][:, 0]
    return found


def _shares(counts: NDArray[np.int64], words: int) -> NDArray[np.int64]:
    """Words for each list, in proportion to its descriptors: at least one where there are any, never more than them."""
    shares: NDArray[np.int64] = np.floor(counts * (words / counts.sum())).astype(np.int64)
    found: NDArray[np.int64] = np.minimum(np.maximum(shares, counts > 0), counts)
    return found


def _kmeans(points: Floats, k: int, seed: int) -> Floats:
    """Centres float32 (≤ k, 128) by Lloyd's algorithm."""
    faiss = open_faiss()
    k = int(min(k, len(points)))
    clusters = faiss.Clustering(DIMENSION, k)
    clusters.niter, clusters.seed, clusters.min_points_per_centroid = 12, seed % 2**31, 1
    clusters.max_points_per_centroid = 1 << 20
    with _one_thread():
        clusters.train(_matrix(points), faiss.IndexFlatL2(DIMENSION))
    centers: Floats = faiss.vector_to_array(clusters.centroids).reshape(k, DIMENSION)
    return centers


@contextmanager
def _one_thread() -> Iterator[None]:
    """FAISS on the calling thread alone: our calls are small, and its threads wait for each other on a busy machine."""
    faiss = open_faiss()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)  # OpenMP keeps this number per calling thread
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
