"""Writing places as GPX, in the order of the trip."""

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import IO
from xml.sax.saxutils import escape

from photoplanet.errors import printable

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="photoplanet" '
_HEAD += 'xmlns="http://www.topografix.com/GPX/1/1">\n'


def write(file: IO[str], points: Iterable[tuple[float, float, str | None, str, str]], name: str = "") -> None:
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


def _utc(taken_at: str | None) -> str:
    try:
        moment = datetime.fromisoformat(taken_at or "")
    except ValueError:
        return ""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if moment.tzinfo else ""


def _plain(text: str) -> str:
    return escape(printable(text))
