"""Which state of the gazetteer a postcode lies in: the first letters or digits of the codes of some countries."""

from functools import cache

from photoplanet.clues import by_country

# United States: the two letters before a ZIP code, and the digits that it may begin with
US_STATES = {
    "AL": ("Alabama", "3"), "AK": ("Alaska", "9"), "AZ": ("Arizona", "8"), "AR": ("Arkansas", "7"),
    "CA": ("California", "9"), "CO": ("Colorado", "8"), "CT": ("Connecticut", "0"), "DE": ("Delaware", "1"),
    "DC": ("District of Columbia", "2"), "FL": ("Florida", "3"), "GA": ("Georgia", "3"), "HI": ("Hawaii", "9"),
    "ID": ("Idaho", "8"), "IL": ("Illinois", "6"), "IN": ("Indiana", "4"), "IA": ("Iowa", "5"), "KS": ("Kansas", "6"),
    "KY": ("Kentucky", "4"), "LA": ("Louisiana", "7"), "ME": ("Maine", "0"), "MD": ("Maryland", "2"),
    "MA": ("Massachusetts", "0"), "MI": ("Michigan", "4"), "MN": ("Minnesota", "5"), "MS": ("Mississippi", "3"),
    "MO": ("Missouri", "6"), "MT": ("Montana", "5"), "NE": ("Nebraska", "6"), "NV": ("Nevada", "8"),
    "NH": ("New Hampshire", "0"), "NJ": ("New Jersey", "0"), "NM": ("New Mexico", "8"), "NY": ("New York", "1"),
    "NC": ("North Carolina", "2"), "ND": ("North Dakota", "5"), "OH": ("Ohio", "4"), "OK": ("Oklahoma", "7"),
    "OR": ("Oregon", "9"), "PA": ("Pennsylvania", "1"), "RI": ("Rhode Island", "0"), "SC": ("South Carolina", "2"),
    "SD": ("South Dakota", "5"), "TN": ("Tennessee", "3"), "TX": ("Texas", "7"), "UT": ("Utah", "8"),
    "VT": ("Vermont", "0"), "VA": ("Virginia", "2"), "WA": ("Washington", "9"), "WV": ("West Virginia", "2"),
    "WI": ("Wisconsin", "5"), "WY": ("Wyoming", "8"),
}  # fmt: skip
# Australia: the letters before a code, and the digit that it begins with
AU_STATES = {
    "NSW": ("New South Wales", "2"), "VIC": ("Victoria", "3"), "QLD": ("Queensland", "4"),
    "SA": ("South Australia", "5"), "WA": ("Western Australia", "6"), "TAS": ("Tasmania", "7"),
    "ACT": ("Australian Capital Territory", "2"), "NT": ("Northern Territory", "0"),
}  # fmt: skip
# United Kingdom: the letters that a code begins with; all others are England's
GB_AREAS = {
    "Scotland": "AB DD DG EH FK G HS IV KA KW KY ML PA PH TD ZE", "Wales": "CF LD LL NP SA", "Northern Ireland": "BT",
    "England": "AL B BA BB BD BH BL BN BR BS CA CB CH CM CO CR CT CV CW DA DE DH DL DN DT DY E EC EN EX FY GL GU HA HD "
    "HG HP HR HU HX IG IP KT L LA LE LN LS LU M ME MK N NE NG NN NR NW OL OX PE PL PO PR RG RH RM S SE SG SK SL SM SN "
    "SO SP SR SS ST SW SY TA TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO",
}  # fmt: skip
ISLANDS = {"JE": "JE", "GY": "GG", "IM": "IM", "GX": "GI"}
CA_PROVINCES = {
    "Newfoundland and Labrador": "A", "Nova Scotia": "B", "Prince Edward Island": "C", "New Brunswick": "E",
    "Quebec": "G H J", "Ontario": "K L M N P", "Manitoba": "R", "Saskatchewan": "S", "Alberta": "T",
    "British Columbia": "V", "Yukon": "Y",
}  # fmt: skip
DIGITS = {
    "AT": {"Vienna": "1", "Lower Austria": "2 3", "Upper Austria": "4", "Salzburg": "5", "Tyrol": "6", "Burgenland":
           "7", "Styria": "8", "Carinthia": "9", "Vorarlberg": "67 68 69"},
    "BE": {"Brussels Capital": "10 11 12", "Flanders": "15 16 17 18 19 2 30 31 32 33 34 35 36 37 38 39 8 9",
           "Wallonia": "13 14 4 5 6 7"},
    "DE": {"State of Berlin": "10 12 13", "Hamburg": "20 22", "Schleswig-Holstein": "23 24 25", "City state Bremen":
           "28", "North Rhine-Westphalia": "33 4 50 51 52 53 57 58 59", "Hesse": "34 35 60 61 63 64 65", "Saarland":
           "66", "Rheinland-Pfalz": "54 55 56 67", "Baden-Wurttemberg": "68 69 70 71 72 73 74 75 76 77 78 79",
           "Bavaria": "80 81 82 83 84 85 86 87 90 91 92 93 94 95 96 97", "Saxony": "01 02 04 08 09", "Thuringia":
           "07 99", "Brandenburg": "14 15 16 03", "Lower Saxony": "26 27 29 30 31 37 38 49", "Saxony-Anhalt": "06 39",
           "Mecklenburg-Vorpommern": "17 18 19"},
    "ES": {"Catalonia": "08 17 25 43", "Madrid": "28", "Valencia": "03 12 46", "Balearic Islands": "07", "Andalusia":
           "04 11 14 18 21 23 29 41", "Basque Country": "01 20 48", "Galicia": "15 27 32 36", "Canary Islands":
           "35 38", "Asturias": "33", "Aragon": "22 44 50", "Murcia": "30", "Navarre": "31", "Cantabria": "39",
           "La Rioja": "26", "Extremadura": "06 10", "Castille-La Mancha": "02 13 16 19 45", "Castille and León":
           "05 09 24 34 37 40 42 47 49"},
    "FR": {"Île-de-France": "75 77 78 91 92 93 94 95", "Provence-Alpes-Côte d'Azur": "04 05 06 13 83 84", "Brittany":
           "22 29 35 56", "Corsica": "20", "Grand Est": "08 10 51 52 54 55 57 67 68 88", "Normandy": "14 27 50 61 76",
           "Auvergne-Rhône-Alpes": "01 03 07 15 26 38 42 43 63 69 73 74", "Hauts-de-France": "02 59 60 62 80",
           "Occitanie": "09 11 12 30 31 32 34 46 48 65 66 81 82", "Nouvelle-Aquitaine":
           "16 17 19 23 24 33 40 47 64 79 86 87", "Pays de la Loire": "44 49 53 72 85", "Centre": "18 28 36 37 41 45",
           "Bourgogne-Franche-Comté": "21 25 39 58 70 71 89 90"},
    "IT": {"Lazio": "00 01 02 03 04", "Umbria": "05 06", "Sardinia": "07 08 09", "Piedmont": "10 12 13 14 15 28",
           "Aosta Valley": "11", "Liguria": "16 17 18 19", "Lombardy": "20 21 22 23 24 25 26 27 46", "Veneto":
           "30 31 32 35 36 37 45", "Friuli Venezia Giulia": "33 34", "Trentino-Alto Adige": "38 39", "Emilia-Romagna":
           "29 40 41 42 43 44 47 48", "Tuscany": "50 51 52 53 54 55 56 57 58 59", "The Marches": "60 61 62 63",
           "Abruzzo": "64 65 66 67", "Apulia": "70 71 72 73 74 76", "Basilicate": "75 85", "Campania":
           "80 81 82 83 84", "Molise": "86", "Calabria": "87 88 89", "Sicily": "90 91 92 93 94 95 96 97 98"},
}  # fmt: skip

