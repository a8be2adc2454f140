"""One at a time: a lock on a file, which the system takes back by itself when its process dies, on Windows too."""

import errno
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LOOK_SECONDS = 0.2  # between two looks whether the other holder has ended


@contextmanager
def held(path: Path, wait: bool, waiting: Callable[[], None] = lambda: None) -> Iterator[bool]:
    """Hold the lock on `path` (made if need be) for the block; gives whether it is held.

    Where another process, or another block of this one, holds it: with `wait`, calls `waiting` once and then waits;
    without, gives False. OSError where the file cannot be written.

    >>> path = getfixture("tmp_path") / "lock"
    >>> with held(path, wait=False) as mine, held(path, wait=False) as also_mine:
    ...     mine, also_mine
    (True, False)
    """
    lock = take(path, waiting if wait else None)
    try:
        yield lock is not None
    finally:
        if lock is not None:
            lock.close()


def take(path: Path, waiting: Callable[[], None] | None = None) -> sqlite3.Connection | None:
    """Return what holds the lock on `path` until it is closed: SQLite's own lock on an empty file.

    Where it is held already: calls `waiting` once and waits for its end; without `waiting`, returns None. OSError where
    the file cannot be written.

    >>> lock = take(getfixture("tmp_path") / "lock")
    >>> take(getfixture("tmp_path") / "lock") is None
    True
    >>> lock.close()
    """
    if not path.exists():  # closing a file gives up this process's locks on it, so only a new one
        path.touch()
    try:
        lock = sqlite3.connect(path, 0, isolation_level=None, check_same_thread=False)
        asked = False
        while True:
            try:
                lock.execute("BEGIN EXCLUSIVE")
                return lock
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    raise
            if waiting is None:
                lock.close()
                return None
            if not asked:
                waiting()
                asked = True
            time.sleep(LOOK_SECONDS)
    except sqlite3.Error as error:
        raise os_error(error, path, "the lock") from error


def os_error(error: sqlite3.Error, path: Path, what: str) -> OSError:
    """Return what SQLite says of `what` at a path as an OSError: full, read-only, or faulty.

    >>> os_error(sqlite3.OperationalError("database or disk is full"), Path("/photos.index"), "the cache").errno == 28
    True
    """
    number = errno.ENOSPC if "full" in str(error) else errno.EROFS if "readonly" in str(error) else errno.EIO
    return OSError(number, f"{what} cannot be used ({error})", str(path))
