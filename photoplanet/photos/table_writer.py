"""Writing a photo table piece by piece, atomically, in bounded memory: a file, or a folder of parts."""

from collections import deque
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from photoplanet.core import atomic, atomic_folders, table_sets
from photoplanet.errors import InputError
from photoplanet.photos.table_pieces import PLACE, conform, with_columns

SUFFIXES = (".parquet", ".pq", ".csv", ".tsv")
ROW_GROUP = 1 << 20  # rows that wait in memory
PART = 8 * ROW_GROUP  # rows of a file of a folder


class TableWriter:
    """A photo table in the making, by its name: Parquet, CSV, or for a name without ending a folder of Parquet files.

    It appears when the block ends well, and only where a row was added, or `empty` is asked for; else what was there
    stays. InputError for another ending, and for a folder that holds other things than tables.

    >>> target = getfixture("tmp_path") / "photos"
    >>> with TableWriter(target) as written:
    ...     written.add(pa.table({"photo_id": ["a"], "path": ["a.jpg"]}))
    >>> [file.name for file in target.iterdir()], written.rows
    (['part-00000.parquet'], 1)
    """

    def __init__(self, path: str | Path, empty: bool = False):
        self.path, self.rows = Path(path), 0
        self._empty, self._waiting, self._held = empty, deque[pa.Table](), 0
        self._folder: Path | None = None
        self._writer: Any = None
        self._part, self._in_part = 0, 0
        self._stack, self._files = ExitStack(), ExitStack()
        check_name(self.path)

    def __enter__(self) -> "TableWriter":
        return self

    def add(self, rows: pa.Table) -> None:
        """Add rows, which have the same columns each time."""
        self.rows += len(rows)
        while len(rows):
            room = ROW_GROUP - self._held
            self._waiting.append(rows.slice(0, room))
            self._held += min(room, len(rows))
            rows = rows.slice(room)
            if self._held == ROW_GROUP:
                self._flush()
        if self._empty and not self._waiting:
            self._waiting.append(rows)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stack:  # which makes the table appear, or removes what there is of it
            with self._files:
                try:
                    if kind is None and self._waiting and (self._held or self._writer is None):
                        self._flush()
                except BaseException:
                    self._abandon()
                    raise
                if kind is None:
                    self._close()
                else:
                    self._abandon()
            if error is not None:
                raise error

    def _close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _abandon(self) -> None:
        """Close what is thrown away; a writer that is not closed would write later, into a file that is."""
        with suppress(Exception):
            self._close()

    def _flush(self) -> None:
        rows = without_nan(conform(pa.concat_tables(self._waiting), self.path))
        self._waiting.clear()
        self._held = 0
        if self._writer is None or (self._folder is not None and self._in_part >= PART):
            self._open(rows.schema)
        self._writer.write_table(rows)
        self._in_part += len(rows)

    def _open(self, schema: pa.Schema) -> None:
        import pyarrow.csv
        import pyarrow.parquet

        suffix = self.path.suffix.lower()
        if suffix:
            target = self._stack.enter_context(atomic.replacing(self.path))
        else:
            if self._folder is None:
                self._folder = self._stack.enter_context(atomic_folders.replacing(self.path))
            else:
                self._close()
                self._files.close()
            target = self._folder / f"part-{self._part:05}.parquet"
            self._part, self._in_part = self._part + 1, 0
        file = self._files.enter_context(target.open("wb"))
        if suffix in (".csv", ".tsv"):
            options = pyarrow.csv.WriteOptions(delimiter="\t" if suffix == ".tsv" else ",")
            self._writer = pyarrow.csv.CSVWriter(file, schema, write_options=options)
        else:
            self._writer = pyarrow.parquet.ParquetWriter(file, schema, compression="zstd")


def check_name(path: Path) -> None:
    """Raise InputError for a name under which no photo table is written.

    >>> check_name(Path("photos.txt"))
    Traceback (most recent call last):
    photoplanet.errors.InputError: photos.txt: a photo table ends in .parquet or .csv; give another name
    """
    named = path.suffix.lower() in SUFFIXES
    if not named and (path.suffix or (path.exists() and not path.is_dir())):
        raise InputError(f"{path}: a photo table ends in .parquet or .csv; give another name")
    if not path.suffix and path.is_dir() and any(path.iterdir()) and not table_sets.is_folder_of_tables(path):
        raise InputError(f"{path}: a folder with other things than the parts of a table in it; give a new name")


def without_nan(table: pa.Table) -> pa.Table:
    """Return a table whose unreadable coordinates are empty, as they are written.

    >>> without_nan(pa.table({"latitude": [float("nan")]}))["latitude"].to_pylist()
    [None]
    """
    columns = {
        name: pc.if_else(pc.is_nan(table[name]), None, table[name]) for name in table.column_names if name in PLACE
    }
    return with_columns(table, columns)
