"""Im2GPS, the baselines that PlaNet is compared with: nearest neighbours by global descriptors (Hays and Efros).

`original` is the CVPR 2008 paper's: six descriptors, and the position of the nearest neighbour. `extended` is the 2014
chapter's: more descriptors, k neighbours, mean-shift clusters of their positions, one-against-all SVMs made for this
query alone, and the mean position of the cluster that wins. `density` is its modern reading (`neighbours`). Each takes
(library, records of the queries) and returns (latitude (q,), longitude (q,)) in degrees, NaN for an unreadable query.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photoplanet.earth import geodesy
from photoplanet.errors import InputError
from photoplanet.retrieval.im2gps import blocks, neighbours
from photoplanet.retrieval.im2gps import global_descriptors as descriptors

SIX = ("tiny", "colour", "textons", "lines", "gist", "geometry")
ALL = (*SIX, "part_colour", "part_textons", "words", "fine_words")
NEIGHBOURS = 200
CLUSTER_KM = 200.0  # bandwidth of the mean shift
MEAN_SHIFT_STEPS = 100
SMALLEST_CLUSTER = 4  # neighbours: fewer are no evidence
SVM_C = 1.0
PAIRS = 2000  # random pairs of library photos, for the scale of each distance
DESCRIBED = "descriptors"
WHITE = np.float32(255**2)


class Library:
    """Described photos with positions: `latitude`, `longitude` (n,) degrees, records in `blocks`, mapped from disk.

    In memory per photo: the positions, and the words of its SIFT features (about 1 kB); the rest is read in blocks.
    """

    def __init__(
        self, dictionary: descriptors.Dictionary, parts: list[NDArray], latitude: ArrayLike, longitude: ArrayLike
    ):
        self.dictionary, self.blocks = dictionary, parts
        self.latitude, self.longitude = geodesy.check(latitude, longitude, "library")
        self.usable = np.concatenate([np.asarray(part["usable"]) for part in parts])
        if self.usable.shape != self.latitude.shape:
            raise InputError(f"{self.usable.size} photos described, but {self.latitude.size} positions; give one each")
        if self.usable.sum() < 2:
            raise InputError("a library needs at least two photos that can be read; check the paths")
        sizes = {"words": len(dictionary.words), "fine_words": len(dictionary.fine_words)}
        self.words = {name: _WordTable(parts, name, size) for name, size in sizes.items()}
        self.scale = self._scales()

    def records(self, rows: NDArray) -> NDArray:
        """The records of these rows, in their order."""
        found = np.empty(len(rows), descriptors.RECORD)
        for number in np.unique(rows // blocks.BLOCK):
            here = rows // blocks.BLOCK == number
            found[here] = self.blocks[number][rows[here] % blocks.BLOCK]
        return found

    def _scales(self) -> dict[str, float]:
        """The standard deviation of each descriptor's distance between random photos of the library."""
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
                pairs = zip(one, other, strict=True)
                apart = np.concatenate([_distances(name, a, np.atleast_1d(b)) for a, b in pairs])
            scale[name] = float(apart.std()) or 1.0
        return scale


def build(
    sources: Sequence[str],
    latitude: ArrayLike,
    longitude: ArrayLike,
    folder: str | Path,
    advance: Callable[..., None] = lambda count=1, note="": None,
) -> Library:
    """Describe a library's photos into `folder`, going on where an earlier call stopped; positions in degrees.

    Photos that cannot be read stay without a description (`Library.usable`) and are never an answer. The dictionary is
    learned once, from the photos of the first call. InputError for a folder of something else, and for no usable photo.
    """
    folder = Path(folder)
    geodesy.check(latitude, longitude, "library")
    about = {"descriptors": descriptors.VERSION, "bytes": descriptors.RECORD.itemsize}
    blocks.open_folder(folder, about)
    dictionary = descriptors.read(folder)
    if dictionary is None:
        advance(0, "textons and words")
        descriptors.save(descriptors.learn(sources), folder)
        dictionary = descriptors.read(folder)
        assert dictionary is not None
    known = dictionary

    def describe(part: Sequence[Any]) -> NDArray:
        return descriptors.describe(part, known)

    (folder / DESCRIBED).mkdir(exist_ok=True)
    parts = blocks.build(folder / DESCRIBED, descriptors.RECORD, list(sources), describe, advance)
    return Library(known, parts, latitude, longitude)


