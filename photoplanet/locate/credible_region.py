"""How sure: the smallest set of cells that holds p of the mass, and the mass within a distance of a point."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import cells, geodesy
from photoplanet.errors import InputError
from photoplanet.locate.correction import Correction
from photoplanet.locate.place import short
from photoplanet.models.calibration_facts import KNOTS_KM

if TYPE_CHECKING:
    from photoplanet.earth.partition.partition import Partition

Floats = NDArray[np.floating[Any]]

REGION_SHARE = 0.9  # of the mass: the credible region that is reported unless another is asked for
HALF_CIRCUMFERENCE_KM = float(np.pi * geodesy.EARTH_RADIUS_KM)
# How photos lie around the mean position of their cell: evenly in discs of these radii, in units of √(area / π), with
# these shares. Fitted to real geotags; the same for 273 cells as for 2,411 (benchmarks/spread_in_cells.py).
SPREAD = ((0.15, 0.10), (0.3, 0.16), (0.6, 0.33), (1.1, 0.41))
_KEPT = 0.9999
_FLOAT32 = 1e-6  # masses that are equal but for the rounding of their sum are equal


@dataclass(frozen=True, eq=False)
class Region:
    """The smallest set of cells that holds at least the asked share of the probability, or all of them where none does.

    `classes` (k,) int32 by descending probability, `probabilities` (k,) float32, `ids` (k,) uint64, `probability`: what
    they hold, `area_km2`, `means` (k, 2): the mean positions of the cells, `radius_km`: the distance around the
    prediction's best point within which the share lies, `HALF_CIRCUMFERENCE_KM` where the cells do not hold as much.

    >>> import photoplanet as pp
    >>> region = pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8)).credible_region(0.5)
    >>> latitude, longitude = region.center
    >>> len(region.tokens) == len(region), -90 <= latitude <= 90, -180 <= longitude <= 180
    (True, True, True)
    """

    classes: NDArray[np.int32] = field(repr=False)
    probabilities: NDArray[np.float32] = field(repr=False)
    ids: NDArray[np.uint64] = field(repr=False)
    probability: float
    area_km2: float
    means: NDArray[np.float64] = field(repr=False)
    radius_km: float

    def __len__(self) -> int:
        return len(self.classes)

    @cached_property
    def center(self) -> tuple[float, float]:
        """The spherical mean (latitude, longitude) of the mass, degrees."""
        return geodesy.mean(self.means[:, 0], self.means[:, 1], self.probabilities)

    @cached_property
    def tokens(self) -> list[str]:
        """The S2 tokens of the cells, most probable first."""
        return [str(token) for token in cells.token(self.ids)]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: `probability`, `radius_km`, `area_km2`, and how many `cells`.

        >>> import photoplanet as pp
        >>> sorted(pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8)).credible_region(0.5).to_dict())
        ['area_km2', 'cells', 'probability', 'radius_km']
        """
        return {
            "probability": short(self.probability),
            "radius_km": short(self.radius_km),
            "area_km2": short(self.area_km2),
            "cells": len(self),
        }


def descending(rows: Floats) -> NDArray[np.int32]:
    """Sort the classes (…, classes) by descending probability, equal ones in their own order; rows (…, classes), ≥ 0.

    >>> descending(np.array([0.2, 0.5, 0.3]))
    array([1, 2, 0], dtype=int32)
    """
    if rows.dtype != np.float32:
        order: NDArray[np.int32] = np.argsort(-rows, axis=-1, kind="stable").astype(np.int32)
        return order
    # Floats from 0 on are in the order of their bits; with the class below them, no two keys are equal, and NumPy sorts
    # whole numbers on the processor's wide registers: a fifth of the time.
    keys = (~np.abs(rows).view(np.uint32)).astype(np.uint64)
    keys <<= np.uint64(32)
    keys |= np.arange(rows.shape[-1], dtype=np.uint64)
    keys.sort(axis=-1)
    return np.asarray(keys.astype(np.uint32).astype(np.int32))


def smallest(probabilities: Floats, order: NDArray[np.int32], share: float) -> NDArray[np.int32]:
    """The first classes of `order` (by descending probability) that hold at least `share` of the mass; never none.

    This is the definition of the credible region.

    >>> mass = np.array([0.5, 0.4, 0.1])
    >>> smallest(mass, descending(mass), 0.9)
    array([0, 1], dtype=int32)
    """
    return order[: int(counts(probabilities[None], order[None], share)[0])]


