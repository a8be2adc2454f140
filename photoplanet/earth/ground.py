"""The ground that evidence is about: towns and open land, and how many photos people take at each.

This is the prior of an answer without any network. A country's share is that of 100,000 public photos (GeoCLIP's
gallery, from MP-16), plus half a photo, so that no country is impossible; within a country, a town's share grows with
its population, and open land, more than 25 km from every town, has 3 %. The two numbers below fitted those photos best.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import countries, gazetteer
from photoplanet.earth.geodesy import distance_km, to_xyz

OPEN_SHARE = 0.03  # of a country's photos, on open land
VILLAGE_KM = 0.6  # the least radius that a town counts with: villages have visitors, too
NO_PHOTO = 0.5  # photos added to each country's
OPEN_KM = 25.0  # from every town
_STEP = 2  # rows and columns of the gazetteer's grid per site of open land


class Ground(NamedTuple):
    """n sites: the gazetteer's towns in its order (`towns` of them), then open land.

    `latitude`, `longitude` (n,) float64, degrees; `xyz` (n, 3) unit vectors; `country`, `state`, `area` (n,) int32:
    rows of the gazetteer's countries, of its states (−1: none), of `countries.areas`; `weight` (n,) float64: the share
    of people's photos, together 1.
    """

    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    xyz: NDArray[np.float64]
    country: NDArray[np.int32]
    state: NDArray[np.int32]
    area: NDArray[np.int32]
    weight: NDArray[np.float64]
    towns: int


@cache
def read() -> Ground:
    """The sites of the Earth; computed once a process, in about 0.2 s.

    >>> ground = read()
    >>> round(float(ground.weight.sum()), 6), ground.towns < len(ground.weight)
    (1.0, True)
    """
    data, areas = gazetteer.read(), countries.areas()
    latitude, longitude, land = _open_land(data)
    town_country = data.state_country[data.state].astype(np.int32)
    open_weight = np.cos(np.radians(latitude))
    weight = np.concatenate([
        (1 - OPEN_SHARE) * _share(np.maximum(data.radius, VILLAGE_KM) ** 2, town_country, len(data.country_codes)),
        OPEN_SHARE * _share(open_weight, land, len(data.country_codes)),
    ])  # fmt: skip
    country = np.concatenate([town_country, land])
    photos = np.array([each.photos + NO_PHOTO for each in countries.read().values()])
    weight = _share(weight, country, len(photos)) * photos[country]
    return Ground(
        latitude=np.concatenate([data.latitude, latitude]),
        longitude=np.concatenate([data.longitude, longitude]),
        xyz=np.concatenate([data.xyz, to_xyz(latitude, longitude)]),
        country=country,
        state=np.concatenate([data.state.astype(np.int32), np.full(len(land), -1, np.int32)]),
        area=np.concatenate([areas.of_state[data.state], areas.of_country[land]]),
        weight=weight / weight.sum(),
        towns=len(data.names),
    )


def _share(weight: NDArray[np.float64], country: NDArray[np.int32], n: int) -> NDArray[np.float64]:
    return np.asarray(weight / np.bincount(country, weight, minlength=n)[country])


def _open_land(data: gazetteer.Gazetteer) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int32]]:
    """Latitude, longitude and country of points half a degree apart (fewer towards the poles), far from every town."""
    height, width = data.grid.shape
    near = _near_towns(data)[_STEP // 2 :: _STEP, _STEP // 2 :: _STEP]
    grid = data.grid[_STEP // 2 :: _STEP, _STEP // 2 :: _STEP]
    rows, columns = np.nonzero((grid > 0) & ~near)
    latitude = 90 - (rows * _STEP + _STEP / 2 + 0.5) * 180 / height
    longitude = (columns * _STEP + _STEP / 2 + 0.5) * 360 / width - 180
    passed = np.floor(np.cumsum(np.cos(np.radians(latitude))))
    kept = np.diff(passed, prepend=-1) > 0
    return latitude[kept], longitude[kept], grid[rows, columns][kept].astype(np.int32) - 1


def _near_towns(data: gazetteer.Gazetteer) -> NDArray[np.bool_]:
    """Which cells of the gazetteer's grid have their middle within `OPEN_KM` of a town."""
    height, width = data.grid.shape
    near = np.zeros((height, width), np.bool_)
    row = np.minimum((90 - data.latitude) / 180 * height, height - 1).astype(np.int64)
    column = ((data.longitude + 180) / 360 * width).astype(np.int64)
    reach = np.minimum(OPEN_KM / (111.2 * 180 / height) / np.cos(np.radians(data.latitude)), width / 16)
    for down in (-1, 0, 1):
        for right in range(-int(reach.max()) - 1, int(reach.max()) + 2):
            some = abs(right) <= reach + 1
            y = np.clip(row[some] + down, 0, height - 1)
            x = (column[some] + right) % width
            middle = 90 - (y + 0.5) * 180 / height, (x + 0.5) * 360 / width - 180
            within = distance_km(*middle, data.latitude[some], data.longitude[some]) <= OPEN_KM
            near[y[within], x[within]] = True
    return near
