"""The one writer of EXIF: a new block for a photo that is being made, or a few bytes changed in a JPEG that is there.

In a JPEG no pixel is encoded again, and every other byte stays as it was: the result is a list of edits, so that what
is not named in it cannot change. A GPS directory is appended at the end of the EXIF block; where the block has no
pointer to one, its first directory is copied behind it with the pointer added. Nothing that is there moves, so that
maker notes and thumbnails, whose offsets nobody else knows, stay valid. The next estimate takes the place of this one.
"""

import struct
from datetime import datetime, timedelta

from photoplanet.errors import InputError
from photoplanet.metadata import exif_tags as tags
from photoplanet.metadata import jpeg_segments, tiff
from photoplanet.metadata.byte_edits import Edit, applied
from photoplanet.metadata.estimate import MARK, MAX_METHOD, Estimate, OwnGps
from photoplanet.metadata.exif_layout import Directory, directories
from photoplanet.metadata.jpeg_segments import EXIF_HEAD

MAX_SEGMENT = 65_533  # bytes: a JPEG segment counts its own length in 16 bits
_NEW = b"II*\0\0\0\0\0"  # a block without anything, not even a first directory
_OURS = {
    tags.GPS_VERSION,
    tags.LAT_REF,
    tags.LAT,
    tags.LNG_REF,
    tags.LNG,
    tags.GPS_DATUM,
    tags.GPS_METHOD,
    tags.GPS_ERROR,
}
_ROOM = {tags.GPS_METHOD: 8 + MAX_METHOD}  # for any method, so that the next estimate fits into the place of this one


def gps_bytes(
    latitude: float | None,
    longitude: float | None,
    taken_at: str | datetime | None = None,
    artist: str | None = None,
    software: str | None = None,
) -> bytes:
    """Return a new EXIF block for `PIL.Image.save(exif=…)`: a place in degrees to 3 mm, a time, who and what made it.

    Degrees None: without a place. `taken_at`: ISO 8601. InputError for coordinates out of range, or a time that is not
    ISO 8601.

    >>> from PIL import Image
    >>> tags = Image.Exif()
    >>> tags.load(gps_bytes(48.86, 2.29, "2016-08-08T12:30:00", "Ann"))
    >>> tags[0x013B], tags.get_ifd(0x8825)[1]
    ('Ann', 'N')
    """
    named = {tags.SOFTWARE: software, tags.ARTIST: artist}
    main = {tag: (tiff.TEXT, text.encode() + b"\0") for tag, text in named.items() if text}
    below: dict[int, tiff.Fields] = {} if taken_at is None else {tags.EXIF_IFD: _time_fields(taken_at)}
    if latitude is not None and longitude is not None:
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise InputError(f"cannot write GPS {latitude}, {longitude}: must be −90 … 90 and −180 … 180 degrees")
        below[tags.GPS_IFD] = _place_fields(latitude, longitude, "<")
    at = 8 + len(tiff.packed({**main, **dict.fromkeys(below, (tiff.LONG, bytes(4)))}, 8, "<"))
    behind = b""
    for tag, fields in below.items():
        main[tag] = (tiff.LONG, struct.pack("<I", at + len(behind)))
        behind += tiff.packed(fields, at + len(behind), "<")
    return EXIF_HEAD + b"II*\0\x08\0\0\0" + tiff.packed(main, 8, "<") + behind


def edits(jpeg: bytes, estimate: Estimate) -> list[Edit]:
    """Return the edits, in order and apart, that put `estimate` into a JPEG file's EXIF; none where it is there.

    An earlier estimate of ours goes, and this one takes its place. OwnGps where EXIF or XMP in the file hold a place
    that is not ours; InputError for what is not a JPEG, for EXIF that is damaged, in pieces or full (64 KB), and where
    the file holds what would become wrong.

    >>> import io
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (8, 8)).save(file, "JPEG")
    >>> [edit.start for edit in edits(file.getvalue(), Estimate(48.86, 2.29, 25_000))]
    [20]
    """
    start, stop = jpeg_segments.exif_segment(jpeg)
    if start == stop:
        block = EXIF_HEAD + applied(_NEW, _block_edits(_NEW, estimate))[0]
        return [Edit(start, start, b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block)]
    block_at = start + 4 + len(EXIF_HEAD)
    inner = _block_edits(jpeg[block_at:stop], estimate)
    length = stop - start - 2 + sum(len(edit.new) - (edit.stop - edit.start) for edit in inner)
    if length > MAX_SEGMENT + 2:
        raise InputError("its EXIF block is full (64 KB)")
    moved = [Edit(edit.start + block_at, edit.stop + block_at, edit.new) for edit in inner]
    return [Edit(start + 2, start + 4, struct.pack(">H", length)), *moved] if moved else []


