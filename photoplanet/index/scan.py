"""Where photos are: walks folders, reads tables and shards, and names every photo there, without opening it."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from photoplanet.core import table_files
from photoplanet.errors import InputError
from photoplanet.index.inspect import Candidate, row_of
from photoplanet.photos import foreign_tables, table
from photoplanet.photos.formats import INDEXED_SUFFIXES, OTHER_SUFFIXES
from photoplanet.photos.image_folder import ImageFolder
from photoplanet.photos.shards import members
from photoplanet.photos.table import TABLE_SUFFIXES

LeftOut = dict[str, str]  # path, reason, detail


def candidates(sources: Sequence[str | Path], images: ImageFolder | None = None) -> Iterator[Candidate | LeftOut]:
    """Yield every photo of folders, photo files, tables and shards, in a stable order; or why one is left out at once.

    With `images`, the photos of tables are looked for there, by path or id. InputError for a source that does not exist
    or is none of these.

    >>> next(candidates(["/no/such/folder"]))
    Traceback (most recent call last):
    photoplanet.errors.InputError: /no/such/folder: no such file or folder; check the path
    """
    for source in sources:
        path = Path(source)
        if not path.exists():
            raise InputError(f"{path}: no such file or folder; check the path")
        suffix = path.suffix.lower()
        if path.is_dir():
            yield from _folder(path)
        elif suffix in TABLE_SUFFIXES:
            yield from _table(path, images)
        elif suffix == ".tar":
            yield from _shard(path)
        elif suffix in INDEXED_SUFFIXES:
            yield Candidate(str(path.absolute()), _stamp(path.stat()), path.name, {})
        else:
            raise InputError(f"{path}: not a source; give a folder, a .csv or .parquet table, a .tar shard or a photo")


def _folder(root: Path) -> Iterator[Candidate | LeftOut]:
    """Photos and shards below a folder; hidden entries are passed over, links are followed, loops are not.

    A photo's album is its folder's path from the root's name on; photos right in the root have none.
    """
    root = root.absolute()
    visited: set[tuple[int, int]] = set()
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in visited:
                continue
            visited.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as found:
                entries = sorted((entry for entry in found if not entry.name.startswith(".")), key=lambda e: e.name)
        except OSError as error:
            yield _left(folder, "unreadable", error.strerror or str(error))
            continue
        below = folder.relative_to(root).as_posix()
        album = None if folder == root else f"{root.name}/{below}"
        prefix = "" if folder == root else f"{below}/"
        for entry in entries:
            lower = entry.name.lower()
            try:
                if entry.is_dir():
                    continue
                if lower.endswith(".tar"):
                    yield from _shard(Path(entry.path))
                elif lower.endswith(INDEXED_SUFFIXES):
                    given = {"album": album} if album else {}
                    yield Candidate(entry.path, _stamp(entry.stat()), prefix + entry.name, given)
                elif lower.endswith(OTHER_SUFFIXES):
                    yield _left(entry.path, "format not read", "convert it to JPEG, PNG, WebP, TIFF or HEIC")
            except OSError as error:  # a dangling link, a file gone since
                yield _left(entry.path, "unreadable", error.strerror or str(error))
            except InputError as error:  # one bad shard must not take the folder down
                yield _left(entry.path, "unreadable", str(error))
        waiting.extend(Path(entry.path) for entry in reversed(entries) if _is_folder(entry))


def _table(path: Path, images: ImageFolder | None) -> Iterator[Candidate | LeftOut]:
    """The photos a table lists; its values win over the files' EXIF."""
    rows, dropped = table.read(path, require=("photo_id",) if images else ("path",))
    for reason, entry in dropped.items():
        for row in entry["rows"]:
            yield _left(f"{path} row {row}", reason, "the row names no photo")
        if entry["count"] > len(entry["rows"]):
            yield _left(f"{path}, {entry['count'] - len(entry['rows'])} more rows", reason, "the rows name no photo")
    folder = path.absolute().parent
    for batch in rows.to_batches(max_chunksize=10_000):
        for given in batch.to_pylist():
            listed = given.pop("path", None)
            address = images.find(given["photo_id"], listed) if images else os.path.normpath(folder / listed)
            if address is None:
                yield _left(f"{path}: {given['photo_id']}", "missing", "no such file below the folder of the photos")
                continue
            given = {key: value for key, value in given.items() if value is not None}
            photo_id = given.pop("photo_id", address)
            for name in ("width", "height"):
                given.pop(name, None)  # the file knows better
            try:
                yield Candidate(address, _address_stamp(address), photo_id, given)
            except (OSError, ValueError) as error:
                yield _left(address, "missing", getattr(error, "strerror", None) or str(error))


def _shard(path: Path) -> Iterator[Candidate]:
    """The photos of a WebDataset shard, with what img2dataset wrote about them in the Parquet beside it."""
    path = path.absolute()
    beside = path.with_suffix(".parquet")
    about = _sidecar(beside) if beside.is_file() else {}
    stamp = _stamp(path.stat()) + (_stamp(beside.stat()) if about else "")
    photos: dict[str, str] = {}
    jsons: dict[str, tuple[int, int]] = {}
    for name, offset, size in members(path):
        folder, _, base = name.rpartition("/")
        key, _, kind = base.partition(".")  # WebDataset: the key ends at the first dot of the base name
        key = f"{folder}/{key}" if folder else key
        if f".{kind.lower()}".endswith(INDEXED_SUFFIXES):
            photos[key] = name
        elif kind.lower() == "json":
            jsons[key] = (offset, size)
    for key, name in photos.items():
        given = dict(about.get(key, {}))
        yield Candidate(f"{path}#{name}", stamp, given.pop("photo_id", key), given, jsons.get(key))


def _sidecar(path: Path) -> dict[str, dict[str, Any]]:
    """Sample key → columns, from img2dataset's Parquet; empty when it has no keys. InputError when it is damaged."""
    beside = table_files.layout(path)
    if "key" not in beside.names:
        return {}
    found = foreign_tables.matched([name for name in beside.names if name != "key"])
    rows, _ = table_files.read(beside, ["key", *found.values()])
    columns = [rows[name].to_pylist() for name in found.values()]
    lines = zip(*columns, strict=True) if columns else ([] for _ in range(len(rows)))
    keys = rows["key"].to_pylist()
    return {str(key): row_of(dict(zip(found, line, strict=True))) for key, line in zip(keys, lines, strict=True)}


def _address_stamp(address: str) -> str:
    shard, hash_sign, _ = address.partition(".tar#")
    return _stamp(os.stat(shard + ".tar" if hash_sign else address))  # noqa: PTH116  # 100,000 rows: pathlib doubles it


def _stamp(status: os.stat_result) -> str:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "is not a regular file")
    return f"{status.st_size}:{status.st_mtime_ns};"


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _left(path: object, reason: str, detail: str) -> LeftOut:
    return {"path": str(path), "reason": reason, "detail": detail}
