"""Whether a change of a file is one that photoplanet makes: nothing else is ever taken back.

The list of changes lies beside the photos, and may be anybody's work. So what it says is checked against the files:
an estimate of ours is there now, and without it the file is the one that the list speaks of.
"""

import struct

from photoplanet.errors import InputError
from photoplanet.metadata import exif_tags as tags
from photoplanet.metadata import exif_writer, jpeg_segments, tiff, xmp

_NO_EXIF = b"II*\0\0\0\0\0"  # the head of a block that was not there


def undoes(before: bytes | None, now: bytes) -> bool:
    """Whether `now` is `before` with an estimate of ours in it and else the same; None: a sidecar that was not there.

    >>> undoes(None, b"a photo")
    False
    """
    try:
        if before is None:
            return xmp.is_fresh(now)
        if now.startswith(b"\xff\xd8"):
            return _in_jpeg(before, now)
        return now != (alone := xmp.rest(now)) and alone == xmp.rest(before)
    except InputError:
        return False


def _in_jpeg(before: bytes, now: bytes) -> bool:
    (start, stop), (old_start, old_stop) = _exif_segment(now), _exif_segment(before)
    head = 4 + len(jpeg_segments.EXIF_HEAD)
    block, old = now[start + head : stop], before[old_start + head : old_stop] or _NO_EXIF
    if now[:start] + now[stop:] != before[:old_start] + before[old_stop:] or block[:4] != old[:4]:
        return False
    order, entries, gps_at = _parsed(block)
    _, old_entries, old_gps_at = _parsed(old)
    if not gps_at or not exif_writer.is_ours(block, tiff.read_directory(block, gps_at, order)[0], order):
        return False
    if old_gps_at:
        old_gps = tiff.read_directory(old, old_gps_at, order)[0]
        has_place = any(entry.tag in (tags.LAT, tags.LNG) for entry in old_gps)
        if has_place and not exif_writer.is_ours(old, old_gps, order):
            return False
    if len(old) > gps_at and old_gps_at != gps_at:
        return False  # something else than an estimate of ours lay where ours is now
    # up to our directory all is as it was, but for the pointers to the first directory and to ours
    mine, theirs = bytearray(block[:gps_at]), bytearray(old[:gps_at].ljust(gps_at, b"\0"))
    slots = [4, *(entry.at + 8 for entry in entries if entry.tag == tags.GPS_IFD)]
    for slot in (each for each in slots if each + 4 <= gps_at):
        mine[slot : slot + 4] = theirs[slot : slot + 4] = bytes(4)
    raw, old_raw = (sorted(each.raw for each in some if each.tag != tags.GPS_IFD) for some in (entries, old_entries))
    return mine == theirs and raw == old_raw


def _exif_segment(jpeg: bytes) -> tuple[int, int]:
    """Where the EXIF segment of a JPEG lies; (0, 0) where there is none."""
    found = [
        (each.start, each.stop)
        for each in jpeg_segments.segments(jpeg)
        if jpeg[each.start + 4 : each.stop].startswith(jpeg_segments.EXIF_HEAD)
    ]
    if len(found) > 1:
        raise InputError("it has more than one EXIF block")
    return found[0] if found else (0, 0)


def _parsed(block: bytes) -> tuple[str, list[tiff.Entry], int]:
    """The order of a block's bytes, the entries of its first directory, and where that of GPS lies (0: nowhere)."""
    order = tiff.ORDERS.get(block[:4])
    if order is None or len(block) < 8:
        raise InputError("its EXIF block is damaged")
    first = struct.unpack(order + "I", block[4:8])[0]
    entries = tiff.read_directory(block, first, order)[0] if first else []
    pointers = [tiff.numbers(block, entry, order) for entry in entries if entry.tag == tags.GPS_IFD]
    return order, entries, pointers[0][0] if pointers and pointers[0] else 0
