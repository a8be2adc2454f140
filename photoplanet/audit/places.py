"""How places are told from text: coordinates that stand in it, and the town that lies at given degrees."""

import re
from functools import lru_cache

from photoplanet.audit.finding import Finding, Level, line
from photoplanet.photos.coordinate_faults import coordinate_fault

# two decimal numbers with at least three decimals (100 m), as maps write them; or ISO 6709, as films do
_PAIR = re.compile(
    r"(?<![\d.])([+-]?\d{1,2}\.\d{3,})°? ?([NS])?(?:\s*[,;/ ]\s*|(?=[+-]))([+-]?\d{1,3}\.\d{3,})°? ?([EW])?(?!\d|\.\d)"
)
_LONGEST = 500  # characters of a text in which names of places are looked for
_DEGREES = re.compile(r"\d{1,2}\s?°\s?\d{1,2}(?:\.\d+)?\s?['′’].{0,12}?[NS].{0,4}?\d{1,3}\s?°\s?\d{1,2}")


def coordinates(text: str) -> tuple[float, float] | None:
    """Return the first place on Earth in a text, in degrees; None for a text without one.

    >>> coordinates("seen at 48.85837, 2.29448 today"), coordinates("+48.8583+002.2944/"), coordinates("1.234")
    ((48.85837, 2.29448), (48.8583, 2.2944), None)
    """
    for found in _PAIR.finditer(text):
        latitude = float(found[1]) * (-1 if found[2] == "S" else 1)
        longitude = float(found[3]) * (-1 if found[4] == "W" else 1)
        if coordinate_fault(latitude, longitude) is None:
            return latitude, longitude
    return None


@lru_cache(maxsize=4096)
def named(text: str) -> str:
    """The first place that a text of people's names, as in a sign: towns, states and countries; "" for none.

    >>> named("Holiday in Barcelona"), named("a nice day")
    ('Barcelona, Catalonia, Spain, or 5 others of that name', '')
    """
    from photoplanet.clues import place_names
    from photoplanet.earth import ground
    from photoplanet.signs.line import Line, Reading

    words = " ".join(text[:_LONGEST].split())
    whole = Reading((Line(words, 1.0, ((0, 0), (1, 0), (1, 1), (0, 1))),), 640, 480)
    found = place_names.clues(whole, ground.read()) if words else []
    return found[0].says.rpartition(" (")[0] if found else ""


def of_text(kind: str, where: str, text: str, strips: bool = False, names: bool = True) -> Finding:
    """What a free text gives away: a place where coordinates stand in it, else something to look at.

    `names`: whether names of places are looked for, which takes some milliseconds.

    >>> of_text("comment", "EXIF", "at the sea").level, of_text("comment", "EXIF", "48.8583, 2.2944").level
    ('hint', 'place')
    """
    if place := coordinates(text):
        return Finding("place", kind, where, line(text), strips, *place)
    level: Level = "place" if _DEGREES.search(text) else "hint"
    place_name = named(text) if names and level == "hint" else ""
    says = f"{line(text)} (may name {line(place_name)})" if place_name else line(text)
    return Finding(level, kind, where, says, strips and level == "place")


def at(kind: str, where: str, latitude: float, longitude: float, strips: bool, note: str = "") -> Finding:
    """A place in degrees, with the name of what lies there.

    >>> at("GPS", "EXIF", 48.8583, 2.2944, True).says
    '48.85830, 2.29440 (Paris, Île-de-France, France)'
    """
    from photoplanet.earth import gazetteer

    name = gazetteer.name(latitude, longitude)[0].text("city")
    says = f"{latitude:.5f}, {longitude:.5f} ({name}){note}"
    return Finding("place", kind, where, says, strips, latitude, longitude)
