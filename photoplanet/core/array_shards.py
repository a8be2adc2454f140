"""Arrays on disk in shards: `.npy` files that are written whole and then only read, mapped into memory."""

import os
import re
import threading
import zlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from photoplanet.core import atomic, leftovers
from photoplanet.errors import InputError

MOST_MAPPED = 256  # shards that are mapped at a time: each map holds an open file

Array = NDArray[Any]
Arrays = Mapping[str, Array]
_FILE = re.compile(r"(\d{8,})-\w+\.npy")


class Damaged(InputError):
    """A shard is not as it was written; the message says in which way."""


@dataclass(frozen=True)
class Shard:
    """What is known of a shard: how many items each of its arrays has; per file its bytes, CRC-32 and time (ns)."""

    items: int
    files: Mapping[str, tuple[int, int, int]]

    @property
    def bytes(self) -> int:
        """Bytes on disk."""
        return sum(size for size, _, _ in self.files.values())


class Shards:
    """The shards of one folder, by number; `fields`: array name → dtype of an item, `(np.float16, 256)` for vectors.

    `most_mapped`: how many shards are mapped at a time, by default `MOST_MAPPED`.

    >>> shards = Shards(getfixture("tmp_path"), {"vector": (np.float16, 3)})
    >>> about = shards.write(1, {"vector": [np.zeros((2, 3), np.float16), np.ones((1, 3), np.float16)]})
    >>> shards.read(1, about)["vector"][2]
    array([1., 1., 1.], dtype=float16)
    """

    def __init__(self, folder: Path, fields: Mapping[str, DTypeLike], most_mapped: int | None = None):
        self.folder, self._most_mapped = folder, most_mapped or MOST_MAPPED
        self.fields = {name: np.dtype(kind) for name, kind in fields.items()}
        self._maps: OrderedDict[int, dict[str, Array]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, arrays: Arrays) -> int:
        """Return how many items a photo's arrays hold; ValueError unless they are those of `fields`."""
        if set(arrays) != set(self.fields):
            raise ValueError(f"arrays {sorted(arrays)}, not {sorted(self.fields)}")
        counts = {len(array) if array.ndim else -1 for array in arrays.values()} or {0}
        for name, kind in self.fields.items():
            array = arrays[name]
            if array.dtype != kind.base or array.shape[1:] != kind.shape or len(counts) > 1:
                raise ValueError(f"{name}: {array.dtype} {array.shape}, not {kind.base} (items, {kind.shape})")
        return counts.pop()

    def write(self, number: int, parts: Mapping[str, Sequence[Array]]) -> Shard:
        """Write a shard, each of its arrays in parts; durable when it returns."""
        files, items = {}, 0
        self._maps.pop(number, None)
        for name, kind in self.fields.items():
            whole = np.ascontiguousarray(np.concatenate(parts[name]), kind.base)
            with atomic.open_replacing(self._path(number, name), "wb", durable=True) as file:
                np.save(file, whole, allow_pickle=False)
            status = self._path(number, name).stat()
            files[name] = (status.st_size, self._crc32(number, name), status.st_mtime_ns)
            items = len(whole)
        return Shard(items, files)

    def verify(self, number: int, about: Shard) -> None:
        """Raise `Damaged` unless the files are as they were written; their bytes are read where their time differs."""
        try:
            for name in self.fields:
                size, checksum, written = map(int, about.files[name])
                status = self._path(number, name).stat()
                if status.st_size != size:
                    raise Damaged(f"{status.st_size:,} bytes in {self._path(number, name).name}, not {size:,}")
                if status.st_mtime_ns != written and self._crc32(number, name) != checksum:
                    raise Damaged(f"the checksum of {self._path(number, name).name} differs")
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise Damaged(" ".join(str(error).split())[:200] or type(error).__name__) from None

    def read(self, number: int, about: Shard) -> dict[str, Array]:
        """Return a shard's arrays, mapped, read-only; `Damaged` when they are gone or unlike `fields`."""
        with self._lock:
            if number in self._maps:
                self._maps.move_to_end(number)
                return self._maps[number]
            found = {name: self._map(number, name, about.items) for name in self.fields}
            self._maps[number] = found
            if len(self._maps) > self._most_mapped:
                self._maps.popitem(last=False)
            return found

    def remove(self, numbers: Sequence[int]) -> None:
        """Remove shards; files that somebody has open (on Windows) stay until the next `remove_others`."""
        with self._lock:
            for number in numbers:
                self._maps.pop(number, None)
                for name in self.fields:
                    self._unlink(self._path(number, name))

    def remove_others(self, known: Mapping[int, Shard]) -> None:
        """Remove the files of shards that are not `known`: a killed process left them."""
        leftovers.tidy(self.folder)
        for path in self.folder.glob("*.npy"):
            found = _FILE.fullmatch(path.name)
            if found and int(found[1]) not in known:
                self._unlink(path)

    def _path(self, number: int, name: str) -> Path:
        return self.folder / f"{number:08d}-{name}.npy"

    def _crc32(self, number: int, name: str) -> int:
        found = 0
        with self._path(number, name).open("rb") as file:
            while chunk := file.read(1 << 20):
                found = zlib.crc32(chunk, found)
        return found

    def _map(self, number: int, name: str, items: int) -> Array:
        path, kind = self._path(number, name), self.fields[name]
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError, SyntaxError, OverflowError) as error:
            raise Damaged(f"{path.name}: {' '.join(str(error).split())[:200]}") from None
        if array.dtype != kind.base or array.shape != (items, *kind.shape):
            raise Damaged(f"{path.name}: {array.dtype} {array.shape}, not {kind.base} {(items, *kind.shape)}")
        return np.asarray(array)  # a plain array over the map: slices of it are ten times as fast

    @staticmethod
    def _unlink(path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError:
            if os.name != "nt":
                raise


class Rows:
    """One array's rows for many photos, wherever they lie; index it like an array: `rows[3]`, `rows[a:b]`, `rows[ids]`.

    `shape` (n, …), `dtype`; `known` bool (n,): the photos that have a row, the others read as zeros. Nothing is in
    memory but 12 bytes a photo. Threads may read at the same time.
    """

    def __init__(
        self,
        shards: Shards,
        about: Mapping[int, Shard],
        name: str,
        numbers: NDArray[np.int32],
        starts: NDArray[np.int64],
    ):
        kind = shards.fields[name]
        self.dtype, self.shape = kind.base, (len(numbers), *kind.shape)
        self.known = numbers > 0
        self._shards, self._about, self._name = shards, about, name
        self._numbers, self._starts = numbers, starts

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, rows: Any) -> Array:
        numbers, starts = np.atleast_1d(self._numbers[rows]), np.atleast_1d(self._starts[rows])
        found = np.zeros((len(numbers), *self.shape[1:]), self.dtype)
        order = np.argsort(numbers, kind="stable")
        ends = np.flatnonzero(np.diff(numbers[order], append=-1)) + 1
        begin = 0
        for end in ends.tolist():
            here, begin = order[begin:end], end
            number = int(numbers[here[0]])
            if number:
                found[here] = self._shards.read(number, self._about[number])[self._name][starts[here]]
        single = np.ndim(self._numbers[rows]) == 0
        return found[0] if single else found
