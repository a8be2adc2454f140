"""Where the nearest library photo was taken: the two retrieval baselines of the paper's Fig. 9c."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.errors import InputError
from photoplanet.retrieval.vectors.vector_index import VectorIndex

if TYPE_CHECKING:
    from photoplanet.earth.partition.partition import Partition


class Nearest(NamedTuple):
    """Of each query: the answer in degrees (NaN: the library is empty), the library row (−1) and its distance (∞)."""

    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    rows: NDArray[np.int64]
    distances: NDArray[np.float32]


def nearest(
    vectors: NDArray, index: VectorIndex, latitude: NDArray, longitude: NDArray, partition: "Partition | None" = None
) -> Nearest:
    """The position of the nearest library photo of each unit vector (n, d); library positions (m,) in degrees.

    With a partition it is replaced by the centre of its cell (the paper's "CNN embeddings quant.", Fig. 9c): a photo
    outside every cell keeps its own.
    """
    if not len(index) == len(latitude) == len(longitude):
        raise InputError(f"{len(index)} vectors, {len(latitude)} latitudes, {len(longitude)} longitudes: give one each")
    distances, rows = index.search(vectors, 1)
    rows = rows[:, 0]
    places = np.full((len(rows), 2), np.nan)
    there = rows >= 0
    places[there] = np.column_stack([latitude, longitude])[rows[there]]
    if partition is not None:
        places[there] = to_centers(places[there], partition)
    return Nearest(places[:, 0], places[:, 1], rows, distances[:, 0])


def to_centers(places: NDArray, partition: "Partition") -> NDArray[np.float64]:
    """Positions (n, 2) in degrees → the centres (n, 2) of their cells; outside every cell they stay."""
    classes = partition.assign(places[:, 0], places[:, 1])
    return np.where((classes >= 0)[:, None], partition.centers[classes], places)
