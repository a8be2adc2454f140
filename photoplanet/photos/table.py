"""The photo table: its columns, reading anybody's CSV, TSV or Parquet into them, and writing it atomically."""

import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from photoplanet.core import names, repeats, stores, table_files
from photoplanet.core.table_sets import SUFFIXES as TABLE_SUFFIXES
from photoplanet.core.table_sets import Given, TableSet, folder_of
from photoplanet.earth.coordinates.tables import Named
from photoplanet.errors import InputError
from photoplanet.photos import foreign_tables, table_pieces
from photoplanet.photos.coordinate_faults import UNREADABLE, coordinate_fault
from photoplanet.photos.table_pieces import SCHEMA, Dropped, Piece, with_columns
from photoplanet.photos.table_writer import SUFFIXES as WRITTEN_SUFFIXES
from photoplanet.photos.table_writer import TableWriter

REQUIRED = ("photo_id", "path", "latitude", "longitude")  # to train
REPEATED = "photo_id seen before"
__all__ = ["REQUIRED", "SCHEMA", "TABLE_SUFFIXES", "UNREADABLE", "WRITTEN_SUFFIXES", "Dropped", "coordinate_fault",
           "describe", "from_rows", "left_out", "paths", "read", "write"]  # fmt: skip


def read(
    path: Given,
    require: Sequence[str] = REQUIRED,
    columns: Collection[str] | None = None,
    coordinates: Named | None = None,
    others: bool = False,
) -> tuple[pa.Table, Dropped]:
    r"""Read CSV, TSV or Parquet as (table in our columns and types, rows left out).

    The second is {reason: {"count": n, "rows": [first row numbers, from 1]}} for rows without a required value, with
    coordinates that cannot be read, are out of range or exactly 0, 0 (what a camera without a fix writes), or with a
    photo_id seen before; and, with "kept": True, for rows whose time was left empty since it cannot be read for sure.
    `columns`: read only these and `require`. `coordinates`: the file's names for latitude and longitude. `others`: the
    file's other columns follow as they are, where they hold texts, numbers, times, or yes and no.

    `path`: a file, a folder of them, which is one table, or several tables, which are read as one: then paths come
    absolute, and of several files each row number comes with its file. Texts of over 2 GiB come as `large_string`.

    A missing photo_id is taken from the path and a missing path from a photo_id that ends like a photo's name (MP-16,
    IM2GPS). Where coordinates are not required, NaN stands for what cannot be read and null for what is not stated;
    "" stands for a time that cannot be read. InputError that names the file and the missing columns, or two pairs of
    coordinates that differ.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "train.csv")
    ...     _ = path.write_text("IMG_ID,LAT,LON\na.jpg,48.9,2.4\nb.jpg,0,0\n")
    ...     rows, dropped = read(path)
    >>> rows["path"].to_pylist(), describe(dropped)
    (['a.jpg'], '1 row left out: exactly 0, 0: 1 (row 2)')
    """
    wanted = set(SCHEMA.names if columns is None else columns) | set(require)
    if unknown := wanted - set(SCHEMA.names):
        raise InputError(f"no column {', '.join(sorted(unknown))} in a photo table; it has {', '.join(SCHEMA.names)}")
    given = TableSet.of(path)
    found = list(table_pieces.pieces(given, require, wanted, coordinates, others))
    rows = table_files.together([piece.rows for piece in found], given) if len(found) > 1 else found[0].rows
    if len(given.tables) > 1 and "path" in rows.column_names:
        absolute = [chunk for piece in found for chunk in _joined(piece.rows["path"], folder_of(piece.table)).chunks]
        rows = with_columns(rows, {"path": pa.chunked_array(absolute, pa.string())}).select(rows.column_names)
    again = repeats.repeated(names.composed(rows["photo_id"])) if "photo_id" in require else np.zeros(len(rows), bool)
    dropped = _dropped(found, again, require)
    return table_pieces.widened(rows.filter(pa.array(~again)) if again.any() else rows), dropped


def write(table: pa.Table, path: str | Path) -> Path:
    """Write a photo table as Parquet (.parquet, .pq) or CSV (.csv, .tsv), atomically: never a half-written file.

    A name without an ending is a folder of Parquet files, of at most 8 million rows each. InputError for another
    ending, a folder that does not exist, or columns of other types.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(from_rows([{"photo_id": "a", "path": "a.jpg"}]), Path(folder, "photos.csv")).read_text()[:15]
    '"photo_id","pat'
    """
    with TableWriter(path, empty=True) as written:
        written.add(table)
    return Path(path)


