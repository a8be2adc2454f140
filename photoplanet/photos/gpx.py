"""GPX: reading the timed points of a track, and writing places as one. Bounded, streamed, without document types."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TextIO
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from photoplanet.errors import InputError
from photoplanet.photos.table import coordinate_fault
from photoplanet.photos.xml_events import parse

MAX_BYTES, MAX_POINTS = 500_000_000, 2_000_000
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?")
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="photoplanet" '
_HEAD += 'xmlns="http://www.topografix.com/GPX/1/1">\n'


@dataclass(frozen=True)
class Points:
    """The timed points (n,) of all tracks of a file in time order: `times` datetime64[s] UTC, degrees; `left_out`."""

    times: NDArray[np.datetime64]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    left_out: int = 0


def read(path: str | Path) -> Points:
    """The track points of a GPX file (1.0 or 1.1), sorted by time; a time without zone is UTC, as GPX says.

    Points without a time or with impossible coordinates are counted in `left_out`. InputError for what is no GPX, has
    no timed point, or is too large.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; give a GPX track")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path}: over {MAX_BYTES // 1_000_000} MB; split the track")
    rows: list[tuple[int, float, float]] = []
    left_out, depth = 0, 0
    place: tuple[float, float] | None = None
    words: list[str] | None = None
    seconds: int | None = None

    def start(name: str, attributes: dict[str, str], _: int) -> None:
        nonlocal place, words, depth, seconds
        kind = name.split(" ")[-1]
        if not depth and kind != "gpx":
            raise InputError("it is no GPX")
        depth += 1
        if kind == "trkpt":
            place, seconds, words = _place(attributes), None, None
        elif kind == "time":
            words = []

    def end(name: str, _: int) -> None:
        nonlocal left_out, words, seconds
        kind = name.split(" ")[-1]
        if kind == "time" and words is not None:
            seconds, words = _seconds("".join(words)), None
        elif kind == "trkpt":
            if place is None or seconds is None:
                left_out += 1
            elif len(rows) == MAX_POINTS:
                raise InputError(f"more than {MAX_POINTS:,} points; thin the track")
            else:
                rows.append((seconds, *place))

    def text(characters: str) -> None:
        if words is not None and len(words) < 100:
            words.append(characters)

    try:
        parse(path, start, end, text)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    if not rows:
        raise InputError(f"{path}: no track point has both a place and a time ({left_out:,} without)")
    rows.sort()
    times, latitude, longitude = zip(*rows, strict=True)
    return Points(np.array(times, "datetime64[s]"), np.array(latitude), np.array(longitude), left_out)


def write(file: TextIO, points: Iterable[tuple[float, float, str | None, str, str]], name: str = "") -> None:
    """Write (latitude, longitude, ISO 8601 time or None, name, description) as waypoints and one track, to `file`.

    Times are written in UTC where they state their offset; those of a clock of unknown zone are left out.
    """
    file.write(_HEAD)
    track = []
    for latitude, longitude, taken_at, title, about in points:
        where = f'lat="{latitude:.6f}" lon="{longitude:.6f}"'
        when = f"<time>{utc}</time>" if (utc := _utc(taken_at)) else ""
        file.write(f" <wpt {where}>{when}<name>{_plain(title)}</name><desc>{_plain(about)}</desc></wpt>\n")
        track.append(f"  <trkpt {where}>{when}</trkpt>\n")
    file.write(f" <trk><name>{_plain(name)}</name><trkseg>\n{''.join(track)} </trkseg></trk>\n</gpx>\n")


def _place(attributes: dict[str, str]) -> tuple[float, float] | None:
    try:
        latitude, longitude = float(attributes["lat"]), float(attributes["lon"])
    except (KeyError, ValueError):
        return None
    return None if coordinate_fault(latitude, longitude) else (latitude, longitude)


def _seconds(text: str) -> int | None:
    found = _TIME.fullmatch(text.strip())
    try:
        moment = datetime.fromisoformat(found[1] + (found[2] or "").replace("Z", "+00:00")) if found else None
    except ValueError:
        return None
    if moment is None:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp())


def _utc(taken_at: str | None) -> str:
    try:
        moment = datetime.fromisoformat(taken_at or "")
    except ValueError:
        return ""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if moment.tzinfo else ""


def _plain(text: str) -> str:
    return escape("".join(sign if sign.isprintable() else "?" for sign in text))
