"""What was computed from photos (features, vectors), on disk in shards that are written whole and then only read."""

import json
import os
import secrets
import shutil
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from photoplanet.errors import InputError

FORMAT = 1
ROWS = "rows.json"
SHARD_PHOTOS = 128  # of local features, some ten seconds of SIFT
SHARD_SECONDS = 20.0  # what a kill costs at most, on a slow machine too
SHARD_BYTES = 64 << 20  # a shard is also closed at this size, so that memory stays bounded
MAX_ROWS_BYTES = 16 << 20  # of one shard's rows.json
MAX_ITEMS = 1 << 20  # features of one photo
MAX_FACTS = 2000  # characters of one photo's facts

Fields = Mapping[str, tuple[DTypeLike, int]]  # array name -> its type, and the numbers in each of a photo's items


@dataclass(frozen=True)
class Row:
    """One photo in the store: which file it was (key and stamp), where it lies, and how many items it has.

    `error`: why it could not be used, so that it is not tried again until it changes; then it has no items.
    """

    key: str
    stamp: str
    shard: str
    slot: int
    start: int
    count: int
    facts: dict[str, Any] = field(default_factory=dict)
    error: str = ""


class Store:
    """Shards below `folder`, append-only: per photo `count` items (features, or one vector) in each array of `fields`.

    A shard is a folder that appears by a rename, with `rows.json` (photos and checksums) and one `.npy` for each array;
    reading maps them, so memory holds what is used. `settings` (JSON values): how the arrays were computed; shards of
    other settings count as damaged. `damaged` names such shards; their photos are not there, so they are read again.
    With `repair` these shards are removed, as are those that a killed process left unfinished.
    """

    def __init__(
        self, folder: Path, fields: Fields, settings: Mapping[str, Any], repair: bool = False,
        shard_photos: int | None = None,
    ):  # fmt: skip
        self.folder, self.shard_photos, self.settings = folder, shard_photos or SHARD_PHOTOS, dict(settings)
        self.fields = {name: (np.dtype(kind), width) for name, (kind, width) in fields.items()}
        self.damaged: list[str] = []
        self._rows: dict[tuple[str, str], Row] = {}
        self._arrays: dict[str, dict[str, NDArray]] = {}
        self._waiting: list[tuple[Row, Mapping[str, NDArray]]] = []
        self._waiting_bytes, self._since = 0, 0.0
        found = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
        for path in found:
            if path.name.startswith("."):
                if repair:  # a shard that was being written when its process was killed
                    shutil.rmtree(path, ignore_errors=True)
                continue
            try:
                rows = self._read_rows(path)
            except (InputError, OSError, ValueError, KeyError, TypeError, RecursionError) as error:
                self.damaged.append(f"{path.name}: {' '.join(str(error).split())[:200] or type(error).__name__}")
                if repair:
                    shutil.rmtree(path, ignore_errors=True)
                continue
            self._rows |= {(row.key, row.stamp): row for row in rows}
        numbers = [int(path.name) for path in found if path.name.isdigit()]
        self._next = max(numbers, default=-1) + 1

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self) -> Iterable[Row]:
        """All photos that are on disk."""
        return self._rows.values()

    def find(self, key: str, stamp: str) -> Row | None:
        """The photo's row when it is here and its file has not changed since."""
        return self._rows.get((key, stamp))

    def add(self, key: str, stamp: str, arrays: Mapping[str, NDArray], facts: Mapping[str, Any] | None = None) -> None:
        """Add one photo's arrays, each (count, width); on disk when the shard is full, or after `flush`."""
        count = len(next(iter(arrays.values())))
        for name, (kind, width) in self.fields.items():
            if arrays[name].shape != (count, width) or arrays[name].dtype != kind:
                raise ValueError(f"{name}: {arrays[name].dtype} {arrays[name].shape}, not {kind} {(count, width)}")
        self._wait(Row(key, stamp, "", 0, 0, count, dict(facts or {})), arrays)

    def add_error(self, key: str, stamp: str, error: str) -> None:
        """Remember that this photo cannot be used."""
        none = {name: np.empty((0, width), kind) for name, (kind, width) in self.fields.items()}
        self._wait(Row(key, stamp, "", 0, 0, 0, {}, error[:MAX_FACTS]), none)

    def flush(self) -> None:
        """Write the photos that wait as a shard; nothing when none waits."""
        if not self._waiting:
            return
        name = f"{self._next:06d}"
        rows, start = [], 0
        for slot, (row, _) in enumerate(self._waiting):
            rows.append(Row(row.key, row.stamp, name, slot, start, row.count, row.facts, row.error))
            start += row.count
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self.folder / f".{name}.{secrets.token_hex(4)}"
        fresh.mkdir()
        try:
            files = {}
            for field_name in self.fields:
                whole = np.ascontiguousarray(np.concatenate([arrays[field_name] for _, arrays in self._waiting]))
                path = fresh / f"{field_name}.npy"
                np.save(path, whole, allow_pickle=False)
                files[field_name] = {"bytes": path.stat().st_size, "crc32": _crc32(path)}
            lines = [[row.key, row.stamp, row.count, row.facts, row.error] for row in rows]
            text = json.dumps({"format": FORMAT, "settings": self.settings, "files": files, "rows": lines})
            (fresh / ROWS).write_text(text, encoding="ascii")
            fresh.rename(self.folder / name)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        self._next += 1
        self._rows |= {(row.key, row.stamp): row for row in rows}
        self._waiting, self._waiting_bytes = [], 0

    def get(self, row: Row) -> dict[str, NDArray]:
        """A photo's arrays, each (count, width), mapped from disk, read-only; InputError when its shard is gone."""
        return {name: array[row.start : row.start + row.count] for name, array in self._mapped(row.shard).items()}

    def map_all(self, rows: Iterable[Row]) -> None:
        """Map the shards of `rows` now, so that a builder may drop them while they are read."""
        for shard in {row.shard for row in rows}:
            self._mapped(shard)

    def keep(self, rows: Sequence[Row]) -> None:
        """Rewrite the shards of which more than half of the photos are others than `rows`, without these.

        Two copies of a photo are here for a moment, never none: the rest of a shard is written before it is removed.
        """
        wanted = {(row.key, row.stamp) for row in rows}
        by_shard: dict[str, list[Row]] = {}
        for row in self._rows.values():
            by_shard.setdefault(row.shard, []).append(row)
        for shard in sorted(by_shard):
            held = by_shard[shard]
            live = [row for row in held if (row.key, row.stamp) in wanted]
            if 2 * len(live) >= self._counted(shard):
                continue
            for row in live:
                self._wait(row, self.get(row))
            self.flush()
            self._arrays.pop(shard, None)
            shutil.rmtree(self.folder / shard, ignore_errors=True)
            for row in held:
                if self._rows[row.key, row.stamp].shard == shard:
                    del self._rows[row.key, row.stamp]

    def bytes_of(self, rows: Iterable[Row]) -> int:
        """Bytes on disk that the arrays of `rows` take."""
        item = sum(kind.itemsize * width for kind, width in self.fields.values())
        return item * sum(row.count for row in rows)

    def _wait(self, row: Row, arrays: Mapping[str, NDArray]) -> None:
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting.append((row, {name: arrays[name] for name in self.fields}))
        self._waiting_bytes += sum(arrays[name].nbytes for name in self.fields)
        old = time.monotonic() - self._since >= SHARD_SECONDS
        if old or len(self._waiting) >= self.shard_photos or self._waiting_bytes >= SHARD_BYTES:
            self.flush()

    def _counted(self, shard: str) -> int:
        """All photos that a shard was written with, superseded ones too."""
        return len(_read_json(self.folder / shard / ROWS)["rows"])

    def _mapped(self, shard: str) -> dict[str, NDArray]:
        if shard not in self._arrays:
            self._arrays[shard] = {name: self._map(self.folder / shard, name) for name in self.fields}
        return self._arrays[shard]

    def _map(self, folder: Path, name: str) -> NDArray:
        path, (kind, width) = folder / f"{name}.npy", self.fields[name]
        try:
            if path.stat().st_size < 1 << 12:  # an empty array cannot be mapped
                array = np.load(path, allow_pickle=False)
            else:
                array = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError, SyntaxError) as error:
            raise InputError(
                f"{path}: {' '.join(str(error).split())[:200]}; open the library again to mend it"
            ) from None
        if array.dtype != kind or array.ndim != 2 or array.shape[1] != width:
            raise InputError(f"{path}: {array.dtype} {array.shape}, not {kind} (n, {width})")
        return array

    def _read_rows(self, folder: Path) -> list[Row]:
        """The rows of a shard whose files are all as they were written; InputError and others when they are not."""
        about = _read_json(folder / ROWS)
        if about.get("format") != FORMAT:
            raise InputError(f"format {about.get('format')!r}, not {FORMAT}")
        if about.get("settings") != self.settings:
            raise InputError("was computed with other settings")
        written, touched = (folder / ROWS).stat().st_mtime_ns, False
        lengths = set()
        for name in self.fields:
            path, noted = folder / f"{name}.npy", about["files"][name]
            status = path.stat()
            if status.st_size != noted["bytes"]:
                raise InputError(f"{name}.npy has {status.st_size:,} bytes, not {noted['bytes']:,}")
            if status.st_mtime_ns > written:  # written to since, or a copy: look at every byte, once
                if _crc32(path) != noted["crc32"]:
                    raise InputError(f"{name}.npy is damaged")
                touched = True
            lengths.add(len(self._map(folder, name)))
        if touched and os.access(folder / ROWS, os.W_OK):
            (folder / ROWS).touch()
        rows, start = [], 0
        for slot, (key, stamp, count, facts, error) in enumerate(about["rows"]):
            texts = isinstance(key, str) and isinstance(stamp, str) and isinstance(error, str)
            if not texts or not isinstance(facts, dict) or type(count) is not int or not 0 <= count <= MAX_ITEMS:
                raise InputError(f"row {slot} is not sound")
            rows.append(Row(key, stamp, folder.name, slot, start, count, facts, error))
            start += count
        if lengths != {start}:
            raise InputError(f"{start:,} items in its rows, but {sorted(lengths)} in its arrays")
        return rows


def _read_json(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MAX_ROWS_BYTES:
        raise InputError(f"{path.name} is larger than {MAX_ROWS_BYTES:,} bytes")
    about = json.loads(path.read_bytes())
    if not isinstance(about, dict):
        raise InputError(f"{path.name} is not an object")
    return about


def _crc32(path: Path) -> int:
    found = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            found = zlib.crc32(chunk, found)
    return found
