"""Money as evidence: signs and codes of currencies, and how prices are written ("12,50 €", "€12.50", "45:-")."""

import re
from collections.abc import Iterator
from functools import cache

from photoplanet.clues import by_country
from photoplanet.clues.by_country import Sight, ratios
from photoplanet.clues.clue import Clue
from photoplanet.clues.plain_text import listed, plain
from photoplanet.earth import countries
from photoplanet.earth.ground import Ground
from photoplanet.signs.line import Reading

CAP = 11.0  # bits
SURE, USUAL, WEAK = 0.88, 0.75, 0.5  # reliabilities
EURO = (
    "AT 1 BE 1 CY 1 DE 1 EE 1 ES 1 FI 1 FR 1 GR 1 HR .5 IE 1 IT 1 LT 1 LU 1 LV 1 MT 1 NL 1 PT 1 SI 1 SK 1 ME 1 XK 1 "
    "AD 1 MC 1 SM 1 VA 1 GP 1 MQ 1 RE 1 GF 1 BG .1 CH .1 CZ .08 DK .04 HU .06 PL .05 RO .05 RS .1 AL .3 BA .1 MA .1 "
    "TR .15 * .02"
)
DOLLAR = (
    "US 1 CA 1 AU 1 NZ 1 SG 1 HK 1 TW .6 MX .9 AR .9 CL .9 CO .9 UY .9 EC 1 SV 1 PA .9 PR 1 JM 1 TT 1 BB 1 BS 1 BZ 1 "
    "FJ 1 NA .5 GY 1 SR .5 LC 1 AG 1 GD 1 DM 1 VC 1 KN 1 KY 1 BM 1 VI 1 GU 1 DO .6 CU .8 NI .5 KH .6 LR .8 ZW .8 BR .1 "
    "PE .1 CR .2 * .02"
)
# signs that are money wherever they stand
SIGNS = {
    "€": (EURO, USUAL), "£": ("GB 1 GG 1 JE 1 IM 1 GI 1 FK 1 SH 1 IE .03 EG .05 TR .02 CY .02 * .003", SURE),
    "₽": ("RU 1", SURE), "₺": ("TR 1", SURE), "₹": ("IN 1", SURE), "₩": ("KR 1", SURE), "₫": ("VN 1", SURE),
    "₱": ("PH 1", SURE), "₪": ("IL 1 PS .7", SURE), "₴": ("UA 1", SURE), "₸": ("KZ 1", SURE), "₾": ("GE 1", SURE),
    "֏": ("AM 1", SURE), "₦": ("NG 1", SURE), "₡": ("CR 1", USUAL), "₲": ("PY 1", SURE), "₵": ("GH 1", USUAL),
    "₭": ("LA 1", SURE), "₮": ("MN 1", SURE), "₼": ("AZ 1", SURE), "৳": ("BD 1", SURE), "฿": ("TH 1", SURE),
    "៛": ("KH 1", SURE), "﷼": ("IR 1 SA .5 OM .3 YE .5 QA .3", USUAL),
}  # fmt: skip
# what stands right before an amount
BEFORE = {
    "$": (DOLLAR, USUAL), "US$": ("US .2 KH 1 EC .5 AR .4 UY .5 PE .5 ZW 1 VN .3 PH .2 * .05", WEAK),
    "A$": ("AU 1", SURE), "AU$": ("AU 1", SURE), "C$": ("CA 1 NI 1", USUAL), "CA$": ("CA 1", SURE), "NZ$": ("NZ 1",
    SURE), "S$": ("SG 1", SURE), "HK$": ("HK 1 MO .2", SURE), "NT$": ("TW 1", SURE), "MX$": ("MX 1", SURE), "R$":
    ("BR 1", SURE), "RD$": ("DO 1", SURE), "J$": ("JM 1", SURE), "TT$": ("TT 1", SURE), "MOP$": ("MO 1", SURE), "¥":
    ("JP 1 CN 1", SURE), "円": ("JP 1", USUAL), "S/": ("PE 1", SURE), "S/.": ("PE 1", SURE), "Bs": ("BO 1 VE .8",
    USUAL), "Bs.": ("BO 1 VE .8", USUAL), "Gs": ("PY 1", USUAL), "Gs.": ("PY 1", USUAL), "Rs": ("IN 1 PK 1 LK 1 NP 1 "
    "MU .8 SC .3", SURE), "Rs.": ("IN 1 PK 1 LK 1 NP 1 MU .8", SURE), "Rp": ("ID 1", SURE), "Rp.": ("ID 1", SURE),
    "RM": ("MY 1", SURE), "Php": ("PH 1", SURE), "P": ("PH .5 BW 1", 0.2), "R": ("ZA 1", USUAL), "KSh": ("KE 1", SURE),
    "Ksh": ("KE 1", SURE), "KSH": ("KE 1", SURE), "TSh": ("TZ 1", SURE), "USh": ("UG 1", SURE), "Kr": ("NO 1 DK .6 SE "
    ".4 IS .2 FO .3", USUAL), "Kr.": ("NO 1 DK 1 SE .2 IS .2 FO .5", USUAL), "kr": ("NO 1 DK .8 SE .3 IS .3 FO .5",
    USUAL), "kr.": ("DK 1 NO .8 SE .1 FO .6", USUAL), "SFr": ("CH 1", SURE), "Q": ("GT 1", USUAL), "L.E": ("EG 1",
    SURE), "LE": ("EG 1", WEAK), "EGP": ("EG 1", SURE), "Tk":
    ("BD 1", USUAL), "Dhs": ("AE 1 MA .2", USUAL), "Dh": ("MA 1 AE .6", USUAL),
}  # fmt: skip
# what stands right after an amount
AFTER = {
    "kr": ("SE 1 NO .8 DK .7 IS .8 FO .5 GL .5", USUAL), "kr.": ("DK 1 NO .4 SE .2 IS .9 FO .8 GL .6", USUAL), "Kr":
    ("SE .8 NO .8 DK .8 IS .5", USUAL), "Kr.": ("DK 1 NO .5 IS .6 SE .2", USUAL), "KR": ("SE 1 NO .8 DK .7 IS .5",
    WEAK), "kronor": ("SE 1", SURE), "kroner": ("NO 1 DK 1", SURE), ":-": ("SE 1 NO .4 DK .02 FI .01 CH .02", USUAL),
    ".-": ("CH 1 TH .5 DE .1 AT .1 CZ .05 LI .5 NO .05", WEAK), ",-": ("CZ .6 NO 1 DK 1 DE .5 AT .4 NL .6 BE .2 SK .2 "
    "CH .1 SE .05", WEAK), "Kč": ("CZ 1", SURE), "Kc": ("CZ 1", USUAL), "kč": ("CZ 1", SURE), "zł": ("PL 1", SURE),
    "zl": ("PL 1", USUAL), "Ft": ("HU 1", SURE), "forint": ("HU 1", SURE), "руб": ("RU 1 BY .6", SURE), "р": ("RU 1 "
    "BY .6", WEAK), "TL": ("TR 1", SURE), "円": ("JP 1", SURE), "元": ("CN 1 TW 1 HK .3 MO .3", USUAL), "원": ("KR 1",
    SURE), "лв": ("BG 1", SURE), "lei": ("RO 1 MD .8", SURE), "LEI": ("RO 1 MD .8", USUAL), "ден": ("MK 1", SURE),
    "дин": ("RS 1", SURE), "din": ("RS 1", USUAL), "RSD": ("RS 1", SURE), "kn": ("HR 1", USUAL), "Fr.": ("CH 1 LI "
    "1", WEAK), "Fr": ("CH 1 LI 1", WEAK), "грн": ("UA 1", SURE), "тг": ("KZ 1", SURE), "บาท": ("TH 1", SURE),
    "baht": ("TH 1", USUAL), "đ": ("VN 1",
    SURE), "vnđ": ("VN 1", SURE), "dh": ("MA 1 AE .6", USUAL), "DH": ("MA 1 AE .6", USUAL), "DT":
    ("TN 1", USUAL), "DA": ("DZ 1", USUAL), "Rs": ("MU 1 IN .3 LK .3 PK .3 NP .3 SC .5", USUAL), "сом": ("KG 1",
    SURE), "Kz": ("AO 1", SURE), "FCFP": ("PF 1 NC 1 "
    "WF 1", SURE), "MTn": ("MZ 1", SURE), "Lekë": ("AL 1", SURE), "Lek": ("AL 1", SURE), "lekë": ("AL 1", SURE),
    "FCFA": ("SN 1 CI 1 CM 1 "
    "BF 1 ML 1 BJ 1 TG 1 NE 1 GA 1 CG 1 TD 1 CF 1", SURE), "CFA": ("SN 1 CI 1 CM 1 BF 1 ML 1 BJ 1 TG 1 NE 1 GA 1 CG 1",
    SURE), "Ar": ("MG 1", USUAL), "MMK": ("MM 1", SURE), "Ks": ("MM 1", USUAL), "NIS": ("IL 1 PS .7", SURE), "₪":
    ("IL 1 PS .7", SURE), "ден.": ("MK 1", SURE), "лв.": ("BG 1", SURE), "руб.": ("RU 1 BY .6", SURE), "грн.":
    ("UA 1", SURE), "p": ("GB 1 IE .1", 0.25), "Euro": (EURO, USUAL), "euro": (EURO, USUAL), "EURO": (EURO, USUAL),
    "EUR": (EURO, WEAK), "euros": ("FR 1 ES 1 PT 1 BE .6 IE .3 LU .5 MC 1 * .03", USUAL),
}  # fmt: skip
# Arabic and Persian abbreviations and words, which stand on either side of an amount
WORDS = {
    "د.م": "MA 1", "د.إ": "AE 1", "ج.م": "EG 1", "ر.س": "SA 1", "ر.ق": "QA 1", "د.أ": "JO 1", "د.ت": "TN 1",
    "د.ك": "KW 1",
    "د.ج": "DZ 1", "د.ب": "BH 1", "ر.ع": "OM 1", "ل.ل": "LB 1", "ل.س": "SY 1", "د.ل": "LY 1", "د.ع": "IQ 1",
    "ر.ي": "YE 1",
    "ریال": "IR 1", "تومان": "IR 1", "ريال": "SA 1 QA 1 OM 1 YE 1", "درهم": "MA 1 AE 1", "جنيه": "EG 1 SD 1",
    "دينار": "JO 1 KW 1 TN 1 DZ 1 LY 1 IQ 1 BH 1", "ליש": "IL 1", "ש\"ח": "IL 1 PS .5", "रु": "IN 1 NP 1", "රු": "LK 1",
    "ብር": "ET 1", "F CFA": "SN 1 CI 1 CM 1 BF 1 ML 1 BJ 1 TG 1 NE 1 GA 1 CG 1 TD 1 CF 1 GQ 1 GW 1",
}  # fmt: skip
# codes that are words, and those of money that is changed everywhere
_NO_CODES = listed("ALL TOP CUP GEL MOP PEN TRY COP MAD SOS BAM ANG LAK BOB STN PAB NAD CAD USD EUR")
_SHARED = {
    EURO: ("EUR",),
    DOLLAR: ("USD", "AUD", "NZD", "CAD", "XCD", "SGD", "HKD", "BND", "SBD", "FJD", "BSD", "KYD", "BMD"),
    AFTER["kr"][0]: ("NOK", "DKK"),
    SIGNS["£"][0]: ("GBP", "SSP"),
}
_WITH_CENTS = ("R", "Q", "P")  # single letters are money only before an amount with cents
# where the sign of the euro stands and what the cents come after: (before or after, the mark) → ratios
STYLES = {
    ("before", "."): "IE 1 MT 1 CY .7 NL .15 GR .1 IT .1 AT .1 BE .1 DE .04 FR .02 ES .02 PT .03 FI .01 * .1",
    ("before", ","): "NL 1 AT 1 IT .7 BE .7 GR .2 DE .2 PT .15 ES .05 FR .03 IE .01 FI .02 * .1",
    ("after", "."): "GR .3 ES .2 IE .1 CY .5 IT .3 FR .15 DE .15 PT .2 LV .2 LT .2 EE .2 SI .1 NL .05 * .1",
    ("after", ","): "DE 1 FR 1 ES 1 PT 1 FI 1 GR 1 IT .5 BE .8 SI 1 SK 1 EE 1 LT 1 LV 1 LU 1 HR 1 AT .35 NL .06 "
    "GP 1 MQ 1 RE 1 GF 1 MC 1 XK .5 IE .01 MT .02 * .2",
}
STYLE_RELIABILITY = 0.6
_AMOUNT = r"\d{1,3}(?:[.,' ]\d{3}){1,3}(?![\d])(?:[.,]\d\d(?!\d))?|\d{1,7}(?:[.,]\d\d(?!\d))?"
_NEXT = r"(:-|\.-|,-|[^\W\d_]{1,7}\.?|₪)"
_BEFORE = re.compile(rf"(?<![^\W\d_])([^\W\d_]{{0,4}}\$|[^\W\d_]{{1,4}}\.?|S/\.?|L\.E|¥|円) ?(?:{_AMOUNT})(?![\w%])")
_AFTER = re.compile(rf"(?<![\w.,:/-])(?:{_AMOUNT}) ?{_NEXT}(?!\w)")
_EURO = re.compile(r"(€|EUR) ?\d{1,6}([.,])\d\d(?!\d)|(?<![\d.,])\d{1,6}([.,])\d\d ?(€|EUR)")


