"""Folders written, replaced and removed in one step: whoever opens one sees the old content or the new one."""

import ctypes
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from photoplanet.core import leftovers
from photoplanet.core.atomic import check_folder, named

_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of Linux; RENAME_SWAP of macOS is 2 as well
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM)


@contextmanager
def replacing(
    path: str | os.PathLike[str], carry: Callable[[Path], Iterable[str]] = lambda old: ()
) -> Iterator[Path]:  # fmt: skip
    """Give a temporary folder to fill; it becomes `path` when the block ends well, and else it vanishes.

    `carry(old folder)` names the entries of the folder that was there to take over. Old and new change places in one
    step where the system can; where it cannot, a process killed between two steps leaves the old one beside, and
    `leftovers.recover`, or the next write there, puts it back. OSError as `atomic.replacing`.

    >>> target = getfixture("tmp_path") / "model"
    >>> with replacing(target) as fresh:
    ...     _ = (fresh / "model.json").write_text("{}")
    >>> [file.name for file in target.iterdir()]
    ['model.json']
    """
    check_folder(path)
    target = Path(os.path.realpath(path))
    leftovers.tidy(target.parent, again=True)
    fresh, old = leftovers.temporary(target), leftovers.temporary(target, "old")
    try:
        with named(path, fresh):
            fresh.mkdir()
            yield fresh
        with named(path, fresh):
            _swap(target, fresh, old, carry)
        for gone in (fresh, old):
            shutil.rmtree(gone, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        leftovers.finished(fresh, old)


@contextmanager
def scratch(target: str | os.PathLike[str] | None = None) -> Iterator[Path]:
    """Give a temporary folder beside `target` (None: where temporary files go) that is gone when the block ends.

    One that a killed process left goes with the next write there.

    >>> with scratch(getfixture("tmp_path") / "model") as folder:
    ...     folder.parent == getfixture("tmp_path"), folder.name[:7]
    (True, '.model.')
    >>> folder.exists()
    False
    """
    place = Path(tempfile.gettempdir(), "scratch") if target is None else Path(os.path.realpath(target))
    leftovers.tidy(place.parent)
    folder = leftovers.temporary(place)
    try:
        with named(folder if target is None else target, folder):
            folder.mkdir(mode=0o700)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        leftovers.finished(folder)


def remove(path: str | os.PathLike[str]) -> None:
    """Remove a folder in one step: it is there whole, or not at all.

    >>> folder = getfixture("tmp_path") / "model"
    >>> folder.mkdir()
    >>> remove(folder)
    >>> folder.exists()
    False
    """
    target = Path(os.path.realpath(path))
    gone = leftovers.temporary(target)
    try:
        with named(path, gone):
            target.rename(gone)
        shutil.rmtree(gone)
    finally:
        leftovers.finished(gone)


def link(source: Path, goal: Path) -> None:
    """Let `goal` hold what `source` holds, a file or folder, without copying the bytes where the file system can.

    >>> folder = getfixture("tmp_path")
    >>> _ = (folder / "a").write_text("1")
    >>> link(folder / "a", folder / "b")
    >>> (folder / "b").read_text()
    '1'
    """

    def same(a: str, b: str) -> str:
        try:
            os.link(a, b, follow_symlinks=False)
        except (OSError, NotImplementedError):
            shutil.copy2(a, b, follow_symlinks=False)
        return b

    if source.is_dir() and not source.is_symlink():
        shutil.copytree(source, goal, symlinks=True, copy_function=same)
    else:
        same(str(source), str(goal))


def exchange(one: Path, other: Path) -> bool:
    """Let two files or folders of one file system change places in one step; False where the system cannot.

    >>> folder = getfixture("tmp_path")
    >>> for name in "ab":
    ...     _ = (folder / name).write_text(name)
    >>> if exchange(folder / "a", folder / "b"):
    ...     assert (folder / "a").read_text() == "b"
    """
    libc: Any = None if sys.platform == "win32" else ctypes.CDLL(None, use_errno=True)
    paths = os.fsencode(one), os.fsencode(other)
    sys.audit("os.rename", str(one), str(other), -1, -1)
    if hasattr(libc, "renameat2"):
        status = libc.renameat2(_HERE, paths[0], _HERE, paths[1], _EXCHANGE)
    elif hasattr(libc, "renamex_np"):
        status = libc.renamex_np(*paths, _EXCHANGE)
    else:
        return False
    if status == 0:
        return True
    if (number := ctypes.get_errno()) in _CANNOT:
        return False
    raise OSError(number, os.strerror(number), str(one))


def _swap(target: Path, fresh: Path, old: Path, carry: Callable[[Path], Iterable[str]]) -> None:
    """Put the new folder in the place of the one that is there, if any; what was there ends as `fresh` or `old`."""
    if not target.exists():
        fresh.rename(target)
        return
    for name in carry(target):
        link(target / name, fresh / name)
    if exchange(fresh, target):
        old = fresh
    else:
        target.rename(old)
        try:
            fresh.rename(target)
        except BaseException:
            old.rename(target)
            raise
    for name in carry(old):  # what came meanwhile
        if not os.path.lexists(target / name):
            with suppress(OSError):
                (old / name).rename(target / name)
