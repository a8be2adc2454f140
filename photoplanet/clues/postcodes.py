"""Postcodes as evidence: SW1A 1AA, 1012 AB Amsterdam, D-50667, 08508 Les Masies, CA 94105, 〒100-0001.

What a code looks like in each country is GeoNames' regular expression in `earth.countries`; here it is decided what
looks like a code at all: one with letters, with a country's letters before it, or with a town's name behind it. Digits
alone say nothing.
"""

import re
from collections.abc import Iterator
from functools import cache

from photoplanet.clues import by_country, postcode_areas, town_index
from photoplanet.clues.by_country import MOST_SEEN, Sight, equal
from photoplanet.clues.clue import Clue
from photoplanet.clues.plain_text import listed, plain
from photoplanet.earth import countries
from photoplanet.earth.ground import Ground
from photoplanet.signs.line import Reading

CAP = 14.0  # bits
MARKED, LETTERED, UNSPACED, WITH_TOWN, DOUBTFUL = 0.93, 0.85, 0.4, 0.35, 0.2  # reliabilities
LONGEST_PATTERN, LONGEST_CODE = 300, 12  # characters of a country's regular expression and of what it is tried on
# the letters before a code in Europe (D-50667), by country
LETTERS = {
    "A": "AT", "B": "BE", "BG": "BG", "CH": "CH", "CZ": "CZ", "D": "DE", "DK": "DK", "E": "ES", "F": "FR", "FI": "FI",
    "FIN": "FI", "FL": "LI", "GR": "GR", "H": "HU", "HR": "HR", "I": "IT", "IS": "IS", "L": "LU", "LT": "LT",
    "LV": "LV", "N": "NO", "NL": "NL", "NO": "NO", "P": "PT", "PL": "PL", "RO": "RO", "S": "SE", "SE": "SE",
    "SI": "SI", "SK": "SK", "SLO": "SI", "AT": "AT", "DE": "DE", "MC": "MC", "MD": "MD", "EE": "EE",
}  # fmt: skip
# where a town follows its code, and the code has only digits
TOWN_AFTER = tuple(
    sorted(
        listed(
            "AD AL AT BA BE BG CH CU CY CZ DE DK DO DZ EE ES FI FO FR GF GL GP GR GT HR HT HU IL IS IT KW LI LU MA "
            "MC ME MK "
            "MQ MX MY NC NO PF PY RE RO RS RU SE SI SK SM SN TN TR UA UY VA XK"
        )
    )
)
_SPACED = ("SE", "CZ", "SK", "GR")  # 123 45
_TOWN = r"(?:[^\W\d_a-zß-ÿ]|d'|l')[^\W\d_]{2,}"
_LETTERED = re.compile(rf"(?<![\w-])([A-Z]{{1,3}})-(\d{{2,3}}[ -]\d{{2,3}}|\d{{3,6}})(?![\w-])( {_TOWN})?")
_BRITISH = re.compile(r"(?<![\w-])([A-Z]{1,2})(\d[A-Z\d]? ?\d[A-Z]{2})(?![\w-])")
_CANADIAN = re.compile(r"(?<![\w-])[A-Z]\d[A-Z] ?\d[A-Z]\d(?![\w-])")
_DUTCH = re.compile(rf"(?<![\w.,-])([1-9]\d{{3}}) ?([A-Z]{{2}})(?![\w-])( {_TOWN})?")
_IRISH = re.compile(r"(?<![\w-])[ACDEFHKNPRTVWXY]\d[\dW] [ACDEFHKNPRTVWXY\d]{4}(?![\w-])")
_STATE = re.compile(r"(?<![\w-])([A-Z]{2,3}),? (\d{4,5})(?:-\d{4})?(?![\w-])")
_JAPANESE = re.compile(r"(〒 ?)?(?<![\w-])\d{3}-\d{4}(?![\d-])")
_WITH_HYPHEN = re.compile(rf"(?<![\w.,-])(\d{{5}}-\d{{3}}|\d{{4}}-\d{{3}}|\d\d-\d{{3}})(?![\w-])( {_TOWN})?")
_SINGAPORE = re.compile(r"(?:Singapore|SINGAPORE) ?\(?(\d{6})(?!\d)|\bS\((\d{6})\)")
_INDIAN = re.compile(
    rf"{_TOWN} ?- ?([1-8]\d\d ?\d{{3}})(?!\d)|\b[Pp][Ii][Nn](?: [Cc]ode)?[ :.-]{{1,3}}([1-8]\d\d ?\d{{3}})"
)
_ARGENTINE = re.compile(r"(?<![\w-])[A-HJ-NP-Z]\d{4}[A-Z]{3}(?![\w-])")
_DIGITS = re.compile(rf"(?:^|[,;·|] ?)(\d{{4,6}}|\d{{3}} \d\d)(?: |, )(?![A-Z]{{3}}\b)({_TOWN}(?:[^\d,;]{{0,40}}))")
_UNITS = listed("AM PM KM KG EU AD BC CM MM ML HP PS KW SA SD SS LM BH GB MB TB UK US HZ VA WC DE IN")
# what follows numbers that are no codes: units, months, and the words of English streets
_NOT_TOWNS = re.compile(
    r"(?:euro?|usd|meters?|metres?|miles?|uhr|personen|people|visitors|besucher|volt|watt|liter|jahre|years?|kronor|"
    r"kroner|stk|stück|januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember|january|"
    r"february|march|may|june|july|october|december|olympi\w*|world|summer|winter|edition|copyright|street|road|avenue|"
    r"ave|blvd|boulevard|drive|lane|court|broadway|highway|hwy|park|north|south|east|west|main|old|the|all|ltd)\b",
    re.I,
)
_ENGLISH_STREET = re.compile(r"\b(?:st|street|ave|avenue|rd|road|blvd|dr|drive|ln|lane|ct|way|hwy|pkwy|sq)\b", re.I)
_CJK = re.compile(r"[぀-ヿ一-鿿]")


