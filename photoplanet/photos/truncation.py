"""Whether a photo file is cut off: seen in its framing where possible, so that indexing need not decode sound ones."""

import io
import os
from collections.abc import Callable

from PIL import Image

from photoplanet.photos import formats

_TAIL = 64  # bytes at the end that are read: some cameras pad


def surely_whole(file: io.BufferedIOBase, image: Image.Image) -> bool:
    """Whether the file's own framing says that nothing is missing; False: decode it to know. Keeps the position.

    `image`: the file as Pillow has opened it.

    >>> picture, file = Image.new("RGB", (8, 8)), io.BytesIO()
    >>> picture.save(file, "PNG")
    >>> surely_whole(file, Image.open(file)), surely_whole(io.BytesIO(file.getvalue()[:-9]), Image.open(file))
    (True, False)
    """
    position = file.tell()
    try:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL))
        tail = file.read(_TAIL)
        kind = formats.of_pillow(image.format)
        return kind in _CHECKS and _CHECKS[kind](file, image, size, tail)
    except (OSError, ValueError, TypeError):
        return False
    finally:
        file.seek(position)


def _jpeg(file: io.BufferedIOBase, image: Image.Image, size: int, tail: bytes) -> bool:
    return tail.rstrip(b"\0\r\n ").endswith(b"\xff\xd9")


def _png(file: io.BufferedIOBase, image: Image.Image, size: int, tail: bytes) -> bool:
    return b"IEND\xaeB`\x82" in tail


def _webp(file: io.BufferedIOBase, image: Image.Image, size: int, tail: bytes) -> bool:
    file.seek(4)
    return int.from_bytes(file.read(4), "little") + 8 <= size


def _tiff(file: io.BufferedIOBase, image: Image.Image, size: int, tail: bytes) -> bool:
    tags = getattr(image, "tag_v2", {})
    offsets, counts = ((tags.get(a) or tags.get(b) or ()) for a, b in ((273, 324), (279, 325)))  # strips, tiles
    return 0 < len(offsets) == len(counts) and all(at + n <= size for at, n in zip(offsets, counts, strict=True))


def _heif(file: io.BufferedIOBase, image: Image.Image, size: int, tail: bytes) -> bool:
    """Top-level boxes chain exactly to the end."""
    at = 0
    for _ in range(1000):
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length == 0:
            return False  # "up to the end": says nothing
        at += length
        if length < 8 or at >= size:
            return at == size
    return False


_CHECKS: dict[formats.Format | None, Callable[[io.BufferedIOBase, Image.Image, int, bytes], bool]] = {
    formats.JPEG: _jpeg,
    formats.PNG: _png,
    formats.WEBP: _webp,
    formats.TIFF: _tiff,
    formats.HEIC: _heif,
    formats.AVIF: _heif,
    formats.JPEG_XL: _heif,
    formats.VIDEO: _heif,
}
