"""GPX files: the points of a track, read as hostile XML."""

from pathlib import Path
from xml.parsers import expat

import numpy as np

from photoplanet.errors import InputError
from photoplanet.metadata.times import parse_times
from photoplanet.metadata.track import Track
from photoplanet.photos.table import coordinate_fault

MAX_BYTES = 512 << 20
MAX_POINTS = 5_000_000
_POINTS = ("trkpt", "wpt", "rtept")


def read(path: str | Path, hours: float = 0.0) -> tuple[Track, int]:
    """The timed points of a GPX file in time order, and how many points were left out (no time, or no place on Earth).

    `hours`: how far the photos' clock is ahead of UTC, in which GPX times are. InputError for a file that is missing,
    no GPX, or without a timed point; document types and entities are refused.
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
    """The same from the bytes of a GPX file; `file`: what errors call it."""
    try:
        found = _parsed(data)
    except (expat.ExpatError, _NoGpxError) as error:
        raise InputError(f"{file}: no GPX track ({error}); export it again") from None
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


class _NoGpxError(ValueError):
    """Well-formed perhaps, but not what a GPX file holds."""


def _parsed(data: bytes) -> list[tuple[str, float, float]]:
    points: list[tuple[str, float, float]] = []
    inside: list[float] = []
    text: list[str] = []
    path: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if not path and name != "gpx":
            raise _NoGpxError(f"it starts with <{name[:40]}>")
        if len(path) > 50:
            raise _NoGpxError("it is nested too deep")
        path.append(name)
        text.clear()
        if name in _POINTS:
            if len(points) >= MAX_POINTS:
                raise _NoGpxError(f"it has more than {MAX_POINTS:,} points")
            inside[:] = [_number(attributes.get("lat")), _number(attributes.get("lon"))]
            points.append(("", inside[0], inside[1]))

    def end(tag: str) -> None:
        name = path.pop()
        if name == "time" and path and path[-1] in _POINTS:
            points[-1] = ("".join(text).strip(), inside[0], inside[1])

    def letters(piece: str) -> None:
        if path[-1] == "time" and sum(map(len, text)) < 100:
            text.append(piece)

    def refuse(*_: object) -> None:
        raise _NoGpxError("it declares a document type")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = letters, refuse
    parser.Parse(data, True)
    return points


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return float("nan")
