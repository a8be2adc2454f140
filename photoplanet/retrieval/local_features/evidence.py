"""How much a match is worth as evidence of a place: what agrees, does not move, and is spread over both photos."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.retrieval.extras import open_opencv
from photoplanet.retrieval.local_features.root_sift import Features
from photoplanet.retrieval.local_features.verification import LEAST

GRID = 12  # squares of a side
PER_SQUARE = 2  # details of a square that count, where all squares hold as many
AREA = 0.05  # of a photo: what agrees within less is one object, and counts in proportion …
ONE_PLANE, PLANE_AREA = 0.9, 0.2  # … also within less than this, where so many of the details lie in one plane: a sign
PIXELS, ITERATIONS = 3.0, 500  # for finding that plane
SHARE = 0.3  # of the matches before geometry agree with it; fewer count in proportion


class Evidence(NamedTuple):
    """`value`: what `chances` are counted by, about the number of details. `details`: that agree and do not move.

    `squares`: of a 12 × 12 grid that hold these; `area`: of their convex hull, as a share of the photo; both in the
    photo where it is less. `share`: of the matches before geometry that agree. `plane`: of the details that lie as in
    one plane; all where there are too few to tell.
    """

    value: float
    details: int
    squares: int
    area: float
    share: float
    plane: float = 1.0


NO_EVIDENCE = Evidence(0.0, 0, 0, 0.0, 0.0)


def weigh(query: Features, other: Features, pairs: NDArray[np.int32], agree: int, matched: int) -> Evidence:
    """Return the evidence of `pairs` (m, 2) that do not move, of all that `agree`, of `matched` before geometry.

    >>> place = np.array([[40 * x + 5, 30 * y + 5, 4, 0] for x in range(8) for y in range(8)], np.float32)
    >>> photo, both = Features(place, np.zeros((64, 128), np.uint8), 320, 240), np.tile(np.arange(64), (2, 1)).T
    >>> found = weigh(photo, photo, both, 64, 64)
    >>> found.value, found.details, found.squares, round(found.area, 2)
    (64.0, 64, 64, 0.77)
    >>> weigh(photo, photo, both[:0], 64, 64)
    Evidence(value=0.0, details=0, squares=0, area=0.0, share=1.0, plane=1.0)
    """
    share = agree / max(matched, agree, 1)
    if not len(pairs):
        return NO_EVIDENCE._replace(share=share)
    sides = [(photo, photo.points[rows, :2]) for photo, rows in zip((query, other), pairs.T, strict=True)]
    squares = min(_squares(*side) for side in sides)
    area = min(_area(*side) for side in sides)
    plane = _plane(sides[0][1], sides[1][1]) if area < PLANE_AREA else 1.0  # a façade that fills the photo is a place
    needed = PLANE_AREA if plane >= ONE_PLANE else AREA
    value = min(len(pairs), PER_SQUARE * squares) * min(1.0, area / needed) * min(1.0, share / SHARE)
    return Evidence(float(value), len(pairs), squares, area, share, plane)


def _squares(photo: Features, points: NDArray[np.float32]) -> int:
    places = np.clip(points / (photo.width, photo.height) * GRID, 0, GRID - 1).astype(int)
    return len(np.unique(places[:, 0] * GRID + places[:, 1]))


def _area(photo: Features, points: NDArray[np.float32]) -> float:
    if len(points) < 3:
        return 0.0
    cv2 = open_opencv()
    return float(cv2.contourArea(cv2.convexHull(np.ascontiguousarray(points)))) / (photo.width * photo.height)


def _plane(here: NDArray[np.float32], there: NDArray[np.float32]) -> float:
    """The share of points that one homography explains."""
    if len(here) < LEAST:
        return 1.0
    cv2 = open_opencv()
    try:
        _, kept = cv2.findHomography(here, there, cv2.USAC_MAGSAC, PIXELS, 0.999, ITERATIONS)
    except cv2.error:  # degenerate points: OpenCV gives up in one of many ways
        return 1.0
    return 1.0 if kept is None else float(kept.mean())
