"""The directories of a raw file that is built like a TIFF: which pictures it holds, read with every step bounded.

Pillow's reader takes every value into memory as often as a file names it; here only numbers of a few tags are read.
"""

import io
import struct
from dataclasses import dataclass, field

MAX_DIRECTORIES = 64
MAX_ENTRIES = 1000  # of a directory
MAX_VALUES = 64_000_000  # bytes of values of a directory, as it states them: what reading its EXIF may take
MAX_NUMBERS = 64  # of a value that is read
_ORDERS = {b"II": "<", b"MM": ">"}
_MAGICS = (b"*\0", b"\0*", b"RO", b"RS", b"U\0")  # TIFF's, and those of Olympus and Panasonic, by which orders go
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_LETTERS = {1: "B", 3: "H", 4: "I", 13: "I"}
_SUBTYPE, _WIDTH, _HEIGHT, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 259, 262
_STRIPS, _STRIP_BYTES, _JPEG, _JPEG_BYTES, _XMP = 273, 279, 0x0201, 0x0202, 700
_CHILDREN = (330, 0x8769)  # SubIFDs, EXIF's
_DNG, _PANASONIC_JPEG = 0xC612, 0x002E
_CFA = (32803, 34892)  # photometric: the sensor's colours, before they are a picture
_COMPRESSED = (6, 7)  # JPEG, old and new style


@dataclass
class Directories:
    """`previews`: (offset, bytes) of what may be JPEGs; `raw`: whether the first directory says that it is a raw file.

    `size`: the largest picture that is stated; `xmp`: (offset, bytes) of a packet; `bytes`: the sum of all values.
    """

    previews: list[tuple[int, int]] = field(default_factory=list)
    raw: bool = False
    size: tuple[int, int] = (0, 0)
    xmp: tuple[int, int] | None = None
    bytes: int = 0


def read(file: io.BufferedIOBase) -> Directories | None:
    r"""Read the directories of a file; None for what is not built like a TIFF. What is damaged counts as absent.

    >>> read(io.BytesIO(b"II*\0\x08\0\0\0\0\0\0\0\0\0")).previews, read(io.BytesIO(b"text")) is None
    ([], True)
    """
    file.seek(0)
    head = file.read(16)
    order = _ORDERS.get(head[:2])
    if order is None or head[2:4] not in _MAGICS or len(head) < 8:
        return None
    found = Directories(raw=head[8:10] == b"CR" or head[2:4] not in (b"*\0", b"\0*"))
    waiting, seen = [struct.unpack(order + "I", head[4:8])[0]], set[int]()
    while waiting and len(seen) < MAX_DIRECTORIES:
        at = waiting.pop(0)
        if at and at not in seen:
            waiting += _directory(file, at, order, found, first=not seen)
            seen.add(at)
    return found


def _directory(file: io.BufferedIOBase, at: int, order: str, found: Directories, first: bool) -> list[int]:
    """Read one directory into what is `found`; return where those lie that it leads to."""
    file.seek(at)
    count = int.from_bytes(file.read(2), "little" if order == "<" else "big")
    entries = file.read(12 * count) if count <= MAX_ENTRIES else b""
    behind = file.read(4)
    tags: dict[int, tuple[int, int, bytes]] = {}
    for start in range(0, len(entries) - 11, 12):
        tag, kind, length = struct.unpack_from(order + "HHI", entries, start)
        tags[tag] = kind, length, entries[start + 8 : start + 12]
        found.bytes += _SIZES.get(kind, 1) * length
    numbers = {tag: _numbers(file, order, *value) for tag, value in tags.items() if tag in _WANTED}

    def one(tag: int) -> int:
        return numbers.get(tag, [0])[0] if numbers.get(tag) else 0

    if first:
        reduced = one(_SUBTYPE) & 1 and (_CHILDREN[0] in tags or _JPEG in tags)
        found.raw = bool(found.raw or reduced or _DNG in tags or one(_PHOTOMETRIC) in _CFA)
    found.size = max(found.size, (one(_WIDTH), one(_HEIGHT)), key=lambda size: size[0] * size[1])
    if one(_JPEG) and one(_JPEG_BYTES):
        found.previews.append((one(_JPEG), one(_JPEG_BYTES)))
    if one(_COMPRESSION) in _COMPRESSED and len(numbers.get(_STRIPS, ())) == 1 and one(_STRIP_BYTES):
        found.previews.append((one(_STRIPS), one(_STRIP_BYTES)))
    for tag in (_PANASONIC_JPEG, _XMP):
        if tag in tags and (span := _span(order, *tags[tag])):
            found.previews += [span] * (tag == _PANASONIC_JPEG)
            found.xmp = span if tag == _XMP else found.xmp
    following = [struct.unpack(order + "I", behind)[0]] if len(behind) == 4 else []
    return [*following, *(each for tag in _CHILDREN for each in numbers.get(tag, ()))]


def _span(order: str, kind: int, length: int, value: bytes) -> tuple[int, int] | None:
    """Where the bytes of a value lie; None where its entry holds them."""
    size = _SIZES.get(kind, 0) * length
    return (struct.unpack(order + "I", value)[0], size) if size > 4 else None


def _numbers(file: io.BufferedIOBase, order: str, kind: int, length: int, value: bytes) -> list[int]:
    """The whole numbers of a value, the first of many."""
    letter, size = _LETTERS.get(kind), _SIZES.get(kind, 0)
    few = min(length, MAX_NUMBERS)
    if letter is None or not few:
        return []
    if span := _span(order, kind, length, value):
        file.seek(span[0])
        value = file.read(few * size)
    few = min(few, len(value) // size)
    return list(struct.unpack(f"{order}{few}{letter}", value[: few * size]))


_WANTED = {_SUBTYPE, _WIDTH, _HEIGHT, _COMPRESSION, _PHOTOMETRIC, _STRIPS, _STRIP_BYTES, _JPEG, _JPEG_BYTES, *_CHILDREN}
