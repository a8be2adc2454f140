"""Road numbers as evidence: N-340, AP-7, I-95, SS 16, D 906, BR-101, A38(M), SH 1.

A number that only looks like a road's (A4 is also paper, S 7 a train) counts little, and only where the line holds
nothing else or speaks of roads.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from photoplanet.clues import by_country
from photoplanet.clues.by_country import Sight, ratios
from photoplanet.clues.clue import Clue
from photoplanet.clues.plain_text import plain
from photoplanet.earth.ground import Ground
from photoplanet.signs.line import Reading

CAP = 8.0  # bits
TELLING, PLAIN = 0.7, 0.3  # reliabilities
_EUROPE = (
    "DE 1 FR 1 BE 1 NL .8 AT .6 SE 1 NO 1 FI 1 DK .8 IT .5 ES .6 PT .6 PL .8 CZ .8 SK .8 HU .8 RO .8 BG .8 HR .7 SI .7 "
    "RS .8 BA .6 ME .5 MK .6 GR .2 TR .4 UA .7 BY .5 LT .9 LV .9 EE .9 LU .6 IE .1 RU .2 KZ .3 UZ .2 GE .4 AL .2"
)


class Shape(NamedTuple):
    """A kind of road number: its letters, what stands before the digits, how many digits, and where it is used."""

    letters: str
    between: str  # "-", " " or "": what separates letters and digits
    digits: str  # how many there are, as "1-3"
    telling: bool  # whether nothing else on signs is written so
    ratios: str


SHAPES = (
    Shape("N", "-", "1-4", True, "ES 1 IE .02 PK .6 BD .3 MA .3 GQ .1"), Shape("A", "-", "1-4", True, "ES 1 BR .01 "
    "RU .05 TJ .02"),
    Shape("AP", "-", "1-2", True, "ES 1"), Shape("C", "-", "2-4", True, "ES .15 ES/Catalonia 1"),
    Shape("B", "-", "2-4", False, "ES .02 ES/Catalonia 1"), Shape("BV", "-", "3-4", True, "ES/Catalonia 1"),
    Shape("GI", "-", "2-4", True, "ES/Catalonia 1 ES/Basque_Country 1"), Shape("CV", "-", "1-4", True, "ES/Valencia 1"),
    Shape("MA", "-", "1-4", True, "ES/Balearic_Islands 1 ES/Andalusia .6"), Shape("M", "-", "2-3", True, "ES/Madrid "
    "1 RU .1 US/Michigan .4"),
    Shape("GC", "-", "1-3", True, "ES/Canary_Islands 1"), Shape("TF", "-", "1-3", True, "ES/Canary_Islands 1"),
    Shape("LZ", "-", "1-3", True, "ES/Canary_Islands 1"), Shape("FV", "-", "1-3", True, "ES/Canary_Islands 1"),
    Shape("EX", "-", "2-3", True, "ES/Extremadura 1"), Shape("CM", "-", "2-4", True, "ES/Castille-La_Mancha 1"),
    Shape("CL", "-", "2-3", True, "ES/Castille_and_León 1"), Shape("PO", "-", "2-4", True, "ES/Galicia 1"),
    Shape("AC", "-", "2-4", True, "ES/Galicia 1"), Shape("SE", "-", "2-4", True, "ES/Andalusia 1"),
    Shape("I", "-", "1-3", True, "US 1 BG .1 DO .05"), Shape("I", " ", "2-3", False, "US 1 CZ .05"),
    Shape("US", "-", "1-3", True, "US 1"), Shape("US", " ", "1-3", True, "US 1"), Shape("US", "", "1-3", True, "US 1"),
    Shape("SR", "-", "1-4", True, "US 1 SI .02"), Shape("SR", " ", "1-3", False, "US 1 IT .5"),
    Shape("HWY", " ", "1-3", True, "US 1 CA 1 AU .2 NZ .2 PR .1"), Shape("HIGHWAY", " ", "1-3", True, "US 1 CA 1 AU "
    ".2 * .02"),
    Shape("ROUTE", " ", "1-3", True, "US 1 CA .3 LB .02 FR .05 * .03"), Shape("RTE", " ", "1-3", True, "US 1 CA .3"),
    Shape("EXIT", " ", "1-3", False, "US 1 CA .9 IE .4 PH .5 TR .1 KR .1 JP .2 * .2"),
    Shape("MEX", "-", "1-3", True, "MX 1"), Shape("MEX", " ", "1-3", True, "MX 1"), Shape("BR", "-", "3-3", True,
    "BR 1"),
    Shape("SP", "-", "2-3", True, "BR/São_Paulo 1 BR .02"), Shape("RJ", "-", "3-3", True, "BR/Rio_de_Janeiro 1"),
    Shape("MG", "-", "2-3", True, "BR/Minas_Gerais 1"), Shape("RS", "-", "2-3", True, "BR/Rio_Grande_do_Sul 1"),
    Shape("PR", "-", "1-3", True, "PR 1 BR/Paraná .6"), Shape("RN", " ", "1-3", True, "AR 1 FR .8 MG 1 MA .3 TG .5 "
    "BJ .5 CD .5 CI .3"),
    Shape("RN", "", "1-3", True, "AR 1 FR .8 MG 1 MA .3 TG .5 BJ .5"), Shape("RP", " ", "1-3", True, "AR 1"),
    Shape("RUTA", " ", "1-3", True, "AR 1 CL 1 UY 1 PY 1 CR 1 MX .1 CO .1 GT .3"), Shape("CH", "-", "1-3", True, "CL "
    "1"),
    Shape("SS", " ", "1-3", False, "IT 1"), Shape("SS", "", "1-3", False, "IT 1"), Shape("SP", " ", "1-3", False,
    "IT 1 ES .02"),
    Shape("SP", "", "1-3", False, "IT 1"), Shape("D", " ", "2-4", False, "FR 1 TR .4 HR .4 RE .8 GP .8"),
    Shape("D", "", "2-4", False, "FR 1 HR .5 TR .3"), Shape("D", "-", "3-3", True, "TR 1"), Shape("O", "-", "1-2",
    True, "TR 1"),
    Shape("RD", " ", "1-4", False, "FR 1 DO .2"), Shape("N", " ", "1-3", False, "FR 1 BE 1 CH .3 LU .3 ZA .3"),
    Shape("N", "", "1-3", False, "FR .6 BE 1 IE 1 NL .6 ZA 1 CH .2 LU .5 MZ .5 PT .3 PH .2"),
    Shape("EN", " ", "1-3", True, "PT 1"), Shape("EN", "", "1-3", True, "PT 1"), Shape("IC", "", "1-2", False, "PT 1 "
    "IE .01"),
    Shape("IP", "", "1-2", False, "PT 1"), Shape("A", " ", "1-2", False, "FR 1 DE .7 IT .3 AT 1 CH .5 NL .2 PT .8 HR "
    ".5 SI .6 GB .02"),
    Shape("A", "", "1-2", False, "GB 1 DE .8 FR .8 IT 1 NL 1 CH 1 PT .8 LU 1 HR .8 SI .8 PL 1 AU .6 AT .7 RO .7 BG "
    ".6 RS .8 IM .8"),
    Shape("A", "", "3-4", False, "GB 1 NL .08 DE .2 FR .15 AU .05 IM .2"), Shape("B", "", "3-4", False, "GB 1 DE .3 "
    "AT .1 AU .15"),
    Shape("B", "", "1-2", False, "DE 1 AT .7 AU .5"), Shape("B", " ", "1-3", False, "DE 1 AT .7"),
    Shape("M", "", "1-2", False, "GB 1 IE 1 HU 1 AU .9 ZA .5 RU .2 BY .4 PK .4 DK .1 NI .05 UA .3 KZ .1"),
    Shape("R", "", "2-3", False, "ZA 1 IE .8 BE .5 CZ .1 KG .1"), Shape("L", "", "4-5", False, "IE 1"),
    Shape("S", "", "1-2", False, "PL 1 DE .6 AT .5 CN .5 CH .5 DK .3"), Shape("DK", "", "1-2", True, "PL 1"),
    Shape("DW", "", "3-3", True, "PL 1"), Shape("DN", "", "1-2", True, "RO 1"), Shape("DJ", "", "3-3", True, "RO 1"),
    Shape("SH", " ", "1-3", True, "NZ 1 IN .4 US/Texas .4 AL .4"), Shape("SH", "", "1-3", True, "NZ 1 IN .3 AL .6"),
    Shape("NH", " ", "1-3", True, "IN 1 BT .1"), Shape("NH", "-", "1-3", True, "IN 1"), Shape("NH", "", "1-3", True,
    "IN 1"),
    Shape("G", "", "1-4", False, "CN 1"), Shape("RV", " ", "1-3", True, "NO 1 SE .3"), Shape("RV", "", "1-3", False,
    "NO 1 SE .3"),
    Shape("FV", " ", "1-4", True, "NO 1"), Shape("RUTE", " ", "1-3", True, "DK 1 NO .4"), Shape("VT", " ", "1-2",
    False, "FI 1"),
    Shape("VÄG", " ", "1-3", True, "SE 1 FI .05"), Shape("E", "", "1-3", False, _EUROPE), Shape("E", " ", "1-3",
    False, _EUROPE),
    Shape("E", "-", "1-2", False, "ES .6 SE .02"), Shape("PE", "-", "1-2", True, "PE 1"), Shape("AH", "", "1-3",
    False, "TH 1 MY .8 "
          "IN .4 VN .4 KH .6 LA .5 KR .4 CN .1 KZ .3 TR .2 IR .4"), Shape("H", "", "1-2", False, "CH 1 UA .3 IS .01"),
    Shape("CTRA", " ", "1-4", False, "ES 1 MX .3"), Shape("RUTA", "-", "1-3", True, "CL 1"), Shape("RT", " ", "1-3",
    True, "US 1"),
    Shape("LOOP", " ", "3-4", True, "US/Texas 1"), Shape("FM", " ", "2-4", True, "US/Texas 1"), Shape("JCT", " ",
    "1-3", True, "US 1 CA .6"),
)  # fmt: skip
_NUMBER = re.compile(r"(?<![\w.,/-])([^\W\d_]{1,7})(\.? |-|)(\d{1,5})(?!\w|-\d|[.,:]\d|[ /]?\d)")
_MOTORWAY = re.compile(r"(?<!\w)A\d{1,3} ?\(M\)")
_CYRILLIC = re.compile(r"(?<!\w)[МАР]-?\d{1,3}(?!\w)")
_ROADS = re.compile(
    r"\bkm\b|\bctra\b|\bautobahn|\bautoroute|\bautopista|\bautostrad|\bmotorway|\bmotorvej|\bjunction|\bexit|\bausfahrt|"
    r"\bsortie|\bsalida|\buscita|\bafrit|\bdirección|[→←↑↗↖⇨⇦⬆➔]|\broad\b|\broute\b|\btoll\b|\bpéage|\bmaut\b|\bring\b",
    re.I,
)
_BY_LETTERS: dict[tuple[str, str], list[tuple[Shape, dict[str, float]]]] = {}
for _shape in SHAPES:
    _BY_LETTERS.setdefault((_shape.letters, _shape.between), []).append((_shape, ratios(_shape.ratios)))


def clues(reading: Reading, ground: Ground) -> list[Clue]:
    """One clue, of all road numbers together.

    >>> from photoplanet.earth import ground
    >>> from photoplanet.signs.line import Line
    >>> line = Line("Ctra. C-17, Km 73", 0.99, ((0, 0), (1, 0), (1, 1), (0, 1)))
    >>> [clue.says for clue in clues(Reading((line,), 640, 480), ground.read())]
    ['C-17: Catalonia']
    """
    return by_country.joined("road number", _sights(reading), reading, ground, CAP)


def _sights(reading: Reading) -> Iterator[Sight]:
    for row, line in enumerate(reading.lines):
        text = plain(line.text)
        if not any(sign.isdigit() for sign in text):
            continue
        for match in _MOTORWAY.finditer(text):
            yield Sight("A(M)", match[0], row, ratios("GB 1"), TELLING)
        for match in _CYRILLIC.finditer(text):
            yield Sight("М-", match[0], row, ratios("RU 1 BY .6 UA .6 KZ .3"), PLAIN)
        of_roads = _ROADS.search(text) is not None
        for match in _NUMBER.finditer(text):
            alone = len(text) <= len(match[0]) + 2
            shape = _shape_of(match[1], match[2], match[3])
            # A-6020 before a town is a postcode
            if shape and ((shape[0].telling and len(match[3]) < 4) or alone or of_roads):
                reliability = TELLING if shape[0].telling and (alone or of_roads or match[2] == "-") else PLAIN
                yield Sight(f"{match[1].upper()}{match[2]}", match[0], row, shape[1], reliability)


def _shape_of(letters: str, between: str, digits: str) -> tuple[Shape, dict[str, float]] | None:
    """The kind of road number, if there is one: letters in capitals, or a word that begins with one."""
    if not letters[0].isupper() or (len(letters) < 3 and letters not in (letters.upper(), "Rv", "Fv", "Vt", "Sh")):
        return None
    for shape, places in _BY_LETTERS.get((letters.upper(), between.strip(".") or ("" if not between else " ")), ()):
        least, most = shape.digits.split("-")
        if int(least) <= len(digits) <= int(most) and digits[0] != "0":
            return shape, places
    return None
