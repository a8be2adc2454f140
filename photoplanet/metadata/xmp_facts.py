"""What an XMP packet, embedded or in a sidecar, says of where and when a photo was taken."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from photoplanet.errors import InputError
from photoplanet.metadata import exif_places, exif_times
from photoplanet.metadata.estimate import MARK
from photoplanet.metadata.xml_events import parse
from photoplanet.metadata.xmp import COARSE, EXIF, MAX_BYTES, OURS, PHOTOSHOP, RDF

MAX_TEXT = 200  # characters of a value
_TIMES = (f"{EXIF} DateTimeOriginal", f"{PHOTOSHOP} DateCreated")
_WORDS = (b"latitude", b"datetimeoriginal", b"datecreated")
_USUAL = {"rdf": RDF, "exif": EXIF, "photoshop": PHOTOSHOP, "photoplanet": OURS}
_NO_TEXT = re.compile(rb"[\0-\x08\x0b\x0c\x0e-\x1f]")  # bytes that no XML may hold
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_COORDINATE = re.compile(r"([+-]?\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?(?:,(\d+(?:\.\d+)?))?\s*([A-Za-z]*)")

_SPELLED = re.compile(  # with signs for the units, as people write it
    r"([+-]?\d+(?:\.\d+)?) ?(?:°|º|deg) ?"
    r"(?:(\d+(?:\.\d+)?) ?['′’] ?(?:(\d+(?:\.\d+)?) ?(?:\"|″|”|''|′′) ?)?)?([A-Za-z]*)"
)


@dataclass(frozen=True)
class Said:
    """Degrees or None, and if None, why; ISO 8601 or None. `estimate`: the place is one of photoplanet's own."""

    latitude: float | None = None
    longitude: float | None = None
    fault: str | None = "no GPS"
    taken_at: str | None = None
    estimate: bool = False


def read(packet: bytes) -> Said:
    """Read a packet's place and time of taking; never raises for what is in it.

    Properties count as attributes and as elements, of the photo itself and not of what it shows: `exif:GPSLatitude` as
    the standard has it ("48,51.504N") and as others write it, and the names that drones use, signed decimals
    (`drone-dji:GpsLatitude`, `GpsLongitude`, and the misspelt `GpsLongtitude`).

    >>> place = f"exif:GPSLatitude='48,51.504N' exif:GPSLongitude='2,17.67E' xmlns:exif='{EXIF}'"
    >>> said = read(f"<r:RDF xmlns:r='{RDF}'><r:Description {place}/></r:RDF>".encode())
    >>> round(said.latitude, 4), said.longitude
    (48.8584, 2.2945)
    """
    if len(packet) > MAX_BYTES:
        return Said(fault=exif_places.UNREADABLE)
    plain = packet.replace(b"\0", b"").lower()  # in UTF-16 every other byte is 0
    if not any(word in plain for word in _WORDS):
        return Said()
    try:
        descriptions = _leniently(packet)
    except InputError:
        return Said(fault=exif_places.UNREADABLE if b"latitude" in plain else "no GPS")
    taken = (exif_times.moment(each.get(name)) for name in _TIMES for each in descriptions)
    taken_at = next((moment for moment in taken if moment), None)
    places = [(_place(each), _ours(each)) for each in descriptions]
    stated = [found for found in places if found[0][2] != "no GPS"]
    (latitude, longitude, fault), ours = min(stated, key=_rank, default=((None, None, "no GPS"), False))
    return Said(latitude, longitude, fault, taken_at, ours)


def _rank(found: tuple[exif_places.Place, bool]) -> tuple[bool, bool]:
    """A place of somebody's own before an estimate, and a readable one before one that is not."""
    return found[1], found[0][2] is not None


def _ours(properties: Mapping[str, str]) -> bool:
    """Whether a place is an estimate of photoplanet's, also after another program has written the packet anew.

    A coarse estimate has no GPS: what stands beside it is somebody's own.
    """
    ours = any(name.startswith(OURS) for name in properties) and COARSE not in properties
    return ours or MARK in properties.get(f"{EXIF} GPSProcessingMethod", "").lower()


