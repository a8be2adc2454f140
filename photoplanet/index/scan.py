"""Where photos are: walks folders, reads tables and shards, and names every photo there, without opening it."""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from photoplanet.core import table_files, table_sets
from photoplanet.core.names import OnDisk, natural_key, readable, same
from photoplanet.core.stores import Located, Stored, allow, check_allowed, is_address, located
from photoplanet.core.table_sets import TableSet, is_folder_of_tables
from photoplanet.earth.coordinates import tables
from photoplanet.earth.coordinates.tables import Named
from photoplanet.errors import InputError
from photoplanet.index.inspect import TEXT_COLUMNS, Candidate, row_of
from photoplanet.metadata.sidecars import Sidecars
from photoplanet.photos import folders, foreign_tables, formats, table, table_pieces
from photoplanet.photos.formats import SUFFIXES
from photoplanet.photos.image_folder import ImageFolder
from photoplanet.photos.shards import members
from photoplanet.photos.table import TABLE_SUFFIXES

LeftOut = dict[str, str]  # path, reason, detail


def candidates(
    sources: Sequence[table_sets.Named], images: ImageFolder | None = None, coordinates: Named | None = None
) -> Iterator[Candidate | LeftOut]:
    """Yield every photo of folders, photo files, tables and shards, in a stable order; or why one is left out at once.

    With `images`, the photos of tables are looked for there, by path or id. `coordinates`: the tables' names for
    latitude and longitude. InputError for a source that does not exist or is none of these.

    >>> next(candidates(["/no/such/folder"]))
    Traceback (most recent call last):
    photoplanet.errors.InputError: /no/such/folder: no such file or folder; check the path
    """
    beside = Sidecars()
    for source in sources:
        path = located(source)
        if isinstance(path, Stored):
            yield from _stored(path, images, coordinates, beside)
            continue
        if not path.exists():
            raise InputError(f"{path}: no such file or folder; check the path")
        suffix = path.suffix.lower()
        if not path.is_dir() and not path.is_file():
            raise InputError(f"{path}: is not a regular file; give a folder, a table, a shard or a photo")
        if is_folder_of_tables(path):
            yield from _table(path, images, coordinates, beside)
        elif path.is_dir():
            yield from _folder(path, beside)
        elif suffix in TABLE_SUFFIXES:
            yield from _table(path, images, coordinates, beside)
        elif suffix == ".tar":
            yield from _shard(path)
        elif suffix in SUFFIXES or _content(path):
            yield _photo(_absolute(path), path.stat(), path.name, {}, beside)
        else:
            raise InputError(f"{path}: not a source; give a folder, a .csv or .parquet table, a .tar shard or a photo")


def _folder(root: Path, beside: Sidecars) -> Iterator[Candidate | LeftOut]:
    """Photos and shards below a folder, and why every other file there is left out.

    A photo's album is its folder's path from the root's name on; photos right in the root have none.
    """
    root = Path(_absolute(root))
    for inside in folders.walk(root):
        folder = inside.path
        if inside.fault is not None:
            yield _left(folder, "unreadable", inside.fault)
            continue
        beside.learn(str(folder), [entry.name for entry in inside.entries])
        below = folder.relative_to(root).as_posix()
        given = {} if folder == root else {"album": readable(f"{root.name}/{below}")}
        prefix = "" if folder == root else f"{below}/"
        for entry in inside.entries:
            try:
                if folders.is_open_folder(entry):
                    continue
                why = formats.why_not(entry.name)
                if why == formats.HIDDEN and _OWN.fullmatch(entry.name):
                    continue
                if entry.name.lower().endswith(".tar"):
                    yield from _shard(Path(entry.path))
                elif why is None:
                    yield _photo(entry.path, entry.stat(), prefix + entry.name, dict(given), beside)
                else:
                    yield _left(entry.path, why, _detail(entry.path, why))
            except OSError as error:  # a dangling link, a file gone since
                yield _left(entry.path, "unreadable", error.strerror or str(error))
            except InputError as error:  # one bad shard must not take the folder down
                yield _left(entry.path, "unreadable", str(error))


def _photo(address: str, status: os.stat_result, photo_id: str, given: dict[str, Any], beside: Sidecars) -> Candidate:
    """A photo file and its sidecars, whose changes change its stamp."""
    stamp = _stamp(status)
    spoken = beside.of(address)
    if spoken:
        stamp += "".join(_sidecar_stamp(each) for each in spoken)
    return Candidate(address, stamp, photo_id, given, file=(status.st_dev, status.st_ino), beside=spoken)