def clues(reading: Reading, ground: Ground) -> list[Clue]:
    """One clue per currency, and one for how prices in euros are written.

    >>> from photoplanet.earth import ground
    >>> from photoplanet.signs.line import Line
    >>> line = Line("Kaffe 35:-", 0.99, ((0, 0), (1, 0), (1, 1), (0, 1)))
    >>> [clue.says for clue in clues(Reading((line,), 640, 480), ground.read())]
    ['35:-: Sweden']
    """
    return by_country.clues("currency", _sights(reading), reading, ground, CAP)


def _sights(reading: Reading) -> Iterator[Sight]:
    for row, line in enumerate(reading.lines):
        text = plain(line.text)
        for sign in sorted(SIGNS.keys() & set(text)):
            yield Sight(sign, _around(text, sign), row, _whole(SIGNS[sign][0]), SIGNS[sign][1])
        if not any(sign.isdigit() for sign in text):
            continue
        for word in WORDS:
            if word in text:
                yield Sight(word, _around(text, word), row, ratios(WORDS[word]), SURE)
        for table, pattern in ((BEFORE, _BEFORE), (AFTER, _AFTER)):
            for match in pattern.finditer(text):
                yield from _judged(match[1], match[0], table, row)
        for match in _EURO.finditer(text):
            style = ("before", match[2]) if match[1] else ("after", match[3])
            yield Sight(f"style {style}", match[0], row, ratios(STYLES[style]), STYLE_RELIABILITY)


