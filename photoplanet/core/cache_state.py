"""The state of a cache in SQLite: opened with suspicion, locked against other writers, started anew when damaged."""

import errno
import hashlib
import json
import os
import sqlite3
import struct
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from photoplanet.core import lock
from photoplanet.errors import InputError

STATE, LOCK = "state.sqlite", "lock"
WAIT_SECONDS = 60.0  # for another process that is just writing or reading
_ASKED = 500  # keys in one query
MOST_SHARDS = 1 << 31  # ever: their numbers are kept as int32
SCHEMA = {
    "about": "CREATE TABLE about (text TEXT NOT NULL, crc INTEGER NOT NULL)",
    "shards": "CREATE TABLE shards (number INTEGER PRIMARY KEY AUTOINCREMENT, items INTEGER, files TEXT)",
    "photos": "CREATE TABLE photos (key BLOB PRIMARY KEY, stamp INTEGER NOT NULL, "
    "shard INTEGER NOT NULL, start INTEGER NOT NULL, count INTEGER NOT NULL, record TEXT, error TEXT, "
    "crc INTEGER NOT NULL) WITHOUT ROWID",
}

ROW = "key, stamp, shard, start, count, record, error, crc"
# SQLite's faults that are the surroundings' and not the file's: what lies on disk may be whole
_SURROUNDINGS = ("locked", "busy", "readonly", "full", "unable to open", "disk I/O error", "interrupted", "authoriz")

Key = tuple[str, str]  # a photo's name, and a stamp that changes when the photo does


class Busy(InputError):
    """Another process, or another cache of this one, is writing there."""


