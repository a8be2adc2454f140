"""Tables that others wrote, Parquet or text with commas, semicolons or tabs: read with suspicion, in bounded memory."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from photoplanet.core import arrow_files, table_sets, text_tables, utf8_columns
from photoplanet.core.stores import Located, located
from photoplanet.errors import InputError, printable

WRONG_FIELDS = "wrong number of fields"
MAX_ROWS = 500_000_000  # a few bytes of Parquet can claim more rows than any memory holds
MAX_COLUMNS = 10_000  # looking for those with places, times and names takes time for every one
STREAM_ROWS = 1 << 20  # of Parquet at a time
STREAM_BYTES = 1 << 24  # of text at a time
_BLOCK_BYTES = 8 << 20  # of text, where a whole table is read
_FAULTS = (pa.ArrowException, OSError, UnicodeDecodeError, csv.Error)


@dataclass(frozen=True)
class Layout:
    """How a table is laid out: the names of its columns as they are written, and for text what stands between them.

    `parts`: the layout of each file of a folder.
    """

    path: Located
    names: tuple[str, ...]
    delimiter: str | None  # None: Parquet
    parts: tuple["Layout", ...] = ()

    @property
    def files(self) -> "tuple[Layout, ...]":
        """The files that it is made of: itself, or its parts."""
        return self.parts or (self,)


def layout(path: table_sets.Named, what: str = "a Parquet or CSV table") -> Layout:
    r"""Look at the head of a table: whether it is Parquet, else how the columns of its first line are separated.

    A folder is a table of parts, which must have the same columns, in any order. InputError for a file that is missing
    (it says to give `what`) or is not a table, claims over 500 million rows, or for parts that differ.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "photos.csv")
    ...     _ = path.write_text("id;lat;lon\na;1;2\n")
    ...     found = layout(path)
    >>> found.names, found.delimiter
    (('id', 'lat', 'lon'), ';')
    """
    place = located(path)
    files = table_sets.files(place, what)
    if files == [place]:
        return _layout(place, what)[0]
    found = [_layout(file, what) for file in files]
    parts = tuple(part for part, _ in found)
    if (rows := sum(count for _, count in found)) > MAX_ROWS:
        raise InputError(f"{place}: its files claim {rows:,} rows, the limit is {MAX_ROWS:,}")
    for part in parts:
        _check_alike(parts[0], part)
    return Layout(place, parts[0].names, parts[0].delimiter, parts)


def _layout(path: Located, what: str) -> tuple[Layout, int]:
    """The layout of one file, and how many rows it claims (text: 0)."""
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
                return _bounded(Layout(path, tuple(parquet.schema_arrow.names), None)), parquet.metadata.num_rows
        return _bounded(Layout(path, *text_tables.head(head))), 0
    except _FAULTS as error:
        raise _unreadable(path, error) from None


def _bounded(table: Layout) -> Layout:
    if len(table.names) > MAX_COLUMNS:
        raise InputError(f"{table.path}: {len(table.names):,} columns, the limit is {MAX_COLUMNS:,}; keep those needed")
    return table


def _check_alike(first: Layout, part: Layout) -> None:
    """InputError for a part with other columns than the first: what it lacks would be missed in silence."""
    if sorted(part.names) != sorted(first.names):
        lacks, more = (sorted(set(a.names) - set(b.names)) for a, b in ((first, part), (part, first)))
        words = [f"{what} {shown(names)}" for what, names in (("lacks", lacks), ("has", more)) if names]
        raise InputError(
            f"{part.path}: other columns than {first.path.name} ({' and '.join(words) or 'one of them twice'}); write "
            "all parts with the same columns, or name the tables one by one"
        )
    if (part.delimiter is None) != (first.delimiter is None):
        raise InputError(f"{part.path}: not Parquet and text in one folder, as {first.path.name}; name each by itself")


def plain_columns(table: Layout) -> list[str]:
    """Return the names of the columns whose cells are texts, numbers, times or yes and no; all of a text table's.

    Others (bytes, lists, structures) would make rows unreadable, or hold more than anybody wants. InputError for a
    damaged file.

    >>> from pathlib import Path
    >>> plain_columns(Layout(Path("a.csv"), ("id", "lat"), ","))
    ['id', 'lat']
    """
    if table.delimiter is not None:
        return list(table.names)
    import pyarrow.parquet as pq

    try:
        with arrow_files.opened(table.files[0].path) as source:
            return [field.name for field in pq.read_schema(source) if _is_plain(field.type)]
    except _FAULTS as error:
        raise _unreadable(table.path, error) from None


def read(table: Layout, columns: Sequence[str], nulls: Sequence[str] = ("",)) -> tuple[pa.Table, dict[str, list[int]]]:
    r"""Read these columns of a table, and {reason: numbers, from 1 below the head} of the rows that are not in them.

    Columns of text tables come as text with null for `nulls`, since a single odd value must cost its row and not the
    file. Rows with a wrong number of fields are left out, and those of Parquet with text that is not UTF-8. The rows of
    a folder are numbered through its files. InputError for what cannot be read, and for a column that is there twice.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "photos.csv")
    ...     _ = path.write_text("id,lat\na,1\nb\nc,x\n")
    ...     found, gone = read(layout(path), ["lat"])
    >>> found["lat"].to_pylist(), gone
    (['1', 'x'], {'wrong number of fields': [2]})
    """
    found, gone, before = [], dict[str, list[int]](), 0
    for file in table.files:
        rows = 0
        for piece, lost in pieces(file, columns, nulls, whole=True):
            found.append(piece)
            rows += len(piece) + sum(map(len, lost.values()))
            for reason, numbers in lost.items():
                gone.setdefault(reason, []).extend(before + number for number in numbers)
        before += rows
    return (found[0] if len(found) == 1 else together(found, table.path)), gone


def pieces(
    table: Layout, columns: Sequence[str], nulls: Sequence[str] = ("",), whole: bool = False
) -> Iterator[tuple[pa.Table, dict[str, list[int]]]]:
    r"""Read one file as `read` does, Parquet in pieces of a million rows unless it is wanted `whole`.

    The numbers are those of the rows that were left out in this piece, as they are in the file.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "photos.csv")
    ...     _ = path.write_text("id,lat\na,1\nb\n")
    ...     [(len(rows), gone) for rows, gone in pieces(layout(path), ["lat"])]
    [(1, {'wrong number of fields': [2]})]
    """
    wanted = list(dict.fromkeys(columns))
    check_single(table, wanted)
    try:
        if table.delimiter is not None:
            yield _read_text(table, wanted, nulls) if wanted else (pa.table({}), {})
            return
        import pyarrow.parquet as pq

        with arrow_files.opened(table.path) as source, pq.ParquetFile(source) as file:
            if whole or file.metadata.num_rows <= STREAM_ROWS:
                yield utf8_columns.decodable(file.read(columns=wanted))
                return
            before = 0
            for batch in file.iter_batches(STREAM_ROWS, columns=wanted):
                rows, gone = utf8_columns.decodable(pa.Table.from_batches([batch]))
                yield rows, {reason: [before + number for number in numbers] for reason, numbers in gone.items()}
                before += len(batch)
    except _FAULTS as error:
        raise _unreadable(table.path, error, None if table.delimiter else wanted) from None


def together(found: Sequence[pa.Table], path: object) -> pa.Table:
    """Put the pieces of a table together; InputError where a column has types that do not go together.

    >>> together([pa.table({"id": ["a"]}), pa.table({"id": ["b"]})], "photos").num_rows
    2
    """
    try:
        return pa.concat_tables(found, promote_options="permissive")
    except pa.ArrowException as error:
        why = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: a column has other types in other files ({why}); write all parts alike") from None


def stream(
    table: Layout, columns: Sequence[str], skipped: list[int] | None = None, rows: int | None = None
) -> Iterator[pa.RecordBatch]:
    r"""Yield these columns of a table of any size in pieces; those of text tables as text.

    Rows of text with a wrong number of fields are left out, and a number for each goes into `skipped`; without such a
    list the first ends it with `pyarrow.ArrowInvalid`. `rows`: of Parquet at a time.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "photos.csv")
    ...     _ = path.write_text("id,lat\na,1\nb,2\n")
    ...     [batch.column(0).to_pylist() for batch in stream(layout(path), ["lat"])]
    [['1', '2']]
    """
    check_single(table, columns)
    for each in table.files:
        yield from (
            _stream_parquet(each, columns, rows) if each.delimiter is None else _stream_text(each, columns, skipped)
        )


def _stream_parquet(table: Layout, columns: Sequence[str], rows: int | None) -> Iterator[pa.RecordBatch]:
    import pyarrow.parquet as pq

    with arrow_files.opened(table.path) as source, pq.ParquetFile(source) as file:
        for batch in file.iter_batches(rows or STREAM_ROWS, columns=list(dict.fromkeys(columns))):
            yield (
                batch if utf8_columns.is_sound(batch) else utf8_columns.without_bad_text(utf8_columns.spelt_out(batch))
            )


def _stream_text(table: Layout, columns: Sequence[str], skipped: list[int] | None) -> Iterator[pa.RecordBatch]:
    import pyarrow.csv as pcsv

    assert table.delimiter is not None
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
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "photos.csv")
    ...     _ = path.write_text("id,lat\na,1\nb,2\n")
    ...     first_rows(layout(path), ["lat"], 1).to_pylist()
    [{'lat': '1'}]
    """
    with suppress(*_FAULTS):
        for batch in stream(table, columns, [], count):
            if len(batch) or not table.parts:
                return pa.Table.from_batches([batch]).slice(0, count)
    return pa.table({name: pa.array([], pa.string()) for name in columns})


