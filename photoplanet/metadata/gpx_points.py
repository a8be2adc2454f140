"""The recorded points in the text of a GPX file: read tag by tag, so that a damaged file gives what it holds.

An XML parser gives up at the first fault, and loggers write files with many: cut when the battery died, with blocks of
NULs, names in another encoding, an unescaped &. So tags are looked for, as exiftool does, and nothing is ever expanded.
"""

import html
import re
from array import array
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.errors import InputError, printable
from photoplanet.metadata import xml_encoding
from photoplanet.metadata.times import parse_times

MAX_POINTS = 5_000_000
_LONGEST = 1 << 16  # characters of one tag; comments may be longer
_SILENCE = 1 << 25  # characters without a tag, behind which nothing is expected
_BATCH = 4096  # points whose times are read at once
_LONGEST_TIME = 200  # characters
_MARKED = ("wpt", "rtept")
_AROUND = ("trkpt", "trkseg", "trk", "gpx")  # whose end ends a point
_DAMAGE = re.compile("[\0\ufffd]")
_WORD = r"[A-Za-z_][\w.-]*"
# Each repetition stops at the next "<", so that no text takes longer than its length.
_TOKEN = re.compile(
    r"(?P<comment><!--)|(?P<cdata><!\[CDATA\[)|(?P<doctype><!(?:DOCTYPE|ENTITY)\b)|<[?!][^<>]*>"
    rf"""|<(?P<end>/?)(?:{_WORD}:)?(?P<name>{_WORD})(?=[\s/>])(?P<rest>[^<>"']*(?:(?:"[^"<]*"|'[^'<]*')[^<>"']*)*)>""",
    re.IGNORECASE,
)
_CLOSINGS = {"comment": "-->", "cdata": "]]>"}
_ATTRIBUTE = re.compile(r"""(?<![\w:.-])([\w:.-]+)\s*=\s*("[^"]*"|'[^']*')""")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_TIME = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)[T ]\s*(\d\d?):(\d\d)(?::(\d\d)(?:[.,]\d*)?)?"
    r"\s*(?:([+-])(\d\d?)(?::?(\d\d))?|Z|UTC|GMT)?",
    re.ASCII | re.IGNORECASE,
)


class Points(NamedTuple):
    """Points as a file has them: `times` (n,) datetime64[s] UTC, NaT for none; degrees (n,), NaN where unreadable.

    `tracks` (n,): which track of the file each is of. `marked`: how many places (waypoints, points of routes) are no
    recording. `fault`: what is wrong with the file as a whole, "" for nothing. `unreadable`: the first coordinates that
    are no number, as they are written.
    """

    times: NDArray[np.datetime64]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    tracks: NDArray[np.int32]
    marked: int
    fault: str
    unreadable: str


class Recording(NamedTuple):
    """What one file holds: `times` (n,) datetime64[s] UTC, degrees (n,), `order` (n,) the number of the track of each.

    `notes`: what a person should know of it, a line each; `left_out`: points without a time, or off the Earth.
    """

    times: NDArray[np.datetime64]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    order: NDArray[np.int64]
    notes: list[str]
    left_out: int


def recording(pieces: Iterable[bytes], file: str) -> Recording:
    """Read the bytes of a GPX file, in pieces, as they were recorded; InputError for one without a timed point.

    Waypoints and routes are no recording: they say where something is or where to go, not where one was.

    >>> recording([b"<gpx><trk><trkpt lat='48,9' lon='2'><time>2023-05-01T10:00Z</time></trkpt></trk></gpx>"], "a.gpx")
    Traceback (most recent call last):
    photoplanet.errors.InputError: a.gpx: no readable place among 1 points (the first: 48,9, 2); ...
    """
    try:
        points = scan(xml_encoding.decoded(pieces))
    except InputError as error:
        raise InputError(f"{file}: not a GPX track: {error}") from None
    lat, lng, count = points.latitude, points.longitude, len(points.times)
    placed = (np.abs(lat) <= 90) & (np.abs(lng) <= 180) & ~((lat == 0) & (lng == 0))
    good = np.flatnonzero(placed & ~np.isnat(points.times))
    notes = [f"{file}: {points.fault}; {len(good):,} points used"] if points.fault else []
    if not len(good):
        ends = f" (it {points.fault})" if points.fault else ""
        raise InputError(f"{file}: {_why_none(points, placed)}{ends}")
    if left_out := count - len(good):
        notes.append(f"{file}: {left_out:,} of {count:,} points without a time or a readable place left out")
    return Recording(points.times[good], lat[good], lng[good], points.tracks[good].astype(np.int64), notes, left_out)


