"""What was read in one box, before it is a line of a reading."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoplanet.signs import text


@dataclass(frozen=True)
class Found:
    """One reading of a box: its corners (4, 2) from the upper left of the text on, the text, and how sure it is."""

    corners: NDArray[np.float32]
    text: str
    score: float

    @property
    def value(self) -> float:
        """The score, less for few characters: a single one is easily seen in anything."""
        return self.score * (1 - 0.5 ** text.visible(self.text))
