"""What PNG, WebP, TIFF, HEIC, AVIF, JPEG XL and others give away by their blocks of metadata; JPEG is elsewhere."""

import io
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from photoplanet.audit import exif_traces, iptc_traces, places, xmp_traces
from photoplanet.audit.finding import Finding
from photoplanet.audit.jpeg_traces import kept
from photoplanet.errors import InputError
from photoplanet.metadata import png_text
from photoplanet.photos import decode, file_bounds, formats

MAX_TEXT = 1 << 20  # bytes of a text chunk, unpacked
_MOST_CHUNKS = 100_000
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_XMP_BEGIN = re.compile(rb"<x:xmpmeta|<rdf:RDF")
_XMP_END = (b"</x:xmpmeta>", b"</rdf:RDF>")
_EXIF_BEGIN = re.compile(rb"Exif\0\0(?=II\*\0|MM\0\*)")
_MOST_BLOCKS = 64  # that a plain scan looks into
_SIGNED = "its signed history (C2PA) may hold place and time"
_SCANNED = 1 << 20  # bytes of a block that has no length


def findings(data: bytes, kind: formats.Format) -> list[Finding]:
    """Return what the bytes of a photo that is not a JPEG give away; nothing of it can be stripped here.

    InputError for a file that cannot be opened as a photo of that format.

    >>> findings(b"BM", formats.BMP)
    []
    """
    if kind is formats.PNG:
        return [*_opened(data), *_png_texts(data)]
    if kind is formats.WEBP:
        return _webp(data)
    if kind is formats.TIFF:
        return _tiff(data)
    if kind is formats.RAW:
        return _raw(data)
    if kind is formats.JPEG_XL:
        return [*_opened(data), *_jpeg_xl(data)]
    return _opened(data) if kind in (formats.HEIC, formats.AVIF) else scanned(data)


def scanned(data: bytes) -> list[Finding]:
    """Return what a plain scan of any file finds: blocks of XMP and EXIF, wherever they lie.

    >>> scanned(b"....<x:xmpmeta photoshop:City='Rome'/></x:xmpmeta>")[0].where
    'XMP, by a plain scan'
    """
    found: list[Finding] = []
    at = 0
    for _ in range(_MOST_BLOCKS):
        if not (begin := _XMP_BEGIN.search(data, at)):
            break
        ends = [end + len(each) for each in _XMP_END if (end := data.find(each, begin.start())) >= 0]
        at = max(ends, default=min(len(data), begin.start() + _SCANNED))
        found += xmp_traces.findings(data[begin.start() : at], "XMP, by a plain scan", False)
    for count, begin in enumerate(_EXIF_BEGIN.finditer(data)):
        if count == _MOST_BLOCKS:
            break
        found += exif_traces.findings(data[begin.end() : begin.end() + _SCANNED], "EXIF, by a plain scan")
    return [kept(each) for each in found]


def _raw(data: bytes) -> list[Finding]:
    """A raw file: the directories of one that is built like a TIFF, and what a plain scan finds in its previews."""
    order = {b"II": b"II*\0", b"MM": b"MM\0*"}.get(data[:2])
    return [*(_tiff(order + data[4:]) if order else []), *scanned(data)]


def _opened(data: bytes) -> list[Finding]:
    """What a decoder gives of a file's metadata: of PNG, HEIC, AVIF and JPEG XL."""
    with decode.opened(data) as (image, _):
        if formats.of_pillow(image.format) is formats.PNG:
            said = png_text.read(image)
            block, packets = said.exif, said.packets
        else:
            block, packets = _bytes(image.info.get("exif")), [_bytes(image.info.get("xmp"))]
    found = exif_traces.findings(block.removeprefix(b"Exif\0\0"), "EXIF")
    return [kept(each) for each in [*found, *(one for packet in packets for one in _xmp(packet))]]


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else b""


def _xmp(packet: bytes) -> list[Finding]:
    return xmp_traces.findings(packet, "XMP", False) if packet.strip(b"\0 ") else []


def _png_texts(data: bytes) -> list[Finding]:
    """The texts of a PNG that are not EXIF or XMP: comments, descriptions, authors."""
    found: list[Finding] = []
    for kind, body in _png_chunks(data):
        keyword, _, rest = body.partition(b"\0")
        if kind == b"caBX":
            found.append(Finding("hint", "signed history", "file", _SIGNED))
        if kind not in _TEXTS or keyword == b"XML:com.adobe.xmp" or keyword.startswith(b"Raw profile"):
            continue
        packed = kind == b"zTXt" or (kind == b"iTXt" and rest[:1] == b"\1")
        rest = rest[1:] if kind == b"zTXt" else rest[2:].split(b"\0", 2)[-1] if kind == b"iTXt" else rest
        if packed:
            try:
                rest = zlib.decompressobj().decompress(rest, MAX_TEXT)
            except zlib.error:
                continue
        text = rest.decode("utf-8", "replace")
        if text.strip() and len(found) < _MOST_BLOCKS:
            found.append(places.of_text("comment", f"text {keyword[:40].decode('latin-1')!r}", text))
    return found


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    for _ in range(_MOST_CHUNKS):
        head = data[at : at + 8]
        length = int.from_bytes(head[:4], "big")
        if len(head) < 8 or head[4:] == b"IEND":
            return
        if head[4:] in (*_TEXTS, b"caBX"):
            yield head[4:], data[at + 8 : at + 8 + min(length, MAX_TEXT)]
        at += 12 + length


def _jpeg_xl(data: bytes) -> list[Finding]:
    """The other boxes of a JPEG XL: C2PA's, and what makes the JPEG again that it was, with all that this said."""
    kinds = {kind for kind, _, _ in file_bounds.boxes(io.BytesIO(data), 0, len(data), "JPEG XL")}
    found = []
    if b"jumb" in kinds:
        found.append(Finding("hint", "signed history", "file", _SIGNED))
    if b"jbrd" in kinds:
        note = "the JPEG that it was made from: its comments and other blocks"
        found.append(Finding("note", "not looked into", "file", note))
    return found


def _webp(data: bytes) -> list[Finding]:
    """The chunks of a WebP: EXIF and XMP, and C2PA's."""
    found: list[Finding] = []
    at = 12
    for _ in range(_MOST_CHUNKS):
        head, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + length]
        if len(head) < 4:
            break
        if head == b"EXIF":
            found += exif_traces.findings(body.removeprefix(b"Exif\0\0"), "EXIF")
        elif head == b"XMP ":
            found += _xmp(body)
        elif head == b"C2PA":
            found.append(Finding("hint", "signed history", "file", _SIGNED))
        at += 8 + length + length % 2
    return [kept(each) for each in found]


def _tiff(data: bytes) -> list[Finding]:
    """A TIFF: EXIF's directories, with XMP, IPTC and Photoshop's resources as values."""
    found = exif_traces.findings(data, "EXIF")
    for kind, start, stop in exif_traces.inner_blocks(data):
        if kind == "XMP":
            found += _xmp(data[start:stop])
        elif kind == "IPTC":
            found += iptc_traces.findings(data, start, stop, "IPTC", False)
        else:
            for each in iptc_traces.resources(data, start, stop):
                if each.number == iptc_traces.IPTC:
                    found += iptc_traces.findings(data, each.start, each.stop, "IPTC", False)
    if not found:
        with suppress(InputError):
            found = scanned(data)  # a BigTIFF
    return [kept(each) for each in found]