def counts(rows: Floats, orders: NDArray[np.int32], share: Floats | float) -> NDArray[np.int64]:
    """How many classes (n,) `smallest` keeps of each of many rows (n, classes), by their orders (n, classes).

    `share`: one for all, or (n,).

    >>> mass = np.array([[0.5, 0.4, 0.1]])
    >>> counts(mass, descending(mass), 0.5)
    array([1])
    """
    held = np.cumsum(np.take_along_axis(rows, orders, axis=1), axis=1, dtype=np.float64)
    return np.asarray((held < _goal(held[:, -1:], np.reshape(share, (-1, 1)))).sum(axis=1) + 1)


def _goal(total: Floats | float, share: Floats | float) -> Floats | float:
    """The mass at which a region is full; sums that are equal but for the rounding of float32 are equal."""
    return total * (share * (1 - _FLOAT32))


def check_share(share: float) -> float:
    """Raise InputError unless 0 < share ≤ 1.

    >>> check_share(0.9)
    0.9
    """
    if not 0 < share <= 1:
        raise InputError(f"a credible region holds a share of the mass between 0 and 1, for instance 0.9; not {share}")
    return float(share)


def share_of_cells(share: float, inside: Sequence[float]) -> NDArray[np.float64]:
    """The share (n,) of the cells' mass that holds `share` of the probability; over 1 where all of it does not.

    `inside` (n,): the probability that a photo is from inside the cells.

    >>> share_of_cells(0.5, [1.0, 0.8, 0.0])
    array([0.5  , 0.625,   inf])
    """
    held = np.array(inside)
    return np.asarray(np.divide(share, held, out=np.full(len(held), np.inf), where=held > 0))


def or_anywhere(radii: NDArray[np.float64], needed: NDArray[np.float64]) -> NDArray[np.float64]:
    """The radii (n,) in km, half the Earth's circumference where more than all of the mass is `needed` (n,).

    >>> or_anywhere(np.array([10.0, 20.0]), np.array([0.9, 1.2])).round().tolist()
    [10.0, 20015.0]
    """
    return np.asarray(np.where(needed > 1, HALF_CIRCUMFERENCE_KM, radii))


