"""Rounds in which whole regions are left out: what a model knows and does not know, with no photos from outside."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.photos import splits

Floats = NDArray[np.float64]

ROUNDS = 8
FAR_KM, NEAR_KM = geodesy.RADII_KM["country"], geodesy.RADII_KM["region"]
MOST_DROPPED = 0.25  # of the photos in a round, so that what is left is still a model of the rest
FOLDS = 4  # of the groups that stay, one is held out in each round
_AT_A_TIME = 1000  # photos


@dataclass(frozen=True, eq=False)
class Round:
    """`training` bool (n,): photos to learn from; rows held out: `known` photos, and those from `unknown` places.

    A known photo is within 200 km of a training photo and of another group; an unknown one over 750 km from all.
    """

    training: NDArray[np.bool_]
    known: NDArray[np.int64]
    unknown: NDArray[np.int64]


def rounds(
    latitude: Floats, longitude: Floats, groups: NDArray[np.int64], count: int = ROUNDS, seed: int = 0
) -> list[Round]:
    """Return the rounds for photos at degrees (n,), in `groups` (n,) that stay whole; [] where none is possible.

    In each, regions are left out in an order by chance, those first that no round has left out, with everything within
    750 km of them, as long as no more than a quarter of the photos goes: a region that has more around it always stays.

    >>> lat, lng = np.repeat([48.9, -33.9, 40.7, 35.7, -12.0], 8), np.repeat([2.3, 151.2, -74.0, 139.7, -77.0], 8)
    >>> [(int(each.training.sum()), len(each.known), len(each.unknown)) for each in rounds(lat, lng, np.arange(40), 2)]
    [(24, 8, 8), (24, 8, 8)]
    """
    region = splits.regions(latitude, longitude)
    if not region.size:
        return []
    xyz = geodesy.to_xyz(latitude, longitude)
    fold = splits.folds(groups, latitude, longitude, FOLDS, seed)
    random = np.random.default_rng(seed)
    waiting = np.ones(int(region.max()) + 1, bool)
    found = []
    for number in range(count):
        order = random.permutation(len(waiting))
        order = order[np.argsort(~waiting[order], kind="stable")]
        dropped, unknown = np.zeros(region.size, bool), np.zeros(region.size, bool)
        for each in order.tolist():
            own = region == each
            around = dropped | within(xyz, xyz[own], FAR_KM)
            if around.sum() <= MOST_DROPPED * region.size:
                dropped, unknown = around, unknown | own
                waiting[each] = False
        held = (fold == number % (int(fold.max()) + 1)) & ~dropped
        training = ~dropped & ~held
        near = held & within(xyz, xyz[training], NEAR_KM)
        if unknown.any() and near.any() and training.sum() > 1:
            found.append(Round(training, np.flatnonzero(near), np.flatnonzero(unknown)))
    return found


def within(xyz: Floats, of: Floats, km: float) -> NDArray[np.bool_]:
    """Return whether each of `xyz` (n, 3) is within so many km of any of `of` (m, 3), unit vectors: bool (n,).

    >>> within(geodesy.to_xyz([48.9, 0.0], [2.3, 0.0]), geodesy.to_xyz([48.8], [2.4]), 25)
    array([ True, False])
    """
    least = np.cos(km / geodesy.EARTH_RADIUS_KM)
    found = np.zeros(len(xyz), bool)
    for start in range(0, len(xyz) if len(of) else 0, _AT_A_TIME):
        found[start : start + _AT_A_TIME] = (xyz[start : start + _AT_A_TIME] @ of.T).max(axis=1) >= least
    return found
