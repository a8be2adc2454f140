"""The boxes of an MP4 or QuickTime film (ISO 14496-12): its size, its length, and what its camera wrote beside it.

Only heads of boxes and short texts are read, never frames, so a film of gigabytes costs no more than a photo.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

MAX_BOXES = 20_000  # in all: films in fragments have many
_MOST_TEXT = 1000  # bytes of one text
_MOST_XMP = 4 << 20
MAX_DEPTH = 8
_SAMPLES, _MOST_SAMPLE = 28, 1 << 16  # of telemetry: a receiver may need seconds to find its place; bytes of one
HOLDERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"udta")
CAPTIONS = (b"tx3g", b"text")  # samples of tracks of text
_XMP_ID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_UNIT = 1 << 16  # of a matrix and of an angle, in fixed point


@dataclass
class Film:
    """What a film's boxes say: pixels of its picture as stored, EXIF's orientation, seconds, and texts by their key.

    `created`: seconds since 1904-01-01, by a clock that should show UTC, 0 for none. `texts`: "©xyz" and the like of
    QuickTime, "com.apple.quicktime.make" and the like of its metadata, and "loci" as "latitude longitude" in degrees.
    `xmp`: an XMP packet, b"" for none. `telemetry`: the first samples of a GoPro's, a second each;
    `captions`: those of a track of text, each behind its length.
    """

    width: int = 0
    height: int = 0
    orientation: int = 1
    seconds: float = 0.0
    created: int = 0
    texts: dict[str, str] = field(default_factory=dict)
    xmp: bytes = b""
    telemetry: list[bytes] = field(default_factory=list)
    captions: list[bytes] = field(default_factory=list)


def read(file: IO[bytes]) -> Film:
    """Read the boxes of a film; what is damaged counts as absent.

    >>> import io
    >>> read(io.BytesIO(b"not a film")).width
    0
    """
    reader = _Reader(file)
    reader.boxes(0, reader.size, ())
    return reader.film


class Boxes:
    r"""The boxes of a file, of which at most MAX_BOXES are looked at.

    >>> import io
    >>> list(Boxes(io.BytesIO(b"\0\0\0\x0cfreeabcd")).inside(0, 12))
    [(b'free', 8, 12)]
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.size = file, file.seek(0, 2)
        self.left = MAX_BOXES

    def inside(self, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
        """(type, where the content begins, where it ends) of the boxes between two offsets, up to the first broken."""
        while at + 8 <= end and self.left > 0:
            self.left -= 1
            self.file.seek(at)
            head = self.file.read(16)
            length, begin = int.from_bytes(head[:4], "big"), 8
            if length == 1:
                length, begin = int.from_bytes(head[8:16], "big"), 16
            length = length or end - at  # 0: up to the end
            if length < begin or len(head) < 8:
                return
            yield head[4:8], at + begin, min(at + length, end)  # of a cut film the last box is shorter than it says
            at += length

    def bytes_of(self, at: int, end: int, most: int = _MOST_TEXT) -> bytes:
        """The bytes between two offsets, at most `most`; none behind the end of the file."""
        if at >= self.size:
            return b""
        self.file.seek(at)
        return self.file.read(max(0, min(end - at, most)))


class _Reader(Boxes):
    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self.film = Film()
        self.keys: list[str] = []
        self.track = Film()  # the one that is being read
        self._kept = {b"gpmd": self.film.telemetry, **dict.fromkeys(CAPTIONS, self.film.captions)}
        self.samples: list[bytes] | None = None  # where those of the track that is being read go
        self.sizes: tuple[int, ...] = ()  # of the first ones

    def boxes(self, at: int, end: int, path: tuple[bytes, ...]) -> None:
        """Read the boxes between two offsets, those inside them too."""
        for kind, begin, stop in self.inside(at, end):
            if kind in HOLDERS and len(path) < MAX_DEPTH:
                if kind == b"trak":
                    self.track, self.samples, self.sizes = Film(), None, ()
                self.boxes(begin, stop, (*path, kind))
            elif kind == b"meta" and path in ((b"moov",), (b"moov", b"udta")):
                self._metadata(begin, stop)
            elif path == (b"moov", b"udta"):
                self._user_text(kind, self.bytes_of(begin, stop, _MOST_XMP if kind == b"XMP_" else _MOST_TEXT))
            elif kind == b"uuid" and not path and self.bytes_of(begin, begin + 16) == _XMP_ID:
                self.film.xmp = self.bytes_of(begin + 16, stop, _MOST_XMP)
            elif path and path[0] == b"moov":
                self._number(kind, self.bytes_of(begin, stop, 256))

    def _number(self, kind: bytes, data: bytes) -> None:
        """Boxes of a known layout: of the film, and of each track, of which the first with a picture counts."""
        wide = data[:1] == b"\1"
        try:
            if kind == b"mvhd":
                created, _, scale, length = struct.unpack_from(">QQIQ" if wide else ">IIII", data, 4)
                self.film.created, self.film.seconds = created, length / scale if scale else 0.0
            elif kind == b"tkhd":
                self.track.orientation = _orientation(struct.unpack_from(">9i", data, 52 if wide else 40))
            elif kind == b"stsd" and (samples := self._kept.get(data[12:16])) is not None:
                self.samples = samples
            elif kind == b"stsz" and self.samples is not None:
                size, count = struct.unpack_from(">II", data, 4)
                few = min(count, _SAMPLES)
                self.sizes = (size,) * few if size else struct.unpack_from(f">{few}I", data, 12)
            elif kind in (b"stco", b"co64") and self.sizes:
                self._samples(data, "I" if kind == b"stco" else "Q")
            elif kind == b"stsd" and not self.film.width:
                width, height = struct.unpack_from(">HH", data, 8 + 32)
                if self.track.seconds and width and height:
                    self.film.width, self.film.height = width, height
                    self.film.orientation = self.track.orientation
            elif kind == b"hdlr" and data[8:12] == b"vide":
                self.track.seconds = 1.0  # marks a track with a picture
        except struct.error:
            pass

    def _samples(self, data: bytes, letter: str) -> None:
        """The first samples of telemetry or captions, each in a chunk of its own."""
        kept = [] if self.samples is None else self.samples
        few = min(struct.unpack_from(">I", data, 4)[0], len(self.sizes))
        for at, size in zip(struct.unpack_from(f">{few}{letter}", data, 8), self.sizes, strict=False):
            kept.append(self.bytes_of(at, at + size, _MOST_SAMPLE))

    def _user_text(self, kind: bytes, data: bytes) -> None:
        """A text of `udta`: QuickTime's with its length and language, 3GP's place, or a packet of XMP."""
        if kind == b"XMP_":
            self.film.xmp = self.film.xmp or data
        elif kind == b"loci":
            name = data[6:]  # behind version, flags and language: its name, which ends in a NUL or two
            at = name.find(b"\0\0") // 2 * 2 + 2 if name[:2] in (b"\xfe\xff", b"\xff\xfe") else name.find(b"\0") + 1
            if at > 0 and len(name) >= at + 9:
                longitude, latitude = struct.unpack_from(">ii", name, at + 1)
                self.film.texts.setdefault("loci", f"{latitude / _UNIT} {longitude / _UNIT}")
        elif kind[:1] == b"\xa9" and len(data) > 4:
            length = int.from_bytes(data[:2], "big")
            self._text("©" + kind[1:].decode("latin-1"), data[4 : 4 + length])

    def _metadata(self, at: int, end: int) -> None:
        """`meta`: keys by number and their values; QuickTime's begins at once, ISO's behind version and flags."""
        if self.bytes_of(at, at + 4) == b"\0\0\0\0":
            at += 4
        self.keys = []
        for kind, begin, stop in self.inside(at, end):
            if kind == b"keys":
                self.keys = [
                    self.bytes_of(start, last).decode("utf-8", "replace")
                    for _, start, last in self.inside(begin + 8, stop)
                ]
            elif kind == b"ilst":
                self._values(begin, stop)

    def _values(self, at: int, end: int) -> None:
        for number, begin, stop in self.inside(at, end):
            row = int.from_bytes(number, "big") - 1
            key = self.keys[row] if 0 <= row < len(self.keys) else number.decode("latin-1")
            for kind, start, last in self.inside(begin, stop):
                if kind == b"data" and self.bytes_of(start, start + 4) == b"\0\0\0\1":  # a text in UTF-8
                    self._text(key, self.bytes_of(start + 8, last))

    def _text(self, key: str, data: bytes) -> None:
        self.film.texts.setdefault(key, data.decode("utf-8", "replace").strip("\0 "))


def _orientation(matrix: tuple[int, ...]) -> int:
    """EXIF's orientation for the matrix of a track: turned by quarters; 1 for anything else."""
    a, b, _, c, d = (round(each / _UNIT) for each in matrix[:5])
    return {(1, 0, 0, 1): 1, (0, 1, -1, 0): 6, (-1, 0, 0, -1): 3, (0, -1, 1, 0): 8}.get((a, b, c, d), 1)
