"""The list of changes in a folder of photos, from which all of them can be taken back: a hidden file beside them.

A line is on disk before the file changes: what the file was and becomes (SHA-256), and the bytes to put back. The list
may have been written by anybody, so that nothing in it is believed: see `undo` and `own_changes`.
"""

import base64
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PureWindowsPath
from typing import BinaryIO, NamedTuple

from photoplanet.core import regular
from photoplanet.errors import InputError
from photoplanet.metadata.byte_edits import Edit

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOCKS = fcntl is not None
NAME = ".photoplanet-undo.json"
FORMAT = 1
MAX_LINE = 1 << 20  # bytes; ours have some 600
MAX_BYTES = 128 << 20  # of a list: some 200,000 changes
_LOOKS, _LOOK_SECONDS = 100, 0.1  # for another photoplanet at work in the same folder to end


class Change(NamedTuple):
    """A file of the folder, its SHA-256 before (None: it was not there) and after, and the edits that lead back."""

    file: str
    before: str | None
    after: str
    back: list[Edit]


class Line(NamedTuple):
    """A line of a list: its number from 1, where its bytes lie, and its change; or the `fault` that it has."""

    number: int
    start: int
    stop: int
    change: Change | None
    fault: str = ""


@contextmanager
def noted(folder: Path, change: Change, unchanged: Callable[[], bool]) -> Iterator[None]:
    """Add a change to a folder's list, on disk, before the block makes it.

    Where the block fails, and the file is `unchanged`, the line is taken away again. InputError where the list is a
    link, not a regular file, or full; OSError where it cannot be written.

    >>> folder = getfixture("tmp_path")
    >>> with noted(folder, Change("a.jpg", "0", "1", []), lambda: True):
    ...     pass
    >>> [line.change.file for line in lines(folder)]
    ['a.jpg']
    """
    back = [[edit.start, edit.stop, base64.b64encode(edit.new).decode()] for edit in change.back]
    text = json.dumps({"photoplanet undo": FORMAT, **change._asdict(), "back": back}).encode() + b"\n"
    if len(text) > MAX_LINE:
        raise InputError("what it would take to undo this is over 1 MiB")
    with opened(folder, make=True) as file:
        start = file.seek(0, os.SEEK_END)
        if start + len(text) > MAX_BYTES:
            raise InputError(f"{NAME} is full ({MAX_BYTES >> 20} MiB); take all back with --undo, or move it elsewhere")
        try:
            left = memoryview(b"\n" * (start > 0) + text)  # a kill may have cut the last line
            while left:
                left = left[file.write(left) or 0 :]
            os.fsync(file.fileno())
            yield
        except Exception:
            if unchanged():
                with suppress(OSError):
                    file.truncate(start)
                    if not start:
                        (folder / NAME).unlink()
            raise


def lines(folder: Path) -> Iterator[Line]:
    """Yield the lines of a folder's list that hold anything, in order.

    One that a kill cut off holds nothing, since the file that it speaks of was not yet changed. InputError where the
    list is a link, not a regular file, or too long; OSError where there is none.

    >>> list(lines(Path("/no/such/folder")))
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] No such file or directory: '/no/such/folder/.photoplanet-undo.json'
    """
    with regular.open_regular(folder / NAME, follow_links=False) as file:
        if os.fstat(file.fileno()).st_size > MAX_BYTES:
            raise InputError(f"{folder / NAME}: over {MAX_BYTES >> 20} MiB, so it is not one of photoplanet")
        number = at = 0
        while text := file.readline(MAX_LINE):
            number, start, at = number + 1, at, at + len(text)
            too_long = False
            while not text.endswith(b"\n") and (text := file.readline(MAX_LINE)):
                too_long, at = True, at + len(text)
            if too_long:
                yield Line(number, start, at, None, f"is over {MAX_LINE >> 20} MiB long")
            elif text.strip() and (found := _parsed(text)):
                yield Line(number, start, at, *((None, found) if isinstance(found, str) else (found, "")))


