"""The photos of a list found in a folder, where the list has ids and no paths (MP-16, OSV-5M, Im2GPS and the like)."""

import os
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
        for directory, folders, names in os.walk(self.root):
            folders.sort()
            for name in sorted(names):
                full = Path(directory) / name
                self._by_path.setdefault(same(full.relative_to(self.root).as_posix()), str(full))
                self._by_name.setdefault(same(name), str(full))  # the first of equal names

    def find(self, photo_id: str, path: str | None = None) -> str | None:
        """Return the file of a photo, or None: by its path below `root`, then by the bare name wherever it is."""
        known = same(str(photo_id))
        names = [same(str(path or photo_id)), known, *(f"{known}{suffix}" for suffix in SUFFIXES)]
        found = next((self._by_path[name] for name in names if name in self._by_path), None)
        bare = [name.replace("\\", "/").rsplit("/", 1)[-1] for name in names]
        return found or next((self._by_name[name] for name in bare if name in self._by_name), None)