def nearest(
    library: Library, query: NDArray, k: int = NEIGHBOURS, names: Sequence[str] = ALL
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Distances (k,) and rows (k,) of a query's (one record's) k nearest photos, nearest first.

    The distance is the sum over the descriptors `names` of each one's own distance, in its standard deviations.
    """
    total = np.zeros(len(library.usable), np.float32)
    dense = [name for name in names if name not in library.words]
    for number, block in enumerate(library.blocks):
        here = slice(number * blocks.BLOCK, number * blocks.BLOCK + len(block))
        for name in dense:
            total[here] += _distances(name, query, block) / np.float32(library.scale[name])
    for name in names:
        if name in library.words:
            total += library.words[name].distances(query) / np.float32(library.scale[name])
    total[~library.usable] = np.inf
    k = min(k, int(library.usable.sum()))
    rows = np.argpartition(total, k - 1)[:k]
    rows = rows[np.lexsort((rows, total[rows]))]
    return total[rows], rows


def original(
    library: Library, queries: NDArray, advance: Callable[..., None] = lambda count=1, note="": None
) -> tuple[NDArray, NDArray]:
    """Im2GPS 2008: the position of the nearest neighbour by the six descriptors."""

    def answer(query: NDArray) -> tuple[float, float]:
        row = nearest(library, query, 1, SIX)[1][0]
        return library.latitude[row], library.longitude[row]

    return _each(queries, answer, advance)


def extended(
    library: Library, queries: NDArray, advance: Callable[..., None] = lambda count=1, note="": None
) -> tuple[NDArray, NDArray]:
    """Im2GPS 2014: the mean position of the cluster of neighbours whose SVM scores the query highest."""

    def answer(query: NDArray) -> tuple[float, float]:
        _, rows = nearest(library, query)
        return _winning_cluster(library, query, rows)

    return _each(queries, answer, advance)


def density(
    library: Library, queries: NDArray, advance: Callable[..., None] = lambda count=1, note="": None
) -> tuple[NDArray, NDArray]:
    """The same neighbours read as a kernel density (Vo et al. 2017)."""

    def answer(query: NDArray) -> tuple[float, float]:
        away, rows = nearest(library, query)
        lat, lng = neighbours.kernel_density(away[None], library.latitude[rows][None], library.longitude[rows][None])
        return lat[0], lng[0]

    return _each(queries, answer, advance)


METHODS: dict[str, Callable[..., tuple[NDArray, NDArray]]] = {
    "im2gps": original,
    "im2gps-extended": extended,
    "im2gps-density": density,
}


def geo_clusters(latitude: ArrayLike, longitude: ArrayLike, bandwidth_km: float = CLUSTER_KM) -> NDArray[np.int64]:
    """Cluster numbers (n,) of positions in degrees by mean shift; −1 for clusters too small to count.

    The flat-kernel mean shift of scikit-learn on unit vectors, all points at once: its own takes 0.3 s a query. The
    bandwidth is a chord of the sphere, which at these lengths is the great-circle distance. Where every cluster is too
    small, none is left out.
    """
    points = geodesy.to_xyz(latitude, longitude)
    square = (2 * np.sin(bandwidth_km / geodesy.EARTH_RADIUS_KM / 2)) ** 2
    here = points
    for _ in range(MEAN_SHIFT_STEPS):
        near = _squares(here, points) <= square
        there = (near @ points) / near.sum(axis=1, keepdims=True)
        moved = ((there - here) ** 2).sum(axis=1).max()
        here = there
        if moved < 1e-6 * square:
            break
    crowd = (_squares(here, points) <= square).sum(axis=1)
    between = _squares(here, here)
    centers: list[int] = []
    for row in np.argsort(-crowd, kind="stable"):  # a mode beside a stronger one is that one
        if not (between[row, centers] <= square).any():
            centers.append(int(row))
    labels = _squares(points, here[centers]).argmin(axis=1)
    small = np.bincount(labels, minlength=len(centers)) < SMALLEST_CLUSTER
    return labels if small[labels].all() else np.where(small[labels], -1, labels)


def _squares(one: NDArray, other: NDArray) -> NDArray:
    """Squared distances (n, m) between vectors (n, 3) and (m, 3)."""
    return sum((one[:, None, i] - other[None, :, i]) ** 2 for i in range(3))  # type: ignore[return-value]


def _winning_cluster(library: Library, query: NDArray, rows: NDArray) -> tuple[float, float]:
    from sklearn.svm import SVC

    lat, lng = library.latitude[rows], library.longitude[rows]
    labels = geo_clusters(lat, lng)
    rows, lat, lng, labels = (values[labels >= 0] for values in (rows, lat, lng, labels))
    names = np.unique(labels)
    best = names[0]
    if len(names) > 1:
        kernel = _kernel(library, np.append(library.records(rows), query))
        scores = []
        for name in names:
            machine = SVC(C=SVM_C, kernel="precomputed", class_weight="balanced")
            machine.fit(kernel[:-1, :-1], labels == name)
            scores.append(machine.decision_function(kernel[-1:, :-1])[0])
        best = names[int(np.argmax(scores))]
    return geodesy.mean(lat[labels == best], lng[labels == best])


def _kernel(library: Library, records: NDArray) -> NDArray[np.float64]:
    """A Gaussian kernel (m, m) on the sum of squared distances, each descriptor in units of its own mean square.

    Histograms as their roots, so that squared distances are Hellinger's: the χ² of the 2014 chapter to second order.
    """
    total = np.zeros((len(records), len(records)))
    for name in ALL:
        if name in library.words:
            weighted = library.words[name].weighted(records)
            gram = np.asarray((weighted @ weighted.T).todense(), np.float64)
        else:
            values = np.asarray(records[name], np.float32)
            gram = (values @ values.T).astype(np.float64)
        length = gram.diagonal()
        squares = np.maximum(length[:, None] + length - 2 * gram, 0)
        total += squares / (squares.mean() or 1.0)
    return np.exp(-total / len(ALL))


def _distances(name: str, query: NDArray, block: NDArray) -> NDArray[np.float32]:
    """One descriptor's distance of a record to each of a block (n,): χ² of histograms, L1 of lines, else L2."""
    mine = descriptors.decoded(query[None] if query.ndim == 0 else np.atleast_1d(query), name)[0]
    if name in descriptors.HISTOGRAMS:
        # Σ (a − b)² / (a + b) = Σ b − 3 Σ a + 4 Σ a² / (a + b), where only the query's bins a > 0 matter
        squares = np.asarray(block[name], np.float32)
        squares *= squares
        whole = squares.sum(axis=1)
        own = np.flatnonzero(mine)
        some = squares[:, own] if 2 * len(own) < len(mine) else squares
        pick = own if 2 * len(own) < len(mine) else slice(None)
        some += np.maximum(mine[pick] * WHITE, 1e-9)  # in units of 1 / 255², as the bytes are
        shared = np.reciprocal(some, out=some) @ (mine[pick] ** 2 * WHITE)
        return whole / WHITE - 3 * mine.sum() + 4 * shared
    theirs = descriptors.decoded(block, name)
    if name == "lines":
        return np.abs(theirs - mine).sum(axis=1)
    return np.sqrt(((theirs - mine) ** 2).sum(axis=1))


