"""What files beside photos give away: sidecars, tracks, films, lists of changes."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from photoplanet.audit import containers, file_names, places, xmp_traces
from photoplanet.audit.finding import Audited, Finding, line, worst_first
from photoplanet.core import regular
from photoplanet.core.names import readable
from photoplanet.errors import InputError
from photoplanet.metadata import sidecars, takeout, undo_list, xmp
from photoplanet.metadata.recordings import captions
from photoplanet.photos import folders, formats

_TRACKS = (".gpx", ".kml", ".kmz", ".fit", ".tcx", ".nmea")
_LISTS = (".xmp", ".json", sidecars.CAPTIONS)
_MOST = 64 << 20  # bytes of a film, or of a raw photo, that are looked through
_FILM_PLACE = re.compile(rb"\xa9xyz.{0,4}?([+-]\d{2}\.\d+[+-]\d{3}\.\d+)", re.DOTALL)
_APPLE_PLACE = re.compile(rb"([+-]\d{2}\.\d{3,}[+-]\d{3}\.\d{3,})[+-/]")


def of_sidecar(path: str) -> list[Finding]:
    """Return what a photo's sidecar gives away: XMP, the JSON of Google Photos, or the captions of a drone's film.

    >>> path = getfixture("tmp_path") / "a.jpg.xmp"
    >>> _ = path.write_text("<x photoshop:City='Rome'/>")
    >>> [(each.where, each.says) for each in of_sidecar(str(path))]
    [('a.jpg.xmp', 'Rome')]
    """
    name = Path(path).name
    ending = Path(path).suffix.lower()
    most = {".json": takeout.MAX_BYTES, sidecars.CAPTIONS: captions.MAX_HEAD}.get(ending, xmp.MAX_BYTES)
    try:
        data = sidecars.read(path, most, whole=ending != sidecars.CAPTIONS)
    except InputError as error:
        return [Finding("note", "unreadable", name, line(str(error).removeprefix(f"{path}: ")))]
    if ending not in (".json", sidecars.CAPTIONS):
        return xmp_traces.findings(data, name, True)
    said = takeout.read(data) if ending == ".json" else captions.first(data)
    if said.latitude is None or said.longitude is None:
        return []
    return [places.at("GPS", name, said.latitude, said.longitude, False, "; do not publish this file")]


def others(root: str) -> Iterator[Audited]:
    """Yield the files below a folder that are neither photos nor their sidecars, and give something away.

    >>> path = getfixture("tmp_path") / "walk.gpx"
    >>> path.touch()
    >>> [each.findings[0].kind for each in others(str(path.parent))]
    ['track']
    """
    for inside in folders.walk(root, links=False):
        beside = sidecars.Sidecars()
        names = [entry.name for entry in inside.entries]
        beside.learn(str(inside.path), names)
        photos = [name for name in names if formats.is_photo_name(name)]
        spoken = {path for name in photos for path in beside.of(inside.path / name)}
        for entry in inside.entries:
            if folders.is_open_folder(entry) or entry.path in spoken or not _is_file(entry):
                continue
            if found := _of_other(entry.path, entry.name):
                yield Audited(readable(entry.path), worst_first(found))


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file(follow_symlinks=False)
    except OSError:
        return False


def _of_other(path: str, name: str) -> list[Finding]:
    """What one file gives away that is neither a photo nor beside one."""
    if name == undo_list.NAME:
        says = "the list of what album --write changed; do not publish it"
        return [Finding("hint", "list of changes", "file", says)]
    why, ending = formats.why_not(name), Path(name).suffix.lower()
    if ending in _TRACKS:
        return [Finding("place", "track", "file", "a track says where its owner went; do not publish it")]
    if why == formats.BESIDE and ending in _LISTS:
        return [*of_sidecar(path)]
    if why == formats.ARCHIVE:
        return [Finding("note", "archive", "file", "it is not opened; audit what is in it")]
    if why == formats.OTHER:
        return [Finding("note", "not called like a photo", "file", "it was not looked into")]
    return _looked_through(path, name, why) if why in formats.MEDIA else []


def _looked_through(path: str, name: str, why: str | None) -> list[Finding]:
    """A film or a raw photo: what a plain scan finds at its beginning and its end, where films keep their place."""
    try:
        with regular.open_regular(path, follow_links=False) as file:
            data = file.read(_MOST)
            size = os.fstat(file.fileno()).st_size
            if size > 2 * _MOST:
                file.seek(size - _MOST)
            data += file.read(_MOST)
    except (OSError, InputError):
        return [Finding("note", "unreadable", "file", "it cannot be read")]
    found = containers.findings(data, formats.TIFF) if formats.recognise(data[:32]) is formats.TIFF else []
    found += containers.scanned(data)
    place = _FILM_PLACE.search(data) or (_APPLE_PLACE.search(data) if b"ISO6709" in data else None)
    if place and (where := places.coordinates(place[1].decode())):
        found.append(places.at("GPS", "film", *where, False))
    note = Finding("note", str(why), "file", "only a plain scan looked for metadata in it")
    return [*found, *file_names.findings(name), note]