def _absolute(path: Path) -> str:
    """An absolute path without "..", which behind a link to a folder is not what it seems."""
    plain = os.path.abspath(path)  # noqa: PTH100
    if ".." in str(path):
        try:
            same = os.path.samefile(plain, path)  # noqa: PTH121
        except OSError:
            same = False
        return plain if same else os.path.realpath(path)
    return plain


def _sidecar_stamp(path: str) -> str:
    with suppress(OSError):
        return _stamp(os.stat(path))  # noqa: PTH116
    return "?"


def _detail(path: str, why: str) -> str:
    """What may help with a file that is left out by its name."""
    if why == formats.OTHER and (found := _content(path)):
        return f"its content is {found.name}: give it the ending {found.suffixes[0]}"
    return _DETAILS[why]


def _content(path: str | Path) -> formats.Format | None:
    """The photo format that the first bytes of a file show."""
    with suppress(OSError):
        if stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
            with open(path, "rb") as file:  # noqa: PTH123
                return formats.recognise(file.read(formats.HEAD))
    return None


_OWN = re.compile(r"\..*\.cache|\.photoplanet.*")  # what photoplanet keeps beside tables and photos
_DETAILS = {
    formats.NOT_READ: f"convert it to {formats.NAMES}",
    formats.ARCHIVE: "unpack it first; of archives only .tar shards are read",
    formats.FILM: "of films, MP4 and QuickTime files of their own are read",
    formats.BESIDE: "what sidecars say goes to their photos; name a table itself to index what it lists",
    formats.HIDDEN: "its name begins with a dot",
    formats.OTHER: "neither its name nor its content is that of a photo",
}


def _table(
    path: Located, images: ImageFolder | None, coordinates: Named | None, beside: Sidecars
) -> Iterator[Candidate | LeftOut]:
    """The photos a table lists; its values win over the files' EXIF."""
    given = TableSet.of(path)
    folder, disk = given.folder, OnDisk()
    for rows, dropped in _pieces(given, images, coordinates):
        for reason, entry in table.left_out(dropped).items():
            for row in entry["rows"]:
                yield _left(f"{path} row {row}", reason, "the row cannot be used")
            if more := entry["count"] - len(entry["rows"]):
                yield _left(f"{path}, {more} more rows", reason, "the rows cannot be used") | {"rows": str(more)}
        for batch in rows.to_batches(max_chunksize=10_000):
            yield from _rows(batch.to_pylist(), path, folder, images, beside, disk)


def _pieces(
    given: TableSet, images: ImageFolder | None, coordinates: Named | None
) -> Iterator[tuple[Any, table.Dropped]]:  # fmt: skip
    """A table piece by piece, whatever its size; whole where photos are known by their ids, which must differ then."""
    if images:
        yield table.read(given, require=("photo_id",), coordinates=coordinates)
        return
    for piece in table_pieces.pieces(given, ("path",), table.SCHEMA.names, coordinates):
        yield piece.rows, piece.dropped | piece.gone


def _rows(
    rows: list[dict[str, Any]], path: Located, folder: str, images: ImageFolder | None, beside: Sidecars, disk: OnDisk
) -> Iterator[Candidate | LeftOut]:
    for given in rows:
        listed = given.pop("path", None)
        address = images.find(given["photo_id"], listed) if images else _beside(folder, listed)
        if address is None:
            why = "no such file below the folder of the photos, or several of that name: write its path below it"
            yield _left(f"{path}: {given['photo_id']}", "missing", why)
            continue
        address = disk.find(address)
        given = {key: value for key, value in given.items() if value is not None}
        photo_id = given.pop("photo_id", address)
        for name in ("width", "height"):
            given.pop(name, None)  # the file knows better
        try:
            yield _listed(address, photo_id, given, beside)
        except (OSError, ValueError) as error:
            yield _left(address, "missing", getattr(error, "strerror", None) or str(error))


def _beside(folder: str, listed: str) -> str:
    """A path that a table lists, from its folder on."""
    if is_address(folder) or is_address(listed):
        return listed if is_address(listed) else f"{folder}/{listed}"
    return _absolute(Path(folder).absolute() / listed)


