"""Names in their Unicode forms: é is one letter, or an e and an accent, and both are one name."""

import os
import unicodedata
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def same(name: str) -> str:
    r"""Return the form in which names are compared (NFC).

    >>> same("cafe\u0301.jpg") == same("café.jpg")
    True
    """
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def composed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    r"""Return a column of names in the form in which they are compared.

    >>> composed(pa.chunked_array([["cafe\u0301"]]))[0].as_py() == "café"
    True
    """
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
