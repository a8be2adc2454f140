"""The files of tracks that a person names: opened, unpacked, told apart by what is in them, and joined into one."""

import io
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.core import regular
from photoplanet.errors import InputError
from photoplanet.metadata import xml_encoding
from photoplanet.metadata.recordings import captions, film, fit, gpx, kml, nmea, packed, tags, tcx, timeline
from photoplanet.metadata.recordings.recording import Recording, recording
from photoplanet.metadata.track import Track, joined
from photoplanet.photos import formats
from photoplanet.photos.folders import walk

MAX_BYTES = 512 << 20  # of one file, unpacked
MAX_TIMELINE_BYTES = 4 << 30  # of one of Google's, unpacked
MAX_ARCHIVE_BYTES = 512 << 20  # of a KMZ that comes from a pipe
MAX_FILES = 10_000
KINDS = "GPX, KML, KMZ, TCX, FIT, NMEA, Google Timeline, DJI's SRT or a GoPro's film"
_PLAIN = (".gpx", ".kml", ".tcx", ".fit", ".nmea", ".nma")
_UNPACKED = (*_PLAIN, *(f"{ending}.gz" for ending in _PLAIN))
ENDINGS = (*_UNPACKED, ".kmz")  # what counts in a folder by its name
# what counts in a folder where it begins like a track
_PERHAPS = {
    ".json": rb'\s*[\[{].*"(locations|timelineObjects|semanticSegments|rawSignals|startTime|endTime)"',
    ".log": nmea.LIKE,
    ".txt": nmea.LIKE,
}
_CAPTIONS = ".srt"  # counts in a folder where its first captions have places: most are what people in a film say
_HEAD = 1024
_GIVE = f"give a track: {KINDS}"
_CONVERT = "convert it, for instance: gpsbabel -t -i {} -f FILE -o gpx -F track.gpx"
_UNPACK, _OTHER = "unpack it first", "give the track that was recorded"
# How files begin that people take for tracks: what they are, and what to do.
_FOREIGN = (
    (rb"A[A-Z0-9]{3}[^\n]*\n(H[^\n]*\n)*?HFDTE", "IGC (gliders)", _CONVERT.format("igc")),
    (rb"OziExplorer Track", "an OziExplorer track", _CONVERT.format("ozi")),
    (rb"BZh|\xfd7zXZ|7z\xbc\xaf|Rar!|\x28\xb5\x2f\xfd", "packed in a way that is not read", _UNPACK),
    (rb"\xff\xd8\xff|\x89PNG|RIFF|II\*\x00|MM\x00\*|.{4}(ftyp|moov|mdat)", "a photo or video", _OTHER),
    (rb"(?i)\s*<(!doctype html|html)\b", "a web page", _OTHER),
    (rb"SQLite format 3\x00", "a database", _OTHER),
)


# Seconds ahead of UTC (n,) of clocks that name no zone: by what they showed (n,), seconds since 1970, at places (n, 2)
Ahead = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]


class ZoneUnknown(InputError):
    """A track by a clock of which nothing says how far it was ahead of UTC; `what` is wrong, without what to do.

    >>> ZoneUnknown("a.srt").what
    'a.srt: its times are of a clock whose time zone it does not name; say what that clock showed'
    """

    def __init__(self, name: str):
        self.what = f"{name}: its times are of a clock whose time zone it does not name; say what that clock showed"
        options = "--time-zone local (of the places), --time-zone Europe/Lisbon, or --time-offset +02:00"
        super().__init__(f"{self.what}: {options}")


class Tracks(NamedTuple):
    """One track in time order; `notes`, a line each, for a person; how many points are left out."""

    track: Track
    notes: list[str]
    left_out: int


def read(names: Sequence[str | Path], hours: float = 0.0, ahead: Ahead | None = None) -> Tracks:
    """Read files of tracks, and those in folders and all below them, gzipped or not, as one track.

    What a file is, its content says: GPX, KML, KMZ, TCX, FIT, NMEA, an export of Google Timeline, the captions of a DJI
    drone, or a film with such or with a GoPro's telemetry. Where two tracks were recorded at
    the same time, the one that is named first counts. `hours`: how far the photos' clock is ahead of UTC. `ahead`: the
    same of clocks that tracks were recorded by whose times name no zone. InputError for a file that cannot be used,
    such as one of the latter without `ahead`; one in a folder is noted and passed over.

    >>> read(["/no/such/track.gpx"])
    Traceback (most recent call last):
    photoplanet.errors.InputError: /no/such/track.gpx: No such file or directory; give a track: GPX, KML, ...
    """
    found: list[Recording] = []
    notes: list[str] = []
    for name in names:
        if Path(name).is_dir():
            found += _in_folder(Path(name), notes, ahead)
        else:
            found += _in_utc(_of_file(name, notes), name, ahead)
    return _joined(found, notes, hours)


