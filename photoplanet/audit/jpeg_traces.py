"""What a JPEG file gives away: in its segments, in those of the pictures behind it and inside it, and behind all."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from photoplanet.audit import exif_traces, iptc_traces, places, xmp_traces
from photoplanet.audit.finding import Finding, line
from photoplanet.audit.jpeg_pictures import APP1, APP11, APP13, COMMENT, Picture, pictures

EXIF, XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"
EXTENDED_AT = len(EXTENDED) + 32 + 8  # behind its digest, its length and its place in the whole
MOST_BLOCKS = 32  # of metadata in one picture
_LOOKED_THROUGH = 64 << 20  # bytes behind the photo
_APP0, _APP15 = 0xE0, 0xEF
_STANDARD = (EXIF, XMP, EXTENDED, iptc_traces.PHOTOSHOP, b"JFIF\0", b"JFXX\0", b"ICC_PROFILE\0", b"MPF\0", b"Adobe",
             b"JP\0", b"urn:iso:std:iso:ts:21496", b"http://ns.adobe.com/", b"Ducky")  # fmt: skip
_LEAST_BLOCK = 32  # bytes of a maker's segment that may hold a number
_PLACE_WORDS = re.compile(rb"(?i)(?:gps_?\w*|latitude|longitude|location|city)[\"']?\s*[:=][^\0\r\n]{1,60}")
_SERIAL_WORDS = re.compile(rb"(?i)serial[ _#]?(?:number|no)?[\"']?\s*[:=][^\0\r\n]{1,40}")
_IPTC_BEGIN = re.compile(rb"\x1c\x02[\x1a\x1b\x5a\x5c\x5f\x64\x65]\0")  # a record of a place
_NAME = re.compile(rb"(?a:[\[\w][\w ]*\]?)?")  # of a maker's segment
_MOST_NAME = 16
_MOST_RECORDS = 16  # of such behind the photo
_FILM_PLACE = re.compile(rb"\xa9xyz.{0,4}?([+-]\d{2}\.\d+[+-]\d{3}\.\d+)", re.DOTALL)  # QuickTime, ISO 6709
_SHAPE = 0.1  # a thumbnail this much wider or narrower shows more than the photo, or something else


class Block(NamedTuple):
    """A block of metadata: "EXIF", "XMP", "IPTC", "comment" or "other", where it stands, and its bytes."""

    kind: str
    where: str
    start: int
    stop: int


def findings(data: bytes) -> list[Finding]:
    r"""Return what a JPEG file's bytes give away.

    >>> findings(b"\xff\xd8\xff\xfe\0\x14" + b"48.8583, 2.2944 \0 " + b"\xff\xd9")[0].level
    'place'
    """
    every, more = pictures(data)
    found: list[Finding] = []
    for picture in every:
        history = signed_history(data, picture)
        if history:
            words = _PLACE_WORDS.search(history)
            may = f"holds {line(words[0].decode('latin-1'))}" if words else "may hold place, time and maker"
            says = f"its signed history (C2PA) {may}; nothing is taken out of a signed photo"
            found.append(Finding("place" if words else "hint", "signed history", picture.name or "file", says))
        for number, block in enumerate(blocks(data, picture)):
            if number == MOST_BLOCKS:
                says = f"only the first {MOST_BLOCKS} blocks of metadata were looked into; save the photo without them"
                found.append(Finding("place", "many blocks", picture.name or "file", says))
                break
            found += of_block(data, block, not history)
        found += _extended(data, picture)
    found += _thumbnail_shows_more(every)
    found += _behind(data, every)
    if more:
        found.append(Finding("note", "many pictures", "file", f"only the first {len(every)} pictures were looked into"))
    if not every[0].whole:
        found.append(Finding("note", "damaged", "file", "it ends early; metadata behind that may have been missed"))
    return found


def signed_history(data: bytes, picture: Picture) -> bytes:
    """Return the signed history (C2PA) of a picture; empty where there is none.

    >>> signed_history(b"", Picture("", 0, 0, [], None, [], True))
    b''
    """
    parts = [data[each.start : each.stop] for each in picture.segments if each.marker == APP11]
    whole = b"".join(each for each in parts if each.startswith(b"JP", 4))
    return whole if b"c2pa" in whole or b"cai." in whole else b""


def of_block(data: bytes, block: Block, strips: bool) -> list[Finding]:
    """Return what one block of metadata gives away.

    >>> of_block(b"48.8583, 2.2944", Block("comment", "file", 0, 15), True)[0].kind
    'comment'
    """
    part = data[block.start : block.stop]
    if block.kind == "EXIF":
        return exif_traces.findings(part, block.where)
    if block.kind == "XMP":
        return xmp_traces.findings(part, block.where, strips)
    if block.kind == "IPTC":
        return iptc_traces.findings(data, block.start, block.stop, block.where, strips)
    if block.kind == "other":
        return _other(part, block.where, strips)
    text = part.decode("utf-8", "replace").strip("\0 ")
    return [places.of_text("comment", block.where, text, strips)] if text else []


def blocks(data: bytes, picture: Picture) -> Iterator[Block]:
    """Yield the blocks of metadata of a picture, those inside EXIF too.

    >>> list(blocks(b"", Picture("", 0, 0, [], None, [], True)))
    []
    """
    of = f" of {picture.name}" if picture.name else ""
    for segment in picture.segments:
        at = segment.start + 4
        if segment.marker == APP1 and data.startswith(EXIF, at):
            begin = at + len(EXIF)
            yield Block("EXIF", f"EXIF{of}", begin, segment.stop)
            for kind, start, stop in exif_traces.inner_blocks(data[begin : segment.stop]):
                yield from _inner(data, kind, f"EXIF{of}", begin + start, begin + stop)
        elif segment.marker == APP1 and data.startswith(XMP, at):
            yield Block("XMP", f"XMP{of}", at + len(XMP), segment.stop)
        elif segment.marker == APP13 and data.startswith(iptc_traces.PHOTOSHOP, at):
            yield from _inner(data, "Photoshop", f"IPTC{of}", at + len(iptc_traces.PHOTOSHOP), segment.stop)
        elif segment.marker == COMMENT:
            yield Block("comment", f"comment{of}", at, segment.stop)
    yield from _makers(data, picture)


def _inner(data: bytes, kind: str, where: str, start: int, stop: int) -> Iterator[Block]:
    """A block inside another; of Photoshop's resources those with IPTC in them."""
    if kind != "Photoshop":
        yield Block(kind, where if kind == "IPTC" else f"{kind} in {where}", start, stop)
        return
    for each in iptc_traces.resources(data, start, stop):
        if each.number == iptc_traces.IPTC:
            yield Block("IPTC", where, each.start, each.stop)


