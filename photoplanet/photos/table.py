"""The photo table: its columns, reading anybody's CSV, TSV or Parquet into them, and writing it atomically."""

import csv
import io
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from photoplanet.errors import InputError
from photoplanet.photos.formats import is_photo_name

SCHEMA = pa.schema(
    [
        ("photo_id", pa.string()), ("path", pa.string()), ("latitude", pa.float64()), ("longitude", pa.float64()),
        ("taken_at", pa.string()), ("album", pa.string()), ("photographer", pa.string()),
        ("width", pa.int32()), ("height", pa.int32()), ("licence", pa.string()), ("source", pa.string()),
    ]
)  # fmt: skip
REQUIRED = ("photo_id", "path", "latitude", "longitude")  # to train

# our column -> names of other projects, in lower case, the likeliest first; our own name always wins
FOREIGN = {
    "photo_id": ("img_id", "image_id", "photoid", "imageid", "id", "key"),
    "path": ("file", "filename", "file_name", "filepath", "file_path", "image_path", "img_path", "image", "img"),
    "latitude": ("lat", "gps_lat", "gpslatitude", "gps_latitude"),
    "longitude": ("lon", "lng", "long", "gps_lon", "gps_lng", "gpslongitude", "gps_longitude"),
    "taken_at": ("date", "datetime", "date_taken", "datetaken", "timestamp", "captured_at", "time"),
    "album": ("album_id", "sequence", "sequence_id", "set", "set_id"),
    "photographer": ("user", "author", "user_id", "userid", "author_id", "owner", "creator", "artist"),
    "licence": ("license",),
}
TABLE_SUFFIXES = (".parquet", ".pq", ".csv", ".tsv", ".tab", ".txt")
MAX_ROWS = 500_000_000  # a few bytes of Parquet can claim more rows than any memory holds
_ROWS_SHOWN = 5


