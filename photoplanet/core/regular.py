"""Opening files that others named: never waiting for a pipe or a device that nobody feeds."""

import errno
import os
import stat
from pathlib import Path
from typing import IO

from photoplanet.errors import InputError


def open_regular(path: str | os.PathLike[str], *, follow_links: bool = True) -> IO[bytes]:
    """Open a regular file to read its bytes; a pipe, a device or a socket in its place is not waited for.

    InputError, which names the file, for what is not a regular file, and without `follow_links` for a link; OSError
    where it is missing or must not be read.

    >>> open_regular(os.devnull)
    Traceback (most recent call last):
    photoplanet.errors.InputError: /dev/null: is not a regular file
    """
    links = 0 if follow_links else getattr(os, "O_NOFOLLOW", 0)
    flags = os.O_RDONLY | links | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
    try:
        if not follow_links and Path(path).is_symlink():
            raise InputError(f"{path}: is a link, and it is not followed")
        handle = os.open(path, flags)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket
            raise InputError(f"{path}: is not a regular file") from None
        raise
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise InputError(f"{path}: is not a regular file")
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_regular(path: str | os.PathLike[str], most: int, *, follow_links: bool = True) -> bytes:
    """Read a whole regular file of at most `most` bytes; raises as `open_regular`, and InputError for a larger one.

    >>> file = getfixture("tmp_path") / "a"
    >>> _ = file.write_bytes(b"1234")
    >>> read_regular(file, 4)
    b'1234'
    """
    with open_regular(path, follow_links=follow_links) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise InputError(f"{path}: over {most >> 20} MiB")
    return data


def open_stream(path: str | os.PathLike[str]) -> IO[bytes]:
    """Open a regular file, or a pipe that this process holds already, such as /dev/stdin or what `<(command)` names.

    A pipe with a name of its own is refused, since nobody may ever write into it. Raises as `open_regular`.

    >>> open_stream(os.devnull)
    Traceback (most recent call last):
    photoplanet.errors.InputError: /dev/null: is not a regular file
    """
    real = os.path.realpath(path)
    if real.startswith(("/dev/fd/", f"/proc/{os.getpid()}/fd/")) and stat.S_ISFIFO(Path(path).stat().st_mode):
        return Path(path).open("rb")
    return open_regular(path)
