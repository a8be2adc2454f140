"""Number plates as evidence, as far as text shows them: lines that are nothing but a plate.

Many countries share a form, and many other things look like plates; so this is weak, except where a plate has letters
that only one country's have (京A·12345, 12가 3456).
"""

import re
from collections.abc import Iterator

from photoplanet.clues import by_country
from photoplanet.clues.by_country import Sight, ratios
from photoplanet.clues.clue import Clue
from photoplanet.clues.plain_text import plain
from photoplanet.clues.word_groups import greatest
from photoplanet.earth import countries
from photoplanet.earth.ground import Ground
from photoplanet.signs.line import Reading

CAP = 6.0  # bits
TELLING, PLAIN, WITH_COUNTRY = 0.7, 0.3, 0.6  # reliabilities; the last where the country's letters stand before it
LONGEST = 14  # characters
# (@ is a letter A–Z, # a digit, a space may be missing, the rest is a regular expression; ratios; telling)
PLATES = (
    (r"@@## @@@", "GB 1", True), (r"@#{1,3} @@@", "GB 1 PE .05", False), (r"#{2,3}-@{1,2}-#{1,6}", "IE 1", True),
    (r"@@-###-@@", "FR 1 IT .1", True), (r"@@ ### @@", "IT 1 FR .6 AR .7 GE .3 AL .4 SK .3", False),
    (r"[A-ZÄÖÜ]{1,3}[-:·•]@{1,2} #{1,4}[EH]?", "DE 1", False), (r"[A-ZÄÖÜ]{1,2}[-·]#{1,5} @{1,3}", "AT 1", False),
    (r"(?:AG|AR|BE|BL|BS|FR|GE|GL|GR|JU|LU|NE|NW|OW|SG|SH|SO|SZ|TG|TI|UR|VD|VS|ZG|ZH) [·•-]?#{4,6}", "CH 1", False),
    (r"##-@@@-#|#-@@@-##|@@-###-@|@-###-@@|@@@-##-@|@-##-@@@", "NL 1", True),
    (r"##-@@-@@|@@-@@-##|@@-##-@@", "NL 1 PT .4", False), (r"@@-##-##|##-##-@@|##-@@-##", "PT 1 NL .6", False),
    (r"[1289]-@@@-###", "BE 1", True), (r"#### [BCDFGHJKLMNPRSTVWXYZ]{3}", "ES 1 BR .01", True),
    (r"@@@ ##[A-Z0-9]", "SE 1 AU .4 HU .2 LT .4 AR .6 US .4 CO .5 NZ .5 FI .1", False),
    (r"@@@-###", "FI 1 HU 1 LT .1 US .3 MX .2 CO .5 PE .3", False), (r"@@ ## ###", "DK 1 NO .5", False),
    (r"@@ #####", "NO 1 DK .8 PL .2 CH .1", False), (r"#@# ####", "CZ 1", True), (r"@@-### @@", "SK 1 GE .4", False),
    (r"@{2,3} ####[0-9A-Z]|@@ #{2,3}@@|@@@ ##@@", "PL 1 HK .05", False),
    (r"@@ ##-?### @@|@@ ###-@{1,2}|@@ ####-@{1,2}", "HR 1 RS 1 ME .3", False), (r"(?:B|@@) #{2,3} @@@", "RO 1 PL "
    ".1", False),
    (r"[ABEKMHOPCTYX]{1,2} #### [ABEKMHOPCTYX]{2}", "BG 1 UA 1", False), (r"@@ #### @@", "UA 1 BG .3", False),
    (r"[ABEZHIKMNOPTYX]{3}[- ]?####", "GR 1 BR .3 US .4", False),
    (r"(?:0[1-9]|[1-7]#|8[01]) @{1,3} #{2,4}", "TR 1", True),
    (r"[ABEKMHOPCTYXАВЕКМНОРСТУХ] ### [ABEKMHOPCTYXАВЕКМНОРСТУХ]{2} #{2,3}", "RU 1", True),
    (r"#@@@###", "US/California 1 US .02", True), (r"@@@-####", "US .6 BR .8 PH .6 TW .8 MX .2 GR .8", False),
    (r"@@@@ ###", "CA/Ontario 1 US .02", True), (r"@@@#@##", "BR 1", True), (r"@@ ## @{1,2} ####", "IN 1", True),
    (r"[京沪粤津渝川浙苏鲁豫鄂湘闽皖赣冀晋辽吉黑桂云贵琼陕甘青宁新藏蒙]@[·•]? [A-Z0-9]{5,6}", "CN 1", True),
    (r"#{2,3} [가-힣] ####", "KR 1", True), (r"[ぁ-ん] [・·.]{0,3} #{1,2}-?##", "JP 1", True),
    (r"#?[ก-ฮ]{2} #{1,4}", "TH 1", True), (r"##@#?[- ]?###[.]?##", "VN 1", True), (r"@{1,2} #{1,4} @{2,3}", "ID 1 GB "
    ".1", False),
    (r"@@ ## @@ GP|@@@ ### (?:GP|EC|NW|MP|L)|CA #{4,6}", "ZA 1", True), (r"##-###-##|###-##-###", "IL 1", True),
    (r"S@@ #{1,4} @", "SG 1", False), (r"K@@ ###@", "KE 1", True),
)  # fmt: skip
EUROPE = {
    "A": "AT", "B": "BE", "BG": "BG", "CH": "CH", "CY": "CY", "CZ": "CZ", "D": "DE", "DK": "DK", "E": "ES", "EST": "EE",
    "F": "FR", "FIN": "FI", "GB": "GB", "UK": "GB", "GR": "GR", "H": "HU", "HR": "HR", "I": "IT", "IRL": "IE",
    "L": "LU", "LT": "LT",
    "LV": "LV", "M": "MT", "N": "NO", "NL": "NL", "P": "PT", "PL": "PL", "RO": "RO", "S": "SE", "SK": "SK", "SLO": "SI",
    "UA": "UA", "TR": "TR", "SRB": "RS", "BIH": "BA", "MNE": "ME", "NMK": "MK", "IS": "IS",
}  # fmt: skip