def read(
    path: str | Path, require: Sequence[str] = REQUIRED, columns: Collection[str] | None = None
) -> tuple[pa.Table, dict[str, dict[str, Any]]]:
    """Read CSV, TSV or Parquet as (table in our columns and types, rows left out).

    The second is {reason: {"count": n, "rows": [first row numbers, from 1]}} for rows without a required value, with
    coordinates that are no numbers, out of range or exactly 0, 0 (what a camera without a fix writes), or with a
    photo_id seen before. `columns`: read only these and `require`. A missing photo_id is taken from the path and a
    missing path from a photo_id that ends like a photo's name (MP-16, IM2GPS). Raises InputError that names the file
    and the missing columns.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: {'is a folder' if path.is_dir() else 'no such file'}; needs a photo table")
    wanted = set(SCHEMA.names if columns is None else columns) | set(require)
    if unknown := wanted - set(SCHEMA.names):
        raise InputError(f"no column {', '.join(sorted(unknown))} in a photo table; it has {', '.join(SCHEMA.names)}")
    try:
        raw, names, broken = _read_parquet(path, wanted) if _is_parquet(path) else _read_csv(path, wanted)
    except (pa.ArrowException, OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot read it as a table ({' '.join(str(error).split())[:200]})") from None
    table = _conform(_completed(raw, wanted), path)
    if missing := [name for name in require if name not in table.column_names]:
        also = {name: FOREIGN[name][:3] for name in missing if name in FOREIGN}
        hint = "; ".join(f"{name} may be called {', '.join(names)}" for name, names in also.items())
        raise InputError(f"{path}: no column {', '.join(missing)} ({hint}); found {', '.join(names)[:500] or 'none'}")
    table, dropped = _checked(table, require, broken)
    if broken:
        dropped["wrong number of fields"] = {"count": len(broken), "rows": broken[:_ROWS_SHOWN]}
    return table.select([name for name in SCHEMA.names if name in wanted and name in table.column_names]), dropped


def write(table: pa.Table, path: str | Path) -> Path:
    """Write a photo table as Parquet (.parquet) or CSV (.csv, .tsv), atomically: never a half-written file."""
    import pyarrow.csv
    import pyarrow.parquet

    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in (".parquet", ".pq", ".csv", ".tsv"):
        raise InputError(f"{path}: a photo table ends in .parquet or .csv")
    if not path.parent.is_dir():
        raise InputError(f"{path.parent}: no such folder; make it first")
    table = _conform(table, path)
    with replacing(path) as file:
        if suffix in (".parquet", ".pq"):
            pyarrow.parquet.write_table(table, file, compression="zstd")
        else:
            delimiter = "\t" if suffix == ".tsv" else ","
            pyarrow.csv.write_csv(table, file, pyarrow.csv.WriteOptions(delimiter=delimiter))
    return path


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` when all went well, and is gone when not."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            yield file
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def paths(table: pa.Table, folder: str | Path) -> list[str]:
    """The photos' paths with relative ones joined to `folder`, the table's own folder; shard addresses likewise."""
    base = os.fspath(folder)
    return [os.path.join(base, path) for path in table["path"].to_pylist()]  # noqa: PTH118  # 5 M rows: pathlib takes 20 s


def from_rows(rows: Iterable[dict[str, Any]]) -> pa.Table:
    """A photo table from dicts with our column names; absent values are null."""
    return pa.Table.from_pylist(list(rows), schema=SCHEMA)


def describe(dropped: dict[str, dict[str, Any]]) -> str:
    """One line about the rows left out, or an empty string: '3 rows left out: exactly 0, 0: 2 (rows 4, 9); …'."""
    if not dropped:
        return ""
    total = sum(entry["count"] for entry in dropped.values())
    parts = []
    for reason, entry in dropped.items():
        rows = ", ".join(map(str, entry["rows"])) + (", …" if entry["count"] > len(entry["rows"]) else "")
        parts.append(f"{reason}: {entry['count']:,} (row{'s' if entry['count'] > 1 else ''} {rows})")
    return f"{total:,} row{'s' if total > 1 else ''} left out: {'; '.join(parts)}"


def coordinate_fault(latitude: float | None, longitude: float | None) -> str | None:
    """Why a coordinate in degrees cannot be used: one of the words that reports use; None when it is good."""
    if latitude is None or longitude is None or latitude != latitude or longitude != longitude:
        return "no GPS"
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return "GPS out of range"
    return "exactly 0, 0" if latitude == 0 and longitude == 0 else None


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def matched(names: Sequence[str], wanted: set[str]) -> dict[str, str]:
    """Our column -> the file's name for it."""
    spelled: dict[str, str] = {}
    for spelling in names:
        spelled.setdefault(spelling.strip().lower(), spelling)
    found = {}
    for ours in SCHEMA.names:
        name: str | None = next((spelled[alias] for alias in (ours, *FOREIGN.get(ours, ())) if alias in spelled), None)
        needed = ours in wanted or (ours in ("path", "photo_id") and wanted & {"path", "photo_id"})
        if name is not None and needed:
            found[ours] = name
    return found


def _read_parquet(path: Path, wanted: set[str]) -> tuple[pa.Table, list[str], list[int]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        if file.metadata.num_rows > MAX_ROWS:
            raise InputError(f"{path}: claims {file.metadata.num_rows:,} rows, the limit is {MAX_ROWS:,}")
        file_names = file.schema_arrow.names
        found = matched(file_names, wanted)
        raw = file.read(columns=list(dict.fromkeys(found.values())))
    return pa.table({ours: raw[name] for ours, name in found.items()}), file_names, []


def _read_csv(path: Path, wanted: set[str]) -> tuple[pa.Table, list[str], list[int]]:
    """Every column as text, since a single odd value must cost its row and not the file."""
    import pyarrow.csv as pcsv

    with path.open("rb") as file:
        head = file.readline(1 << 20).decode("utf-8-sig")
    delimiter = max(",;\t", key=head.count)
    names = next(csv.reader(io.StringIO(head), delimiter=delimiter), [])
    found = matched(names, wanted)
    broken: list[int] = []
    if not found:
        return pa.table({}), names, []

    def skip(row: Any) -> str:
        broken.append(row.number - 1 if row.number else 0)
        return "skip"

    raw = pcsv.read_csv(
        path,
        pcsv.ReadOptions(use_threads=False, block_size=8 << 20),  # one thread: row numbers of broken rows are known
        pcsv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=skip),
        pcsv.ConvertOptions(
            column_types=dict.fromkeys(found.values(), pa.string()),
            include_columns=list(dict.fromkeys(found.values())),
            strings_can_be_null=True, null_values=[""],
        ),
    )  # fmt: skip
    return pa.table({ours: raw[name] for ours, name in found.items()}), names, broken


