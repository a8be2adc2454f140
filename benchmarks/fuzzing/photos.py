"""Photos from a seed, in every format that is read: pictures, EXIF blocks (odd ones too), XMP packets."""

import io
import random
import struct

import numpy as np
from PIL import Image

from fuzzing import mutations

FORMATS = ("jpg", "jpg", "jpg", "png", "webp", "tif", "heic", "gif", "bmp", "avif", "mpo", "jp2", "raw", "jxl")
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
_TAGS = (
    0x010E, 0x010F, 0x0110, 0x0112, 0x011A, 0x0128, 0x0131, 0x0132, 0x013B, 0x0213, 0x02BC, 0x8298, 0x83BB, 0x8649,
    0x882A, 0x9003, 0x9004, 0x9010, 0x9011, 0x9012, 0x9290, 0x9291, 0x927C, 0x9286, 0xA002, 0xA003, 0xA005, 0xA420,
    0xA430, 0xA431, 0xA435, 0xC4A5, 0xEA1C, 0x0201, 0x0202, 0x9C9B, 0x9C9D,
)  # fmt: skip

XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/"
 exif:GPSLatitude="48,51.504N" exif:GPSLongitude="2,17.67E" exif:GPSMapDatum="WGS-84"
 exif:DateTimeOriginal="2024-03-18T10:00:00+01:00" photoshop:DateCreated="2024-03-18" drone-dji:GpsLatitude="+48.8584"
 drone-dji:GpsLongitude="2.2945" xmp:CreateDate="2024-03-18T10:00:00">
