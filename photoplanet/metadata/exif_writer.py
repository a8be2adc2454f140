"""The one writer of EXIF: a new block for a photo that is being made, or a few bytes changed in a JPEG that is there.

In a JPEG no pixel is encoded again, and every other byte stays as it was: the result is a list of edits, so that what
is not named in it cannot change. A GPS directory is appended at the end of the EXIF block; where the block has no
pointer to one, its first directory is copied behind it with the pointer added. Nothing that is there moves, so that
maker notes and thumbnails, whose offsets nobody else knows, stay valid.
"""

import struct
from collections.abc import Iterator
from datetime import datetime, timedelta

from photoplanet.errors import InputError
from photoplanet.metadata import exif_tags as tags
from photoplanet.metadata import tiff
from photoplanet.metadata.byte_edits import Edit, applied
from photoplanet.metadata.estimate import MARK, Estimate, OwnGps
from photoplanet.photos import formats

MAX_SEGMENT = 65_533  # bytes: a JPEG segment counts its own length in 16 bits
_EXIF, _XMP, _EXTENDED_XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
_NEW = b"II*\0\0\0\0\0"  # a block without anything, not even a first directory


def gps_bytes(
    latitude: float,
    longitude: float,
    taken_at: str | datetime | None = None,
    artist: str | None = None,
    software: str | None = None,
) -> bytes:
    """Return a new EXIF block for `PIL.Image.save(exif=…)`: a place in degrees to 3 mm, a time, who and what made it.

    `taken_at`: ISO 8601. InputError for coordinates out of range, or a time that is not ISO 8601.

    >>> from PIL import Image
    >>> tags = Image.Exif()
    >>> tags.load(gps_bytes(48.86, 2.29, "2016-08-08T12:30:00", "Ann"))
    >>> tags[0x013B], tags.get_ifd(0x8825)[1]
    ('Ann', 'N')
    """
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise InputError(f"cannot write GPS {latitude}, {longitude}: must be −90 … 90 and −180 … 180 degrees")
    named = {tags.SOFTWARE: software, tags.ARTIST: artist}
    main = {tag: (tiff.TEXT, text.encode() + b"\0") for tag, text in named.items() if text}
    below: dict[int, tiff.Fields] = {} if taken_at is None else {tags.EXIF_IFD: _time_fields(taken_at)}
    below[tags.GPS_IFD] = _place_fields(latitude, longitude, "<")
    at = 8 + len(tiff.packed({**main, **dict.fromkeys(below, (tiff.LONG, bytes(4)))}, 8, "<"))
    behind = b""
    for tag, fields in below.items():
        main[tag] = (tiff.LONG, struct.pack("<I", at + len(behind)))
        behind += tiff.packed(fields, at + len(behind), "<")
    return _EXIF + b"II*\0\x08\0\0\0" + tiff.packed(main, 8, "<") + behind


def edits(jpeg: bytes, estimate: Estimate) -> list[Edit]:
    """Return the edits, in order and apart, that put `estimate` into a JPEG file's EXIF.

    An earlier estimate of ours goes. OwnGps where EXIF or XMP in the file hold a place that is not ours; InputError
    for what is not a JPEG, and for EXIF that is damaged, in pieces or full (64 KB).

    >>> import io
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (8, 8)).save(file, "JPEG")
    >>> [edit.start for edit in edits(file.getvalue(), Estimate(48.86, 2.29, 25_000))]
    [20]
    """
    found: list[tuple[int, int]] = []
    after = 2
    for marker, start, stop in _segments(jpeg):
        body = jpeg[start + 4 : stop]
        if marker == 0xE0 and after == start:
            after = stop  # JFIF wants to be the first segment
        if marker == 0xE1 and body.startswith(_EXIF):
            found.append((start, stop))
        if marker == 0xE1 and body.startswith((_XMP, _EXTENDED_XMP)) and b"GPSLatitude" in body:
            raise OwnGps("its XMP holds a place")
        if marker == 0xE2 and body.startswith(b"MPF\0"):
            raise InputError("it holds several pictures, whose list of lengths would become wrong")
    if len(found) > 1:
        raise InputError("it has more than one EXIF block")
    if not found:
        block = _EXIF + applied(_NEW, _block_edits(_NEW, estimate))[0]
        return [Edit(after, after, b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block)]
    start, stop = found[0]
    block_at = start + 4 + len(_EXIF)
    inner = _block_edits(jpeg[block_at:stop], estimate)
    length = stop - start - 2 + sum(len(edit.new) - (edit.stop - edit.start) for edit in inner)
    if length > MAX_SEGMENT + 2:
        raise InputError("its EXIF block is full (64 KB)")
    moved = [Edit(edit.start + block_at, edit.stop + block_at, edit.new) for edit in inner]
    return [Edit(start + 2, start + 4, struct.pack(">H", length)), *moved]


