"""What an index of format 1 holds of its photos, so that an index of format 2 is made from it without reading them.

For one version only: remove this file, and where it is called, in 0.2. Format 1 kept what was computed in the folders
`photos/000000/`, `photos/000001/` …, and the words of photos in such folders below `words-…/`: a `.npy` for each array,
with the items of all photos of the shard one after the other, and `rows.json`: `format`, `settings`, `files` (array →
`bytes` and `crc32`) and `rows`, per photo [key, stamp, items, facts, error]. What the photos of a folder say about
themselves lay in a journal: a line of JSON with the options, then for each photo [address, stamp, record].
"""

import io
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from photoplanet.core import array_shards, regular
from photoplanet.core.array_shards import Damaged, Shard
from photoplanet.core.cache import Cache, Entry, Found
from photoplanet.errors import InputError
from photoplanet.index.build import cache_folder
from photoplanet.index.inspect import IndexOptions, sound
from photoplanet.retrieval.library.listing import TABLE

FORMAT = 1
COMPUTED = "photos"  # in the folder of a backend
JOURNAL = f".{TABLE}.journal"  # in the index
MAX_LINE = 1 << 16  # characters of it
MAX_ROWS_BYTES = 16 << 20  # of one rows.json
MAX_ITEMS = 1 << 20  # of one photo
MOST_MAPPED = 16  # shards at a time; those of the new cache are mapped beside them
MAX_SIDE = 1 << 20  # of a photo in pixels, the only facts that there are

_STRANGE = InputError, OSError, ValueError, LookupError, ArithmeticError, TypeError, AttributeError, RecursionError
Row = tuple[int, int, int, dict[str, int], str]  # shard, start, items, facts, error


class Photos:
    """The photos in a folder of shards of format 1; `fields` and `settings` as the backend has them.

    `damaged`: the shards that are not used, each with the reason. A folder that is not there holds no photo.

    >>> Photos(Path("/no/such/folder"), {"vectors": (np.int8, 256)}, {}).get("a.jpg", "8:1") is None
    True
    """

    def __init__(self, folder: Path, fields: Mapping[str, DTypeLike], settings: Mapping[str, Any]):
        self.damaged: list[str] = []
        self._kinds = {name: np.dtype(kind) for name, kind in fields.items()}
        kinds = {name: (kind.base, kind.shape or (1,)) for name, kind in self._kinds.items()}
        self._files = _Files(folder, kinds, MOST_MAPPED)
        self._rows: dict[tuple[str, str], Row] = {}
        self._shards: dict[int, Shard] = {}
        numbers = [int(path.name) for path in folder.glob("*") if path.name.isdecimal()]
        for number in sorted(numbers):
            try:
                shard, rows = self._read(number, folder / _name(number), dict(settings))
            except _STRANGE as error:
                what = " ".join(str(error).split())[:200] or type(error).__name__
                self.damaged.append(f"shard {_name(number)}: {what}")
                continue
            self._shards[number] = shard
            self._rows |= rows

    def get(self, key: str, stamp: str) -> Found | None:
        """Return what was computed from a photo, the InputError of one that could not be read, or None."""
        row = self._rows.get((key, stamp))
        if row is None:
            return None
        number, start, items, facts, error = row
        if error:
            return InputError(error)
        arrays = {name: np.empty((0, *kind.shape), kind.base) for name, kind in self._kinds.items()}
        if items:
            try:
                whole = self._files.read(number, self._shards[number])
            except Damaged:
                return None
            for name, kind in self._kinds.items():
                arrays[name] = whole[name][start : start + items].reshape(items, *kind.shape)
        return Entry(arrays, dict(facts) or None)

    def _read(self, number: int, folder: Path, settings: dict[str, Any]) -> tuple[Shard, dict[tuple[str, str], Row]]:
        """A shard and its rows, by key and stamp; an exception for one that is not as it was written."""
        path = folder / "rows.json"
        about = json.loads(regular.read_regular(path, MAX_ROWS_BYTES))
        if about["format"] != FORMAT or about["settings"] != settings:
            raise InputError("it was computed with other settings")
        rows, start = {}, 0
        for key, stamp, items, facts, error in about["rows"]:
            numbers = [items, *facts.values()]
            if not all(isinstance(text, str) for text in (key, stamp, error)) or {*map(type, numbers)} != {int}:
                raise InputError("its rows are not sound")
            if not 0 <= items <= MAX_ITEMS or not all(0 < side <= MAX_SIDE for side in facts.values()):
                raise InputError("its rows are not sound")
            rows[key, stamp] = (number, start, items, facts, error)
            start += items
        files = {}
        for name in self._kinds:
            written = (folder / f"{name}.npy").stat().st_mtime_ns
            changed = written > path.stat().st_mtime_ns  # it was written after its rows: look at every byte
            files[name] = (about["files"][name]["bytes"], about["files"][name]["crc32"], -1 if changed else written)
        shard = Shard(start, files)
        self._files.verify(number, shard)
        return shard, rows


