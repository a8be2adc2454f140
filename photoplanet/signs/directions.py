"""Which way a line runs: it is read as it seems to stand, and in other ways where that says little.

The recogniser itself tells best: upright text scores above 0.95 as a rule, the same upside down or mirrored below 0.85.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from photoplanet.signs import columns, crops, letters, networks, text
from photoplanet.signs.bounds import Bounds
from photoplanet.signs.found import Found

GOOD, GOOD_TALL = 0.9, 0.97  # scores from which on no other way is tried; text on its side may run up or down
MIRRORED, MIRRORED_LETTERS = 0.95, 4  # what mirrored text must reach, since few things are written so
TOGETHER = 1280  # pixels of all lines that are read at once: more takes memory and saves no time
AHEAD = 16  # boxes that are sorted by width together


@dataclass(frozen=True)
class Way:
    """One way to read a box: the straightened line uint8 (48, width, 3), and the corners in its order."""

    corners: NDArray[np.float32]
    line: NDArray[np.uint8]
    mirrored: bool = False


class Lines:
    """Reads boxes of a photo uint8 (height, width, 3) within bounds."""

    def __init__(self, recogniser: networks.Network, characters: Sequence[str], bounds: Bounds):
        self._recogniser, self._characters, self._bounds = recogniser, characters, bounds
        self._begun = False  # a slow machine reads the first few lines whatever the time is

    def read(self, pixels: NDArray[np.uint8], boxes: Sequence[NDArray[np.float32]]) -> list[Found]:
        """Return the best reading of each box in its order, as many as the time allows."""
        found = self.once(pixels, boxes)
        for row in [row for row, each in enumerate(found) if not _is_good(each, boxes[row])]:
            others = list(ways(pixels, boxes[row]))[1:]
            for way, other in zip(others, self._all(others), strict=False):
                enough = other.score >= MIRRORED and text.visible(other.text) >= MIRRORED_LETTERS
                if other.value > found[row].value and (enough or not way.mirrored):
                    found[row] = other
        return found

    def once(self, pixels: NDArray[np.uint8], boxes: Sequence[NDArray[np.float32]]) -> list[Found]:
        """Return each box read as it seems to stand."""
        return self._all(next(ways(pixels, box)) for box in boxes)

    def _all(self, lines: Iterable[Way]) -> list[Found]:
        found: list[Found] = []
        source = iter(lines)
        while some := list(islice(source, AHEAD)):
            order = sorted(range(len(some)), key=lambda row: some[row].line.shape[1])
            here: dict[int, Found] = {}
            for batch in batches([some[row].line.shape[1] for row in order]):
                if self._begun and self._bounds.over():
                    break
                self._begun = True
                rows = [order[place] for place in batch]
                texts = letters.read(self._recogniser, self._characters, [some[row].line for row in rows])
                for row, (words, score) in zip(rows, texts, strict=True):
                    here[row] = Found(some[row].corners, text.clean(words), score)
            found += [here.get(row, Found(each.corners, "", 0.0)) for row, each in enumerate(some)]
        return found


def ways(pixels: NDArray[np.uint8], box: NDArray[np.float32]) -> Iterator[Way]:
    """Yield the ways to read a box (4, 2), the likeliest first.

    >>> wide = np.array([[0, 0], [90, 0], [90, 20], [0, 20]], np.float32)
    >>> [way.mirrored for way in ways(np.zeros((100, 100, 3), np.uint8), wide)]
    [False, False, True]
    """
    tall = crops.is_tall(box)
    for quarters in (1, 3) if tall else (0, 2):
        corners = crops.turned(box, quarters)
        yield Way(corners, crops.cut(pixels, corners))
    if tall:
        if (line := columns.laid_out(pixels, box)) is not None:
            yield Way(box, line)
    else:
        yield Way(box, np.ascontiguousarray(crops.cut(pixels, box)[:, ::-1]), mirrored=True)


def batches(widths: Sequence[int]) -> Iterator[range]:
    """Yield which lines of ascending widths are read together.

    >>> list(batches([160, 200, 600, 1200]))
    [range(0, 2), range(2, 3), range(3, 4)]
    """
    start = 0
    for end in range(1, len(widths) + 1):
        if end == len(widths) or widths[end] * (end + 1 - start) > TOGETHER or widths[end] > 1.5 * widths[start]:
            yield range(start, end)
            start = end


def _is_good(found: Found, box: NDArray[np.float32]) -> bool:
    return found.value >= (GOOD_TALL if crops.is_tall(box) else GOOD)
