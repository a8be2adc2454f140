"""The numbers of police, fire brigade and ambulance as evidence: weak, and only beside a word that names them."""

from collections.abc import Iterator

from photoplanet.clues import by_country
from photoplanet.clues.by_country import Sight, ratios
from photoplanet.clues.clue import Clue
from photoplanet.clues.domain_places import EU
from photoplanet.clues.plain_text import listed, plain, words
from photoplanet.earth.ground import Ground
from photoplanet.signs.line import Reading

CAP = 5.0  # bits
RELIABILITY = 0.4
NUMBERS = {
    "112": EU + " NO 1 IS 1 CH .5 TR 1 GB .05 KR .6 IN .5 RU .6 UA .5 ZA .3 RS .4 BA .4 MK .5 "
    "ME .5 * .02",
    "911": "US 1 CA 1 MX .9 AR .8 EC .9 CR .9 PA .8 UY .9 PH .9 DO .9 PR 1 SV .8 PY .8 BS .6 JO .8 SA .5 * .01",
    "999": "GB 1 IE .7 HK 1 MY 1 SG 1 KE .9 BH .9 BD .9 QA .9 AE .8 ZW .5 TT .9 PL .5 UG .6 MU .8 MO 1 * .01",
    "000": "AU 1", "111": "NZ 1 GB .05", "110": "DE 1 CN 1 JP 1 TW 1 NO .6 TR .5 ID .9 * .01",
    "119": "JP 1 KR 1 CN .8 TW 1 LK .5 JM .4 MV .6 * .01", "120": "CN 1", "122": "AT .8 CN .4 EG 1 SI .3 * .01",
    "113": "NO .9 IT .9 VN .9 IS .2 LV .3 BE .1 * .01", "118": "IT 1 CH .9 JP .1 * .01", "117": "CH 1 * .01",
    "144": "AT 1 CH 1", "133": "AT 1 CL 1", "115": "IT .8 DE .4 FR .4 VN .4 * .01", "190": "BR 1 JM .1", "192": "BR 1",
    "193": "BR 1", "091": "ES 1", "092": "ES 1", "061": "ES 1", "100": "IN 1 GR 1 IL .9 NP .7 AR .3 BE .1 * .01",
    "101": "RU .6 UA 1 BY 1 IL 1 IN .5 BE .5 AR .5 KZ .9", "102": "RU .6 UA 1 BY 1 IL 1 IN .6 KZ .9 AZ .8",
    "103": "RU .8 UA 1 BY 1 KZ .9 AZ .8", "108": "IN 1 GR .2", "155": "CZ 1 SK 1 TR .8", "158": "CZ 1 SK 1",
    "150": "CZ 1 SK 1", "997": "PL 1", "998": "PL 1", "107": "HU 1 AR 1", "105": "HU 1 PE .9", "104": "HU 1",
    "191": "TH 1 VE .1", "1669": "TH 1", "10111": "ZA 1", "10177": "ZA 1", "166": "GR 1", "199": "GR 1 ID .1",
    "15": "FR 1 PK .7 * .01", "17": "FR 1 * .01", "18": "FR 1 * .01", "114": "DK .6 SE .4 FR .6 * .01",
    "11414": "SE 1", "0900-8844": "NL 1", "1122": "PK 1",
}  # fmt: skip
_WORDS = tuple(
    sorted(
        listed(
            "notruf emergency emergencia emergência urgence secours polizei police policia policía policja policie "
            "polis politi "
            "polizia poliisi feuerwehr fire ambulance ambulanza ambulanse rettung pompiers pompieri bomberos "
            "bombeiros sos "
            "nödnummer nödsituation alarm larm alarmnummer nødsituation hätänumero ring112 soccorso emergenza samu "
            "straż "
            "hasiči mentők tűzoltó rendőrség полиция скорая пожарная поліція спешна спасение αστυνομία εκαβ jandarma "
            "itfaiye "
            "acil 警察 消防 救急 緊急 紧急 急救 报警 報警 火警 경찰 소방 긴급 ตำรวจ ฉุกเฉิน طوارئ شرطة חירום משטרה"
        )
    )
)
_LONGEST = 11  # characters of the longest word or number


def clues(reading: Reading, ground: Ground) -> list[Clue]:
    """One clue per emergency number beside a word that names it, in the same line or the one before or after.

    >>> from photoplanet.earth import ground
    >>> from photoplanet.signs.line import Line
    >>> lines = [Line(text, 0.99, ((0, 0), (1, 0), (1, 1), (0, 1))) for text in ("In an emergency", "call 000")]
    >>> [clue.says for clue in clues(Reading(tuple(lines), 640, 480), ground.read())]
    ['000: Australia']
    """
    return by_country.clues("emergency number", _sights(reading), reading, ground, CAP)


def _sights(reading: Reading) -> Iterator[Sight]:
    texts = [plain(line.text) for line in reading.lines]
    named = [_names_emergency(text) for text in texts]
    for row, text in enumerate(texts):
        if any(named[max(row - 1, 0) : row + 2]):
            found = [word for word in words(text) if word in NUMBERS and len(word) <= _LONGEST]
            # two digits are a number of the kind only where the line is little else
            for number in found:
                if len(number) > 2 or len(text) <= len(number) + 12:
                    yield Sight(number, number, row, ratios(NUMBERS[number]), RELIABILITY)


def _names_emergency(text: str) -> bool:
    found = text.casefold()
    return any(word in found for word in _WORDS)
