"""How a JPEG file is built, read from its markers in linear time: what its decoder will need, and how much work it is.

Pillow reads the markers before the first scan in Python, byte by byte where they are padded; libjpeg decodes as many
scans as there are. So both are bounded before either sees the file.
"""

import io
import math
import re
from dataclasses import dataclass

from photoplanet.photos.photo_error import WORK, PhotoError

MAX_SEGMENTS = 10_000  # before the first scan; and between scans, beside 10 for each scan
MAX_METADATA = 64_000_000  # bytes of them
MAX_EXIF_SEGMENTS = 64  # of 64 kB; Pillow joins them one by one
MAX_PADDING = 65_536  # bytes between segments that belong to none
MAX_SCANS = 500  # encoders write 1 to about 20
MAX_FILL = 1 << 20  # FF bytes in a row within a scan: until they end, Pillow hands the decoder all of them again
_HEADER = 6 + 3 * 255  # bytes of the longest frame header
_HEAD_WINDOW, _SCAN_WINDOW = 16384, 1 << 20  # bytes read at a time: in the head markers follow each other closely
_USUAL_WINDOW = 2048
_SOI, _EOI, _SOS, _APP1 = 0xD8, 0xD9, 0xDA, 0xE1
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # SOF0 … SOF15 without DHT, JPG, DAC
_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
_LOSSLESS = {0xC3, 0xC7, 0xCB, 0xCF}
_LONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length: TEM, RST0 … RST7, SOI
_SEGMENTS = {*range(0xC0, 0xFF)} - _LONE - {_SOI, _EOI}
_TELLING = _FRAMES | {_SOS}
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # RSTn are part of a scan


@dataclass(frozen=True)
class Frame:
    """A JPEG's frame header. `coefficients`: how many the decoder keeps, 0 where it decodes row by row.

    `several_scans`: whether the decoder reads the whole file, scan after scan, before it gives a pixel.
    """

    width: int
    height: int
    coefficients: int
    several_scans: bool
    first_scan: int  # the offset of what follows the first SOS marker
    lossless: bool = False  # as raw files keep the sensor's data: not a picture


def read_frame(file: io.BufferedIOBase, name: str) -> Frame | None:
    r"""Read what stands before the first scan; None without a scan. PhotoError where that is more than a photo has.

    >>> import numpy as np
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.fromarray(np.zeros((30, 40, 3), np.uint8)).save(file, "JPEG", progressive=True)
    >>> frame = read_frame(file, "IMG_1.jpg")
    >>> frame.width, frame.height, frame.several_scans
    (40, 30, True)
    """
    usual, frame = _usual_frame(file)
    return frame if usual else _any_frame(file, name)


def _usual_frame(file: io.BufferedIOBase) -> tuple[bool, Frame | None]:
    """(True, the frame) of a head as cameras write it, cheaply: segment upon segment, and few; else (False, None).

    So few, of at most 64 kB, and with nothing between them, are within every bound, whatever is in them.
    """
    file.seek(0)
    window, header = max(_USUAL_WINDOW, 4 + _HEADER), None
    begin, held, at = 0, file.read(window), 2
    for _ in range(MAX_EXIF_SEGMENTS):
        here = at - begin
        if here + 4 + _HEADER > len(held) >= window:
            file.seek(at)
            begin, held, here = at, file.read(window), 0
        if here + 4 > len(held) or held[here] != 0xFF or (marker := held[here + 1]) not in _SEGMENTS:
            break
        length = held[here + 2] << 8 | held[here + 3]
        if length < 2:
            break
        at += 2 + length
        if marker in _TELLING:
            begins = held[here + 4 : here + 2 + min(length, 2 + _HEADER)]
            if marker == _SOS:
                return True, _frame(header, begins, at)
            header = marker, begins
    return False, None


def _any_frame(file: io.BufferedIOBase, name: str) -> Frame | None:
    """The frame of a head however it is built, counting all that is bounded."""
    marks, exif, metadata, frame = _Markers(file, 2, _HEAD_WINDOW, MAX_PADDING), 0, 0, None
    for count in range(MAX_SEGMENTS + 2):
        marker = marks.following()
        if marks.padding > MAX_PADDING:
            raise PhotoError(name, WORK, f"more than {MAX_PADDING:,} bytes of padding before its first scan")
        if marker is None or marker == _EOI:
            return None
        if marker in _LONE:
            continue
        if count > MAX_SEGMENTS:
            break
        length, begins = marks.segment()
        if marker == _SOS:
            return _frame(frame, begins, marks.at)
        if marker in _FRAMES:
            frame = marker, begins
        exif += marker == _APP1 and begins.startswith(b"Exif\0\0")
        metadata += length
        if exif > MAX_EXIF_SEGMENTS or metadata > MAX_METADATA:
            break
    raise PhotoError(name, WORK, "holds more segments of metadata than a photo has; save it without them")


