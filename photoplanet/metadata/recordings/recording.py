"""Points as the files of tracks have them, gathered in little memory, and what of them places photos."""

import html
import re
from array import array
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.errors import InputError, printable
from photoplanet.metadata.times import usable
from photoplanet.metadata.track import MAX_APART_HOURS

MAX_POINTS = 5_000_000
MAX_ACCURACY_M = 5000.0  # coarser fixes are left out: the nearest mast says little of a photo
UNTIMED = np.iinfo(np.int64).min  # seconds of a point without a time; NaT as datetime64
_LONGEST_STAY = 7 * 86_400  # seconds; of a longer one only the ends count
_STEP = int(MAX_APART_HOURS * 3600)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_TIME = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)[T ]\s*(\d\d?):(\d\d)(?::(\d\d)(?:[.,]\d*)?)?"
    r"\s*(?:([+-])(\d\d?)(?::?(\d\d))?|Z|UTC|GMT)?",
    re.ASCII | re.IGNORECASE,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Points(NamedTuple):
    """Points as a file has them: `times` (n,) datetime64[s] UTC, NaT for none; degrees (n,), NaN where unreadable.

    `tracks` (n,): which track of the file each is of. `accuracy_m` (n,): the radius in metres around each in which the
    device was with 68 %, NaN where it is not stated. `marked`: how many places (waypoints, points of routes) are not a
    recording. `fault`: what is wrong with the file as a whole, "" for nothing. `unreadable`: the first coordinates that
    are not numbers, as they are written.
    """

    times: NDArray[np.datetime64]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    tracks: NDArray[np.int32]
    accuracy_m: NDArray[np.float64]
    marked: int
    fault: str
    unreadable: str


class Recording(NamedTuple):
    """What one file holds: `times` (n,) datetime64[s] UTC, degrees (n,), `order` (n,) the number of the track of each.

    `accuracy_m` (n,) as in `Points`. `notes`: what a person should know of it, a line each; `left_out`: points without
    a time, off the Earth, or coarser than MAX_ACCURACY_M. `local`: whether the times are not UTC, but those of a clock
    whose zone nothing names.
    """

    times: NDArray[np.datetime64]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    order: NDArray[np.int64]
    accuracy_m: NDArray[np.float64]
    notes: list[str]
    left_out: int
    local: bool = False


class Gathering:
    """Points as they are read, one after another.

    >>> gathering = Gathering()
    >>> gathering.add(seconds("2019-05-01T10:00:00Z"), 48.9, 2.3)
    >>> gathering.points().times
    array(['2019-05-01T10:00:00'], dtype='datetime64[s]')
    """

    def __init__(self) -> None:
        self.seconds, self.latitude, self.longitude = array("q"), array("d"), array("d")
        self.tracks, self.accuracy_m = array("i"), array("d")
        self.unreadable = ""

    def __len__(self) -> int:
        return len(self.seconds)

    def add(
        self, second: int, latitude: float, longitude: float, track: int = 0, accuracy_m: float = float("nan")
    ) -> None:
        """Add a point: seconds since 1970 UTC or UNTIMED, degrees, NaN for none; InputError for too many."""
        if len(self.seconds) >= MAX_POINTS:
            raise InputError(f"it has more than {MAX_POINTS:,} points; split it")
        self.seconds.append(second)
        self.latitude.append(latitude)
        self.longitude.append(longitude)
        self.tracks.append(track)
        self.accuracy_m.append(accuracy_m)

    def stay(
        self, begin: int, end: int, latitude: float, longitude: float, track: int = 0, accuracy_m: float = float("nan")
    ) -> None:
        """Add points from `begin` to `end` (seconds since 1970) at one place, as close in time as a recording has them.

        Of a stay of more than a week, only its ends: nobody stays at a place for so long without a walk.

        >>> gathering = Gathering()
        >>> gathering.stay(0, 1800, 48.9, 2.3)
        >>> gathering.seconds.tolist()
        [0, 900, 1800]
        """
        if UNTIMED in (begin, end) or end < begin:
            self.add(UNTIMED, latitude, longitude, track, accuracy_m)
            return
        for moment in range(begin, end, _STEP) if end - begin <= _LONGEST_STAY else (begin,):
            self.add(moment, latitude, longitude, track, accuracy_m)
        self.add(end, latitude, longitude, track, accuracy_m)

    def misread(self, latitude: str, longitude: str) -> None:
        """Remember the first coordinates that are not numbers."""
        if not self.unreadable and not (_NUMBER.fullmatch(latitude) and _NUMBER.fullmatch(longitude)):
            self.unreadable = printable(f"{latitude}, {longitude}")[:60]

    def points(self, marked: int = 0, faults: Iterable[str] = ()) -> Points:
        """Return what was gathered; moments that are not those of a photo become NaT."""
        times = np.array(self.seconds, np.int64).view("datetime64[s]")
        times = np.where(usable(times), times, np.datetime64("NaT", "s"))
        return Points(times, np.array(self.latitude), np.array(self.longitude), np.array(self.tracks, np.int32),
                      np.array(self.accuracy_m), marked, ", ".join(faults), self.unreadable)  # fmt: skip