def scan(text: Iterable[str]) -> Points:
    """Read the recorded points (`trkpt`) in pieces of text; memory is bounded whatever the file's length.

    Times without a zone are UTC. InputError for what is not GPX, for a document type, whose entities can grow without
    bound, and for more than MAX_POINTS points.

    >>> found = scan(['<gpx><trk><trkpt lat="48.9" lon="2.3"><time>2023-05-01T10:00:00Z</time></tr', 'kpt>'])
    >>> found.latitude, found.fault
    (array([48.9]), 'ends early')
    """
    reader = _Reader()
    for token in _tokens(text, reader):
        reader.take(token)
    return reader.finish()


def _why_none(points: Points, placed: NDArray[np.bool_]) -> str:
    count = len(placed)
    if not count:
        others = f"only {points.marked:,} waypoints and points of routes" if points.marked else "none"
        return f"no recorded point (trkpt) in it, {others}; export the track that was recorded"
    if not placed.any():
        first = f" (the first: {points.unreadable})" if points.unreadable else ""
        return f"no readable place among {count:,} points{first}; degrees are written as 48.8584"
    if not np.isnat(points.times).all():
        return f"no point with both a time and a readable place among {count:,}; export the track again"
    return f"no point with a time among {count:,}; a track needs times to place photos"


def _tokens(text: Iterable[str], reader: "_Reader") -> Iterator[re.Match[str]]:
    """The tags in order; `reader` gets the text before each, and what no tag follows at the end."""
    kept = hidden = ""  # hidden: what ends the comment or CDATA that the text is in
    silence = 0
    for piece in text:
        kept += piece
        silence += len(piece)
        reader.nuls += piece.count("\0")
        at = 0
        while True:
            if hidden:
                end = kept.find(hidden, at)
                if hidden == "]]>":
                    reader.between(kept, at, end if end >= 0 else len(kept) - 2)
                if end < 0:
                    at = max(at, len(kept) - 2)
                    break
                at, hidden = end + 3, ""
            token = _TOKEN.search(kept, at)
            if token is None:
                start = kept.rfind("<", at)  # the end of this tag may still come
                start = len(kept) if start < 0 or len(kept) - start > _LONGEST else start
                reader.between(kept, at, start)
                at = start
                break
            reader.between(kept, at, token.start())
            at = token.end()
            silence = 0
            hidden = _CLOSINGS.get(token.lastgroup or "", "")
            if not hidden:
                yield token
        kept = kept[at:]
        if silence > _SILENCE:
            break
    reader.inside = False
    reader.between(kept, 0, len(kept))


