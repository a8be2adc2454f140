"""The reader: a photo in, its lines of text out. Everything happens on this machine."""

import functools

import numpy as np
from numpy.typing import NDArray

from photoplanet.photos import decode
from photoplanet.signs import crops, detector, letters, networks
from photoplanet.signs.line import Line, Reading

LONGEST = 1280  # pixels of a photo that is read
SURE = 0.5
BATCH = 8


class Reader:
    """Reads the text in photos, on `threads` cores (None: all). Threads may share one; it opens when it first reads.

    MissingExtra where the extra `signs` is not installed.
    """

    def __init__(self, threads: int | None = None):
        networks.folder()
        self._threads = threads

    @functools.cached_property
    def _detector(self) -> networks.Network:
        return networks.load(networks.DETECTOR, self._threads)

    @functools.cached_property
    def _recogniser(self) -> tuple[networks.Network, list[str]]:
        network = networks.load(networks.RECOGNISER, self._threads)
        return network, network.characters()

    def read(self, photo: decode.Source) -> Reading:
        """Return what is written in a photo; raises as `photos.decode.open_photo`."""
        return self.read_pixels(np.asarray(decode.open_photo(photo)))

    def read_pixels(self, pixels: NDArray[np.uint8]) -> Reading:
        """Return what is written in upright pixels uint8 (height, width, 3), red first."""
        height, width = pixels.shape[:2]
        found = detector.find(self._detector, pixels, LONGEST)
        corners = [crops.turned(box, 1) if crops.is_tall(box) else box for box in found.corners]
        lines = []
        network, characters = self._recogniser
        for start in range(0, len(corners), BATCH):
            some = corners[start : start + BATCH]
            texts = letters.read(network, characters, [crops.cut(pixels, box) for box in some])
            for box, (text, score) in zip(some, texts, strict=True):
                if score >= SURE and text.strip():
                    a, b, c, d = ((float(x) / width, float(y) / height) for x, y in box)
                    lines.append(Line(text.strip(), score, (a, b, c, d)))
        return Reading(tuple(lines), width, height)
