"""What is known of countries without looking at photos: the languages of their signs, calling codes and the like.

The table, countries.json, is written by tools/make_countries.py, which says where each number comes from.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import gazetteer


class Country(NamedTuple):
    """One country. `code`: ISO 3166, two letters; `photos`: of 100,000 public photos, how many were taken there.

    `languages`: ISO 639-1 code → its share of the signs (together 1); `calling`: the digits after the +, `domain`
    without the dot, `postcode` a regular expression, `currency` ISO 4217; each is empty where the country has none.
    """

    code: str
    population: int
    photos: int
    languages: dict[str, float]
    calling: str
    domain: str
    postcode: str
    currency: str


class Areas(NamedTuple):
    """Where signs are in the same languages: a country, or those of its states that differ from the rest.

    `languages`: one dict per area, as in `Country`; `of_country`: the area of each row of the gazetteer's countries
    where no state says otherwise; `of_state`: that of each row of the gazetteer's states; both int32.
    """

    languages: list[dict[str, float]]
    of_country: NDArray[np.int32]
    of_state: NDArray[np.int32]


@cache
def read() -> dict[str, Country]:
    """ISO code → `Country`, in the order of the gazetteer's countries.

    >>> spain = read()["ES"]
    >>> spain.calling, spain.domain, spain.currency, max(spain.languages, key=spain.languages.get)
    ('34', 'es', 'EUR', 'es')
    """
    return {code: Country(code, **facts) for code, facts in _file()["countries"].items()}


@cache
def areas() -> Areas:
    """The areas of the Earth by the languages of their signs.

    >>> found = areas()
    >>> data = gazetteer.read()
    >>> max(found.languages[found.of_state[data.states.index("Quebec")]].items(), key=lambda each: each[1])
    ('fr', 0.88)
    """
    data = gazetteer.read()
    rows = {code: row for row, code in enumerate(data.country_codes)}
    languages = [country.languages for country in read().values()]
    of_country = np.arange(len(rows), dtype=np.int32)
    of_state = of_country[data.state_country]
    for area in _file()["states"]:
        own = data.state_country == rows[area["country"]]
        named = np.array([name in area["states"] for name in data.states])
        of_state[own & named] = len(languages)
        languages.append(area["languages"])
    return Areas(languages, of_country, of_state)


def _file() -> Any:
    return json.loads(Path(__file__).with_name("countries.json").read_text(encoding="utf-8"))
