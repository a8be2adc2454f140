"""Where text stands: from the detector's map of probabilities to slanted boxes (DB, Liao et al. 2020).

The network marks the core of each line, shrunk so that lines do not touch; a box is the smallest rectangle around a
core, grown by what training shrank it.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoplanet.signs.opencv import open_opencv

CORE = 0.3  # from this probability on, a pixel belongs to the core of a line
SURE = 0.5  # a core's mean probability, below which it is no text; these four as PP-OCRv6 has them
GROWTH = 1.6  # how far a core grows: times its area over its circumference
NARROWEST = 3.0  # pixels of the map across a core
MOST = 1000  # cores that are looked at, the largest first


@dataclass(frozen=True)
class Boxes:
    """`corners` float32 (n, 4, 2): x and y in pixels of the map, clockwise from the upper left; `scores` (n,) 0 … 1."""

    corners: NDArray[np.float32]
    scores: NDArray[np.float32]


def find(probability: NDArray[np.float32], sure: float = SURE) -> Boxes:
    """Return the boxes of text in a map of probabilities float32 (h, w), largest first; what is not a number is 0.

    >>> line = np.zeros((64, 128), np.float32)
    >>> line[20:30, 16:96] = 0.9
    >>> find(line).corners.round().tolist()
    [[[9.0, 13.0], [103.0, 13.0], [103.0, 37.0], [9.0, 37.0]]]
    """
    cv2 = open_opencv()
    probability = np.nan_to_num(probability, nan=0.0, posinf=0.0, neginf=0.0)
    core = cv2.dilate((probability > CORE).astype(np.uint8), np.ones((2, 2), np.uint8))
    outlines, _ = cv2.findContours(core, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    rectangles = sorted(map(cv2.minAreaRect, outlines), key=lambda each: -each[1][0] * each[1][1])
    corners, scores = [], []
    for centre, (width, height), angle in rectangles[:MOST]:
        if min(width, height) < NARROWEST:
            continue
        score = mean_inside(probability, cv2.boxPoints((centre, (width, height), angle)))
        if score < sure:
            continue
        grown = width * height * GROWTH / (width + height)  # on both sides together
        corners.append(clockwise(cv2.boxPoints((centre, (width + grown, height + grown), angle))))
        scores.append(score)
    return Boxes(np.array(corners, np.float32).reshape(-1, 4, 2), np.array(scores, np.float32))


def mean_inside(values: NDArray[np.float32], corners: NDArray[np.float32]) -> float:
    """Return the mean of a map's values (h, w) within a quadrilateral (4, 2), what lies outside the map left out.

    >>> mean_inside(np.ones((8, 8), np.float32), np.array([[1, 1], [6, 1], [6, 4], [1, 4]], np.float32))
    1.0
    """
    cv2 = open_opencv()
    height, width = values.shape
    left, top = (max(0, math.floor(float(low))) for low in corners.min(axis=0))
    right, bottom = (math.ceil(float(high)) + 1 for high in corners.max(axis=0))
    part = values[top : min(bottom, height), left : min(right, width)]
    if not part.size:
        return 0.0
    mask = np.zeros(part.shape, np.uint8)
    cv2.fillPoly(mask, [(corners - (left, top)).astype(np.int32)], 1)
    return float(cv2.mean(part, mask)[0])


def clockwise(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """Order the corners (4, 2) of a rectangle clockwise, the upper left one first.

    >>> clockwise(np.array([[9, 9], [0, 0], [9, 0], [0, 9]])).tolist()
    [[0, 0], [9, 0], [9, 9], [0, 9]]
    """
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    upper_left, lower_left = by_x[:2][np.argsort(by_x[:2, 1], kind="stable")]
    upper_right, lower_right = by_x[2:][np.argsort(by_x[2:, 1], kind="stable")]
    return np.array([upper_left, upper_right, lower_right, lower_left])
