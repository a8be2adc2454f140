"""The files that geotags are written into: looked at before they are read, and changed in one step, or not at all."""

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from photoplanet.core import atomic, regular
from photoplanet.errors import InputError

SIDECAR = ".xmp"


@dataclass(frozen=True)
class Outcome:
    """What happened to one file, and the reason where there is one.

    `did`: "written", "unchanged" (the estimate is there already), "own GPS", "refused", "failed" (disk or rights),
    "restored" or "left alone"; by `audit.stripping` also "stripped" and "clean" (there was nothing to take out).
    """

    path: Path
    did: str
    detail: str = ""


@dataclass(frozen=True)
class Seen:
    """A file as it was when it was looked at: None where there was none."""

    path: Path
    status: os.stat_result | None

    @property
    def fault(self) -> str:
        """Why it is not one to change: "" for a regular file, and for none."""
        if self.status is None or stat.S_ISREG(self.status.st_mode):
            return ""
        return "it is a link" if stat.S_ISLNK(self.status.st_mode) else "it is not a regular file"

    @property
    def shared(self) -> bool:
        """Whether it has other names (hard links), which would not follow a change."""
        return self.status is not None and self.status.st_nlink > 1

    @property
    def read_only(self) -> bool:
        """Whether its owner forbids to write into it; the administrator may, but is not asked to."""
        return self.status is not None and not (self.status.st_mode & 0o222 and os.access(self.path, os.W_OK))

    def read(self, most: int) -> bytes | None:
        """Return its bytes, None where there was none; InputError for over `most`, OSError as for any file."""
        return None if self.status is None else regular.read_regular(self.path, most, follow_links=False)

    def same(self) -> bool:
        """Whether it is still the file that was looked at, with the same content."""
        now = look(self.path).status
        if now is None or self.status is None:
            return now is self.status
        keys = ("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_mode")
        return all(getattr(now, key) == getattr(self.status, key) for key in keys)


def look(path: Path) -> Seen:
    """Look at a file without opening it, and not through a link; OSError where its folder cannot be searched.

    >>> look(Path("/no/such/file")).fault, look(Path("/dev/null")).fault
    ('', 'it is not a regular file')
    """
    try:
        return Seen(path, path.lstat())
    except (FileNotFoundError, NotADirectoryError):
        return Seen(path, None)


def put(seen: Seen, data: bytes | None) -> None:
    """Write the whole file in one step, on disk at its end, or remove it (None).

    Mode, owner and extended attributes stay, and a photo's times; a sidecar's do not, since programs look at them to
    see what is new. InputError where it has changed since it was looked at; OSError where it cannot be written.

    >>> path = getfixture("tmp_path") / "IMG_1.jpg.xmp"
    >>> put(look(path), b"<x/>")
    >>> path.read_bytes()
    b'<x/>'
    """
    if not seen.same():
        raise InputError("it was changed meanwhile by something else; run the same command again")
    if data is None:
        seen.path.unlink()
        return
    atomic.write_bytes(seen.path, data, durable=True, keep_times=True, follow_links=False)
    if seen.path.name.lower().endswith(SIDECAR):
        os.utime(seen.path)


def check_writable(path: Path) -> None:
    """Raise OSError, without writing anything, where the folder of `path` cannot be written to.

    >>> check_writable(getfixture("tmp_path") / "IMG_1.jpg.xmp")
    """
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, "cannot be written to", str(path.parent))
