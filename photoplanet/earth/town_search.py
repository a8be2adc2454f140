"""What a person types → towns: by the beginning of a name in any language that the gazetteer has, the largest first."""

import re
from bisect import bisect_left
from typing import NamedTuple

import numpy as np

from photoplanet.earth import gazetteer, place_names

LEAST_LETTERS = 2  # fewer begin too many names
MOST_PLACES = 5_000  # of names with one beginning that are compared: the largest
_NUMBERS = re.compile(
    r"\s*([+-]?\d{1,3}(?:\.\d{1,12})?)\s*°?\s*[,; ]\s*([+-]?\d{1,3}(?:\.\d{1,12})?)\s*°?\s*", re.ASCII
)


class Town(NamedTuple):
    """A town: its name, state and country, degrees, and the radius in km that it fills."""

    name: str
    region: str
    country: str
    latitude: float
    longitude: float
    radius_km: float


def search(text: str, limit: int = 8) -> list[Town]:
    """The towns whose name is `text`, those whose own name begins so, then others; at most `limit`, the largest first.

    Behind a comma the state or country may begin: "Paris, Texas". Names count in the languages of `place_names`.

    >>> [(town.name, town.country) for town in search("lisboa", 1)]
    [('Lisbon', 'Portugal')]
    >>> search("Paris, tex")[0].region, search("x")
    ('Texas', [])
    """
    wanted, _, where = text[: 2 * place_names.LONGEST].partition(",")
    form, inside = place_names.fold(wanted[: place_names.LONGEST]), place_names.fold(where)
    if len(form) < LEAST_LETTERS:
        return []
    table, data = place_names.read(), gazetteer.read()
    low = bisect_left(table.forms, form)
    high = bisect_left(table.forms, form + chr(0x10FFFF), lo=low)
    exact_end = table.first[low + 1] if low < high and table.forms[low] == form else table.first[low]
    span = slice(int(table.first[low]), int(table.first[high]))
    places = table.low[span].astype(np.int64) + (table.high[span].astype(np.int64) << 16)
    exact = np.arange(span.start, span.stop) < exact_end
    towns = places < len(data.names)
    places, exact = places[towns], exact[towns]
    most = np.lexsort([-data.radius[places], ~exact])[:MOST_PLACES]
    places, exact = places[most], exact[most]
    own = np.array([place_names.fold(data.names[place]).startswith(form) for place in places.tolist()], bool)
    order = np.lexsort([-data.radius[places], ~own, ~exact])
    found: dict[int, None] = {}
    for place in places[order].tolist():
        if len(found) == limit:
            break
        if not inside or any(place_names.fold(part).startswith(inside) for part in _where(data, place)):
            found[place] = None
    return [_town(data, place) for place in found]


def coordinates(text: str) -> tuple[float, float] | None:
    """Latitude and longitude that were typed as two decimal numbers, in degrees; None for anything else.

    >>> coordinates("48.8584, 2.2945"), coordinates("91 0"), coordinates("Paris")
    ((48.8584, 2.2945), None, None)
    """
    match = _NUMBERS.fullmatch(text)
    if match is None:
        return None
    latitude, longitude = float(match[1]), float(match[2])
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _where(data: gazetteer.Gazetteer, place: int) -> tuple[str, str, str]:
    state = int(data.state[place])
    country = int(data.state_country[state])
    return data.states[state], data.country_names[country], data.country_codes[country]


def _town(data: gazetteer.Gazetteer, place: int) -> Town:
    region, country, _ = _where(data, place)
    where = float(data.latitude[place]), float(data.longitude[place])
    return Town(data.names[place], region, country, *where, max(1.0, float(data.radius[place])))