def _judged(mark: str, seen: str, table: dict[str, tuple[str, float]], row: int) -> Iterator[Sight]:
    if mark in _WITH_CENTS and not re.search(r"[.,]\d\d$", seen):
        return
    if mark in table:
        text, reliability = table[mark]
        key = "€" if text == EURO else mark
        yield Sight(key, seen.strip(), row, _whole(text), reliability)
    elif mark in _codes():
        yield Sight(mark, seen.strip(), row, dict.fromkeys(_codes()[mark], 1.0), SURE)


def _around(text: str, sign: str) -> str:
    """The sign with the amount beside it."""
    match = re.search(rf"(?:[\d.,]{{1,9}} ?)?{re.escape(sign)}(?: ?[\d.,]{{1,9}})?", text)
    return match[0].strip() if match else sign


@cache
def _whole(text: str) -> dict[str, float]:
    """A table's ratios, and 1 for the other countries that pay in euros, dollars, kroner or pounds by its name."""
    paid = _SHARED.get(text, ())
    found = ratios(text)
    return {code: 1.0 for code, country in countries.read().items() if country.currency in paid} | found


@cache
def _codes() -> dict[str, list[str]]:
    """ISO 4217 code → countries."""
    codes: dict[str, list[str]] = {}
    for code, country in countries.read().items():
        if country.currency and country.currency not in _NO_CODES:
            codes.setdefault(country.currency, []).append(code)
    return codes