_MONEY = frozenset(country.currency for country in countries.read().values() if country.currency)


def clues(reading: Reading, ground: Ground) -> list[Clue]:
    """One clue, of all plates together.

    >>> from photoplanet.earth import ground
    >>> from photoplanet.signs.line import Line
    >>> line = Line("京A·12345", 0.99, ((0, 0), (1, 0), (1, 1), (0, 1)))
    >>> [clue.says for clue in clues(Reading((line,), 640, 480), ground.read())]
    ['京A·12345: China']
    """
    return by_country.joined("number plate", _sights(reading), reading, ground, CAP)


def _sights(reading: Reading) -> Iterator[Sight]:
    for row, line in enumerate(reading.lines):
        text = plain(line.text)
        if len(text) > LONGEST or not any(sign.isdigit() for sign in text):
            continue
        letters, _, rest = text.partition(" ")
        if _MONEY & set(re.findall(r"[A-Z]{3}", text)):
            continue
        country = EUROPE.get(letters, "")
        found = _matching(text)
        if found:
            places, telling = found
            yield Sight("plate", text, row, places, TELLING if telling else PLAIN)
        elif country and (abroad := _matching(rest)) and country in abroad[0]:
            yield Sight(f"plate {country}", text, row, {country: 1.0}, WITH_COUNTRY)


def _matching(text: str) -> tuple[dict[str, float], bool] | None:
    """The countries whose plates look so, and whether nothing else does."""
    tables = [(places, telling) for expression, places, telling in _PLATES if expression.fullmatch(text)]
    if not tables:
        return None
    return greatest([places for places, _ in tables]), all(telling for _, telling in tables)


def _compiled(plate: str) -> re.Pattern[str]:
    letters = plate.replace("@", "[A-Z]").replace("#", r"\d")
    return re.compile(re.sub(r" (?!\])(?![?])", " ?", letters))


_PLATES = [(_compiled(plate), ratios(text), telling) for plate, text, telling in PLATES]
