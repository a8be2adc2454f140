"""How telephone numbers are written where no country code stands before them: the blocks of digits of each country.

`earth.telephones` knows how the plans of all countries write them. The ratios here, judged by hand, are for how signs
write them: how usual a shape is among the numbers on a country's signs.
"""

import re
from functools import cache

from photoplanet.clues.by_country import ELSEWHERE, ratios
from photoplanet.earth import telephones

# regular expressions in which d is a digit, and a space outside brackets a space or a dot
SHAPES = (
    # north and west of Europe
    (r"\(?0(?:800|808|845|870|844|333|300|345)\)? ddd d{3,4}", "GB 1 CH .3 NZ .3 DE .15 TR .1"),
    (r"\(?020\)? [0378]ddd d{1,4}|20 [378]ddd dddd", "GB 1"),
    (r"\(?01[2-9]dd?\)? d{5,6}|\(?01d1\)? ddd dddd|\(?02[3489]\)? dddd dddd|07ddd d{6}|07ddd ddd ddd", "GB 1"),
    (r"\(?01\)? ddd dddd|08[35679] ddd dddd|\(?0[2-9]\d\)? ddd dddd", "IE 1 ZA .6 FI .1"),
    (r"1[89][059]0 ddd ddd", "IE 1 AU .5"),
    (r"0[1-9] dd dd dd dd", "FR 1 MA .3 RE 1 GP 1 MQ 1 GF 1 DZ .1 IT .01"),
    (r"0d/ddd dd dd|0dd/dd dd dd|04dd/dd dd dd|04dd dd dd dd", "BE 1"),
    (r"0dd ddd dd dd|084[248] ddd ddd|0800 ddd ddd", "CH 1 TR .1 SE .1 NL .1 UA .2 GE .2"),
    (r"0d{2,4} ?/ ?d{3,8}(?:-d{1,5})?|0d{2,4} ?/ ?d{2,4}(?: d{2,4}){1,3}(?:-d{1,4})?",
     "DE 1 AT .7 HR .5 BA .5 RS .6 SI .3 MK .4 BE .1 IT .15 SK .5"),
    (r"\(0d{2,4}\) ?d{4,8}(?:-d{1,3})?|0d{1,4}-d{5,8}(?:-d{1,3})?",
     "DE 1 AT .5 SE .4 NL .8 CN .8 IN .6 ID .8 IR .6 IT .2 VN .3 AR .5 PK .8 TW .2"),
    (r"0d{2,4} d{4,8}", "DE .7 AT .6 IT .8 IN .6 GB .2 NL .4 FI .4 ID .4 SE .1 GR .05"),
    (r"0800 ddd dddd|0180d ?d{5,6}|0180d/d{5,6}", "DE 1 AR .4 GB .5 BR .3 PK .2"),
    (r"0d0-ddd dd dd|0dd?-ddd dd dd|06-dddddddd|06 d{8}", "NL 1 SE .15"),
    (r"0900-dddd|14 0d{2,3}|0900 dddd", "NL 1"),
    (r"0d{1,3}-d{2,3} dd dd|0d{1,3}-d{2,3} d{2,3}(?: dd)?|077d-d{2,3} d{2,3}", "SE 1"),
    (r"\(?0\d{1,2}\)? ddd dddd|0d0 ddd dddd|0800 d dddd", "FI .4 NZ .8 ZA .3 IE .2 MY .2"),
    (r"dd dd dd dd", "DK 1 NO .8 BJ .5 CI .5 BF .5 GF .1"),
    (r"(?:70|80|90) dd dd dd|d{8}", "DK .5 NO .5 SG .3 HK .3"),
    (r"dddd dddd", "SG 1 HK 1 DK .25 GT .7 CR .8 SV .7 PA .2 NI .6 QA .8 BH .8 KW .7 OM .5 MO .6"),
    (r"ddd dd ddd|[89]00 ddddd|815 ddddd", "NO 1"),
    (r"ddd-dddd|ddd dddd", "IS .4 US .3 CA .2 JM .5 TT .5 BS .5 BZ .4 BB .4 PA .4 MU .3"),
    # south and east of Europe
    (r"9d ddd dd dd|9dd dd dd dd|90[0-2] ddd ddd", "ES 1"),
    (r"[689]dd ddd ddd", "ES 1 PT .5 PL .3 CZ .2 PE .3 AD .2"),
    (r"[2-5]dd ddd ddd|[2-7]dd-ddd-ddd|7dd ddd ddd", "PL 1 CZ .9 PT .4 ES .1"),
    (r"[69]d{8}", "ES .6 PT .6 PE .4 PL .1"),
    (r"2dd ddd ddd|2d ddd dd dd|21 ddd dd dd|707 ddd ddd", "PT 1 CZ .3"),
    (r"3dd ?[./-]? ?d{6,7}|3dd ddd dddd|3dd dd dd ddd|800 ?ddd ?ddd", "IT 1 CO .3 PL .1"),
    (r"0[2-9]d{0,2}[./ -]d{5,8}|0d{1,3}[./-]d{2,4} d{2,4}", "IT .8 DE .5 AT .3 NL .1"),
    (r"2d0 ?ddd ?dddd|2dd0? ?d{6}|69d ?ddd ?dddd|801 ddd dddd", "GR 1"),
    (r"\(?dd\)? ddd-dd-dd|\(?dd\)? ddd dd dd", "PL 1 UA .2 CZ .02"),
    (r"06[ -/]?\(?d{1,2}\)?[ -/]?ddd[ -]d{3,4}|06 d{2} ddd dddd|\(06 ?d{1,2}\) ddd[ -]d{3,4}", "HU 1"),
    (r"0[237]dd[. ]ddd[. ]ddd|02d[. ]ddd[. ]dd[. ]dd", "RO 1 KE .5 SK .3 UG .4"),
    (r"0d ddd dddd?|08dd ddd ddd|0d/ddd dd dd", "BG 1 SK .3 LB .3"),
    (r"0d{2}/ddd-ddd|01/dddd-ddd|09d/ddd-dddd?|0d{2}/ddd-ddd-?d{0,2}|06d/ddd-d{3,4}|011/d{3,4}-ddd",
     "HR 1 RS 1 BA 1 ME .8 MK .5 SI .2"),
    (r"8[ -]?\(?d{3,5}\)?[ -]?d{1,3}-dd-dd|8[ -]800[ -]ddd[ -]dd[ -]?dd|d{3}-dd-dd", "RU 1 KZ .7 BY .4 UA .2"),
    (r"\(?0dd\)? ?ddd-dd-dd|\(?0dd\)? ddd dd dd|0 ?800 ddd ddd", "UA 1 CH .1 BY .1"),
    (r"\(?0?[2-5]dd\)? ddd dd dd|0 ?d{3} ddd dd dd|444 d ddd|0850 ddd dd dd", "TR 1"),
    (r"8 ?\(?d{2,3}\)? ?d{5,6}|8 d{3} d{5}", "LT 1"),
    # the Americas
    (r"\([2-9]dd\) ?ddd[-. ]dddd|[2-9]dd[-.]ddd[-.]dddd", "US 1 CA 1 PR 1 DO .8 JM .3 TT .3 BS .3"),
    (r"[2-9]dd ddd dddd", "US .15 CA .2 CO .6 MX .6"),
    (r"1[- .]8(?:00|33|44|55|66|77|88)[- .]ddd[- .]dddd|1-[2-9]dd-ddd-dddd|8(?:00|88|77|66)-ddd-dddd",
     "US 1 CA 1 PR .8 JM .3 DO .2 PH .1"),
    (r"\(?dd\)? 9?dddd-dddd|0800 ddd dddd|\(dd\)9?dddd-?dddd|40[0-9]{2}-dddd", "BR 1 MX .15"),
    (r"01 ?800 ddd dddd|01 ?\(?d{2,3}\)? ?d{3,4} ?dddd|\(?55\)? dddd[ -]dddd", "MX 1"),
    (r"0800[- ]ddd[- ]dddd|\(?011\)? dddd-dddd|11-dddd-dddd|15-dddd-dddd|0810[- ]ddd[- ]dddd|\(?0d{3}\)? d{3}-dddd",
     "AR 1 VE .4"),
    (r"600 ddd dddd|\(?d\)? 2ddd ?dddd|\(56-?2\) ?d{7,8}|9 dddd dddd|2 2ddd dddd", "CL 1"),
    (r"\(01\) ddd-dddd|\(0dd\) ddd-ddd", "PE 1"),
    (r"0[24-7]-ddd-ddd|\(0d\) d-?ddd-ddd", "EC 1"),
    # Asia, Africa and the Pacific
    (r"03-dddd-dddd|0120-ddd-ddd|0120-dd-dddd|0570-ddd-ddd|0dddd-d-dddd|0ddd-dd-dddd|0[89]0-dddd-dddd|06-dddd-dddd",
     "JP 1"),
    (r"0[3-9]d-ddd-dddd", "JP .7 KR .7 TH .4 GE .02"),
    (r"02-d{3,4}-dddd|010-dddd-dddd|1[568]dd-dddd|070-dddd-dddd", "KR 1 TH .1 TW .05"),
    (r"\(?0[2-8]\)? ?d{3,4}[ -]dddd|09dd-ddd-ddd|0800-ddd-ddd", "TW 1 KR .1 VN .1 AU .2"),
    (r"1[3-9]d{9}|1[3-9]d[- ]dddd[- ]dddd|0d{2,3}-d{7,8}|400-?ddd-?dddd|400-?dddd-?ddd|0dd-dddd-?dddd", "CN 1 VN .05"),
    (r"\(0[2378]\) dddd dddd|0[2378] dddd dddd|04dd ddd ddd|1[38]00 ddd ddd|13 dd dd", "AU 1"),
    (r"\(?0[34679]\)? ddd dddd|0508 ddd ddd|02[0127] d{3} d{3,4}|0800 ddd ddd", "NZ 1 FI .1"),
    (r"0[1-8]d ddd dddd|\(0[1-8]d\) ddd-? ?dddd|08[56]d ddd ddd", "ZA 1 TH .1 IE .1"),
    (r"[6-9]d{9}|[6-9]dddd[- ]ddddd|0dd-d{8}|1800[- ]ddd[- ]dddd|0dd-dddd ?dddd", "IN 1 GR .05"),
    (r"0[23489]-ddd ?dddd|\(?0[23489]\)?-?d{7}|05d-?ddd-?dddd|05d-d{7}|1-[78]00-ddd-ddd", "IL 1 TH .2 MY .1 AE .2"),
    (r"0d-dddd dddd|0d-ddd dddd|01d-ddd dddd|01d-d{7,8}|0dd-ddd ddd|1-?300-?dd-?dddd", "MY 1 TH .1"),
    (r"08dd[- ]dddd[- ]d{3,4}|\(?0d{2,3}\)? ?-? ?d{6,8}", "ID 1 IN .1 DE .1"),
    (r"0d-ddd-dddd|0[689]d-ddd-dddd|0 dddd dddd", "TH 1 IL .1"),
    (r"\(0?dd?\) d{3,4}-dddd|09dd[- ]ddd[- ]dddd|09d{9}", "PH 1 BR .1"),
    (r"09dd[. ]ddd[. ]ddd|0[2-9]dd?[. ]ddd[. ]dddd?|024[. ]?dddd[. ]?dddd|028[. ]?dddd[. ]?dddd|1900 ?dddd", "VN 1"),
    (r"\(?0d{1,2}\)? ddd ddd ?d?|0dd ddd ddd", "KH .6 LB .3 AL .4"),
    (r"07dd ddd ddd|0[27]0 ddd dddd|07d{8}", "KE 1 TZ .6 UG .8 RO .3 JO .3"),
    (r"01[0125] ?d{4} ?d{4}|01[0125]d{8}|0?2 ?d{4} ?d{4}", "EG 1"),
    (r"05[024568] ddd dddd|04 ddd dddd|02 ddd dddd|800 ?d{4,7}", "AE 1 SA .3"),
    (r"05dd[- ]dddddd|05 dd dd dd dd|0[5-8]d{8}", "MA 1 DZ .4 FR .1"),
)  # fmt: skip
# of a number that the country's plan writes so, and so but for the marks between its blocks; and of any other
PLANNED, BLOCKS, UNKNOWN = 0.6, 0.15, 0.01
LONGEST = 24  # characters of a number
_DATE = re.compile(
    r"(?:\d{1,2}[./-]){2}\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}|(?:1[5-9]|20)\d\d ?[-/ ] ?(?:1[5-9]|20)\d\d"
)
_TIMES = re.compile(r"(?:[01]?\d|2[0-4])[.: ]?[0-5]\d ?[-/ ] ?(?:[01]?\d|2[0-4])[.: ]?[0-5]\d")


def usual(number: str) -> dict[str, float]:
    """Country → how usual this way of writing a number is there; empty where it is not usual anywhere.

    >>> usual("020 7000 0000")["GB"], usual("(415) 555-0000")["US"], usual("12.05.2014")
    (1.0, 1.0, {})
    """
    found: dict[str, float] = {}
    if len(number) > LONGEST or _DATE.fullmatch(number) or _TIMES.fullmatch(number):
        return found
    for shape, countries in _compiled():
        if shape.fullmatch(number):
            for country, ratio in countries.items():
                found[country] = max(found.get(country, 0.0), ratio)
    exact, loose = telephones.countries(number)
    for ratio, codes in ((PLANNED, exact), (BLOCKS, loose)):
        for country in codes:
            found[country] = max(found.get(country, 0.0), ratio)
    return found | {ELSEWHERE: UNKNOWN} if found else {}


@cache
def _compiled() -> list[tuple[re.Pattern[str], dict[str, float]]]:
    return [(re.compile(_expression(shape)), ratios(countries)) for shape, countries in SHAPES]


def _expression(shape: str) -> str:
    digits = re.sub(r"(?<!\\)d", r"\\d", shape)
    return re.sub(r" (?![^\[]*\])", "[ .]", digits)