def parse(
    files: Sequence[tuple[str, bytes]], hours: float = 0.0, most: int | None = None, ahead: Ahead | None = None
) -> Tracks:
    """Read the bytes of files as `read` does; each with what errors call it.

    `most`: bytes of one, unpacked; by default MAX_BYTES, and for Google Timeline MAX_TIMELINE_BYTES.

    >>> parse([("a.html", b"<html></html>")])
    Traceback (most recent call last):
    photoplanet.errors.InputError: a.html: this is a web page; give the track that was recorded
    """
    notes: list[str] = []
    found = [
        each for name, data in files for each in _in_utc(_recordings(io.BytesIO(data), name, notes, most), name, ahead)
    ]
    return _joined(found, notes, hours)


def _joined(found: Sequence[Recording], notes: Sequence[str], hours: float) -> Tracks:
    """All recordings as one track, in the order of their naming."""
    if not found:
        raise InputError(f"{_GIVE}; none was named")
    numbers = np.cumsum([0, *(int(each.order.max()) + 1 for each in found[:-1])])
    track, covered = joined(
        np.concatenate([each.times for each in found]),
        np.concatenate([each.latitude for each in found]),
        np.concatenate([each.longitude for each in found]),
        np.concatenate([each.order + first for each, first in zip(found, numbers, strict=True)]),
        np.concatenate([each.accuracy_m for each in found]),
    )
    lines = [*notes, *(note for each in found for note in each.notes)]
    if covered:
        lines.append(f"{covered:,} points left out: a track named before theirs was recorded at the same time")
    return Tracks(track.shifted(hours), lines, covered + sum(each.left_out for each in found))


def _in_utc(found: list[Recording], name: str | Path, ahead: Ahead | None) -> list[Recording]:
    """The same with times in UTC; InputError where nothing says how far a clock was ahead of it."""
    if ahead is None and any(each.local for each in found):
        raise ZoneUnknown(str(name))
    utc = []
    for each in found:
        if each.local and ahead is not None:
            shown = each.times.astype(np.int64).astype(np.float64)
            seconds = ahead(shown, np.column_stack([each.latitude, each.longitude]))
            each = each._replace(times=each.times - np.round(seconds).astype("timedelta64[s]"), local=False)
        utc.append(each)
    return utc


def _in_folder(folder: Path, notes: list[str], ahead: Ahead | None) -> list[Recording]:
    """The recordings of the tracks in a folder and below it; `notes` gets those that cannot be used."""
    files: list[Path] = []
    for each in walk(folder):
        if each.fault and each.path == folder:
            raise InputError(f"{folder}: {each.fault}; {_GIVE}")
        files += [Path(entry.path) for entry in each.entries if _looks_like_a_track(Path(entry.path))]
        if len(files) > MAX_FILES:
            raise InputError(f"{folder}: more than {MAX_FILES:,} tracks; give a folder for each trip")
    found = []
    for file in files:
        try:
            found += _in_utc(_of_file(file, notes), file, ahead)
        except InputError as error:
            notes.append(f"{error}; passed over")
    if not found:
        raise InputError(f"{folder}: no usable track in it ({notes[-1] if files else KINDS})")
    return found


def _looks_like_a_track(path: Path) -> bool:
    """Whether a file counts in a folder, by its name, and where that says little, by how it begins."""
    name = path.name.lower()
    if name.startswith(".") or not name.endswith((*ENDINGS, *_PERHAPS, _CAPTIONS, *formats.VIDEO.suffixes)):
        return False
    if name.endswith(ENDINGS):
        return True
    try:
        with regular.open_regular(path) as file:
            if name.endswith(formats.VIDEO.suffixes):  # of a folder of films, those that a phone took have no track
                return film.like(file)
            head = file.read(_HEAD).removeprefix(b"\xef\xbb\xbf")
    except (OSError, InputError):
        return False
    if name.endswith(_CAPTIONS):
        return captions.like(head, telemetry=True)
    return re.match(_PERHAPS[path.suffix.lower()], head, re.DOTALL) is not None