def text_columns(table: Layout) -> list[str]:
    """Return the columns that hold texts: all of a text file, those of Parquet by their types, none of a damaged one.

    >>> from pathlib import Path
    >>> text_columns(Layout(Path("a.csv"), ("id", "lat"), ","))
    ['id', 'lat']
    """
    if table.delimiter is not None:
        return list(table.names)
    import pyarrow.parquet as pq

    with suppress(*_FAULTS), arrow_files.opened(table.files[0].path) as source, pq.ParquetFile(source) as file:
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

    >>> from pathlib import Path
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
    with source if isinstance(source, io.BufferedReader) else arrow_files.opened(source) as file:
        yield file


def _parse_options(delimiter: str, skipped: list[int] | None) -> Any:
    import pyarrow.csv as pcsv

    def skip(row: Any) -> str:
        assert skipped is not None
        skipped.append(row.number - 1 if row.number else 0)
        return "skip"

    handler = None if skipped is None else skip
    return pcsv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=handler)


def _is_plain(kind: Any) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return bool(number or text or pa.types.is_temporal(kind) or pa.types.is_null(kind))


def _unreadable(path: Located, error: Exception, columns: Sequence[str] | None = None) -> InputError:
    """What is wrong with a file, and of Parquet from which `columns` are wanted, with which row group."""
    if isinstance(error, InputError):
        return error
    if isinstance(error, UnicodeDecodeError):
        return InputError(f"{path}: {text_tables.UNKNOWN_ENCODING}")
    why = printable(" ".join(str(error).split())[:200])
    where = "" if columns is None else _damaged_group(path, columns)
    return InputError(f"{path}: {where}cannot be read as a Parquet or CSV table ({why}); write it again")


def _damaged_group(path: Located, columns: Sequence[str]) -> str:
    """Which row group of a Parquet file is the first that cannot be read, for a message."""
    import pyarrow.parquet as pq

    group, groups = 0, 0
    with suppress(*_FAULTS), arrow_files.opened(path) as source, pq.ParquetFile(source) as file:
        groups = file.metadata.num_row_groups
        for group in range(groups):
            utf8_columns.decodable(file.read_row_group(group, columns=list(columns)))
        return ""
    return f"row group {group + 1} of {groups} " if groups else ""


def _lack(path: Located) -> str:
    """Why a path is not a file that can be read."""
    return "is a folder" if path.is_dir() else "is not a regular file" if path.exists() else "no such file"