def paths(table: pa.Table, folder: str | Path) -> list[str]:
    """Return the photos' paths, relative ones joined to `folder`, the table's own folder; shard addresses likewise.

    A name that is there in another Unicode form (é as one letter, or as e with an accent) is given as it is there.

    >>> paths(from_rows([{"path": "a.jpg"}, {"path": "/b.jpg"}]), "/data")
    ['/data/a.jpg', '/b.jpg']
    """
    base = os.fspath(folder)
    joined = [os.path.join(base, path) for path in table["path"].to_pylist()]  # noqa: PTH118  # 5 M rows: pathlib takes 20 s
    disk = names.OnDisk()
    return [path if path.isascii() else disk.find(path) for path in joined]


def from_rows(rows: Iterable[dict[str, Any]]) -> pa.Table:
    """Return a photo table from dicts with our column names; absent values are null.

    >>> from_rows([{"photo_id": "a", "latitude": 48.9}])["latitude"].to_pylist()
    [48.9]
    """
    return pa.Table.from_pylist(list(rows), schema=SCHEMA)


def describe(dropped: Dropped) -> str:
    """Return one line about the rows left out, or an empty string.

    >>> describe({"exactly 0, 0": {"count": 2, "rows": [4, 9]}})
    '2 rows left out: exactly 0, 0: 2 (rows 4, 9)'
    """
    parts: dict[bool, list[str]] = {False: [], True: []}
    for reason, entry in dropped.items():
        rows = ", ".join(map(str, entry["rows"])) + (", …" if entry["count"] > len(entry["rows"]) else "")
        text = f"{reason}: {entry['count']:,} (row{'s' if entry['count'] > 1 else ''} {rows})"
        parts[entry.get("kept", False)].append(text)
    total = sum(entry["count"] for entry in left_out(dropped).values())
    gone = [f"{total:,} row{'s' if total > 1 else ''} left out: {'; '.join(parts[False])}"] if total else []
    return "; ".join([*gone, *parts[True]])


def left_out(dropped: Dropped) -> Dropped:
    """Return only the reasons for which rows were left out, and not those for which a value was left empty.

    >>> left_out({"time left empty: unreadable": {"count": 1, "rows": [2], "kept": True}})
    {}
    """
    return {reason: entry for reason, entry in dropped.items() if not entry.get("kept")}


def _joined(paths: pa.ChunkedArray, folder: str) -> pa.ChunkedArray:
    """Paths that start at a folder, absolute."""
    base = folder if stores.is_address(folder) else str(Path(folder).absolute())
    whole = pc.or_(pc.starts_with(paths, "/"), pc.match_substring_regex(paths, r"^[A-Za-z][A-Za-z0-9]*:[/\\]"))
    return pc.if_else(whole, paths, pc.binary_join_element_wise(base.rstrip("/"), paths, "/"))


def _dropped(found: Sequence[Piece], again: NDArray[np.bool_], require: Sequence[str]) -> Dropped:
    """What was left out of all pieces, in the order in which it is looked for; `again`: photo_ids seen before."""
    first = [*(f"no {name}" for name in require), "no GPS", UNREADABLE, "GPS out of range", "exactly 0, 0"]
    kinds: list[Dropped] = [{}, {}, {}, {}]
    start = 0
    for piece in found:
        own = again[start : start + len(piece.rows)]
        start += len(piece.rows)
        for reason, entry in piece.dropped.items():
            _add(kinds[0], reason, entry["count"], entry["rows"])
        if own.any():
            _add(kinds[1], REPEATED, int(own.sum()), piece.numbers(np.flatnonzero(own)))
        for reason, odd in piece.times.items():
            if len(odd := odd[~own[odd]]):
                _add(kinds[2], reason, len(odd), piece.numbers(odd))["kept"] = True
        for reason, entry in piece.gone.items():
            _add(kinds[3], reason, entry["count"], entry["rows"])
    kinds[0] = {reason: kinds[0][reason] for reason in first if reason in kinds[0]}
    return {reason: entry for kind in kinds for reason, entry in kind.items()}


def _add(kind: Dropped, reason: str, count: int, rows: Sequence[Any]) -> dict[str, Any]:
    entry = kind.setdefault(reason, {"count": 0, "rows": []})
    entry["count"] += count
    entry["rows"] = [*entry["rows"], *rows][: foreign_tables.ROWS_SHOWN]
    return entry