def clues(reading: Reading, ground: Ground) -> list[Clue]:
    """One clue per country's or state's postcodes in a reading.

    >>> from photoplanet.earth import ground
    >>> from photoplanet.signs.line import Line
    >>> line = Line("08508 Les Masies de Voltregà", 0.99, ((0, 0), (1, 0), (1, 1), (0, 1)))
    >>> [clue.says for clue in clues(Reading((line,), 640, 480), ground.read())]
    ['08508 Les Masies de Voltregà: Catalonia']
    """
    return by_country.clues("postcode", _sights(reading), reading, ground, CAP)


def _sights(reading: Reading) -> Iterator[Sight]:
    for row, line in enumerate(reading.lines):
        text = plain(line.text)
        if not any(sign.isdigit() for sign in text):
            continue
        found = [*_with_letters(text), *_with_state(text), *_with_hyphen(text), *_with_words(text)]
        for seen, places, reliability in found or _before_town(text):
            if places:
                yield Sight(f"{sorted(places)}", seen, row, places, reliability)


Found = tuple[str, dict[str, float], float]


def _with_letters(text: str) -> Iterator[Found]:
    for match in _LETTERED.finditer(text):
        country = LETTERS.get(match[1], "")
        if country and fits(country, match[2], match[1]):
            # N-1234 may be a road
            sure = match[3] or len(match[1]) > 1 or len(match[2]) > 4
            yield match[0], postcode_areas.within(country, match[2]), MARKED if sure else DOUBTFUL
    for match in _BRITISH.finditer(text):
        if fits("GB", match[0]) or match[1] in postcode_areas.ISLANDS:
            yield match[0], postcode_areas.british(match[1]), MARKED if " " in match[0] else UNSPACED
    for match in _CANADIAN.finditer(text):
        if fits("CA", match[0]):
            yield match[0], postcode_areas.within("CA", match[0]), MARKED if " " in match[0] else LETTERED
    for match in _DUTCH.finditer(text):
        if match[2] not in _UNITS and fits("NL", match[1] + match[2]):
            yield match[0], equal("NL"), MARKED if match[3] else UNSPACED
    for match in _IRISH.finditer(text):
        if fits("IE", match[0]) and not fits("GB", match[0]):
            yield match[0], equal("IE"), LETTERED if any(sign.isalpha() for sign in match[0][4:]) else DOUBTFUL
    for match in _ARGENTINE.finditer(text):
        yield match[0], equal("AR"), LETTERED


