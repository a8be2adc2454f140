"""What a piece of text says of countries and states, spread over the sites of the ground, with caution.

A piece of evidence is a likelihood per country. It is informative with probability `reliability`; otherwise (misread, a
shop abroad, a poster) it says nothing. So likelihood = (1 − reliability) · background + reliability · indicated, both
scaled to mean the same before anything is known; and it never speaks for one place over another by more than a cap.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.clues.clue import Clue
from photoplanet.earth import countries, gazetteer
from photoplanet.earth.ground import Ground
from photoplanet.signs.line import Line, Reading

ELSEWHERE = "*"  # the key of the ratio of all countries that a table does not name; 0 without it
CLAIM = 0.3  # of a sign's reliability: what a camera or a person wrote over the photo
MOST_CLUES = 8  # of one kind in one photo
MOST_SEEN = 48  # characters of the text in what a clue says
REST = 0.06  # of a country's ratio: the ratio of its other states, where a code is one state's
TEMPER = 0.6  # the weight of each sight of a kind whose sights depend on each other
_TINY = 1e-12
_LONGEST_PREFIX = 4
_FEW = 3  # countries named in what a clue says


class Sight(NamedTuple):
    """Something seen in one line of text.

    `key`: what it is evidence of; sights of one key are one clue, however often they are seen. `seen`: the text, for
    people; `row`: of the reading's lines; `ratios`: how likely it is in each country, up to a factor; `reliability`:
    how often it says anything, 0 to 1.
    """

    key: str
    seen: str
    row: int
    ratios: Mapping[str, float]
    reliability: float


def ratios(text: str) -> dict[str, float]:
    """A table of ratios written in one line: countries, states after a slash (_ for a space), and * for the rest.

    >>> ratios("GB 1 IE .9 ES/Balearic_Islands .4 * .02")
    {'GB': 1.0, 'IE': 0.9, 'ES/Balearic Islands': 0.4, '*': 0.02}
    """
    parts = text.split()
    return {place.replace("_", " "): float(ratio) for place, ratio in zip(parts[::2], parts[1::2], strict=True)}


def equal(codes: str) -> dict[str, float]:
    """A table in which some countries are equally likely, and no other.

    >>> equal("DE AT")
    {'DE': 1.0, 'AT': 1.0}
    """
    return dict.fromkeys(codes.split(), 1.0)


def prefixes(states: Mapping[str, str]) -> dict[str, str]:
    """State → its codes in one string, turned round: code → state.

    >>> prefixes({"Catalonia": "08 17", "Madrid": "28"})
    {'08': 'Catalonia', '17': 'Catalonia', '28': 'Madrid'}
    """
    return {prefix: state for state, codes in states.items() if state for prefix in codes.split()}


def within(country: str, number: str, ratio: float, states: Mapping[str, str]) -> dict[str, float]:
    """Ratios of a country and of the state that a number's first digits stand for; `states`: prefix → state.

    >>> within("ES", "08508", 1.0, {"08": "Catalonia"}), within("ES", "99", 1.0, {"08": "Catalonia"})
    ({'ES': 0.06, 'ES/Catalonia': 1.0}, {'ES': 1.0})
    """
    for length in range(min(_LONGEST_PREFIX, len(number)), 0, -1):
        state = states.get(number[:length])
        if state:
            return {country: REST * ratio, f"{country}/{state}": ratio}
    return {country: ratio}


def log_likelihood(ground: Ground, ratios: Mapping[str, float], reliability: float, cap: float) -> NDArray[np.float32]:
    """(sites,) float32: the natural logarithm of the likelihood of evidence with these ratios.

    A state's ratio replaces its country's in that state. A ratio is of what is seen where the evidence is informative;
    `cap`: bits between the likeliest and the least likely site.

    >>> from photoplanet.earth import ground
    >>> sites = ground.read()
    >>> found = log_likelihood(sites, equal("DK"), reliability=0.9, cap=6)
    >>> round((float(found.max()) - float(found.min())) / float(np.log(2)), 3)
    6.0
    """
    rated = _rate(ground, ratios)
    if rated.mean <= 0:
        return np.zeros(len(ground.weight), np.float32)
    ratio = np.concatenate([rated.country, [value for value, _ in rated.states]])
    likelihood = (1 - reliability) + reliability * ratio / rated.mean
    most = max(likelihood[: len(rated.country)][rated.held > 0].max(), *likelihood[len(rated.country) :], 0.0)
    rows = np.log(np.maximum(likelihood, most * 2.0**-cap)).astype(np.float32)
    found: NDArray[np.float32] = rows[: len(rated.country)][ground.country]
    for value, (_, sites) in zip(rows[len(rated.country) :], rated.states, strict=True):
        found[sites] = value
    return found


class _Rated(NamedTuple):
    """`country` (countries,): each one's ratio; `held`: its weight; `states`: (ratio, sites); `mean` over all sites."""

    country: NDArray[np.float64]
    held: NDArray[np.float64]
    states: list[tuple[float, NDArray[np.intp]]]
    mean: float


