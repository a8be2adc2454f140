"""AVIF as a picture: Pillow's class for it, opened once the size of its AV1 streams is known.

libavif decodes what the streams say, whatever the header says: half a gigabyte for a file of 2 kB that states 100 × 100
pixels. So the streams of all coded items are looked into first, wherever `iloc` says that they lie.
"""

import importlib
import io
import struct
from collections.abc import Iterator
from dataclasses import replace

from PIL import Image, features

from photoplanet.photos import av1_stream, file_bounds
from photoplanet.photos.photo_error import WORK, PhotoError

NEEDS = "needs a newer Pillow"  # the reason where this one reads no AVIF
MAX_ITEMS, MAX_EXTENTS = 4000, 4000  # of a file; of an item
_CODED = b"av01"
_Box = tuple[bytes, int, int]  # type, where its content begins, where it ends


def opened(file: io.BufferedIOBase, name: str) -> Image.Image:
    """Open an AVIF; its `coded` is what decoding it takes, by its streams.

    PhotoError for what is cut off or broken, for a sequence of pictures, for far more parts than a photo has, and where
    Pillow was built without AVIF.

    >>> picture, file = Image.new("RGB", (40, 30)), io.BytesIO()
    >>> picture.save(file, "AVIF")
    >>> image = opened(file, "a.avif")
    >>> image.size, (image.coded.width, image.coded.height)
    ((40, 30), (40, 30))
    """
    if "avif" not in features.modules or not features.check("avif"):  # before Pillow 11.3, or built without it
        raise PhotoError(name, NEEDS, "this Pillow reads no AVIF; install Pillow 11.3 or later from its wheel")
    coded = _coded(file, name)
    file.seek(0)
    image: Image.Image = importlib.import_module("PIL.AvifImagePlugin").AvifImageFile(file)
    image.coded = coded  # type: ignore[attr-defined]
    return image


def _coded(file: io.BufferedIOBase, name: str) -> av1_stream.Coded:
    """What all coded items of a file ask for together."""
    size = file.seek(0, 2)
    total = av1_stream.Coded()
    try:
        for kind, at, end in file_bounds.boxes(file, 0, size, name):
            if kind == b"moov":
                raise PhotoError(name, "not a photo file", "its format is an AVIF sequence, which is not read")
            if kind == b"meta":
                inner = file_bounds.boxes(file, at + 4, end, name)  # 4: version and flags
                for stream in _settings(file, inner, name):
                    total += replace(av1_stream.read(stream), bytes=0, work=0)  # a copy of what the items say
                for stream in _streams(file, inner, name, size):
                    total += av1_stream.read(stream)
    except (av1_stream.BrokenStream, struct.error) as error:
        detail = str(error) if isinstance(error, av1_stream.BrokenStream) else "has a broken list of items"
        cut = "truncated" if "truncated" in detail else "unreadable"
        raise PhotoError(name, cut, f"cannot decode it (its AV1 stream {detail})") from None
    if not total.width:
        raise PhotoError(name, "truncated", "cannot decode it (it is truncated, or holds no AV1 picture)")
    return total


def _streams(file: io.BufferedIOBase, inner: list[_Box], name: str, size: int) -> Iterator[bytes]:
    """The AV1 streams of the coded items that the boxes in `meta` place."""
    kinds = [each for box, start, stop in inner if box == b"iinf" for each in _kinds(file, start, stop, name)]
    coded = {number for number, kind in kinds if kind == _CODED}
    base = next((start for box, start, _ in inner if box == b"idat"), size)
    total = 0
    for box, start, stop in inner:
        if box != b"iloc":
            continue
        file.seek(start)
        for number, extents in _places(io.BytesIO(file.read(stop - start)), name):
            if number not in coded:
                continue
            pieces = []
            for inside, offset, length in extents:
                begin = offset + (base if inside else 0)
                length = length or max(0, size - begin)  # 0: up to the end
                if begin + length > size:
                    raise av1_stream.BrokenStream("is truncated")
                total += length
                if total > size:
                    raise PhotoError(name, WORK, "uses the same bytes for several pictures; save it again")
                file.seek(begin)
                pieces.append(file.read(length))
            yield b"".join(pieces)


def _settings(file: io.BufferedIOBase, inner: list[_Box], name: str) -> Iterator[bytes]:
    """The streams in the settings of the decoder: `iprp` holds `ipco`, and that the properties of items."""
    for box, start, stop in inner:
        for part, first, last in file_bounds.boxes(file, start, stop, name) if box == b"iprp" else ():
            for kind, begin, end in file_bounds.boxes(file, first, last, name) if part == b"ipco" else ():
                if kind == b"av1C":
                    file.seek(begin + 4)
                    yield file.read(max(0, end - begin - 4))


def _kinds(file: io.BufferedIOBase, at: int, end: int, name: str) -> Iterator[tuple[int, bytes]]:
    """(number, type) of the items that `iinf` lists."""
    file.seek(at)
    at += 4 + (2 if file.read(1) == b"\0" else 4)  # version, flags, and how many there are
    for box, start, stop in file_bounds.boxes(file, at, end, name):
        file.seek(start)
        head = file.read(min(14, stop - start))
        if box == b"infe" and head[:1] == b"\2" and len(head) >= 12:
            yield int.from_bytes(head[4:6], "big"), head[8:12]
        elif box == b"infe" and head[:1] == b"\3" and len(head) >= 14:
            yield int.from_bytes(head[4:8], "big"), head[10:14]


def _places(body: io.BytesIO, name: str) -> Iterator[tuple[int, list[tuple[bool, int, int]]]]:
    """(number, extents) of the items that `iloc` places; an extent: whether it lies in `idat`, its offset, its length.

    struct.error where it is cut.
    """

    def number(count: int) -> int:
        data = body.read(count)
        if len(data) < count:
            raise struct.error
        return int.from_bytes(data, "big")

    version = number(4) >> 24
    sizes = number(2)
    wide_offset, wide_length, wide_base, wide_index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    items = number(4 if version == 2 else 2)
    if items > MAX_ITEMS:
        raise PhotoError(name, WORK, "holds more pictures than a photo has; save it again")
    for _ in range(items):
        item = number(4 if version == 2 else 2)
        method = number(2) & 15 if version else 0
        number(2)  # the file it lies in: this one
        base, count = number(wide_base), number(2)
        if count > MAX_EXTENTS:
            raise PhotoError(name, WORK, "holds a picture in more pieces than a photo has; save it again")
        extents = []
        for _ in range(count):
            number(wide_index if version else 0)
            extents.append((method == 1, base + number(wide_offset), number(wide_length)))
        yield item, extents
