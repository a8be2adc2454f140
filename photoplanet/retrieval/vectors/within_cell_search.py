"""Search within the predicted cells: the classifier says in which cells, the nearest library photos where there.

The readout that users know as "combined".
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.errors import InputError
from photoplanet.locate import point_estimates
from photoplanet.retrieval.vectors import vector_index

if TYPE_CHECKING:
    from photoplanet.earth.partition.partition import Partition

CELLS = 64  # the likeliest cells of a photo that are searched
NEIGHBOURS = 32  # of each cell, the nearest library photos, among which its mass is shared
SOFTNESS = 0.05  # width of their weights, in shares of the usual squared distance between two library photos
STRANGE = 0.5  # the squared distance, in the same shares, at which the cell's own mean weighs as much as a photo
KM = (1.0, *point_estimates.EXPECTED_KM)  # the scales of `expected`, and the street, which only neighbours know
_POINTS, _CANDIDATES = 512, 64  # the heaviest points are kept, and of them the heaviest tried as the answer
_PAIRS = 2_000  # of library photos, for the usual distance
_ROWS = 65_536  # vectors compared at a time


Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


class PhotosByCell:
    """Geotagged photos of known vectors, listed by cell; what `locate` searches.

    `vectors` (n, d): unit vectors float32, or int8 of step `scale` (None: as `Embedder.quantise` makes them); they are
    not copied, so a memory-mapped array stays on disk. Positions (n,) in degrees. InputError for other shapes.
    """

    def __init__(
        self,
        vectors: NDArray[np.float32] | NDArray[np.int8],
        latitude: Floats,
        longitude: Floats,
        partition: "Partition",
        scale: float | None = None,
    ):
        if vectors.ndim != 2 or not len(vectors) == len(latitude) == len(longitude):
            raise InputError(
                f"vectors {vectors.shape}, {len(latitude)} latitudes and {len(longitude)} longitudes: give one each"
            )
        self.vectors = vectors
        step = vector_index.unit_scale(vectors.shape[1]) if scale is None else scale
        self.scale = np.float32(step if vectors.dtype == np.int8 else 1)
        self.latitude, self.longitude = np.asarray(latitude, np.float64), np.asarray(longitude, np.float64)
        classes = partition.assign(self.latitude, self.longitude)
        order = np.argsort(classes, kind="stable")
        self.rows = order[np.searchsorted(classes[order], 0) :]  # photos outside every cell come first: left out
        self.starts = np.searchsorted(classes[self.rows], np.arange(len(partition) + 1))
        self.usual = self._usual_distance()

    def __len__(self) -> int:
        return len(self.vectors)

    def nearest(
        self, vector: NDArray[Any], cell: int, k: int, exclude: Collection[int] = ()
    ) -> tuple[Rows, NDArray[np.float32]]:
        """Rows and squared distances of the k photos in `cell` nearest to a unit vector (d,), in no order.

        Rows of `exclude` are passed over.
        """
        rows = self.rows[self.starts[cell] : self.starts[cell + 1]]
        if exclude:
            rows = rows[~np.isin(rows, list(exclude))]
        asked = vector * self.scale
        parts = [rows[start : start + _ROWS] for start in range(0, len(rows), _ROWS)]
        dots = [self.vectors[part].astype(np.float32, copy=False) @ asked for part in parts]
        squared = 2 - 2 * np.concatenate(dots) if dots else np.empty(0, np.float32)
        kept = np.argpartition(squared, k - 1)[:k] if len(rows) > k else slice(None)
        return rows[kept], squared[kept]

    def _usual_distance(self) -> float:
        """The median squared distance of random pairs: embeddings fill more or less of the sphere."""
        if len(self.rows) < 2:
            return 2.0
        pairs = np.random.default_rng(0).choice(self.rows, (2, _PAIRS))
        first, second = (self.vectors[rows].astype(np.float32) * self.scale for rows in pairs[:, pairs[0] != pairs[1]])
        squared = ((first - second) ** 2).sum(axis=1)
        return max(float(np.median(squared)) if len(squared) else 2.0, 1e-6)


def locate(
    probabilities: NDArray[Any],
    vectors: NDArray[Any],
    partition: "Partition",
    photos: PhotosByCell,
    exclude: Collection[int] = (),
) -> tuple[Floats, Floats, Rows]:
    """Return the guess worth most on average, with each cell's mass on those of its photos that look like the query.

    Probabilities (n, classes) and unit vectors (n, d) of the same n queries → degrees (n,), (n,) and the row of the
    most similar photo within a kilometre of the answer, −1 where none supports it. Rows of `exclude` are passed over.

    The mass of a cell is shared among its 32 nearest photos by exp(−squared distance / softness) and its own mean
    position, which weighs as a photo of middling likeness: where nothing in the cell looks alike, the mean keeps the
    mass. Of these points the one is chosen that `locate.point_estimates.expected` would choose of cells, with 1 km as
    one more scale. Where there is no photo in the likeliest cells, the answer is `expected`'s.
    InputError for shapes that do not fit.

    >>> from photoplanet.earth.partition.partition import Partition
    >>> where = np.array([48.80, 48.90]), np.array([2.30, 2.40])
    >>> partition = Partition.uniform(*where, level=4, min_photos=1)
    >>> photos = PhotosByCell(np.eye(2, dtype=np.float32), *where, partition)
    >>> [found.tolist() for found in locate(np.ones((1, 1)), np.array([[0.0, 1.0]]), partition, photos)]
    [[48.9], [2.4], [1]]
    """
    found = np.array(point_estimates.expected(probabilities, partition))
    if vectors.shape != (len(probabilities), photos.vectors.shape[1]):
        wanted = (len(probabilities), photos.vectors.shape[1])
        raise InputError(f"vectors have shape {vectors.shape}; give {wanted}, as the library's photos have")
    chosen = np.full(len(probabilities), -1, np.int64)
    for query, (mass, vector) in enumerate(zip(np.asarray(probabilities), vectors, strict=True)):
        cells = np.argpartition(mass, -CELLS)[-CELLS:] if len(mass) > CELLS else np.arange(len(mass))
        rows, weights, points = _points(mass[cells], cells, vector, partition, photos, exclude)
        if (rows >= 0).any():
            best, chosen[query] = _worth_most(rows, weights, points)
            found[:, query] = best
    return found[0], found[1], chosen


def _points(
    mass: NDArray[Any],
    cells: Rows,
    vector: NDArray[Any],
    partition: "Partition",
    photos: PhotosByCell,
    exclude: Collection[int],
) -> tuple[Rows, Floats, Floats]:
    """Row (−1: a cell's mean), weight and position (k, 2) of all that the cells' mass is shared among."""
    rows, weights, points = [], [], []
    for cell, of_cell in zip(cells.tolist(), mass.tolist(), strict=True):
        near, squared = photos.nearest(vector, cell, NEIGHBOURS, exclude)
        # The cell's mean stands last, as a photo at the distance STRANGE; the smallest exponent is taken off first.
        away = np.append(squared, STRANGE * photos.usual).astype(np.float64) / (SOFTNESS * photos.usual)
        shares = np.exp(away.min() - away)
        rows.append(np.append(near, -1))
        weights.append(of_cell * shares / shares.sum())
        places = np.column_stack([photos.latitude[near], photos.longitude[near]])
        points.append(np.vstack([places, partition.means[cell]]))
    return np.concatenate(rows), np.concatenate(weights), np.concatenate(points)


def _worth_most(rows: Rows, weights: Floats, points: Floats) -> tuple[Floats, int]:
    """The point (2,) of the greatest expected worth, and the heaviest row within a kilometre of it, or −1."""
    order = np.argsort(-weights, kind="stable")[:_POINTS]
    rows, weights, points = rows[order], weights[order], points[order]
    where = geodesy.to_xyz(points[:, 0], points[:, 1])
    # Chords instead of arcs, as in `locate.point_estimates`; differences, since 1 − cos has no digits left under 100 m.
    apart = where[:_CANDIDATES, None] - where[None]
    km = geodesy.EARTH_RADIUS_KM * np.sqrt(np.einsum("ijk,ijk->ij", apart, apart))
    worth = np.sum([np.exp(km / -scale) for scale in KM], axis=0) @ weights
    best = int(worth.argmax())
    close = rows[(km[best] <= KM[0]) & (rows >= 0)]
    return points[best], int(close[0]) if len(close) else -1
