"""The detector: pixels in, boxes of text out."""

import numpy as np
from numpy.typing import NDArray

from photoplanet.signs import boxes, networks
from photoplanet.signs.boxes import Boxes
from photoplanet.signs.opencv import open_opencv

STEP = 32  # pixels: the network takes multiples of it


def probability(network: networks.Network, pixels: NDArray[np.uint8], longest: int) -> NDArray[np.float32]:
    """Return a map of where text is, float32 (h, w), of a photo uint8 (height, width, 3), shrunk to `longest` pixels.

    >>> import numpy
    >>> probability(networks.load(networks.DETECTOR), numpy.zeros((300, 400, 3), numpy.uint8), 320).shape
    (256, 320)
    """
    cv2 = open_opencv()
    height, width = pixels.shape[:2]
    scale = min(1.0, longest / max(height, width))
    size = [max(STEP, round(length * scale / STEP) * STEP) for length in (width, height)]
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    found: NDArray[np.float32] = network(as_batch(small[None]))[0, 0]
    return found


def find(network: networks.Network, pixels: NDArray[np.uint8], longest: int) -> Boxes:
    """Return the boxes of text in a photo, in pixels of that photo; at most `longest` pixels of it are looked at."""
    found = probability(network, pixels, longest)
    height, width = pixels.shape[:2]
    placed = boxes.find(found)
    scale = np.array([width / found.shape[1], height / found.shape[0]], np.float32)
    return Boxes((placed.corners * scale).clip(0, (width, height)).astype(np.float32), placed.scores)


def as_batch(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return photos uint8 (n, h, w, 3), red first, as the networks take them: float32 (n, 3, h, w), blue first, ±1.

    >>> as_batch(np.full((1, 2, 2, 3), 255, np.uint8)).tolist()[0][0]
    [[1.0, 1.0], [1.0, 1.0]]
    """
    planes = pixels[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32)
    planes *= 2 / 255
    planes -= 1
    return np.ascontiguousarray(planes)
