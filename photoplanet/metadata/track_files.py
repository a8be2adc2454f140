"""The files of tracks that a person names: opened, unpacked, told apart from other formats, and joined into one."""

import io
import itertools
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from photoplanet.core import regular
from photoplanet.errors import InputError
from photoplanet.metadata import gpx_points
from photoplanet.metadata.track import Track, joined

MAX_BYTES = 512 << 20  # of one file, unpacked
MAX_FILES = 10_000
_MOST_PACKED = 100  # gzip makes GPX 10 to 50 times smaller
ENDINGS = (".gpx", ".gpx.gz")
_PIECE = 1 << 18
_SLICE = 256
_HEAD = 1024
_CONVERT = "convert it, for instance: gpsbabel -t -i {} -f FILE -o gpx -F track.gpx"
_UNPACK, _OTHER = "unpack it first", "give the track that was recorded"
# How files begin that people take for tracks: what they are, and what to do.
_FOREIGN = (
    (rb"\s*(<\?xml[^>]*>)?\s*(<!--[^>]*-->\s*)?<(\w+:)?kml\b", "KML (Google Earth)", _CONVERT.format("kml")),
    (rb"\s*(<\?xml[^>]*>)?\s*<(\w+:)?TrainingCenterDatabase\b", "TCX (Garmin)", _CONVERT.format("gtrnctr")),
    (rb".{8}\.FIT", "FIT (Garmin)", _CONVERT.format("garmin_fit")),
    (rb"(@Sonygps[^\n]*\n)?\s*(!AIVDM|\$[A-Z]{4,5}),", "NMEA", _CONVERT.format("nmea")),
    (rb"A[A-Z0-9]{3}[^\n]*\n(H[^\n]*\n)*?HFDTE", "IGC (gliders)", _CONVERT.format("igc")),
    (rb"OziExplorer Track", "an OziExplorer track", _CONVERT.format("ozi")),
    (rb"\s*[\[{]", "JSON, as Google Timeline and GeoJSON are", "convert it to GPX with points in <trkpt>"),
    (rb"PK\x03\x04", "a ZIP archive, as KMZ is", f"{_UNPACK}, and convert KML: {_CONVERT.format('kml')}"),
    (rb"BZh|\xfd7zXZ|7z\xbc\xaf|Rar!|\x28\xb5\x2f\xfd", "packed in a way that is not read", _UNPACK),
    (rb"\xff\xd8\xff|\x89PNG|RIFF|II\*\x00|MM\x00\*|.{4}ftyp", "a photo or video", _OTHER),
    (rb"(?i)\s*<(!doctype html|html)\b", "a web page", _OTHER),
    (rb"SQLite format 3\x00", "a database", _OTHER),
)


class Tracks(NamedTuple):
    """One track in time order; `notes`, a line each, for a person; how many points are left out."""

    track: Track
    notes: list[str]
    left_out: int


def read(names: Sequence[str | Path], hours: float = 0.0) -> Tracks:
    """Read GPX files, and those in folders, gzipped or not, as one track.

    Where two tracks were recorded at the same time, the one that is named first counts. `hours`: how far the photos'
    clock is ahead of UTC. InputError for a file that cannot be used; one in a folder is noted and passed over.

    >>> read(["/no/such/track.gpx"])
    Traceback (most recent call last):
    photoplanet.errors.InputError: /no/such/track.gpx: No such file or directory; give a GPX file
    """
    found: list[gpx_points.Recording] = []
    notes: list[str] = []
    for name in names:
        if Path(name).is_dir():
            found += _in_folder(Path(name), notes)
        else:
            found.append(_of_file(name))
    return _joined(found, notes, hours)


def parse(files: Sequence[tuple[str, bytes]], hours: float = 0.0, most: int | None = None) -> Tracks:
    """Read the bytes of GPX files as `read` does; each with what errors call it.

    `most`: bytes of one, unpacked; by default MAX_BYTES.

    >>> parse([("a.kml", b"<kml></kml>")])
    Traceback (most recent call last):
    photoplanet.errors.InputError: a.kml: this is KML (Google Earth), and tracks are read as GPX; convert it, ...
    """
    return _joined([_recording(io.BytesIO(data), name, most) for name, data in files], [], hours)


