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


def frame_of_its_own(width, height):
    """A picture of 8 × 8 pixels by its header, whose one frame says that it is larger: up to where its data begin."""
    groups, shift = -(-width // 1024) * -(-height // 1024), 3
    crop = [field for length in (0, 0, width, height) for field in _coordinate(length)]
    head = packed_bits([(1, 1), (0, 5), (1, 3), (1, 1), (1, 1)])
    frame = [(0, 1), (0, 2), (1, 1), (0, 2), (0, 2), (shift, 2), (0, 2), (1, 1), *crop, (0, 2), (1, 1), (0, 2), (1, 1)]
    sections = [(60 << 2, 12)] * (2 + -(-width // 8192) * -(-height // 8192) + groups)  # of 60 bytes each
    return head + packed_bits([*frame, (0, 2), (0, 1)])[2:] + packed_bits(sections)[2:]


def _coordinate(value):
    for kind, (least, count) in enumerate([(0, 8), (256, 11), (2304, 14)]):
        if value < least + (1 << count):
            return [(kind, 2), (value - least, count)]
    return [(3, 2), (value - 18688, 30)]


def header(width, height, orientation=1):
    """A codestream that ends behind its size and orientation."""
    sizes = [(0, 1), (3, 2), (height - 1, 30), (RATIO_OF_NONE, 3), (3, 2), (width - 1, 30)]
    return packed_bits([*sizes, (0, 1), (1, 1), (orientation - 1, 3), (0, 200)])