def _with_state(text: str) -> Iterator[Found]:
    for match in _STATE.finditer(text):
        letters, digits = match[1], match[2]
        american = postcode_areas.US_STATES.get(letters, ("", ""))
        australian = postcode_areas.AU_STATES.get(letters, ("", ""))
        if len(digits) == 5 and american[1] == digits[0]:
            yield match[0], {"US": by_country.REST / 3, f"US/{american[0]}": 1.0}, MARKED
        elif len(digits) == 4 and australian[1] == digits[0]:
            yield match[0], {"AU": by_country.REST, f"AU/{australian[0]}": 1.0}, MARKED


def _with_hyphen(text: str) -> Iterator[Found]:
    for match in _JAPANESE.finditer(text):
        if match[1] or _CJK.search(text):
            yield match[0], equal("JP"), MARKED if match[1] else LETTERED
    for match in _WITH_HYPHEN.finditer(text):
        country = {9: "BR", 8: "PT", 6: "PL"}[len(match[1])]
        if fits(country, match[1]):
            sure = LETTERED if match[2] or (country == "BR" and "cep" in text.casefold()) else UNSPACED
            if match[2] or country == "BR":
                yield match[0], equal(country), sure


def _with_words(text: str) -> Iterator[Found]:
    for match in _SINGAPORE.finditer(text):
        yield match[0], equal("SG"), MARKED
    for match in _INDIAN.finditer(text):
        if fits("IN", (match[1] or match[2]).replace(" ", "")):
            yield match[0], equal("IN"), LETTERED


def _before_town(text: str) -> Iterator[Found]:
    for match in _DIGITS.finditer(text):
        digits = match[1].replace(" ", "")
        year = len(digits) == 4 and 1500 <= int(digits) < 2100
        if year or _NOT_TOWNS.match(match[2]) or _ENGLISH_STREET.search(text, match.end(1)):
            continue
        spaced = len(digits) == 5 and " " in match[1]
        places: dict[str, float] = {}
        for country in TOWN_AFTER:
            if fits(country, match[1]) and (len(digits) != 5 or spaced == (country in _SPACED)):
                places |= postcode_areas.shares(country, digits)
        towns = town_index.towns(match[2])
        known = {
            f"{town.country}/{town.state}": places.get(f"{town.country}/{town.state}", places[town.country])
            for town in towns
            if town.country in places
        }
        doubt = WITH_TOWN if len(digits) > 4 else DOUBTFUL
        yield match[0][:MOST_SEEN], known or places, LETTERED if known else doubt


def fits(country: str, code: str, letters: str = "") -> bool:
    """Whether `code` has the form of this country's postcodes, with `letters` and a hyphen before it or without.

    False where nothing is known of the country's codes, or the code is longer than any.

    >>> fits("DE", "50667"), fits("SE", "123 45"), fits("MD", "2001", "MD"), fits("AE", "12345")
    (True, True, True, False)
    """
    pattern = _pattern(country)
    if pattern is None or len(code) > LONGEST_CODE:
        return False
    forms = (code, code.replace(" ", ""), f"{letters}-{code}")
    return any(pattern.fullmatch(form) is not None for form in forms)


@cache
def _pattern(country: str) -> re.Pattern[str] | None:
    """The compiled pattern of a country; None where it has none, or one that is too long, or no expression at all."""
    facts = countries.read().get(country)
    text = facts.postcode.strip() if facts else ""
    if not text or len(text) > LONGEST_PATTERN:
        return None
    try:
        return re.compile(text)
    except re.error:
        return None