class _WordTable:
    """tf-idf of a library's visual words, one row per photo of unit length; about 8 bytes per feature."""

    def __init__(self, parts: Sequence[NDArray], name: str, size: int):
        from scipy import sparse

        self.name, self.size = name, size
        self.idf = np.ones(size, np.float32)
        counts = sparse.vstack([self._counts(part) for part in parts], format="csr")
        seen = np.bincount(counts.indices, minlength=size)
        self.idf = np.log1p(counts.shape[0] / np.maximum(seen, 1)).astype(np.float32)
        self.table = self._weigh(counts)

    def weighted(self, records: NDArray) -> Any:
        """Sparse (n, words), rows of unit length (or empty)."""
        return self._weigh(self._counts(records))

    def distances(self, query: NDArray) -> NDArray[np.float32]:
        """L2 of the query's row to each row of the library (n,), in 0 … √2; no common word: √2."""
        mine = np.asarray(self.weighted(np.atleast_1d(query)).todense(), np.float32).ravel()
        return np.sqrt(np.maximum(2 - 2 * (self.table @ mine), 0)).astype(np.float32)

    def _counts(self, records: NDArray) -> Any:
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


def _each(
    queries: NDArray, answer: Callable[[NDArray], tuple[float, float]], advance: Callable[..., None]
) -> tuple[NDArray, NDArray]:
    found = np.full((len(queries), 2), np.nan)
    for row, query in enumerate(queries):
        if query["usable"]:
            found[row] = answer(query)
        advance(1)
    return found[:, 0], found[:, 1]
