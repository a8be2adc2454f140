"""What a user names → shots: photos with what their files and tables say of time, place, camera and album."""

import os
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from photoplanet.core.names import natural_key
from photoplanet.core.progress import Advance, Say, ignore, silent
from photoplanet.errors import InputError
from photoplanet.metadata import exif, facts
from photoplanet.metadata.sidecars import Sidecars
from photoplanet.photos import inputs
from photoplanet.photos.coordinate_faults import coordinate_fault
from photoplanet.photos.formats import is_photo_name

_PLACE = {"latitude", "longitude"}
_BESIDE = ("XMP", "Google")


@dataclass(frozen=True)
class Shot:
    """One photo and what its file or table says: degrees or None, ISO 8601 or None, and whether it can be opened.

    `receiver_at`: what a GPS receiver's clock showed then, ISO 8601 in UTC; `ahead_minutes`: how far the camera's clock
    was ahead of UTC, where a program or a service beside the photo says so.

    >>> Shot("trip/1.jpg", "1.jpg", taken_at="2024-05-01T10:00:00").place is None
    True
    """

    source: str | bytes
    name: str
    folder: str = ""
    taken_at: str | None = None
    place: tuple[float, float] | None = None
    camera: str | None = None
    album: str | None = None
    photographer: str | None = None
    unreadable: bool = False
    receiver_at: str | None = None
    ahead_minutes: int | None = None


def read_shots(names: Sequence[str], advance: Advance = ignore, say: Say = silent) -> list[Shot]:
    """The photos of folders, files, shards and photo tables, with time, camera and place as they state them.

    What a table states wins over the files' own, also where it cannot be used. A file that is named twice, under
    whatever names and links, counts once; `say` gets a line on those, on what is passed over in folders, and on rows of
    tables that are left out. InputError where nothing is named, or a folder or table holds no photo.

    >>> from PIL import Image
    >>> folder = getfixture("tmp_path")
    >>> Image.new("RGB", (64, 64)).save(folder / "1.png")
    >>> [(Path(shot.name).name, shot.place) for shot in read_shots([str(folder)])]
    [('1.png', None)]
    """
    if not names:
        raise InputError("no album is named; give a folder, a photo table or photos")
    shots, beside = [], Sidecars()
    seen: set[Hashable] = set()
    for name in _in_natural_order(names):
        again = 0
        for source, row in _listed(name, say):
            mark = _file(source)
            if mark in seen:
                again += 1
                continue
            seen.add(mark)
            shots.append(read_shot(source, row, beside=beside))
            advance(1)
        if again:
            say(f"{name}: {again:,} left out: duplicate path (the same file came before)")
    return shots


def _in_natural_order(names: Sequence[str]) -> list[str]:
    """Names that come as a shell lists `*.jpg`, IMG_10 before IMG_9, in the order of their numbers; others as given."""
    listed = list(names)
    return sorted(listed, key=natural_key) if listed in (sorted(listed), sorted(listed, key=str.casefold)) else listed


def _file(source: str | bytes) -> Hashable:
    """What two names of one file have in common: its number on its disk; of a shard's member also its name there."""
    if isinstance(source, bytes):
        return object()
    path, hash_sign, member = source.partition(".tar#")
    try:
        status = Path(f"{path}.tar" if hash_sign else source).stat()
    except (OSError, ValueError):
        return source
    return (status.st_dev, status.st_ino, member) if status.st_ino else os.path.realpath(source)


def _listed(name: str, say: Say) -> list[tuple[str | bytes, dict[str, Any]]]:
    """The photos that one name stands for, each with its row of a table, or {} without one."""
    path = Path(name)
    photos = is_photo_name(name) or path.suffix.lower() == ".tar" or not path.is_file()
    if not photos:
        from photoplanet.photos import table  # Arrow comes along, which photos do not need

        photos = path.suffix.lower() not in table.TABLE_SUFFIXES
    if photos:
        return [(source, {}) for source in inputs.sources([name], say=say)]
    rows, dropped = table.read(path, require=("path",))
    if not len(rows):
        raise InputError(f"{path}: this table lists no photo")
    stated = rows.select([name for name in rows.column_names if name in _PLACE]).to_pylist()
    faults = Counter(filter(None, map(_stated_fault, stated)))
    for line in (table.describe(dropped), "; ".join(f"{why}: {count:,} photos" for why, count in faults.items())):
        if line:
            say(f"{path}: {line}")
    return list(zip(table.paths(rows, path.parent), rows.to_pylist(), strict=True))


def read_shot(
    source: str | bytes,
    row: dict[str, Any],
    name: str | None = None,
    beside: Sidecars | None = None,
) -> Shot:
    """What one photo and its sidecars say, under the values of its table `row` ({}: none), which win.

    `beside` as for `facts.of`. `name`: what bytes are called that came with a name; it is not a path, and all such
    photos are of one folder.

    >>> read_shot(b"not a photo", {"taken_at": "2024-05-01"}, "1.jpg").unreadable
    True
    """
    folder = str(Path(inputs.name_of(source)).parent) if name is None else ""
    said, unreadable = exif.Exif(), False
    try:
        said = facts.of(source, beside)
    except InputError:
        unreadable = True  # reading its pixels reports it
    stated = row.get("taken_at")
    by_camera = stated is None or stated == said.taken_at  # else a person knows better than the camera
    return Shot(
        source=source,
        name=inputs.name_of(source) if name is None else name,
        folder=folder,
        taken_at=said.taken_at if stated is None else stated or None,
        place=_place(row, said),
        camera=" ".join(filter(None, (said.camera, said.serial))) or None,
        album=row.get("album"),
        photographer=row.get("photographer"),
        unreadable=unreadable,
        receiver_at=said.receiver_at if by_camera else None,
        ahead_minutes=said.clock.offset_minutes if by_camera and said.clock and said.clock.source in _BESIDE else None,
    )


def _place(row: dict[str, Any], said: exif.Exif) -> tuple[float, float] | None:
    """The table's place where it states one, which may be none that can be used; else the file's."""
    latitude, longitude, fault = row.get("latitude"), row.get("longitude"), _stated_fault(row)
    if latitude is None and longitude is None:
        latitude, longitude, fault = said.latitude, said.longitude, said.gps_fault
    return None if fault is not None or latitude is None or longitude is None else (latitude, longitude)


def _stated_fault(row: dict[str, Any]) -> str | None:
    """Why the place that a table states cannot be used; None for a good one, and for none."""
    latitude, longitude = row.get("latitude"), row.get("longitude")
    return None if latitude is None and longitude is None else coordinate_fault(latitude, longitude)