class _Reader:
    """What has been read so far, tag after tag."""

    def __init__(self) -> None:
        self.times: list[NDArray[np.datetime64]] = []
        self.texts: list[str] = []
        self.latitude, self.longitude, self.tracks = array("d"), array("d"), array("i")
        self.track = self.marked = self.depth = 0
        self.nuls = 0
        self.began = self.ended = self.more = self.inside = self.timing = False
        self.time = self.unreadable = ""

    def between(self, text: str, start: int, end: int) -> None:
        """Take the text between two tags."""
        if start >= end:
            return
        if self.inside and (text.find("\0", start, end) >= 0 or text.find("<", start, end) >= 0):
            # what is lost may be the end of this point and the beginning of another, whose time would come next
            self.inside = self.timing = False
        elif self.timing and len(self.time) < _LONGEST_TIME:
            self.time += text[start : min(end, start + _LONGEST_TIME)]
        elif self.ended and not self.more:
            self.more = bool(text[start:end].strip("\0 \t\r\n"))

    def take(self, token: re.Match[str]) -> None:
        """Take one tag."""
        if token["doctype"]:
            raise InputError("it declares a document type (<!DOCTYPE>), which is not read; remove that line")
        name = token["name"]
        if name is None:
            return
        if not self.began:
            if name != "gpx":
                raise InputError(f"it starts with <{printable(name)[:40]}>; convert it to GPX")
            self.began = True
        if token["end"]:
            self._end(name)
            return
        self._start(name, token["rest"])
        if token["rest"].endswith("/"):
            self._end(name)

    def _start(self, name: str, rest: str) -> None:
        if name == "trkpt":
            self.inside = self.timing = False
            if not _DAMAGE.search(rest):  # else its two numbers may be of two points
                self._open(rest)
        elif self.inside:
            self.depth += 1
            self.timing = name == "time" and self.depth == 1 and not self.texts[-1]
            self.time = ""
        elif name == "trk":
            self.track += 1
        elif name in _MARKED:
            self.marked += 1
        elif name == "gpx":
            self.ended = False
        elif self.ended:
            self.more = True

    def _end(self, name: str) -> None:
        if name in _AROUND:
            self.inside = self.timing = False
        if self.inside:
            if self.timing and name == "time":
                self.texts[-1] = _time(self.time.strip())
            self.timing = False
            self.depth = max(0, self.depth - 1)
        elif name == "gpx":
            self.ended = True

    def _open(self, rest: str) -> None:
        if len(self.latitude) >= MAX_POINTS:
            raise InputError(f"it has more than {MAX_POINTS:,} points; split it")
        if len(self.texts) >= _BATCH:
            self._read_times()
        found = {key: html.unescape(value[1:-1]).strip() for key, value in reversed(_ATTRIBUTE.findall(rest))}
        latitude, longitude = found.get("lat", ""), found.get("lon", "")
        self.latitude.append(_degrees(latitude))
        self.longitude.append(_degrees(longitude))
        if not self.unreadable and not (_NUMBER.fullmatch(latitude) and _NUMBER.fullmatch(longitude)):
            self.unreadable = printable(f"{latitude}, {longitude}")[:60]
        self.tracks.append(self.track)
        self.texts.append("")
        self.inside, self.timing, self.depth = True, False, 0

    def _read_times(self) -> None:
        self.times.append(parse_times(self.texts)[0])
        self.texts.clear()

    def finish(self) -> Points:
        """Return what was read."""
        if not self.began:
            raise InputError("it holds no GPX; export it again")
        self._read_times()
        faults = [] if self.ended else ["ends early"]
        faults += [f"holds {self.nuls:,} NUL bytes"] if self.nuls else []
        faults += ["has more after its end"] if self.more else []
        return Points(np.concatenate(self.times), np.array(self.latitude), np.array(self.longitude),
                      np.array(self.tracks, np.int32), self.marked, ", ".join(faults), self.unreadable)  # fmt: skip


def _degrees(text: str) -> float:
    return float(text) if _NUMBER.fullmatch(text) else np.nan


def _time(text: str) -> str:
    """A time as ISO 8601 with its zone, in the one form that every Python reads; "" for another text."""
    found = _TIME.fullmatch(html.unescape(text))
    if found is None:
        return ""
    year, month, day, hour, minute, second, sign, hours, minutes = found.groups()
    second = "59" if second == "60" else second or "00"  # a leap second
    zone = f"{sign}{hours:>02}:{minutes or '00'}" if sign else "+00:00"
    return f"{year}-{month:>02}-{day:>02}T{hour:>02}:{minute}:{second}{zone}"
