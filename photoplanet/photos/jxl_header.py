"""What a JPEG XL file says of itself without decoding: its size once upright, and where EXIF and XMP lie in it.

ISO/IEC 18181-1 (the codestream: signature, SizeHeader, ImageMetadata) and 18181-2 (the container: boxes as of ISO
14496-12). The size bounds nothing: a frame may be larger, and says so behind what only a decoder can read.
"""

import io
from dataclasses import dataclass

from photoplanet.photos import file_bounds
from photoplanet.photos.photo_error import PhotoError

SIGNATURE = b"\xff\x0a"
_HEAD = 64  # bytes of the codestream in which the size and the orientation stand
_MOST_PARTS = 64  # of a codestream in pieces, that are gone through for these bytes
_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}  # of width to height
_BITS = (9, 13, 18, 30)


@dataclass(frozen=True)
class Block:
    """A block of metadata: `kind` (b"Exif", b"xml "), from where to where in the file; `packed`: by Brotli."""

    kind: bytes
    start: int
    end: int
    packed: bool


@dataclass(frozen=True)
class Header:
    """`width` and `height` in pixels of the upright picture; the first block of each kind of metadata."""

    width: int
    height: int
    blocks: tuple[Block, ...] = ()


def read(file: io.BufferedIOBase, name: str) -> Header:
    r"""Return what a file's header says; PhotoError for one that is cut off before it.

    >>> read(io.BytesIO(bytes.fromhex("ff0a094124080201")), "a.jxl")
    Header(width=60, height=40, blocks=())
    """
    size = file.seek(0, 2)
    file.seek(0)
    begin = file.read(_HEAD)
    blocks: dict[bytes, Block] = {}
    if not begin.startswith(SIGNATURE):
        begin = b""
        parts = 0
        for kind, start, end in file_bounds.boxes(file, 0, size, name):
            if kind in (b"jxlc", b"jxlp") and len(begin) < _HEAD and parts < _MOST_PARTS:
                parts += 1
                file.seek(start + (4 if kind == b"jxlp" else 0))  # behind the number of the part
                begin += file.read(max(0, min(_HEAD, end - file.tell())))
            elif kind == b"brob" and end - start > 4:
                file.seek(start)
                kind = file.read(4)
                blocks.setdefault(kind, Block(kind, start + 4, end, True))
            elif kind in (b"Exif", b"xml "):
                blocks.setdefault(kind, Block(kind, start, end, False))
    wanted = tuple(block for block in blocks.values() if block.kind in (b"Exif", b"xml "))
    try:
        return Header(*_size(begin), wanted)
    except EOFError:
        raise PhotoError(name, "truncated", "cannot decode it (it is truncated, or holds no picture)") from None


class _Bits:
    """The bits of a few bytes, first the lowest."""

    def __init__(self, data: bytes):
        self._value, self._left = int.from_bytes(data, "little"), 8 * len(data)

    def take(self, count: int) -> int:
        """The next `count` of them as a number; EOFError where there are fewer."""
        self._left -= count
        if self._left < 0:
            raise EOFError
        found, self._value = self._value & ((1 << count) - 1), self._value >> count
        return found


def _size(data: bytes) -> tuple[int, int]:
    """(width, height) once upright."""
    if not data.startswith(SIGNATURE):
        raise EOFError
    bits = _Bits(data[len(SIGNATURE) :])
    eighths = bits.take(1)
    height = _length(bits, eighths)
    ratio = bits.take(3)
    width = height * _RATIOS[ratio][0] // _RATIOS[ratio][1] if ratio else _length(bits, eighths)
    if not bits.take(1) and bits.take(1) and bits.take(3) >= 4:  # not all as usual; more fields; the orientation
        return height, width
    return width, height


def _length(bits: _Bits, eighths: int) -> int:
    return 8 * (bits.take(5) + 1) if eighths else bits.take(_BITS[bits.take(2)]) + 1
