"""JPEG XL files, bare or in a container of boxes, for tests of what is read of them and of what they may claim."""

import struct

import imagecodecs
import numpy as np

SIGNATURE = b"\0\0\0\x0cJXL \r\n\x87\n"
RATIO_OF_NONE = 0


def box(kind, *content):
    data = b"".join(content)
    return struct.pack(">I", 8 + len(data)) + kind + data


def jxl(picture, *boxes, exif=None, xmp=None, packed=False, parts=0, **options):
    """The bytes of a picture's file; a container where there are boxes, EXIF, XMP, or several parts of the stream."""
    pixels = picture if isinstance(picture, np.ndarray) else np.asarray(picture)
    stream = imagecodecs.jpegxl_encode(pixels, usecontainer=False, **{"effort": 3, "distance": 1.0} | options)
    blocks = list(boxes)
    if exif is not None:
        blocks.append(block(b"Exif", bytes(4) + exif.removeprefix(b"Exif\0\0"), packed))
    if xmp is not None:
        blocks.append(block(b"xml ", xmp, packed))
    return contained(stream, *blocks, parts=parts) if blocks or parts else stream


def block(kind, data, packed=False):
    """A box of metadata, also packed by Brotli."""
    return box(b"brob", kind, imagecodecs.brotli_encode(data)) if packed else box(kind, data)


def contained(stream, *boxes, parts=0):
    """A codestream in a container, behind other boxes; in pieces of `parts` bytes first, and then the rest."""
    head = SIGNATURE + box(b"ftyp", b"jxl ", bytes(4), b"jxl ") + b"".join(boxes)
    if not parts:
        return head + box(b"jxlc", stream)
    cut = 3 * parts
    pieces = [stream[at : at + parts] for at in range(0, cut, parts)] + [stream[cut:]]
    last = len(pieces) - 1
    return head + b"".join(
        box(b"jxlp", struct.pack(">I", number | (number == last) << 31), piece) for number, piece in enumerate(pieces)
    )


def packed_bits(fields):
    """Numbers of so many bits each, the lowest first, behind the signature of a codestream."""
    value = at = 0
    for number, count in fields:
        value |= number << at
        at += count
    return b"\xff\x0a" + value.to_bytes(-(-at // 8), "little")


def header(width, height, orientation=1):
    """A codestream that ends behind its size and orientation."""
    sizes = [(0, 1), (3, 2), (height - 1, 30), (RATIO_OF_NONE, 3), (3, 2), (width - 1, 30)]
    return packed_bits([*sizes, (0, 1), (1, 1), (orientation - 1, 3), (0, 200)])
