"""The votes of matches: what details of a photo and its candidates agree on, without those of movable things."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.retrieval.local_features import evidence, movable
from photoplanet.retrieval.local_features.evidence import Evidence
from photoplanet.retrieval.local_features.root_sift import Features

RIGHT_KM = 25.0  # a match is right when both photos were taken within this
MOVED_KM = 50.0  # what is seen at places farther apart than this has moved


class Candidate(NamedTuple):
    """A photo of the library that was verified: its row, `pairs` (m, 2) that agree, and how many `matched` before."""

    row: int
    pairs: NDArray[np.int32]
    matched: int


class Places(NamedTuple):
    """Where photos were taken, degrees float64 (n,)."""

    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]

    def km(self, row: int, rows: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float64]:
        """Distances from one photo to others, km.

        >>> Places(np.array([0.0, 0.0]), np.array([0.0, 1.0])).km(0, [1]).round().tolist()
        [111.0]
        """
        picked = np.asarray(rows, np.int64)
        found: NDArray[np.float64] = np.asarray(
            geodesy.distance_km(self.latitude[row], self.longitude[row], self.latitude[picked], self.longitude[picked])
        )
        return found


def count(
    query: Features,
    candidates: Sequence[Candidate],
    features_of: Callable[[int], Features],
    places: Places,
    known: Callable[[int], Sequence[NDArray[np.int32]]],
) -> list[Evidence]:
    """Return the evidence of each candidate for its own place.

    A detail of the query that also agrees with a candidate more than 50 km from there has moved, and so have the
    details of a library photo that `known(row)` names. What lies among such details has moved along.

    >>> spots = np.array([[40 * x + 5, 30 * y + 5, 4, 0] for x in range(8) for y in range(8)], np.float32)
    >>> photo, all_of_it = Features(spots, np.zeros((64, 128), np.uint8), 320, 240), np.tile(np.arange(64), (2, 1)).T
    >>> both = [Candidate(row, all_of_it.astype(np.int32), 64) for row in range(2)]
    >>> for longitude in (0.1, 90.0):
    ...     where = Places(np.array([0.0, 0.0]), np.array([0.0, longitude]))
    ...     [each.details for each in count(photo, both, lambda row: photo, where, lambda row: [])]
    [64, 64]
    [0, 0]
    """
    strong = [each for each in candidates if len(each.pairs) >= movable.LEAST]
    found = []
    for each in candidates:
        if not len(each.pairs):
            found.append(evidence.NO_EVIDENCE)
            continue
        other = features_of(each.row)
        if each.pairs.min() < 0 or (each.pairs.max(axis=0) >= (len(query.points), len(other.points))).any():
            found.append(evidence.NO_EVIDENCE)  # of a photo whose part of the index is damaged
            continue
        away = places.km(each.row, [one.row for one in strong]) if strong else np.zeros(0)
        elsewhere = [one.pairs[:, 0] for one, km in zip(strong, away, strict=True) if km > MOVED_KM]
        here = movable.grown(query, movable.mask(len(query.points), elsewhere), each.pairs[:, 0])
        there = movable.grown(other, movable.mask(len(other.points), known(each.row)), each.pairs[:, 1])
        found.append(evidence.weigh(query, other, each.pairs[~(here | there)], len(each.pairs), each.matched))
    return found