def _place(properties: Mapping[str, str]) -> exif_places.Place:
    """The place in the properties of one description: that of the standard's names, else that of a drone's."""
    if f"{EXIF} GPSLatitude" in properties or f"{EXIF} GPSLongitude" in properties:
        values = (
            _degrees(properties.get(f"{EXIF} {name}"), properties.get(f"{EXIF} {name}Ref"), letters)
            for name, letters in (("GPSLatitude", "NS"), ("GPSLongitude", "EW"))
        )
        return exif_places.checked(*values)
    drone = {name.rpartition(" ")[2].lower(): text for name, text in properties.items() if _of_drone(name)}
    if not any("latitude" in name for name in drone):
        return None, None, "no GPS"
    latitude = drone.get("gpslatitude", drone.get("latitude"))
    longitude = next((drone[name] for name in ("gpslongitude", "gpslongtitude", "longitude") if name in drone), None)
    return exif_places.checked(_degrees(latitude, None, "NS"), _degrees(longitude, None, "EW"))


def _of_drone(name: str) -> bool:
    """Whether a property is a coordinate under a drone's name: GpsLatitude in any namespace, Latitude in a drone's."""
    space, _, local = name.rpartition(" ")
    gps = local.lower() in ("gpslatitude", "gpslongitude", "gpslongtitude")
    return gps or ("drone" in space.lower() and local.lower() in ("latitude", "longitude"))


def _degrees(text: str | None, reference: str | None, letters: str) -> float | None:
    """Degrees of "48,51.504N", "48,51,30N", "48.8584N", "48° 51′ 30″ N", "-48.8584", or with a reference apart."""
    plain = (text or "").strip()
    found = _COORDINATE.fullmatch(plain) or _SPELLED.fullmatch(plain)
    if not found:
        return None
    parts = tuple(float(part) for part in found.groups()[:3] if part is not None)
    letter = found[4]
    if letter and reference and letter[:1].upper() != reference.strip()[:1].upper():
        return None
    if found[1].startswith("-") and not parts[0]:
        parts = (-0.0, *parts[1:])
    return exif_places.degrees(parts, letter or reference, letters, signed=len(parts) == 1)


def _leniently(packet: bytes) -> list[dict[str, str]]:
    """The descriptions of a packet, also of one with bytes that XML does not have, or with undeclared prefixes."""
    if packet.startswith(_UTF16):
        return _descriptions(packet)
    try:
        return _descriptions(packet.strip(b"\0 \t\r\n"))
    except InputError:
        return _descriptions(_NO_TEXT.sub(b"", packet).strip().decode("utf-8", "replace").encode(), namespaces=False)


def _descriptions(packet: bytes, namespaces: bool = True) -> list[dict[str, str]]:
    """The simple properties of every description of the photo: "namespace name" → text.

    Without `namespaces`, prefixes stand for what they usually do.
    """
    found: list[dict[str, str]] = []
    path: list[str] = []
    text: list[str] = []

    def spelled(name: str) -> str:
        prefix, _, local = name.partition(":")
        return name if namespaces or not local else f"{_USUAL.get(prefix, prefix)} {local}"

    def start(name: str, attributes: dict[str, str], _: int) -> None:
        name = spelled(name)
        path.append(name)
        text.clear()
        if name == f"{RDF} Description" and path[-2:-1] == [f"{RDF} RDF"]:
            found.append({spelled(key): value[:MAX_TEXT] for key, value in attributes.items()})

    def end(name: str, _: int) -> None:
        path.pop()
        if path[-2:] == [f"{RDF} RDF", f"{RDF} Description"] and found:
            found[-1].setdefault(spelled(name), "".join(text).strip()[:MAX_TEXT])
        text.clear()

    parse(packet, start, end, text.append, namespaces)
    return found
