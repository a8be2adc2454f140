"""What an XMP packet gives away, in a photo or beside it: places, their names, serial numbers, people, captions."""

import re
from contextlib import suppress

from photoplanet.audit import places, xmp_properties
from photoplanet.audit.finding import MOST_NAMED, Finding, Level, line
from photoplanet.audit.xmp_properties import Property
from photoplanet.errors import InputError
from photoplanet.metadata import xmp_facts
from photoplanet.metadata.estimate import MARK

_COORDINATES = {"gpslatitude", "gpslongitude", "gpslongtitude", "gpsdestlatitude", "gpsdestlongitude", "gpscoordinates",
                "gpsposition"}  # fmt: skip
_DRONES = {"latitude", "longitude", "homelatitude", "homelongitude"}  # only under a drone's prefix, or ours
_NAMES: dict[str, tuple[Level, str]] = {
    "city": ("place", "city"), "location": ("place", "sub-location"), "sublocation": ("place", "sub-location"),
    "locationname": ("place", "place name"), "shotlocation": ("place", "place name"),
    "gpsareainformation": ("place", "name of the area"), "ciadrcity": ("place", "creator's address"),
    "ciadrextadr": ("place", "creator's address"), "ciadrpcode": ("place", "creator's address"),
    "state": ("hint", "state"), "provincestate": ("hint", "state"), "country": ("hint", "country"),
    "countryname": ("hint", "country"), "countrycode": ("hint", "country code"), "worldregion": ("hint", "region"),
    "ciadrregion": ("hint", "creator's address"), "ciadrctry": ("hint", "creator's address"),
}  # fmt: skip
_WHOLE = {"locationshown", "locationcreated"}  # properties that hold several of the above
_SERIALS = {
    "serialnumber": "camera's serial number", "bodyserialnumber": "camera's serial number",
    "cameraserialnumber": "camera's serial number", "lensserialnumber": "lens's serial number",
    "droneserialnumber": "drone's serial number", "internalserialnumber": "camera's serial number",
    "cameraownername": "camera owner's name", "ownername": "camera owner's name",
    "imageuniqueid": "photo's unique number",
}  # fmt: skip
_TEXTS = {"description": "caption", "subject": "keywords", "hierarchicalsubject": "keywords", "tagslist": "keywords",
          "headline": "headline", "usercomment": "comment", "title": "title"}  # fmt: skip
_TEXT_PREFIXES = ("dc", "lr", "digikam", "photoshop", "exif", "tiff", "")
_PEOPLE = {
    "personinimage": "person in the photo",
    "persondisplayname": "person in the photo",
    "creator": "photographer",
}
_FACES = ("mwg-rs", "mpreg")
_GPS_REST = "gps"  # the other properties of the standard's GPS block: its time, its altitude, how it was found
_ZONE = re.compile(r"T\d\d:\d\d.*[+-]\d\d:\d\d$")
_TAKEN = {"datetimeoriginal", "datecreated"}
_WORDS = re.compile(rb"(?i)(?:gps)?l(?:atitude|ongt?itude)|serialnumber|locationshown|locationcreated|city")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def findings(packet: bytes, where: str, strips: bool) -> list[Finding]:
    """Return what a packet gives away; `strips`: whether what gives a place away can be taken out where it stands.

    >>> [each.says for each in findings(b"<x photoshop:City='Rome' aux:SerialNumber='12'/>", "XMP", True)]
    ['Rome', '12']
    """
    said = xmp_facts.read(packet)
    found: list[Finding] = []
    if said.latitude is not None and said.longitude is not None:
        note = ", an estimate of photoplanet" if said.estimate else ""
        found.append(places.at("GPS", where, said.latitude, said.longitude, strips, note))
    try:
        properties = xmp_properties.properties(_utf8(packet))
    except InputError:
        return found or _unreadable(packet, where, strips)
    placed = bool(found)
    for each in properties:
        found += _property(each, where, strips, placed, len(found) < MOST_NAMED)
    return found


def removed(packet: bytes) -> list[tuple[int, int]]:
    """Return the bytes (from, to) of all properties that give a place, a serial number or an owner away, in order.

    Those inside others are part of these. InputError for a packet that is not well-formed UTF-8.

    >>> removed(b"<x photoshop:City='Rome' a:b='12'/>")
    [(3, 24)]
    """
    if packet.startswith(_UTF16) or b"\0" in packet.strip(b"\0"):
        raise InputError("an XMP packet that is not in UTF-8")
    spans = [(each.start, each.stop) for each in xmp_properties.properties(packet) if _is_removed(each)]
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(stop, merged[-1][1])
        else:
            merged.append((start, stop))
    return merged


def serials(packet: bytes) -> frozenset[str]:
    """Return the serial numbers of cameras, and the names of owners, in a packet.

    >>> serials(b"<x aux:SerialNumber='12'/>")
    frozenset({'12'})
    """
    kinds = ("camera's serial number", "camera owner's name")
    with suppress(InputError):
        properties = xmp_properties.properties(_utf8(packet))
        return frozenset(
            line(each.value) for each in properties if each.value and _SERIALS.get(each.name.lower()) in kinds
        )
    return frozenset()


def _is_removed(each: Property) -> bool:
    name = each.name.lower()
    whole = name in _WHOLE or name in _SERIALS or name in _NAMES or _is_coordinate(each)
    return whole or (name.startswith(_GPS_REST) and each.prefix in ("exif", "drone-dji"))


def _is_coordinate(each: Property) -> bool:
    name = each.name.lower()
    return name in _COORDINATES or (name in _DRONES and ("drone" in each.prefix or each.prefix == MARK))


def _property(each: Property, where: str, strips: bool, known: bool, names: bool) -> list[Finding]:
    """What one property gives away.

    `known`: whether the place was reported, with both of its coordinates; `names`: whether names are looked for.
    """
    name, text = each.name.lower(), line(each.value)
    if not text:
        return []
    if _is_coordinate(each):
        return [] if known else [Finding("place", "GPS", where, f"{each.name} {text}", strips)]
    if name in _NAMES:
        level, kind = _NAMES[name]
        return [Finding(level, kind, where, text, strips)]
    if name in _SERIALS:
        return [Finding("link", _SERIALS[name], where, text, strips)]
    if name in _PEOPLE or (name == "name" and each.prefix in _FACES):
        return [Finding("hint", _PEOPLE.get(name, "person in the photo"), where, text)]
    if name in _TEXTS and each.prefix in _TEXT_PREFIXES:
        return [places.of_text(_TEXTS[name], where, each.value, names=names)]
    if name in _TAKEN and _ZONE.search(text):
        return [Finding("hint", "time zone", where, f"the clock was {text[-6:]} from UTC")]
    return []


def _utf8(packet: bytes) -> bytes:
    if packet.startswith(_UTF16):
        return packet.decode("utf-16", "replace").encode()
    return packet


def _unreadable(packet: bytes, where: str, strips: bool) -> list[Finding]:
    plain = packet.replace(b"\0", b"")
    if word := _WORDS.search(plain):
        says = f"it cannot be read, and names {word[0].decode('latin-1')}"
        return [Finding("place", "damaged XMP", where, says, strips)]
    return [Finding("hint", "damaged XMP", where, "it cannot be read", False)] if plain.strip() else []