def _rate(ground: Ground, ratios: Mapping[str, float]) -> _Rated:
    rows = _rows()
    country = np.full(len(rows.country), ratios.get(ELSEWHERE, 0.0))
    for place, ratio in ratios.items():
        if place in rows.country:
            country[rows.country[place]] = ratio
    held = np.bincount(ground.country, ground.weight, len(country)).astype(np.float64)
    mean = float(held @ country)
    states = []
    for place, ratio in ratios.items():
        if place in rows.state:
            sites = np.flatnonzero(ground.state == rows.state[place])
            states.append((ratio, sites))
            mean += float(ground.weight[sites].sum()) * (ratio - float(country[rows.country[place[:2]]]))
    return _Rated(country, held, [each for each in states if len(each[1])], mean)


def ratio_of(ratios: Mapping[str, float], place: str) -> float:
    """The ratio of a country or state in a table: its own, its country's, or that of the rest.

    >>> ratio_of({"ES": 0.1, "*": 0.02}, "ES/Catalonia"), ratio_of({"ES": 0.1}, "PT")
    (0.1, 0.0)
    """
    rest = ratios.get(ELSEWHERE, 0.0)
    return ratios.get(place, ratios.get(place.partition("/")[0], rest))


def clues(kind: str, sights: Iterable[Sight], reading: Reading, ground: Ground, cap: float) -> list[Clue]:
    """One clue per key, at most `MOST_CLUES`: the most reliable of its sights, less so where it was read unsurely.

    >>> from photoplanet.earth import ground
    >>> line = Line("Tlf. +45 33 00 00 00", 0.9, ((0, 0), (1, 0), (1, 1), (0, 1)))
    >>> sight = Sight("+45", "+45 33 00 00 00", 0, equal("DK"), 0.95)
    >>> [clue.says for clue in clues("telephone", [sight], Reading((line,), 640, 480), ground.read(), 10)]
    ['+45 33 00 00 00: Denmark']
    """
    made = []
    for best, lines in _merged(sights, reading):
        likelihood = log_likelihood(ground, best.ratios, best.reliability, cap)
        made.append(Clue(kind, f"{best.seen[:MOST_SEEN]}: {names(best.ratios)}", lines, likelihood))
    return made


