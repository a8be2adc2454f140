"""Small photos, good and hostile, for tests: `python tests/data/make_photos.py FOLDER` writes them all to look at."""

import io
import struct
import sys
import tarfile
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from photoplanet.metadata.exif_writer import gps_bytes


def scene(seed: int = 0, size: tuple[int, int] = (120, 90)) -> Image.Image:
    """A picture with the statistics of a photograph: soft shapes at all scales, a little noise."""
    rng = np.random.default_rng(seed)
    width, height = size
    pixels = np.zeros((height, width, 3))
    for cells in (2, 4, 8, 16, 32, 64):
        coarse = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
        pixels += np.asarray(coarse.resize(size, Image.Resampling.BICUBIC), float) / cells**0.5
    pixels = (pixels - pixels.min()) / np.ptp(pixels) * 220 + 15 + rng.normal(0, 3, pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def diagram(size: tuple[int, int] = (640, 480)) -> Image.Image:
    """A drawing that no camera took: boxes, lines and text on white."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for i in range(6):
        draw.rectangle((40 + 90 * i, 60 + 50 * i, 110 + 90 * i, 100 + 50 * i), fill=(250, 220, 40 * i), outline="black")
        draw.line((110 + 90 * i, 80 + 50 * i, 130 + 90 * i, 130 + 50 * i), fill="black", width=2)
        draw.text((45 + 90 * i, 70 + 50 * i), f"step {i}", fill="black")
    return image


def encoded(image: Image.Image, kind: str = "JPEG", **options) -> bytes:
    """The bytes of a photo file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def geotagged(
    latitude: float, longitude: float, taken_at=None, artist=None, seed: int = 0, kind: str = "JPEG"
) -> bytes:
    """A photo file with EXIF GPS."""
    return encoded(scene(seed), kind, exif=gps_bytes(latitude, longitude, taken_at, artist))


def xmp(latitude: float, longitude: float, more: str = "") -> bytes:
    """An XMP packet with a place in degrees, and `more` attributes of its description."""
    spaces = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
    place = " ".join(
        f'exif:GPS{name}="{int(abs(value))},{abs(value) % 1 * 60:.7f}{letters[value < 0]}"'
        for name, value, letters in (("Latitude", latitude, "NS"), ("Longitude", longitude, "EW"))
    )
    inner = f"<rdf:RDF {spaces}><rdf:Description {place} {more}/></rdf:RDF>"
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{inner}</x:xmpmeta>'.encode()


def heic(image: Image.Image, **options) -> bytes:
    """The bytes of an HEIC file."""
    import pillow_heif

    file = io.BytesIO()
    pillow_heif.from_pillow(image).save(file, **options)
    return file.getvalue()


def bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """A PNG of a few bytes that claims a billion pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    )


def shard(path: Path, members: dict[str, bytes]) -> Path:
    """A tar with these members, in order."""
    with tarfile.open(path, "w") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


def hostile() -> dict[str, bytes]:
    """File name → bytes of photos that cannot be used."""
    whole = geotagged(10, 20)
    return {
        "empty.jpg": b"",
        "text.jpg": b"this is no photo at all, although its name says so\n",
        "cut.jpg": whole[: len(whole) // 2],
        "cut.png": encoded(scene(), "PNG")[:5000],
        "bomb.png": bomb(),
        "header.jpg": b"\xff\xd8\xff\xe0",
        "script.eps.jpg": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n",
    }


def write(folder: Path) -> None:
    """All of them as files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {**hostile(), "good.jpg": geotagged(48.8584, 2.2945), "drawing.png": encoded(diagram(), "PNG")}
    for name, data in files.items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
