"""Text that runs downwards, letter below letter: its letters laid side by side, so that it can be read as a line."""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from photoplanet.signs import crops, text
from photoplanet.signs.found import Found
from photoplanet.signs.opencv import open_opencv

INK = 0.25  # of the strongest contrast in a column: rows with less lie between two letters
SMALLEST, LARGEST = 0.25, 1.6  # height of a letter, as a share of the column's width
MOST = 40  # letters of a column
FEWEST = 3  # … of one that was found letter by letter
BESIDE, BELOW, ALIKE = 0.4, 1.5, 1.6  # of a letter's height: how far the next may be aside, and below; ratio of heights


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


def joined(found: Sequence[Found]) -> list[Found]:
    """Return what was read, with single letters that stand below each other made one line from top to bottom.

    >>> def letter(sign, y):
    ...     return Found(np.array([[0, y], [9, y], [9, y + 12], [0, y + 12]], np.float32), sign, 0.75)
    >>> [each.text for each in joined([letter("A", 18), letter("B", 0), letter("R", 36), letter("Z", 900)])]
    ['Z', 'BAR']
    """
    single = [each for each in found if text.visible(each.text) == len(each.text) == 1]
    rest = [each for each in found if text.visible(each.text) != 1 or len(each.text) != 1]
    columns: list[list[Found]] = []
    for each in sorted(single, key=lambda each: float(each.corners[:, 1].mean())):
        column = next((column for column in columns if _follows(each, column[-1])), None)
        if column is None:
            columns.append([each])
        else:
            column.append(each)
    words = [_word(column) for column in columns if len(column) >= FEWEST]
    return rest + [each for column in columns if len(column) < FEWEST for each in column] + words


def _follows(letter: Found, above: Found) -> bool:
    x, y = letter.corners.mean(axis=0) - above.corners.mean(axis=0)
    heights = [float(np.ptp(each.corners[:, 1])) + 1e-6 for each in (letter, above)]
    near = abs(x) <= BESIDE * max(heights) and 0 < y <= BELOW * max(heights)
    return bool(near and max(heights) <= ALIKE * min(heights))


def _word(column: Sequence[Found]) -> Found:
    points = np.concatenate([each.corners for each in column])
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    return Found(corners, "".join(each.text for each in column), float(np.mean([each.score for each in column])))
