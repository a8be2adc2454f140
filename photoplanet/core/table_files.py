"""Tables that others wrote, Parquet or text with commas, semicolons or tabs: read with suspicion, in bounded memory."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from photoplanet.core import arrow_files, text_tables
from photoplanet.errors import InputError

WRONG_FIELDS = "wrong number of fields"
NOT_TEXT = "text is not UTF-8"
MAX_ROWS = 500_000_000  # a few bytes of Parquet can claim more rows than any memory holds
MAX_COLUMNS = 10_000  # looking for those with places, times and names takes time for every one
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
            head = file.read(text_tables.MAX_HEAD)
        if head.startswith(b"PAR1"):
            import pyarrow.parquet as pq

            with arrow_files.opened(path) as source, pq.ParquetFile(source) as parquet:
                if parquet.metadata.num_rows > MAX_ROWS:
                    raise InputError(f"{path}: claims {parquet.metadata.num_rows:,} rows, the limit is {MAX_ROWS:,}")
                return _bounded(Layout(path, tuple(parquet.schema_arrow.names), None))
        return _bounded(Layout(path, *text_tables.head(head)))
    except _FAULTS as error:
        raise _unreadable(path, error) from None


def _bounded(table: Layout) -> Layout:
    if len(table.names) > MAX_COLUMNS:
        raise InputError(f"{table.path}: {len(table.names):,} columns, the limit is {MAX_COLUMNS:,}; keep those needed")
    return table


def plain_columns(table: Layout) -> list[str]:
    """Return the names of the columns whose cells are texts, numbers, times or yes and no; all of a text table's.

    Others (bytes, lists, structures) would make rows unreadable, or hold more than anybody wants. InputError for a
    damaged file.

    >>> plain_columns(Layout(Path("a.csv"), ("id", "lat"), ","))
    ['id', 'lat']
    """
    if table.delimiter is not None:
        return list(table.names)
    import pyarrow.parquet as pq

    try:
        with arrow_files.opened(table.path) as source:
            return [field.name for field in pq.read_schema(source) if _is_plain(field.type)]
    except _FAULTS as error:
        raise _unreadable(table.path, error) from None


def read(table: Layout, columns: Sequence[str], nulls: Sequence[str] = ("",)) -> tuple[pa.Table, dict[str, list[int]]]:
    r"""Read these columns of a table, and {reason: numbers, from 1 below the head} of the rows that are not in them.

    Columns of text tables come as text with null for `nulls`, since a single odd value must cost its row and not the
    file. Rows with a wrong number of fields are left out, and those of Parquet with text that is not UTF-8. InputError
    for what cannot be read, and for a column that is there twice.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "photos.csv")
    ...     _ = path.write_text("id,lat\na,1\nb\nc,x\n")
    ...     found, gone = read(layout(path), ["lat"])
    >>> found["lat"].to_pylist(), gone
    (['1', 'x'], {'wrong number of fields': [2]})
    """
    wanted = list(dict.fromkeys(columns))
    check_single(table, wanted)
    try:
        if table.delimiter is None:
            import pyarrow.parquet as pq

            with arrow_files.opened(table.path) as source, pq.ParquetFile(source) as file:
                return _decodable(file.read(columns=wanted))
        return _read_text(table, wanted, nulls) if wanted else (pa.table({}), {})
    except _FAULTS as error:
        raise _unreadable(table.path, error) from None


def stream(
    table: Layout, columns: Sequence[str], skipped: list[int] | None = None, rows: int | None = None
) -> Iterator[pa.RecordBatch]:
    r"""Yield these columns of a table of any size in pieces; those of text tables as text.

    Rows of text with a wrong number of fields are left out, and a number for each goes into `skipped`; without such a
    list the first ends it with `pyarrow.ArrowInvalid`. `rows`: of Parquet at a time.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "photos.csv")
    ...     _ = path.write_text("id,lat\na,1\nb,2\n")
    ...     [batch.column(0).to_pylist() for batch in stream(layout(path), ["lat"])]
    [['1', '2']]
    """
    check_single(table, columns)
    if table.delimiter is None:
        import pyarrow.parquet as pq

        with arrow_files.opened(table.path) as source, pq.ParquetFile(source) as file:
            for batch in file.iter_batches(rows or STREAM_ROWS, columns=list(dict.fromkeys(columns))):
                yield batch if _is_sound(batch) else _without_bad_text(_spelt_out(batch))
        return
    import pyarrow.csv as pcsv

    convert = pcsv.ConvertOptions(
        include_columns=list(columns), column_types=dict.fromkeys(columns, pa.string()),
        strings_can_be_null=True, null_values=[""],
    )  # fmt: skip
    parse, read = _parse_options(table.delimiter, skipped), pcsv.ReadOptions(block_size=STREAM_BYTES)
    with _mended(table) as source, pcsv.open_csv(source, read, parse, convert) as reader:
        yield from reader


def first_rows(table: Layout, columns: Sequence[str], count: int) -> pa.Table:
    r"""Return these columns of a table's first rows, at most `count`, to see what is in them; none of a damaged table.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "photos.csv")
    ...     _ = path.write_text("id,lat\na,1\nb,2\n")
    ...     first_rows(layout(path), ["lat"], 1).to_pylist()
    [{'lat': '1'}]
    """
    with suppress(*_FAULTS):
        for batch in stream(table, columns, [], count):
            return pa.Table.from_batches([batch]).slice(0, count)
    return pa.table({name: pa.array([], pa.string()) for name in columns})


def text_columns(table: Layout) -> list[str]:
    """Return the columns that hold texts: all of a text file, those of Parquet by their types, none of a damaged one.

    >>> text_columns(Layout(Path("a.csv"), ("id", "lat"), ","))
    ['id', 'lat']
    """
    if table.delimiter is not None:
        return list(table.names)
    import pyarrow.parquet as pq

    with suppress(*_FAULTS), arrow_files.opened(table.path) as source, pq.ParquetFile(source) as file:
        kinds = [(each.name, each.type) for each in file.schema_arrow]
        kinds = [(name, kind.value_type if pa.types.is_dictionary(kind) else kind) for name, kind in kinds]
        return [name for name, kind in kinds if pa.types.is_string(kind) or pa.types.is_large_string(kind)]
    return []


def shown(names: Iterable[str]) -> str:
    r"""Return names of columns as one line of a message, at most 500 characters.

    >>> shown(["id", "my\ntitle"]), shown([])
    ('id, my title', 'none')
    """
    return " ".join(", ".join(names).split())[:500] or "none"


def check_single(table: Layout, columns: Sequence[str]) -> None:
    """Raise InputError for a column that the table has twice, so that nobody can tell which is meant.

    >>> check_single(Layout(Path("a.csv"), ("id", "lat", "lat"), ","), ["lat"])
    Traceback (most recent call last):
    photoplanet.errors.InputError: a.csv: column 'lat' is there twice; remove or rename one of the two
    """
    for name in columns:
        if table.names.count(name) > 1:
            raise InputError(f"{table.path}: column {name!r} is there twice; remove or rename one of the two")


def _read_text(table: Layout, wanted: list[str], nulls: Sequence[str]) -> tuple[pa.Table, dict[str, list[int]]]:
    import pyarrow.csv as pcsv

    assert table.delimiter is not None
    broken: list[int] = []
    read = pcsv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES)  # one thread: Arrow then knows rows' numbers
    convert = pcsv.ConvertOptions(
        include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string()),
        strings_can_be_null=True, null_values=list(nulls),
    )  # fmt: skip
    with _mended(table) as source:
        found = pcsv.read_csv(source, read, _parse_options(table.delimiter, broken), convert)
    return found, {WRONG_FIELDS: broken} if broken else {}


@contextmanager
def _mended(table: Layout) -> Iterator[Any]:
    """A text table as Arrow can read it."""
    source = text_tables.opened(table.path, table.delimiter or ",", len(table.names))
    with arrow_files.opened(source) if isinstance(source, Path) else source as file:
        yield file


def _parse_options(delimiter: str, skipped: list[int] | None) -> Any:
    import pyarrow.csv as pcsv

    def skip(row: Any) -> str:
        assert skipped is not None
        skipped.append(row.number - 1 if row.number else 0)
        return "skip"

    handler = None if skipped is None else skip
    return pcsv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=handler)


def _decodable(found: pa.Table) -> tuple[pa.Table, dict[str, list[int]]]:
    """A table without the rows whose text is not UTF-8, and their numbers."""
    if _is_sound(found):
        return found, {}
    found = _spelt_out(found)
    keep = [all(row) for row in zip(*map(_readable, found.columns), strict=True)]
    gone = [number for number, kept in enumerate(keep, start=1) if not kept]
    clean = _without_bad_text(found).filter(pa.array(keep, pa.bool_()))
    return clean, {NOT_TEXT: gone} if gone else {}


def _spelt_out(found: Any) -> Any:
    """A table or batch whose dictionaries of texts are columns of texts, which can be looked at one by one."""
    columns = []
    for column in found.columns:
        coded = pa.types.is_dictionary(column.type) and _is_text(column.type.value_type)
        columns.append(column.cast(column.type.value_type) if coded else column)
    return type(found).from_arrays(columns, names=found.schema.names)


def _is_sound(found: pa.Table | pa.RecordBatch) -> bool:
    kinds = [kind.value_type if pa.types.is_dictionary(kind) else kind for kind in found.schema.types]
    if any(_is_bytes(kind) for kind in kinds):  # which Arrow checks only where they are made texts
        return False
    with suppress(pa.ArrowInvalid):
        found.validate(full=True)
        return True
    return False


def _without_bad_text(found: Any) -> Any:
    """A table or batch with null for every text that is not UTF-8; ArrowInvalid where more is wrong than that."""
    columns = []
    for column in found.columns:
        if _is_text(column.type):
            raw = zip(_raw(column), _readable(column), strict=True)
            texts = [value.decode() if good and value is not None else None for value, good in raw]
            column = pa.array(texts, pa.string())
        columns.append(column)
    clean = type(found).from_arrays(columns, names=found.schema.names)
    clean.validate(full=True)
    return clean


def _readable(column: Any) -> list[bool]:
    """Which values of a column are UTF-8, or no text at all."""
    if not _is_text(column.type):
        return [True] * len(column)
    return [value is None or _is_utf8(value) for value in _raw(column)]


def _raw(column: Any) -> list[bytes | None]:
    """Texts as bytes, which nobody has checked yet."""
    kind = column.type
    wide = pa.types.is_large_string(kind) or pa.types.is_large_binary(kind)
    texts: list[bytes | None] = column.cast(pa.large_binary() if wide else pa.binary()).to_pylist()
    return texts


def _is_plain(kind: Any) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return bool(number or text or pa.types.is_temporal(kind) or pa.types.is_null(kind))


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or _is_bytes(kind))


def _is_bytes(kind: Any) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _unreadable(path: Path, error: Exception) -> InputError:
    if isinstance(error, UnicodeDecodeError):
        return InputError(f"{path}: {text_tables.UNKNOWN_ENCODING}")
    why = " ".join(str(error).split())[:200]
    return InputError(f"{path}: cannot be read as a Parquet or CSV table ({why}); write it again")


def _lack(path: Path) -> str:
    """Why a path is not a file that can be read."""
    return "is a folder" if path.is_dir() else "is not a regular file" if path.exists() else "no such file"
