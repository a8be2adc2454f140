"""Spots that a person comes to on several days: home, work, a town. Of places near in time, these are likelier."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import cells, geodesy

Floats = NDArray[np.float64]

LEVEL = 13  # of the S2 cells that are one spot, about 1.1 km wide


@dataclass(frozen=True, eq=False)
class Spots:
    """Where n photos were taken, spot by spot and day by day: `pair` (n,) numbers the days of spots.

    `spot`, `day` (pairs,): which spot on which day.
    """

    pair: NDArray[np.int64]
    spot: NDArray[np.int64]
    day: Floats

    def __len__(self) -> int:
        return len(self.pair)

    def take(self, rows: NDArray[np.int64]) -> "Spots":
        """Those of some photos."""
        return Spots(self.pair[rows], self.spot, self.day)

    @cached_property
    def _visited(self) -> NDArray[np.bool_]:
        return np.asarray(np.bincount(self.pair, minlength=len(self.spot)) > 0)

    def days(self, rows: NDArray[np.int64], middle: float) -> Floats:
        """On how many days (k,) there are photos of the spots of some photos; the day of `middle` does not count.

        `middle` in hours.
        """
        others = self._visited & (self.day != np.floor(middle / 24))
        count = np.bincount(self.spot[others], minlength=int(self.spot.max(initial=-1)) + 1)
        return count[self.spot[self.pair[rows]]].astype(np.float64)


def of(xyz: Floats, days: Floats) -> Spots:
    """The spots of n photos at `xyz` (n, 3) on `days` (n,).

    >>> found = of(geodesy.to_xyz(np.array([48.86, 48.86, 45.76]), np.array([2.35, 2.35, 4.84])), np.arange(3.0))
    >>> found.days(np.arange(3), 72.0).tolist(), found.days(np.arange(3), 1.0).tolist()
    ([2.0, 2.0, 1.0], [1.0, 1.0, 1.0])
    """
    ids = cells.from_latlng(*geodesy.from_xyz(xyz), level=LEVEL)
    _, number = np.unique(ids, return_inverse=True)
    pairs, pair = np.unique(np.column_stack([number.ravel(), days]), axis=0, return_inverse=True)
    return Spots(pair.ravel(), pairs[:, 0].astype(np.int64), pairs[:, 1])