def _segments(jpeg: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, first byte, byte after the last) of every segment before the pixels."""
    if formats.recognise(jpeg[: formats.HEAD]) is not formats.EXIF_WRITTEN:
        raise InputError("it is not a JPEG")
    at = 2
    while True:
        start = at
        while jpeg[at : at + 2] == b"\xff\xff":  # a marker may be filled up with FF; the segment begins at the last
            at += 1
        head = jpeg[at : at + 4]
        if len(head) < 4 or head[0] != 0xFF or head[1] in (0x00, 0x01, 0xD8, 0xD9) or 0xD0 <= head[1] <= 0xD7:
            raise InputError(f"its structure is damaged at byte {start:,}")
        length = int.from_bytes(head[2:4], "big")
        if length < 2 or at + 2 + length > len(jpeg):
            raise InputError(f"its structure is damaged at byte {start:,}")
        if head[1] == 0xDA:
            return
        yield head[1], at, at + 2 + length
        at += 2 + length


def _block_edits(block: bytes, estimate: Estimate) -> list[Edit]:
    """The edits inside an EXIF block, which is a TIFF file."""
    order = tiff.ORDERS.get(block[:4])
    if order is None or len(block) < 8:
        raise InputError("its EXIF block is damaged")
    first = struct.unpack(order + "I", block[4:8])[0]
    entries, following = tiff.read_directory(block, first, order) if block != _NEW else ([], bytes(4))
    pointers = [entry for entry in entries if entry.tag == tags.GPS_IFD]
    gps: list[tiff.Entry] = []
    if pointers:
        kind, count, offset = struct.unpack(order + "HII", pointers[0].raw[2:])
        if len(pointers) > 1 or kind not in (tiff.LONG, tiff.IFD) or count != 1:
            raise InputError("its EXIF block is damaged: more or less than one pointer to GPS")
        gps, _ = tiff.read_directory(block, offset, order)
        _refuse_own(block, gps, order)
    end = len(block) + len(block) % 2
    ours = _estimate_fields(estimate, order)
    directory = tiff.packed(ours, end, order, [entry for entry in gps if entry.tag not in ours])
    behind = bytes(end - len(block)) + directory
    if pointers:
        at = pointers[0].at + 8
        return [Edit(at, at + 4, struct.pack(order + "I", end)), Edit(len(block), len(block), behind)]
    here = end + len(directory)
    pointer = {tags.GPS_IFD: (tiff.LONG, struct.pack(order + "I", end))}
    behind += tiff.packed(pointer, here, order, entries, following)
    return [Edit(4, 8, struct.pack(order + "I", here)), Edit(len(block), len(block), behind)]


def _refuse_own(block: bytes, gps: list[tiff.Entry], order: str) -> None:
    """OwnGps where a GPS directory holds a place that is not marked as ours."""
    found = {entry.tag: entry for entry in gps}
    if tags.LAT not in found and tags.LNG not in found:
        return
    method = tiff.value(block, found[tags.GPS_METHOD], order) if tags.GPS_METHOD in found else b""
    if MARK.encode() not in method.lower():
        raise OwnGps("it has GPS of its own")


def _estimate_fields(estimate: Estimate, order: str) -> tiff.Fields:
    """The GPS fields of an estimate: its place, how it was found, and how far it may be off in metres."""
    return {
        **_place_fields(estimate.latitude, estimate.longitude, order),
        tags.GPS_DATUM: (tiff.TEXT, b"WGS-84\0"),
        tags.GPS_METHOD: (tiff.UNDEFINED, b"ASCII\0\0\0" + estimate.marked.encode()),
        tags.GPS_ERROR: (tiff.RATIONAL, struct.pack(order + "2I", round(estimate.radius_m * 10), 10)),
    }


def _place_fields(latitude: float, longitude: float, order: str) -> tiff.Fields:
    """The GPS fields of a place in degrees."""
    return {
        tags.GPS_VERSION: (tiff.BYTE, b"\2\3\0\0"),
        tags.LAT_REF: (tiff.TEXT, b"S\0" if latitude < 0 else b"N\0"),
        tags.LAT: (tiff.RATIONAL, _sexagesimal(latitude, order)),
        tags.LNG_REF: (tiff.TEXT, b"W\0" if longitude < 0 else b"E\0"),
        tags.LNG: (tiff.RATIONAL, _sexagesimal(longitude, order)),
    }


def _sexagesimal(degrees: float, order: str) -> bytes:
    ticks = round(abs(degrees) * 36_000_000)  # 1/10,000 second of arc: 3 mm
    return struct.pack(order + "6I", ticks // 36_000_000, 1, ticks // 600_000 % 60, 1, ticks % 600_000, 10_000)


def _time_fields(taken_at: str | datetime) -> tiff.Fields:
    """The fields of the local time, and of its offset from UTC where it is known."""
    try:
        moment = datetime.fromisoformat(taken_at.replace("Z", "+00:00")) if isinstance(taken_at, str) else taken_at
    except ValueError:
        raise InputError(f"cannot write the time {taken_at!r}: must be ISO 8601, as 2016-08-08T12:30:00") from None
    fields = {tags.DATE_ORIGINAL: (tiff.TEXT, moment.strftime("%Y:%m:%d %H:%M:%S").encode() + b"\0")}
    if (offset := moment.utcoffset()) is not None:
        minutes = round(abs(offset).total_seconds() / 60)
        sign = "-" if offset < timedelta(0) else "+"
        text = f"{sign}{minutes // 60:02}:{minutes % 60:02}\0"
        fields[tags.OFFSET_ORIGINAL] = (tiff.TEXT, text.encode())
    return fields
