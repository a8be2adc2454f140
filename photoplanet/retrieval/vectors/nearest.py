"""Where the nearest library photo was taken: the two retrieval baselines of the paper's Fig. 9c."""

from typing import TYPE_CHECKING, Any, NamedTuple

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
    vectors: NDArray[Any],
    index: VectorIndex,
    latitude: NDArray[np.float64],
    longitude: NDArray[np.float64],
    partition: "Partition | None" = None,
) -> Nearest:
    """Return the position of the nearest library photo of each unit vector (n, d); positions (m,) in degrees.

    With a partition it is replaced by the centre of its cell (the paper's "CNN embeddings quant.", Fig. 9c): a photo
    outside every cell keeps its own. InputError unless there are as many positions as vectors in the index.

    >>> index = VectorIndex.build(np.eye(2, dtype=np.float32))
    >>> nearest(np.array([[0.1, 0.9]]), index, np.array([48.9, 55.7]), np.array([2.4, 13.2])).latitude
    array([55.7])
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


def to_centers(places: NDArray[np.float64], partition: "Partition") -> NDArray[np.float64]:
    """Return the centres (n, 2) of the cells of positions (n, 2), degrees; outside every cell they stay.

    >>> from photoplanet.earth.partition.partition import Partition
    >>> partition = Partition.uniform(np.array([48.8, 48.9]), np.array([2.3, 2.4]), level=4, min_photos=1)
    >>> to_centers(np.array([[48.8, 2.3], [-60.0, 10.0]]), partition).round(1).tolist()
    [[47.4, 2.7], [-60.0, 10.0]]
    """
    classes = partition.assign(places[:, 0], places[:, 1])
    return np.where((classes >= 0)[:, None], partition.centers[classes], places)
