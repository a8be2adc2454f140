"""What decoding a photo takes, known from its header: memory and work, both bounded for all threads together.

The number of pixels says neither: a pixel takes 1 to 24 bytes while it is decoded, and a progressive JPEG of 44 kB may
hold 4,000 scans over 100 million pixels.
"""

import math
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image

from photoplanet.core.byte_budget import ByteBudget
from photoplanet.photos import file_bounds, formats, jpeg_structure
from photoplanet.photos.photo_error import MEMORY, WORK, PhotoError

MEBIBYTE = 1 << 20
LARGE_BYTES = 448 * MEBIBYTE  # that photos over SMALL hold while they are decoded, of all threads: 117 million pixels
SMALL_BYTES = 64 * MEBIBYTE  # that the others hold, so that they need not wait for large ones
SMALL = 32 * MEBIBYTE
MAX_WORK = 4_000_000_000  # scans × pixels of one photo: 20 scans of a 200-megapixel JPEG; half a second where empty
HEAVY_WORK = 200_000_000
_CHUNKS = 20  # of a WebP, before its pixels
_LINE, _ROW = 8, 16  # bytes that Pillow keeps for each row; and for a pixel of the row at hand, and of the one before
_FILM = 32  # bytes per pixel: FFmpeg keeps up to 16 frames to decode others from
_WEBP, _WEBP_LOSSLESS, _HEIC, _AVIF = 16, 24, 7, 6  # bytes a pixel at the peak, measured; of AVIF: beside its frames
_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}  # a pixel in Pillow; others 4
# Pillow's blocks of 16 MB come from the heap of a thread, which keeps them; from 32 MB on the system takes them back.
_BLOCK = 64 * MEBIBYTE
if "PILLOW_BLOCK_SIZE" not in os.environ:
    Image.core.set_block_size(_BLOCK)  # type: ignore[attr-defined]
_large, _small = ByteBudget(LARGE_BYTES), ByteBudget(SMALL_BYTES)


@dataclass(frozen=True)
class Cost:
    """`bytes`: memory at the peak of decoding; `work`: pixels gone through, in every scan; `size`: as stored."""

    bytes: int
    work: int
    size: tuple[int, int]

    @property
    def heavy(self) -> bool:
        """Whether others should not wait behind it: about a second, or much memory."""
        return self.bytes > SMALL or self.work > HEAVY_WORK


