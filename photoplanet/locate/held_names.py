"""The names of a place as far as they hold of all that an answer leaves open: no finer than is known."""

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import cells, geodesy
from photoplanet.locate.credible_region import REGION_SHARE
from photoplanet.locate.prediction import Prediction
from photoplanet.metadata.estimate import NAMELESS, PlaceNames

if TYPE_CHECKING:
    from photoplanet.earth.gazetteer import PlaceName

MOST_CELLS = 1000  # an answer that is spread over more has no name
_SMALL_LEVEL = 9  # of cells some 16 km wide, of which one point speaks for all
_BEARINGS = 16  # of a circle, in which a place is looked at


def of_prediction(prediction: Prediction, share: float = REGION_SHARE) -> PlaceNames:
    """Return the city, state and country that each hold at least `share` of the probability, "" where none does.

    A cell counts by its middle and corners, those at sea left out. Nothing of the toy Earth has a name.

    >>> import photoplanet as pp
    >>> of_prediction(pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8)))
    PlaceNames(city='', state='', country='', country_code='')
    """
    mass = prediction.probabilities[prediction.order].astype(np.float64) * prediction.inside
    enough = int(np.searchsorted(np.cumsum(mass), (1 + share) / 2)) + 1
    if prediction.toy or float(mass[:MOST_CELLS].sum()) < share or prediction.confidence["continent"] < share:
        return NAMELESS
    kept = prediction.order[: min(enough, MOST_CELLS)]
    part = prediction.partition
    ids = part.ids[kept]
    small = cells.level(ids) >= _SMALL_LEVEL
    ids[small] = cells.parent(ids[small], _SMALL_LEVEL)
    groups, firsts, group = np.unique(ids, return_index=True, return_inverse=True)  # the first of each is its likeliest
    points = [*part.means[kept[firsts]][:, None]]
    large = cells.level(groups) < _SMALL_LEVEL
    for row, corners in zip(np.flatnonzero(large), cells.vertices(groups[large]), strict=True):
        points[row] = np.concatenate([points[row], corners])
    return _held(points, np.bincount(group, mass[: len(kept)]).astype(np.float64), share)


def of_circle(latitude: float, longitude: float, radius_km: float) -> PlaceNames:
    """Return the city, state and country that hold everywhere within `radius_km` of a place in degrees, but at sea.

    >>> of_circle(48.86, 2.35, 30.0)
    PlaceNames(city='', state='Île-de-France', country='France', country_code='FR')
    """
    here = geodesy.to_xyz(latitude, longitude).ravel()
    east = np.cross([0.0, 0.0, 1.0] if abs(latitude) < 89 else [1.0, 0.0, 0.0], here)
    east /= np.linalg.norm(east)
    turns = np.linspace(0, 2 * np.pi, _BEARINGS, endpoint=False)
    ways = np.cos(turns)[:, None] * east + np.sin(turns)[:, None] * np.cross(here, east)
    angles = np.array([0.0, 0.5, 1.0])[:, None, None] * (radius_km / geodesy.EARTH_RADIUS_KM)
    xyz = np.cos(angles) * here + np.sin(angles) * ways
    points = np.stack(geodesy.from_xyz(xyz.reshape(-1, 3)), axis=-1)
    return _held([points], np.ones(1), 1.0 - 1e-9)


def _held(points: Sequence[NDArray[np.float64]], mass: NDArray[np.float64], share: float) -> PlaceNames:
    """The names that hold of `share` of the mass (n,), each part of which is that of some points (k, 2)."""
    from photoplanet.earth import gazetteer

    found = iter(gazetteer.name(*np.concatenate(points).T))
    held = [Counter[PlaceNames]() for _ in range(3)]
    for row, some in enumerate(points):
        ashore = [each for each in itertools.islice(found, len(some)) if each.country]
        for each in ashore:
            for level, names in enumerate(_levels(each)):
                held[level][names] += float(mass[row]) / len(ashore)  # type: ignore[assignment]
    sure = [names for level in held for names, part in level.items() if part >= share]
    return max(sure, key=lambda names: sum(map(bool, names)), default=NAMELESS)


def _levels(place: "PlaceName") -> list[PlaceNames]:
    from photoplanet.earth.gazetteer import IN_TOWN_KM

    country = PlaceNames(country=place.country, country_code=place.country_code)
    state = country._replace(state=place.state)
    return [country, state, state._replace(city=place.city if place.distance_km <= IN_TOWN_KM else "")]
