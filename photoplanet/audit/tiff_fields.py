"""The fields of EXIF blocks, damaged ones too: an audit must see what any reader may see, so nothing is refused."""

import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from photoplanet.errors import InputError
from photoplanet.metadata import exif_tags as tags
from photoplanet.metadata import tiff

MAX_DIRECTORIES = 64  # of one block
MAX_VALUES = 1 << 26  # bytes of all values of a block: they may overlap, so that a few bytes make many
HEADS = (b"II*\0", b"MM\0*", b"IIRO", b"IIRS", b"IIU\0")  # TIFF; Olympus' and Panasonic's raw files
_BELOW = {tags.EXIF_IFD: "EXIF", tags.GPS_IFD: "GPS", tags.INTEROP_IFD: "interoperability", tags.SUB_IFDS: "below"}


class Field(NamedTuple):
    """A field: its tag, its type, the bytes of its value and where these lie in the block; and its entry."""

    tag: int
    kind: int
    value: bytes
    start: int
    entry: tiff.Entry


class Directory(NamedTuple):
    """A directory: "main", "thumbnail", "EXIF", "GPS" …, where it lies, its fields, and all its entries as they are."""

    name: str
    at: int
    fields: list[Field]
    entries: list[tiff.Entry]
    following: bytes


def order_of(block: bytes) -> str:
    r"""The order of a block's bytes as `struct` has it; "" for what does not begin as a TIFF.

    >>> order_of(b"MM\0*"), order_of(b"text")
    ('>', '')
    """
    return "" if block[:4] not in HEADS else "<" if block[:2] == b"II" else ">"


def directories(block: bytes) -> list[Directory]:
    r"""Return all directories that pointers lead to, the first one first; what lies outside the block is left out.

    >>> block = b"II*\0\x08\0\0\0" + tiff.packed({tags.SOFTWARE: (tiff.TEXT, b"GIMP\0")}, 8, "<")
    >>> [(each.name, each.fields[0].value) for each in directories(block)]
    [('main', b'GIMP\x00')]
    """
    order = order_of(block)
    if not order or len(block) < 8:
        return []
    found: list[Directory] = []
    todo = [("main", struct.unpack(order + "I", block[4:8])[0], True)]
    seen: set[tuple[str, int]] = set()  # one directory may be two things to two readers
    left = MAX_VALUES
    while todo and len(found) < MAX_DIRECTORIES and left > 0:
        name, at, chained = todo.pop(0)
        if (name, at) in seen or not 8 <= at <= len(block) - 2:
            continue
        seen.add((name, at))
        directory = _directory(block, name, at, order, left)
        left -= sum(len(field.value) for field in directory.fields)
        found.append(directory)
        after = struct.unpack(order + "I", directory.following)[0]
        if chained and after:
            todo.append(("thumbnail", after, True))
        for field in directory.fields:
            if field.tag in _BELOW or field.kind == tiff.IFD:
                todo += [(_BELOW.get(field.tag, "below"), each, False) for each in integers(field, order)]
    return found


def _directory(block: bytes, name: str, at: int, order: str, most: int) -> Directory:
    count = min(struct.unpack(order + "H", block[at : at + 2])[0], tiff.MAX_ENTRIES)
    entries = [
        tiff.Entry(struct.unpack(order + "H", block[each : each + 2])[0], block[each : each + 12], each)
        for each in range(at + 2, min(at + 2 + 12 * count, len(block) - 11), 12)
    ]
    end = at + 2 + 12 * len(entries)
    return Directory(
        name, at, list(_fields(block, entries, order, most)), entries, block[end : end + 4].ljust(4, b"\0")
    )


def _fields(block: bytes, entries: list[tiff.Entry], order: str, most: int) -> Iterator[Field]:
    for entry in entries:
        with suppress(InputError):
            value = tiff.value(block, entry, order)
            most -= len(value)
            if most < 0:
                return
            span = tiff.span(entry, order)
            kind = struct.unpack(order + "H", entry.raw[2:4])[0]
            yield Field(entry.tag, kind, value, span[0] if span else entry.at + 8, entry)


def integers(field: Field, order: str) -> list[int]:
    r"""The whole numbers of a field; none for one of another type.

    >>> integers(Field(1, tiff.SHORT, b"\1\0", 0, tiff.Entry(1, b"", 0)), "<")
    [1]
    """
    letter = {tiff.BYTE: "B", tiff.SHORT: "H", tiff.LONG: "I", tiff.IFD: "I"}.get(field.kind)
    if letter is None:
        return []
    return list(struct.unpack(f"{order}{len(field.value) // tiff.SIZES[field.kind]}{letter}", field.value))[:1000]


def rationals(field: Field, order: str) -> tuple[float, ...] | None:
    """The rational numbers of a field; None for another type, or where one is divided by 0.

    >>> rationals(Field(2, tiff.RATIONAL, bytes([3, 0, 0, 0, 2, 0, 0, 0]), 0, tiff.Entry(2, b"", 0)), "<")
    (1.5,)
    """
    letter = {tiff.RATIONAL: "I", 10: "i"}.get(field.kind)
    if letter is None:
        return None
    parts = struct.unpack(f"{order}{len(field.value) // 4}{letter}", field.value)[:8]
    pairs = list(zip(parts[::2], parts[1::2], strict=False))
    return None if any(not below for _, below in pairs) else tuple(above / below for above, below in pairs)


def text(field: Field) -> str:
    r"""The text of a field: ASCII, UTF-8, Windows' UTF-16, or with EXIF's eight bytes of character code before it.

    >>> text(Field(0x9286, tiff.UNDEFINED, b"ASCII\0\0\0by the sea", 0, tiff.Entry(0x9286, b"", 0)))
    'by the sea'
    """
    value = field.value[: 1 << 16]
    if 0x9C9B <= field.tag <= 0x9C9F or value.startswith(b"UNICODE\0"):
        value = value.removeprefix(b"UNICODE\0")
        code = "utf-16-be" if value[:1] == b"\0" else "utf-16-le"
        return value[: len(value) // 2 * 2].decode(code, "replace").strip("\0 ")
    if value[:8] in (b"ASCII\0\0\0", bytes(8), b"JIS\0\0\0\0\0"):
        value = value[8:]
    return value.decode("utf-8", "replace").strip("\0 ")
