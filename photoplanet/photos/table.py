"""The photo table: its columns, reading anybody's CSV, TSV or Parquet into them, and writing it atomically."""

import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from photoplanet.core import atomic, names, table_files
from photoplanet.earth.coordinates import arrays, tables
from photoplanet.earth.coordinates.tables import Named
from photoplanet.errors import InputError
from photoplanet.photos import foreign_tables, foreign_times
from photoplanet.photos.coordinate_faults import UNREADABLE
from photoplanet.photos.coordinate_faults import coordinate_fault as coordinate_fault
from photoplanet.photos.foreign_tables import PHOTO_COLUMNS
from photoplanet.photos.formats import is_photo_name

SCHEMA = pa.schema(
    [
        ("photo_id", pa.string()), ("path", pa.string()), ("latitude", pa.float64()), ("longitude", pa.float64()),
        ("taken_at", pa.string()), ("album", pa.string()), ("photographer", pa.string()),
        ("width", pa.int32()), ("height", pa.int32()), ("licence", pa.string()), ("source", pa.string()),
    ]
)  # fmt: skip
REQUIRED = ("photo_id", "path", "latitude", "longitude")  # to train

_PLACE = {"latitude", "longitude"}

TABLE_SUFFIXES = (".parquet", ".pq", ".csv", ".tsv", ".tab", ".txt")
WRITTEN_SUFFIXES = (".parquet", ".pq", ".csv", ".tsv")
Dropped = dict[str, dict[str, Any]]  # {reason: {"count": n, "rows": [first row numbers, from 1]}}


