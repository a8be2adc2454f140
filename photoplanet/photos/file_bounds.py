"""Files that are much work for a parser before the first pixel: refused by their structure, which is read first.

Pillow walks through the chunks of a PNG, the blocks of a GIF and the runs of a BMP in Python, and makes an object for
each strip of a TIFF; libheif decodes a tile as often as a grid names it. A few bytes each make seconds of work.
"""

import io
from collections.abc import Callable
from typing import Any

from PIL import Image

from photoplanet.photos import formats
from photoplanet.photos.photo_error import WORK, PhotoError

MAX_METADATA = 64_000_000  # bytes beside the pixels
MAX_CHUNKS = 10_000  # of a PNG before its pixels; after those, one for every 256 bytes more
MAX_BLOCKS = 100_000  # of up to 255 bytes, of a GIF before its first picture
MAX_TAGS = 4096  # of a TIFF; real ones have some 30
MAX_STRIPS = 200_000  # or tiles, of a TIFF
MAX_RUN_LENGTH_PIXELS = 8_000_000  # and as many bytes, of a run-length coded BMP
MAX_REFERENCES = 4_000  # between the items of a HEIC or AVIF: a 200-megapixel photo in tiles of 512 pixels has 800
_FIRST_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_STRIPS = ((273, 279), (324, 325))  # offsets and byte counts of strips, of tiles
_BIG_TIFF = (b"II+\0", b"MM\0+")


def check(file: io.BufferedIOBase, kind: formats.Format, name: str) -> None:
    r"""Raise PhotoError for a file of that format which has far more parts than a photo; keeps the position.

    >>> check(io.BytesIO(b"GIF89a" + bytes(7) + b"!\xfe" + b"\1x" * 200_000), formats.GIF, "a.gif")
    Traceback (most recent call last):
    photoplanet.photos.photo_error.PhotoError: a.gif: holds more blocks than a photo has; save it without metadata
    """
    if kind not in _CHECKS:
        return
    position = file.tell()
    try:
        _CHECKS[kind](file, name)
    finally:
        file.seek(position)


def check_runs(image: Image.Image, size: int, name: str) -> None:
    """Raise PhotoError for an opened BMP that Pillow would decode pixel by pixel in Python. `size`: bytes of the file.

    >>> check_runs(Image.new("L", (8, 8)), 100, "a.bmp")
    """
    tiles = getattr(image, "tile", ())
    coded = formats.of_pillow(image.format) is formats.BMP and tiles and tiles[0][0] == "bmp_rle"
    if coded and max(image.width * image.height, size) > MAX_RUN_LENGTH_PIXELS:
        limit = f"{MAX_RUN_LENGTH_PIXELS:,} pixels or bytes"
        raise PhotoError(name, WORK, f"a run-length coded BMP of more than {limit}; save it as PNG")


def _parts(name: str, what: str) -> PhotoError:
    return PhotoError(name, WORK, f"holds more {what} than a photo has; save it without metadata")


def _png(file: io.BufferedIOBase, name: str) -> None:
    at, metadata, pixels, count = 8, 0, 0, 0
    while True:
        file.seek(at)
        head = file.read(8)
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if len(head) < 8 or kind == b"IEND":
            return
        count += 1
        if kind in (b"IDAT", b"fdAT"):
            pixels += length
        else:
            metadata += length
        if count > MAX_CHUNKS + pixels // 256 or metadata > MAX_METADATA:
            raise _parts(name, "chunks")
        at += 12 + length


def _gif(file: io.BufferedIOBase, name: str) -> None:
    head = file.read(13)
    if len(head) == 13 and head[10] & 128:
        file.seek(3 << ((head[10] & 7) + 1), 1)
    blocks = 0
    while blocks <= MAX_BLOCKS:
        first = file.read(1)
        if not first or first[0] in (_FIRST_IMAGE, _TRAILER):
            return
        blocks += 1
        if first[0] != _EXTENSION:
            continue  # as Pillow: padding
        file.read(1)
        while (length := file.read(1)) and length[0] and blocks <= MAX_BLOCKS:
            file.seek(length[0], 1)
            blocks += 1
    raise _parts(name, "blocks")


def _tiff(file: io.BufferedIOBase, name: str) -> None:
    head = file.read(16)
    order: Any = "little" if head[:2] == b"II" else "big"
    big = head[:4] in _BIG_TIFF
    file.seek(int.from_bytes(head[8:16] if big else head[4:8], order) & (2**62 - 1))
    count = int.from_bytes(file.read(8 if big else 2), order)
    if count > MAX_TAGS:
        raise _parts(name, "tags")
    entry, wide = (20, 8) if big else (12, 4)
    tags = file.read(count * entry)
    for at in range(0, len(tags) - entry + 1, entry):
        tag = int.from_bytes(tags[at : at + 2], order)
        if any(tag in pair for pair in _STRIPS) and int.from_bytes(tags[at + 4 : at + 4 + wide], order) > MAX_STRIPS:
            raise _parts(name, "strips")


def _heic(file: io.BufferedIOBase, name: str) -> None:
    """Count the references between items: `meta` holds `iref`, whose boxes name an item and those it is made of."""
    size = file.seek(0, 2)
    for kind, at, end in boxes(file, 0, size, name):
        if kind != b"meta":
            continue
        for inner, start, stop in boxes(file, at + 4, end, name):  # 4: version and flags
            if inner == b"iref" and stop - start > 8 * MAX_REFERENCES:
                raise _parts(name, "references between pictures")
            if inner == b"iref":
                _references(file, start, stop, name)


def _references(file: io.BufferedIOBase, start: int, stop: int, name: str) -> None:
    file.seek(start)
    wide = 4 if file.read(1) != b"\0" else 2  # bytes of an item's number, by version
    total = 0
    for _, at, _ in boxes(file, start + 4, stop, name):
        file.seek(at + wide)
        total += int.from_bytes(file.read(2), "big")
    if total > MAX_REFERENCES:
        raise _parts(name, "references between pictures")


def boxes(file: io.BufferedIOBase, at: int, end: int, name: str) -> list[tuple[bytes, int, int]]:
    r"""Return (type, where the content begins, where it ends) of the boxes of ISO 14496-12 between two offsets.

    Up to the first broken one; PhotoError for far more than a photo has.

    >>> boxes(io.BytesIO(b"\0\0\0\x0cfreeabcd"), 0, 12, "a.heic")
    [(b'free', 8, 12)]
    """
    found = []
    while at + 8 <= end:
        file.seek(at)
        head = file.read(16)
        length, begin = int.from_bytes(head[:4], "big"), 8
        if length == 1:
            length, begin = int.from_bytes(head[8:16], "big"), 16
        length = length or end - at  # 0: up to the end
        if length < begin or at + length > end:
            break
        found.append((head[4:8], at + begin, at + length))
        if len(found) > MAX_CHUNKS:
            raise _parts(name, "boxes")
        at += length
    return found


_CHECKS: dict[formats.Format, Callable[[io.BufferedIOBase, str], None]] = {
    formats.PNG: _png,
    formats.GIF: _gif,
    formats.TIFF: _tiff,
    formats.HEIC: _heic,
    formats.AVIF: _heic,
}
