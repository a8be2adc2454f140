"""What reading one photo may take: seconds and lines. What matters most is read first."""

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from photoplanet.signs.crops import sides

SECONDS, LINES = 2.0, 200


@dataclass
class Bounds:
    """Seconds from now on, and lines; `cut` says that one of them was reached.

    >>> bounds = Bounds(seconds=0)
    >>> bounds.over(), bounds.cut
    (True, True)
    """

    seconds: float = SECONDS
    lines: int = LINES
    cut: bool = False
    _until: float = field(init=False)

    def __post_init__(self) -> None:
        self._until = time.monotonic() + self.seconds

    def over(self) -> bool:
        """Whether the time is up; then the reading is cut."""
        self.cut = self.cut or time.monotonic() >= self._until
        return self.cut and time.monotonic() >= self._until

    def chosen(self, corners: NDArray[np.float32], shape: tuple[int, ...]) -> list[NDArray[np.float32]]:
        """Return the boxes (n, 4, 2) that may be read in a photo of this shape: large and central ones first.

        >>> small, large = np.array([[[0, 0], [9, 0], [9, 9], [0, 9]]]), np.array([[[0, 0], [90, 0], [90, 9], [0, 9]]])
        >>> Bounds(lines=1).chosen(np.concatenate([small, large]), (100, 100))[0].tolist()
        [[0, 0], [90, 0], [90, 9], [0, 9]]
        """
        height, width = shape[:2]
        middle = np.array([width, height]) / 2
        away = np.linalg.norm((corners.mean(axis=1) - middle) / middle, axis=1) / np.sqrt(2)
        size = np.array([np.sqrt(np.prod(sides(box))) for box in corners])
        order = np.argsort(-size * (1 - away / 2), kind="stable")
        self.cut = self.cut or len(order) > self.lines
        return [corners[row] for row in order[: self.lines]]