def read(
    path: str | Path,
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
    path = Path(path)
    wanted = set(SCHEMA.names if columns is None else columns) | set(require)
    if unknown := wanted - set(SCHEMA.names):
        raise InputError(f"no column {', '.join(sorted(unknown))} in a photo table; it has {', '.join(SCHEMA.names)}")
    layout = table_files.layout(path, "a photo table")
    each_other = {"photo_id", "path"} if wanted & {"photo_id", "path"} else set()  # one may be made from the other
    aliases = {ours: PHOTO_COLUMNS[ours] for ours in SCHEMA.names if ours in wanted | each_other if ours not in _PLACE}
    places = tables.columns_of(layout, coordinates) if wanted & _PLACE else []
    clock = foreign_tables.clock_beside(layout.names, aliases)
    also = [*{name for pair in places for name in pair.names}, *clock]
    more = _others(layout, [*also, *foreign_tables.matched(layout.names, aliases).values()]) if others else []
    found = foreign_tables.read(layout, aliases, also=[*also, *more])
    raw, times = _completed(found.columns, wanted), dict[str, NDArray[np.int64]]()
    if places:
        latitude, longitude, empty = tables.degrees(raw, places, path)
        raw = _with(raw, {"latitude": pa.array(latitude, mask=empty), "longitude": pa.array(longitude, mask=empty)})
    if "taken_at" in raw.column_names:
        taken_at, times = foreign_times.read(foreign_times.joined(raw["taken_at"], *(raw[name] for name in clock)))
        raw = _with(raw, {"taken_at": taken_at})
    lacking = [name for name in require if name not in raw.column_names]
    foreign_tables.check_columns(path, lacking, found.names, PHOTO_COLUMNS)
    table = _with(_conform(raw, path), {name: raw[name] for name in more})
    labels = {name: names.composed(table[name]) for name in ("album", "photographer") if name in table.column_names}
    table, dropped = _checked(_with(table, labels), require, found.gone, times)
    dropped |= foreign_tables.counted(found.gone)
    ours = [name for name in SCHEMA.names if name in wanted and name in table.column_names]
    return table.select([*ours, *more]), dropped


def write(table: pa.Table, path: str | Path) -> Path:
    """Write a photo table as Parquet (.parquet, .pq) or CSV (.csv, .tsv), atomically: never a half-written file.

    InputError for another ending, a folder that does not exist, or columns of other types.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(from_rows([{"photo_id": "a", "path": "a.jpg"}]), Path(folder, "photos.csv")).read_text()[:15]
    '"photo_id","pat'
    """
    import pyarrow.csv
    import pyarrow.parquet

    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in WRITTEN_SUFFIXES:
        raise InputError(f"{path}: a photo table ends in .parquet or .csv; give another name")
    table = _without_nan(_conform(table, path))
    with atomic.replacing(path) as temporary, temporary.open("wb") as file:
        if suffix in (".parquet", ".pq"):
            pyarrow.parquet.write_table(table, file, compression="zstd")
        else:
            delimiter = "\t" if suffix == ".tsv" else ","
            pyarrow.csv.write_csv(table, file, pyarrow.csv.WriteOptions(delimiter=delimiter))
    return path


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


def _completed(raw: pa.Table, wanted: set[str]) -> pa.Table:
    """photo_id from path, or path from a photo_id that is a file name, where one of the two is missing."""
    if "photo_id" in wanted and "photo_id" not in raw.column_names and "path" in raw.column_names:
        return raw.append_column("photo_id", raw["path"])
    if "path" in wanted and "path" not in raw.column_names and "photo_id" in raw.column_names:
        first = raw["photo_id"].slice(0, 100).drop_null()
        if pa.types.is_dictionary(first.type):
            first = first.cast(first.type.value_type)
        texts = pa.types.is_string(first.type) or pa.types.is_large_string(first.type) or not len(first)
        if texts and all(map(is_photo_name, first.to_pylist())):
            return raw.append_column("path", raw["photo_id"])
    return raw


def _others(layout: table_files.Layout, read_as_ours: Collection[str]) -> list[str]:
    """The columns of a file that are none of ours, whose names are theirs alone, with texts, numbers, times."""
    ours = {*read_as_ours, *SCHEMA.names}
    plain = table_files.plain_columns(layout)
    return [name for name in plain if name not in ours and layout.names.count(name) == 1]


def _with(raw: pa.Table, columns: dict[str, Any]) -> pa.Table:
    """A table with these columns, in the place of those of the same name."""
    return pa.table({name: raw[name] for name in raw.column_names} | columns)


def _without_nan(table: pa.Table) -> pa.Table:
    """A table whose unreadable coordinates are empty, as they are written."""
    columns = {
        name: pc.if_else(pc.is_nan(table[name]), None, table[name]) for name in table.column_names if name in _PLACE
    }
    return _with(table, columns)


def _conform(table: pa.Table, path: Path) -> pa.Table:
    """The columns of the schema in its types; numbers that cannot be read become null."""
    columns = {}
    for field in SCHEMA:
        if field.name in table.column_names:
            try:
                columns[field.name] = _cast(table[field.name], field.type)
            except (pa.ArrowException, ValueError, TypeError) as error:
                raise InputError(f"{path}: column {field.name} cannot be read as {field.type} ({error})") from None
    return pa.table(columns)


def _cast(column: pa.ChunkedArray, target: pa.DataType) -> pa.ChunkedArray:
    if column.type == target:
        return column
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_integer(target):
        return _whole_numbers(column, target)
    if target == pa.string() or not pa.types.is_string(column.type):
        return column.cast(target, safe=False) if pa.types.is_decimal(column.type) else column.cast(target)
    return pa.chunked_array([arrays.read(column, "").values])


def _whole_numbers(column: pa.ChunkedArray, target: pa.DataType) -> pa.ChunkedArray:
    """Integers; null for what is not a number or too large for one."""
    values = arrays.read(column, "").values
    bits = np.iinfo(target.to_pandas_dtype())
    with np.errstate(invalid="ignore"):
        fits = (values >= bits.min) & (values <= bits.max)
    return pa.chunked_array([pa.array(np.where(fits, values, 0).astype(bits.dtype), mask=~fits)])


def _checked(
    table: pa.Table, require: Sequence[str], gone: dict[str, list[int]], times: dict[str, NDArray[np.int64]]
) -> tuple[pa.Table, Dropped]:
    """Leave out the rows that cannot be used, each for its first reason, and count the `times` that are left empty.

    `gone`: rows of the file that could not be read at all.
    """
    keep = np.ones(len(table), bool)
    dropped: Dropped = {}

    def leave_out(bad: NDArray[np.bool_], reason: str) -> None:
        rows = np.flatnonzero(bad & keep)
        if len(rows):
            dropped[reason] = {"count": len(rows), "rows": foreign_tables.row_numbers(rows.tolist(), gone)}
            keep[rows] = False

    for name in require:
        if table.schema.field(name).type == pa.string():
            empty = pc.or_kleene(table[name].is_null(), pc.equal(table[name], ""))
            leave_out(empty.to_numpy().astype(bool), f"no {name}")
    if "latitude" in require and "longitude" in require:
        lat, lng = (table[name].to_numpy() for name in ("latitude", "longitude"))
        nothing = table["latitude"].is_null().to_numpy() & table["longitude"].is_null().to_numpy()
        leave_out(nothing.astype(bool), "no GPS")
        leave_out(np.isnan(lat) | np.isnan(lng), UNREADABLE)
        leave_out((np.abs(lat) > 90) | (np.abs(lng) > 180), "GPS out of range")
        leave_out((lat == 0) & (lng == 0), "exactly 0, 0")
    if "photo_id" in require:
        kept = names.composed(table["photo_id"] if keep.all() else table["photo_id"].filter(pa.array(keep)))
        if pc.count_distinct(kept).as_py() < len(kept):
            chunks = kept.dictionary_encode().chunks  # one dictionary for all chunks
            codes = np.concatenate([chunk.indices.to_numpy() for chunk in chunks])
            again = np.ones(len(codes), bool)
            again[np.unique(codes, return_index=True)[1]] = False
            seen = np.zeros(len(keep), bool)
            seen[np.flatnonzero(keep)] = again
            leave_out(seen, "photo_id seen before")
    for reason, odd in times.items():
        if len(rows := odd[keep[odd]]):
            numbers = foreign_tables.row_numbers(rows.tolist(), gone)
            dropped[reason] = {"count": len(rows), "rows": numbers, "kept": True}
    return (table if keep.all() else table.filter(pa.array(keep))), dropped
