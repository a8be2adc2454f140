"""Whether the words behind a postcode are a town that the gazetteer knows, and in which states."""

import unicodedata
from functools import cache
from typing import NamedTuple

from photoplanet.clues.plain_text import words
from photoplanet.earth import gazetteer

LONGEST = 4  # words of a town's name
# large towns that the gazetteer names in English, as they stand behind their postcodes
OWN_NAMES = {
    "AT/Vienna": "Wien", "BE/Brussels Capital": "Bruxelles, Brussel", "BE/Flanders": "Oostende", "BG/Sofia-Capital":
    "София", "CH/Geneva": "Genf", "CZ/Prague": "Praha", "DE/Bavaria": "München", "DK/Capital Region": "København",
    "ES/Basque Country": "Donostia, Gasteiz, Bilbo", "ES/Galicia": "La Coruña", "GR/Attica": "Αθήνα, Αθήναι, Athina",
    "IT/Lazio": "Roma", "IT/Lombardy": "Milano", "IT/Piedmont": "Torino", "IT/Tuscany": "Firenze", "IT/Campania":
    "Napoli", "IT/Veneto": "Venezia", "IT/Liguria": "Genova", "IT/Trentino-Alto Adige": "Bozen, Meran", "PL/Mazovia":
    "Warszawa", "PT/Lisbon": "Lisboa", "RO/București": "București", "RS/Central Serbia": "Beograd, Београд",
    "RU/Moscow": "Москва, Moskva", "RU/St.-Petersburg": "Санкт-Петербург", "UA/Kyiv City": "Київ, Киев",
}  # fmt: skip


_UNDECOMPOSED = str.maketrans("øłđı", "oldi")


class Town(NamedTuple):
    """Where towns of a name are: `country` by its code, `state` by its name in the gazetteer."""

    country: str
    state: str


def towns(text: str) -> list[Town]:
    """The states with a town whose name the text begins with: of its longest name that is known.

    >>> towns("Les Masies de Voltregà"), towns("Besucher")
    ([Town(country='ES', state='Catalonia')], [])
    """
    found = [bare(word) for word in words(text)[:LONGEST]]
    for count in range(len(found), 0, -1):
        known = _index().get(" ".join(found[:count]))
        if known:
            return [_state(row) for row in sorted(set(known))]
    return []


def bare(text: str) -> str:
    """Lower case without accents, hyphens as spaces: how names are compared.

    >>> bare("Vilanova i la GELTRÚ"), bare("Saint-Étienne")
    ('vilanova i la geltru', 'saint etienne')
    """
    if text.isascii():
        return text.lower().replace("-", " ")
    signs = unicodedata.normalize("NFKD", text.casefold()).translate(_UNDECOMPOSED)
    return "".join(sign for sign in signs if not unicodedata.combining(sign)).replace("-", " ")


def _state(row: int) -> Town:
    data = gazetteer.read()
    return Town(data.country_codes[data.state_country[row]], data.states[row])


@cache
def _index() -> dict[str, list[int]]:
    """Bare name → rows of the gazetteer's states."""
    data = gazetteer.read()
    index: dict[str, list[int]] = {}
    for name, state in zip(data.names, data.state.tolist(), strict=True):
        index.setdefault(bare(name), []).append(state)
    codes = data.country_codes
    owners = zip(data.states, data.state_country, strict=True)
    rows = {f"{codes[country]}/{state}": row for row, (state, country) in enumerate(owners)}
    for place, own in OWN_NAMES.items():
        for name in own.split(", "):
            index.setdefault(bare(name), []).append(rows[place])
    return index
