"""The segments of a JPEG before its pixels, and whether its EXIF block may grow without making anything else wrong."""

from collections.abc import Iterator
from typing import NamedTuple

from photoplanet.errors import InputError
from photoplanet.metadata import maker_note
from photoplanet.metadata.estimate import OwnGps
from photoplanet.photos import formats

EXIF_HEAD = b"Exif\0\0"
_XMP, _EXTENDED_XMP = b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
_JFIF, _APP1, _MPF, _JUMBF, _SCAN = 0xE0, 0xE1, 0xE2, 0xEB, 0xDA


class Segment(NamedTuple):
    """A segment: its marker, its first byte and the one after its last; its content begins four bytes in."""

    marker: int
    start: int
    stop: int


def segments(jpeg: bytes) -> Iterator[Segment]:
    """Yield every segment before the pixels; InputError for what is not a JPEG, or is damaged there.

    >>> import io
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (8, 8)).save(file, "JPEG")
    >>> hex(next(segments(file.getvalue())).marker)
    '0xe0'
    """
    if formats.recognise(jpeg[: formats.HEAD]) is not formats.EXIF_WRITTEN:
        raise InputError("it is not a JPEG")
    at = 2
    while True:
        start = at
        while jpeg[at : at + 2] == b"\xff\xff":  # a marker may be filled up with FF; the segment begins at the last
            at += 1
        head = jpeg[at : at + 4]
        if len(head) < 4 or head[0] != 0xFF or head[1] in (0x00, 0x01, 0xD8, 0xD9) or 0xD0 <= head[1] <= 0xD7:
            raise InputError(f"its structure is damaged at byte {start:,}")
        length = int.from_bytes(head[2:4], "big")
        if length < 2 or at + 2 + length > len(jpeg):
            raise InputError(f"its structure is damaged at byte {start:,}")
        if head[1] == _SCAN:
            return
        yield Segment(head[1], at, at + 2 + length)
        at += 2 + length


def exif_segment(jpeg: bytes) -> tuple[int, int]:
    """Return where the EXIF segment begins and ends, or twice the place for one where there is none.

    OwnGps where XMP in the file holds a place; InputError where the block is not the only one, or where other parts of
    the file would become wrong if it grew: lists of pictures, previews found by their place, signatures.

    >>> import io
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (8, 8)).save(file, "JPEG")
    >>> exif_segment(file.getvalue())
    (20, 20)
    """
    found: list[Segment] = []
    after = 2
    for segment in segments(jpeg):
        body = jpeg[segment.start + 4 : segment.stop]
        if segment.marker == _JFIF and after == segment.start:
            after = segment.stop  # JFIF wants to be the first segment
        if segment.marker == _APP1 and body[:4].lower() == b"exif":
            if not body.startswith(EXIF_HEAD):
                raise InputError("its EXIF block has a head that is not understood")
            found.append(segment)
        if segment.marker == _APP1 and body.startswith((_XMP, _EXTENDED_XMP)) and b"gpslatitude" in body.lower():
            raise OwnGps("its XMP holds a place")
        if segment.marker == _MPF and body.startswith(b"MPF\0"):
            raise InputError("it holds several pictures, whose list of lengths would become wrong")
        if segment.marker == _JUMBF and b"c2pa" in body:
            raise InputError("it is signed (C2PA), and the signature would become wrong")
    if len(found) > 1:
        raise InputError("it has more than one EXIF block")
    if jpeg[-12:-8] in (b"AXS!", b"AXS*"):
        raise InputError("it ends with a list of places in the file (AFCP), which would become wrong")
    if not found:
        return after, after
    maker_note.check_pictures(jpeg, found[0].start + 4 + len(EXIF_HEAD), found[0].stop)
    return found[0].start, found[0].stop
