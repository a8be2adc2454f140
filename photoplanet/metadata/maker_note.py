"""Maker notes, whose insides only their makers know: whether a pointer in one leads out of the EXIF block."""

import struct

import numpy as np

from photoplanet.errors import InputError
from photoplanet.metadata import tiff

_HEADS = range(0, 34, 2)  # where a note's directory may begin: makers put their name, or a small head, before it
_MOST_VALUES = 1 << 20  # of an entry
_PICTURE = b"\xff\xd8\xff"


def check(block: bytes, start: int, stop: int) -> None:
    r"""InputError where the maker note at `start` … `stop` of an EXIF block points past the end of the block.

    Most notes are a directory, whose offsets count from the block's first byte or from a byte of the note; which one
    is for the maker to know. A note passes when by one reading all lies in the note, or by both in the block.

    >>> check(bytes(100), 10, 60)
    """
    note = block[start:stop]
    readings = [
        (len(found), head, found) for head in _HEADS for order in "<>" if (found := _entries(note, head, order))
    ]
    most = max((count for count, _, _ in readings), default=0)  # by chance, a few bytes look like a short directory
    for count, head, found in readings:
        values = [(offset, size) for offset, size in found if size > 4]
        if count < most or not values:
            continue
        lowest, highest = min(at for at, _ in values), max(at + size for at, size in values)
        within_note = start <= lowest and highest <= stop, highest <= len(note)  # by either reading
        within_block = lowest >= 8 and highest <= len(block), start + head + highest <= len(block)
        if not any(a and b for a, b in zip(within_note, within_block, strict=True)) and not all(within_block):
            raise InputError("its maker note points past the end of its EXIF block")


def check_pictures(data: bytes, start: int, stop: int) -> None:
    r"""InputError where the EXIF block at `start` … `stop` of a file holds the place of a picture further behind.

    Cameras put previews behind the photo, and their place into the maker note: it would be wrong if the block grew.

    >>> check_pictures(b"\xff\xd8" + bytes(100) + b"\xff\xd8\xff", 2, 60)
    """
    whole, block = np.frombuffer(data, np.uint8), np.frombuffer(data[start:stop], np.uint8).astype(np.int64)
    if len(block) < 4 or data.find(_PICTURE, stop) < 0:
        return
    for order in (range(4), range(3, -1, -1)):
        offsets = sum(block[byte : len(block) - 3 + byte] << (8 * place) for place, byte in enumerate(order))
        for base in (0, start):
            places = np.unique(np.asarray(offsets) + base)
            places = places[(places >= stop) & (places <= len(data) - len(_PICTURE))]
            if np.any(np.all([whole[places + i] == byte for i, byte in enumerate(_PICTURE)], axis=0)):
                raise InputError("its EXIF block points to a picture behind it")


def _entries(note: bytes, head: int, order: str) -> list[tuple[int, int]]:
    """(offset, bytes) of the values of the directory that stands at `head` of a note, if one does; else []."""
    if len(note) < head + 14:
        return []
    count = struct.unpack(order + "H", note[head : head + 2])[0]
    if not 0 < count <= tiff.MAX_ENTRIES or head + 2 + 12 * count > len(note):
        return []
    found = []
    for at in range(head + 2, head + 2 + 12 * count, 12):
        _, kind, number, offset = struct.unpack(order + "HHII", note[at : at + 12])
        if not 1 <= kind <= 13 or number > _MOST_VALUES:
            return []
        found.append((offset, tiff.SIZES[kind] * number))
    return found
