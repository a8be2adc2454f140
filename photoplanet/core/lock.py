"""One writer at a time: the right to write, which the system takes back when the process dies.

It is SQLite's own lock on an empty file, which is the same on Linux, macOS and Windows.
"""

import errno
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LOOK_SECONDS = 0.2  # between two looks whether the other holder has ended


@contextmanager
def held(path: Path, wait: bool, waiting: Callable[[], None] = lambda: None) -> Iterator[bool]:
    """Hold the lock on `path` (made if need be) for the block; yields whether it is held.

    Where another holds it, in this process or another one: with `wait`, calls `waiting` once and then waits; without,
    yields False. OSError where the file cannot be written, or the drive has no locks.

    >>> with held(getfixture("tmp_path") / "index.lock", wait=False) as mine:
    ...     mine
    True
    """
    try:
        lock = take(path, waiting if wait else None)
    except sqlite3.Error as error:
        raise os_error(error, path, "the lock") from error
    try:
        yield lock is not None
    finally:
        if lock is not None:
            lock.close()


def take(path: Path, waiting: Callable[[], None] | None) -> sqlite3.Connection | None:
    """Take the lock; closing what this returns gives it up. None where another holds it, and there is no `waiting`.

    `waiting` is called once before waiting for the other's end. OSError, sqlite3.Error where the file cannot be used.

    >>> path = getfixture("tmp_path") / "lock"
    >>> mine = take(path, None)
    >>> take(path, None) is None
    True
    >>> mine.close()
    """
    if not path.exists():  # closing a file gives up this process's locks on it, so only a new one
        path.touch()
    lock = sqlite3.connect(path, 0, isolation_level=None, check_same_thread=False)
    waited = False
    while True:
        try:
            lock.execute("BEGIN EXCLUSIVE")
            return lock
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                lock.close()
                raise
        if waiting is None:
            lock.close()
            return None
        if not waited:
            waiting()
            waited = True
        time.sleep(LOOK_SECONDS)


def os_error(error: sqlite3.Error, path: Path, what: str) -> OSError:
    """Return SQLite's error as one of the system, for a full, a read-only or a broken disk.

    >>> print(os_error(sqlite3.OperationalError("database or disk is full"), Path("a/lock"), "the lock").filename)
    a/lock
    """
    number = errno.ENOSPC if "full" in str(error) else errno.EROFS if "readonly" in str(error) else errno.EIO
    return OSError(number, f"{what} cannot be used ({error})", str(path))
