"""What was computed from photos, kept on disk: a run that was stopped goes on, and a second one reads what is new only.

A cache is a folder: `state.sqlite` says for each photo what is known, and shards of `.npy` files beside it hold the
arrays. One process writes at a time, others may read. Arrays are written before the state that names them, in one
transaction, so that a kill at any moment costs the last seconds. Damage costs time: what is damaged is computed again.
"""

import errno
import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from photoplanet.core.array_shards import Arrays, Damaged, Rows, Shard, Shards
from photoplanet.core.cache_state import ROW, Busy, Key, State, checksum, described, digest
from photoplanet.errors import InputError

__all__ = ["Busy", "Cache", "Entry", "Found", "Key", "Rows", "file_stamp", "may_pass"]

FORMAT = 2
CHUNK = 4096  # photos that are looked up together
FLUSH_SECONDS = 20.0  # what a kill costs at most
FLUSH_ROWS = 16_384
FLUSH_BYTES = 64 << 20
MAX_RECORD = 1 << 20  # characters of a photo's record
MAX_ERROR = 2000  # characters of a reason
SMALL_BYTES, MANY_SMALL = 1 << 20, 32  # so many shards below this size are joined when the cache is opened

Item = TypeVar("Item")


@dataclass(frozen=True, eq=False)
class Entry:
    """What was computed from one photo: `arrays`, each (count, …), and a `record`, any JSON value.

    `keep`: False for an answer that holds for now only, so that the photo is tried again in the next run.
    """

    arrays: Arrays = field(default_factory=dict)
    record: Any = None
    keep: bool = True


Found = Entry | Exception  # an InputError says why the photo cannot be used


