"""Units as evidence: miles, mph, feet and °F on one side, km/h and °C on the other."""

import re
from collections.abc import Iterator

from photoplanet.clues import by_country
from photoplanet.clues.by_country import Sight, ratios
from photoplanet.clues.clue import Clue
from photoplanet.clues.plain_text import plain
from photoplanet.earth.ground import Ground
from photoplanet.signs.line import Reading

CAP = 6.0  # bits
RELIABILITY = 0.8
# name → (regular expression, ratios): how usual the unit is on signs
UNITS = {
    "mph": (r"\d ?mph\b|\bm\.p\.h\b|^mph$", "GB 1 US .9 IM 1 JE 1 GG 1 PR .3 VI .8 BS .6 LR .5 KY .8 BZ .4 * .01"),
    "speed limit": (r"^speed limit ?\d*$", "US 1 CA .4 AU .2 NZ .2 PH .4 IN .4 PR .3 ZA .1 * .03"),
    "miles": (r"\d ?miles?\b|\d ?mi\b|\bmiles? (?:to|from|ahead|north|south|east|west|per)\b",
              "US 1 GB .9 IM .9 JE .8 GG .8 BS .5 LR .5 PR .2 IE .1 CA .05 AU .02 * .02"),
    "yards": (r"\d ?(?:yds?|yards)\b", "GB 1 IM 1 US .1 IE .1 * .01"),
    "feet": (r"\d ?(?-i:ft|FT|feet|Feet|FEET)\b|\d ?'-\d{1,2} ?\"|\bfeet above\b", "US 1 GB .6 CA .3 IN .3 BS .4 NP "
    ".2 LK .2 BT .2 "
             "IE .1 * .03"),
    "pounds": (r"\d ?lbs?\b|\d ?fl\.? ?oz\b", "US 1 GB .15 CA .4 PR .6 JM .4 BS .6 * .03"),
    "gallons": (r"\d ?gal(?:lons?)?\b|\bper gallon\b", "US 1 GB .1 PR .1 LR .3 * .02"),
    "°F": (r"\d ?° ?f\b", "US 1 PR .8 BS .7 BZ .7 KY .7 PW .8 FM .8 LR .6 GB .05 * .01"),
    "°C": (r"\d ?° ?c\b", "US .04 PR .1 BS .2 KY .2 LR .2 * 1"),
    "km/h": (r"\bkm ?/ ?h\b|\bkmh\b|\bkm/std\b|\bkph\b|公里", "US .02 GB .02 IM .02 JE .02 GG .02 * 1"),
    "km/t": (r"\bkm ?/ ?t\b", "DK 1 NO 1 FO .8 * .003"),
    "km/u": (r"\bkm ?/ ?u\b", "NL 1 BE .6 ZA .3 NA .3 * .003"),
    "km": (r"\d ?km\b(?! ?/)|\bkm \d|\d ?км\b(?! ?/)", "US .1 GB .12 IM .1 JE .1 GG .1 LR .2 * 1"),
}  # fmt: skip
# what each of them holds
_ANY = re.compile("m\\.?p\\.?h|mi|yd|yard|ft|feet|'-|lb|oz|gal|°|km|kph|км|公里|speed", re.I)
_COMPILED = [(name, re.compile(expression, re.I), ratios(text)) for name, (expression, text) in UNITS.items()]


def clues(reading: Reading, ground: Ground) -> list[Clue]:
    """One clue per unit.

    >>> from photoplanet.earth import ground
    >>> from photoplanet.signs.line import Line
    >>> line = Line("MAX 20 MPH", 0.99, ((0, 0), (1, 0), (1, 1), (0, 1)))
    >>> [clue.says for clue in clues(Reading((line,), 640, 480), ground.read())]
    ['MAX 20 MPH: United Kingdom, Isle of Man, Guernsey and 6 more']
    """
    return by_country.clues("unit", _sights(reading), reading, ground, CAP)


def _sights(reading: Reading) -> Iterator[Sight]:
    for row, line in enumerate(reading.lines):
        text = plain(line.text)
        if not _ANY.search(text):
            continue
        for name, expression, places in _COMPILED:
            match = expression.search(text)
            if match:
                yield Sight(name, text[max(match.start() - 6, 0) : match.end()].strip(), row, places, RELIABILITY)
