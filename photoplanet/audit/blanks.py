"""Taking out of a JPEG's bytes what gives a place or a person away, so that nothing else moves.

Every edit is as long as what it replaces: previews that a maker note points to, lists of pictures (MPF) and places in
the file stay right, and so do the pixels, which no edit may touch. A block that is too odd for that is replaced by an
empty one that keeps the orientation.
"""

import hashlib
import struct

import numpy as np
from numpy.typing import NDArray

from photoplanet.audit import exif_traces, iptc_traces, jpeg_traces, places, tiff_fields, xmp_traces
from photoplanet.audit.jpeg_pictures import APP11, APP13, COMMENT, Picture, pictures
from photoplanet.audit.jpeg_traces import Block
from photoplanet.audit.tiff_fields import Directory, Field
from photoplanet.errors import InputError
from photoplanet.metadata import exif_tags as tags
from photoplanet.metadata import tiff
from photoplanet.metadata.byte_edits import Edit
from photoplanet.photos import formats
from photoplanet.photos.decode import ORIENTATION

_NEAR = 16  # bytes: edits so near each other are one
_PASSES = 3  # what is inside a block is looked at after the block itself
_EMPTY_XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
_THUMBNAIL, _LENGTH = 0x0201, 0x0202
_SEGMENTS = {*range(0xE0, 0xF0), COMMENT}  # of metadata


def edits(jpeg: bytes) -> list[Edit]:
    """Return the edits, in order and apart, that take out what gives a place or a person away; none where nothing does.

    InputError for what is not a JPEG, or is signed (C2PA): the signature would become wrong.

    >>> edits(b"not a photo")
    Traceback (most recent call last):
    photoplanet.errors.InputError: only JPEGs are stripped; save it as one, or clean it with another program
    """
    if formats.recognise(jpeg[: formats.HEAD]) is not formats.JPEG:
        raise InputError("only JPEGs are stripped; save it as one, or clean it with another program")
    if any(
        each.marker == APP11 and b"c2pa" in jpeg[each.start : each.stop]
        for one in pictures(jpeg)[0]
        for each in one.segments
    ):
        raise InputError("it is signed (C2PA), and the signature would become wrong")
    now = bytearray(jpeg)
    for _ in range(_PASSES):
        before = bytes(now)
        for picture in pictures(before)[0]:
            for block in jpeg_traces.blocks(before, picture):
                _blank(now, block)
            _refresh_digests(now, before, picture)
        if bytes(now) == before:
            break
    changes = differences(jpeg, bytes(now))
    check(jpeg, changes)
    return changes


def xmp_edits(packet: bytes) -> list[Edit]:
    """Return the edits that take the same out of a sidecar; InputError for what is not XMP in UTF-8.

    >>> xmp_edits(b"<x photoshop:City='Rome' a:b='12'/>")
    [Edit(start=3, stop=24, new=b'                     ')]
    """
    return [Edit(start, stop, b" " * (stop - start)) for start, stop in xmp_traces.removed(packet)]


def differences(one: bytes, other: bytes) -> list[Edit]:
    """Return the edits that make `other` of `one`, which is as long.

    >>> differences(b"no place", b"no pl  e")
    [Edit(start=5, stop=7, new=b'  ')]
    """
    at = np.flatnonzero(np.frombuffer(one, np.uint8) != np.frombuffer(other, np.uint8))
    if not len(at):
        return []
    cuts = np.flatnonzero(np.diff(at) > _NEAR) + 1
    runs = [(int(part[0]), int(part[-1]) + 1) for part in np.split(at, cuts)]
    return [Edit(start, stop, other[start:stop]) for start, stop in runs]


def check(jpeg: bytes, changes: list[Edit]) -> None:
    """Raise InputError for an edit outside the segments of metadata: pixels are never touched.

    >>> check(b"not a photo", [Edit(0, 3, b"yes")])
    Traceback (most recent call last):
    photoplanet.errors.InputError: its structure is not understood
    """
    every, _ = pictures(jpeg)
    held = [(each.start + 4, each.stop) for one in every for each in one.segments if each.marker in _SEGMENTS]
    for edit in changes:
        if not any(start <= edit.start and edit.stop <= stop for start, stop in held):
            raise InputError("its structure is not understood")


def _blank(now: bytearray, block: Block) -> None:
    """Take out of one block what gives something away."""
    part = bytes(now[block.start : block.stop])
    if not any(each.strips for each in jpeg_traces.of_block(part, Block(block.kind, "", 0, len(part)), True)):
        return
    if block.kind == "EXIF":
        new = _blank_exif(part)
    elif block.kind == "XMP":
        new = _blank_xmp(part)
    elif block.kind == "IPTC":
        new = _without_places(part)
    else:
        new = b" " * len(part)
    now[block.start : block.stop] = new


