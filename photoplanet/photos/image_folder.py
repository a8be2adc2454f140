"""The photos of a list found in a folder, where the list has ids and no paths (MP-16, OSV-5M, Im2GPS and the like)."""

import os
from collections.abc import Sequence
from pathlib import Path

from photoplanet.core.names import same
from photoplanet.errors import InputError
from photoplanet.photos.formats import SUFFIXES


class ImageFolder:
    """Every file in `root` and below, found again by path, id, or id with a photo's suffix.

    Memory: about 300 bytes a file. InputError where `root` is not a folder.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Path(folder, "123.jpg").touch()
    ...     ImageFolder(folder).find("123") == str(Path(folder, "123.jpg"))
    True
    """

    def __init__(self, root: str | Path):
        self.root = Path(root).absolute()
        if not self.root.is_dir():
            raise InputError(f"{root}: no such folder; --images takes the folder that holds the photos")
        self._by_path: dict[str, str] = {}
        self._by_name: dict[str, str] = {}
        self._again: dict[str, list[str]] = {}  # further files of names that came before
        for directory, folders, names in os.walk(self.root):
            folders.sort()
            for name in sorted(names):
                full = Path(directory) / name
                self._by_path.setdefault(same(full.relative_to(self.root).as_posix()), str(full))
                if self._by_name.setdefault(same(name), str(full)) != str(full):
                    self._again.setdefault(same(name), []).append(str(full))

    def find(self, photo_id: str, path: str | None = None) -> str | None:
        """Return the file of a photo, or None: by its path below `root`, then by the bare name wherever it is.

        Of several files of one name, the one whose folders the path names too; None where that does not tell.
        """
        known = same(str(photo_id))
        names = [same(str(path or photo_id)), known, *(f"{known}{suffix}" for suffix in SUFFIXES)]
        if found := next((self._by_path[name] for name in names if name in self._by_path), None):
            return found
        for name in names:
            parts = name.replace("\\", "/").split("/")
            if parts[-1] in self._by_name:
                return self._most_alike(parts)
        return None

    def _most_alike(self, parts: list[str]) -> str | None:
        """The file of a name that shares the most folders with a path, None for two that do so equally."""
        first, others = self._by_name[parts[-1]], self._again.get(parts[-1])
        if others is None:
            return first
        ranked = sorted(((_shared(Path(same(file)).parts, parts), file) for file in (first, *others)), reverse=True)
        return None if ranked[0][0] == ranked[1][0] else ranked[0][1]


def _shared(one: Sequence[str], two: Sequence[str]) -> int:
    """How many parts two paths share, counted from their ends."""
    return next((at for at, (a, b) in enumerate(zip(one[::-1], two[::-1], strict=False)) if a != b), len(two))
