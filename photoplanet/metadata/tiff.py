"""TIFF directories, of which EXIF is made: the one place that reads them byte by byte, and the one that packs them."""

import struct
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from photoplanet.errors import InputError

BYTE, TEXT, SHORT, LONG, RATIONAL, UNDEFINED, IFD = 1, 2, 3, 4, 5, 7, 13  # types of values
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}  # bytes of one of each
SIZES |= {16: 8, 17: 8, 18: 8, 129: 1}  # BigTIFF's and EXIF 3's, which readers know in any block
ORDERS = {b"II*\0": "<", b"MM\0*": ">"}  # how a block begins → the order of its bytes, as `struct` has it
MAX_ENTRIES = 1000  # of a directory; cameras write some 30

Fields = Mapping[int, tuple[int, bytes]]  # tag → (type, value)


class Entry(NamedTuple):
    """An entry of a directory: its tag, its 12 bytes, and where these lie."""

    tag: int
    raw: bytes
    at: int


def read_directory(block: bytes, at: int, order: str) -> tuple[list[Entry], bytes]:
    r"""Return a directory's entries, perhaps none, and the four bytes that point to the directory after it.

    InputError unless it and all its values lie inside the block.

    >>> entries, _ = read_directory(bytes(8) + packed({0x0131: (TEXT, b"GIMP\0")}, 8, "<"), 8, "<")
    >>> [hex(entry.tag) for entry in entries]
    ['0x131']
    """
    if not 8 <= at <= len(block) - 2:
        raise InputError("its EXIF block is damaged: a directory lies outside")
    count = struct.unpack(order + "H", block[at : at + 2])[0]
    end = at + 2 + 12 * count
    if count > MAX_ENTRIES or end > len(block):
        raise InputError(f"its EXIF block is damaged: a directory of {count} entries")
    entries = [
        Entry(struct.unpack(order + "H", block[each : each + 2])[0], block[each : each + 12], each)
        for each in range(at + 2, end, 12)
    ]
    for entry in entries:
        value(block, entry, order)
    return entries, block[end : end + 4].ljust(4, b"\0")


def value(block: bytes, entry: Entry, order: str) -> bytes:
    r"""Return the bytes of an entry's value; InputError where they lie outside the block.

    >>> block = bytes(8) + packed({0x0131: (TEXT, b"GIMP\0")}, 8, "<")
    >>> value(block, read_directory(block, 8, "<")[0][0], "<")
    b'GIMP\x00'
    """
    kind, count, offset = struct.unpack(order + "HII", entry.raw[2:])
    size = SIZES.get(kind, 0) * count
    if size <= 4:
        return entry.raw[8 : 8 + size]
    if offset + size > len(block):  # what is appended would be taken for this value
        raise InputError(f"its EXIF block is damaged: the value of tag {entry.tag:#06x} lies outside")
    return block[offset : offset + size]


def numbers(block: bytes, entry: Entry, order: str) -> list[int]:
    r"""Return the whole numbers of an entry, such as offsets; InputError for an entry of another type.

    >>> block = bytes(8) + packed({0x0112: (SHORT, b"\1\0")}, 8, "<")
    >>> numbers(block, read_directory(block, 8, "<")[0][0], "<")
    [1]
    """
    kind = struct.unpack(order + "H", entry.raw[2:4])[0]
    letter = {BYTE: "B", SHORT: "H", LONG: "I", IFD: "I", 16: "Q", 18: "Q"}.get(kind)
    if letter is None:
        raise InputError(f"its EXIF block is damaged: tag {entry.tag:#06x} is not a number")
    data = value(block, entry, order)
    return list(struct.unpack(f"{order}{len(data) // SIZES[kind]}{letter}", data))


def span(entry: Entry, order: str) -> tuple[int, int] | None:
    """Return where the value of an entry lies, from its first byte to after its last; None where the entry holds it.

    >>> span(Entry(0x0131, struct.pack("<HHII", 0x0131, TEXT, 5, 100), 10), "<")
    (100, 105)
    """
    kind, count, offset = struct.unpack(order + "HII", entry.raw[2:])
    size = SIZES.get(kind, 0) * count
    return (offset, offset + size) if size > 4 else None


def packed(
    fields: Fields,
    at: int,
    order: str,
    kept: Iterable[Entry] = (),
    following: bytes = bytes(4),
    room: Mapping[int, int] | None = None,
) -> bytes:
    r"""Return a directory that is to lie at `at`: entries `kept` as they are, and `fields` with their values behind.

    `following`: four bytes that point to the directory after it. `room`: the bytes to set aside for the values of some
    tags, so that another value fits there. Entries are in order of their tags, as TIFF wants them, but for those `kept`
    in another order.

    >>> packed({0x0112: (SHORT, b"\1\0")}, 8, "<").hex(" ", 2)
    '0100 1201 0300 0100 0000 0100 0000 0000 0000'
    """
    rows = [(entry.tag, entry.raw) for entry in kept]
    after = at + 2 + 12 * (len(rows) + len(fields)) + 4
    values = b""
    for tag, (kind, data) in sorted(fields.items()):
        if len(data) <= 4:
            place = data.ljust(4, b"\0")
        else:
            place = struct.pack(order + "I", after + len(values))
            length = max(len(data), (room or {}).get(tag, 0))
            values += data.ljust(length + length % 2, b"\0")
        row = tag, struct.pack(order + "HHI", tag, kind, len(data) // SIZES[kind]) + place
        before = next((number for number, (other, _) in enumerate(rows) if other > tag), len(rows))
        rows.insert(before, row)
    entries = b"".join(raw for _, raw in rows)
    return struct.pack(order + "H", len(rows)) + entries + following + values
