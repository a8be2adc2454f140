"""Ground, vertical, sky and porous: a rough guess of what each part of a photo is, from colour, texture and position.

Im2GPS took these probabilities from Hoiem et al.'s trained classifier (ICCV 2005), which is not available. This is
a small substitute by hand: a softmax over a few plain cues, not trained, and surely wrong more often than theirs.
What it keeps is what the descriptors need: a soft split of the photo into parts that mean something.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.retrieval.im2gps import gist

CLASSES = ("ground", "vertical", "sky", "porous")
CELLS = 32  # probabilities are computed on CELLS × CELLS parts of the photo
_GREEN = 0.04  # how much greener than red and blue a leaf is
_BLUE = 0.03

Floats = NDArray[np.floating[Any]]


def probabilities(rgb: NDArray[np.uint8], magnitude: Floats) -> Floats:
    """Return float32 (4, CELLS, CELLS), summing to 1 over CLASSES, of a photo (SIDE, SIDE, 3) and its magnitudes.

    `magnitude` (FINE, SIDE, SIDE) as `gist.respond` gives, of which the finest scale is used.

    >>> blue = np.full((gist.SIDE, gist.SIDE, 3), (90, 150, 250), np.uint8)
    >>> found = probabilities(blue, np.zeros((gist.FINE, gist.SIDE, gist.SIDE), np.float32))
    >>> CLASSES[found[:, 0, 0].argmax()], CLASSES[found[:, -1, 0].argmax()]
    ('sky', 'ground')
    """
    colours = gist.pooled(np.moveaxis(rgb, -1, 0).astype(np.float32) / 255, CELLS)
    red, green, blue = colours
    fine = gist.pooled(magnitude[: gist.ORIENTATIONS], CELLS)
    energy = fine.mean(axis=0)
    texture = energy / (energy + 0.1)  # 0 smooth … 1 busy
    oriented = (fine.max(axis=0) - fine.min(axis=0)) / (fine.max(axis=0) + 0.05)  # bars and edges, not leaves
    down = np.linspace(0, 1, CELLS, dtype=np.float32)[:, None]  # 0 at the top of the photo
    bright = colours.mean(axis=0)
    leaf = _soft(green - np.maximum(red, blue), _GREEN)
    heaven = np.maximum(_soft(blue - red, _BLUE), _soft(bright - 0.7, 0.1))  # blue, or the white of cloud
    logits = np.stack(
        [
            5 * (down - 0.55) - 1.0 * texture + 0.5 * leaf,
            1.5 * texture + 1.5 * oriented - 4 * np.abs(down - 0.5),
            5 * (0.45 - down) - 3 * texture + 2 * heaven - 1,
            2 * texture + 2 * leaf - 1.5 * oriented - 1 - np.abs(down - 0.55),
        ]
    )
    weights = np.exp(logits - logits.max(axis=0))
    found: Floats = weights / weights.sum(axis=0)
    return found


def _soft(value: Floats, width: float) -> Floats:
    found: Floats = 1 / (1 + np.exp(-np.clip(value / width, -30, 30)))
    return found
