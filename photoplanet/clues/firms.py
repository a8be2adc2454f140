"""Forms of firms as evidence: GmbH, S.p.A., ApS, Sp. z o.o., Pty Ltd, 株式会社."""

from collections.abc import Iterator

from photoplanet.clues import by_country
from photoplanet.clues.by_country import Sight, ratios
from photoplanet.clues.clue import Clue
from photoplanet.clues.plain_text import Phrases, bare, plain
from photoplanet.earth.ground import Ground
from photoplanet.signs.line import Reading

CAP = 9.0  # bits
RELIABILITY, SHORT_RELIABILITY = 0.75, 0.35
# as they are written, without the last dot; the case does not matter
FORMS = {
    "gmbh": "DE 1 AT 1 CH .7 LI .5 * .005", "mbh": "DE 1 AT 1 CH .5", "gesmbh": "AT 1", "ges.m.b.h": "AT 1", "& co. kg":
    "DE 1 AT .7", "co. kg": "DE 1 AT .7", "gmbh & co. kg": "DE 1 AT .7", "gmbh & co kg": "DE 1 AT .7", "e.v": "DE 1 "
    "AT .02 LI .3", "e.k": "DE 1", "e.u": "AT 1", "gbr": "DE 1", "ohg": "DE 1", "kgaa": "DE 1", "s.p.a": "IT 1 CL .3 "
    "SM .6 DZ .3", "s.r.l": "IT 1 RO .5 AR .5 MD .5 BE .1 PE .3 SM .6", "s.n.c": "IT 1 FR .2", "s.a.s di": "IT 1",
    "s.a.s":
    "IT .8 FR .8 CO 1 AR .2", "sarl": "FR 1 LU .7 MA .8 TN .8 DZ .8 SN .7 CI .6 CH .1", "s.a.r.l": "FR 1 LU .7 MA .6 "
    "TN .6 "
    "LB .6 DZ .6", "sàrl": "CH 1 LU .7", "s.à r.l": "LU 1 CH .6", "sas": "FR 1 CO 1 AR .1", "eurl": "FR 1 DZ .8",
    "sasu": "FR 1",
    "s.l": "ES 1 AD .7", "s.l.u": "ES 1 AD .5", "s.a.u": "ES 1 AR .2", "s.coop": "ES 1", "sociedad limitada": "ES 1",
    "s.a. de c.v": "MX 1 SV .6 HN .6", "sa de cv": "MX 1 SV .6 HN .6", "s. de r.l": "MX 1 HN .8 PA .2", "s.a.c": "PE 1",
    "e.i.r.l": "PE 1 CL .5", "eirl": "PE 1 CL .5", "ltda": "BR 1 CL 1 CO 1 BO 1 EC .3 CR .4 PT .3 PY .2", "cía. "
    "ltda": "EC 1",
    "cia. ltda": "EC 1 BR .1", "lda": "PT 1 AO .8 MZ .8 CV .8", "unipessoal": "PT 1", "eireli": "BR 1", "c.a": "VE 1 "
    "EC .3",
    "b.v": "NL 1 CW .3 AW .2 SR .1 BE .1", "n.v": "NL .8 BE 1 SR .8 CW .8 AW .8", "bvba": "BE 1", "sprl": "BE 1 CD "
    ".3", "v.o.f":
    "NL 1 AW .3", "vzw": "BE 1", "asbl": "BE 1 LU 1", "a/s": "DK 1 NO .5 GL .5", "aps": "DK 1 GL .5", "p/s": "DK 1",
    "asa": "NO 1",
    "i/s": "DK 1", "oyj": "FI 1", "ehf": "IS 1", "hf": "IS 1", "oü": "EE 1", "mtü": "EE 1",
    "uab": "LT 1", "sp. z o.o": "PL 1", "sp z o.o": "PL 1", "sp. z oo": "PL 1", "spółka z o.o": "PL 1", "s.c": "PL "
    ".5", "sp.j": "PL 1",
    "s.r.o": "CZ 1 SK 1", "spol. s r.o": "CZ 1 SK 1", "v.o.s": "CZ 1 SK .3", "a.s": "CZ 1 SK 1", "kft": "HU 1",
    "zrt": "HU 1",
    "nyrt": "HU 1", "d.o.o": "SI 1 HR 1 BA 1 RS 1 ME 1 MK .3", "d.d": "SI 1 HR 1 BA 1", "j.d.o.o": "HR 1",
    "o.d": "SI .4", "s.p": "SI 1", "ооо": "RU 1 BY .5 KZ .1", "оао": "RU 1 BY .8", "зао": "RU 1 BY .5 AM .2",
    "пао": "RU 1",
    "тоо": "KZ 1", "тов": "UA 1", "оод": "BG 1", "еоод": "BG 1", "ад": "BG .6 RS .3", "доо": "RS 1 MK .6 BA .5",
    "дооел": "MK 1",
    "dooel": "MK 1", "sh.p.k": "AL 1 XK 1", "shpk": "AL 1 XK 1", "α.ε": "GR 1 CY .05", "ο.ε": "GR 1", "ε.π.ε": "GR "
    "1", "ι.κ.ε": "GR 1",
    "a.ş": "TR 1", "ltd. şti": "TR 1", "ltd.şti": "TR 1", "ltd şti": "TR 1", "san. ve tic": "TR 1", "şti": "TR 1",
    "s.r.l.d": "RO 1",
    "pfa": "RO .6", "plc": "GB 1 IE .8 LK .4 ET .4 KE .5 MT .4 NG .8", "llp": "GB 1 IN .6 US .7 CA .5 SG .3 KZ .2",
    "c.i.c": "GB 1",
    "cyf": "GB/Wales 1", "teoranta": "IE 1", "dac": "IE .7", "ltd": "GB 1 IE .9 NZ .8 IN .3 HK .6 KE "
    ".6 NG .6 "
    "CY .6 MT .6 JM .4 GH .6 BD .4 TR .1 CA .2 JP .2 CN .2 TW .2 TH .2 AU .1 ZA .1 SG .1 IL .3 BG .2 UG .5 TZ .5 ZM "
    ".5 * .04",
    "inc": "US 1 CA .8 PH .9 JP .15 TW .05 KR .1 * .03", "corp": "US 1 PH .8 CA .4 JP .15 KR .2 TW .3 PA .4 * .04",
    "llc":
    "US 1 AE .6 PR .6 AM .3 GE .3 UA .2 MN .6 OM .5 * .03", "l.l.c": "AE 1 US .4 OM .7 QA .4", "pty ltd": "AU 1 ZA "
    ".3 BW .5 NA .2 "
    "SZ .3", "(pty) ltd": "ZA 1 BW 1 NA 1 LS .8 SZ .8", "pty": "AU 1 ZA "
    ".4", "pvt ltd": "IN 1 PK .9 NP .9 LK .7 BD .2 ZW .5 MV .8", "pvt. ltd": "IN 1 PK .9 NP .9 LK .7 BD .2 ZW .5 MV .8",
    "private limited":
    "IN 1 PK .6 SG .2 NP .5 LK .4", "(pvt) ltd": "PK 1 LK 1 ZW 1 IN .3", "pte "
    "ltd": "SG 1 FJ .3",
    "pte. ltd": "SG 1 FJ .3", "sdn bhd": "MY 1 BN .8", "sdn. bhd": "MY 1 BN .8", "bhd": "MY 1 BN .5", "tbk": "ID 1",
    "co., ltd":
    "CN 1 TH 1 JP 1 TW 1 KR 1 VN 1 KH .8 MM .8 LA .6 IE .05 GB .05 HK .3 * .01", "co.,ltd": "CN 1 TH 1 JP 1 TW 1 KR "
    "1 VN 1 KH .8 "
    "MM .8 LA .6 HK .3 * .005", "co. ltd": "CN 1 TH 1 JP .8 TW 1 KR 1 VN .8 GB .2 IE .2 HK .6 KH .6 * .03",
    "w.l.l": "BH 1 QA 1 KW 1",
    "wll": "BH 1 QA 1 KW 1", "fze": "AE 1", "fzco": "AE 1", "s.a.l": "LB 1", "s.a.e": "EG 1", "tnhh": "VN 1", "cổ "
    "phần": "VN 1",
    "abn": "AU 1", "acn": "AU 1", "siret": "FR 1", "siren": "FR 1", "kvk": "NL 1", "cnpj": "BR 1", "p.iva": "IT 1",
    "p. iva": "IT 1",
    "partita iva": "IT 1", "cvr": "DK 1", "org.nr": "SE 1 NO 1", "orgnr": "SE .6 NO 1", "ičo": "CZ 1 SK 1",
    "dič": "CZ 1 SK 1", "nip":
    "PL 1", "regon": "PL 1", "gstin": "IN 1", "α.φ.μ": "GR 1", "αφμ": "GR 1", "инн": "RU 1 KG .3", "ust-idnr": "DE "
    "1", "ust-id": "DE 1",
    "btw-nr": "BE 1 NL 1", "btw": "NL 1 BE 1", "c.i.f": "ES 1", "n.i.f": "ES 1 PT .4",
    "ltée": "CA/Quebec 1 CA .1 MU .3", "enr": "CA/Quebec 1", "ulc": "CA 1", "s.e.n.c": "CA/Quebec 1", "株式会社": "JP "
    "1", "(株)": "JP 1",
    "有限会社": "JP 1", "(有)": "JP 1", "合同会社": "JP 1", "有限公司":
    "CN 1 TW 1 HK 1 MO 1 SG .2 MY .1", "股份有限公司": "TW 1 CN .6",
    "有限责任公司": "CN 1", "주식회사": "KR 1", "(주)": "KR 1", "유한회사": "KR 1", "บริษัท": "TH 1", "จำกัด": "TH 1",
}  # fmt: skip
# only in just this case, behind a name that is not all in capitals, at the end of a line or before a comma
SHORT = {
    "SIA": "LV 1", "Ky": "FI 1", "Teo": "IE 1",
    "AG": "DE 1 CH 1 AT .8 LI .8", "KG": "DE 1 AT 1", "OG": "AT 1", "AB": "SE 1 FI .2 LT .3 AX .6", "HB": "SE 1", "AS":
    "NO 1 EE .8 CZ .4 LV .4 SK .3 TR .3 FO .1", "Oy": "FI 1", "OY": "FI 1", "SA": "FR 1 CH .8 ES .6 BE .6 PT .6 AR "
    ".7 CL .5 PL .3 "
    "GR .4 LU .8 MA .5 CR .4 RO .2 TN .5 CI .5 SN .5", "S.A": "ES 1 FR .7 AR 1 PT .8 CH .5 BE .5 PE .7 CL .7 CR .8 "
    "LU .6 PL .6 "
    "GR .6 MX .4 BR .4 CO .7 UY .8 PA .6 GT .8 EC .6", "S/A": "BR 1", "BV": "NL 1 BE .6", "NV": "BE 1 NL .6",
    "VOF": "NL 1 BE .3",
    "SpA": "IT 1 CL .6", "SPA": "IT .3 CL .2", "Srl": "IT 1 RO .4 BE .2", "SRL": "RO 1 IT .6 MD .8 AR .4 BE .4 DO "
    ".8", "SL": "ES 1",
    "Bt": "HU 1", "SNC": "IT .5 FR 1", "SC": "RO .5 FR .2", "AD": "BG 1 RS .4 ME .8", "OOD": "BG 1", "EOOD": "BG 1",
    "DOO":
    "RS 1 ME 1 BA .8 HR .4 SI .2 MK .4", "ООД": "BG 1", "АД": "BG 1", "АО": "RU 1 KZ .4", "ИП": "RU 1 KZ .8 BY .4",
    "ЧП": "UA 1 BY .2",
    "ФОП": "UA 1", "ME": "BR 1", "AŞ": "TR 1", "EI": "FR .5", "SCI": "FR 1", "SE": "DE 1 FR .5", "PT": "ID .2",
}  # fmt: skip
# forms that are looked for as they are written: without spaces around them, or with parentheses
_WITHIN = tuple(form for form in FORMS if form.startswith("(") or any(ord(sign) >= 0x0E00 for sign in form))
_FORMS = {bare(form): text for form, text in FORMS.items() if form not in _WITHIN}
_PHRASES = Phrases(_FORMS)


