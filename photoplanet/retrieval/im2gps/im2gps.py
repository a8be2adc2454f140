"""Im2GPS, the baselines that PlaNet is compared with: nearest neighbours by global descriptors (Hays and Efros).

`original` is the CVPR 2008 paper's: six descriptors, and the position of the nearest neighbour. `extended` is the 2014
chapter's: more descriptors, k neighbours, mean-shift clusters of their positions, one-against-all SVMs made for this
query alone, and the mean position of the cluster that wins; where every SVM rejects the query, the nearest neighbour.
`extended_any` is the same, but for the highest score winning also where it is negative. `density` is its modern reading
(`neighbours`). Each takes (reference photos, records of the queries) and returns
(latitude (q,), longitude (q,)) in degrees, NaN for an unreadable query.

>>> import tempfile
>>> from PIL import Image
>>> folder = tempfile.mkdtemp()
>>> paths = [f"{folder}/{grey}.png" for grey in (0, 100, 200)]
>>> for path, grey in zip(paths, (0, 100, 200)):
...     Image.new("RGB", (32, 32), (grey, grey, grey)).save(path)
>>> photos = build(paths, [48.9, 55.7, -33.9], [2.4, 13.2, 151.2], f"{folder}/im2gps")
>>> queries = photos.records(np.array([2]))  # the last photo itself
>>> nearest(photos, queries[0], k=2)[1].tolist()
[2, 1]
>>> methods = original, extended, extended_any, density
>>> [method(photos, queries)[0].round(1).tolist() for method in methods]
[[-33.9], [-33.9], [-33.9], [-33.9]]
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photoplanet.core.progress import Advance, ignore
from photoplanet.core.workers import slices
from photoplanet.earth import geodesy
from photoplanet.retrieval.im2gps import neighbours
from photoplanet.retrieval.im2gps.reference_photos import ALL, SIX, Records, ReferencePhotos, build

__all__ = ["ALL", "METHODS", "SIX", "ReferencePhotos", "build", "density", "extended", "extended_any", "geo_clusters",
           "nearest", "original", "winner"]  # fmt: skip

NEIGHBOURS = 200
CLUSTER_KM = 200.0  # bandwidth of the mean shift
MEAN_SHIFT_STEPS = 100
SMALLEST_CLUSTER = 4  # neighbours: fewer are not evidence
SVM_C = 1.0
_TOGETHER = 32  # queries that one pass over the photos answers, at most
_DISTANCES = 1 << 25  # float32 in memory at once

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Rows = NDArray[np.int64]
Answer = Callable[[Records, NDArray[np.float32], Rows], tuple[float, float]]


class Baseline(Protocol):
    """Answers queries by reference photos: degrees (q,), (q,)."""

    def __call__(
        self, photos: ReferencePhotos, queries: Records, advance: Advance = ignore
    ) -> tuple[Floats, Floats]: ...  # fmt: skip


def nearest(
    photos: ReferencePhotos, query: Records, k: int = NEIGHBOURS, names: Sequence[str] = ALL
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return distances (k,) and rows (k,) of the k photos nearest to a query (one record), nearest first.

    The distance is the sum over the descriptors `names` of each one's own distance, in its standard deviations. Photos
    that could not be read are never among them.
    """
    return _nearest_of(photos, photos.distances(np.atleast_1d(query), names)[0], k)


