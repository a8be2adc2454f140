"""The reader: a photo in, its lines of text out. Everything happens on this machine.

Few photos hold text, so a cheap look at a small copy comes first; only where that finds letters is the photo read.
Latin, Greek, Chinese and Japanese are read. Other scripts come out as letters of these that look alike, or not at all.
"""

import functools
import threading

import numpy as np
from numpy.typing import NDArray

from photoplanet.photos import decode
from photoplanet.signs import bounds, columns, detector, networks, roles, text, tiles
from photoplanet.signs.bounds import Bounds
from photoplanet.signs.directions import Lines
from photoplanet.signs.found import Found
from photoplanet.signs.line import Line, Reading

VERSION = 1  # of what is made of the networks' answers; a new one leaves kept readings unused
LOOK_SIDE, READ_SIDE = 540, 1440  # pixels of the shorter side that are decoded, at least where a photo has them
SEEN = 0.3  # the look's highest probability from which on the photo may have text
LIKELIEST, CONFIRMED = 4, 0.3  # boxes that are read then, and the score of one that makes it worth reading all
SURE = 0.5  # score of a line, below which it is left out
SINGLE = 0.8  # … of one that has a single letter or digit


class Reader:
    """Reads the text in photos, on `threads` cores (None: all). Threads may share one; it opens when it first reads.

    `thorough`: read every photo in full, without a look first, and large ones in four parts: finds text half as high,
    and takes five times as long. `seconds` and `lines` bound the work on one photo, its decoding not counted.
    MissingExtra where the extra `signs` is not installed.

    >>> Reader().read(np.zeros((480, 640, 3), np.uint8))
    Reading(lines=(), width=640, height=480, cut=False)
    """

    def __init__(
        self, threads: int | None = None, *, thorough: bool = False, seconds: float = bounds.SECONDS,
        lines: int = bounds.LINES,
    ):  # fmt: skip
        networks.folder()
        self.thorough = thorough
        self._cores, self._seconds, self._lines = threads, seconds, lines
        self._opening = threading.Lock()

    @property
    def fingerprint(self) -> str:
        """What names its answers: readings of another version, other weights or another care are others.

        >>> Reader().fingerprint == Reader(thorough=True).fingerprint
        False
        """
        care = "thorough" if self.thorough else "look"
        return f"{VERSION} {care} {' '.join(networks.SHA256[name][:16] for name in sorted(networks.SHA256))}"

    def read(self, photo: decode.Source) -> Reading:
        """Return what is written in a photo: a path, `shard.tar#member`, bytes, a PIL image or a uint8 array.

        Raises as `photos.decode.open_photo`: an InputError that names the file.
        """
        with decode.opened(photo) as (image, _):
            stored = image.size
        bound = self._bounds()
        if not self.thorough:
            small = decode.open_photo(photo, size_hint=LOOK_SIDE)
            pixels = np.asarray(small)
            if not self._shows_text(pixels, bound):
                return Reading((), *_upright(stored, small.size))
            if max(small.size) == max(stored):
                return self._read_all(pixels, pixels.shape[1::-1], bound)
        large = decode.open_photo(photo, size_hint=READ_SIDE * (2 if self.thorough else 1))
        return self._read_all(np.asarray(large), _upright(stored, large.size), self._bounds())

    def read_pixels(self, pixels: NDArray[np.uint8]) -> Reading:
        """Return what is written in upright pixels uint8 (height, width, 3), red first; InputError for others."""
        pixels = np.asarray(decode.open_photo(pixels))
        bound = self._bounds()
        size = pixels.shape[1], pixels.shape[0]
        if not self.thorough and not self._shows_text(pixels, bound):
            return Reading((), *size)
        return self._read_all(pixels, size, bound)

    def _bounds(self) -> Bounds:
        return Bounds(self._seconds, self._lines)

    @functools.cached_property
    def _networks(self) -> tuple[networks.Network, networks.Network, list[str]]:
        recogniser = networks.load(networks.RECOGNISER, self._cores)
        return networks.load(networks.DETECTOR, self._cores), recogniser, recogniser.characters()

    def _opened(self) -> tuple[networks.Network, networks.Network, list[str]]:
        with self._opening:
            return self._networks

    def _shows_text(self, pixels: NDArray[np.uint8], bound: Bounds) -> bool:
        """Whether a small copy has what may be text, and one of the likeliest boxes can be read."""
        find, recognise, characters = self._opened()
        height, width = pixels.shape[:2]
        found = detector.probability(find, pixels, detector.LOOK, tiles.plan(width, height), bound.over)
        if not found.max() >= SEEN:
            return False
        boxes = detector.placed(found, pixels.shape, sure=0.0)
        likeliest = boxes.corners[np.argsort(-boxes.scores, kind="stable")[:LIKELIEST]]
        read = Lines(recognise, characters, bound).once(pixels, list(likeliest))
        return any(each.score >= CONFIRMED and text.visible(each.text) > 1 for each in read)

    def _read_all(self, pixels: NDArray[np.uint8], size: tuple[int, int], bound: Bounds) -> Reading:
        """Return what is written in pixels of a photo that is `size` large."""
        find, recognise, characters = self._opened()
        height, width = pixels.shape[:2]
        windows = tiles.plan(width, height, self.thorough)
        found = detector.probability(find, pixels, detector.READ, windows, bound.over)
        chosen = bound.chosen(detector.placed(found, pixels.shape).corners, pixels.shape)
        read = columns.joined(Lines(recognise, characters, bound).read(pixels, chosen))
        lines = sorted((_line(each, width, height) for each in read if _is_sure(each)), key=_middle)
        return Reading(roles.assigned(lines, *size), *size, bound.cut)


def _upright(stored: tuple[int, int], decoded: tuple[int, int]) -> tuple[int, int]:
    """The size of a stored photo when it is upright, as its smaller copy is."""
    turned = (stored[0] > stored[1]) != (decoded[0] > decoded[1])
    return stored[::-1] if turned and stored[0] != stored[1] else stored


def _is_sure(found: Found) -> bool:
    seen = text.visible(found.text)
    return seen > 0 and found.score >= (SURE if seen > 1 else SINGLE)


def _line(found: Found, width: int, height: int) -> Line:
    a, b, c, d = ((float(x) / width, float(y) / height) for x, y in found.corners)
    return Line(found.text, found.score, (a, b, c, d))


def _middle(line: Line) -> tuple[float, float]:
    """Where a line stands, from the top downwards and from the left to the right."""
    return sum(y for _, y in line.box) / 4, sum(x for x, _ in line.box) / 4