def joined(kind: str, sights: Iterable[Sight], reading: Reading, ground: Ground, cap: float) -> list[Clue]:
    """One clue of all sights together, for kinds whose sights say much the same: each counts `TEMPER` beside others.

    >>> from photoplanet.earth import ground
    >>> lines = [Line(text, 0.9, ((0, 0), (1, 0), (1, 1), (0, 1))) for text in ("gade", "kommune")]
    >>> sights = [Sight("1", "gade", 0, equal("DK"), 0.6), Sight("2", "kommune", 1, equal("DK NO"), 0.6)]
    >>> [clue.says for clue in joined("street word", sights, Reading(tuple(lines), 640, 480), ground.read(), 6)]
    ['gade, kommune: Denmark']
    """
    found = _merged(sights, reading)
    if not found:
        return []
    tables = []
    for best, _ in found:
        mean = _rate(ground, best.ratios).mean
        places = {**best.ratios, ELSEWHERE: best.ratios.get(ELSEWHERE, 0.0)}
        r = best.reliability if mean > 0 else 0.0
        tables.append({place: (1 - r) + r * ratio / max(mean, _TINY) for place, ratio in places.items()})
    temper = TEMPER if len(tables) > 1 else 1.0
    every = dict.fromkeys(place for table in tables for place in table)
    product = {place: float(np.prod([ratio_of(table, place) for table in tables])) ** temper for place in every}
    seen = ", ".join(dict.fromkeys(best.seen for best, _ in found))
    lines = tuple(sorted({row for _, rows in found for row in rows}))
    likelihood = log_likelihood(ground, product, 1.0, cap)
    return [Clue(kind, f"{seen[:MOST_SEEN]}: {names(product)}", lines, likelihood)]


def _merged(sights: Iterable[Sight], reading: Reading) -> list[tuple[Sight, tuple[int, ...]]]:
    """The most reliable sight of each key, trusted as its line is, and the rows of all its lines."""
    merged: dict[str, list[Sight]] = {}
    for sight in sights:
        if sight.key in merged or len(merged) < MOST_CLUES:
            trusted = sight._replace(reliability=sight.reliability * trust(reading.lines[sight.row]))
            merged.setdefault(sight.key, []).append(trusted)
    return [
        (max(group, key=lambda each: each.reliability), tuple(sorted({sight.row for sight in group})))
        for group in merged.values()
    ]


def trust(line: Line) -> float:
    """How far a line may be trusted, 0 to 1: the reader's score, and less for what is not a sign.

    >>> trust(Line("Alamy.com", 0.9, ((0, 0), (1, 0), (1, 1), (0, 1)), "watermark"))
    0.27
    """
    return round(min(max(line.score, 0.0), 1.0) * (1.0 if line.role == "sign" else CLAIM), 6)


def names(ratios: Mapping[str, float]) -> str:
    """The places that a table favours, for people: at most three, and how many more.

    >>> names({"DK": 1.0, "NO": 0.9, "SE": 0.01}), names({"ES/Catalonia": 1.0, "ES": 0.1, "AD": 0.3})
    ('Denmark, Norway', 'Catalonia')
    """
    places = {place: ratio for place, ratio in ratios.items() if place != ELSEWHERE and _name(place)}
    top = max(places.values(), default=0.0)
    if ratios.get(ELSEWHERE, 0.0) > top / 2:
        against = [_name(place) for place, ratio in places.items() if ratio < ratios[ELSEWHERE] / 2]
        if against and top <= ratios[ELSEWHERE]:
            return "not " + _listed(against)
    facts = countries.read()
    ordered = sorted(places, key=lambda place: (-places[place], -facts[place[:2]].photos))
    return _listed([_name(place) for place in ordered if places[place] >= top / 2])


def _listed(found: list[str]) -> str:
    more = len(found) - _FEW
    return ", ".join(found[:_FEW]) + (f" and {more} more" if more > 0 else "")


def _name(place: str) -> str:
    rows = _rows()
    if place in rows.state:
        return place.partition("/")[2]
    return gazetteer.read().country_names[rows.country[place]] if place in rows.country else ""


class _Rows(NamedTuple):
    country: dict[str, int]
    state: dict[str, int]


@cache
def _rows() -> _Rows:
    data = gazetteer.read()
    codes = data.country_codes
    return _Rows(
        {code: row for row, code in enumerate(codes)},
        {
            f"{codes[country]}/{name}": row
            for row, (name, country) in enumerate(zip(data.states, data.state_country, strict=True))
            if name
        },
    )
