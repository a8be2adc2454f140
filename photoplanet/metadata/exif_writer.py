"""A place into a JPEG's EXIF by changing a few bytes: no pixel is encoded again, every other byte stays as it was.

The result is a list of edits, so that what is not named in it cannot change. A GPS directory is appended at the end of
the EXIF block; where the block has no pointer to one, its first directory is copied behind it with the pointer added.
Nothing that is there moves, so that maker notes and thumbnails, whose offsets nobody else knows, stay valid.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from photoplanet.errors import InputError
from photoplanet.metadata.exif import GPS_IFD, GPS_METHOD, LAT, LAT_REF, LNG, LNG_REF

MARK = "photoplanet"  # in GPSProcessingMethod; `exif.read` takes such a place for an estimate, never for a truth
VERSION, DATUM, POSITIONING_ERROR = 0, 18, 31
MAX_SEGMENT = 65_533  # bytes: a JPEG segment counts its own length in 16 bits
MAX_ENTRIES = 1000  # of a directory; cameras write some 30
_EXIF, _XMP, _EXTENDED_XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}  # bytes of TIFF's types
_BYTE, _TEXT, _LONG, _RATIONAL, _UNDEFINED = 1, 2, 4, 5, 7


class OwnGps(InputError):
    """The photo has a place of its own, which is not written over."""


class Edit(NamedTuple):
    """Bytes `start` … `stop` become `new`."""

    start: int
    stop: int
    new: bytes


@dataclass(frozen=True)
class Estimate:
    """A place in degrees and the radius in metres that it is good to; `method`: how it was found, in a few words.

    `confidence`: the probability that the photo was taken within that radius.
    """

    latitude: float
    longitude: float
    radius_m: float
    method: str = "estimate"
    confidence: float | None = None

    def __post_init__(self) -> None:
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180 and 0 <= self.radius_m < 4e7):
            where = f"{self.latitude}, {self.longitude} ± {self.radius_m} m"
            raise InputError(f"cannot write the place {where}: needs −90 … 90, −180 … 180 degrees and a radius")

    @property
    def marked(self) -> str:
        """What is written as GPSProcessingMethod: ASCII, and always with the mark."""
        return f"{MARK} {self.method}".encode("ascii", "replace").decode()[:100]


def edits(jpeg: bytes, estimate: Estimate) -> list[Edit]:
    """The edits, in order and apart, that put `estimate` into a JPEG file's EXIF; an earlier estimate of ours goes.

    OwnGps where EXIF or XMP in the file hold a place that is not ours; InputError for what is no JPEG, and for EXIF
    that is damaged, in pieces or full (64 KB).
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
        block = _EXIF + _applied(_NEW, _tiff_edits(_NEW, estimate))
        return [Edit(after, after, b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block)]
    start, stop = found[0]
    tiff_at = start + 4 + len(_EXIF)
    inner = _tiff_edits(jpeg[tiff_at:stop], estimate)
    length = stop - start - 2 + sum(len(edit.new) - (edit.stop - edit.start) for edit in inner)
    if length > MAX_SEGMENT + 2:
        raise InputError("its EXIF block is full (64 KB)")
    moved = [Edit(edit.start + tiff_at, edit.stop + tiff_at, edit.new) for edit in inner]
    return [Edit(start + 2, start + 4, struct.pack(">H", length)), *moved]


def applied(data: bytes, changes: list[Edit]) -> tuple[bytes, list[Edit]]:
    """The data after `changes`, and the edits that lead back from there to `data`."""
    parts, back, at, grown = [], [], 0, 0
    for start, stop, new in changes:
        if not at <= start <= stop <= len(data):
            raise InputError("edits must be in order, apart and within the file")
        parts += [data[at:start], new]
        back.append(Edit(start + grown, start + grown + len(new), data[start:stop]))
        at, grown = stop, grown + len(new) - (stop - start)
    return b"".join([*parts, data[at:]]), back


def _applied(data: bytes, changes: list[Edit]) -> bytes:
    return applied(data, changes)[0]