<dc:creator><rdf:Seq><rdf:li>Ann Example</rdf:li></rdf:Seq></dc:creator>
<exif:GPSTimeStamp>2024-03-18T09:00:00Z</exif:GPSTimeStamp></rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def picture(seed: int, width: int = 96, height: int = 72) -> Image.Image:
    """Soft shapes of all sizes with some noise, so that there are corners to find."""
    noise = np.random.default_rng(seed)
    pixels = np.zeros((height, width, 3))
    for cells in (2, 5, 11, 23):
        coarse = Image.fromarray(noise.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
        pixels += np.asarray(coarse.resize((width, height), Image.Resampling.NEAREST), float) / 4
    return Image.fromarray((pixels + noise.normal(0, 3, pixels.shape)).clip(0, 255).astype(np.uint8))


def photo(random: random.Random, kind: str = "jpg", exif: bytes | None = None, xmp: bytes | None = None) -> bytes:
    """The bytes of a photo of a format."""
    image = picture(random.randrange(50), random.choice((16, 96, 160)), random.choice((17, 72, 120)))
    mode = random.choices(("RGB", "L", "P", "CMYK", "RGBA", "1", "I;16", "F", "LA"), (20, 2, 2, 2, 2, 1, 1, 1, 1))[0]
    options: dict[str, object] = {}
    if exif is not None:
        options["exif"] = exif
    if xmp is not None:
        options["xmp"] = xmp
    if kind == "tif":
        options["compression"] = random.choice(
            (None, "tiff_lzw", "tiff_deflate", "jpeg", "packbits", "tiff_adobe_deflate")
        )
        options.pop("xmp", None)
    if kind == "jpg":
        options |= {"progressive": random.random() < 0.3, "quality": random.choice((5, 80, 95))}
    if kind == "raw":
        return raw_file(random)
    if kind == "jxl":
        return jpeg_xl(random, np.asarray(image.convert(random.choice(("RGB", "L", "LA", "RGBA")))), exif, xmp)
    saved = {"jpg": "JPEG", "tif": "TIFF", "heic": "HEIF", "avif": "AVIF", "jp2": "JPEG2000"}.get(kind, kind.upper())
    if kind == "heic":
        import pillow_heif

        pillow_heif.register_heif_opener()
    for modes, given in ((mode, options), ("RGB", options), ("RGB", {})):
        file = io.BytesIO()
        try:
            converted = image.convert("I").convert(modes) if modes == "I;16" else image.convert(modes)
            if kind == "mpo":
                converted.save(file, saved, save_all=True, append_images=[converted], **given)
            else:
                converted.save(file, saved, **given)
            return file.getvalue()
        except (
            OSError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            RuntimeError,
            struct.error,
        ):  # not this mode, these options, or the format
            continue
    return photo(random, "jpg", exif, xmp)


def jpeg_xl(random: random.Random, pixels: np.ndarray, exif: bytes | None, xmp: bytes | None) -> bytes:
    """A JPEG XL, bare or in a container, with plain or packed metadata."""
    import imagecodecs

    def box(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", 8 + len(content)) + kind + content

    deep = random.choice((pixels, pixels.astype(np.uint16) * 257, (pixels / 255).astype(np.float32)))
    stream = imagecodecs.jpegxl_encode(deep, effort=random.choice((1, 4, 7)), lossless=random.random() < 0.4)
    blocks = {b"Exif": exif and bytes(4) + exif.removeprefix(b"Exif\0\0"), b"xml ": xmp}
    boxes = b"".join(
        box(kind, data) if random.random() < 0.5 else box(b"brob", kind + imagecodecs.brotli_encode(data))
        for kind, data in blocks.items()
        if data
    )
    if not boxes and random.random() < 0.5:
        return stream
    return box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl \0\0\0\0jxl ") + boxes + box(b"jxlc", stream)


def raw_file(random: random.Random) -> bytes:
    """A raw file of one of four makers: a JPEG in a frame of theirs, behind directories or boxes that lead to it."""
    preview, maker = photo(random, "jpg", exif_block(random)), random.choice(("FUJI", "NIKON", "CANON", "OLYMPUS"))
    if maker == "FUJI":
        head = b"FUJIFILMCCD-RAW 0201FF383501X-T4".ljust(84, b"\0") + struct.pack(">II", 160, len(preview))
        return head.ljust(160, b"\0") + preview + random.randbytes(500)
    block = exif_block(random).removeprefix(b"Exif\0\0")
    if maker == "CANON":

        def box(kind: bytes, *content: bytes) -> bytes:
            return struct.pack(">I", 8 + sum(map(len, content))) + kind + b"".join(content)

        parts = [box(kind, block) for kind in (b"CMT1", b"CMT2", b"CMT4")]
        canon = box(b"uuid", bytes.fromhex("85c0b687820f11e08111f4ce462b6a48"), *parts)
        return box(b"ftyp", b"crx \0\0\0\1isom") + box(b"moov", canon) + box(b"mdat", preview, random.randbytes(500))
    if maker == "OLYMPUS":
        return b"IIRO" + block[4:] + preview
    at = 8 + 2 + 12 * 6 + 4
    rows = [(254, 4, 1), (0x0112, 4, 6), (0x0201, 4, at), (0x0202, 4, len(preview)), (330, 4, 8), (0x8825, 4, 8)]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in sorted(rows))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", 6) + entries + bytes(4) + preview + random.randbytes(500)


def exif_block(random: random.Random, odd: float = 0.3) -> bytes:
    """EXIF with its head: place, time and camera; a share `odd` of its values is not as it should be."""
    order = random.choice("<>")
    south, west = random.random() < 0.5, random.random() < 0.5
    main: list[tuple[int, int, bytes]] = [
        (0x010F, 2, b"Example\0"), (0x0110, 2, b"Camera 1\0"), (0x0112, 3, struct.pack(order + "H", 1)),
        (0x0132, 2, b"2024:03:18 10:00:00\0"), (0x013B, 2, b"Ann\0"),
    ]  # fmt: skip
    details: list[tuple[int, int, bytes]] = [
        (0x9003, 2, b"2024:03:18 10:00:00\0"), (0x9011, 2, b"+01:00\0"), (0x9291, 2, b"123\0"),
        (0x927C, 7, b"Maker" * 9),
    ]  # fmt: skip
    place: list[tuple[int, int, bytes]] = [
        (0, 1, bytes((2, 3, 0, 0))),
        (1, 2, b"S\0" if south else b"N\0"), (2, 5, _rationals(order, random, 90)),
        (3, 2, b"W\0" if west else b"E\0"), (4, 5, _rationals(order, random, 180)),
        (5, 1, b"\0"), (6, 5, struct.pack(order + "2I", 350, 10)), (7, 5, struct.pack(order + "6I", 9, 1, 0, 1, 0, 1)),
        (0x1D, 2, b"2024:03:18\0"), (0x1B, 7, b"ASCII\0\0\0GPS"),
    ]  # fmt: skip
    blocks = {0x8769: details, 0x8825: place}
    for entries in (main, details, place):
        for at, entry in enumerate(entries):
            if random.random() < odd / 2:
                entries[at] = _odd(entry, random)
        for _ in range(random.choice((0, 0, 1, 5)) if random.random() < odd else 0):
            entries.append(
                (random.choice(_TAGS), random.choice((*_SIZES, 0, 14, 999)), random.randbytes(random.randrange(40)))
            )
    if random.random() < odd:
        blocks[random.choice((0xA005, 0x8769, 0x8825, 0x014A))] = place
    return b"Exif\0\0" + _tiff(order, main, blocks, random, odd)


def _rationals(order: str, random: random.Random, most: int) -> bytes:
    if random.random() < 0.2:
        return struct.pack(order + "6I", *(random.choice((0, 1, 60, 90, 0xFFFFFFFF)) for _ in range(6)))
    return struct.pack(order + "6I", random.randrange(most), 1, random.randrange(60), 1, random.randrange(6000), 100)


def _odd(entry: tuple[int, int, bytes], random: random.Random) -> tuple[int, int, bytes]:
    tag, kind, data = entry
    how = random.randrange(5)
    if how == 0:
        return tag, random.choice((*_SIZES, 0, 200)), data
    if how == 1:
        return tag, kind, mutations.mutated(data, random)
    if how == 2:
        return tag, 2, mutations.word(random).encode("utf-8", "replace")[:3000] + b"\0"
    if how == 3:
        return tag, kind, b""
    return random.choice(_TAGS), kind, data


def _tiff(
    order: str, main: list[tuple[int, int, bytes]], blocks: dict[int, list[tuple[int, int, bytes]]],
    random: random.Random, odd: float,
) -> bytes:  # fmt: skip
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    size = len(_ifd(order, [*main, *((tag, 4, bytes(4)) for tag in blocks)], 8, random, 0))
    at, tail, links = 8 + size, b"", []
    for tag, entries in blocks.items():
        lie = random.random() < odd / 4
        links.append(
            (tag, 4, struct.pack(order + "I", random.choice((0, 8, at + 3, 0xFFFFFFF0)) if lie else at + len(tail)))
        )
        tail += _ifd(order, entries, at + len(tail), random, odd)
    return head + _ifd(order, [*main, *links], 8, random, 0) + tail


def _ifd(order: str, entries: list[tuple[int, int, bytes]], start: int, random: random.Random, odd: float) -> bytes:
    if random.random() >= odd / 3:
        entries = sorted(entries, key=lambda entry: entry[0])
    out, data = struct.pack(order + "H", len(entries)), b""
    after = start + 2 + 12 * len(entries) + 4
    for tag, kind, value in entries:
        count = len(value) // _SIZES.get(kind, 1)
        if random.random() < odd / 8:
            count = random.choice((0, 1, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF))
        out += struct.pack(order + "HHI", tag, kind, count)
        if len(value) <= 4:
            out += value.ljust(4, b"\0")
        else:
            lie = random.random() < odd / 8
            out += struct.pack(order + "I", random.choice((0, start, 0xFFFFFFF0)) if lie else after + len(data))
            data += value + b"\0" * (len(value) % 2)
    return out + struct.pack(order + "I", 8 if random.random() < odd / 8 else 0) + data
