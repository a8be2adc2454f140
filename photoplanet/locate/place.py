"""A point that a model answers with, and its name: towns, states and countries, looked up offline."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from photoplanet.earth import geodesy
from photoplanet.locate.precision import finest, rounded

if TYPE_CHECKING:
    from photoplanet.earth.gazetteer import PlaceName

LEVELS, _LEVELS_KM = list(geodesy.RADII_KM), list(geodesy.RADII_KM.values())
MOST_CACHED = 20_000  # points whose names are kept in memory

_names: dict[tuple[float, float], "PlaceName"] = {}


@dataclass(frozen=True)
class Place:
    """A point in degrees, and the probability that the photo was taken within `radius_km` of it; `cell` is a token.

    >>> place = Place(48.8584, 2.2945, confidence=0.62, radius_km=25.0, cell="47e66e2")
    >>> place.level, place.name
    ('city', 'Paris, Île-de-France, France')
    >>> place.near.country, place.to_dict(precision="region")["place"]
    ('France', 'Île-de-France, France')
    """

    latitude: float
    longitude: float
    confidence: float
    radius_km: float
    cell: str

    @cached_property
    def near(self) -> "PlaceName":
        """The town, state, country and continent here, looked up offline when first asked for."""
        from photoplanet.earth import gazetteer

        return gazetteer.name(self.latitude, self.longitude)[0]

    @property
    def level(self) -> str:
        """The finest of street, city, region, country and continent whose radius is not under `radius_km`."""
        return LEVELS[min(bisect_left(_LEVELS_KM, self.radius_km), len(LEVELS) - 1)]

    @property
    def name(self) -> str:
        """The place in one line, no finer than `level`: "Lyon, Rhône-Alpes, France", or only "France"."""
        return self.near.text(self.level)

    def to_dict(self, precision: str = "street") -> dict[str, Any]:
        """Plain values for JSON, coordinates rounded to `precision`, the name no finer than it or than `level`."""
        level = self.level
        return {
            "latitude": rounded(self.latitude, precision),
            "longitude": rounded(self.longitude, precision),
            "confidence": short(self.confidence),
            "radius_km": short(self.radius_km),
            "cell": self.cell,
            "place": self.near.text(max(finest(precision), level, key=LEVELS.index)),
            "level": level,
            "country_code": self.near.country_code,
        }


def look_up(places: Iterable[Place], keep: bool = False) -> None:
    """Look up `near` of many places at once, which takes hardly longer than one.

    `keep`: keep the names in memory, since the means of cells come again and again. Never where a camera was.

    >>> paris = Place(48.8584, 2.2945, 0.62, 25.0, "47e66e2")
    >>> look_up([paris])
    >>> paris.near.country, (paris.latitude, paris.longitude) in cached()
    ('France', False)
    """
    from photoplanet.earth import gazetteer

    found = list(places)
    at = [(place.latitude, place.longitude) for place in found]
    known = {point: _names[point] for point in at if point in _names}
    new = list(dict.fromkeys(point for point in at if point not in known))
    if new:
        named = gazetteer.name([lat for lat, _ in new], [lng for _, lng in new])
        known.update(zip(new, named, strict=True))
    for place, point in zip(found, at, strict=True):
        vars(place)["near"] = known[point]  # where cached_property keeps it
    if keep and new:
        if len(_names) > MOST_CACHED:
            _names.clear()
        _names.update((point, known[point]) for point in new)


def cached() -> frozenset[tuple[float, float]]:
    """Return the points (latitude, longitude in degrees) whose names are kept in memory.

    >>> (48.8584, 2.2945) in cached()
    False
    """
    return frozenset(_names)


def short(value: float) -> float:
    """Four significant digits: what is printed claims no more than it knows.

    >>> short(123.456789)
    123.5
    """
    return float(f"{value:.4g}")
