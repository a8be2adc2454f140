"""A point and how far off it may be → a prediction over cells: fine around the point, coarse far away, none missing.

Each photo has its own cells, some hundreds, so that a radius of a hundred metres and one of a thousand kilometres are
both told apart. How likely each cell is beside others as far from the point, the places near in time say; how likely it
is to be that far at all, the library's experience.
"""

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.movement import experience, law, reach
from photoplanet.albums.movement.experience import Experienced
from photoplanet.albums.movement.placing import Found
from photoplanet.earth import cells, geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.locate import world
from photoplanet.locate.prediction import Prediction

Floats = NDArray[np.float64]

FINEST_KM = 0.05
PLACES = 4  # beside the point, around which cells are fine, too
PART = 2.0  # cells are at most this part of their distance from the nearest of these
RINGS = 1.5  # how much wider each ring around the point is than the one inside it
COUNTED = 1_000_000_000  # what the prior of all cells is counted in: their areas
_FACE_KM = float(np.sqrt(4 * np.pi / 6) * geodesy.EARTH_RADIUS_KM)
_FACES = cells.parent(cells.from_latlng([0, 0, 90, 0, 0, -90], [0, 90, 0, 180, -90, 0]), 0)


def prediction(found: Found, experienced: Experienced) -> Prediction:
    """What is said of the photo that was `found`: at its point, as sure as the library's experience is.

    >>> from photoplanet.albums.movement import moments, placing
    >>> there = placing.known(np.array([[48.86, 2.35]]), moments.of(["2024-05-01"], [""]))
    >>> found = placing.place(there, moments.of(["2024-05-01"], [""]))
    >>> where = prediction(found, experience.Experience(np.array([]), np.array([])).at(found.hours))
    >>> round(where.point[0], 2), where.abstains, 10 < where.credible_region().radius_km < 1000
    (48.86, False, True)
    """
    part, mass = spread(found, experienced)
    latitude, longitude = geodesy.from_xyz(found.point)
    return Prediction(mass.astype(np.float32), part, model=world.NAME, at=(float(latitude), float(longitude)))


def spread(
    found: Found, experienced: Experienced, also: Floats | None = None, sizes: Floats | None = None
) -> tuple[Partition, Floats]:
    """The cells around the photo that was `found`, and the probability (cells,) of each.

    `also` (k, 3): other places around which cells are as fine as `sizes` (k,) km.

    >>> from photoplanet.albums.movement import moments, placing
    >>> there = placing.known(np.array([[48.86, 2.35]]), moments.of(["2024-05-01"], [""]))
    >>> found = placing.place(there, moments.of(["2024-05-01"], [""]))
    >>> part, mass = spread(found, experience.Experience(np.array([]), np.array([])).at(found.hours))
    >>> len(part) == len(mass), round(float(mass.sum()), 6)
    (True, 1.0)
    """
    finest = max(experienced.quantile(0.5) * found.spread_km / 4, FINEST_KM)
    heavy = np.argsort(-found.weights, kind="stable")[:PLACES]
    centers = np.concatenate([found.point[None], found.xyz[heavy]])
    fine = np.concatenate([[finest], np.maximum(found.medians[heavy] / 2, finest)])
    if also is not None and sizes is not None:
        centers, fine = np.concatenate([centers, also]), np.concatenate([fine, np.maximum(sizes, FINEST_KM)])
    ids = around(centers, fine)
    areas = cells.area_km2(ids)
    counts = np.round(areas / areas.sum() * COUNTED).astype(np.int64)
    part = Partition(ids, counts, made={"method": "movement"})
    return part, _mass(found, experienced, part)


def around(centers: Floats, sizes: Floats) -> NDArray[np.uint64]:
    """S2 cells of the whole Earth, ascending: near `centers` (k, 3) as small as `sizes` (k,) km, larger far away.

    >>> ids = around(geodesy.to_xyz(np.array([48.86]), np.array([2.35])), np.array([1.0]))
    >>> len(ids) > 2000, round(float(cells.area_km2(ids).sum() / 1e6))
    (False, 510)
    """
    open_, done = _FACES, []
    for level in range(cells.MAX_LEVEL):
        edge = _FACE_KM / 2**level
        middles = geodesy.to_xyz(*cells.center(open_))
        away = np.maximum(geodesy.between_km(middles[:, None], centers[None]) - edge * 0.75, 0)
        large = (edge > np.maximum(sizes, away / PART)).any(axis=1)
        done.append(open_[~large])
        if not large.any():
            break
        open_ = cells.children(open_[large]).ravel()
    return np.sort(np.concatenate(done))


def _mass(found: Found, experienced: Experienced, part: Partition) -> Floats:
    """How likely (cells,) each cell is: ring by ring around the point as experienced, within a ring by the law."""
    places = geodesy.between_km(part.xyz[:, None], found.xyz[None])
    side = np.sqrt(part.areas_km2)[:, None] / 2
    likely = (reach.density(places, found.medians, side) @ found.weights) * part.areas_km2
    away = geodesy.between_km(part.xyz, found.point)
    nearest = float(away.min())
    edges = [max(nearest, law.SPOT_KM) * RINGS]
    while edges[-1] < np.pi * geodesy.EARTH_RADIUS_KM:
        edges.append(edges[-1] * RINGS)
    ring = np.searchsorted(edges[:-1], away)
    shares = np.diff(
        experience.pace_shares(np.array(edges[:-1]), found.spread_km, experienced), prepend=0.0, append=1.0
    )
    total = np.bincount(ring, likely, len(edges))
    inhabited = np.flatnonzero(total > 0)
    # what belongs to a ring without any cell goes to the next one that has some
    goes = inhabited[np.minimum(np.searchsorted(inhabited, np.arange(len(edges))), len(inhabited) - 1)]
    held = np.bincount(goes, shares, len(edges))
    mass = likely * (held / np.where(total > 0, total, 1.0))[ring]
    return np.asarray(mass / mass.sum())
