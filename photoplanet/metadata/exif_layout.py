"""Where everything in an EXIF block lies: what is appended to a block must never be taken for a part of the old one.

Directories point to others and to values by their place in the block. A pointer that leads past its end is harmless
until something is written there; two directories on the same bytes are, until one of them is changed.
"""

import struct
from typing import NamedTuple

from photoplanet.errors import InputError
from photoplanet.metadata import exif_tags as tags
from photoplanet.metadata import maker_note, tiff

MAX_DIRECTORIES = 32  # of one block; cameras write five
MAX_BLOCK = 65_533 - 6  # bytes that a JPEG segment has for it
_POINTERS = (tags.EXIF_IFD, tags.GPS_IFD, tags.INTEROP_IFD, tags.SUB_IFDS)
# where pictures lie within the block, and how long they are: thumbnails, strips, tiles
_PICTURES = ((0x0201, 0x0202), (0x0111, 0x0117), (0x0144, 0x0145))


class Directory(NamedTuple):
    """A directory: where it lies, its entries, the bytes that point to the next, and whether that pointer is one."""

    at: int
    stop: int
    entries: list[tiff.Entry]
    following: bytes
    chained: bool


def directories(block: bytes, order: str) -> list[Directory]:
    r"""Return all directories of an EXIF block, the first one first.

    InputError where a pointer leads outside, also one of a maker note, where two lead to the same directory, and where
    a directory shares bytes with anything else.

    >>> block = b"II*\0\x08\0\0\0" + tiff.packed({tags.SOFTWARE: (tiff.TEXT, b"GIMP\0")}, 8, "<")
    >>> [(each.at, each.stop) for each in directories(block, "<")]
    [(8, 26)]
    """
    first = struct.unpack(order + "I", block[4:8])[0]
    found: list[Directory] = []
    spans: list[tuple[int, int]] = []
    todo = [(first, True)]
    while todo:
        at, chained = todo.pop(0)
        if len(found) == MAX_DIRECTORIES:
            raise InputError(f"its EXIF block is damaged: over {MAX_DIRECTORIES} directories")
        if any(at == each.at for each in found):
            raise InputError("its EXIF block is damaged: two pointers lead to one directory")
        entries, following = tiff.read_directory(block, at, order)
        if not entries and not found:
            raise InputError("its EXIF block is damaged: a directory of 0 entries")
        if entries and struct.unpack(order + "H", entries[0].raw[2:4])[0] not in tiff.SIZES:
            raise InputError("its EXIF block is damaged: a directory begins with an unknown type")  # readers give up
        stop = at + 2 + 12 * len(entries) + 4 * chained
        found.append(Directory(at, stop, entries, following, chained))
        after = struct.unpack(order + "I", following)[0]
        if after and chained:
            todo.append((after, True))
        elif len(block) <= after <= MAX_BLOCK:  # no reader should follow it, but some do
            raise InputError("its EXIF block is damaged: a directory lies outside")
        for entry in entries:
            spans += filter(None, [tiff.span(entry, order)])
            kind, count = struct.unpack(order + "HI", entry.raw[2:8])
            if entry.tag in _POINTERS or kind == tiff.IFD:
                if kind not in (tiff.SHORT, tiff.LONG, tiff.IFD) or not count:
                    raise InputError(f"its EXIF block is damaged: the pointer {entry.tag:#06x} is not one")
                todo += [(at, False) for at in tiff.numbers(block, entry, order) if at or entry.tag == tags.GPS_IFD]
            if entry.tag == tags.MAKER_NOTE and (place := tiff.span(entry, order)):
                maker_note.check(block, *place)
        spans += _pictures(block, entries, order)
    _check_apart(found, spans)
    return found


def _pictures(block: bytes, entries: list[tiff.Entry], order: str) -> list[tuple[int, int]]:
    """Where the pictures of a directory lie."""
    spans = []
    named = {entry.tag: entry for entry in entries}
    for places, lengths in _PICTURES:
        if places in named and lengths in named:
            each = zip(*(tiff.numbers(block, named[tag], order) for tag in (places, lengths)), strict=False)
            spans += [(at, at + length) for at, length in each if length]
    if any(stop > len(block) for _, stop in spans):
        raise InputError("its EXIF block is damaged: a thumbnail lies outside")
    return spans


def _check_apart(found: list[Directory], spans: list[tuple[int, int]]) -> None:
    """InputError where a directory, or the head of the block, shares bytes with another or with a value."""
    end, value_end = 8, 0
    places = [(each.at, each.stop, True) for each in found] + [(*each, False) for each in spans]
    for start, stop, is_directory in sorted(places):
        if start < (max(end, value_end) if is_directory else end):
            raise InputError("its EXIF block is damaged: two parts of it overlap")
        if is_directory:
            end = stop
        else:
            value_end = max(value_end, stop)
