"""All pictures in a JPEG file with their segments: the photo, those behind it (MPF), thumbnails and previews inside.

Damaged files too: whatever a reader may find is found. Time is linear in the file's length.
"""

import re
from typing import NamedTuple

from photoplanet.metadata.jpeg_segments import Segment
from photoplanet.photos.jpeg_structure import MAX_SEGMENTS

MOST_PICTURES = 32  # in one file; a panorama's film of pictures has more, which are named as not looked into
MOST_TRIES = 200  # for bytes that begin like a picture
MOST_SEGMENTS = 500  # of a picture that is not the photo
_BEGINS = b"\xff\xd8\xff"
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # within a scan: RSTn are part of it
_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_FILL = re.compile(rb"\xff*")
_LONE = {0x01, *range(0xD0, 0xD8)}
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
APP1, APP11, APP13, COMMENT = 0xE1, 0xEB, 0xED, 0xFE
_HOLDING = (b"Exif\0\0", b"Photoshop 3.0\0")  # segments with thumbnails and previews inside


class Picture(NamedTuple):
    """A picture: what it is called ("" for the photo), its bytes in the file, its segments, and its width and height.

    `scans`: the bytes of its pixels; `whole`: whether it ends as a picture does; `outer`: the segment that it is in.
    """

    name: str
    start: int
    stop: int
    segments: list[Segment]
    size: tuple[int, int] | None
    scans: list[tuple[int, int]]
    whole: bool
    outer: Segment | None = None


def pictures(data: bytes) -> tuple[list[Picture], bool]:
    r"""Return the pictures of a JPEG file, the photo first, and whether there are more than MOST_PICTURES.

    >>> pictures(b"\xff\xd8\xff\xd9")[0][0].whole
    True
    """
    photo = walk(data, 0, len(data), "")
    found = [photo, *inside(data, photo)]
    at, number, more = photo.stop, 1, False
    for _ in range(MOST_TRIES):
        at = data.find(_BEGINS, at)
        if at < 0:
            break
        if len(found) >= MOST_PICTURES:
            more = True
            break
        picture = walk(data, at, len(data), f"picture {number + 1}")
        if picture.size is None:  # bytes that only look like one
            at += 2
            continue
        found += [picture, *inside(data, picture)]
        at, number = max(picture.stop, at + 2), number + 1
    return found, more


def inside(data: bytes, outer: Picture) -> list[Picture]:
    r"""Return the pictures within a picture's segments of metadata: its thumbnail, previews in its maker note.

    >>> inside(b"", walk(b"\xff\xd8\xff\xd9", 0, 4, ""))
    []
    """
    found: list[Picture] = []
    for segment in outer.segments:
        if not data.startswith(_HOLDING, segment.start + 4):
            continue
        at = segment.start + 4
        for _ in range(MOST_TRIES):
            if len(found) >= MOST_PICTURES or (at := data.find(_BEGINS, at, segment.stop)) < 0:
                break
            name = "thumbnail" if not found else f"preview {len(found)}"
            picture = walk(data, at, segment.stop, f"{outer.name}'s {name}" if outer.name else name)
            if picture.size is not None:
                found.append(picture._replace(outer=segment))
            at = max(picture.stop, at + 2) if picture.size is not None else at + 2
    return found


def walk(data: bytes, start: int, end: int, name: str) -> Picture:
    r"""Read the segments of the picture that begins at `start`, up to its end or to where it is damaged.

    >>> walk(b"\xff\xd8\xff\xfe\0\3x\xff\xd9", 0, 9, "").segments
    [Segment(marker=254, start=2, stop=7)]
    """
    segments: list[Segment] = []
    scans: list[tuple[int, int]] = []
    size: tuple[int, int] | None = None
    at = start + 2
    while len(segments) < (MOST_SEGMENTS if name else MAX_SEGMENTS):
        filled = _FILL.match(data, at, end)  # a marker may be filled up with FF
        at = max(at, filled.end() - 1) if filled else at
        marker = data[at + 1] if at + 2 <= end and data[at] == 0xFF else 0
        if marker in _LONE:
            at += 2
            continue
        if marker == _EOI:
            return Picture(name, start, at + 2, segments, size, scans, True)
        stop = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker < 0xC0 or marker in (_SOI, 0xFF) or stop < at + 4 or stop > end:
            break
        segments.append(Segment(marker, at, stop))
        if marker in _FRAMES and stop >= at + 9:
            size = int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at = stop
        if marker == _SOS:
            following = _MARKER.search(data, stop, end)
            at = following.start() if following else end
            scans.append((stop, at))
    return Picture(name, start, min(at, end), segments, size, scans, False)
