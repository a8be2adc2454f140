"""How places are told from text: coordinates that stand in it, and the town that lies at given degrees."""

import re

from photoplanet.audit.finding import Finding, Level, line
from photoplanet.photos.table import coordinate_fault

# two decimal numbers with at least three decimals (100 m), as maps write them; or ISO 6709, as films do
_PAIR = re.compile(
    r"(?<![\d.])([+-]?\d{1,2}\.\d{3,})°? ?([NS])?(?:\s*[,;/ ]\s*|(?=[+-]))([+-]?\d{1,3}\.\d{3,})°? ?([EW])?(?!\d|\.\d)"
)
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


def of_text(kind: str, where: str, text: str, strips: bool = False, otherwise: Level = "hint") -> Finding:
    """What a free text gives away: a place where coordinates stand in it, `otherwise` something to look at.

    >>> of_text("comment", "EXIF", "at the sea").level, of_text("comment", "EXIF", "48.8583, 2.2944").level
    ('hint', 'place')
    """
    if place := coordinates(text):
        return Finding("place", kind, where, line(text), strips, *place)
    level: Level = "place" if _DEGREES.search(text) else otherwise
    return Finding(level, kind, where, line(text), strips and level == "place")


def at(kind: str, where: str, latitude: float, longitude: float, strips: bool, note: str = "") -> Finding:
    """A place in degrees, with the name of what lies there.

    >>> at("GPS", "EXIF", 48.8583, 2.2944, True).says
    '48.85830, 2.29440 (Paris, Île-de-France, France)'
    """
    from photoplanet.earth import gazetteer

    name = gazetteer.name(latitude, longitude)[0].text("city")
    says = f"{latitude:.5f}, {longitude:.5f} ({name}){note}"
    return Finding("place", kind, where, says, strips, latitude, longitude)