class Cache:
    """The results of one way to compute something, by photo.

    `fingerprint`: what computes it (encoder, version, settings); a cache of another one is started anew, or with
    `refuse_others` refused with InputError. `fields`: array name → dtype of an item, `(np.float16, 256)` for vectors.
    `write=False` (or a `folder` of None, a cache without memory): nothing is kept, what is there is read.
    `waiting`: called once where another process is writing, before waiting for its end; without it, `Busy` is raised.
    `sound`: whether a record read from disk is one. `strict=False`: where nothing can be kept (full,
    read-only, locked, damaged meanwhile), go on without.
    OSError when the folder cannot be written to. `damaged`: what was found damaged, and is computed again.

    >>> folder = getfixture("tmp_path") / "lengths"
    >>> def compute(names):
    ...     for name in names:
    ...         yield Entry(record=len(name)) if name else InputError("no name")
    >>> with Cache(folder, "length 1") as cache:
    ...     [found for _, found in cache.fill(["a", "abc", ""], compute, lambda name: (name, ""))]
    [Entry(arrays={}, record=1, keep=True), Entry(arrays={}, record=3, keep=True), InputError('no name')]
    >>> with Cache(folder, "length 1", write=False) as cache:
    ...     len(cache), cache.get(("abc", "")).record
    (3, 3)
    """

    def __init__(
        self, folder: Path | None, fingerprint: str, fields: Mapping[str, DTypeLike] | None = None, *,
        write: bool = True, waiting: Callable[[], None] | None = None, refuse_others: bool = False,
        sound: Callable[[Any], bool] | None = None, strict: bool = True,
    ):  # fmt: skip
        self.folder, self.writes, self.damaged = folder, write and folder is not None, list[str]()
        self._arrays = Shards(folder or Path(), fields or {})
        self._sound, self._strict, self._guard = sound, strict, threading.RLock()
        self._waiting: dict[bytes, tuple[int, Found]] = {}
        self._bytes, self._since = 0, 0.0
        self._shards: dict[int, Shard] = {}
        self._gone: set[int] = set()
        self._state: State | None = None
        if folder is None:
            return
        kinds = {name: [str(kind.base.descr), list(kind.shape)] for name, kind in self._arrays.fields.items()}
        try:
            self._open(folder, described(fingerprint, kinds, FORMAT), waiting, refuse_others)
        except OSError as error:
            self._state, self.writes = None, False
            if strict:
                raise
            self.damaged.append(f"nothing is kept: {error}")

    def _open(self, folder: Path, about: str, waiting: Callable[[], None] | None, refuse_others: bool) -> None:
        """Open what is there, and tidy up."""
        if folder.exists() and not folder.is_dir():
            if not self._strict:
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
            raise InputError(f"{folder}: is a file, and the cache needs a folder of that name; remove the file")
        if self.writes:
            folder.mkdir(exist_ok=True)
        self._state = State(folder, about, self.writes, waiting, refuse_others, self._strict)
        if self._state.fault:
            self.damaged.append(self._state.fault)
        try:
            self._load_shards()
            small = [number for number, shard in self._shards.items() if shard.bytes < SMALL_BYTES]
            if self.writes and len(small) >= MANY_SMALL:
                self._rewrite(small)
        except BaseException:
            self._state.close()
            raise

    def __enter__(self) -> "Cache":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        """How many photos are known, unreadable ones too."""
        self.flush()
        rows = self._state.ask("SELECT COUNT(*) FROM photos") if self._state else []
        return int(rows[0][0]) if rows else 0

    def fill(
        self, items: Iterable[Item], compute: Callable[[Iterator[Item]], Iterable[Found]],
        key: Callable[[Item], Key | None],
    ) -> Iterator[tuple[Item, Found]]:  # fmt: skip
        """Yield (item, what is known of it) in order; what is not known is computed, and kept.

        `compute(items)` yields an `Entry` or an exception for each item that it is given, in order; it may read ahead.
        `key(item)`: name and stamp of its photo, or None where there is no file: then nothing is kept. Only what was
        yielded is kept, so that a stopped run leaves no trace of photos it did not try. An InputError is kept
        unless it may pass: for a photo that has changed or gone meanwhile, or that the system failed to read.
        """
        source = iter(items)
        try:
            while chunk := list(islice(source, CHUNK)):
                keys = [key(item) for item in chunk]
                known = self.look_up(keys)
                new = (item for item, found in zip(chunk, known, strict=True) if found is None)
                results = iter(compute(new)) if None in known else iter(())
                try:
                    for item, name, found in zip(chunk, keys, known, strict=True):
                        if found is None:
                            found = next(results, None)
                            if found is None:
                                raise RuntimeError("compute ended before its items did")
                            unchanged = isinstance(found, Entry) or key(item) == name  # else it changes just now
                            if name is not None and unchanged and _stays(found):
                                self._add(name, found)
                        yield item, found
                finally:
                    if hasattr(results, "close"):
                        results.close()
        finally:
            self.flush()

    def get(self, key: Key | None) -> Found | None:
        """What is known of one photo; None when it is new or has changed."""
        return self.look_up([key])[0]

    def look_up(self, keys: Sequence[Key | None]) -> list[Found | None]:
        """What is known of photos, in order; arrays are mapped, read-only."""
        wanted = [None if key is None else digest(key) for key in keys]
        with self._guard:
            asked = [pair[0] for pair in wanted if pair and pair[0] not in self._waiting]
            rows = self._state.photos(asked) if self._state else {}
            return [None if pair is None else self._one(*pair, rows.get(pair[0])) for pair in wanted]

    def known(self, keys: Iterable[Key | None]) -> NDArray[np.bool_]:
        """Bool (n,): the photos that need not be computed."""
        return self._places(keys)[0] >= 0

    def rows(self, keys: Iterable[Key | None], name: str) -> Rows:
        """One array of many photos that have one item each, as if it were one array (n, …); zeros where unknown."""
        numbers, starts = self._places(keys)
        return Rows(self._arrays, dict(self._shards), name, numbers.clip(min=0), starts)

    def keep(self, keys: Iterable[Key]) -> None:
        """Forget the photos of other names, and give back the space of shards of which half is forgotten."""
        self.flush()
        if self._state is None or not self.writes:
            return
        with self._guard, self._state.transaction() as db:
            db.execute("CREATE TEMP TABLE wanted (key BLOB PRIMARY KEY)")
            db.executemany("INSERT OR IGNORE INTO wanted VALUES (?)", ((digest(key)[0],) for key in keys))
            db.execute("DELETE FROM photos WHERE key NOT IN (SELECT key FROM wanted)")
            db.execute("DROP TABLE wanted")
        live = dict(self._state.ask("SELECT shard, SUM(count) FROM photos GROUP BY shard"))
        self._rewrite([number for number, shard in self._shards.items() if 2 * live.get(number, 0) < shard.items])

    def flush(self) -> None:
        """Write what waits in memory."""
        with self._guard:
            waiting, self._waiting, self._bytes = self._waiting, {}, 0
            if not waiting or not self.writes:
                return
            try:
                self._write(waiting)
            except OSError:  # what was computed is right all the same
                self.writes = False
                if self._strict:
                    raise

    def close(self) -> None:
        """Write what waits, and let others write; harmless to repeat."""
        try:
            self.flush()
        finally:
            if self._state is not None:
                self._state.close()

    def _add(self, key: Key, found: Found) -> None:
        """Let a result wait to be written."""
        name, stamp = digest(key)
        if isinstance(found, Entry):
            self._arrays.check(found.arrays)
            self._bytes += sum(array.nbytes for array in found.arrays.values())
        with self._guard:
            if not self._waiting:
                self._since = time.monotonic()
            self._waiting[name] = stamp, found
            full = len(self._waiting) >= FLUSH_ROWS or self._bytes >= FLUSH_BYTES
            if full or time.monotonic() - self._since >= FLUSH_SECONDS:
                self.flush()

    def _write(self, waiting: Mapping[bytes, tuple[int, Found]]) -> None:
        """Write results as a shard and rows, in one transaction."""
        assert self._state is not None
        entries = [found for _, found in waiting.values() if isinstance(found, Entry)]
        parts = {name: [entry.arrays[name] for entry in entries] for name in self._arrays.fields}
        number, shard = 0, Shard(0, {})
        with self._state.transaction() as db:
            if any(len(array) for arrays in parts.values() for array in arrays):
                number = int(db.execute("INSERT INTO shards (items) VALUES (0)").lastrowid or 0)
                shard = self._arrays.write(number, parts)
                facts = shard.items, json.dumps(shard.files), number
                db.execute("UPDATE shards SET items = ?, files = ? WHERE number = ?", facts)
            db.executemany(
                f"INSERT OR REPLACE INTO photos ({ROW}) VALUES (?,?,?,?,?,?,?,?)",
                ((*line, checksum(*line)) for line in _lines(waiting, number)),
            )
        if number:
            self._shards[number] = shard

    def _rewrite(self, numbers: Sequence[int]) -> None:
        """Write what is left of some shards into new ones, and remove those; of a photo there are two, never none."""
        if not numbers or self._state is None:
            return
        marks = ",".join(map(str, numbers))
        size = sum(kind.itemsize for kind in self._arrays.fields.values())
        wanted = self._state.ask(f"SELECT key, stamp FROM photos WHERE shard IN ({marks}) ORDER BY shard, start")
        for start in range(0, len(wanted), CHUNK):
            rows = self._state.photos([key for key, _ in wanted[start : start + CHUNK]])
            for key, stamp in wanted[start : start + CHUNK]:
                entry = self._entry(rows.get(key), stamp)
                if entry is not None:
                    self._waiting[key] = stamp, entry
                    self._bytes += size * rows[key][3]
                if self._bytes >= FLUSH_BYTES or len(self._waiting) >= 4 * FLUSH_ROWS:
                    self.flush()
        self.flush()
        with self._guard, self._state.transaction() as db:
            db.execute(f"DELETE FROM photos WHERE shard IN ({marks})")
            db.execute(f"DELETE FROM shards WHERE number IN ({marks})")
        for number in numbers:
            del self._shards[number]
        self._arrays.remove(numbers)

    def _load_shards(self) -> None:
        """Read which shards there are; damaged ones go, with what is known of their photos."""
        assert self._state is not None
        damaged = []
        self._shards = {}
        for number, items, files in self._state.ask("SELECT number, items, files FROM shards"):
            try:
                shard = Shard(int(items), {name: tuple(facts) for name, facts in json.loads(files).items()})
                self._arrays.verify(number, shard)
                self._shards[number] = shard
            except (Damaged, ValueError, TypeError, AttributeError, RecursionError) as error:
                damaged.append((number,))
                self.damaged.append(f"shard {number}: {error}")
        if self.writes:
            if damaged:
                with self._state.transaction() as db:
                    db.executemany("DELETE FROM photos WHERE shard = ?", damaged)
                    db.executemany("DELETE FROM shards WHERE number = ?", damaged)
            self._arrays.remove_others(self._shards)

    def _places(self, keys: Iterable[Key | None]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Shard and start of each photo: 0, 0 where it has no arrays, −1, 0 where nothing is known of it."""
        self.flush()
        source, places = iter(keys), [np.empty((0, 2), np.int64)]
        while chunk := list(islice(source, CHUNK)):
            wanted = [None if key is None else digest(key) for key in chunk]
            asked = [pair[0] for pair in wanted if pair]
            found = self._state.photos(asked) if self._state else {}
            here = np.full((len(chunk), 2), (-1, 0), np.int64)
            for at, pair in enumerate(wanted):
                row = found.get(pair[0]) if pair else None
                if row and pair and row[0] == pair[1] and self._fits(*row[1:4]):
                    here[at] = row[1:3] if row[3] else 0
            places.append(here)
        whole = np.concatenate(places)
        return whole[:, 0].astype(np.int32), whole[:, 1].copy()

    def _fits(self, shard: Any, start: Any, count: Any) -> bool:
        """Whether a row of the state names items that are there."""
        if not type(shard) is type(start) is type(count) is int or min(shard, start, count) < 0:
            return False
        if shard == 0 or count == 0:
            return count == 0
        if shard not in self._shards and not self.writes and shard not in self._gone:
            self._load_shards()  # another process has written it since
            self._gone |= {shard} - set(self._shards)
        return shard in self._shards and start + count <= self._shards[shard].items

    def _one(self, key: bytes, stamp: int, row: Any) -> Found | None:
        waits = self._waiting.get(key)
        if waits is None:
            return self._entry(row, stamp)
        return waits[1] if waits[0] == stamp else None

    def _entry(self, row: Any, stamp: int) -> Found | None:
        """What a row of the state says; None for one of another stamp, and for one that is not sound."""
        if row is None or row[0] != stamp or not self._fits(*row[1:4]):
            return None
        _, shard, start, count, record, error = row
        if error is not None:
            return InputError(str(error))
        if record is not None and (not isinstance(record, str) or len(record) > MAX_RECORD):
            return None
        try:
            value = None if record is None else json.loads(record)
            if self._sound is not None and not self._sound(value):
                return None
            whole = self._arrays.read(shard, self._shards[shard]) if count else self._empty
        except (Damaged, ValueError, RecursionError):
            return None
        return Entry({name: array[start : start + count] for name, array in whole.items()}, value)

    @property
    def _empty(self) -> dict[str, NDArray[Any]]:
        return {name: np.empty((0, *kind.shape), kind.base) for name, kind in self._arrays.fields.items()}


def file_stamp(path: str | os.PathLike[str]) -> str:
    """Size and time of change of a file, "" where there is none: a stamp for keys.

    >>> file_stamp("/no/such/photo.jpg")
    ''
    """
    try:
        status = os.stat(path)  # noqa: PTH116  # millions of photos: pathlib doubles it
    except (OSError, ValueError):
        return ""
    return f"{status.st_size}:{status.st_mtime_ns}"


def may_pass(error: Exception) -> bool:
    """Whether another try may go well, since it is the system that failed (a share away), and not the photo.

    >>> may_pass(InputError("a.jpg: truncated")), may_pass(FileNotFoundError(2, "No such file"))
    (False, True)
    """
    if not isinstance(error, InputError):
        return True
    cause: BaseException | None = error
    while cause is not None:  # decoders raise OSError too, without a number
        if isinstance(cause, OSError) and cause.errno is not None:
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _stays(found: Found) -> bool:
    """Whether a result holds in the next run too."""
    return found.keep if isinstance(found, Entry) else not may_pass(found)


def _lines(
    waiting: Mapping[bytes, tuple[int, Found]], number: int
) -> Iterator[tuple[bytes, int, int, int, int, str | None, str | None]]:
    start = 0
    for key, (stamp, found) in waiting.items():
        if not isinstance(found, Entry):
            text = str(found)[:MAX_ERROR].encode("utf-8", "backslashreplace").decode()
            yield key, stamp, 0, 0, 0, None, text
            continue
        count = len(next(iter(found.arrays.values()))) if found.arrays else 0
        record = None if found.record is None else json.dumps(found.record)
        if record is None or len(record) <= MAX_RECORD:
            yield key, stamp, number if count else 0, start if count else 0, count, record, None
        start += count
