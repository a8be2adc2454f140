"""Movable things: details that are seen at places far from each other belong to a motorcycle, a jacket, a pictogram.

Knopp, Sivic and Pajdla 2010 leave out such confusing features of a map of photos. Here they are found by matching the
photos of a library with each other, and a query with all its candidates at once; what lies among them goes too.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from photoplanet.retrieval.local_features.root_sift import Features

LEAST = 8  # details that agree between two photos far apart, before they count as seen in both
RADIUS = 0.05  # of the longer side: so near to movable details, a detail belongs to the same thing …
NEIGHBOURS = 3  # … where there are at least so many of them
CHUNK = 512  # details compared at a time

Mask = NDArray[np.bool_]


def mask(count: int, parts: Iterable[NDArray[np.int32]]) -> Mask:
    """Return which of `count` details any of the parts names, bool (count,); numbers outside 0 … count − 1 are passed.

    >>> mask(4, [np.array([1], np.int32), np.array([3, 9], np.int32)]).tolist()
    [False, True, False, True]
    """
    found: Mask = np.zeros(count, bool)
    for part in parts:
        found[part[(part >= 0) & (part < count)]] = True
    return found


def grown(photo: Features, movable: Mask, rows: NDArray[np.integer]) -> Mask:
    """Return which of some details (n,) are movable or lie among such: at least 3 within 5 % of the longer side; (n,).

    >>> row = Features(np.array([[10 * x, 50, 4, 0] for x in range(9)], np.float32), np.zeros((9, 128)), 200, 100)
    >>> thing = np.array([0, 1, 0, 1, 1, 0, 0, 0, 0], bool)
    >>> grown(row, thing, np.arange(9)).astype(int).tolist()
    [0, 1, 0, 1, 1, 0, 0, 0, 0]
    >>> grown(row._replace(width=900), thing, np.arange(9)).astype(int).tolist()
    [1, 1, 1, 1, 1, 1, 0, 0, 0]
    """
    found: Mask = movable[rows]
    if not movable.any():
        return found
    points, seeds = photo.points[rows, :2], photo.points[movable, :2]
    square = (RADIUS * max(photo.width, photo.height)) ** 2
    for start in range(0, len(points), CHUNK):
        away = ((points[start : start + CHUNK, None] - seeds) ** 2).sum(axis=2)
        found[start : start + CHUNK] |= (away <= square).sum(axis=1) >= NEIGHBOURS
    return found