def clues(reading: Reading, ground: Ground) -> list[Clue]:
    """One clue, of all forms of firms together.

    >>> from photoplanet.earth import ground
    >>> from photoplanet.signs.line import Line
    >>> line = Line("Budowlani Sp. z o.o.", 0.99, ((0, 0), (1, 0), (1, 1), (0, 1)))
    >>> [clue.says for clue in clues(Reading((line,), 640, 480), ground.read())]
    ['sp z o.o: Poland']
    """
    return by_country.joined("firm", _sights(reading), reading, ground, CAP)


def _sights(reading: Reading) -> Iterator[Sight]:
    for row, line in enumerate(reading.lines):
        text = plain(line.text)
        lower = text.casefold()
        found = [form for form in _WITHIN if form in lower]
        found += _PHRASES.found(text)
        for form in found:
            if not any(form != longer and form in bare(longer) for longer in found):
                yield Sight(form, form, row, ratios(_FORMS.get(form) or FORMS[form]), RELIABILITY)
        yield from _short(text, row)


def _short(text: str, row: int) -> Iterator[Sight]:
    """Forms that are also words: only where a name stands before them and nothing after."""
    for part in text.split(","):
        name, _, form = part.strip().rstrip(".").rpartition(" ")
        if form in SHORT and name[:1].isupper() and name != name.upper() and "." not in name:
            yield Sight(form, f"{name} {form}", row, ratios(SHORT[form]), SHORT_RELIABILITY)
