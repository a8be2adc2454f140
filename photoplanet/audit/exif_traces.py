"""What an EXIF block gives away, in every directory of it: places, serial numbers, names, zones, comments."""

import re

from photoplanet.audit import places, tiff_fields
from photoplanet.audit.finding import Finding, line
from photoplanet.audit.tiff_fields import Directory, Field
from photoplanet.metadata import exif_places
from photoplanet.metadata import exif_tags as tags
from photoplanet.metadata.estimate import MARK

SERIALS = {
    tags.BODY_SERIAL: "camera's serial number", 0xA435: "lens's serial number", 0xC62F: "camera's serial number",
    0xA430: "camera owner's name", 0xA420: "photo's unique number", 0x013C: "computer's name",
    0xC65D: "raw file's number",
}  # fmt: skip
COMMENTS = {
    0x010E: "description", 0x9286: "comment", 0x9C9B: "title", 0x9C9C: "comment", 0x9C9E: "keywords", 0x9C9F: "subject",
    0xA436: "title",
}  # fmt: skip
PEOPLE = {tags.ARTIST: "photographer", 0x9C9D: "author", 0xA437: "photographer", 0xA438: "editor"}
OFFSETS = {tags.OFFSET_ORIGINAL, tags.OFFSET_DIGITIZED, tags.OFFSET_CHANGED}
XMP, IPTC, PHOTOSHOP = 0x02BC, 0x83BB, 0x8649  # blocks inside the block
_NOTE_LEAST = 8  # bytes of a maker note that says anything
_COORDINATE_WORDS = re.compile(rb"(?i)gps_?(?:latitude|longitude|lat\b|lon\b)|\$GP(?:GGA|RMC)|location_?(?:name|city)")


def findings(block: bytes, where: str) -> list[Finding]:
    r"""Return what an EXIF block gives away; `where` is said of each ("EXIF", "EXIF of the thumbnail").

    >>> from photoplanet.metadata import exif_writer
    >>> [each.says for each in findings(exif_writer.gps_bytes(48.8583, 2.2944)[6:], "EXIF")]
    ['48.85830, 2.29440 (Paris, Île-de-France, France)']
    """
    order = tiff_fields.order_of(block)
    found: list[Finding] = []
    for directory in tiff_fields.directories(block):
        at = where if directory.name not in ("thumbnail", "below") else f"{where}, directory of the {directory.name}"
        at = at.replace("of the below", "below")
        if directory.name == "GPS":
            found += _gps(directory, order, at)
            continue
        for field in directory.fields:
            found += _field(field, at)
    return found


def serials(block: bytes) -> frozenset[str]:
    """Return the serial numbers of cameras and lenses, and the names of owners, in an EXIF block.

    >>> serials(b"text")
    frozenset()
    """
    wanted = (tags.BODY_SERIAL, 0xC62F, 0xA430)
    fields = (field for each in tiff_fields.directories(block) for field in each.fields if field.tag in wanted)
    return frozenset(text for field in fields if (text := line(tiff_fields.text(field))))


def _field(field: Field, where: str) -> list[Finding]:
    """What a field outside the GPS directory gives away."""
    if field.tag == tags.MAKER_NOTE:
        return _maker_note(field.value, where) if len(field.value) >= _NOTE_LEAST else []
    text = line(tiff_fields.text(field))
    if not text:
        return []
    if field.tag in SERIALS:
        return [Finding("link", SERIALS[field.tag], where, text, True)]
    if field.tag in COMMENTS:
        return [places.of_text(COMMENTS[field.tag], where, text, True)]
    if field.tag in PEOPLE:
        return [Finding("hint", PEOPLE[field.tag], where, text)]
    if field.tag in OFFSETS and re.fullmatch(r"[+-]\d\d:\d\d", text):
        return [Finding("hint", "time zone", where, f"the clock was {text} from UTC")]
    return []


def _maker_note(note: bytes, where: str) -> list[Finding]:
    """A maker note, whose insides only its maker knows: what a plain scan finds, and that it is there."""
    found: list[Finding] = []
    words = _COORDINATE_WORDS.search(note)
    if words or (place := places.coordinates(note.decode("latin-1"))):
        says = line((words[0] if words else note[:0]).decode("latin-1")) or f"{place[0]}, {place[1]}"  # type: ignore[index]
        found.append(Finding("place", "maker note", where, f"names a place: {says}", True))
    for head in tiff_fields.HEADS[:2]:  # a note that is a whole TIFF of its own
        if (at := note.find(head)) >= 0:
            found += [each for each in findings_within(note[at:], f"{where}, maker note") if each.level != "hint"]
    maker = line(re.split(rb"[^ -~]", note[:16])[0].decode())
    about = f"{len(note):,} bytes that only its maker can read{f' ({maker})' if len(maker) > 2 else ''}"
    return [*found, Finding("hint", "maker note", where, f"{about}: often serial numbers, at times a place", True)]


def findings_within(block: bytes, where: str) -> list[Finding]:
    """What a TIFF inside another block gives away; maker notes in it are not looked into again.

    >>> findings_within(b"", "EXIF, maker note")
    []
    """
    order = tiff_fields.order_of(block)
    found: list[Finding] = []
    for directory in tiff_fields.directories(block):
        if directory.name == "GPS":
            found += _gps(directory, order, where)
        else:
            found += [each for field in directory.fields if field.tag in SERIALS for each in _field(field, where)]
    return found


def _gps(directory: Directory, order: str, where: str) -> list[Finding]:
    """What a GPS directory gives away: the camera's place, that of what it shows, names of areas, or but a time."""
    named = {field.tag: field for field in directory.fields}
    method = tiff_fields.text(named[tags.GPS_METHOD]) if tags.GPS_METHOD in named else ""
    note = ", an estimate of photoplanet" if MARK in method.lower() else ""
    found: list[Finding] = []
    for kind, (lat_ref, lat, lng_ref, lng) in (
        ("GPS", (1, 2, 3, 4)),
        ("GPS of what it shows", (0x13, 0x14, 0x15, 0x16)),
    ):
        if lat not in named and lng not in named:
            continue
        values = [named.get(tag) for tag in (lat, lat_ref, lng, lng_ref)]
        numbers = [None if each is None else tiff_fields.rationals(each, order) for each in values[::2]]
        letters = [None if each is None else tiff_fields.text(each) for each in values[1::2]]
        latitude, longitude, fault = exif_places.place(numbers[0], letters[0], numbers[1], letters[1])
        if latitude is not None and longitude is not None:
            found.append(places.at(kind, where, latitude, longitude, True, note))
        elif fault != "exactly 0, 0":
            found.append(Finding("place", kind, where, f"{fault or 'GPS'}, but another reader may read it", True))
    if 0x1C in named and (area := line(tiff_fields.text(named[0x1C]))):
        found.append(Finding("place", "name of the area", where, area, True))
    if not found and tags.GPS_DATE in named:
        found.append(Finding("hint", "GPS time", where, line(tiff_fields.text(named[tags.GPS_DATE])), True))
    return found


def inner_blocks(block: bytes) -> list[tuple[str, int, int]]:
    """("XMP", "IPTC" or "Photoshop", from, to) of the blocks that stand as values inside an EXIF block or a TIFF.

    >>> inner_blocks(b"text")
    []
    """
    names = {XMP: "XMP", IPTC: "IPTC", PHOTOSHOP: "Photoshop"}
    return [
        (names[field.tag], field.start, field.start + len(field.value))
        for directory in tiff_fields.directories(block)
        for field in directory.fields
        if field.tag in names
    ]