def without(folder: Path, done: set[int]) -> Iterator[bytes]:
    """Yield the bytes of a folder's list without the lines that begin at the bytes `done`, and without cut ones.

    >>> folder = getfixture("tmp_path")
    >>> with noted(folder, Change("a.jpg", "0", "1", []), lambda: True):
    ...     list(without(folder, {0}))
    []
    """
    with regular.open_regular(folder / NAME, follow_links=False) as file:
        for line in lines(folder):
            if line.start in done:
                continue
            file.seek(line.start)
            left, piece = line.stop - line.start, b""
            while left and (piece := file.read(min(left, 1 << 20))):
                left -= len(piece)
                yield piece
            if not piece.endswith(b"\n"):
                yield b"\n"


@contextmanager
def opened(folder: Path, make: bool = False) -> Iterator[BinaryIO]:
    """Open a folder's list to read and add to it, while no other photoplanet does; with `make`, make it if need be.

    InputError where it is a link, has several names, is not a regular file, or stays in use; OSError as for any file.

    >>> with opened(getfixture("tmp_path"), make=True) as file:
    ...     file.read()
    b''
    """
    path = folder / NAME
    for _ in range(_LOOKS):
        file = _open(path, make)
        with file:
            if _locked(file) and _is_at(file, path):
                yield file
                return
        time.sleep(_LOOK_SECONDS)
    raise InputError(f"{path}: another photoplanet is at work in this folder; try again when it has ended")


def _open(path: Path, make: bool) -> BinaryIO:
    flags = os.O_RDWR | os.O_APPEND | (os.O_CREAT if make else 0)
    flags |= sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_BINARY"))
    with suppress(FileNotFoundError):
        check(path)
    file = os.fdopen(os.open(path, flags, 0o666), "r+b", buffering=0)  # or a full disk fails again in the end
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise InputError(f"{path.name} is not a regular file")


def check(path: Path) -> None:
    """Raise InputError for a list that is a link or has several names, since what it leads to is not ours to change.

    FileNotFoundError where there is none.

    >>> check(Path("/dev/null"))
    Traceback (most recent call last):
    photoplanet.errors.InputError: null is not a regular file
    """
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise InputError(f"{path.name} is a link")
    if not stat.S_ISREG(found.st_mode):
        raise InputError(f"{path.name} is not a regular file")
    if found.st_nlink > 1:
        raise InputError(f"{path.name} has several names (hard links)")


def _locked(file: BinaryIO) -> bool:
    """Whether the file is ours until it is closed; file systems without locks count as ours."""
    if fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
    return True


def _is_at(file: BinaryIO, path: Path) -> bool:
    """Whether an open file is still the one at `path`: another photoplanet may have replaced it meanwhile."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.lstat())
    except FileNotFoundError:
        return False


def _parsed(text: bytes) -> Change | str:
    """A line's change, or its fault; "" for a line that was cut off."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return "" if not text.rstrip().endswith((b"}", b"]")) else "cannot be read"
    if not isinstance(line, dict) or line.get("photoplanet undo") != FORMAT:
        return "is not one that photoplanet wrote"
    name, before, after, back = (line.get(key) for key in ("file", "before", "after", "back"))
    if not isinstance(name, str) or not _is_plain(name):
        return f"names {str(name)[:80]!r}, which is not a file of this folder"
    if not isinstance(back, list) or not isinstance(after, str) or not isinstance(before, str | None):
        return f"on {name!r} is not one that photoplanet wrote"
    if any(not isinstance(edit, list) or [type(part) for part in edit] != [int, int, str] for edit in back):
        return f"on {name!r} is not one that photoplanet wrote"
    try:
        edits = [Edit(start, stop, base64.b64decode(new, validate=True)) for start, stop, new in back]
    except ValueError:
        return f"on {name!r} is not one that photoplanet wrote"
    return Change(name, before, after, edits)


def _is_plain(name: str) -> bool:
    """Whether a name is that of a file in the folder itself."""
    if name in ("", ".", "..", NAME) or set(name) & {"/", "\0"}:
        return False
    if ("\\" in name and os.name == "nt") or {"..", "\\"} & set(PureWindowsPath(name).parts):  # elsewhere a letter
        return False
    with suppress(ValueError):
        return bool(os.fsencode(name)) and Path(name).name == name
    return False
