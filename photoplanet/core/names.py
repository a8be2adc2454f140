"""Names of files, which may hold any bytes, in any Unicode form: as text, compared, found on disk, and in order.

é is one letter, or an e and an accent; both are one name wherever names meet.
"""

import os
import re
import unicodedata
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_DIGITS = re.compile("([0-9]+)")
_ENDING = re.compile(r"(?<=[^/.])\.[a-z][a-z0-9]{1,4}$")


def readable(name: str) -> str:
    r"""Return a name as valid Unicode: bytes that are not UTF-8 are written as \xe9, so that two names stay two.

    >>> readable("café.jpg"), readable("caf\udce9.jpg")
    ('café.jpg', 'caf\\xe9.jpg')
    """
    try:
        name.encode()
        return name
    except UnicodeEncodeError:
        pass
    try:
        return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # a surrogate that stands for no byte
        return name.encode("utf-8", "backslashreplace").decode()


def natural_key(name: str) -> tuple[list[Any], str]:
    """Return what names are sorted by so that IMG_8 comes before IMG_10, IMG_8 before IMG_8-1, small beside capitals.

    Digits of every script count as numbers.

    >>> sorted(["IMG_10.jpg", "img_9-1.jpg", "img_9.jpg", "IMG_8.jpg"], key=natural_key)
    ['IMG_8.jpg', 'img_9.jpg', 'img_9-1.jpg', 'IMG_10.jpg']
    """
    plain = name if name.isascii() else "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in name)
    parts = _DIGITS.split(_ENDING.sub("", plain.casefold()))
    return [(len(part.lstrip("0")), part.lstrip("0")) if at % 2 else part for at, part in enumerate(parts)], name


def same(name: str) -> str:
    r"""Return the form in which names are compared (NFC).

    >>> same("cafe\u0301.jpg") == same("café.jpg")
    True
    """
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def composed(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    r"""Return a column of names in the form in which they are compared.

    >>> import pyarrow as pa
    >>> composed(pa.chunked_array([["cafe\u0301"]]))[0].as_py() == "café"
    True
    """
    import pyarrow.compute as pc

    if pc.all(pc.string_is_ascii(column)).as_py() is not False:
        return column
    normal: Any = pc.utf8_normalize(column, form="NFC")
    return normal


class OnDisk:
    r"""Finds files under the name that they have on disk, whatever the Unicode form in which they are asked for.

    >>> folder = getfixture("tmp_path")
    >>> (folder / "cafe\u0301.jpg").touch()
    >>> OnDisk().find(f"{folder}/café.jpg").endswith("cafe\u0301.jpg")
    True
    """

    def __init__(self) -> None:
        self._listed: dict[Path, dict[str, str]] = {}  # folder → name as it is compared → name on disk
        self._found: dict[Path, Path] = {}

    def find(self, path: str) -> str:
        """Return the path as it is on disk (of the shard, for `shard.tar#member`); `path` where there is no such."""
        head, mark, member = path.partition(".tar#")
        whole = head + ".tar" if mark else path
        if whole.isascii() or os.path.lexists(whole):
            return path
        return str(self._resolved(Path(whole))) + (f"#{member}" if mark else "")

    def _resolved(self, path: Path) -> Path:
        if path.parent == path or str(path).isascii() or os.path.lexists(path):
            return path
        there = self._found.get(path.parent)
        if there is None:
            there = self._found[path.parent] = self._resolved(path.parent)
        if there not in self._listed:
            names = []
            with suppress(OSError, ValueError):
                names = sorted(entry.name for entry in there.iterdir() if not entry.name.isascii())
            self._listed[there] = {same(name): name for name in names}
        return there / self._listed[there].get(same(path.name), path.name)