class MassAround:
    """The mass of n distributions, each as a function of the distance from a point of its own.

    A distribution says nothing about where in its cell a photo lies, so each cell's mass is spread around the
    mean position of its photos as photos are on average (`SPREAD`): a small cell counts at once, a large one little by
    little. `points` (n, 2) degrees; `rows` (n, classes) probabilities; `orders` (n, classes): classes by descending
    probability. The last 0.01 % of the mass is left out, as if it were infinitely far: it may lie in most of the cells.
    With a `correction`, shares are what the mass stands for, and no longer the mass itself.

    >>> import photoplanet as pp
    >>> part = pp.Partition.uniform([48.85, -33.9], [2.3, 151.2], level=8, min_photos=1)
    >>> rows = np.array([[0.3, 0.7]])
    >>> mass = MassAround(part.means[[1]], rows, part, descending(rows))
    >>> mass.within(200.0).round(3), mass.radius(0.7) < 200
    (array([0.7]), array([ True]))
    """

    def __init__(
        self, points: NDArray[np.float64], rows: Floats, partition: "Partition", orders: NDArray[np.int32],
        correction: Correction | None = None,
    ):  # fmt: skip
        self._correction = correction
        kept = counts(rows, orders, _KEPT)
        owner = np.repeat(np.arange(len(kept)), kept)
        classes = orders[np.arange(orders.shape[1]) < kept[:, None]]
        away = geodesy.between_km(geodesy.to_xyz(*points.T)[owner], partition.xyz[classes])
        side = np.sqrt(partition.areas_km2[classes] / np.pi)
        sizes, shares = np.array(SPREAD).T
        self._n = len(kept)
        self._reach = np.outer(side, sizes).ravel()
        self._mass = np.outer(rows[owner, classes].astype(np.float64), shares).ravel()
        self._away, self._owner = (np.repeat(each, len(sizes)) for each in (away, owner))

    def within(self, km: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """The share (n,) within `km` (one for all, or (n,)) of the points, 0…1.

        Never more than within a longer distance; with a correction, of those at `KNOTS_KM`, since between them its
        shifts may fall faster than the mass rises.
        """
        held = self._mass_within(km)
        if self._correction is None:
            return held
        later = np.vstack([self._at_knots, np.ones(self._n)])[np.searchsorted(KNOTS_KM, km), np.arange(self._n)]
        return np.minimum(self._correction.stated(held, km), later)

    def _mass_within(self, km: NDArray[np.float64] | float) -> NDArray[np.float64]:
        each = km if np.ndim(km) == 0 else np.asarray(km)[self._owner]
        held = np.bincount(self._owner, self._mass * overlap(self._away, self._reach, each), self._n)
        return np.minimum(1.0, held)

    @cached_property
    def _at_knots(self) -> NDArray[np.float64]:
        """What the correction states (16, n) at its knots."""
        assert self._correction is not None
        masses = [self._mass_within(float(km)) for km in KNOTS_KM]
        return np.asarray(self._correction.at_knots(np.stack(masses, axis=1)).T)

    def mass_for(self, share: Floats | float, km: Floats | float) -> NDArray[np.float64]:
        """The mass (n,), at most 1, within `km` for which `share` is stated; both one for all, or (n,)."""
        needed = share if self._correction is None else self._correction.mass_for(share, km)
        return np.broadcast_to(np.minimum(1.0, needed), self._n)

    def radius(
        self, share: Floats | float, known: Mapping[float, NDArray[np.float64]] | None = None
    ) -> NDArray[np.float64]:
        """The least distance (n,) in km that holds `share` (one for all, or (n,)), to a thousandth.

        Half the Earth's circumference where a correction lets no mass stand for as much. `known`: km → what `within`
        returned; spares the first steps, which look at the most discs, and changes nothing.
        """
        away, reach, mass, owner = self._away, self._reach, self._mass, self._owner
        total, correction = np.bincount(owner, mass, self._n), self._correction
        wanted = np.broadcast_to(np.asarray(share, np.float64), self._n)
        goal = np.minimum(wanted, total) - 1e-9
        near, far = _bracket(goal, known or {}) if correction is None else self._between_knots(wanted)
        held = np.zeros(self._n)
        while (going := far - near > np.maximum(1e-3 * far, 1e-3)).any():
            # Discs that lie wholly on one side of what is still open are not looked at again.
            inside = away + reach <= near[owner]
            held += np.bincount(owner[inside], mass[inside], self._n)
            open_ = ~inside & (away - reach < far[owner])
            away, reach, mass, owner = away[open_], reach[open_], mass[open_], owner[open_]
            middle = (near + far) / 2
            if correction is not None:
                needed = correction.mass_for(wanted, middle)
                goal = np.where(np.isinf(needed), np.inf, np.minimum(needed, total) - 1e-9)
            enough = held + np.bincount(owner, mass * overlap(away, reach, middle[owner]), self._n) >= goal
            near, far = np.where(going & ~enough, middle, near), np.where(going & enough, middle, far)
        return far

    def _between_knots(self, wanted: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The knots of the correction (n,) between which it first states what is `wanted` (n,), and goes on to."""
        edges = np.array([0.0, *KNOTS_KM, HALF_CIRCUMFERENCE_KM])
        first = (self._at_knots < wanted).sum(axis=0)
        return edges[first], edges[first + 1]


def _bracket(
    goal: NDArray[np.float64], known: Mapping[float, NDArray[np.float64]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bisect half the circumference for the radius that holds `goal` (n,), as far as the `known` masses decide."""
    near, far = np.zeros(len(goal)), np.full(len(goal), HALF_CIRCUMFERENCE_KM)
    low, high = near.copy(), np.full(len(goal), np.inf)
    for km, held in known.items():
        low, high = np.where(held < goal, np.maximum(low, km), low), np.where(held < goal, high, np.minimum(high, km))
    while True:
        middle = (near + far) / 2
        short, enough = middle <= low, middle >= high
        if not (short | enough).any():
            return near, far
        near, far = np.where(short, middle, near), np.where(enough, middle, far)


def overlap(
    distances: NDArray[np.float64], radii: NDArray[np.float64], km: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """The share (n,) of each disc (centre at `distances`, radius `radii` > 0, km) that a disc of radius `km` covers.

    Plane lens formula; on the sphere it is exact for a disc that is covered wholly or not at all.

    >>> overlap(np.array([1.0, 9.0]), np.array([2.0, 2.0]), 5.0)
    array([1., 0.])
    """
    km = np.broadcast_to(km, distances.shape)
    whole = distances + radii <= km
    shares = whole.astype(np.float64)
    partly = np.flatnonzero(whole ^ (distances < radii + km))
    # A disc within the other one has angles of 0 and π and no kite, so that it needs no formula of its own.
    d, r, km = distances[partly], radii[partly], km[partly]
    d2, r2, km2 = d * d, r * r, km * km
    both, more = r + km, r - km
    kite = np.sqrt(np.maximum((both - d) * (both + d) * (d - more) * (d + more), 0))
    # By their tangents: the cosines of small angles, as of a far small disc, would leave five digits.
    a, b = np.arctan2(kite, d2 + r2 - km2), np.arctan2(kite, d2 + km2 - r2)
    shares[partly] = np.clip((r2 * a + km2 * b - kite / 2) / (np.pi * r2), 0, 1)
    return shares
