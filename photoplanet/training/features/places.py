"""The cells of a model on features: fine ones, which are its classes, and coarse ones, which the head tells apart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.training.features.settings import Settings

COARSE_CELLS = 250  # where photos are many, a coarse cell holds up to so small a part of them


@dataclass(frozen=True, eq=False)
class Places:
    """`fine`: one photo a cell, or down to the finest level; `parents` int32: fine cell → coarse cell.

    `coarse_xyz` (k, 3): unit vectors of the coarse cells' photos; `within` float32: the log of each fine cell's share
    of the photos of its coarse cell; `classes` int32 (n,): the fine cell of each photo.

    >>> found = of(np.array([48.85, 48.86, -33.9]), np.array([2.3, 2.4, 151.2]), Settings(cell_photos=2))
    >>> len(found.fine), found.parents.tolist(), np.exp(found.within).tolist()
    (3, [0, 0, 1], [0.5, 0.5, 1.0])
    """

    fine: Partition
    parents: NDArray[np.int32]
    within: NDArray[np.float32]
    coarse_xyz: NDArray[np.float64]
    classes: NDArray[np.int32]


def of(latitude: NDArray[np.float64], longitude: NDArray[np.float64], settings: Settings) -> Places:
    """Return the cells of photos at these places, degrees (n,); InputError for places that are not on Earth.

    >>> of(np.zeros(5), np.zeros(5), Settings()).fine.photo_counts.tolist()
    [5]
    """
    most = coarse_photos(len(latitude), settings)
    fine = Partition.adaptive(latitude, longitude, 1, 1, max_level=settings.level)
    coarse = Partition.adaptive(latitude, longitude, most, 1, max_level=settings.level)
    classes = fine.assign(latitude, longitude)
    parents = coarse.assign(*fine.centers.T)
    share = fine.photo_counts / coarse.photo_counts[parents]
    return Places(fine, parents, np.log(share).astype(np.float32), coarse.xyz, classes)


def coarse_photos(photos: int, settings: Settings) -> int:
    """Return how many photos a coarse cell holds at most.

    >>> coarse_photos(800, Settings()), coarse_photos(100_000, Settings())
    (8, 400)
    """
    return max(settings.cell_photos, photos // COARSE_CELLS)


def labels(
    places: Places, xyz: NDArray[np.float64], parents: NDArray[np.int32], settings: Settings
) -> NDArray[np.float32]:
    """Return the head's targets (n, k) of photos at unit vectors `xyz` (n, 3) in coarse cells `parents` (n,).

    Half one-hot, half q ∝ exp(−(d − d_min)/τ), d in km to the mean place of a coarse cell's photos.

    >>> found = of(np.array([48.8, -33.9]), np.array([2.3, 151.2]), Settings(cell_photos=1))
    >>> labels(found, found.fine.xyz, found.parents, Settings()).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    squared = np.maximum(2 - 2 * (xyz @ places.coarse_xyz.T), 0)  # chords instead of arcs, as in the readout
    away = np.sqrt(squared) * geodesy.EARTH_RADIUS_KM
    near = np.exp((away.min(axis=1, keepdims=True) - away) / settings.label_km)
    soft = settings.label_share * near / near.sum(axis=1, keepdims=True)
    soft[np.arange(len(xyz)), parents] += 1 - settings.label_share
    return np.asarray(soft, np.float32)
