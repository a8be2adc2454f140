"""The countries and cities that a text model chooses from: a rule over the gazetteer, so that anybody can repeat it.

A country or territory counts if a town of it has 5,000 people. Its cities are its `LARGEST` largest towns that lie
at least 25 km from a larger one of them, and the largest town of each of its states where that lies as far away.
Towns of two million people and more are equally large to the gazetteer.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import gazetteer
from photoplanet.earth.gazetteer import IN_TOWN_KM
from photoplanet.earth.geodesy import EARTH_RADIUS_KM

LARGEST = 30
LEAST_RADIUS_KM = 0.62  # of the gazetteer's towns with 5,000 people
PARTS = ("Brooklyn", "Queens", "Manhattan", "New South Memphis")  # of cities, which would take their place
# what people call countries that ISO 3166 gives a name for official papers
SPOKEN = {
    "BL": "Saint Barthélemy", "BN": "Brunei", "BQ": "Bonaire", "CD": "Democratic Republic of the Congo",
    "CG": "Republic of the Congo", "CI": "Ivory Coast", "FM": "Micronesia", "IR": "Iran", "KP": "North Korea",
    "KR": "South Korea", "LA": "Laos", "LY": "Libya", "MD": "Moldova", "MK": "North Macedonia", "MO": "Macau",
    "PS": "Palestine", "RU": "Russia", "SY": "Syria", "TZ": "Tanzania", "VA": "Vatican City",
    "VG": "British Virgin Islands", "VI": "United States Virgin Islands",
}  # fmt: skip


@dataclass(frozen=True)
class Cities:
    """`countries`: names; of each city its name, its country's row, and its place (cities,) in degrees."""

    countries: list[str]
    names: list[str]
    country: NDArray[np.int64]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]


def choose(largest: int = LARGEST) -> Cities:
    """Choose by the module's rule, with so many of the largest towns of each country; countries as the gazetteer has.

    >>> found = choose(1)
    >>> [name for name, row in zip(found.names, found.country) if found.countries[row] == "Iceland"][:1]
    ['Reykjavík']
    """
    data = gazetteer.read()
    home = data.state_country[data.state].astype(np.int64)
    order = np.lexsort((-data.radius, home))  # country by country, the largest town first
    starts = np.searchsorted(home[order], np.arange(len(data.country_codes) + 1))
    kept: list[int] = []
    for start, end in pairwise(starts.tolist()):
        towns = order[start:end]
        if len(towns) and data.radius[towns[0]] >= LEAST_RADIUS_KM:
            kept += _of_country(data, towns, largest)
    rows = np.array(kept)
    present, country = np.unique(home[rows], return_inverse=True)
    return Cities(
        [SPOKEN.get(data.country_codes[row], data.country_names[row]) for row in present],
        [data.names[row] for row in kept], country, data.latitude[rows], data.longitude[rows],
    )  # fmt: skip


def _of_country(data: gazetteer.Gazetteer, towns: NDArray[np.int64], largest: int) -> list[int]:
    """The cities of one country; `towns`: its rows, the largest first."""
    _, first = np.unique(data.state[towns], return_index=True)
    capitals = set(first.tolist())
    near = np.cos(IN_TOWN_KM / EARTH_RADIUS_KM)
    free = np.ones(len(towns), bool)
    names = set(PARTS)
    kept: list[int] = []
    for at, row in enumerate(towns.tolist()):
        if not free[at] or (len(kept) >= largest and at not in capitals) or data.names[row] in names:
            continue
        kept.append(row)
        names.add(data.names[row])
        free &= data.xyz[towns] @ data.xyz[row] < near
    return kept
