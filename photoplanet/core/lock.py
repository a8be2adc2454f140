"""One builder at a time: an advisory lock on a file, which the system releases when its process dies."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held(path: Path, wait: bool, waiting: Callable[[], None] = lambda: None) -> Iterator[bool]:
    """Hold the lock on `path` (made if need be) for the block; yields whether it is held.

    Where another process holds it: with `wait`, calls `waiting` once and then waits; without, yields False. Where the
    system has no such locks (Windows, some network drives) it yields True, and two builders are not kept apart.
    OSError where the file cannot be written.

    >>> with held(getfixture("tmp_path") / "index.lock", wait=False) as mine:
    ...     mine
    True
    """
    with path.open("ab") as file:
        try:
            import fcntl
        except ImportError:
            yield True
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not wait:
                yield False
                return
            waiting()
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:  # a file system without locks
            yield True
            return
        yield True
