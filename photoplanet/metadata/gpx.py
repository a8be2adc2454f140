"""GPX files: the recorded points of one, read with suspicion; and trips written, in the order of the photos."""

from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import IO

from photoplanet.core.xml_text import escape
from photoplanet.errors import printable
from photoplanet.metadata import track_files
from photoplanet.metadata.track import Track

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="photoplanet" '
_HEAD += 'xmlns="http://www.topografix.com/GPX/1/1">\n'


def read(path: str | Path, hours: float = 0.0) -> tuple[Track, int]:
    """Read the recorded points of a GPX file in time order, and count those that are left out.

    Left out are points without a time or off the Earth, and those of a track that another one in the file covers.
    `hours`: how far the photos' clock is ahead of UTC, in which GPX times are. InputError for a file that is missing,
    not GPX, or without a timed point; document types and entities are refused. `track_files.read` takes several files.

    >>> read("/no/such/track.gpx")
    Traceback (most recent call last):
    photoplanet.errors.InputError: /no/such/track.gpx: No such file or directory; give a track: GPX, KML, ...
    """
    found = track_files.read([path], hours)
    return found.track, found.left_out


def parse(data: bytes, file: str, hours: float = 0.0) -> tuple[Track, int]:
    """Read the bytes of a GPX file as `read` does; `file`: what errors call it.

    >>> point = b'<trkpt lat="48.9" lon="2.3"><time>2023-05-01T10:00:00Z</time></trkpt>'
    >>> track, left_out = parse(b"<gpx><trk><trkseg>" + point + b"</trkseg></trk></gpx>", "a.gpx")
    >>> track.latitude, left_out
    (array([48.9]), 0)
    """
    found = track_files.parse([(file, data)], hours)
    return found.track, found.left_out


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