def is_ours(block: bytes, gps: list[tiff.Entry], order: str) -> bool:
    """Whether the entries of a GPS directory hold a place that is marked as an estimate of ours.

    >>> is_ours(b"", [], "<")
    False
    """
    found = {entry.tag: entry for entry in gps}
    method = tiff.value(block, found[tags.GPS_METHOD], order) if tags.GPS_METHOD in found else b""
    return (tags.LAT in found or tags.LNG in found) and MARK.encode() in method.lower()


def _block_edits(block: bytes, estimate: Estimate) -> list[Edit]:
    """The edits inside an EXIF block, which is a TIFF file."""
    order, layout, gps = _gps(block)
    if gps is not None and _has_place(gps) and not is_ours(block, gps.entries, order):
        raise OwnGps("it has GPS of its own")
    fields = _estimate_fields(estimate, order)
    kept = [entry for entry in gps.entries if entry.tag not in fields] if gps else []
    main = layout[0] if layout else Directory(8, 8, [], bytes(4), True)
    others = [entry for entry in main.entries if entry.tag != tags.GPS_IFD]
    tail = _tail(block, layout, gps, order) if gps else None
    end = tail if tail is not None else max([len(block), *(each.stop for each in layout)])
    end += end % 2
    directory = tiff.packed(fields, end, order, kept, room=_ROOM)
    pointer = struct.pack(order + "I", end)
    if gps is not None and (tail is None or main.at < tail):
        at = next(entry.at for entry in main.entries if entry.tag == tags.GPS_IFD) + 8
        changes = [Edit(at, at + 4, pointer)]
    else:
        here = end + len(directory)
        directory += tiff.packed({tags.GPS_IFD: (tiff.LONG, pointer)}, here, order, others, main.following)
        changes = [Edit(4, 8, struct.pack(order + "I", here))]
    start = min(end, len(block))
    changes.append(Edit(start, len(block), bytes(end - start) + directory))
    return [edit for edit in changes if block[edit.start : edit.stop] != edit.new]


def _gps(block: bytes) -> tuple[str, list[Directory], Directory | None]:
    """The order of a block's bytes, its directories, and the one of GPS; InputError where there is not one at most."""
    order = tiff.ORDERS.get(block[:4])
    if order is None or len(block) < 8:
        raise InputError("its EXIF block is damaged")
    layout = directories(block, order) if block != _NEW else []
    pointers = [(each, entry) for each in layout for entry in each.entries if entry.tag == tags.GPS_IFD]
    if not pointers:
        return order, layout, None
    kind, count, offset = struct.unpack(order + "HII", pointers[0][1].raw[2:])
    if len(pointers) > 1 or pointers[0][0] is not layout[0] or kind not in (tiff.LONG, tiff.IFD) or count != 1:
        places = [
            each
            for _, entry in pointers
            for at in tiff.numbers(block, entry, order)
            for each in layout
            if each.at == at
        ]
        if any(_has_place(each) and not is_ours(block, each.entries, order) for each in places):
            raise OwnGps("it has GPS of its own")
        raise InputError("its EXIF block is damaged: more or less than one pointer to GPS")
    return order, layout, next(each for each in layout if each.at == offset)


def _tail(block: bytes, layout: list[Directory], gps: Directory, order: str) -> int | None:
    """Where the last part of a block begins, if it is exactly what an earlier estimate put there; else None."""
    main, named = layout[0], {entry.tag: entry for entry in gps.entries}
    if gps.at % 2 or not is_ours(block, gps.entries, order) or not named.keys() >= _OURS:
        return None
    fields = {
        tag: (struct.unpack(order + "H", named[tag].raw[2:4])[0], tiff.value(block, named[tag], order)) for tag in _OURS
    }
    kept = [entry for entry in gps.entries if entry.tag not in _OURS]
    expected = tiff.packed(fields, gps.at, order, kept, room=_ROOM)
    if main.at == gps.at + len(expected):
        pointer = {tags.GPS_IFD: (tiff.LONG, struct.pack(order + "I", gps.at))}
        others = [entry for entry in main.entries if entry.tag != tags.GPS_IFD]
        expected += tiff.packed(pointer, main.at, order, others, main.following)
    spans = [tiff.span(entry, order) for each in layout for entry in each.entries if each is not gps or entry in kept]
    shared = any(span and span[1] > gps.at for span in spans)
    return gps.at if block[gps.at :] == expected and not shared else None


def _has_place(gps: Directory) -> bool:
    return any(entry.tag in (tags.LAT, tags.LNG) for entry in gps.entries)


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
