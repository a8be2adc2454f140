"""What a JPEG file gives away: in its segments, in those of the pictures behind it and inside it, and behind all."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from photoplanet.audit import exif_traces, iptc_traces, places, xmp_traces
from photoplanet.audit.finding import Finding, line
from photoplanet.audit.jpeg_pictures import APP1, APP11, APP13, COMMENT, Picture, pictures

EXIF, XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"
EXTENDED_AT = len(EXTENDED) + 32 + 8  # behind its digest, its length and its place in the whole
_FILM_PLACE = re.compile(rb"\xa9xyz.{0,4}?([+-]\d{2}\.\d+[+-]\d{3}\.\d+)", re.DOTALL)  # QuickTime, ISO 6709
_SHAPE = 0.1  # a thumbnail this much wider or narrower shows more than the photo, or something else


class Block(NamedTuple):
    """A block of metadata: "EXIF", "XMP", "IPTC", "extended XMP" or "comment", where it stands, and its bytes."""

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
        signed = any(each.marker == APP11 and b"c2pa" in data[each.start : each.stop] for each in picture.segments)
        if signed:
            says = "its signed history (C2PA) may hold place, time and maker; nothing is stripped from a signed photo"
            found.append(Finding("hint", "signed history", picture.name or "file", says))
        for block in blocks(data, picture):
            found += of_block(data, block, not signed)
        found += _extended(data, picture)
    found += _thumbnail_shows_more(every)
    found += _behind(data, every)
    if more:
        found.append(Finding("note", "many pictures", "file", f"only the first {len(every)} pictures were looked into"))
    if not every[0].whole:
        found.append(Finding("note", "damaged", "file", "it ends early; metadata behind that may have been missed"))
    return found


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
    """What stands behind the pictures: the film of a motion photo, for one, with a place of its own."""
    end = max(each.stop for each in every)
    if (at := data.find(b"ftyp", every[0].stop)) < 0:
        return []
    if place := _FILM_PLACE.search(data, min(at, end)):
        text = place[1].decode()
        if where := places.coordinates(text):
            return [places.at("GPS", "film behind the photo", *where, False)]
        return [Finding("place", "GPS", "film behind the photo", line(text))]
    return [Finding("note", "film", "film behind the photo", f"{len(data) - at + 4:,} bytes that are not looked into")]
