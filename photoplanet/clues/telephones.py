"""Telephone numbers as evidence: +45 33 …, 0049 221 …, and the blocks of digits that each country writes.

A calling code says nearly all; a national number says what its shape does, less without a word such as "Tel." near it.
Either way the area code, where it is known here, tells the state.
"""

import re
from collections.abc import Iterator
from functools import cache

from photoplanet.clues import by_country, telephone_areas, telephone_shapes
from photoplanet.clues.by_country import Sight, equal, ratios
from photoplanet.clues.clue import Clue
from photoplanet.clues.plain_text import Phrases, listed, plain, words
from photoplanet.clues.telephone_shapes import UNKNOWN
from photoplanet.earth import countries
from photoplanet.earth.ground import Ground
from photoplanet.signs.line import Reading

CAP = 13.0  # bits
CALLING, CALLING_00, WORD = 0.95, 0.85, 0.45  # reliabilities
NEAR_WORD, ALONE = 0.6, 0.3  # of a national number's shape
TELLING = 0.5  # of the doubt that is left, where the shape is usual in one country, or two
FEWEST, MOST = 8, 15  # digits of an international number
LEAST_NEAR_WORD, LEAST, LEAST_UNBROKEN = 6, 7, 9  # digits of a national number: near a word, in blocks, without any
_INTERNATIONAL = re.compile(r"(?:\(?\+ ?|(?<![\d.,/-])00[ .-]?)\(?([1-9][\d ()./-]{6,22}\d)")
_NATIONAL = re.compile(r"(?<![\d.,/+-])\(?\d[\d ()./-]{4,21}\d(?![\d%€£$])")
# numbers of firms, books and accounts
_OTHER_NUMBERS = re.compile(
    r"\b(?:isbn|iban|bic|btw|tva|vat|ust|uid|nif|cif|kvk|siren|siret|cnpj|abn|acn|rut|nit|ruc|ico|ičo|dič|nip|cvr)\b",
    re.I,
)
_SPLIT = re.compile(r" [-/] | ?[;,] ?")
# words that stand before a number, by where they are written so; the others are understood everywhere
WORDS = {
    "tlf": "DK 1 NO 1 ES .25 GL 1 FO .5 VE .2", "tfn": "SE 1 AX .5", "tlfn": "DK 1 NO .3 ES .2", "tfno": "ES 1 MX .3",
    "tlfno": "ES 1", "telf": "ES 1 EC 1 PE 1 BO 1 VE .8 AD .5", "puh": "FI 1", "sími": "IS 1", "simi": "IS 1",
    "ph": "AU 1 NZ 1 IN 1 US .4 CA .4 ZA .4 PK 1 LK .6 * .05", "gsm": "BE 1 TR 1 BG .7 LU .5 CZ .3 * .02", "fono":
    "CL 1 AR .3 BR .2 PE .3 BO .4", "telefoon": "NL 1 BE .6", "natel": "CH 1", "handy": "DE 1 AT .8 CH .2 KR .1",
    "tél": "FR 1 BE .6 CH .4 CA .4 MA .5 TN .5 DZ .5 LU .6", "telefone": "BR 1 PT .8", "teléfono": "ES 1 MX .9 AR .9 "
    "CO .9 CL .8 PE .9 UY .9 EC .9 CR .9", "τηλ": "GR 1 CY .8", "тел": "RU 1 UA 1 BG 1 BY 1 KZ .8 RS .3 MK .3",
    "電話": "JP 1 TW 1 HK 1 MO 1", "电话": "CN 1 SG .5 MY .3", "전화": "KR 1", "โทร": "TH 1", "điện thoại": "VN 1",
    "đt": "VN 1", "telp": "ID 1", "tlp": "ID 1", "hubungi": "ID 1 MY .8", "tel no": "GB .5 IN 1 MY 1 * .1",
}  # fmt: skip
_TELLING = Phrases(WORDS)
_WORDS_ANYWHERE = listed(
    "tel telefon telephone phone call fax mobile mob mobil cell hotline fon telefono telefonu telefonnummer "
    "telefonnumero whatsapp ring contact kontakt hívja t f m rufnummer servicetelefon info infotel notruf"
)
_SIGNS = ("☎", "✆", "📞", "📱", "℡")


def clues(reading: Reading, ground: Ground) -> list[Clue]:
    """One clue per country code, per shape of national numbers, and per telling word before a number.

    >>> from photoplanet.earth import ground
    >>> from photoplanet.signs.line import Line
    >>> line = Line("Call +44 20 7000 0000", 0.99, ((0, 0), (1, 0), (1, 1), (0, 1)))
    >>> [clue.says for clue in clues(Reading((line,), 640, 480), ground.read())]
    ['+44 20 7000 0000: England']
    """
    return by_country.clues("telephone", _sights(reading), reading, ground, CAP)


