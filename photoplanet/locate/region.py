"""How sure: the smallest set of cells that holds p of the mass, and the mass within a distance of a point."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import cells, geodesy
from photoplanet.errors import InputError

if TYPE_CHECKING:
    from photoplanet.earth.partition import Partition

HALF_WAY_ROUND_KM = float(np.pi * geodesy.EARTH_RADIUS_KM)
# How photos lie around the mean position of their cell: evenly in discs of these radii, in units of √(area / π), with
# these shares. Fitted to real geotags; the same for 273 cells as for 2,411 (benchmarks/spread_in_cells.py).
SPREAD = ((0.15, 0.10), (0.3, 0.16), (0.6, 0.33), (1.1, 0.41))
_KEPT = 0.9999
_FLOAT32 = 1e-6  # masses that are equal but for the rounding of their sum are equal


@dataclass(frozen=True)
class Region:
    """The smallest set of cells that holds at least the asked share of the mass.

    `classes` (k,) int32 by falling probability, `probabilities` (k,) float32, `ids` (k,) uint64, `probability`: the
    mass held, `area_km2`, `center`: spherical mean (latitude, longitude) of the mass in degrees, `radius_km`: the
    distance around the prediction's best point within which that share of the mass lies.
    """

    classes: NDArray[np.int32] = field(repr=False)
    probabilities: NDArray[np.float32] = field(repr=False)
    ids: NDArray[np.uint64] = field(repr=False)
    probability: float
    area_km2: float
    center: tuple[float, float]
    radius_km: float

    def __len__(self) -> int:
        return len(self.classes)

    @cached_property
    def tokens(self) -> list[str]:
        """The S2 tokens of the cells, most probable first."""
        return cells.token(self.ids).tolist()


def smallest(probabilities: NDArray, order: NDArray, share: float) -> NDArray:
    """The first classes of `order` (by falling probability) that hold at least `share` of the mass; never none."""
    held = np.cumsum(probabilities[order], dtype=np.float64)
    return order[: int(np.searchsorted(held, share * held[-1] * (1 - _FLOAT32))) + 1]


def check_share(share: float) -> float:
    """Raise InputError unless 0 < share ≤ 1."""
    if not 0 < share <= 1:
        raise InputError(f"a credible region holds a share of the mass between 0 and 1, for instance 0.9; not {share}")
    return float(share)


class MassAround:
    """The mass as a function of the distance from one point.

    The distribution says nothing about where in its cell a photo lies, so that each cell's mass is spread around the
    mean position of its photos as photos are on average (`SPREAD`): a small cell counts at once, a large one little by
    little. `order`: classes by falling probability. The last 0.01 % of the mass is left out, as if it were infinitely
    far: it may lie in most of the cells.
    """

    def __init__(self, point: tuple[float, float], probabilities: NDArray, partition: "Partition", order: NDArray):
        classes = smallest(probabilities, order, _KEPT)
        means, mass = partition.means[classes], probabilities[classes].astype(np.float64)
        away = geodesy.distance_km(point[0], point[1], means[:, 0], means[:, 1])
        side = np.sqrt(cells.area_km2(partition.ids[classes]) / np.pi)
        sizes, shares = np.array(SPREAD).T
        reach, mass = np.outer(side, sizes).ravel(), np.outer(mass, shares).ravel()
        away = np.repeat(away, len(sizes))
        by_far_edge = np.argsort(away + reach)
        self._away, self._reach, self._mass = away[by_far_edge], reach[by_far_edge], mass[by_far_edge]
        self._near_edges, self._far_edges = self._away - self._reach, self._away + self._reach
        self._held = np.concatenate([[0.0], np.cumsum(self._mass)])

    def within(self, km: float) -> float:
        """The mass within `km` of the point, 0 … 1."""
        covered = int(np.searchsorted(self._far_edges, km, side="right"))
        partly = covered + np.flatnonzero(self._near_edges[covered:] < km)
        part = self._mass[partly] @ overlap(self._away[partly], self._reach[partly], km)
        return float(min(1.0, self._held[covered] + part))

    def radius(self, share: float) -> float:
        """The least distance in km that holds `share` of the mass, to a thousandth."""
        near, far = 0.0, HALF_WAY_ROUND_KM
        goal = min(share, float(self._held[-1])) - 1e-9
        while far - near > max(1e-3 * far, 1e-3):
            middle = (near + far) / 2
            near, far = (near, middle) if self.within(middle) >= goal else (middle, far)
        return far


def overlap(distances: NDArray, radii: NDArray, km: float) -> NDArray[np.float64]:
    """The share (n,) of each disc (centre at `distances`, radius `radii` > 0, km) that a disc of radius `km` covers.

    Plane lens formula; on the sphere it is exact for a disc that is covered wholly or not at all.
    """
    shares = np.where(distances + radii <= km, 1.0, 0.0)
    inside = (distances + km <= radii) & (shares == 0)
    shares[inside] = (km / radii[inside]) ** 2
    partly = (shares == 0) & ~inside & (distances < radii + km)
    d, r = distances[partly], radii[partly]
    a = np.clip((d**2 + r**2 - km**2) / (2 * d * r), -1, 1)
    b = np.clip((d**2 + km**2 - r**2) / (2 * d * km), -1, 1)
    kite = np.sqrt(np.clip((r + km - d) * (d + r - km) * (d - r + km) * (d + r + km), 0, None))
    shares[partly] = (r**2 * np.arccos(a) + km**2 * np.arccos(b) - kite / 2) / (np.pi * r**2)
    return np.clip(shares, 0, 1)