def _extended(data: bytes, picture: Picture) -> list[Finding]:
    """What XMP that was too long for one segment gives away: its parts belong together, and carry a checksum."""
    starts = [each.start + 4 for each in picture.segments if data.startswith(EXTENDED, each.start + 4)]
    stops = [each.stop for each in picture.segments if data.startswith(EXTENDED, each.start + 4)]
    packet = b"".join(data[at + EXTENDED_AT : stop] for at, stop in zip(starts, stops, strict=True))
    where = f"extended XMP{f' of {picture.name}' if picture.name else ''}"
    return xmp_traces.findings(packet, where, False) if packet else []


def _thumbnail_shows_more(every: list[Picture]) -> list[Finding]:
    """A thumbnail of another shape than the photo: it may show what was cropped away."""
    photo = every[0].size
    for each in every[1:]:
        if each.name != "thumbnail" or not photo or not each.size or not all((*photo, *each.size)):
            continue
        shapes = sorted(max(size) / min(size) for size in (photo, each.size))
        turned = (photo[0] > photo[1]) != (each.size[0] > each.size[1]) and photo[0] != photo[1]
        if shapes[1] / shapes[0] > 1 + _SHAPE or (turned and each.size[0] != each.size[1]):
            sizes = f"{each.size[0]} × {each.size[1]} pixels, the photo {photo[0]} × {photo[1]}"
            return [Finding("hint", "thumbnail", "EXIF", f"it may show what was cropped away: {sizes}")]
    return []


def _behind(data: bytes, every: list[Picture]) -> list[Finding]:
    """What stands behind the pictures: the film of a motion photo, for one, or what programs have put there."""
    end = max(each.stop for each in every)
    rest = data[every[0].stop : every[0].stop + _LOOKED_THROUGH]
    found: list[Finding] = []
    if b"ftyp" in rest:
        if (place := _FILM_PLACE.search(rest)) and (where := places.coordinates(place[1].decode())):
            found.append(places.at("GPS", "film behind the photo", *where, False))
        size = len(data) - every[0].stop - rest.find(b"ftyp") + 4
        found.append(Finding("note", "film", "film behind the photo", f"{size:,} bytes that are not looked into"))
    rest = data[end : end + _LOOKED_THROUGH]
    where_behind = "block behind the photo"
    for begin in islice(_IPTC_BEGIN.finditer(rest), _MOST_RECORDS):
        records = iptc_traces.findings(rest, begin.start(), len(rest), where_behind, False)
        found += [each for each in records if each.kind in iptc_traces.NAMES_OF_PLACES]
    if (at := rest.find(EXIF)) >= 0:
        found += [kept(each) for each in exif_traces.findings(rest[at + len(EXIF) :], f"EXIF in the {where_behind}")]
    return found


def _makers(data: bytes, picture: Picture) -> Iterator[Block]:
    """Yield the segments of makers and programs that follow no standard."""
    of = f" of {picture.name}" if picture.name else ""
    for segment in picture.segments:
        at = segment.start + 4
        if _APP0 <= segment.marker <= _APP15 and not data.startswith(_STANDARD, at):
            name = _NAME.match(data, at, min(at + _MOST_NAME, segment.stop))[0].decode()  # type: ignore[index]
            if segment.stop > at + len(name):
                number = f"APP{segment.marker - _APP0}{f' ({name})' if name else ''}"
                yield Block("other", f"{number}{of}", at + len(name), segment.stop)


def _other(part: bytes, where: str, strips: bool) -> list[Finding]:
    """What a plain scan tells of a maker's segment; binary ones may hold a serial number, as FLIR's and GoPro's do."""
    place = places.coordinates(part.decode("latin-1"))
    if word := _PLACE_WORDS.search(part):
        return [Finding("place", "maker's block", where, f"names a place: {line(word[0].decode('latin-1'))}", strips)]
    if place:
        return [Finding("place", "maker's block", where, f"names a place: {place[0]}, {place[1]}", strips, *place)]
    if word := _SERIAL_WORDS.search(part):
        return [Finding("link", "maker's block", where, line(word[0].decode("latin-1")), strips)]
    says = f"{len(part):,} bytes that only its maker can read: often a serial number"
    return [Finding("hint", "maker's block", where, says)] if len(part) >= _LEAST_BLOCK else []


def kept(found: Finding) -> Finding:
    """The same finding, marked as one that is not taken out.

    >>> kept(Finding("place", "GPS", "EXIF", "", True)).strips
    False
    """
    return replace(found, strips=False)