def count_scans(file: io.BufferedIOBase, frame: Frame, most: int) -> int:
    """Return how many scans there are, as libjpeg will find them; more than `most`, and it stops counting.

    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (40, 30)).save(file, "JPEG", progressive=True)
    >>> count_scans(file, read_frame(file, "IMG_1.jpg"), 500)
    10
    """
    marks, scans = _Markers(file, frame.first_scan, _SCAN_WINDOW), 1
    for _ in range(MAX_SEGMENTS + 10 * most):
        marker = marks.following()
        if marker is None or marker == _EOI:
            return scans
        if marker in _LONE:
            continue
        marks.segment()
        scans += marker == _SOS
        if scans > most:
            return scans
    return most + 1


def fills(file: io.BufferedIOBase, frame: Frame) -> bool:
    """Whether a scan holds so many FF bytes in a row that decoding takes time quadratic in their number.

    Looks at a few bytes of every MAX_FILL / 2, since a longer run covers one of them.

    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (40, 30)).save(file, "JPEG")
    >>> fills(file, read_frame(file, "IMG_1.jpg"))
    False
    """
    run, step = b"\xff" * 16, MAX_FILL // 2
    suspects = []
    for at in range(frame.first_scan, file.seek(0, io.SEEK_END) - MAX_FILL, step):
        file.seek(at)
        if file.read(len(run)) == run:
            suspects.append(at)
    if not suspects:
        return False
    marks, begin = _Markers(file, frame.first_scan, _SCAN_WINDOW), frame.first_scan
    for _ in range(MAX_SEGMENTS):
        marker = marks.following()
        if any(begin <= at and at + step <= marks.at - 2 for at in suspects):
            return True
        if marker is None or marker == _EOI:
            return False
        if marker not in _LONE:
            marks.segment()
            begin = marks.at
    return True


def _frame(header: tuple[int, bytes] | None, scan: bytes, at: int) -> Frame | None:
    if header is None or len(header[1]) < 6 or not scan:
        return None
    marker, body = header
    height, width, components = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big"), body[5]
    several = marker in _PROGRESSIVE or scan[0] < components
    kept = 0
    if several and (factors := [(each >> 4, each & 15) for each in body[7 : 6 + 3 * components : 3]]):
        wide, high = (
            max(1, *column) if len(factors) > 1 else max(1, column[0]) for column in zip(*factors, strict=True)
        )
        kept = sum(-(-width * x // wide) * -(-height * y // high) for x, y in factors)
    return Frame(width, height, kept, several, at, marker in _LOSSLESS)


class _Markers:
    """The markers of a file from an offset on; `padding`: bytes passed over between segments, not much over `most`.

    `window`: bytes read at a time.
    """

    def __init__(self, file: io.BufferedIOBase, at: int, window: int, most: float = math.inf):
        self.file, self.at, self.window, self.most, self.padding = file, at, window, most, 0
        self._begin, self._held = at, b""  # what has been read last, and from where

    def following(self) -> int | None:
        """The next marker; None where there is none, or too much before it."""
        while self.padding <= self.most:
            here = self._read(2)
            found = _MARKER.search(self._held, here)
            passed = found.start() - here if found else max(0, len(self._held) - here - 1)  # a last FF may begin one
            self.padding += passed
            if found:
                self.at += passed + 2
                return self._held[found.end() - 1]
            if not passed:
                return None
            self.at += passed
        return None

    def segment(self) -> tuple[int, bytes]:
        """Bytes of the segment at hand, and those that it begins with; then the next marker follows it."""
        here = self._read(2 + _HEADER)
        length = max(2, int.from_bytes(self._held[here : here + 2], "big"))
        begins = self._held[here + 2 : here + min(length, 2 + _HEADER)]
        self.at += length
        return length, begins

    def _read(self, size: int) -> int:
        """Have so many bytes from `at` on at hand, where there are so many; where they begin in what is held."""
        here = self.at - self._begin
        if here + size > len(self._held):
            self.file.seek(self.at)
            self._begin, self._held, here = self.at, self.file.read(max(size, self.window)), 0
        return here
