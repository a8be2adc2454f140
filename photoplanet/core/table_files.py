"""Tables that others wrote, Parquet or text with commas, semicolons or tabs: read with suspicion, in bounded memory."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from photoplanet.core import arrow_files
from photoplanet.errors import InputError

MAX_ROWS = 500_000_000  # a few bytes of Parquet can claim more rows than any memory holds
MAX_HEAD = 1 << 20  # bytes in which the first line of a text table must end
STREAM_ROWS = 1 << 20  # of Parquet at a time
STREAM_BYTES = 1 << 24  # of text at a time
_BLOCK_BYTES = 8 << 20  # of text, where a whole table is read
_FAULTS = (pa.ArrowException, OSError, UnicodeDecodeError, csv.Error)


@dataclass(frozen=True)
class Layout:
    """How a table is laid out: the names of its columns as they are written, and for text what stands between them."""

    path: Path
    names: tuple[str, ...]
    delimiter: str | None  # None: Parquet


def layout(path: str | Path, what: str = "a Parquet or CSV table") -> Layout:
    r"""Look at the head of a table: whether it is Parquet, else how the columns of its first line are separated.

    InputError for a file that is missing (it says to give `what`) or is not a table, or claims over 500 million rows.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "photos.csv")
    ...     _ = path.write_text("id;lat;lon\na;1;2\n")
    ...     found = layout(path)
    >>> found.names, found.delimiter
    (('id', 'lat', 'lon'), ';')
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: {_lack(path)}; give {what}")
    try:
        with path.open("rb") as file:
            head = file.readline(MAX_HEAD)
        if head.startswith(b"PAR1"):
            import pyarrow.parquet as pq

            with arrow_files.opened(path) as source, pq.ParquetFile(source) as parquet:
                if parquet.metadata.num_rows > MAX_ROWS:
                    raise InputError(f"{path}: claims {parquet.metadata.num_rows:,} rows, the limit is {MAX_ROWS:,}")
                return Layout(path, tuple(parquet.schema_arrow.names), None)
        text = head.decode("utf-8-sig")
        delimiter = max(",;\t", key=text.count)
        return Layout(path, tuple(next(csv.reader([text], delimiter=delimiter), [])), delimiter)
    except _FAULTS as error:
        raise _unreadable(path, error) from None


def read(table: Layout, columns: Sequence[str], nulls: Sequence[str] = ("",)) -> tuple[pa.Table, list[int]]:
    r"""Read these columns of a table, and the numbers (from 1 below the head) of text rows with too few or many fields.

    Columns of text tables come as text with null for `nulls`, since a single odd value must cost its row and not the
    file; rows with a wrong number of fields are left out. InputError for what cannot be read.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "photos.csv")
    ...     _ = path.write_text("id,lat\na,1\nb\nc,x\n")
    ...     found, broken = read(layout(path), ["lat"])
    >>> found["lat"].to_pylist(), broken
    (['1', 'x'], [2])
    """
    wanted = list(dict.fromkeys(columns))
    try:
        if table.delimiter is None:
            import pyarrow.parquet as pq

            with arrow_files.opened(table.path) as source, pq.ParquetFile(source) as file:
                return file.read(columns=wanted), []
        return _read_text(table.path, table.delimiter, wanted, nulls) if wanted else (pa.table({}), [])
    except _FAULTS as error:
        raise _unreadable(table.path, error) from None


def stream(table: Layout, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    r"""Yield these columns of a table of any size in pieces; those of text tables as float64.

    A single value that is not a number ends it with `pyarrow.ArrowInvalid`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "photos.csv")
    ...     _ = path.write_text("id,lat\na,1\nb,2\n")
    ...     [batch.column(0).to_pylist() for batch in stream(layout(path), ["lat"])]
    [[1.0, 2.0]]
    """
    if table.delimiter is None:
        import pyarrow.parquet as pq

        with arrow_files.opened(table.path) as source, pq.ParquetFile(source) as file:
            yield from file.iter_batches(STREAM_ROWS, columns=list(columns))
        return
    import pyarrow.csv as pcsv

    convert = pcsv.ConvertOptions(include_columns=list(columns), column_types=dict.fromkeys(columns, pa.float64()))
    parse = pcsv.ParseOptions(delimiter=table.delimiter, newlines_in_values=True)
    read = pcsv.ReadOptions(block_size=STREAM_BYTES)
    with arrow_files.opened(table.path) as source, pcsv.open_csv(source, read, parse, convert) as reader:
        yield from reader


def _read_text(path: Path, delimiter: str, wanted: list[str], nulls: Sequence[str]) -> tuple[pa.Table, list[int]]:
    import pyarrow.csv as pcsv

    broken: list[int] = []

    def skip(row: Any) -> str:
        broken.append(row.number - 1 if row.number else 0)
        return "skip"

    with arrow_files.opened(path) as source:
        found = pcsv.read_csv(
            source,
            pcsv.ReadOptions(
                use_threads=False, block_size=_BLOCK_BYTES
            ),  # one thread: Arrow then knows the rows' numbers
            pcsv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=skip),
            pcsv.ConvertOptions(
                column_types=dict.fromkeys(wanted, pa.string()),
                include_columns=wanted,
                strings_can_be_null=True,
                null_values=list(nulls),
            ),
        )
    return found, broken


def _unreadable(path: Path, error: Exception) -> InputError:
    why = " ".join(str(error).split())[:200]
    return InputError(f"{path}: cannot be read as a Parquet or CSV table ({why}); write it again")


def _lack(path: Path) -> str:
    """Why a path is not a file that can be read."""
    return "is a folder" if path.is_dir() else "is not a regular file" if path.exists() else "no such file"
