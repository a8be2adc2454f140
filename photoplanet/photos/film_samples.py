"""The samples of a film's track that is neither picture nor sound: telemetry and captions, where its tables say."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise, repeat
from typing import IO

from photoplanet.errors import InputError
from photoplanet.photos.film_boxes import HOLDERS, MAX_DEPTH, Boxes

MAX_SAMPLES = 1_000_000  # of a track: a caption for each of 60 frames a second, for hours
_MOST_SAMPLE = 1 << 20
_MOST_TABLE = 8 * MAX_SAMPLES + 8
_MOST_CHUNKS = 12 * 100_000 + 8  # bytes of the table that says how many samples lie in a chunk


@dataclass
class _Table:
    """Where the samples of a track lie: offsets and ends of its boxes by their type."""

    kind: bytes = b""
    boxes: dict[bytes, tuple[int, int]] = field(default_factory=dict)


def find(file: IO[bytes], kinds: Sequence[bytes], most: int) -> tuple[bytes, Iterator[bytes]] | None:
    """Find the first track of one of `kinds` (sample entries: b"gpmd"), the first kind first; and yield its samples.

    None where there is none. What is damaged counts as absent. InputError, as they are read, for more than `most` bytes
    of samples or MAX_SAMPLES of them.

    >>> import io
    >>> find(io.BytesIO(b"not a film"), [b"gpmd"], 100) is None
    True
    """
    reader = _Reader(file)
    reader.boxes(0, reader.size, ())
    for kind in kinds:
        for table in reader.tables:
            if table.kind == kind:
                return kind, reader.samples(table, most)
    return None


class _Reader(Boxes):
    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self.tables: list[_Table] = []

    def boxes(self, at: int, end: int, path: tuple[bytes, ...]) -> None:
        """Note where the tables of each track lie."""
        for kind, begin, stop in self.inside(at, end):
            if kind in HOLDERS and len(path) < MAX_DEPTH and (path or kind == b"moov"):
                if kind == b"trak":
                    self.tables.append(_Table())
                self.boxes(begin, stop, (*path, kind))
            elif path[-1:] == (b"stbl",) and self.tables:
                self.tables[-1].boxes.setdefault(kind, (begin, stop))
                if kind == b"stsd":
                    self.tables[-1].kind = self.bytes_of(begin, stop)[12:16]

    def samples(self, table: _Table, most: int) -> Iterator[bytes]:
        """Yield the samples of a track, those of a chunk one behind the other."""
        sizes = self._sizes(table)
        total = count = 0
        for at, number in zip(self._offsets(table), self._in_chunks(table), strict=False):
            for size in islice(sizes, number):
                data = self.bytes_of(at, at + size, _MOST_SAMPLE)
                at, total, count = at + size, total + len(data), count + 1
                if total > most:
                    raise InputError(f"over {most >> 20} MiB of telemetry; cut the film")
                if count > MAX_SAMPLES:
                    raise InputError(f"more than {MAX_SAMPLES:,} samples of telemetry; cut the film")
                yield data

    def _sizes(self, table: _Table) -> Iterator[int]:
        data = self._table(table, b"stsz", _MOST_TABLE)
        if len(data) < 12:
            return iter(())
        size, count = struct.unpack_from(">II", data, 4)
        return repeat(size, count) if size else _numbers(data[12:], ">I", count)

    def _offsets(self, table: _Table) -> Iterator[int]:
        kind, form = (b"stco", ">I") if b"stco" in table.boxes else (b"co64", ">Q")
        data = self._table(table, kind, _MOST_TABLE)
        return _numbers(data[8:], form, int.from_bytes(data[4:8], "big"))

    def _in_chunks(self, table: _Table) -> Iterator[int]:
        """How many samples lie in each chunk; one, where nothing says so."""
        data = self._table(table, b"stsc", _MOST_CHUNKS)[8:]
        runs = list(struct.iter_unpack(">III", data[: len(data) // 12 * 12]))
        for (begin, number, _), (end, _, _) in pairwise(runs):
            yield from repeat(number, max(0, end - begin))
        yield from repeat(runs[-1][1] if runs else 1)

    def _table(self, table: _Table, kind: bytes, most: int) -> bytes:
        return self.bytes_of(*table.boxes[kind], most) if kind in table.boxes else b""


def _numbers(data: bytes, form: str, count: int) -> Iterator[int]:
    size = struct.calcsize(form)
    return (number for (number,) in struct.iter_unpack(form, data[: min(count, len(data) // size) * size]))