def recording(points: Points, file: str, kind: str = "recorded point") -> Recording:
    """Take from the points of a file those that place photos; InputError where there are none.

    `kind`: what recorded points are called in such a file.

    >>> gathering = Gathering()
    >>> gathering.add(UNTIMED, 48.9, 2.3)
    >>> recording(gathering.points(), "a.gpx")
    Traceback (most recent call last):
    photoplanet.errors.InputError: a.gpx: no point with a time among 1; a track needs times to place photos
    """
    lat, lng, count = points.latitude, points.longitude, len(points.times)
    placed = (np.abs(lat) <= 90) & (np.abs(lng) <= 180) & ~((lat == 0) & (lng == 0))
    coarse = points.accuracy_m > MAX_ACCURACY_M
    timed = placed & ~np.isnat(points.times)
    good = np.flatnonzero(timed & ~coarse)
    notes = [f"{file}: {points.fault}; {len(good):,} points used"] if points.fault else []
    if not len(good):
        ends = f" (it {points.fault})" if points.fault else ""
        raise InputError(f"{file}: {_why_none(points, placed, kind)}{ends}")
    if left_out := count - int(timed.sum()):
        notes.append(f"{file}: {left_out:,} of {count:,} points without a time or a readable place left out")
    if rough := int(timed.sum()) - len(good):
        notes.append(f"{file}: {rough:,} of {count:,} points coarser than {MAX_ACCURACY_M / 1000:g} km left out")
    return Recording(points.times[good], lat[good], lng[good], points.tracks[good].astype(np.int64),
                     points.accuracy_m[good], notes, left_out + rough)  # fmt: skip


def degrees(text: str) -> float:
    """Return degrees written as a plain number; NaN for another text.

    >>> degrees("48.9"), degrees("48,9")
    (48.9, nan)
    """
    return float(text) if _NUMBER.fullmatch(text) else float("nan")


def seconds(text: str) -> int:
    """Return a time as ISO 8601 writes it as seconds since 1970, UTC where it names no zone; UNTIMED for another text.

    >>> seconds("1970-01-01T02:00:01+02:00"), seconds("1970-01-01") == UNTIMED
    (1, True)
    """
    found = _TIME.fullmatch(html.unescape(text))
    if found is None:
        return UNTIMED
    year, month, day, hour, minute, second, sign, hours, minutes = found.groups()
    try:
        zone = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        if zone >= timedelta(days=1):
            return UNTIMED
        whole = 59 if second == "60" else int(second or 0)  # a leap second counts as the one before it
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), whole, tzinfo=timezone.utc)
    except ValueError:
        return UNTIMED
    return int((moment - _EPOCH).total_seconds() - (-1 if sign == "-" else 1) * zone.total_seconds())


def _why_none(points: Points, placed: NDArray[np.bool_], kind: str) -> str:
    count = len(placed)
    if not count:
        others = f"only {points.marked:,} waypoints and points of routes" if points.marked else "none"
        return f"no {kind} in it, {others}; export the track that was recorded"
    if not placed.any():
        first = f" (the first: {points.unreadable})" if points.unreadable else ""
        return f"no readable place among {count:,} points{first}; degrees are written as 48.8584"
    if np.isnat(points.times).all():
        return f"no point with a time among {count:,}; a track needs times to place photos"
    if (placed & ~np.isnat(points.times)).any():
        return f"no point finer than {MAX_ACCURACY_M / 1000:g} km among {count:,}; export the track again"
    return f"no point with both a time and a readable place among {count:,}; export the track again"
