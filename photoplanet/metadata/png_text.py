"""What a PNG says of itself in its chunks, wherever these lie: EXIF and XMP, also as ImageMagick's text."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

MAX_BLOCK = 1 << 20  # bytes of EXIF or XMP, unpacked
_MAX_CHUNKS = 100_000
_EXIF, XMP_BEGIN = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"  # how a JPEG's APP1 begins, also inside a raw profile
_RAW = b"Raw profile type "


@dataclass
class PngText:
    """EXIF (empty: none) and XMP packets. `turned`: whether decoding applies the orientation in this EXIF."""

    exif: bytes = b""
    turned: bool = True
    packets: list[bytes] = field(default_factory=list)


def read(image: Image.Image) -> PngText:
    """Read the metadata chunks of an opened PNG without decoding it; what is damaged counts as absent.

    Chunk eXIf counts before raw profiles.

    >>> read(Image.new("RGB", (8, 8))).packets
    []
    """
    found = PngText()
    file = getattr(image, "fp", None)
    if file is None or getattr(file, "closed", False):  # decoded already: what Pillow has kept
        found.exif = image.info.get("exif") or b""
        packet = image.info.get("XML:com.adobe.xmp") or image.info.get("xmp") or b""
        found.packets += [packet.encode() if isinstance(packet, str) else packet] if packet else []
        return found
    profile, unpacked = b"", 0
    for kind, body in _chunks(file):
        if kind == b"eXIf":
            found.exif = found.exif or _EXIF + body.removeprefix(_EXIF)
            continue
        keyword, text = _text(kind, body)
        unpacked += len(text)
        if unpacked > 4 * MAX_BLOCK:  # a few bytes can unpack to many, again and again
            break
        if keyword == b"XML:com.adobe.xmp":
            found.packets.append(text)
        elif keyword.startswith(_RAW):
            data, name = _unhexed(text), keyword.removeprefix(_RAW).lower()
            if data.startswith(XMP_BEGIN):
                found.packets.append(data.removeprefix(XMP_BEGIN))
            elif name == b"xmp":
                found.packets.append(data)
            elif name in (b"exif", b"app1") and not profile:
                profile, turned = data, keyword == _RAW + b"exif"  # as Pillow reads it
    if profile and not found.exif:
        found.exif, found.turned = profile if profile.startswith(_EXIF) else _EXIF + profile, turned
    return found


def _chunks(file: Any) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of the chunks that may hold metadata; keeps the position."""
    position, at = file.tell(), 8
    try:
        for _ in range(_MAX_CHUNKS):
            file.seek(at)
            head = file.read(8)
            if len(head) < 8 or head[4:] == b"IEND":
                return
            length = int.from_bytes(head[:4], "big")
            if head[4:] in (b"eXIf", b"tEXt", b"zTXt", b"iTXt") and length <= 2 * MAX_BLOCK + 1000:  # hex doubles it
                body = file.read(length)
                if len(body) < length:
                    return
                yield head[4:], body
            at += 12 + length
    finally:
        file.seek(position)


def _text(kind: bytes, body: bytes) -> tuple[bytes, bytes]:
    """Keyword and text of a text chunk, unpacked; both empty for what is not one of ours or is damaged."""
    keyword, _, rest = body.partition(b"\0")
    if keyword != b"XML:com.adobe.xmp" and not keyword.startswith(_RAW):
        return b"", b""
    packed = kind == b"zTXt"
    if packed:
        rest = rest[1:]  # the method of packing, of which there is one
    elif kind == b"iTXt":
        packed, rest = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]  # behind language and translated keyword
    if not packed:
        return keyword, rest
    try:
        return keyword, zlib.decompressobj().decompress(rest, 2 * MAX_BLOCK + 1000)
    except zlib.error:
        return b"", b""


def _unhexed(text: bytes) -> bytes:
    """The bytes of a raw profile: a line with its name, one with its length, then hexadecimal digits."""
    parts = text.strip().split(b"\n", 2)  # the name may be two words: generic profile
    try:
        data = bytes.fromhex(b"".join(parts[2].split()).decode("ascii"))
    except (IndexError, ValueError):
        return b""
    return data if len(data) <= MAX_BLOCK else b""
