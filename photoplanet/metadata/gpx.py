"""GPX files, read as hostile XML into the points of a track; and written, in the order of the trip."""

from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import IO
from xml.sax.saxutils import escape

import numpy as np

from photoplanet.errors import InputError, printable
from photoplanet.metadata import xml_events
from photoplanet.metadata.times import parse_times
from photoplanet.metadata.track import Track
from photoplanet.photos.table import coordinate_fault

MAX_BYTES = 512 << 20
MAX_POINTS = 5_000_000
_POINTS = ("trkpt", "wpt", "rtept")
_MAX_TIME = 100  # characters of a point's time
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="photoplanet" '
_HEAD += 'xmlns="http://www.topografix.com/GPX/1/1">\n'


def read(path: str | Path, hours: float = 0.0) -> tuple[Track, int]:
    """Read the timed points of a GPX file in time order, and count the others (without a time, or off the Earth).

    `hours`: how far the photos' clock is ahead of UTC, in which GPX times are. InputError for a file that is missing,
    not GPX, or without a timed point; document types and entities are refused.

    >>> read("/no/such/track.gpx")
    Traceback (most recent call last):
    photoplanet.errors.InputError: /no/such/track.gpx: No such file or directory; give a GPX file
    """
    file = Path(path)
    try:
        if file.stat().st_size > MAX_BYTES:
            raise InputError(f"{file}: over {MAX_BYTES >> 20} MiB; split the track")
        data = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or error}; give a GPX file") from None
    return parse(data, str(file), hours)


def parse(data: bytes, file: str, hours: float = 0.0) -> tuple[Track, int]:
    """Read the bytes of a GPX file as `read` does; `file`: what errors call it.

    >>> track, left_out = parse(b'<gpx><wpt lat="48.9" lon="2.3"><time>2023-05-01T10:00:00Z</time></wpt></gpx>', "a")
    >>> track.latitude, left_out
    (array([48.9]), 0)
    """
    try:
        found = _points(data)
    except InputError as error:
        raise InputError(f"{file}: not a GPX track ({error}); export it again") from None
    good = [point for point in found if point[0] and coordinate_fault(point[1], point[2]) is None]
    texts = [text if text.endswith("Z") or "+" in text[10:] or "-" in text[10:] else f"{text}Z" for text, _, _ in good]
    times, _ = parse_times(texts)
    timed = np.flatnonzero(~np.isnat(times))
    if not len(timed):
        raise InputError(f"{file}: no point with a time among {len(found):,}; a track needs times to place photos")
    rows = timed[np.argsort(times[timed], kind="stable")]
    places = np.array([(lat, lng) for _, lat, lng in good])[rows]
    track = Track(times[rows], places[:, 0].copy(), places[:, 1].copy())
    return track.shifted(hours), len(found) - len(rows)


def write(file: IO[str], points: Iterable[tuple[float, float, str | None, str, str]], name: str = "") -> None:
    """Write (latitude, longitude, ISO 8601 time or None, name, description) as waypoints and one track, to `file`.

    Times are written in UTC where they state their offset; those of a clock of unknown zone are left out.

    >>> import io
    >>> file = io.StringIO()
    >>> write(file, [(48.9, 2.3, "2023-05-01T12:00:00+02:00", "IMG_1.jpg", "an estimate")])
    >>> parse(file.getvalue().encode(), "trip.gpx")[0].times
    array(['2023-05-01T10:00:00', '2023-05-01T10:00:00'], dtype='datetime64[s]')
    """
    file.write(_HEAD)
    track = []
    for latitude, longitude, taken_at, title, about in points:
        where = f'lat="{latitude:.6f}" lon="{longitude:.6f}"'
        when = f"<time>{utc}</time>" if (utc := _utc(taken_at)) else ""
        file.write(f" <wpt {where}>{when}<name>{_plain(title)}</name><desc>{_plain(about)}</desc></wpt>\n")
        track.append(f"  <trkpt {where}>{when}</trkpt>\n")
    file.write(f" <trk><name>{_plain(name)}</name><trkseg>\n{''.join(track)} </trkseg></trk>\n</gpx>\n")


def _points(data: bytes) -> list[tuple[str, float, float]]:
    """(time as written, latitude, longitude) of every point, NaN for what is not a number."""
    points: list[tuple[str, float, float]] = []
    text: list[str] = []
    path: list[str] = []

    def start(tag: str, attributes: dict[str, str], at: int) -> None:
        name = tag.rpartition(":")[2]
        if not path and name != "gpx":
            raise InputError(f"it starts with <{name[:40]}>")
        path.append(name)
        text.clear()
        if name in _POINTS:
            if len(points) >= MAX_POINTS:
                raise InputError(f"it has more than {MAX_POINTS:,} points")
            points.append(("", _number(attributes.get("lat")), _number(attributes.get("lon"))))

    def end(tag: str, at: int) -> None:
        name = path.pop()
        if name == "time" and path and path[-1] in _POINTS:
            points[-1] = ("".join(text).strip(), *points[-1][1:])

    def letters(piece: str) -> None:
        if path[-1] == "time" and sum(map(len, text)) < _MAX_TIME:
            text.append(piece)

    # without namespaces: some devices write prefixes that they do not declare
    xml_events.parse(data, start, end, letters, namespaces=False)
    return points


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return float("nan")


def _utc(taken_at: str | None) -> str:
    try:
        moment = datetime.fromisoformat(taken_at or "")
    except ValueError:
        return ""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if moment.tzinfo else ""


def _plain(text: str) -> str:
    return escape(printable(text))