def _joined(found: Sequence[gpx_points.Recording], notes: Sequence[str], hours: float) -> Tracks:
    """All recordings as one track, in the order of their naming."""
    if not found:
        raise InputError("give a GPX file; none was named")
    numbers = np.cumsum([0, *(int(each.order.max()) + 1 for each in found[:-1])])
    track, covered = joined(
        np.concatenate([each.times for each in found]),
        np.concatenate([each.latitude for each in found]),
        np.concatenate([each.longitude for each in found]),
        np.concatenate([each.order + first for each, first in zip(found, numbers, strict=True)]),
    )
    lines = [*notes, *(note for each in found for note in each.notes)]
    if covered:
        lines.append(f"{covered:,} points left out: a track named before theirs was recorded at the same time")
    return Tracks(track.shifted(hours), lines, covered + sum(each.left_out for each in found))


def _in_folder(folder: Path, notes: list[str]) -> list[gpx_points.Recording]:
    """The recordings of the GPX files in a folder, by name; `notes` gets those that cannot be used."""
    try:
        files = sorted(each for each in folder.iterdir() if each.name.lower().endswith(ENDINGS))
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror or error}; give a GPX file") from None
    if len(files) > MAX_FILES:
        raise InputError(f"{folder}: more than {MAX_FILES:,} GPX files; give a folder for each trip")
    found = []
    for file in files:
        try:
            found.append(_of_file(file))
        except InputError as error:
            notes.append(f"{error}; passed over")
    if not found:
        raise InputError(f"{folder}: no usable GPX file in it" + (f" ({notes[-1]})" if files else "; give a GPX file"))
    return found


def _of_file(name: str | Path) -> gpx_points.Recording:
    try:
        with regular.open_stream(name) as file:
            return _recording(file, str(name))
    except OSError as error:
        raise InputError(f"{name}: {error.strerror or error}; give a GPX file") from None


def _recording(file: IO[bytes], name: str, most: int | None = None) -> gpx_points.Recording:
    """Read one file: GPX, or GPX in gzip; InputError that says what else it is."""
    head = file.read(_HEAD)
    if not head:
        raise InputError(f"{name}: empty; export the track again")
    faults: list[str] = []
    pieces: Iterator[bytes] = itertools.chain([head], iter(lambda: file.read(_PIECE), b""))
    if head.startswith(b"\x1f\x8b"):
        pieces = _unpacked(_sliced(pieces), faults)
    first = next(pieces, b"")
    for pattern, what, advice in _FOREIGN:
        if re.match(pattern, first[:_HEAD].removeprefix(b"\xef\xbb\xbf"), re.DOTALL):
            raise InputError(f"{name}: this is {what}, and tracks are read as GPX; {advice}")
    if not first:
        raise InputError(f"{name}: {' '.join(faults) or 'empty'}; export the track again")
    found = gpx_points.recording(_bounded(itertools.chain([first], pieces), most or MAX_BYTES), name)
    return found._replace(notes=[*(f"{name}: {fault}" for fault in faults), *found.notes])


def _bounded(pieces: Iterable[bytes], most: int) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > most:
            raise InputError(f"over {most >> 20} MiB; split the track")
        yield piece


def _sliced(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in small pieces: of a damaged one all is lost."""
    for piece in pieces:
        for at in range(0, len(piece), _SLICE):
            yield piece[at : at + _SLICE]


def _unpacked(pieces: Iterator[bytes], faults: list[str]) -> Iterator[bytes]:
    """The content of gzip in pieces of bounded size; `faults` gets where it is damaged, and what came before stands."""
    unpacker = zlib.decompressobj(wbits=31)
    packed = total = 0

    def more() -> bytes:
        nonlocal packed
        data = next(pieces, b"")
        packed += len(data)
        return data

    data = more()
    try:
        while True:
            piece = unpacker.decompress(data, _PIECE)
            total += len(piece)
            if total > _MOST_PACKED * (packed + _PIECE):
                raise InputError(f"its gzip grows more than {_MOST_PACKED} times; unpack it first")
            if piece:
                yield piece
            data = unpacker.unconsumed_tail
            if unpacker.eof:
                data = (unpacker.unused_data or more()).lstrip(b"\0")
                if not data:
                    return
                unpacker = zlib.decompressobj(wbits=31)  # gzip files may be several, one after another
            elif not data and len(piece) < _PIECE:
                data = more()
                if not data:
                    faults.append("its gzip ends early")
                    return
    except zlib.error:
        faults.append("its gzip is damaged")