def _of_file(name: str | Path, notes: list[str]) -> list[Recording]:
    try:
        with regular.open_stream(name) as file:
            return _recordings(file, str(name), notes)
    except OSError as error:
        raise InputError(f"{name}: {error.strerror or error}; {_GIVE}") from None


def _recordings(file: IO[bytes], name: str, notes: list[str], most: int | None = None) -> list[Recording]:
    """Read one file; `notes` gets what an archive has of tracks that cannot be used."""
    head = file.read(_HEAD)
    if not head:
        raise InputError(f"{name}: empty; export the track again")
    if formats.recognise(head) is formats.VIDEO and file.seekable():
        return [_of_film(file, name, most)]
    pieces: Iterator[bytes] = itertools.chain([head], iter(lambda: file.read(packed.PIECE), b""))
    if not head.startswith(b"PK\3\4"):
        return [_recording(pieces, name, most)]
    try:
        if not file.seekable():
            file = io.BytesIO(b"".join(_bounded(pieces, most or MAX_ARCHIVE_BYTES)))
        return _of_archive(file, name, notes, most)
    except InputError as error:
        raise InputError(f"{name}: {str(error).removeprefix(f'{name}: ')}") from None


def _of_film(file: IO[bytes], name: str, most: int | None) -> Recording:
    try:
        points, local = film.scan(file, most or MAX_BYTES)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    return recording(points, name, "fix with a place")._replace(local=local)


def _of_archive(file: IO[bytes], name: str, notes: list[str], most: int | None) -> list[Recording]:
    found, others = [], []
    for member, pieces, faults in packed.members(file, _UNPACKED, most or MAX_BYTES):
        try:
            found.append(_recording(pieces, f"{name}#{member}", most, faults))
        except InputError as error:
            others.append(str(error))
    if not found:
        raise InputError(others[0] if others else f"a ZIP archive without a track in it; {_GIVE}")
    notes += [f"{each}; passed over" for each in others]
    return found


def _recording(pieces: Iterator[bytes], name: str, most: int | None, faults: list[str] | None = None) -> Recording:
    """Read what one file is in pieces, by what it begins with; InputError that says what else it is."""
    faults = [] if faults is None else faults
    try:
        first = next(pieces, b"")
        if first.startswith(b"\x1f\x8b"):
            pieces = packed.gunzipped(itertools.chain([first], pieces), faults)
            first = next(pieces, b"")
        if not first:
            raise InputError(f"{' '.join(faults) or 'empty'}; export the track again")
        found = _read(first.removeprefix(b"\xef\xbb\xbf")[:_HEAD], itertools.chain([first], pieces), name, most)
    except InputError as error:
        raise InputError(f"{name}: {str(error).removeprefix(f'{name}: ')}") from None
    return found._replace(notes=[*(f"{name}: {fault}" for fault in faults), *found.notes])


def _read(head: bytes, pieces: Iterator[bytes], name: str, most: int | None) -> Recording:
    for pattern, what, advice in _FOREIGN:
        if re.match(pattern, head, re.DOTALL):
            raise InputError(f"this is {what}; {advice}")
    if re.match(timeline.LIKE, head):
        return recording(timeline.scan(_bounded(pieces, most or MAX_TIMELINE_BYTES)), name, "place with a time")
    pieces = _bounded(pieces, most or MAX_BYTES)
    if captions.like(head):
        return recording(captions.scan(pieces), name, "caption with a place")._replace(local=True)
    if re.match(fit.LIKE, head, re.DOTALL):
        return recording(fit.scan(pieces), name)
    if re.match(nmea.LIKE, head):
        return recording(nmea.scan(pieces), name, "fix (RMC or GGA)")
    try:
        points, kind = tags.scan(xml_encoding.decoded(pieces), gpx.Reader, kml.Reader, tcx.Reader)
    except InputError as error:
        raise InputError(f"not a track: {error}") from None
    return recording(points, name, kind)


def _bounded(pieces: Iterable[bytes], most: int) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > most:
            raise InputError(f"over {most >> 20} MiB; split the track")
        yield piece
