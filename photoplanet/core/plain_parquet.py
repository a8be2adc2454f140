"""Small Parquet files in their plainest form, read without Arrow, which costs 170 MB on disk and 40 ms at every start.

Plain is: numbers only, none missing, as they lie in memory, neither compressed nor coded (`WRITE` makes Arrow write
that). Anything else is left to Arrow, which also says what is wrong with a damaged file.
Source: the format's own description (parquet.thrift and Thrift's compact protocol).
"""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.core import regular

WRITE: Mapping[str, Any] = {"compression": "none", "use_dictionary": False, "data_page_version": "1.0"}
"""What `pyarrow.parquet.write_table` is given so that `read` reads it."""

_MARK = b"PAR1"
_LEAST_BYTES = 12  # the mark, the length of the facts at the end, the mark again
_MOST_BYTES = 1 << 30  # of a file; larger ones may wait for Arrow
_MOST_FACTS, _MOST_HEADER = 1 << 22, 1 << 12  # bytes of what a file says of itself, and a page
_DEEPEST = 12  # of structures in structures; the format has seven
_TYPES = {1: "<i4", 2: "<i8", 4: "<f4", 5: "<f8"}  # Parquet's physical types of numbers
_UNSIGNED_64 = 14  # its converted type
_REQUIRED, _DATA_PAGE, _PLAIN, _UNCOMPRESSED = 0, 0, 0, 0
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 12


class Table(NamedTuple):
    """Columns by name, in order, all of one length, and what the file says of itself."""

    columns: dict[str, NDArray[Any]]
    metadata: dict[bytes, bytes]


class _NotPlainError(Exception):
    """Something that is left to Arrow."""


def read(path: Path) -> Table | None:
    """Return a file's columns; None where it is not plain, or damaged.

    OSError for one that cannot be opened, and InputError for what is not a regular file.

    >>> import pyarrow as pa, pyarrow.parquet as pq
    >>> path = getfixture("tmp_path") / "a.parquet"
    >>> fields = [pa.field("x", pa.float64(), nullable=False)]
    >>> pq.write_table(pa.table({"x": [1.5, 2.5]}, schema=pa.schema(fields)), path, **WRITE)
    >>> read(path).columns["x"].tolist()
    [1.5, 2.5]
    """
    with regular.open_regular(path) as file:
        try:
            return _table(file)
        except (_NotPlainError, LookupError, TypeError, ValueError, AttributeError):  # what is not as it should be
            return None


def _table(file: IO[bytes]) -> Table:
    size = file.seek(0, io.SEEK_END)
    _want(_LEAST_BYTES <= size <= _MOST_BYTES)
    tail = _bytes(file, size - 8, 8)
    length = int.from_bytes(tail[:4], "little")
    _want(tail[4:] == _MARK == _bytes(file, 0, 4) and length <= min(size - _LEAST_BYTES, _MOST_FACTS))
    facts = _Compact(_bytes(file, size - 8 - length, length)).struct()
    root, *leaves = facts[2]
    _want(root.get(5) == len(leaves) and all(leaf[3] == _REQUIRED and 5 not in leaf for leaf in leaves))
    names = [leaf[4].decode() for leaf in leaves]
    _want(len({*names}) == len(names))
    kinds = [_kind(leaf) for leaf in leaves]
    parts: list[list[NDArray[Any]]] = [[np.empty(0, kind)] for kind in kinds]
    groups = [(group[3], [column[3] for column in group[1]]) for group in facts[4]]
    _want(sum(about[7] for _, chunks in groups for about in chunks) <= size)  # nothing is there twice
    for rows, chunks in groups:
        _want(len(chunks) == len(leaves))
        for about, kind, part in zip(chunks, kinds, parts, strict=True):
            _want(about[5] == rows)
            part.append(_values(file, about, kind))
    columns = {name: np.concatenate(part) for name, part in zip(names, parts, strict=True)}
    _want(all(len(column) == facts[3] for column in columns.values()))
    pairs = [(pair[1], pair.get(2, b"")) for pair in facts.get(5, [])]
    _want(all(isinstance(text, bytes) for pair in pairs for text in pair))
    return Table(columns, dict(pairs))


def _kind(leaf: dict[int, Any]) -> np.dtype[Any]:
    """The dtype of a column; only 64 bits may be unsigned, and nothing may be a time or a decimal."""
    kind, says = _TYPES[leaf[1]], leaf.get(6)
    if says == _UNSIGNED_64 and leaf[1] == 2:
        return np.dtype("<u8")
    _want(says is None and 10 not in leaf)
    return np.dtype(kind)


def _values(file: IO[bytes], about: dict[int, Any], kind: np.dtype[Any]) -> NDArray[Any]:
    """The values of one column of one row group, page after page."""
    _want(about[4] == _UNCOMPRESSED and 11 not in about)  # 11: a dictionary
    pages = _bytes(file, about[9], about[7])
    found = [np.empty(0, kind)]
    at, left = 0, about[5]
    _want(left >= 0)
    while left > 0:
        header = _Compact(pages, at, at + _MOST_HEADER)
        page = header.struct()
        count = page[5][1]
        _want(page[1] == _DATA_PAGE and page[5][2] == _PLAIN and 0 < count <= left)
        _want(page[2] == page[3] == count * kind.itemsize)
        found.append(np.frombuffer(pages, kind, count, header.at))
        at, left = header.at + page[3], left - count
    return np.concatenate(found)


def _bytes(file: IO[bytes], at: int, length: int) -> bytes:
    """Part of a file, all of it."""
    _want(at >= 0 and 0 <= length <= _MOST_BYTES)
    file.seek(at)
    data = file.read(length)
    _want(len(data) == length)
    return data


def _want(true: bool) -> None:
    if not true:
        raise _NotPlainError


class _Compact:
    """Thrift's compact protocol, read from a place on: structures as {number of a field: value}."""

    def __init__(self, data: bytes, at: int = 0, end: int | None = None):
        self._data, self.at, self._end = data, at, min(len(data), len(data) if end is None else end)

    def struct(self, depth: int = 0) -> dict[int, Any]:
        _want(depth < _DEEPEST)
        found: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            step, kind = head >> 4, head & 15
            number = number + step if step else self._signed()
            found[number] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth)
        return found

    def _value(self, kind: int, depth: int) -> Any:
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._byte()
        if kind < _DOUBLE:
            return self._signed()
        if kind in (_DOUBLE, _BINARY):
            return self._take(8 if kind == _DOUBLE else self._varint())
        if kind in (_LIST, _SET):
            head = self._byte()
            size = head >> 4 if head >> 4 < 15 else self._varint()
            _want(size <= self._end - self.at and depth < _DEEPEST)
            return [self._value(head & 15, depth + 1) for _ in range(size)]
        _want(kind == _STRUCT)
        return self.struct(depth + 1)

    def _byte(self) -> int:
        _want(self.at < self._end)
        self.at += 1
        return self._data[self.at - 1]

    def _take(self, size: int) -> bytes:
        _want(size <= self._end - self.at)
        self.at += size
        return self._data[self.at - size : self.at]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            _want(shift < 70)

    def _signed(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
