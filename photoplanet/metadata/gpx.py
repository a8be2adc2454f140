"""GPX files: the recorded points of one, read with suspicion; and trips written, in the order of the photos."""

from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, NamedTuple
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from photoplanet.errors import InputError, printable
from photoplanet.metadata import gpx_points, xml_encoding
from photoplanet.metadata.track import Track, joined

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="photoplanet" '
_HEAD += 'xmlns="http://www.topografix.com/GPX/1/1">\n'


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


def read(path: str | Path, hours: float = 0.0) -> tuple[Track, int]:
    """Read the recorded points of a GPX file in time order, and count those that are left out.

    Left out are points without a time or off the Earth, and those of a track that another one in the file covers.
    `hours`: how far the photos' clock is ahead of UTC, in which GPX times are. InputError for a file that is missing,
    not GPX, or without a timed point; document types and entities are refused. `track_files.read` takes several files.

    >>> read("/no/such/track.gpx")
    Traceback (most recent call last):
    photoplanet.errors.InputError: /no/such/track.gpx: No such file or directory; give a GPX file
    """
    from photoplanet.metadata import track_files

    found = track_files.read([path], hours)
    return found.track, found.left_out


def parse(data: bytes, file: str, hours: float = 0.0) -> tuple[Track, int]:
    """Read the bytes of a GPX file as `read` does; `file`: what errors call it.

    >>> point = b'<trkpt lat="48.9" lon="2.3"><time>2023-05-01T10:00:00Z</time></trkpt>'
    >>> track, left_out = parse(b"<gpx><trk><trkseg>" + point + b"</trkseg></trk></gpx>", "a.gpx")
    >>> track.latitude, left_out
    (array([48.9]), 0)
    """
    found = recording([data], file)
    track, covered = joined(found.times, found.latitude, found.longitude, found.order)
    return track.shifted(hours), found.left_out + covered


def recording(pieces: Iterable[bytes], file: str) -> Recording:
    """Read the bytes of a GPX file, in pieces, as they were recorded; InputError for one without a timed point.

    Waypoints and routes are no recording: they say where something is or where to go, not where one was.

    >>> recording([b"<gpx><trk><trkpt lat='48,9' lon='2'><time>2023-05-01T10:00Z</time></trkpt></trk></gpx>"], "a.gpx")
    Traceback (most recent call last):
    photoplanet.errors.InputError: a.gpx: no readable place among 1 points (the first: 48,9, 2); ...
    """
    try:
        points = gpx_points.scan(xml_encoding.decoded(pieces))
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


def _why_none(points: gpx_points.Points, placed: NDArray[np.bool_]) -> str:
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


def write(file: IO[str], points: Iterable[tuple[float, float, str | None, str, str]], name: str = "") -> None:
    """Write (latitude, longitude, ISO 8601 time or None, name, description) as waypoints and one track, to `file`.

    Times are written in UTC where they state their offset; those of a clock of unknown zone are left out.

    >>> import io
    >>> file = io.StringIO()
    >>> write(file, [(48.9, 2.3, "2023-05-01T12:00:00+02:00", "IMG_1.jpg", "an estimate")])
    >>> parse(file.getvalue().encode(), "trip.gpx")[0].times
    array(['2023-05-01T10:00:00'], dtype='datetime64[s]')
    """
    file.write(_HEAD)
    track = []
    for latitude, longitude, taken_at, title, about in points:
        where = f'lat="{latitude:.6f}" lon="{longitude:.6f}"'.replace('lon="180.', 'lon="-180.')  # GPX has no 180
        when = f"<time>{utc}</time>" if (utc := _utc(taken_at)) else ""
        file.write(f" <wpt {where}>{when}<name>{_plain(title)}</name><desc>{_plain(about)}</desc></wpt>\n")
        track.append(f"  <trkpt {where}>{when}</trkpt>\n")
    file.write(f" <trk><name>{_plain(name)}</name><trkseg>\n{''.join(track)} </trkseg></trk>\n</gpx>\n")


def _utc(taken_at: str | None) -> str:
    try:
        moment = datetime.fromisoformat(taken_at or "")
    except ValueError:
        return ""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if moment.tzinfo else ""


def _plain(text: str) -> str:
    return escape(printable(text))
