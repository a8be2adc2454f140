"""Coordinates from Parquet and CSV tables of any size, in chunks of bounded memory."""

import csv as plain_csv
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from photoplanet.core.workers import slices
from photoplanet.earth import geodesy
from photoplanet.earth.partition.points import Points, locate, unlocated
from photoplanet.errors import InputError

Paths = str | Path | Iterable[str | Path]

_BATCH = 1 << 20  # rows that a thread locates and counts at a time
_CSV_BLOCK = 1 << 24  # bytes of CSV to parse at a time
_HEAD = 1 << 20  # bytes in which a CSV's first line must end


class Tables:
    """The points of one or more tables: each call reads them again, in chunks; `left_out` counts the rows skipped.

    With `skip_bad`, rows without coordinates, off the Earth or at exactly 0, 0 (what a camera without a fix writes) are
    skipped; otherwise the first that is not a place on Earth is an `InputError` that names the file and row, from 0.
    """

    def __init__(self, paths: Paths, latitude_column: str, longitude_column: str, skip_bad: bool = False):
        self._files = [Path(paths)] if isinstance(paths, (str, Path)) else [Path(path) for path in paths]
        if not self._files:
            raise InputError("partition: no table given; name at least one Parquet or CSV file")
        self._columns = [latitude_column, longitude_column]
        self._skip_bad = skip_bad
        self.left_out = 0

    def __call__(self) -> Iterator[Callable[[], Points]]:
        """Yield, chunk by chunk, functions that each locate its points."""
        self.left_out = 0
        for file in self._files:
            yield from self._chunks(file)

    def _chunks(self, file: Path) -> Iterator[Callable[[], Points]]:
        row = 0
        try:
            for batch in _batches(file, self._columns):
                lat, lng = (_floats(batch.column(name)) for name in self._columns)
                row += len(lat)
                if self._skip_bad:
                    good = (np.abs(lat) <= 90) & (np.abs(lng) <= 180) & ((lat != 0) | (lng != 0))
                    self.left_out += len(lat) - int(good.sum())
                    lat, lng = lat[good], lng[good]
                lat, lng = geodesy.check(lat, lng, str(file), row - len(batch))
                for part in slices(len(lat), _BATCH):
                    yield partial(locate, unlocated(lat[part], lng[part]))
        except pa.ArrowException as error:
            why = " ".join(str(error).split())[:200]
            raise InputError(f"{file}: after row {row}: it cannot be read as a table of degrees ({why})") from None


def names(file: Path) -> list[str]:
    """The names of a table's columns; `InputError` where it is not a Parquet or CSV file."""
    if not file.is_file():
        raise InputError(
            f"{file}: {'it is a folder' if file.is_dir() else 'no such file'}; give a Parquet or CSV table"
        )
    with file.open("rb") as opened:
        head = opened.readline(_HEAD)
    try:
        if head.startswith(b"PAR1"):
            from pyarrow import parquet

            columns: list[str] = parquet.read_schema(file).names
            return columns
        text = head.decode("utf-8-sig")
        return next(plain_csv.reader([text], delimiter=_delimiter(text)), [])
    except (pa.ArrowException, UnicodeDecodeError, plain_csv.Error) as error:
        why = " ".join(str(error).split())[:200]
        raise InputError(f"{file}: it is not a Parquet or CSV table, or is damaged ({why})") from None


def _batches(file: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    known = names(file)
    missing = [name for name in columns if name not in known]
    if missing:
        raise InputError(f"{file}: it has no column {missing[0]!r}; it has {', '.join(known)[:300]}")
    with file.open("rb") as opened:
        head = opened.readline(_HEAD)
    if head.startswith(b"PAR1"):
        from pyarrow import parquet

        with parquet.ParquetFile(file) as table:
            yield from table.iter_batches(_BATCH, columns=columns)
        return
    from pyarrow import csv

    convert = csv.ConvertOptions(include_columns=columns, column_types=dict.fromkeys(columns, pa.float64()))
    parse = csv.ParseOptions(delimiter=_delimiter(head.decode("utf-8-sig")), newlines_in_values=True)
    with csv.open_csv(file, csv.ReadOptions(block_size=_CSV_BLOCK), parse, convert) as reader:
        yield from reader


def _delimiter(head: str) -> str:
    return max(",;\t", key=head.count)


def _floats(column: pa.Array) -> NDArray[np.float64]:
    """As float64, with NaN for nulls, which the check of coordinates then names."""
    values: NDArray[np.float64] = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values