def _segments(jpeg: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, first byte, byte after the last) of every segment before the pixels."""
    if jpeg[:3] != b"\xff\xd8\xff":
        raise InputError("it is no JPEG")
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


# --- inside the EXIF block, which is a TIFF file

_NEW = b"II*\0\0\0\0\0"  # nothing yet, not even a first directory


class _Entry(NamedTuple):
    tag: int
    raw: bytes  # its 12 bytes
    at: int


def _tiff_edits(tiff: bytes, estimate: Estimate) -> list[Edit]:
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        raise InputError("its EXIF block is damaged")
    first = struct.unpack(order + "I", tiff[4:8])[0]
    entries, following = _directory(tiff, first, order) if tiff != _NEW else ([], bytes(4))
    pointers = [entry for entry in entries if entry.tag == GPS_IFD]
    gps: list[_Entry] = []
    if pointers:
        kind, count, offset = struct.unpack(order + "HII", pointers[0].raw[2:])
        if len(pointers) > 1 or kind not in (_LONG, 13) or count != 1:
            raise InputError("its EXIF block is damaged: more or less than one pointer to GPS")
        gps, _ = _directory(tiff, offset, order)
        _refuse_own(tiff, gps, order)
    end = len(tiff) + len(tiff) % 2
    ours = _fields(estimate, order)
    kept = [(entry.tag, entry.raw) for entry in gps if entry.tag not in ours]
    directory = _packed(kept, ours, end, order)
    tail = bytes(end - len(tiff)) + directory
    if pointers:
        at = pointers[0].at + 8
        return [Edit(at, at + 4, struct.pack(order + "I", end)), Edit(len(tiff), len(tiff), tail)]
    here = end + len(directory)
    pointer = struct.pack(order + "HHII", GPS_IFD, _LONG, 1, end)
    rows = sorted([*((entry.tag, entry.raw) for entry in entries), (GPS_IFD, pointer)], key=lambda row: row[0])
    tail += struct.pack(order + "H", len(rows)) + b"".join(raw for _, raw in rows) + following
    return [Edit(4, 8, struct.pack(order + "I", here)), Edit(len(tiff), len(tiff), tail)]


def _directory(tiff: bytes, at: int, order: str) -> tuple[list[_Entry], bytes]:
    """Its entries, and the four bytes that point to the directory after it; InputError unless all values lie inside."""
    if not 8 <= at <= len(tiff) - 2:
        raise InputError("its EXIF block is damaged: a directory lies outside")
    count = struct.unpack(order + "H", tiff[at : at + 2])[0]
    end = at + 2 + 12 * count
    if not 0 < count <= MAX_ENTRIES or end > len(tiff):
        raise InputError(f"its EXIF block is damaged: a directory of {count} entries")
    entries = [
        _Entry(struct.unpack(order + "H", tiff[each : each + 2])[0], tiff[each : each + 12], each)
        for each in range(at + 2, end, 12)
    ]
    for entry in entries:
        _value(tiff, entry, order)
    return entries, tiff[end : end + 4].ljust(4, b"\0")


def _value(tiff: bytes, entry: _Entry, order: str) -> bytes:
    kind, count, offset = struct.unpack(order + "HII", entry.raw[2:])
    size = _SIZES.get(kind, 0) * count
    if size <= 4:
        return entry.raw[8 : 8 + size]
    if offset + size > len(tiff):  # what we append would be taken for this value
        raise InputError(f"its EXIF block is damaged: the value of tag {entry.tag:#06x} lies outside")
    return tiff[offset : offset + size]


def _refuse_own(tiff: bytes, gps: list[_Entry], order: str) -> None:
    tags = {entry.tag: entry for entry in gps}
    if LAT not in tags and LNG not in tags:
        return
    method = _value(tiff, tags[GPS_METHOD], order) if GPS_METHOD in tags else b""
    if MARK.encode() not in method.lower():
        raise OwnGps("it has GPS of its own")


def _fields(estimate: Estimate, order: str) -> dict[int, tuple[int, int, bytes]]:
    """Tag → (type, count, value)."""
    values = {
        VERSION: (_BYTE, b"\2\3\0\0"),
        LAT_REF: (_TEXT, b"S\0" if estimate.latitude < 0 else b"N\0"),
        LAT: (_RATIONAL, _sexagesimal(estimate.latitude, order)),
        LNG_REF: (_TEXT, b"W\0" if estimate.longitude < 0 else b"E\0"),
        LNG: (_RATIONAL, _sexagesimal(estimate.longitude, order)),
        DATUM: (_TEXT, b"WGS-84\0"),
        GPS_METHOD: (_UNDEFINED, b"ASCII\0\0\0" + estimate.marked.encode()),
        POSITIONING_ERROR: (_RATIONAL, struct.pack(order + "2I", round(estimate.radius_m * 10), 10)),
    }
    return {tag: (kind, len(value) // _SIZES[kind], value) for tag, (kind, value) in values.items()}


def _sexagesimal(degrees: float, order: str) -> bytes:
    ticks = round(abs(degrees) * 36_000_000)  # 1/10,000 second of arc: 3 mm
    return struct.pack(order + "6I", ticks // 36_000_000, 1, ticks // 600_000 % 60, 1, ticks % 600_000, 10_000)


def _packed(kept: list[tuple[int, bytes]], ours: dict[int, tuple[int, int, bytes]], at: int, order: str) -> bytes:
    """A directory placed at `at`: entries kept as they are, and ours with their values behind."""
    rows, values = list(kept), b""
    after = at + 2 + 12 * (len(kept) + len(ours)) + 4
    for tag, (kind, count, value) in ours.items():
        if len(value) <= 4:
            place = value.ljust(4, b"\0")
        else:
            place = struct.pack(order + "I", after + len(values))
            values += value + bytes(len(value) % 2)
        rows.append((tag, struct.pack(order + "HHI", tag, kind, count) + place))
    entries = b"".join(raw for _, raw in sorted(rows, key=lambda row: row[0]))
    return struct.pack(order + "H", len(rows)) + entries + bytes(4) + values
