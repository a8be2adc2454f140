"""Writing files in one step: whoever reads a path sees the old content or the new one, never half of it.

What is written goes into a temporary file beside the target and takes its place at the end. Links are followed, what
is not a regular file (a pipe, /dev/stdout, /dev/null) is written into, and what a killed process left is removed.
"""

import errno
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from photoplanet.core import leftovers
from photoplanet.core.text_errors import READABLE
from photoplanet.errors import InputError

_FULL = (errno.ENOSPC, errno.EROFS, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
_DESCRIPTORS = re.compile(r"/dev/fd|/proc/[^/]+(/task/\d+)?/fd")


def check_folder(path: str | os.PathLike[str]) -> None:
    """Raise `InputError` when the folder that `path` is to be written to does not exist.

    >>> check_folder("/no/such/folder/table.csv")
    Traceback (most recent call last):
    photoplanet.errors.InputError: /no/such/folder: no such folder; make it first
    """
    parent = Path(path).parent
    if not parent.is_dir():
        raise InputError(f"{parent}: no such folder; make it first")


@contextmanager
def replacing(
    path: str | os.PathLike[str], *, durable: bool = False, keep_times: bool = False, follow_links: bool = True
) -> Iterator[Path]:
    """Give a temporary path to write to; it becomes `path` when the block ends well, and else it vanishes.

    A link is followed to its target. A file that is there hands on its mode, and its owner where that is allowed; with
    `keep_times` its times and extended attributes too. What is not a regular file gets the bytes written into it.
    `durable`: on disk when the block ends, even if the power fails. Without `follow_links`, InputError where `path` is
    a link or not a regular file, and a link that takes its place meanwhile is replaced, never written through.
    InputError when the folder does not exist; OSError that names `path` for a full disk, or a folder that cannot be
    written to.

    >>> target = Path(getfixture("tmp_path")) / "table.csv"
    >>> with replacing(target) as temporary:
    ...     _ = temporary.write_text("photo_id,path")
    >>> target.read_text()
    'photo_id,path'
    """
    check_folder(path)
    target = _target(path) if follow_links else _itself(path)
    with named(path):
        if target is None:
            home = Path(tempfile.gettempdir(), "piped")
        else:
            check_folder(target)
            home = target
        leftovers.tidy(home.parent)
        fresh = _create(home, 0o600 if target is None else 0o666)
    try:
        with named(path, fresh):
            yield fresh
        with named(path, fresh):
            if target is None:
                _pour(fresh, path)
                return
            _hand_on(target, fresh, keep_times)
            if durable:
                _sync(fresh)
            fresh.replace(target)
            if durable:
                _sync_folder(target.parent)
    finally:
        fresh.unlink(missing_ok=True)
        leftovers.finished(fresh)


@contextmanager
def open_replacing(
    path: str | os.PathLike[str],
    mode: str = "w",
    *,
    durable: bool = False,
    keep_times: bool = False,
    follow_links: bool = True,
) -> Iterator[IO[Any]]:
    r"""Open a file to write that becomes `path` as `replacing`.

    "w": UTF-8 text with line ends as given, and bytes of names that are not UTF-8 as \xe9; "wb": bytes.

    >>> target = Path(getfixture("tmp_path")) / "photos.csv"
    >>> with open_replacing(target) as file:
    ...     print("photo_id", file=file)
    >>> target.read_bytes()
    b'photo_id\n'
    """
    if mode not in ("w", "wb"):
        raise ValueError(f"mode is 'w' or 'wb', not {mode!r}")
    text: dict[str, Any] = {} if mode == "wb" else {"encoding": "utf-8", "errors": READABLE, "newline": ""}
    rules = {"durable": durable, "keep_times": keep_times, "follow_links": follow_links}
    with replacing(path, **rules) as fresh, fresh.open(mode, **text) as file:
        yield file


def write_bytes(
    path: str | os.PathLike[str],
    data: bytes,
    *,
    durable: bool = False,
    keep_times: bool = False,
    follow_links: bool = True,
) -> None:
    """Write a whole file of bytes, as `replacing` does.

    >>> write_bytes(getfixture("tmp_path") / "cells.bin", b"1234")
    """
    rules = {"durable": durable, "keep_times": keep_times, "follow_links": follow_links}
    with open_replacing(path, "wb", **rules) as file:
        file.write(data)


def write_text(path: str | os.PathLike[str], text: str, *, durable: bool = False) -> None:
    """Write a whole file of UTF-8 text, as `replacing` does.

    >>> write_text(getfixture("tmp_path") / "state.json", "{}")
    """
    write_bytes(path, text.encode("utf-8", READABLE), durable=durable)


def _target(path: str | os.PathLike[str]) -> Path | None:
    """The regular file to replace, links followed; None for what has to be written into."""
    if _descriptor(os.fspath(path)):
        return None
    try:
        kind = os.stat(path).st_mode  # noqa: PTH116  # follows links as the system does
    except FileNotFoundError:
        kind = stat.S_IFREG
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    return Path(os.path.realpath(path)) if stat.S_ISREG(kind) else None


def _itself(path: str | os.PathLike[str]) -> Path:
    """The regular file at `path` or still to come; InputError for a link, whatever it leads to, and for a device."""
    found = Path(path)
    with suppress(FileNotFoundError):
        kind = found.lstat().st_mode
        if not stat.S_ISREG(kind):
            what = "is a link, and it is not followed" if stat.S_ISLNK(kind) else "is not a regular file"
            raise InputError(f"{path}: {what}; remove it first")
    return found


def _descriptor(path: str) -> str:
    """The open file of a process that a path, or a link on its way, stands for, such as /proc/7/fd/1; "" for others."""
    for _ in range(40):
        parent = os.path.realpath(os.path.dirname(path) or ".")  # noqa: PTH120
        path = os.path.join(parent, os.path.basename(path))  # noqa: PTH118, PTH119
        if _DESCRIPTORS.fullmatch(parent):
            return path
        if not os.path.islink(path):  # noqa: PTH114
            return ""
        path = os.path.join(parent, os.readlink(path))  # noqa: PTH115, PTH118
    return ""


def _opened(path: str) -> int:
    """A descriptor that writes into what is not a regular file; our own stdout is shared, so that all comes in turn."""
    parent, _, number = _descriptor(path).rpartition("/")
    if parent in ("/dev/fd", f"/proc/{os.getpid()}/fd") and number.isdecimal():
        if sys.stdout is not None:
            sys.stdout.flush()
        return os.dup(int(number))
    return os.open(path, os.O_WRONLY | os.O_APPEND)


def _create(target: Path, mode: int) -> Path:
    """A new empty file beside a target; the system itself takes the umask off its mode."""
    fresh = leftovers.temporary(target)
    try:
        os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
    except OSError:
        leftovers.finished(fresh)
        raise
    return fresh


def _hand_on(target: Path, fresh: Path, keep_times: bool) -> None:
    """Give the new file the owner and mode of the one that it replaces."""
    try:
        before = target.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(before.st_mode):  # a link that came meanwhile
        return
    now = fresh.stat()
    if hasattr(os, "chown") and (before.st_uid, before.st_gid) != (now.st_uid, now.st_gid):
        with suppress(OSError):  # only root may give files away; else the file becomes the writer's
            os.chown(fresh, before.st_uid, before.st_gid)
    if keep_times:
        shutil.copystat(target, fresh)
    else:
        fresh.chmod(stat.S_IMODE(before.st_mode))


def _pour(fresh: Path, path: str | os.PathLike[str]) -> None:
    """Write the bytes of a file into what is not a regular file, after what is there."""
    with fresh.open("rb") as source, open(_opened(os.fspath(path)), "wb", buffering=0) as sink:
        while piece := memoryview(source.read(1 << 20)):
            while piece:
                piece = piece[sink.write(piece) or 0 :]


@contextmanager
def named(path: str | os.PathLike[str], fresh: Path | None = None) -> Iterator[None]:
    """Let errors of the temporary path `fresh`, and those of a full disk, name the path that was to be written.

    >>> with named("table.csv", Path(".temporary")):
    ...     raise OSError(28, "No space left on device")
    Traceback (most recent call last):
    OSError: [Errno 28] No space left on device: 'table.csv'
    """
    try:
        yield
    except OSError as error:
        both = (error.filename, error.filename2)  # the second one is what is copied to
        named_by = [Path(os.fsdecode(each)) for each in both if isinstance(each, str | bytes | os.PathLike)]
        ours = fresh is None or any(fresh == each or fresh in each.parents for each in named_by)
        if error.errno is None or not (ours or (error.filename is None and error.errno in _FULL)):
            raise
        raise OSError(error.errno, os.strerror(error.errno), os.fspath(path)) from error


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
