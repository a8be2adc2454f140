"""The files beside a photo that speak of it, whatever the case of their names: XMP, and the JSON of Google Photos."""

import os
import stat
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from photoplanet.errors import InputError
from photoplanet.metadata import takeout
from photoplanet.photos.formats import is_photo_name

ENDINGS = (".xmp", ".json")
_NONE: dict[str, list[str]] = {}


class Sidecars:
    """Finds the sidecars of photos; each folder is listed once, so keep one for a run and no longer.

    >>> folder = getfixture("tmp_path")
    >>> for name in ("a.jpg", "A.JPG.XMP", "b.jpg", "b.xmp"):
    ...     (folder / name).touch()
    >>> sidecars = Sidecars()
    >>> [Path(path).name for photo in ("a.jpg", "b.jpg") for path in sidecars.of(folder / photo)]
    ['A.JPG.XMP', 'b.xmp']
    """

    def __init__(self) -> None:
        self._folders: dict[str, tuple[dict[str, list[str]], frozenset[str]]] = {}

    def learn(self, folder: str, names: Iterable[str]) -> None:
        """Take the names of all files in a folder from whoever has listed it."""
        names = list(names)
        spoken: dict[str, list[str]] = {}
        for name in names:
            if name.lower().endswith(ENDINGS):
                spoken.setdefault(_key(name), []).append(name)
        self._folders[folder] = (spoken, frozenset(names)) if spoken else (_NONE, frozenset())

    def of(self, photo: str | Path) -> tuple[str, ...]:
        """Return the paths of a photo's sidecars, the first to be believed first: IMG.jpg.xmp, IMG.xmp, IMG.jpg.json.

        A sidecar whose name fits another file of the folder letter by letter is that one's.
        """
        folder, name = os.path.split(os.fspath(photo))
        if folder not in self._folders:
            try:
                self.learn(folder, os.listdir(folder or "."))  # noqa: PTH208
            except OSError:
                self.learn(folder, ())
        spoken, names = self._folders[folder]
        if not spoken:
            return ()
        stem = Path(name).stem
        found = [_pick(f"{name}.xmp", name, spoken, names)]
        if stem not in names:  # else it is that file's
            found.append(_pick(f"{stem}.xmp", name, spoken, names))
        found.append(next(filter(None, (_pick(each, name, spoken, names) for each in takeout.names(name))), None))
        return tuple(str(Path(folder, each)) for each in dict.fromkeys(found) if each)


def read(path: str | Path, most: int) -> bytes:
    """Return the bytes of a sidecar, at most `most`; InputError for what is not a regular file or cannot be read.

    >>> read("/no/such.xmp", 1)
    Traceback (most recent call last):
    photoplanet.errors.InputError: /no/such.xmp: No such file or directory
    """
    try:
        status = Path(path).stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for
            raise InputError(f"{path}: is not a regular file")
        if status.st_size > most:
            raise InputError(f"{path}: is over {most >> 20} MiB")
        with Path(path).open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None


def _pick(wanted: str, photo: str, spoken: dict[str, list[str]], names: frozenset[str]) -> str | None:
    """The file called like `wanted`: exactly, else in another case or Unicode form unless it is another photo's."""
    found = spoken.get(_key(wanted), [])
    if wanted in found:
        return wanted
    return next((name for name in sorted(found) if not _of_another(name, photo, names)), None)


def _of_another(sidecar: str, photo: str, names: frozenset[str]) -> bool:
    base = Path(sidecar).stem
    return any(name != photo and base in (name, Path(name).stem) and is_photo_name(name) for name in names)


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
