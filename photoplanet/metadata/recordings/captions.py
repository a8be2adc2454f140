"""The captions that DJI's drones write for their films (.SRT, or a text track in the film): a place and a time each.

Generations differ: `[latitude: 48.858] [longitude: 2.294]`, the same with their spelling `longtitude`, and
`GPS(2.294,48.858,19)`, longitude first, but `GPS(48.858,2.294,19.0M)` where the height has its unit. Times are those of
the pilot's clock and name no zone. Earlier drones write none. 0, 0 stands for no fix.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from photoplanet.metadata import exif_places
from photoplanet.metadata.recordings.recording import UNTIMED, Gathering, Points, degrees, seconds
from photoplanet.metadata.xmp_facts import Said

MAX_HEAD = 4 << 20  # bytes in which a film's first place is looked for: minutes of captions for every frame
_LONGEST = 1024  # characters of a line; of known drones the longest has some 400
_MARKS = b"\xef\xbb\xbf\xff\xfe\0"
_LIKE = re.compile(rb"\s*\d{1,9}\s+\d\d:\d\d:\d\d[,.]\d{1,3} *-->")
_TELEMETRY = re.compile(rb"GPS\s?\(|\[latitude\s?:", re.IGNORECASE)
_NUMBER = r"([+-]?\d{1,3}(?:\.\d{0,20})?)"
_LATITUDE = re.compile(rf"\[latitude\s?:\s?{_NUMBER}\s?\]", re.IGNORECASE | re.ASCII)
_LONGITUDE = re.compile(rf"\[longt?itude\s?:\s?{_NUMBER}\s?\]", re.IGNORECASE | re.ASCII)
_PAIR = re.compile(rf"\bGPS\s?\(\s?{_NUMBER}\s?,\s?{_NUMBER}\s?(?:,([^)]{{0,20}}))?\)", re.IGNORECASE | re.ASCII)
_DATE = re.compile(r"(\d{4})[-.](\d\d?)[-.](\d\d?)[ T](\d\d?:\d\d:\d\d)", re.ASCII)
_EPOCH = datetime(1970, 1, 1)


def like(head: bytes, telemetry: bool = False) -> bool:
    r"""Whether a file begins as captions do, and with `telemetry`, whether a place is among its first ones.

    >>> like(b"1\r\n00:00:00,000 --> 00:00:01,000\r\nGPS(2.294,48.858,19)"), like(b"GPS(2.294,48.858,19)")
    (True, False)
    """
    plain = head.lstrip(_MARKS).replace(b"\0", b"")  # in UTF-16 every other byte is 0
    return _LIKE.match(plain) is not None and (not telemetry or has_place(plain))


def has_place(caption: bytes) -> bool:
    """Whether a caption, as bytes, has what is written like a place.

    >>> has_place(b"GPS(2.294,48.858,19)"), has_place(b"Hello there.")
    (True, False)
    """
    return _TELEMETRY.search(caption) is not None


def scan(pieces: Iterable[bytes]) -> Points:
    r"""Read the captions in pieces of bytes, one point a second; `times` are local, of a zone that nothing names.

    Memory is bounded whatever the file's length; InputError for too many points.

    >>> text = b"1\n00:00:00,000 --> 00:00:01,000\nHOME(2.1,48.1) 2023.05.01 10:00:00\nGPS(2.294,48.858,19)\n"
    >>> points = scan([text])
    >>> points.times, points.latitude
    (array(['2023-05-01T10:00:00'], dtype='datetime64[s]'), array([48.858]))
    """
    return _read(pieces).points()


def of_texts(samples: Iterable[bytes]) -> Points:
    r"""Read the samples of a film's text track as `scan` reads a file: each is one caption behind its length.

    >>> of_texts([b"\0\x15GPS (2.294,48.858,19)"]).longitude
    array([2.294])
    """
    return _read_texts(samples).points()


def first(data: bytes) -> Said:
    r"""Return the first place that can be one, and when the film began, ISO 8601 without a zone; never raises.

    >>> text = b"1\n00:00:00,000 --> 00:00:00,016\n2023-05-01 10:00:00.123\n[latitude: 0.0] [longtitude: 0.0]\n\n"
    >>> first(text + text.replace(b"0.0]", b"9.5]")).latitude, first(text).taken_at
    (9.5, '2023-05-01T10:00:00')
    """
    if not like(data[:1024]):
        return Said()
    return _first(_read([data[:MAX_HEAD]]))


def first_of_texts(samples: Sequence[bytes]) -> Said:
    """Return the same of the first samples of a film's text track.

    >>> first_of_texts([]).fault
    'no GPS'
    """
    return _first(_read_texts(samples))


def _first(reader: "_Reader") -> Said:
    taken_at = None if reader.began == UNTIMED else (_EPOCH + timedelta(seconds=reader.began)).isoformat()
    points = reader.points()
    for latitude, longitude in zip(points.latitude.tolist(), points.longitude.tolist(), strict=True):
        place = exif_places.checked(latitude, longitude)
        if place[2] is None:
            return Said(*place, taken_at)
    return Said(taken_at=taken_at)


def _read(pieces: Iterable[bytes]) -> "_Reader":
    reader = _Reader()
    kept = ""
    for piece in pieces:
        text = piece.replace(b"\0", b"").decode("latin-1").replace("\r", "\n")
        *lines, kept = (kept + text).split("\n")
        for line in lines:
            reader.take(line[:_LONGEST])
        kept = kept[:_LONGEST]
    reader.take(kept)
    reader.end()
    return reader


def _read_texts(samples: Iterable[bytes]) -> "_Reader":
    reader = _Reader()
    for sample in samples:
        text = sample[2 : 2 + int.from_bytes(sample[:2], "big")].decode("latin-1")
        for line in text.replace("\r", "\n").split("\n"):
            reader.take(line[:_LONGEST])
        reader.end()
    return reader


class _Reader:
    """The points so far, and what the caption that is being read says."""

    def __init__(self) -> None:
        self.gathering = Gathering()
        self.began = UNTIMED
        self._last = UNTIMED
        self._when = UNTIMED
        self._place: tuple[float, float] | None = None

    def take(self, line: str) -> None:
        """Take a line; one with the times of a film begins a caption."""
        if "-->" in line:
            self.end()
            return
        if self._when == UNTIMED and (date := _DATE.search(line)):
            self._when = seconds(f"{date[1]}-{date[2]}-{date[3]}T{date[4]}")
            self.began = self._when if self.began == UNTIMED else self.began
        if self._place is None:
            self._place = _place(line)

    def end(self) -> None:
        """End a caption: of those with the same second, the first place counts."""
        if self._place is not None and (self._when == UNTIMED or self._when != self._last):
            self.gathering.add(self._when, *self._place)
            if any(self._place):
                self._last = self._when
        self._when, self._place = UNTIMED, None

    def points(self) -> Points:
        """Return what was read."""
        return self.gathering.points()


def _place(line: str) -> tuple[float, float] | None:
    """Latitude and longitude in a line; None where it has none."""
    if (latitude := _LATITUDE.search(line)) and (longitude := _LONGITUDE.search(line)):
        return degrees(latitude[1]), degrees(longitude[1])
    if (pair := _PAIR.search(line)) is None:
        return None
    one, other = degrees(pair[1]), degrees(pair[2])
    latitude_first = (pair[3] or "").strip().upper().endswith("M") if max(abs(one), abs(other)) <= 90 else (
        abs(one) <= 90)  # fmt: skip
    return (one, other) if latitude_first else (other, one)