def of(image: Image.Image, name: str) -> Cost:
    """Return what decoding an opened PIL image takes, after `draft`; PhotoError for more work than a photo may be.

    >>> of(Image.new("RGB", (4000, 3000)), "IMG_1.jpg").bytes
    0
    """
    if not _undecoded(image):
        return Cost(0, 0, image.size)
    pixels, lines = image.width * image.height, image.height
    kind, file = formats.of_pillow(image.format), getattr(image, "fp", None)
    held = pixels * _BYTES.get(image.mode, 4) + lines * _LINE + image.width * _ROW
    work, size = pixels, image.size
    if kind is formats.JPEG and file is not None:
        position = file.tell()
        frame = jpeg_structure.read_frame(file, name)
        if frame is not None:
            held += 2 * frame.coefficients
            size = frame.width, frame.height
            work = size[0] * size[1]
            if frame.several_scans:
                most = min(jpeg_structure.MAX_SCANS, max(1, MAX_WORK // max(1, work)))
                work *= (scans := jpeg_structure.count_scans(file, frame, most))
                if scans > most:
                    detail = (
                        f"a JPEG of {size[0]} × {size[1]} pixels in more than {most} scans; save it as a baseline JPEG"
                    )
                    raise PhotoError(name, WORK, detail)
            if jpeg_structure.fills(file, frame):
                most = jpeg_structure.MAX_FILL
                raise PhotoError(name, WORK, f"more than {most:,} bytes of padding within a scan; save it again")
        file.seek(position)
    elif kind is formats.WEBP:
        held = pixels * (_WEBP if image.mode == "RGB" and not _lossless(image) else _WEBP_LOSSLESS) + _size(image)
    elif kind is formats.HEIC:
        held = pixels * _HEIC
    elif kind is formats.AVIF:
        from photoplanet.photos import av1_stream

        coded = getattr(image, "coded", None) or av1_stream.Coded(*size, 6 * pixels, pixels)
        held = pixels * (_AVIF + len(image.getbands())) + coded.bytes + _size(image)
        work = max(pixels, coded.work)
        if work > MAX_WORK:
            raise PhotoError(name, WORK, "an AVIF of more and larger frames than a photo has; save it as JPEG")
        if coded.width * coded.height > pixels:
            size = coded.width, coded.height
    elif kind is formats.JPEG_XL:  # decoded in a process of its own, whose work no header bounds
        held += _size(image)
        work = max(pixels, HEAVY_WORK + 1)
    elif kind is formats.VIDEO:
        held = pixels * _FILM
    elif kind is formats.TIFF:
        held += _tiff_extra(image, held) + _size(image)
    elif kind is formats.BMP:
        file_bounds.check_runs(image, _size(image), name)
    return Cost(held, work, size)


class Heavy(BaseException):
    """A photo that is heavy where only light ones may be decoded. Not an Exception: it says nothing about the photo."""


class _Here(threading.local):
    light = False


_here = _Here()


@contextmanager
def only_light() -> Iterator[None]:
    """Raise `Heavy` in this thread instead of decoding a photo that is heavy (`Cost.heavy`).

    >>> with only_light():
    ...     pass
    """
    _here.light = True
    try:
        yield
    finally:
        _here.light = False


@contextmanager
def held(image: Image.Image, name: str, more: int = 0) -> Iterator[None]:
    """Wait for the memory that decoding an opened image takes, with `more` bytes for what is made of it, and hold it.

    PhotoError where it alone takes more than there is, or is more work than a photo may be. A thread decodes one photo
    at a time.

    >>> with held(Image.new("RGB", (40, 30)), "IMG_1.jpg"):
    ...     pass
    """
    cost = of(image, name)
    need = cost.bytes + more
    if need > LARGE_BYTES:
        size = f"{cost.size[0]} × {cost.size[1]} pixels ({image.mode})"
        needs = f"take {math.ceil(need / MEBIBYTE):,} MB to decode, the limit is {LARGE_BYTES // MEBIBYTE}"
        raise PhotoError(name, MEMORY, f"{size} {needs}; save it smaller, or as JPEG")
    if _here.light and (cost.heavy or need > SMALL):
        raise Heavy
    with (_small if need <= SMALL else _large).hold(need):
        yield


def _undecoded(image: Image.Image) -> bool:
    """Whether an image was opened from a file and holds no pixels yet."""
    return image.format is not None and (bool(getattr(image, "tile", None)) or vars(image).get("_im") is None)


def _size(image: Image.Image) -> int:
    """Bytes of an image's file."""
    file = getattr(image, "fp", None)
    if file is None:
        return 0
    position = file.tell()
    size = file.seek(0, 2)
    file.seek(position)
    return int(size)


def _lossless(image: Image.Image) -> bool:
    """Whether a WebP's first pixels are in a VP8L chunk; what cannot be told counts as lossless, which takes more."""
    file = getattr(image, "fp", None)
    if file is None:
        return True
    position, at, found = file.tell(), 12, True
    for _ in range(_CHUNKS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8 or head[:4] in (b"VP8 ", b"VP8L"):
            found = head[:4] != b"VP8 "
            break
        at += 24 if head[:4] == b"ANMF" else 8 + int.from_bytes(head[4:], "little") + (head[4] & 1)
    file.seek(position)
    return found


def _tiff_extra(image: Image.Image, held: int) -> int:
    """Bytes beside a TIFF's pixels: one strip or tile as stored, and a second copy where it is turned upright."""
    tags = getattr(image, "tag_v2", {})

    def number(tag: int, default: int) -> int:
        value = tags.get(tag, default)
        value = max(value, default=default) if isinstance(value, tuple) else value
        return value if isinstance(value, int) and value > 0 else default

    width, height = number(256, image.width), number(257, image.height)
    if 324 in tags:
        wide, high = number(322, width), number(323, height)
    else:
        wide, high = width, min(height, number(278, height))
    stored = wide * high * number(277, 1) * -(-number(258, 8) // 8)
    return stored + (held if number(274, 1) > 1 else 0)
