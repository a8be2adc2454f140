"""What signs say, country by country: words, names of towns, internet addresses and telephone prefixes, with the truth.

The words and the shares of languages are the toy Earth's own and not those by which the package judges real signs, so
that one can be measured by the other. No address or number is anybody's: the name is `example`, and no number begins
with 00.
"""

import csv
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from photoplanet.earth import countries as earth_countries
from photoplanet.earth import gazetteer, geodesy
from photoplanet.errors import InputError
from photoplanet.toyworld.lettering import Face

KINDS = ("street", "notice", "shop", "direction")
TOWNS_KM = 40.0  # towns this near can stand on a sign
_LONGEST = 24  # letters of a town's name on a sign


@dataclass(frozen=True)
class Language:
    """A language as signs write it: its script, and phrases by what sort of sign they are on.

    `towns`: names of towns in a script that the gazetteer does not spell them in.
    """

    code: str
    script: str
    street: tuple[str, ...]
    notice: tuple[str, ...]
    shop: tuple[str, ...]
    towns: tuple[str, ...] = ()

    @property
    def phrases(self) -> tuple[str, ...]:
        """All but the towns."""
        return self.street + self.notice + self.shop


@dataclass(frozen=True)
class Country:
    """Its two letters, its internet domain, its telephone prefix, and the languages of its signs with their shares."""

    code: str
    domain: str
    prefix: str
    languages: dict[str, float]


@dataclass(frozen=True)
class SignText:
    """One sign: its lines from top to bottom, its kind (of KINDS), country, language and the language's script."""

    lines: tuple[str, ...]
    kind: str
    country: str
    language: str
    script: str


@cache
def languages() -> dict[str, Language]:
    """Every language of the toy Earth's signs by its code.

    >>> languages()["pt"].shop[0]
    'Padaria'
    """
    rows = json.loads((files("photoplanet.toyworld") / "sign_words.json").read_text("utf-8"))
    return {
        code: Language(code, row["script"], *(tuple(row.get(key, ())) for key in ("street", "notice", "shop", "towns")))
        for code, row in rows.items()
    }


@cache
def countries() -> dict[str, Country]:
    """Every country of the toy Earth by its two letters.

    >>> countries()["NZ"].languages
    {'en': 0.9, 'mi': 0.1}
    """
    found = {}
    lines = (files("photoplanet.toyworld") / "sign_countries.csv").read_text("utf-8").splitlines()
    for row in csv.DictReader(lines):
        words = row["languages"].split()
        shares = {code: float(share) for code, share in zip(words[::2], words[1::2], strict=True)}
        facts = earth_countries.read()[row["country"]]
        found[row["country"]] = Country(row["country"], facts.domain, facts.calling, shares)
    return found


def towns_near(latitude: float, longitude: float, country: str, most: int = 6, km: float = TOWNS_KM) -> list[str]:
    """The largest towns of a country within `km` of a point, largest first, as the gazetteer spells them.

    >>> towns_near(48.14, 11.58, "DE", most=2)
    ['Munich', 'Bogenhausen']
    """
    data = gazetteer.read()
    point = geodesy.to_xyz(latitude, longitude)
    near = np.flatnonzero(data.xyz @ point >= np.cos(km / geodesy.EARTH_RADIUS_KM))
    home = data.country_codes.index(country)
    near = near[data.state_country[data.state[near]] == home]
    ranked = near[np.argsort(-data.radius[near], kind="stable")].tolist()
    names = dict.fromkeys(data.names[row] for row in ranked if len(data.names[row]) <= _LONGEST)
    return list(names)[:most]


def writable(language: Language, faces: dict[str, Face]) -> Language | None:
    """The part of a language that the faces can write, None where that is no phrase at all.

    >>> from photoplanet.toyworld.lettering import Packaged
    >>> writable(languages()["de"], {"Latin": Packaged()}).street  # its font has no ß
    ('Bahnhofstr.', 'Marktplatz', 'Mühlenweg', 'Gartenstr.')
    """
    face = faces.get(language.script)
    if face is None:
        return None
    kept = {
        kind: tuple(text for text in getattr(language, kind) if face.covers(text))
        for kind in ("street", "notice", "shop", "towns")
    }
    found = Language(language.code, language.script, **kept)
    return found if found.street and found.notice and found.shop else None


def compose(
    rng: np.random.Generator, country: Country, towns: list[str], faces: dict[str, Face], kind: str | None = None
) -> SignText:
    """One sign of a country in one of its languages, with names out of `towns` where it is written in Latin letters.

    `kind`: of KINDS, by chance if not given. InputError where the faces cannot write any language of the country.

    >>> from photoplanet.toyworld.lettering import Packaged
    >>> compose(np.random.default_rng(2), countries()["PL"], ["Radom", "Jedlińsk"], {"Latin": Packaged()}, "direction")
    SignText(lines=('Jedlińsk', 'Radom'), kind='direction', country='PL', language='pl', script='Latin')
    """
    shares = {code: share for code, share in country.languages.items() if writable(languages()[code], faces)}
    if not shares:
        raise InputError(f"the fonts at hand cannot write a language of {country.code}: give a folder of fonts")
    weight = np.array(list(shares.values()))
    language = writable(languages()[str(rng.choice(list(shares), p=weight / weight.sum()))], faces)
    assert language is not None  # of those that were kept
    face = faces[language.script]
    names = list(language.towns) or [town for town in towns if face.covers(town)]
    kind = kind or str(rng.choice(KINDS))
    lines = _lines(rng, kind, language, country, names)
    lines = [line for line in lines if face.covers(line)]
    return SignText(tuple(lines), kind, country.code, language.code, language.script)


def _lines(
    rng: np.random.Generator, kind: str, language: Language, country: Country, names: list[str]
) -> list[str]:  # fmt: skip
    def one(of: tuple[str, ...] | list[str]) -> str:
        return of[int(rng.integers(len(of)))]

    if kind == "direction" and len(names) > 1:
        return [names[row] for row in rng.permutation(len(names))[: int(rng.integers(2, 4))]]
    if kind == "notice":
        return [one(language.notice)]
    town = [one(names)] if names else []
    if kind == "shop":
        contact = number(rng, country) if rng.random() < 0.5 else address(country)
        return [one(language.shop), *town, contact]
    return [one(language.street), *town]


def address(country: Country) -> str:
    """An internet address in the country's domain.

    >>> address(countries()["GB"])
    'www.example.uk'
    """
    return f"www.example.{country.domain}"


def number(rng: np.random.Generator, country: Country) -> str:
    """A telephone number with the country's prefix; digits that nobody has.

    >>> number(np.random.default_rng(0), countries()["FR"])
    '+33 00 8655'
    """
    return f"+{country.prefix} 00 {rng.integers(1000, 10000)}"