class State:
    """The tables of a cache's folder. `about`: text that says what the cache is of; another one empties the tables.

    With `writes`, one process at a time; `waiting` is called once before waiting for another writer's end, and without
    it `Busy` is raised. `fault`: why the tables were started anew, "" where they were not. InputError with
    `refuse_others` for a cache of something else. OSError where the folder cannot be used; without `strict`, questions
    are answered with nothing then.

    >>> folder = getfixture("tmp_path")
    >>> with State(folder, "numbers", writes=True).transaction() as db:
    ...     _ = db.execute("INSERT INTO shards (items) VALUES (7)")
    >>> State(folder, "numbers", writes=False).ask("SELECT items FROM shards")
    [(7,)]
    """

    def __init__(
        self,
        folder: Path,
        about: str,
        writes: bool,
        waiting: Callable[[], None] | None = None,
        refuse_others: bool = False,
        strict: bool = True,
    ):
        self.folder, self.writes, self.fault, self._strict = folder, writes, "", strict
        self._about, self._guard = about, threading.RLock()
        self._db: sqlite3.Connection | None = None
        self._lock = _held(folder, waiting) if writes else None
        try:
            self._open(refuse_others)
        except BaseException:
            self.close()
            raise

    def ask(self, question: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return the rows that answer a question; none where the tables turn out to be damaged, which empties them."""
        with self._guard:
            if self._db is None:
                return []
            try:
                return self._db.execute(question, values).fetchall()
            except sqlite3.DatabaseError as error:
                if not _of_surroundings(error):
                    self._start_anew(f"{STATE}: {error}")
                elif self._strict:
                    raise _os_error(error, self.folder) from error
                return []

    def photos(self, keys: Sequence[bytes]) -> dict[bytes, tuple[Any, ...]]:
        """Return (stamp, shard, start, count, record, error) of photos, by key; none where the checksum differs."""
        found: dict[bytes, tuple[Any, ...]] = {}
        for start in range(0, len(keys), _ASKED):
            part = keys[start : start + _ASKED]
            marks = ",".join("?" * len(part))
            rows = self.ask(f"SELECT {ROW} FROM photos WHERE key IN ({marks})", part)
            found.update((row[0], row[1:-1]) for row in rows if row[-1] == checksum(*row[:-1]))
        return found

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for changes, which all come to be at the end of the block, or none of them."""
        with self._guard:
            if self._db is None:
                raise OSError(errno.EROFS, "the cache is not open for writing", str(self.folder))
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except BaseException as error:
                with suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error) and not _of_surroundings(error):
                    what = f"the cache is damaged ({error}); run the same command again, which rebuilds it"
                    raise OSError(errno.EIO, what, str(self.folder)) from error
                if isinstance(error, sqlite3.Error):
                    raise _os_error(error, self.folder) from error
                raise

    def close(self) -> None:
        """Let others write; harmless to repeat."""
        with self._guard:
            for held in (self._db, self._lock):
                if held is not None:
                    held.close()
            self._db = self._lock = None

    def _open(self, refuse_others: bool) -> None:
        if not self.writes and not (self.folder / STATE).is_file():
            return
        try:
            about = self._connect()
        except (sqlite3.DatabaseError, ValueError) as error:
            if isinstance(error, sqlite3.DatabaseError) and _of_surroundings(error):
                raise _os_error(error, self.folder) from error
            self._start_anew(f"{STATE}: {error}")
            return
        if about == self._about:
            return
        if about is not None and refuse_others:
            raise InputError(f"{self.folder}: was made with other settings; give another folder, or remove it")
        self._empty(new=about is None)

    def _connect(self) -> str | None:
        """Open the tables and return what they are about, None where there are none; ValueError for strange ones."""
        path = self.folder / STATE
        mode = "rwc" if self.writes else "rw" if os.access(path, os.W_OK) else "ro"  # rw: clears up after a kill
        uri = f"{path.absolute().as_uri()}?mode={mode}"
        db = self._db = sqlite3.connect(uri, WAIT_SECONDS, isolation_level=None, check_same_thread=False, uri=True)
        pragmas = (
            "trusted_schema = OFF",
            "cell_size_check = ON",
            "cache_size = -65536",
            f"query_only = {not self.writes}",
        )
        for pragma in pragmas:
            db.execute(f"PRAGMA {pragma}")
        found = dict(db.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall())
        if not found and self.writes:
            return None
        if found != SCHEMA:
            raise ValueError("its tables are not those of this version's caches")
        if self.writes:  # damage that is seen now costs its photos; seen while writing, it would cost the run
            faults = [str(line) for (line,) in db.execute("PRAGMA quick_check(1)")]
            numbers = [number for (number,) in db.execute("SELECT seq FROM sqlite_sequence")]
            if faults != ["ok"] or not all(isinstance(number, int) and number < MOST_SHARDS for number in numbers):
                raise ValueError(" ".join(faults[0].split())[:200] if faults != ["ok"] else "numbers out of range")
        rows = db.execute("SELECT text, crc FROM about LIMIT 1").fetchall()
        if any(crc != zlib.crc32(str(text).encode("utf-8", "surrogatepass")) for text, crc in rows):
            raise ValueError("what it is about is damaged")
        return str(rows[0][0]) if rows else ""

    def _empty(self, new: bool) -> None:
        """Empty the tables, or make them; a reader goes on without them."""
        if not self.writes:
            self._forget()
            return
        if self._db is not None and new:
            self._db.execute("PRAGMA journal_mode = TRUNCATE")
        with self.transaction() as db:
            for name, sql in SCHEMA.items():  # numbers of shards go on, so that no reader takes one for another
                db.execute(sql if new else f"DELETE FROM {name}")
            db.execute("INSERT INTO about VALUES (?, ?)", (self._about, zlib.crc32(self._about.encode())))

    def _start_anew(self, fault: str) -> None:
        """Put new tables in the place of damaged ones; a reader goes on without them."""
        self.fault = fault
        self._forget()
        if not self.writes:
            return
        try:
            for path in self.folder.glob(f"{STATE}*"):
                path.unlink()
            self._connect()
        except sqlite3.Error as error:
            raise _os_error(error, self.folder) from error
        self._empty(new=True)

    def _forget(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


def described(fingerprint: str, fields: dict[str, list[Any]], version: int) -> str:
    """Return the text that says what a cache is of.

    >>> described("toy 1", {}, 1)
    '{"fields": {}, "fingerprint": "toy 1", "format": 1}'
    """
    return json.dumps({"format": version, "fingerprint": fingerprint, "fields": fields}, sort_keys=True)


def checksum(key: bytes, stamp: int, shard: int, start: int, count: int, record: str | None, error: str | None) -> int:
    """Return the CRC-32 of a photo's row, −1 for one that nobody can have written.

    >>> checksum(b"a", 1, 0, 0, 0, None, "truncated") == checksum(b"a", 1, 0, 0, 0, "truncated", None)
    False
    """
    try:
        numbers = struct.pack("<4q", stamp, shard, start, count)
        texts = [b"-" if text is None else b"+" + text.encode("utf-8", "surrogatepass") for text in (record, error)]
        return zlib.crc32(b"\0".join([*texts, key, numbers]))
    except (struct.error, TypeError, AttributeError):
        return -1


def digest(key: Key) -> tuple[bytes, int]:
    """Return 16 bytes for a name, which lie together for photos of one folder, and a number for a stamp.

    >>> first, second = digest(("a/1.jpg", "7")), digest(("a/2.jpg", "7"))
    >>> first[0][:4] == second[0][:4], first[0] == second[0], first[1] == second[1]
    (True, False, True)
    """
    name, stamp = key
    own = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=12).digest()
    mark = hashlib.blake2b(stamp.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return _folder_digest(name.rpartition("/")[0]) + own, int.from_bytes(mark, "little", signed=True)


@lru_cache(1024)
def _folder_digest(folder: str) -> bytes:
    return hashlib.blake2b(folder.encode("utf-8", "surrogatepass"), digest_size=4).digest()


def _of_surroundings(error: sqlite3.Error) -> bool:
    """Whether the disk, a lock or a right is in the way, and not what is in the file."""
    return isinstance(error, sqlite3.OperationalError) and any(word in str(error) for word in _SURROUNDINGS)


def _os_error(error: sqlite3.Error, folder: Path) -> OSError:
    return lock.os_error(error, folder, "the cache")


def _held(folder: Path, waiting: Callable[[], None] | None) -> sqlite3.Connection:
    """The right to write, which the system takes back when the process dies."""
    taken = lock.take(folder / LOCK, waiting)
    if taken is None:
        raise Busy(f"{folder}: another process is using this cache; wait for its end, then try again")
    return taken