def _sights(reading: Reading) -> Iterator[Sight]:
    texts = [plain(line.text) for line in reading.lines]
    numbers = [list(_NATIONAL.finditer(text)) for text in texts]
    for row, text in enumerate(texts):
        if not any(sign.isdigit() for sign in text):
            continue
        rest = text
        for match in _INTERNATIONAL.finditer(text):
            found = _abroad(re.sub(r"\D", "", match[1].replace("(0)", "")))
            if found:
                reliability = CALLING if "+" in match[0] else CALLING_00
                yield Sight("+" + found[0], match[0].strip(), row, found[1], reliability)
                rest = rest.replace(match[0], " " * len(match[0]))
        before = texts[row - 1] if row and not numbers[row - 1] else ""
        word = _word(text) or _word(before)
        for match in () if _OTHER_NUMBERS.search(text) else _NATIONAL.finditer(rest):
            yield from _at_home(match[0], row, word is not None)
        if word in WORDS and numbers[row]:
            yield Sight(f"word {word}", str(word), row, ratios(WORDS[str(word)]), WORD)


def _abroad(digits: str) -> tuple[str, dict[str, float]] | None:
    """(calling code, ratios) of the digits after a plus; None where they are no number."""
    if not FEWEST <= len(digits) <= MOST:
        return None
    if digits.startswith("1"):
        country = telephone_areas.north_american(digits[1:4])
        found = telephone_areas.within(country, digits[1:], 1.0) if country else equal("US CA PR")
        return (digits[:4], found) if len(digits) == 11 else None
    for length in (6, 5, 4, 3, 2, 1):
        codes = _calling_codes().get(digits[:length])
        if codes:
            if digits[0] == "7":
                codes = ["KZ"] if digits[1] in "67" else ["RU"]
            places: dict[str, float] = {}
            for code in codes:
                places |= telephone_areas.within(code, digits[length:].removeprefix("0"), 1.0)
            return digits[:length], places
    return None


def _at_home(text: str, row: int, near_word: bool) -> Iterator[Sight]:
    """What the shapes of the national numbers in this run of digits say."""
    for number in dict.fromkeys([text, *_SPLIT.split(text)]):
        digits = re.sub(r"\D", "", number)
        if len(digits) < (LEAST_NEAR_WORD if near_word else LEAST if digits != number else LEAST_UNBROKEN):
            continue
        usual = telephone_shapes.usual(number.strip(" .-/"))
        if "US" in usual:
            owner = telephone_areas.north_american(digits.removeprefix("1")[:3])
            usual = (
                {owner: 1.0, by_country.ELSEWHERE: UNKNOWN} if owner and max(usual.values()) == usual["US"] else usual
            )
        if {"RU", "KZ"} <= usual.keys() and digits.startswith("8") and len(digits) == 11:
            digits, usual = digits[1:], {"KZ" if digits[1] in "67" else "RU": 1.0, by_country.ELSEWHERE: UNKNOWN}
        found: dict[str, float] = {}
        for country, ratio in usual.items():
            if country == by_country.ELSEWHERE:
                found[country] = ratio
                continue
            own = digits.removeprefix("1") if country in telephone_areas.NORTH_AMERICA else digits.removeprefix("0")
            found |= telephone_areas.within(country, own, ratio)
        if found:
            reliability = NEAR_WORD if near_word else ALONE
            if sum(ratio >= 0.3 for ratio in usual.values()) <= 2:
                reliability = 1 - TELLING * (1 - reliability)
            yield Sight(f"shape {sorted(found)}", number.strip(), row, found, reliability)


def _word(text: str) -> str | None:
    """The word before a telephone number, if there is one: a telling one first."""
    spaced = text.replace(":", " ").replace(".", " ")
    telling = _TELLING.found(spaced)
    if telling:
        return telling[0]
    found = {word.casefold() for word in words(spaced)}
    return "tel" if found & _WORDS_ANYWHERE or any(sign in text for sign in _SIGNS) else None


@cache
def _calling_codes() -> dict[str, list[str]]:
    """Calling code → the countries that share it."""
    codes: dict[str, list[str]] = {}
    for code, country in countries.read().items():
        if country.calling and not country.calling.startswith("1"):
            codes.setdefault(country.calling, []).append(code)
    return codes
