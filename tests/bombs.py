"""Small files that are much work or much memory to decode."""

import io
import struct
import zlib

from pictures import encoded
from PIL import Image

LARGE = 9999  # pixels a side that a header says


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth=8, colour=6, interlaced=0, extra=b"", rows=b""):
    """A PNG whose header says so; `rows` are its pixels, of which there may be too few."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


def jpeg(width=LARGE, height=LARGE, size=(64, 64), mode="RGB", **options):
    """A JPEG of a few pixels whose header says so many."""
    data = bytearray(encoded(Image.new(mode, size), "JPEG", **options))
    at = next(data.find(mark) for mark in (b"\xff\xc2", b"\xff\xc0") if mark in data)
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def many_scans(count, width=LARGE, height=LARGE, between=b"", **options):
    """A progressive JPEG whose last scan comes `count` times more, each after `between`."""
    data = jpeg(width, height, progressive=True, **options)
    last = data[data.rfind(b"\xff\xda") : -2]
    return data[:-2] + (between + last) * count + b"\xff\xd9"


def one_component_scans(count, width=LARGE, height=LARGE):
    """A sequential JPEG whose scans hold one component each, `count` times over."""
    data = jpeg(width, height)
    start = data.rfind(b"\xff\xda")
    scans = [bytes((0xFF, 0xDA, 0, 8, 1, each, 0x11 if each > 1 else 0, 0, 63, 0)) for each in (1, 2, 3)]
    return data[:start] + b"".join(scan + b"\0" for scan in scans) * count + b"\xff\xd9"


def padded(padding, at=2):
    """A JPEG with so many bytes put in after its first marker."""
    data = encoded(Image.new("RGB", (20, 20)), "JPEG")
    return data[:at] + padding + data[at:]


def segments(count, marker=0xFE, body=b""):
    """A JPEG with so many segments before its pixels."""
    return padded((bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body) * count)


def tiff(entries, order="<", data=b""):
    """A TIFF with the directory (tag, type, count, value) and, after it, `data`."""
    table = b"".join(struct.pack(order + "HHII", *each) for each in sorted(entries))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(entries))
    return head + table + bytes(4) + data


def picture_tiff(width, height, **tags):
    """A TIFF of one grey strip; `tags`: number after an underscore = (type, count, value)."""
    at = 8 + 2 + 12 * (9 + len(tags)) + 4
    base = {256: (4, 1, width), 257: (4, 1, height), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1), 273: (4, 1, at),
            277: (3, 1, 1), 278: (4, 1, height), 279: (4, 1, width * height)}  # fmt: skip
    return tiff([(tag, *about) for tag, about in (base | {int(name[1:]): each for name, each in tags.items()}).items()])


def run_length_bmp(width, height, runs):
    """A run-length coded BMP."""
    offset = 14 + 40 + 1024
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(runs), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", offset + len(runs), 0, 0, offset) + info + bytes(1024) + runs


def gif_blocks(count):
    """A GIF with so many blocks of one byte in a comment."""
    whole = encoded(Image.new("P", (8, 8)), "GIF")
    at = 13 + (3 << ((whole[10] & 7) + 1) if whole[10] & 128 else 0)
    return whole[:at] + b"!\xfe" + b"\1x" * count + b"\0" + whole[at:]


def webp(width, height, lossless=False):
    """A WebP of 8 × 8 pixels whose header says so many."""
    data = bytearray(encoded(Image.new("RGB", (8, 8)), "WEBP", lossless=lossless))
    at = data.find(b"VP8L" if lossless else b"VP8 ") + 8
    if lossless:
        bits = int.from_bytes(data[at + 1 : at + 5], "little") >> 28 << 28
        data[at + 1 : at + 5] = (bits | (width - 1) | (height - 1) << 14).to_bytes(4, "little")
    else:
        data[at + 6 : at + 10] = struct.pack("<HH", width, height)
    return bytes(data)


def file(data):
    return io.BytesIO(data)