def _nearest_of(
    photos: ReferencePhotos, total: NDArray[np.float32], k: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    k = min(k, int(photos.usable.sum()))
    rows = np.argpartition(total, k - 1)[:k]
    rows = rows[np.lexsort((rows, total[rows]))]
    return total[rows], rows


def original(photos: ReferencePhotos, queries: Records, advance: Advance = ignore) -> tuple[Floats, Floats]:
    """Im2GPS 2008: the position of the nearest neighbour by the six descriptors."""

    def answer(query: Records, away: NDArray[np.float32], rows: Rows) -> tuple[float, float]:
        return float(photos.latitude[rows[0]]), float(photos.longitude[rows[0]])

    return _each(photos, queries, answer, advance, 1, SIX)


def extended(photos: ReferencePhotos, queries: Records, advance: Advance = ignore) -> tuple[Floats, Floats]:
    """Im2GPS 2014: the mean position of the cluster of neighbours whose SVM gives the query the highest positive score.

    Where no score is positive, the position of the nearest neighbour.
    """

    def answer(query: Records, away: NDArray[np.float32], rows: Rows) -> tuple[float, float]:
        return _winning_cluster(photos, query, rows)

    return _each(photos, queries, answer, advance)


def extended_any(photos: ReferencePhotos, queries: Records, advance: Advance = ignore) -> tuple[Floats, Floats]:
    """As `extended`, but the cluster with the highest score wins whatever its sign, as is usual with one-vs-rest."""

    def answer(query: Records, away: NDArray[np.float32], rows: Rows) -> tuple[float, float]:
        return _winning_cluster(photos, query, rows, rejects=False)

    return _each(photos, queries, answer, advance)


def density(photos: ReferencePhotos, queries: Records, advance: Advance = ignore) -> tuple[Floats, Floats]:
    """The same neighbours read as a kernel density (Vo et al. 2017)."""

    def answer(query: Records, away: NDArray[np.float32], rows: Rows) -> tuple[float, float]:
        lat, lng = neighbours.kernel_density(away[None], photos.latitude[rows][None], photos.longitude[rows][None])
        return float(lat[0]), float(lng[0])

    return _each(photos, queries, answer, advance)


METHODS: dict[str, Baseline] = {
    "im2gps": original,
    "im2gps-extended": extended,
    "im2gps-extended-any": extended_any,
    "im2gps-density": density,
}


def geo_clusters(latitude: ArrayLike, longitude: ArrayLike, bandwidth_km: float = CLUSTER_KM) -> Labels:
    """Return cluster numbers (n,) of positions in degrees by mean shift; −1 for clusters too small to count.

    The flat-kernel mean shift of scikit-learn on unit vectors, all points at once: its own takes 0.3 s a query. The
    bandwidth is a chord of the sphere, which at these lengths is the great-circle distance. Where every cluster is too
    small, none is left out.

    >>> geo_clusters([48.8, 48.9, 48.7, 48.8, -33.9], [2.3, 2.4, 2.3, 2.2, 151.2]).tolist()
    [0, 0, 0, 0, -1]
    """
    points = geodesy.to_xyz(latitude, longitude)
    square = float(2 * np.sin(bandwidth_km / geodesy.EARTH_RADIUS_KM / 2)) ** 2
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
    labels: Labels = _squares(points, here[centers]).argmin(axis=1)
    small = np.bincount(labels, minlength=len(centers)) < SMALLEST_CLUSTER
    return labels if small[labels].all() else np.where(small[labels], -1, labels)


def _squares(one: Floats, other: Floats) -> Floats:
    """Squared distances (n, m) between vectors (n, 3) and (m, 3)."""
    total: Floats = (one[:, None, 0] - other[None, :, 0]) ** 2
    for axis in (1, 2):
        total += (one[:, None, axis] - other[None, :, axis]) ** 2
    return total


def winner(scores: ArrayLike) -> int | None:
    """Return which of the clusters' SVM scores (m,) wins: the highest positive one, None where all reject the query.

    >>> winner([-0.2, 0.1, 0.7]), winner([-0.2, -0.7])
    (2, None)
    """
    values = np.asarray(scores, np.float64)
    best = int(values.argmax())
    return best if values[best] > 0 else None


def _winning_cluster(
    photos: ReferencePhotos, query: Records, rows: NDArray[np.int64], rejects: bool = True
) -> tuple[float, float]:
    """The place of a query whose neighbours are `rows`, nearest first; `rejects`: only a positive score wins."""
    from sklearn.svm import SVC

    nearest_row = rows[0]
    lat, lng = photos.latitude[rows], photos.longitude[rows]
    labels = geo_clusters(lat, lng)
    counted = labels >= 0
    rows, lat, lng, labels = rows[counted], lat[counted], lng[counted], labels[counted]
    names = np.unique(labels)
    best: int | None = 0
    if len(names) > 1:
        kernel = _kernel(photos, np.append(photos.records(rows), query))
        scores = []
        for name in names:
            machine = SVC(C=SVM_C, kernel="precomputed", class_weight="balanced")
            machine.fit(kernel[:-1, :-1], labels == name)
            scores.append(machine.decision_function(kernel[-1:, :-1])[0])
        best = winner(scores) if rejects else int(np.argmax(scores))
    if best is None:
        return float(photos.latitude[nearest_row]), float(photos.longitude[nearest_row])
    return geodesy.mean(lat[labels == names[best]], lng[labels == names[best]])


def _kernel(photos: ReferencePhotos, records: Records) -> Floats:
    """A Gaussian kernel (m, m) on the sum of squared distances, each descriptor in units of its own mean square.

    Histograms as their roots, so that squared distances are Hellinger's: the χ² of the 2014 chapter to second order.
    """
    total: Floats = np.zeros((len(records), len(records)))
    for name in ALL:
        if name in photos.words:
            weighted = photos.words[name].weighted(records)
            gram = np.asarray((weighted @ weighted.T).todense(), np.float64)
        else:
            values = np.asarray(records[name], np.float32)
            gram = (values @ values.T).astype(np.float64)
        length = gram.diagonal()
        squares = np.maximum(length[:, None] + length - 2 * gram, 0)
        total += squares / (squares.mean() or 1.0)
    return np.exp(-total / len(ALL))


def _each(
    photos: ReferencePhotos, queries: Records, answer: Answer, advance: Advance, k: int = NEIGHBOURS,
    names: Sequence[str] = ALL,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Degrees (q,), (q,) of what `answer` makes of each query and its `k` nearest photos, NaN for unreadable ones."""
    found = np.full((len(queries), 2), np.nan)
    readable = np.flatnonzero(queries["usable"])
    advance(len(queries) - len(readable))
    for part in slices(len(readable), max(1, min(_TOGETHER, _DISTANCES // len(photos)))):
        rows = readable[part]
        for row, total in zip(rows, photos.distances(queries[rows], names), strict=True):
            found[row] = answer(queries[row], *_nearest_of(photos, total, k))
            advance(1)
    return found[:, 0], found[:, 1]
