"""Text that runs downwards, letter below letter: its letters laid side by side, so that it can be read as a line."""

import itertools

import numpy as np
from numpy.typing import NDArray

from photoplanet.signs import crops
from photoplanet.signs.opencv import open_opencv

INK = 0.25  # of the strongest contrast in a column: rows with less lie between two letters
SMALLEST, LARGEST = 0.25, 1.6  # height of a letter, as a share of the column's width
MOST = 40  # letters of a column


def laid_out(pixels: NDArray[np.uint8], corners: NDArray[np.float32]) -> NDArray[np.uint8] | None:
    """Return the letters of a tall box (4, 2) side by side, uint8 (48, width, 3); None where it has none to part.

    >>> laid_out(np.zeros((100, 20, 3), np.uint8), np.array([[0, 0], [20, 0], [20, 100], [0, 100]], np.float32)).shape
    (48, 240, 3)
    """
    cv2 = open_opencv()
    across, along = crops.sides(corners)
    count = round(along / max(across, 1.0))
    if not 2 <= count <= MOST:
        return None
    size = crops.HEIGHT, int(min(crops.WIDEST, crops.HEIGHT * along / across))
    target = np.array([[0, 0], [size[0], 0], size, [0, size[1]]], np.float32)
    strip = cv2.warpPerspective(pixels, cv2.getPerspectiveTransform(corners, target), size, flags=cv2.INTER_CUBIC)
    parts = between_gaps(strip) or [(n * size[1] // count, (n + 1) * size[1] // count) for n in range(count)]
    letters = [cv2.resize(strip[top:bottom], (crops.HEIGHT, crops.HEIGHT)) for top, bottom in parts]
    return np.concatenate(letters, axis=1)


def between_gaps(strip: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Return the first and last row of each letter in a column uint8 (h, w, 3); [] where gaps do not show them.

    >>> column = np.full((96, 48, 3), 255, np.uint8)
    >>> column[6:40, 10:30] = column[56:90, 10:30] = 0
    >>> between_gaps(column)
    [(0, 48), (48, 96)]
    """
    grey = strip.mean(axis=2)
    contrast = grey.max(axis=1) - grey.min(axis=1)
    inked = np.concatenate(([False], contrast > INK * contrast.max(), [False])).astype(int)
    starts, ends = np.flatnonzero(np.diff(inked) == 1), np.flatnonzero(np.diff(inked) == -1)
    heights = (ends - starts) / strip.shape[1]
    if not 2 <= len(starts) <= MOST or heights.min() < SMALLEST or heights.max() > LARGEST:
        return []
    cuts = [0, *((ends[:-1] + starts[1:]) // 2).tolist(), len(grey)]
    return list(itertools.pairwise(cuts))
