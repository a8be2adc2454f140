"""What a user names (files, folders, shards, '-', lists of names) → the photos, and where results must not go."""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from photoplanet.core import outputs as targets
from photoplanet.core import regular
from photoplanet.core.names import OnDisk, readable
from photoplanet.core.progress import Say, silent
from photoplanet.errors import InputError
from photoplanet.photos import decode, folders, formats, shards
from photoplanet.photos.formats import STILL_SUFFIXES, SUFFIXES, is_photo_name

MAX_LIST_BYTES = 1 << 30
STDIN = "stdin"


def sources(names: Iterable[str], files_from: str | None = None, say: Say = silent) -> list[str | bytes]:
    """Return photos (paths, `shard.tar#member`, bytes for '-') in the order named, folders and shards opened out.

    `files_from`: a file of names, one a line; "-" for stdin. A folder holds other things too, so that only files which
    are called like photos count there, and `say` gets a line on the others; a file that is named itself is always
    tried. InputError where nothing is named, a folder or shard holds no photo, or both '-' and a list come from stdin.

    >>> sources(["IMG_1.jpg", "00000.tar#2.jpg"])
    ['IMG_1.jpg', '00000.tar#2.jpg']
    """
    wanted = list(names)
    if files_from == "-" and "-" in wanted:
        raise InputError("stdin holds either one photo ('-') or a list of names (--files-from -); give one of them")
    if files_from is not None:
        wanted += _listed(files_from)
    if not wanted:
        raise InputError("no photo is named; give files, folders, shards, '-' for stdin, or --files-from FILE")
    disk = OnDisk()  # a list may spell a name in another Unicode form
    return [photo for name in wanted for photo in _opened_out(disk.find(name), say)]


def name_of(source: str | bytes) -> str:
    r"""Return what a result calls its photo: valid Unicode, whatever bytes the file's name is made of.

    >>> name_of("IMG_1.jpg"), name_of(b"bytes of a photo")
    ('IMG_1.jpg', 'stdin')
    """
    return STDIN if isinstance(source, bytes) else readable(source)


def check_outputs(outputs: Iterable[str | Path | None], sources: Iterable[str | bytes | None]) -> None:
    """Raise InputError, before any work, for an output that is one of the sources, named twice, or has no folder.

    >>> check_outputs(["answers.jpg"], [])
    Traceback (most recent call last):
    photoplanet.errors.InputError: answers.jpg: is called like a photo, which results never overwrite; give another name
    """
    given = [Path(output) for output in outputs if output is not None]
    for output in given:
        if not output.absolute().parent.is_dir():
            raise InputError(f"{output}: its folder does not exist; make it first")
        if output.suffix.lower() in SUFFIXES:
            raise InputError(f"{output}: is called like a photo, which results never overwrite; give another name")
    files = (source for source in sources if isinstance(source, str))
    targets.check(given, (name for file in files for name in (file, (shards.split_address(file) or (file,))[0])))


def _listed(files_from: str) -> list[str]:
    """The lines of a file of names (or of stdin), without empty ones; bytes that are not UTF-8 are kept as they are."""
    try:
        if files_from == "-":
            data = sys.stdin.buffer.read(MAX_LIST_BYTES + 1)
        else:
            with regular.open_stream(files_from) as file:
                data = file.read(MAX_LIST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{files_from}: {error.strerror or error}; give a text file of names, one a line") from None
    if len(data) > MAX_LIST_BYTES:
        raise InputError(f"{files_from}: over {MAX_LIST_BYTES >> 30} GiB of names; split the list")
    lines = [os.fsdecode(line.rstrip(b"\r")) for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
    return [line for line in lines if line]


def _opened_out(name: str, say: Say) -> Iterator[str | bytes]:
    if name == "-":
        data = sys.stdin.buffer.read(decode.MAX_BYTES + 1)
        if not data:
            raise InputError("stdin is empty; pipe one photo into '-'")
        yield data
        return
    if "\0" in name:
        raise InputError(f"{name[:60]!r}: holds a null byte, so it is not a file's name; write lists one name a line")
    path = Path(name)
    if path.is_dir():
        found = _inside(path, say)
        what = "no photo in this folder or below"
    elif path.suffix.lower() == ".tar" and path.is_file():
        found = [f"{name}#{member}" for member, _, _ in shards.members(path) if is_photo_name(member, STILL_SUFFIXES)]
        what = "no photo in this shard"
    else:
        yield name
        return
    if not found:
        raise InputError(f"{name}: {what} ({', '.join(sorted(SUFFIXES))})")
    yield from found


def _inside(folder: Path, say: Say) -> list[str]:
    """All photos below a folder, in the order of `folders.walk`; the others are counted.

    Links to folders are passed over: what is written beside photos must not leave the folder that was named.
    """
    found: list[str] = []
    others: Counter[str] = Counter()
    for inside in folders.walk(folder, links=False):
        if inside.fault is not None:
            others["unreadable folder"] += 1
        for entry in inside.entries:
            if folders.is_open_folder(entry):
                others["link to a folder"] += entry.is_symlink()
                continue
            why = formats.why_not(entry.name)
            if why is None:
                found.append(entry.path)
            elif why not in (formats.BESIDE, formats.HIDDEN) and not entry.name.lower().endswith(".tar"):
                others[why] += 1
    if passed := ", ".join(f"{why}: {count:,}" for why, count in sorted(others.items()) if count):
        say(f"{folder}: passed over {passed}")
    return found
