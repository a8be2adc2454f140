"""Where the owners of internet domains are: what is known of endings beyond each country's own, and of mail providers.

Sources: the registries' own descriptions of who may register; which country domains are sold as words (.tv, .me) is
common knowledge of the trade. The shares are judged by hand.
"""

from functools import cache

from photoplanet.clues.by_country import equal, ratios
from photoplanet.clues.plain_text import listed
from photoplanet.earth import countries

EU = (
    "AT 1 BE 1 BG 1 CY 1 CZ 1 DE 1 DK 1 EE 1 ES 1 FI 1 FR 1 GR 1 HR 1 HU 1 IE 1 IT 1 LT 1 LU 1 LV 1 MT 1 "
    "NL 1 PL 1 PT 1 RO 1 SE 1 SI 1 SK 1"
)
# endings of regions and communities, and of countries under other names
REGIONS = {
    "cat": "ES/Catalonia 1 ES/Balearic_Islands .3 ES/Valencia .15 AD .3 ES .05", "eus": "ES/Basque_Country 1 "
    "ES/Navarre .4 FR/Nouvelle-Aquitaine .05", "gal": "ES/Galicia 1 ES .02", "bzh": "FR/Brittany 1 "
    "FR/Pays_de_la_Loire .2 FR .01", "alsace": "FR/Grand_Est 1", "corsica": "FR/Corsica 1", "paris": "FR/Île-de-France "
    "1 FR .01", "scot": "GB/Scotland 1 GB .01", "wales": "GB/Wales 1 GB .01", "cymru": "GB/Wales 1 GB .005",
    "london": "GB/England 1", "berlin": "DE/State_of_Berlin 1 DE/Brandenburg .1 DE .02", "hamburg": "DE/Hamburg 1 "
    "DE/Schleswig-Holstein .1 DE/Lower_Saxony .05 DE .01", "koeln": "DE/North_Rhine-Westphalia 1 DE .01", "köln":
    "DE/North_Rhine-Westphalia 1 DE .01", "cologne": "DE/North_Rhine-Westphalia 1 DE .01", "ruhr":
    "DE/North_Rhine-Westphalia 1", "nrw": "DE/North_Rhine-Westphalia 1", "bayern": "DE/Bavaria 1 DE .02", "saarland":
    "DE/Saarland 1 DE .02", "wien": "AT/Vienna 1 AT .05", "tirol": "AT/Tyrol 1 IT/Trentino-Alto_Adige .3 AT .03",
    "swiss": "CH 1", "zuerich": "CH/Zurich 1", "brussels": "BE/Brussels_Capital 1 BE .1", "vlaanderen": "BE/Flanders 1 "
    "BE/Brussels_Capital .1", "gent": "BE/Flanders 1", "amsterdam": "NL/North_Holland 1 NL .03", "frl": "NL/Friesland "
    "1 NL .02", "barcelona": "ES/Catalonia 1", "madrid": "ES/Madrid 1", "stockholm": "SE 1", "helsinki": "FI 1",
    "moscow": "RU/Moscow 1 RU/Moscow_Oblast .3 RU .02", "москва": "RU/Moscow 1 RU/Moscow_Oblast .3 RU .02", "tatar":
    "RU 1", "istanbul": "TR/Istanbul 1 TR .02", "ist": "TR/Istanbul 1 TR .02", "nyc": "US/New_York 1 US/New_Jersey .05",
    "vegas": "US/Nevada 1", "miami": "US/Florida 1", "boston": "US/Massachusetts 1", "quebec": "CA/Quebec 1 CA .02",
    "rio": "BR 1", "tokyo": "JP/Tokyo 1 JP .05", "osaka": "JP/Osaka 1 JP .05", "kyoto": "JP/Kyoto 1 JP .05", "nagoya":
    "JP/Aichi 1 JP .05", "okinawa": "JP/Okinawa 1 JP .05", "ryukyu": "JP/Okinawa 1", "yokohama": "JP/Kanagawa 1 JP .05",
    "taipei": "TW 1", "melbourne": "AU/Victoria 1 AU .02", "sydney": "AU/New_South_Wales 1 AU .02", "kiwi": "NZ 1",
    "capetown": "ZA 1", "joburg": "ZA 1", "durban": "ZA 1", "abudhabi": "AE 1", "dubai": "AE 1", "irish": "IE 1",
    "gov": "US 1", "mil": "US 1", "edu": "US 1 * .005", "su": "RU 1 UA .1 BY .1 KZ .1", "eu": EU + " * .02",
    "рф": "RU 1", "рус": "RU 1", "укр": "UA 1", "бел": "BY 1", "срб": "RS 1", "мкд": "MK 1", "бг": "BG 1", "қаз":
    "KZ 1", "мон": "MN 1", "ею": "BG 1", "ευ": "GR 1 CY 1", "ελ": "GR 1", "հայ": "AM 1",
    "გე": "GE 1", "中国": "CN 1", "中國": "CN 1", "公司": "CN 1", "香港": "HK 1", "台灣": "TW 1", "台湾": "TW 1",
    "澳門": "MO 1", "新加坡": "SG 1", "한국": "KR 1", "ไทย": "TH 1", "भारत": "IN 1", "مصر": "EG 1", "السعودية": "SA 1",
    "امارات": "AE 1", "ایران": "IR 1", "المغرب": "MA 1", "الاردن": "JO 1", "فلسطين": "PS 1", "قطر": "QA 1", "عمان":
    "OM 1", "تونس": "TN 1", "ישראל": "IL 1",
}  # fmt: skip
# country domains much used elsewhere → how often they are at home; 0: never a clue (except under com., gov., …)
WORDS = dict.fromkeys(listed("ac ai as bz cc cd cf cm cx dj fm ga gg gl gq gs im io la lc ly ml mn ms mu pn pw sc sh "
                      "sr st sx tc tf tk tl to tv vc vg ws"), 0.0) | {"co": 0.4, "me": 0.08, "am": 0.15,
                      "je": 0.1, "is": 0.6, "it": 0.85, "in": 0.8, "ag": 0.05, "gd": 0.0, "fo": 0.7}  # fmt: skip