def _completed(raw: pa.Table, wanted: set[str]) -> pa.Table:
    """photo_id from path, or path from a photo_id that is a file name, where one of the two is missing."""
    if "photo_id" in wanted and "photo_id" not in raw.column_names and "path" in raw.column_names:
        return raw.append_column("photo_id", raw["path"])
    if "path" in wanted and "path" not in raw.column_names and "photo_id" in raw.column_names:
        first = raw["photo_id"].slice(0, 100).drop_null().to_pylist()
        if all(is_photo_name(str(name)) for name in first):
            return raw.append_column("path", raw["photo_id"])
    return raw


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
    if pa.types.is_timestamp(column.type) and target == pa.string():
        text = pc.replace_substring(column.cast(pa.string()), " ", "T", max_replacements=1)
        text = pc.replace_substring_regex(text, r"\.0+(Z|[+-].*)?$", r"\1")  # Parquet stores thousandths
        return pc.replace_substring_regex(text, "Z$", "+00:00")  # as Python 3.10 reads it
    if target == pa.string() or not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column.cast(target, safe=False) if pa.types.is_decimal(column.type) else column.cast(target)
    try:
        return pc.utf8_trim_whitespace(column).cast(target)
    except pa.ArrowInvalid:  # some value is no number: find out which, one by one
        return pa.chunked_array([pa.array([_number(text, target) for text in column.to_pylist()], target)])


def _number(text: str | None, target: pa.DataType) -> float | int | None:
    try:
        value = float(text) if text is not None else None
        return int(value) if value is not None and pa.types.is_integer(target) else value
    except (ValueError, OverflowError):
        return None


def _checked(
    table: pa.Table, require: Sequence[str], broken: Sequence[int] = ()
) -> tuple[pa.Table, dict[str, dict[str, Any]]]:
    """Leave out the rows that cannot be used, each for its first reason; `broken` rows of the file are gone already."""
    keep = np.ones(len(table), bool)
    dropped: dict[str, dict[str, Any]] = {}

    def leave_out(bad: np.ndarray, reason: str) -> None:
        rows = np.flatnonzero(bad & keep)
        if len(rows):
            shown = [int(row) + 1 for row in rows[:_ROWS_SHOWN]]  # as people count
            for gone in broken:
                shown = [row + (row >= gone) for row in shown]
            dropped[reason] = {"count": len(rows), "rows": shown}
            keep[rows] = False

    for name in require:
        if table.schema.field(name).type == pa.string():
            empty = pc.or_kleene(table[name].is_null(), pc.equal(table[name], ""))
            leave_out(empty.to_numpy().astype(bool), f"no {name}")
    if "latitude" in require and "longitude" in require:
        lat, lng = (table[name].to_numpy() for name in ("latitude", "longitude"))
        leave_out(np.isnan(lat) | np.isnan(lng), "no GPS")
        leave_out((np.abs(lat) > 90) | (np.abs(lng) > 180), "GPS out of range")
        leave_out((lat == 0) & (lng == 0), "exactly 0, 0")
    if "photo_id" in require:
        kept = table["photo_id"] if keep.all() else table["photo_id"].filter(pa.array(keep))
        if pc.count_distinct(kept).as_py() < len(kept):
            chunks = kept.dictionary_encode().chunks  # one dictionary for all chunks
            codes = np.concatenate([chunk.indices.to_numpy() for chunk in chunks])
            again = np.ones(len(codes), bool)
            again[np.unique(codes, return_index=True)[1]] = False
            seen = np.zeros(len(keep), bool)
            seen[np.flatnonzero(keep)] = again
            leave_out(seen, "photo_id seen before")
    return (table if keep.all() else table.filter(pa.array(keep))), dropped