class _Files(array_shards.Shards):
    """The arrays of format 1: each shard has a folder."""

    def _path(self, number: int, name: str) -> Path:
        return self.folder / _name(number) / f"{name}.npy"


def manifest(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest of an older format as a present one whose backends all wait to be taken over, in `older`.

    >>> manifest({"format": 1, "source": "../album", "kinds": {"local": {"photos": 3}}})
    {'kinds': {}, 'older': {'local': {'photos': 3}}, 'source': '../album'}
    """
    return {"kinds": {}, "older": found["kinds"], "source": found.get("source")}


def facts_of(manifest: dict[str, Any], name: str) -> dict[str, Any]:
    """Take the facts of a backend out of a manifest's `older`, empty where there are none.

    >>> present = manifest({"format": 1, "kinds": {"local": {"photos": 3}}})
    >>> facts_of(present, "local"), present
    ({'photos': 3}, {'kinds': {}, 'source': None})
    """
    found: dict[str, Any] = manifest.get("older", {}).pop(name, {})
    if not manifest.get("older"):
        manifest.pop("older", None)
    return found


def take_over_journal(index: Path) -> None:
    """Let the cache of a folder's list have what the journal says of photos, so that they are not looked at again.

    >>> take_over_journal(Path("/no/such/index"))
    """
    if not (index / JOURNAL).is_file():
        return
    fingerprint = IndexOptions().fingerprint
    with Cache(cache_folder(index / TABLE), fingerprint, sound=sound) as cache:
        found = cache.fill(
            _records(index / JOURNAL),
            lambda lines: (Entry(record=record) for _, _, record in lines),
            lambda line: (line[0], line[1]),
        )
        for _ in found:
            pass


def is_there(home: Path) -> bool:
    """Return whether the folder of a backend holds something of format 1.

    >>> is_there(Path("/no/such/index/local"))
    False
    """
    return (home / COMPUTED).is_dir()


def remove(home: Path) -> None:
    """Remove what format 1 kept in the folder of a backend, and its journal.

    >>> home = getfixture("tmp_path") / "local"
    >>> (home / "photos/000000").mkdir(parents=True)
    >>> remove(home)
    >>> is_there(home)
    False
    """
    for path in (*home.glob("words-*/*"), home / COMPUTED):  # the shards of words first: `is_there` holds until the end
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
    (home.parent / JOURNAL).unlink(missing_ok=True)


def _records(journal: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Address, stamp and record of the photos that could be read; the others are tried again."""
    with io.TextIOWrapper(regular.open_regular(journal), encoding="utf-8", errors="surrogateescape") as file:
        while text := file.readline(MAX_LINE):
            try:
                address, stamp, record = json.loads(text)
                good = isinstance(address, str) and isinstance(stamp, str) and sound(record) and "row" in record
            except (ValueError, TypeError, RecursionError):  # the first line, and one cut off by a kill
                continue
            if good:
                yield address, stamp, record


def _name(number: int) -> str:
    return f"{number:06d}"