# country domains whose use is spread over several countries
SPREAD = {
    "nu": (0.8, ratios("SE 1 NU 1 NL .35 DK .35 BE .08")), "uk": (0.95, ratios("GB 1 IM .2 JE .2 GG .2")),
    "de": (0.94, ratios("DE 1 AT .03 CH .02")), "at": (0.94, ratios("AT 1 DE .004")), "fr": (0.94,
    ratios("FR 1 MC .3 RE .3 GP .3 MQ .3 GF .3 NC .1 BE .01 CH .01")), "se": (0.95, ratios("SE 1 AX .05 FI .005")),
    "ch": (0.95, ratios("CH 1 LI .3")), "it": (0.93, ratios("IT 1 SM .3 VA .3 CH/Ticino .03")), "us": (0.85,
    ratios("US 1 PR .1")), "com": (1.0, ratios("US 1 * .6")),
}  # fmt: skip
# hosts that everybody uses, whatever their ending
EVERYWHERE = listed(
    "facebook instagram twitter youtube youtu linkedin tiktok pinterest whatsapp telegram snapchat flickr linktr bit "
    "goo tinyurl amzn spoti fb gmail googlemail hotmail outlook live icloud yahoo msn google tripadvisor booking "
    "airbnb wikipedia wikimedia apple github alamy shutterstock istockphoto gettyimages adobe"
)
# mail providers and hosts whose ending says less than they do
HOSTS = {
    "t-online.de": "DE", "web.de": "DE", "gmx.de": "DE", "gmx.net": "DE AT CH", "qq.com": "CN", "163.com": "CN",
    "126.com": "CN", "weibo.com": "CN", "naver.com": "KR", "daum.net": "KR", "hanmail.net": "KR", "mail.ru": "RU",
    "bigpond.com": "AU", "bigpond.net.au": "AU", "rediffmail.com": "IN", "comcast.net": "US", "aol.com": "US",
    "verizon.net": "US", "sbcglobal.net": "US", "btinternet.com": "GB", "btconnect.com": "GB", "eircom.net": "IE",
    "otenet.gr": "GR", "telefonica.net": "ES", "skynet.be": "BE", "telenet.be": "BE", "bluewin.ch": "CH",
}  # fmt: skip
COMMERCIAL = listed("com co gov gob gouv gv go edu ac org net or ne info mil nom sch gen asso")


@cache
def of_ending(ending: str) -> tuple[float, dict[str, float]] | None:
    """How often a domain with this ending is at home, and the ratio of each country; None where it says nothing.

    >>> of_ending("dk"), of_ending("tv")
    ((0.95, {'DK': 1.0}), None)
    """
    if ending in REGIONS:
        return (0.6 if ending == "eu" else 0.92), ratios(REGIONS[ending])
    if ending in SPREAD:
        return SPREAD[ending]
    return at_home(ending, WORDS.get(ending, 0.95))


def at_home(ending: str, reliability: float) -> tuple[float, dict[str, float]] | None:
    """The country that the ending was given to, with this reliability; None where there is none, or it is 0.

    >>> at_home("tv", 0.95)
    (0.95, {'TV': 1.0})
    """
    codes = _owners().get(ending, "")
    return (reliability, equal(codes)) if codes and reliability > 0 else None


def is_ending(ending: str) -> bool:
    """Whether this ending is known here at all.

    >>> is_ending("dk"), is_ending("jpg")
    (True, False)
    """
    return ending in _owners() or ending in REGIONS or ending in SPREAD or ending in ("org", "net", "info")


@cache
def _owners() -> dict[str, str]:
    """Domain → the codes of its countries."""
    owners: dict[str, list[str]] = {}
    for code, country in countries.read().items():
        if country.domain:
            owners.setdefault(country.domain, []).append(code)
    return {domain: " ".join(codes) for domain, codes in owners.items()}
