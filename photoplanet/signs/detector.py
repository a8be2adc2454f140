"""The detector: pixels in, a map of where text is or boxes of text out."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoplanet.signs import boxes, networks
from photoplanet.signs.boxes import Boxes
from photoplanet.signs.opencv import open_opencv
from photoplanet.signs.tiles import Window

STEP = 32  # pixels: the network takes multiples of it


@dataclass(frozen=True)
class Scale:
    """How large the network sees a window: at most `longest` pixels and `area` in all.

    Small photos are enlarged towards `shortest` pixels, which finds a quarter more in them, `most` times at most.
    """

    longest: int
    area: int
    shortest: int = 0
    most: float = 3.0

    def of(self, width: float, height: float) -> float:
        """Return what the sides of a window are multiplied by.

        >>> Scale(1280, 10**6).of(2560, 1000), Scale(1280, 10**6, shortest=736).of(400, 368)
        (0.5, 2.0)
        """
        up = min(self.most, max(1.0, self.shortest / min(width, height)))
        return min(up, self.longest / max(width, height), math.sqrt(self.area / (width * height)))


LOOK = Scale(480, 480 * 384)
READ = Scale(1280, 1120 * 864, shortest=736)


def probability(
    network: networks.Network, pixels: NDArray[np.uint8], scale: Scale, windows: Sequence[Window],
    over: Callable[[], bool] = lambda: False,
) -> NDArray[np.float32]:  # fmt: skip
    """Return a map of where text is, float32 (h, w) of 0 … 1, in these windows of a photo uint8 (height, width, 3).

    `over`: asked before each window but the first; those left are not looked at when it says so.

    >>> black = np.zeros((300, 400, 3), np.uint8)
    >>> probability(networks.load(networks.DETECTOR), black, LOOK, [(0, 0, 400, 300)]).shape
    (288, 384)
    """
    height, width = pixels.shape[:2]
    if len(windows) == 1:
        return _of_window(network, pixels, scale)
    cv2 = open_opencv()
    times = min(scale.of(right - left, bottom - top) for left, top, right, bottom in windows)
    whole = np.zeros((max(1, round(height * times)), max(1, round(width * times))), np.float32)
    for number, (left, top, right, bottom) in enumerate(windows):
        if number and over():
            break
        part = _of_window(network, pixels[top:bottom, left:right], scale)
        x, y = round(left * times), round(top * times)
        below = whole[y : round(bottom * times), x : round(right * times)]
        if below.size:
            np.maximum(below, cv2.resize(part, below.shape[::-1], interpolation=cv2.INTER_AREA), out=below)
    return whole


def placed(found: NDArray[np.float32], shape: tuple[int, ...], sure: float = boxes.SURE) -> Boxes:
    """Return the boxes in a map (h, w) in pixels of its photo, whose shape is (height, width, …).

    >>> line = np.zeros((64, 128), np.float32)
    >>> line[20:30, 16:96] = 0.9
    >>> placed(line, (640, 640)).corners[0].round().tolist()
    [[44.0, 129.0], [516.0, 129.0], [516.0, 371.0], [44.0, 371.0]]
    """
    height, width = shape[:2]
    inside = boxes.find(found, sure)
    scale = np.array([width / found.shape[1], height / found.shape[0]], np.float32)
    return Boxes((inside.corners * scale).clip(0, (width, height)).astype(np.float32), inside.scores)


def as_batch(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return photos uint8 (n, h, w, 3), red first, as the networks take them: float32 (n, 3, h, w), blue first, ±1.

    >>> as_batch(np.full((1, 2, 2, 3), 255, np.uint8)).tolist()[0][0]
    [[1.0, 1.0], [1.0, 1.0]]
    """
    planes = np.ascontiguousarray(pixels[..., ::-1].transpose(0, 3, 1, 2), np.float32)
    planes *= 2 / 255
    planes -= 1
    return planes


def _of_window(network: networks.Network, pixels: NDArray[np.uint8], scale: Scale) -> NDArray[np.float32]:
    cv2 = open_opencv()
    height, width = pixels.shape[:2]
    times = scale.of(width, height)
    size = [max(STEP, round(length * times / STEP) * STEP) for length in (width, height)]
    way = cv2.INTER_AREA if times < 1 else cv2.INTER_LINEAR
    small = cv2.resize(pixels, size, interpolation=way)
    found: NDArray[np.float32] = network(as_batch(small[None]))[0, 0]
    return found
