"""What a killed process leaves: temporary files and folders, whose names say who wrote them, and their removal."""

import hashlib
import os
import re
import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path

from photoplanet.core import processes

TIDY_SECONDS = 3600.0  # between two looks at one folder for what killed processes left
OLD_SECONDS = 86400.0  # a temporary file of another machine is abandoned when nothing was written for so long
SWAP_SECONDS = 60.0  # a folder of another machine that was moved out of the way, and nothing came, is put back
_MOST_NAME = 150  # bytes of the target's name in a temporary name: with the rest it stays below 255
_OURS = re.compile(
    r"\.(?P<name>.+)\.(?P<pid>\d{1,10})-(?P<host>[0-9a-f]{8})-(?P<mark>[0-9a-f]{4})?[0-9a-f]{8}\.photoplanet-(?P<kind>part|old)",
    re.DOTALL,
)
_SHORTENED = re.compile(r".+~[0-9a-f]{8}", re.DOTALL)

_live: set[str] = set()  # temporary paths that this process is writing
_tidied: dict[str, float] = {}


def temporary(target: Path, kind: str = "part") -> Path:
    """Return a new temporary path beside a target, whose name says who writes it; `finished` when it is gone again.

    `kind`: "part" for what is being written, "old" for a folder that is out of the way while another takes its place.

    >>> path = temporary(Path("/photos/table.csv"))
    >>> path.name.startswith(".table.csv."), is_ours(path.name)
    (True, True)
    >>> finished(path)
    """
    who = f"{os.getpid()}-{processes.host()}-{processes.mark(os.getpid())}{secrets.token_hex(4)}"
    name = f".{_short(target.name)}.{who}.photoplanet-{kind}"
    fresh = target.with_name(name)
    _live.add(str(fresh))
    return fresh


def finished(*paths: Path) -> None:
    """Say that this process writes temporary paths no more.

    >>> finished(Path("/photos/none"))
    """
    _live.difference_update(map(str, paths))


def is_ours(name: str) -> bool:
    """Whether a name is that of a temporary file or folder of photoplanet.

    >>> is_ours(".table.csv.part")
    False
    """
    return name.startswith(".") and _OURS.fullmatch(name) is not None


def empty(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder is not there or holds nothing, what photoplanet left there aside.

    >>> empty(getfixture("tmp_path"))
    True
    """
    try:
        return all(is_ours(each.name) for each in Path(folder).iterdir())
    except FileNotFoundError:
        return True


def tidy(folder: str | os.PathLike[str], again: bool = False) -> None:
    """Remove from a folder what killed processes left there; a look an hour, or `again` now.

    Files of a process that lives stay, and files of other machines while they are younger than a day. A folder that
    was out of the way when its process was killed comes back, unless the new one is in its place.

    >>> tidy(getfixture("tmp_path"))
    """
    key, now = os.path.realpath(folder), time.monotonic()
    if not again and now - _tidied.get(key, -TIDY_SECONDS) < TIDY_SECONDS:
        return
    if len(_tidied) > 4096:
        _tidied.clear()
    _tidied[key] = now
    with suppress(OSError), os.scandir(key) as entries:
        for entry in entries:
            found = _OURS.fullmatch(entry.name) if entry.name.startswith(".") else None
            if found and _abandoned(entry, found):
                _clear(Path(entry.path), found)


def recover(target: str | os.PathLike[str]) -> bool:
    """Put back a folder that was out of the way when a process was killed; whether there is something at `target` now.

    For readers: who finds nothing under a name asks this before saying so.

    >>> recover(getfixture("tmp_path") / "model")
    False
    """
    home = Path(os.path.realpath(target))
    if home.exists():
        return True
    with suppress(OSError), os.scandir(home.parent) as entries:
        for entry in entries:
            found = _OURS.fullmatch(entry.name) if entry.name.startswith(".") else None
            if found and found["kind"] == "old" and found["name"] == _short(home.name) and _abandoned(entry, found):
                with suppress(OSError):
                    Path(entry.path).rename(home)
                    break
    return home.exists()


def _short(name: str) -> str:
    """A name that leaves room for the rest: its beginning, and a mark of the whole."""
    if len(os.fsencode(name)) <= _MOST_NAME:
        return name
    short = name
    while len(os.fsencode(short)) > _MOST_NAME:
        short = short[:-1]
    return f"{short}~{hashlib.blake2b(os.fsencode(name), digest_size=4).hexdigest()}"


def _abandoned(entry: os.DirEntry[str], found: re.Match[str]) -> bool:
    """Whether nobody writes a temporary file any more."""
    if found["host"] != processes.host():
        with suppress(OSError):
            status, now = entry.stat(follow_symlinks=False), time.time()
            if found["kind"] == "old":
                return now - status.st_ctime > SWAP_SECONDS
            return now - status.st_mtime > OLD_SECONDS
        return False
    pid = int(found["pid"])
    if pid == os.getpid():
        return entry.path not in _live
    if not processes.runs(pid):
        return True
    alive = processes.mark(pid)  # after a restart of the machine, or in a container, another process has its number
    return found["mark"] is not None and "0000" not in (alive, found["mark"]) and alive != found["mark"]


def _clear(path: Path, found: re.Match[str]) -> None:
    """Remove what a killed process left, or put back the folder that it was about to swap."""
    with suppress(OSError):
        if found["kind"] == "old":
            home = path.with_name(found["name"])
            if _SHORTENED.fullmatch(found["name"]) and len(os.fsencode(found["name"])) > _MOST_NAME:
                if not any(_short(each.name) == found["name"] for each in path.parent.iterdir()):
                    return  # `recover` knows the whole name
            elif not home.exists():
                path.rename(home)
                return
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
