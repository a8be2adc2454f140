"""The files beside a photo that speak of it, whatever the case of their names: XMP, Google's JSON, a drone's SRT."""

import os
import stat
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from photoplanet.errors import InputError
from photoplanet.metadata import takeout
from photoplanet.photos.formats import VIDEO, is_photo_name

CAPTIONS = ".srt"  # of a film, by drones
ENDINGS = (".xmp", ".json", CAPTIONS)


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
        self._folders: dict[str, _Folder | None] = {}

    def learn(self, folder: str, names: Iterable[str]) -> None:
        """Take the names of all files in a folder from whoever has listed it."""
        names = list(names)
        spoken = [name for name in names if name.lower().endswith(ENDINGS) and _of_a_photo(name)]
        self._folders[folder] = _Folder(names, spoken) if spoken else None

    def of(self, photo: str | Path) -> tuple[str, ...]:
        """Return the paths of a photo's sidecars, the first to be believed first: IMG.jpg.xmp, IMG.xmp, IMG.jpg.json.

        A sidecar whose name fits another photo of the folder letter by letter is that one's.
        """
        folder, name = os.path.split(os.fspath(photo))
        if folder not in self._folders:
            try:
                self.learn(folder, os.listdir(folder or "."))  # noqa: PTH208
            except OSError:
                self.learn(folder, ())
        inside = self._folders[folder]
        return () if inside is None else tuple(str(Path(folder, each)) for each in inside.beside(name))

    def named(self, wanted: Path, photo: str | Path) -> Path:
        """Return the sidecar of a photo that is called `wanted` in whatever case; `wanted` where there is none.

        >>> folder = getfixture("tmp_path")
        >>> (folder / "IMG_1.JPG.XMP").touch()
        >>> Sidecars().named(folder / "IMG_1.JPG.xmp", folder / "IMG_1.JPG").name
        'IMG_1.JPG.XMP'
        """
        key = _key(wanted.name)
        return next((Path(path) for path in self.of(photo) if _key(Path(path).name) == key), wanted)


class _Folder:
    """The names in a folder that has sidecars."""

    def __init__(self, names: list[str], spoken: list[str]):
        self._spoken: dict[str, list[str]] = {}
        for name in spoken:
            self._spoken.setdefault(_key(name), []).append(name)
        self._google = any(name.lower().endswith(".json") for name in spoken)
        self._photos = {name for name in names if is_photo_name(name)}
        self._stems = {Path(name).stem for name in self._photos}

    def beside(self, photo: str) -> list[str]:
        stem = Path(photo).stem
        found = [self._pick(f"{photo}.xmp", photo, stem)]
        if stem not in self._photos:  # else it is that one's
            found.append(self._pick(f"{stem}.xmp", photo, stem))
        if photo.lower().endswith(VIDEO.suffixes):
            found.append(self._pick(f"{stem}{CAPTIONS}", photo, stem))
        if self._google:
            found.append(next(filter(None, (self._pick(name, photo, stem) for name in takeout.names(photo))), None))
        return [name for name in dict.fromkeys(found) if name]

    def _pick(self, wanted: str, photo: str, stem: str) -> str | None:
        """The file called like `wanted`: exactly, else in another case or Unicode form unless it is another photo's."""
        found = self._spoken.get(_key(wanted), [])
        if wanted in found:
            return wanted
        return next((name for name in sorted(found) if not self._of_another(Path(name).stem, photo, stem)), None)

    def _of_another(self, base: str, photo: str, stem: str) -> bool:
        return base not in (photo, stem) and (base in self._photos or base in self._stems)


def read(path: str | Path, most: int, whole: bool = True) -> bytes:
    """Return the bytes of a sidecar; InputError for what is not a regular file or cannot be read, and for over `most`.

    Unless it need not be `whole`: then what is over `most` is left.

    >>> read("/no/such.xmp", 1)
    Traceback (most recent call last):
    photoplanet.errors.InputError: /no/such.xmp: No such file or directory
    """
    try:
        status = Path(path).stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for
            raise InputError(f"{path}: is not a regular file")
        if status.st_size > most and whole:
            raise InputError(f"{path}: is over {most >> 20} MiB")
        with Path(path).open("rb") as file:
            return file.read(min(most, status.st_size + 1))  # Python takes memory for as much as is asked for
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None


def _of_a_photo(name: str) -> bool:
    """Whether the name of a sidecar can lead to a photo; a data set's 00001.json, a million in a folder, cannot."""
    base, _, ending = name.rpartition(".")
    return ending.lower() in ("xmp", CAPTIONS[1:]) or "." in base


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
