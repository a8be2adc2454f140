"""Areas with names: countries, continents, and the states and regions of the gazetteer.

A point lies in a country where `gazetteer.name` says so: by the nearest town, and far from towns by a quarter-degree
grid. So what an answer is called never contradicts the area that was asked for. A border is right to within half the
way between the towns on both sides of it; docs/locate.md says how far that is from the border on the ground.
"""

import unicodedata
from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import gazetteer, geodesy
from photoplanet.earth.areas.area import HALF_CIRCUMFERENCE_KM, Area, Bools, Both, Cap, Floats, Points, Union
from photoplanet.earth.areas.simple import Box
from photoplanet.errors import InputError

# Names in common use that are not the gazetteer's, folded as `_folded` folds.
OTHER_NAMES = {
    "america": "US", "usa": "US", "u s a": "US", "u s": "US", "united states of america": "US", "the states": "US",
    "uk": "GB", "u k": "GB", "great britain": "GB", "britain": "GB", "holland": "NL", "the netherlands": "NL",
    "czechia": "CZ", "russia": "RU", "south korea": "KR", "korea": "KR", "republic of korea": "KR",
    "north korea": "KP", "dprk": "KP", "iran": "IR", "syria": "SY", "libya": "LY", "laos": "LA", "burma": "MM",
    "brunei": "BN", "ivory coast": "CI", "east timor": "TL", "timor leste": "TL", "cabo verde": "CV",
    "eswatini": "SZ", "north macedonia": "MK", "turkiye": "TR", "moldova": "MD", "tanzania": "TZ", "uae": "AE",
    "emirates": "AE", "vatican": "VA", "vatican city": "VA", "holy see": "VA", "palestine": "PS",
    "dr congo": "CD", "drc": "CD", "democratic republic of the congo": "CD", "congo kinshasa": "CD",
    "republic of the congo": "CG", "congo brazzaville": "CG", "micronesia": "FM", "falkland islands": "FK",
    "falklands": "FK", "macau": "MO", "british virgin islands": "VG", "us virgin islands": "VI",
    "u s virgin islands": "VI", "saint barthelemy": "BL", "svalbard": "SJ", "the gambia": "GM", "the bahamas": "BS",
    "viet nam": "VN", "bosnia": "BA", "the philippines": "PH", "the vatican": "VA", "caribbean netherlands": "BQ",
    "deutschland": "DE", "osterreich": "AT", "schweiz": "CH", "suisse": "CH", "espana": "ES", "italia": "IT",
    "polska": "PL", "sverige": "SE", "norge": "NO", "danmark": "DK", "suomi": "FI", "brasil": "BR", "nippon": "JP",
}  # fmt: skip
AS_PRINTED = {"EL": "GR", "UK": "GB"}  # codes that the European Union uses beside those of ISO 3166
KNOWN = "a country (DE, Germany), a continent (Europe), or a state or region (Texas, or US/Georgia)"


class Named(Area):
    """Towns and ground of the gazetteer: `towns` (n,) and `countries` (c,), whether each belongs to the area.

    >>> named("fr").name, named("Texas").contains([29.76, 48.86], [-95.37, 2.35]).tolist()
    ('France', [True, False])
    """

    def __init__(self, name: str, towns: NDArray[np.bool_], countries: NDArray[np.bool_]):
        self.name, self._towns, self._countries = name, towns, countries
        self.cap = self._cap()

    def _holds(self, lat: Floats, lng: Floats) -> Bools:
        return gazetteer.holds(lat, lng, self._towns, self._countries)

    def _hints(self) -> Points:
        return self.hints()[:2]

    def hints(self) -> tuple[Floats, Floats, Bools]:
        """The towns of the area, and those of its neighbours."""
        data = gazetteer.read()
        away = geodesy.distance_km(data.latitude, data.longitude, self.cap.latitude, self.cap.longitude)
        near = np.flatnonzero(away <= self.cap.km)
        return data.latitude[near], data.longitude[near], self._towns[near]

    def _cap(self) -> Cap:
        data = gazetteer.read()
        rows, columns = np.nonzero(np.append(False, self._countries)[data.grid])
        step = 180 / len(data.grid)
        lat = np.concatenate([data.latitude[self._towns], 90 - (rows + 0.5) * step])
        lng = np.concatenate([data.longitude[self._towns], (columns + 0.5) * step - 180])
        middle = geodesy.to_xyz(lat, lng).mean(axis=0)
        latitude, longitude = (float(degrees) for degrees in geodesy.from_xyz(middle))
        far = float(geodesy.distance_km(lat, lng, latitude, longitude).max())
        return Cap(latitude, longitude, min(far + gazetteer.CLAIM_KM + 20, HALF_CIRCUMFERENCE_KM))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Named)
            and self.name == other.name
            and np.array_equal(self._towns, other._towns)
            and np.array_equal(self._countries, other._countries)
        )

    def __hash__(self) -> int:
        return hash((Named, self.name))


