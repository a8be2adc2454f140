"""Cutting lines of text out of a photo, straight and of one height, however they stand there."""

import numpy as np
from numpy.typing import NDArray

from photoplanet.signs.opencv import open_opencv

HEIGHT = 48  # pixels, as the recogniser takes lines
WIDEST = 2400  # pixels; a longer line is squeezed
TALL = 1.5  # times its width: a box of this height holds text on its side, or a column


def cut(pixels: NDArray[np.uint8], corners: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the line within corners (4, 2), which go clockwise from its upper left, as uint8 (48, width, 3).

    >>> cut(np.zeros((100, 200, 3), np.uint8), np.array([[0, 0], [100, 0], [100, 25], [0, 25]], np.float32)).shape
    (48, 192, 3)
    """
    cv2 = open_opencv()
    along, across = sides(corners)
    width = int(np.clip(np.ceil(HEIGHT * along / max(across, 1.0)), HEIGHT // 4, WIDEST))
    target = np.array([[0, 0], [width, 0], [width, HEIGHT], [0, HEIGHT]], np.float32)
    turned = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    if not np.isfinite(turned).all():
        return np.zeros((HEIGHT, width, 3), np.uint8)
    line = cv2.warpPerspective(pixels, turned, (width, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(line, np.uint8)


def sides(corners: NDArray[np.float32]) -> tuple[float, float]:
    """Return how long a line (4, 2) is along its text, and across it, in pixels.

    >>> sides(np.array([[0, 0], [9, 0], [9, 30], [0, 30]], np.float32))
    (9.0, 30.0)
    """
    along = max(np.linalg.norm(corners[1] - corners[0]), np.linalg.norm(corners[2] - corners[3]))
    across = max(np.linalg.norm(corners[3] - corners[0]), np.linalg.norm(corners[2] - corners[1]))
    return float(along), float(across)


def is_tall(corners: NDArray[np.float32]) -> bool:
    """Whether a box is so much taller than wide that its text runs down or up.

    >>> is_tall(np.array([[0, 0], [9, 0], [9, 30], [0, 30]], np.float32))
    True
    """
    along, across = sides(corners)
    return across >= TALL * along


def turned(corners: NDArray[np.float32], quarters: int) -> NDArray[np.float32]:
    """Return the same box for text that is turned clockwise by so many quarters: its upper left comes first.

    >>> turned(np.array([[0, 0], [9, 0], [9, 30], [0, 30]], np.float32), 1).tolist()
    [[9.0, 0.0], [9.0, 30.0], [0.0, 30.0], [0.0, 0.0]]
    """
    return np.roll(corners, -quarters, axis=0)
