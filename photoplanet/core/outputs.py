"""Where results must not go: over what they are made from, or over each other."""

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from photoplanet.core.atomic import check_folder
from photoplanet.core.stores import Stored, located
from photoplanet.core.table_sets import SUFFIXES, Named, is_folder_of_tables
from photoplanet.errors import InputError


def check(outputs: Iterable[str | Path | None], inputs: Iterable[Named | None]) -> None:
    """Raise InputError, before any work, for an output that is one of the inputs, is named twice, or has no folder.

    Links lead to what they lead to: an input under another name is found too. A table among the parts of an input would
    be read with them the next time, so it is refused, too. None stands for what was not given.
    OSError for a folder that cannot be written to.

    >>> table = getfixture("tmp_path") / "photos.csv"
    >>> table.touch()
    >>> check([table], [table])
    Traceback (most recent call last):
    photoplanet.errors.InputError: ...photos.csv: this is what the result is made from; give the result another name
    """
    named: dict[object, Path] = {}
    for output in (Path(each) for each in outputs if each is not None):
        check_folder(output)
        _check_writable(output)
        key = _key(output)
        if key in named:
            raise InputError(f"{output}: is named for two results; give each its own name")
        if key is not None:
            named[key] = output
    for given in inputs if named else ():
        if given is None or isinstance(place := located(given), Stored):
            continue
        if clash := named.get(_key(place)):
            raise InputError(f"{clash}: this is what the result is made from; give the result another name")
        if is_folder_of_tables(place):
            for output in named.values():
                if output.suffix.lower() in SUFFIXES and output.absolute().parent.resolve() == place.resolve():
                    raise InputError(f"{output}: lies among the tables that it is made from; write it elsewhere")


def _check_writable(path: Path) -> None:
    """OSError where the folder of a file, links followed, cannot be written to: files are replaced as a whole."""
    try:
        kind = path.stat().st_mode
    except (OSError, ValueError):
        kind = stat.S_IFREG
    if stat.S_ISSOCK(kind):
        raise InputError(f"{path}: is a socket, which cannot be written into; give another name")
    if not stat.S_ISREG(kind):
        return
    folder = os.path.dirname(os.path.realpath(path))  # noqa: PTH120
    if Path(folder).is_dir() and not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, "its folder cannot be written to", str(path))


def _key(path: Path) -> object:
    """What two names of one file have in common; None for what may be written into twice, such as a pipe."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return os.path.realpath(path)
    if stat.S_ISREG(found.st_mode):
        return found.st_dev, found.st_ino
    return os.path.realpath(path) if stat.S_ISDIR(found.st_mode) else None