@cache
def named(text: str) -> Area:
    """Return the country, continent, state or region of a name or code; InputError lists what is near it.

    Two letters are a country's code (ISO 3166). A state is `COUNTRY/STATE` where several have its name, and where a
    country has it.

    >>> named("Georgia").contains(41.7, 44.8), named("US/Georgia").contains(33.7, -84.4)
    (np.True_, np.True_)
    """
    data = gazetteer.read()
    country, slash, state = text.partition("/")
    if slash:
        code = code_of(country)
        if code is None:
            raise InputError(f"{country.strip()[:40]!r} is not a country, in {text.strip()[:60]!r}; give {KNOWN}")
        return _states(text, state, data.country_codes.index(code))
    if (code := code_of(text)) is not None:
        row = data.country_codes.index(code)
        return _countries(data.country_names[row], [row])
    for continent in dict.fromkeys(gazetteer.CONTINENT_OF.values()):
        if folded(text) == folded(continent):
            return _continent(continent)
    return _states(text, text)


def code_of(text: str) -> str | None:
    """Return the ISO code of a country by its code, its name in the gazetteer, or a name in common use; else None.

    >>> code_of("de"), code_of("Ivory Coast"), code_of("Korea, Republic of"), code_of("Atlantis")
    ('DE', 'CI', 'KR', None)
    """
    data, name = gazetteer.read(), folded(text)
    code = AS_PRINTED.get(name.upper(), name.upper())
    if code in data.country_codes:
        return code
    return _country_names().get(name)


def folded(text: str) -> str:
    """Return a name without case, accents and punctuation.

    >>> folded(" Côte d'Ivoire ")
    'cote d ivoire'
    """
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))
    return " ".join("".join(sign if sign.isalnum() else " " for sign in plain).split())


@cache
def _country_names() -> dict[str, str]:
    data = gazetteer.read()
    own = {folded(name): code for name, code in zip(data.country_names, data.country_codes, strict=True)}
    return {**OTHER_NAMES, **own}


def _countries(name: str, rows: list[int]) -> Named:
    data = gazetteer.read()
    countries = np.zeros(len(data.country_codes), np.bool_)
    countries[rows] = True
    return Named(name, countries[data.state_country][data.state], countries)


def _continent(name: str) -> Area:
    """All countries of a continent, and the part of Russia that lies on it."""
    data, of = gazetteer.read(), gazetteer.CONTINENT_OF
    codes = list(enumerate(data.country_codes))
    whole = _countries(name, [row for row, code in codes if of.get(code) == name and code != "RU"])
    if name not in ("Europe", "Asia"):
        return whole
    ural = gazetteer.URAL_LONGITUDE
    part = Box(-90.0, 0.0, 90.0, ural) if name == "Europe" else Box(-90.0, ural, 90.0, 0.0)
    return Union([whole, Both(_countries(name, [data.country_codes.index("RU")]), part)], name)


def _states(text: str, state: str, country: int | None = None) -> Named:
    """The one state of that name, in that country where one is given."""
    data = gazetteer.read()
    named_so = [row for row in _states_called(folded(state)) if country in (None, int(data.state_country[row]))]
    if not named_so:
        raise InputError(_unknown(text, state, country))
    if len(named_so) > 1:
        choices = [f"{data.country_codes[data.state_country[row]]}/{data.states[row]}" for row in named_so]
        raise InputError(f"{text.strip()[:60]!r} may be {' or '.join(choices[:6])}; say which")
    states = np.zeros(len(data.states), np.bool_)
    states[named_so] = True
    home = data.country_names[data.state_country[named_so[0]]]
    # Where no town is near there is a country and no state.
    return Named(f"{data.states[named_so[0]]}, {home}", states[data.state], np.zeros(len(data.country_codes), np.bool_))


def _states_called(name: str) -> Iterator[int]:
    return (row for row, state in enumerate(gazetteer.read().states) if name and folded(state) == name)


def _unknown(text: str, state: str, country: int | None) -> str:
    """What is wrong with a name, and the names that are like it."""
    import difflib

    data = gazetteer.read()
    if country is None:
        known = [*data.country_names, *dict.fromkeys(gazetteer.CONTINENT_OF.values()), *filter(None, data.states)]
    else:
        known = [data.states[row] for row in np.flatnonzero(data.state_country == country) if data.states[row]]
    by_fold = {folded(name): name for name in known}
    close = difflib.get_close_matches(folded(state)[:60], list(by_fold), n=3, cutoff=0.7)
    meant = f"; did you mean {' or '.join(by_fold[name] for name in close)}?" if close else ""
    return (
        f"{text.strip()[:60]!r} is not an area that is known{meant} Give {KNOWN}"
        if meant
        else (f"{text.strip()[:60]!r} is not an area that is known; give {KNOWN}")
    )
