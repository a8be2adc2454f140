"""EXIF and XMP in a PNG, as libpng, ImageMagick and Adobe leave them, before the pixels or behind."""

import io
import struct
import zlib

import pytest
from PIL import Image

from photoplanet.metadata import facts, png_text, xmp
from photoplanet.metadata.exif_writer import gps_bytes
from photoplanet.photos.decode import opened

BLOCK = gps_bytes(48.8584, 2.2945, "2019-05-01T12:00:00")
PACKET = (f'<r:RDF xmlns:r="{xmp.RDF}" xmlns:e="{xmp.EXIF}"><r:Description e:GPSLatitude="48,51.504N" '
          'e:GPSLongitude="2,17.67E"/></r:RDF>').encode()  # fmt: skip
APP1_XMP = b"http://ns.adobe.com/xap/1.0/\0" + PACKET


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def profile(name, data):
    digits = data.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return f"\n{name}\n{len(data):8}\n{lines}\n".encode()


def text(kind, keyword, body):
    head = keyword.encode() + b"\0"
    packed = {b"tEXt": body, b"zTXt": b"\0" + zlib.compress(body), b"iTXt": b"\0\0\0\0" + body}
    return chunk(kind, head + packed[kind])


def png(make, extra, behind=False):
    data = make.encoded(Image.new("RGB", (8, 8)), "PNG")
    at = data.find(b"IEND" if behind else b"IDAT") - 4
    return data[:at] + extra + data[at:]


WAYS = {
    "eXIf": chunk(b"eXIf", BLOCK[6:]),
    "eXIf with a JPEG's head": chunk(b"eXIf", BLOCK),
    "exif profile": text(b"zTXt", "Raw profile type exif", profile("exif", BLOCK)),
    "exif profile without its head": text(b"tEXt", "Raw profile type exif", profile("exif", BLOCK[6:])),
    "APP1 profile": text(b"zTXt", "Raw profile type APP1", profile("generic", BLOCK)),
    "APP1 profile as iTXt": text(b"iTXt", "Raw profile type APP1", profile("generic", BLOCK)),
    "APP1 profile of older ImageMagick": text(b"tEXt", "Raw profile type APP1", profile("generic profile", BLOCK)),
    "XMP": text(b"iTXt", "XML:com.adobe.xmp", PACKET),
    "packed XMP": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(PACKET)),
    "XMP profile": text(b"zTXt", "Raw profile type xmp", profile("xmp", PACKET)),
    "APP1 profile of XMP": text(b"zTXt", "Raw profile type APP1", profile("generic", APP1_XMP)),
}


@pytest.mark.parametrize("behind", [False, True], ids=["before the pixels", "behind"])
@pytest.mark.parametrize("way", WAYS)
def test_a_place_is_read_in_whatever_chunk_it_is(make, way, behind):
    found = facts.of(png(make, WAYS[way], behind))
    assert (found.latitude, found.longitude, found.gps_fault) == (pytest.approx(48.8584), pytest.approx(2.2945), None)
    if "XMP" not in way:
        assert found.taken_at == "2019-05-01T12:00:00"


def test_damaged_chunks_say_nothing(make):
    for body in (b"\0junk", b"\0" + zlib.compress(b"\nexif\n     9\nxyz"), b"", b"\0" + zlib.compress(b"")):
        data = png(make, chunk(b"zTXt", b"Raw profile type APP1\0" + body))
        assert facts.of(data).gps_fault == "no GPS"
    with opened(png(make, WAYS["XMP"], behind=True)[:-40]) as (image, _):
        assert facts.read(image).gps_fault == "no GPS"


def test_many_chunks_that_unpack_to_much_are_bounded(make):
    one = text(b"zTXt", "Raw profile type APP1", b"x" * 900_000)
    found = png_text.read(opened_image := Image.open(io.BytesIO(png(make, one * 50 + WAYS["XMP"], behind=True))))
    assert found.packets == [] and not found.exif
    opened_image.load()
    assert png_text.read(opened_image).packets, "what Pillow has kept"


def test_a_chunk_that_unpacks_without_end_is_bounded(make):
    bomb = chunk(b"zTXt", b"Raw profile type APP1\0\0" + zlib.compress(b"\nexif\n9\n" + b"00" * 50_000_000))
    assert facts.of(png(make, bomb, behind=True)).gps_fault in ("no GPS", "EXIF unreadable")
