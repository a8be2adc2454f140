"""The recogniser: lines of one height in, text and how sure it is out (CTC, the best class at each step)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from photoplanet.signs import crops, networks
from photoplanet.signs.detector import STEP, as_batch

SHORTEST = 160  # pixels that a line is padded to; shorter ones read worse


def read(
    network: networks.Network, characters: Sequence[str], lines: Sequence[NDArray[np.uint8]]
) -> list[tuple[str, float]]:
    """Return the text of each line uint8 (48, width, 3), and how sure it is (mean probability of its characters).

    >>> reader = networks.load(networks.RECOGNISER)
    >>> read(reader, reader.characters(), [np.zeros((48, 200, 3), np.uint8)])
    [('', 0.0)]
    """
    if not lines:
        return []
    width = max(SHORTEST, *(line.shape[1] for line in lines))
    padded = np.full((len(lines), crops.HEIGHT, -(-width // STEP) * STEP, 3), 127, np.uint8)
    for row, line in enumerate(lines):
        padded[row, :, : line.shape[1]] = line
    found = network(as_batch(padded))
    return [decode(steps, characters) for steps in found]


def decode(steps: NDArray[np.float32], characters: Sequence[str]) -> tuple[str, float]:
    """Return the text of one line's probabilities (steps, classes), and their mean over its characters but the spaces.

    The first of `characters` stands for none, the last is the space.

    >>> decode(np.eye(4, dtype=np.float32)[[1, 1, 0, 1, 3, 2]], ["", "a", "b", " "])
    ('aa b', 1.0)
    """
    best = steps.argmax(axis=1)
    sure = steps[np.arange(len(steps)), best]
    begins = (best != np.concatenate(([0], best[:-1]))) & (best != 0)
    seen = begins & (best != len(characters) - 1)
    if not seen.any() or not np.isfinite(sure).all():
        return "", 0.0
    return "".join(characters[each] for each in best[begins]), float(sure[seen].mean())
