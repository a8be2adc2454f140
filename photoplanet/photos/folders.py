"""Walking folders of photos: the one order and the one rule on links, for whoever looks for photos in them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from photoplanet.core.names import natural_key


@dataclass(frozen=True)
class Folder:
    """A folder and what is in it, folders too, in natural order of names; `fault`: why it could not be read."""

    path: Path
    entries: list[os.DirEntry[str]] = field(default_factory=list)
    fault: str | None = None


def walk(root: str | Path, links: bool = True) -> Iterator[Folder]:
    """Yield a folder and all below it, each before those in it; hidden folders are passed over.

    With `links`, links to folders are followed; a folder that was there before by another name is not visited again.

    >>> folder = getfixture("tmp_path")
    >>> for name in ("IMG_10.jpg", "IMG_9.jpg"):
    ...     (folder / name).touch()
    >>> [entry.name for each in walk(folder) for entry in each.entries]
    ['IMG_9.jpg', 'IMG_10.jpg']
    """
    visited: set[tuple[int, int]] = set()
    waiting = [Path(root)]
    while waiting:
        folder = waiting.pop()
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in visited:
                continue
            visited.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: natural_key(entry.name))
        except OSError as error:
            yield Folder(folder, fault=error.strerror or str(error))
            continue
        yield Folder(folder, entries)
        inner = [entry for entry in reversed(entries) if is_open_folder(entry) and (links or not entry.is_symlink())]
        waiting += [Path(entry.path) for entry in inner]


def is_open_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder that is looked into: one that is not hidden, also behind a link.

    >>> (getfixture("tmp_path") / "trip").mkdir()
    >>> [is_open_folder(entry) for entry in os.scandir(getfixture("tmp_path"))]
    [True]
    """
    try:
        return not entry.name.startswith(".") and entry.is_dir()
    except OSError:
        return False
