"""Photos kept in memory, shrunken, after their first decoding: later epochs only cut and resize, where they fit."""

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.errors import InputError
from photoplanet.photos import decode
from photoplanet.photos.decode import Preprocessing

MEMORY_SHARE = 0.6  # of what the machine has free at the start


class PixelStore:
    """Shrinks photos to squares of `side` px, keeps them, and cuts the network's input from the square.

    What comes out does not depend on what is kept already, so a run resumes bit for bit. Thread-safe: two threads that
    meet at one photo write the same bytes. InputError when `photos` squares do not fit into memory.
    """

    def __init__(self, photos: int, side: int, processes: int = 1):
        need, free = photos * side * side * 3 * processes, free_memory()
        if need > MEMORY_SHARE * free:
            raise InputError(
                f"stored={side}: {photos:,} photos need {need / 1e9:.1f} GB and {free / 1e9:.1f} GB are free; "
                "use stored=0, which decodes every photo in every epoch"
            )
        self.side = side
        self._pixels = np.zeros((photos, side, side, 3), np.uint8)  # the system gives pages as they are written
        self._there = np.zeros(photos, bool)

    def load(self, photo: int, source: Any, preprocessing: Preprocessing, box: decode.Box | None) -> NDArray[np.uint8]:
        """Return pixels as `decode.load` does, of photo number `photo`; raises as that does."""
        if not self._there[photo]:
            square = dataclasses.replace(preprocessing, size=self.side)
            self._pixels[photo] = decode.load(source, square)
            self._there[photo] = True
        return decode.load(self._pixels[photo], dataclasses.replace(preprocessing, fit="squash"), box)


def free_memory() -> int:
    """Return how many bytes of memory can be had now; where the system does not say, a guess of 4 GB.

    >>> free_memory() > 1_000_000
    True
    """
    try:
        fields = dict(line.split(":") for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines())
        return int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2 if hasattr(os, "sysconf") else 0
        return pages or 4_000_000_000