def _blank_exif(block: bytes) -> bytes:
    """An EXIF block without what gives something away: by its directories, else an empty one with the orientation."""
    order = tiff_fields.order_of(block)
    layout = tiff_fields.directories(block)
    new = bytearray(block)
    kept = np.zeros(len(block), bool)
    kept[:8] = True
    drop: list[Field] = []
    for directory in layout:
        if directory.name == "GPS":
            drop += directory.fields
            continue
        gone = [each for each in directory.fields if _is_dropped(each)]
        drop += gone
        _hold(kept, directory, gone, order)
        _compact(new, directory, {each.entry.at for each in gone}, order)
    spans = [tiff.span(each.entry, order) for each in drop]
    spans += [(each.at, each.at + 6 + 12 * len(each.entries)) for each in layout if each.name == "GPS"]
    for start, stop in filter(None, spans):
        free = np.flatnonzero(~kept[start:stop]) + start
        for at in free.tolist():
            new[at] = 0
    made = bytes(new)
    if any(each.strips for each in exif_traces.findings(made, "")):
        return _empty_exif(layout, order, len(block))
    return made


def _is_dropped(field: Field) -> bool:
    if field.tag in exif_traces.COMMENTS:
        return places.of_text("", "", tiff_fields.text(field)).level == "place"
    return field.tag in (tags.GPS_IFD, tags.MAKER_NOTE) or field.tag in exif_traces.SERIALS


def _hold(kept: NDArray[np.bool_], directory: Directory, gone: list[Field], order: str) -> None:
    """Mark the bytes that stay: of a directory, of the values that it keeps, of the thumbnail that it points to."""
    kept[directory.at : directory.at + 6 + 12 * len(directory.entries)] = True
    named = {each.tag: each for each in directory.fields}
    for each in directory.fields:
        if each not in gone and (span := tiff.span(each.entry, order)):
            kept[slice(*span)] = True
    if _THUMBNAIL in named and _LENGTH in named:
        numbers = [tiff_fields.integers(named[tag], order) for tag in (_THUMBNAIL, _LENGTH)]
        if all(numbers):
            kept[numbers[0][0] : numbers[0][0] + numbers[1][0]] = True


def _compact(new: bytearray, directory: Directory, gone: set[int], order: str) -> None:
    """Write a directory anew without the entries at the bytes `gone`; what gets free becomes zeros."""
    if not gone:
        return
    rows = [each.raw for each in directory.entries if each.at not in gone]
    whole = struct.pack(order + "H", len(rows)) + b"".join(rows) + directory.following
    stop = min(directory.at + 6 + 12 * len(directory.entries), len(new))
    new[directory.at : stop] = whole.ljust(stop - directory.at, b"\0")[: stop - directory.at]


def _empty_exif(layout: list[Directory], order: str, length: int) -> bytes:
    turned = [each for directory in layout[:1] for each in directory.fields if each.tag == ORIENTATION]
    sound = [each for each in turned if each.kind == tiff.SHORT and len(each.value) == 2]
    fields: tiff.Fields = {ORIENTATION: (tiff.SHORT, sound[0].value)} if sound else {}
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", 8)
    whole = head + tiff.packed(fields, 8, order) if fields else head[:4] + bytes(4)
    return whole.ljust(length, b"\0") if len(whole) <= length else bytes(length)


def _blank_xmp(packet: bytes) -> bytes:
    """A packet with blanks instead of what gives something away; an empty one where that cannot be told apart."""
    new = bytearray(packet)
    try:
        for start, stop in xmp_traces.removed(packet):
            new[start:stop] = b" " * (stop - start)
        if not any(each.strips for each in xmp_traces.findings(bytes(new), "", True)):
            return bytes(new)
    except InputError:
        pass
    return (_EMPTY_XMP if len(_EMPTY_XMP) <= len(packet) else b"").ljust(len(packet))


def _without_places(block: bytes) -> bytes:
    """IPTC's records without those of places, and zeros behind them."""
    rows = list(iptc_traces.records(block, 0, len(block)))
    kept = b"".join(
        block[each.start : each.stop] for each in rows if not (each.record == 2 and each.number in iptc_traces.REMOVED)
    )
    return (kept + block[rows[-1].stop if rows else 0 :]).ljust(len(block), b"\0")


def _refresh_digests(now: bytearray, before: bytes, picture: Picture) -> None:
    """Photoshop keeps the MD5 of IPTC's records: where it was right, it is made right again."""
    for segment in picture.segments:
        begin = segment.start + 4 + len(iptc_traces.PHOTOSHOP)
        if segment.marker != APP13 or not before.startswith(iptc_traces.PHOTOSHOP, segment.start + 4):
            continue
        parts = {each.number: each for each in iptc_traces.resources(before, begin, segment.stop)}
        records, digest = parts.get(iptc_traces.IPTC), parts.get(iptc_traces.DIGEST)
        if records is None or digest is None or digest.stop - digest.start != 16:
            continue
        old, new = (hashlib.md5(each[records.start : records.stop]).digest() for each in (before, bytes(now)))
        if old != new and before[digest.start : digest.stop] == old:
            now[digest.start : digest.stop] = new