def _stored(
    path: Stored, images: ImageFolder | None, coordinates: Named | None, beside: Sidecars
) -> Iterator[Candidate | LeftOut]:
    """The photos of a table, a shard or a folder of either in a store."""
    allow(path)
    if path.suffix.lower() == ".tar":
        yield from _shard(path)
    elif path.suffix.lower() in TABLE_SUFFIXES or is_folder_of_tables(path):
        yield from _table(path, images, coordinates, beside)
    else:
        shards = [each for each in path.iterdir() if each.suffix.lower() == ".tar"] if path.is_dir() else []
        if not shards:
            raise InputError(
                f"{path}: holds neither tables nor shards; of a store, only .tar, .parquet and .csv are read"
            )
        for shard in sorted(shards, key=lambda each: natural_key(each.name)):
            allow(shard)
            yield from _shard(shard)


def _shard(path: Located) -> Iterator[Candidate | LeftOut]:
    """The photos of a WebDataset shard, with what img2dataset wrote about them in the Parquet beside it.

    Samples have other parts than their photo; only other pictures and films are reported.
    """
    if isinstance(path, Path):
        path = path.absolute()
    beside = path.parent / f"{path.name[: -len(path.suffix)]}.parquet"
    about = _sidecar(beside) if beside.is_file() else {}
    stamp, file = _shard_stamp(path)
    stamp += _shard_stamp(beside)[0] if about else ""
    photos: dict[str, str] = {}
    jsons: dict[str, tuple[int, int]] = {}
    for name, offset, size in members(path):
        folder, _, base = name.rpartition("/")
        key, _, kind = base.partition(".")  # WebDataset: the key ends at the first dot of the base name
        key = f"{folder}/{key}" if folder else key
        if f".{kind.lower()}".endswith(formats.STILL_SUFFIXES):
            photos[key] = name
        elif kind.lower() == "json":
            jsons[same(key)] = (offset, size)
        elif (why := formats.why_not(name) or formats.FILM) in formats.MEDIA:
            yield _left(f"{path}#{name}", why, _DETAILS[why])
    for key, name in photos.items():
        given = dict(about.get(same(key), {}))
        yield Candidate(f"{path}#{name}", stamp, given.pop("photo_id", key), given, jsons.get(same(key)), file)


def _sidecar(path: Located) -> dict[str, dict[str, Any]]:
    """Sample key → columns, from img2dataset's Parquet; empty when it has no keys. InputError when it is damaged."""
    beside = table_files.layout(path)
    if "key" not in beside.names:
        return {}
    places = tables.columns_of(beside)
    aliases = {ours: names for ours, names in foreign_tables.PHOTO_COLUMNS.items() if ours in TEXT_COLUMNS}
    aliases["photo_id"] = tuple(name for name in aliases["photo_id"] if name != "key")
    found = foreign_tables.read(beside, aliases, also=["key", *(name for pair in places for name in pair.names)])
    rows = found.columns
    latitude, longitude, empty = tables.degrees(rows, places, path)
    given: dict[str, dict[str, Any]] = {}
    texts = {name: rows[name].to_pylist() for name in aliases if name in rows.column_names}
    for at, key in enumerate(rows["key"].to_pylist()):
        row = row_of({name: values[at] for name, values in texts.items()})
        given[same(str(key))] = row if empty[at] else row | {"latitude": latitude[at], "longitude": longitude[at]}
    return given


def _listed(address: str, photo_id: str, given: dict[str, Any], beside: Sidecars) -> Candidate:
    """A photo that a table lists, in a file or a shard."""
    shard, hash_sign, _ = address.partition(".tar#")
    if hash_sign and is_address(shard):
        stamp, file = _shard_stamp(located(shard + ".tar"))
        return Candidate(address, stamp, photo_id, given, file=file)
    status = os.stat(shard + ".tar" if hash_sign else address)  # noqa: PTH116  # 100,000 rows: pathlib doubles it
    if hash_sign:
        return Candidate(address, _stamp(status), photo_id, given, file=(status.st_dev, status.st_ino))
    return _photo(address, status, photo_id, given, beside)


def _shard_stamp(shard: Located) -> tuple[str, tuple[int, int]]:
    """What changes with a shard, and the numbers of its disk and of the file there: 0 in a store."""
    if isinstance(shard, Stored):
        check_allowed(shard)
        changed, size = shard.stamp()
        return f"{size}:{changed};", (0, 0)
    status = shard.stat()
    return _stamp(status), (status.st_dev, status.st_ino)


def _stamp(status: os.stat_result) -> str:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "is not a regular file")
    return f"{status.st_size}:{status.st_mtime_ns};"


def _left(path: object, reason: str, detail: str) -> LeftOut:
    return {"path": readable(str(path)), "reason": reason, "detail": readable(detail)}