# the least and the greatest first two digits of a country's codes
RANGES = {
    "ES": ("01", "52"), "FR": ("01", "95"), "DE": ("01", "99"), "IT": ("00", "98"), "FI": ("00", "99"),
    "AT": ("10", "99"), "BE": ("10", "99"), "CH": ("10", "96"), "DK": ("05", "99"), "HU": ("10", "99"),
    "NO": ("00", "99"), "LU": ("10", "99"), "HR": ("10", "53"), "RS": ("11", "38"), "BA": ("70", "89"),
    "ME": ("81", "85"), "TR": ("01", "81"), "EE": ("10", "99"), "UA": ("01", "99"), "SE": ("10", "98"),
    "CZ": ("10", "79"), "SK": ("01", "99"), "GR": ("10", "85"), "MA": ("10", "94"), "MX": ("01", "99"),
    "MY": ("01", "98"), "SI": ("10", "94"), "CY": ("10", "99"), "LI": ("94", "94"), "MC": ("98", "98"),
    "VA": ("00", "00"), "RU": ("10", "69"), "RO": ("01", "92"), "DZ": ("01", "58"), "CU": ("10", "99"),
}  # fmt: skip


def within(country: str, code: str) -> dict[str, float]:
    """Ratios of a country and of the state in which its postcode `code` lies.

    >>> within("ES", "08508"), within("DK", "2300")
    ({'ES': 0.06, 'ES/Catalonia': 1.0}, {'DK': 1.0})
    """
    return by_country.within(country, code, 1.0, _prefixes().get(country, {}))


def shares(country: str, code: str) -> dict[str, float]:
    """How likely a code's first two digits are among those of its country and of the state in which it lies.

    Empty where the country's codes do not begin so; all that begin so are taken to be equally many.

    >>> shares("ES", "08508")["ES/Catalonia"], shares("ES", "99000"), round(shares("DK", "2300")["DK"], 4)
    (0.25, {}, 0.0105)
    """
    low, high = RANGES.get(country, ("00", "99"))
    if not low <= code[:2] <= high:
        return {}
    share = 1 / (int(high) - int(low) + 1)
    found = by_country.within(country, code, share, _prefixes().get(country, {}))
    return {place: _share(place, ratio) if "/" in place else ratio for place, ratio in found.items()}


def _share(place: str, ratio: float) -> float:
    """One in the number of pairs of digits that a state's codes begin with."""
    country, _, state = place.partition("/")
    prefixes = [prefix for prefix, owner in _prefixes()[country].items() if owner == state]
    return min(1.0, max(ratio, 1 / sum(10.0 ** (2 - len(prefix)) for prefix in prefixes)))


def british(letters: str) -> dict[str, float]:
    """Ratios for the letters that a postcode of the British kind begins with; empty where no such code does.

    >>> british("EH"), british("JE"), british("XX")
    ({'GB': 0.06, 'GB/Scotland': 1.0}, {'JE': 1.0}, {})
    """
    if letters in ISLANDS:
        return {ISLANDS[letters]: 1.0}
    for state, areas in GB_AREAS.items():
        if letters in areas.split():
            return {"GB": by_country.REST, f"GB/{state}": 1.0}
    return {}


@cache
def _prefixes() -> dict[str, dict[str, str]]:
    tables = DIGITS | {"CA": CA_PROVINCES}
    return {country: by_country.prefixes(states) for country, states in tables.items()}
