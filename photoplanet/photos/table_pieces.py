"""Photo tables read in pieces: anybody's columns into ours, and which rows cannot be used, each piece by itself."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from photoplanet.core import names, table_files
from photoplanet.core.stores import Located
from photoplanet.core.table_sets import TableSet
from photoplanet.earth.coordinates import arrays, tables
from photoplanet.earth.coordinates.tables import Named
from photoplanet.errors import InputError
from photoplanet.photos import foreign_tables, foreign_times
from photoplanet.photos.coordinate_faults import UNREADABLE
from photoplanet.photos.foreign_tables import PHOTO_COLUMNS
from photoplanet.photos.formats import is_photo_name

SCHEMA = pa.schema(
    [
        ("photo_id", pa.string()), ("path", pa.string()), ("latitude", pa.float64()), ("longitude", pa.float64()),
        ("taken_at", pa.string()), ("album", pa.string()), ("photographer", pa.string()),
        ("width", pa.int32()), ("height", pa.int32()), ("licence", pa.string()), ("source", pa.string()),
    ]
)  # fmt: skip
PLACE = {"latitude", "longitude"}
MOST_TEXT = (1 << 31) - (1 << 20)  # bytes of texts that 32-bit offsets surely hold
Dropped = dict[str, dict[str, Any]]  # {reason: {"count": n, "rows": [first row numbers, from 1]}}


@dataclass(frozen=True, eq=False)
class Piece:
    """Some rows of a photo table that can be used, and what is left out or left empty among them.

    `rows`: our columns in our types; `table`: the file or folder that was named; `dropped`: reasons and rows as
    `photos.table.read` reports them, `gone` those that are not rows at all; `times`: {reason: which of `rows` have
    lost their time}.
    """

    rows: pa.Table
    table: Located
    dropped: Dropped
    gone: Dropped
    times: dict[str, NDArray[np.int64]]
    _place: "_Place"
    _kept: NDArray[np.bool_]

    def numbers(self, rows: NDArray[np.int64]) -> list[Any]:
        """Return the first few of `rows` as people count them in the file, with its name where there are several."""
        return self._place.numbers(rows if self._kept.all() else np.flatnonzero(self._kept)[rows])


@dataclass
class _Place:
    """Where a piece lies in its file: after how many rows that could be read, and after which that could not."""

    label: str  # of the file; "" where there is only one
    start: int = 0
    gone: dict[str, list[int]] = field(default_factory=dict)

    def numbers(self, rows: NDArray[np.int64]) -> list[Any]:
        few = (rows[: foreign_tables.ROWS_SHOWN] + self.start).tolist()
        return self.named(foreign_tables.row_numbers(few, self.gone))

    def named(self, numbers: Sequence[int]) -> list[Any]:
        return [f"{self.label}:{number}" for number in numbers] if self.label else list(numbers)


def pieces(
    given: TableSet, require: Sequence[str], wanted: Collection[str], coordinates: Named | None = None,
    others: bool = False,
) -> Iterator[Piece]:  # fmt: skip
    r"""Read photo tables piece by piece, as `photos.table.read` says; equal photo_ids are not looked for.

    A piece is a million rows of Parquet, or a file: of text, with hemispheres in columns of their own (what stands in
    all of them counts), or where `others` are wanted. InputError as `photos.table.read`.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "train.csv")
    ...     _ = path.write_text("IMG_ID,LAT,LON\na.jpg,48.9,2.4\nb.jpg,0,0\n")
    ...     [piece] = pieces(TableSet.of(path), ["latitude", "longitude"], {"photo_id"})
    >>> piece.rows["photo_id"].to_pylist(), piece.dropped
    (['a.jpg'], {'exactly 0, 0': {'count': 1, 'rows': [2]}})
    """
    layouts = [table_files.layout(each, "a photo table") for each in given.tables]
    several = len(layouts) > 1
    for layout in layouts:
        yield from _of_table(layout, require, {*wanted, *require}, coordinates, others, several)


def _of_table(
    layout: table_files.Layout, require: Sequence[str], wanted: set[str], coordinates: Named | None, others: bool,
    several: bool,
) -> Iterator[Piece]:  # fmt: skip
    each_other = {"photo_id", "path"} if wanted & {"photo_id", "path"} else set()  # one may be made from the other
    aliases = {ours: PHOTO_COLUMNS[ours] for ours in SCHEMA.names if ours in wanted | each_other if ours not in PLACE}
    places = tables.columns_of(layout, coordinates) if wanted & PLACE else []
    clock = foreign_tables.clock_beside(layout.names, aliases)
    also = [*{name for pair in places for name in pair.names}, *clock]
    more = _others(layout, [*also, *foreign_tables.matched(layout.names, aliases).values()]) if others else []
    whole = others or any(pair.latitude_ref or pair.longitude_ref for pair in places)
    last, place = None, _Place("")
    for file, found in foreign_tables.pieces(layout, aliases, [*also, *more], whole):
        if file is not last:
            last, place = file, _Place(str(file.path) if several else file.path.name if layout.parts else "")
        for reason, numbers in found.gone.items():
            place.gone.setdefault(reason, []).extend(numbers)
        raw, times = _completed(found.columns, wanted), dict[str, NDArray[np.int64]]()
        if places:
            latitude, longitude, empty = tables.degrees(raw, places, file.path, place.start)
            raw = with_columns(
                raw, {"latitude": pa.array(latitude, mask=empty), "longitude": pa.array(longitude, mask=empty)}
            )
        if "taken_at" in raw.column_names:
            taken_at, times = foreign_times.read(foreign_times.joined(raw["taken_at"], *(raw[name] for name in clock)))
            raw = with_columns(raw, {"taken_at": taken_at})
        lacking = [name for name in require if name not in raw.column_names]
        foreign_tables.check_columns(file.path, lacking, found.names, PHOTO_COLUMNS)
        rows = with_columns(conform(raw, file.path), {name: raw[name] for name in more})
        labels = {name: names.composed(rows[name]) for name in ("album", "photographer") if name in rows.column_names}
        rows = with_columns(rows, labels)
        ours = [name for name in SCHEMA.names if name in wanted and name in rows.column_names]
        gone = {reason: {"count": entry["count"], "rows": place.named(entry["rows"])}
                for reason, entry in foreign_tables.counted(found.gone).items()}  # fmt: skip
        kept, dropped = _usable(rows, require, place)
        index = np.cumsum(kept) - 1
        times = {reason: index[odd[kept[odd]]] for reason, odd in times.items()}
        rows = (rows if kept.all() else rows.filter(pa.array(kept))).select([*ours, *more])
        yield Piece(rows, layout.path, dropped, gone, times, _Place(place.label, place.start, place.gone), kept)
        place.start += len(kept)


def _usable(rows: pa.Table, require: Sequence[str], place: _Place) -> tuple[NDArray[np.bool_], Dropped]:
    """Which rows can be used, and the others, each for its first reason."""
    keep = np.ones(len(rows), bool)
    dropped: Dropped = {}

    def leave_out(bad: NDArray[np.bool_], reason: str) -> None:
        found = np.flatnonzero(bad & keep)
        if len(found):
            dropped[reason] = {"count": len(found), "rows": place.numbers(found)}
            keep[found] = False

    for name in require:
        if rows.schema.field(name).type == pa.string():
            empty = pc.or_kleene(rows[name].is_null(), pc.equal(rows[name], ""))
            leave_out(empty.to_numpy().astype(bool), f"no {name}")
    if "latitude" in require and "longitude" in require:
        lat, lng = (rows[name].to_numpy() for name in ("latitude", "longitude"))
        nothing = rows["latitude"].is_null().to_numpy() & rows["longitude"].is_null().to_numpy()
        leave_out(nothing.astype(bool), "no GPS")
        leave_out(np.isnan(lat) | np.isnan(lng), UNREADABLE)
        leave_out((np.abs(lat) > 90) | (np.abs(lng) > 180), "GPS out of range")
        leave_out((lat == 0) & (lng == 0), "exactly 0, 0")
    return keep, dropped


def with_columns(raw: pa.Table, columns: dict[str, Any]) -> pa.Table:
    """Return a table with these columns, in the place of those of the same name.

    >>> with_columns(pa.table({"a": [1], "b": [2]}), {"a": pa.array([3])}).to_pylist()
    [{'a': 3, 'b': 2}]
    """
    return pa.table({name: raw[name] for name in raw.column_names} | columns)


def widened(rows: pa.Table) -> pa.Table:
    """Return a table whose text columns of over 2 GiB have 64-bit offsets, so that they can be joined and sorted.

    >>> widened(pa.table({"photo_id": ["a"]})).schema.field("photo_id").type
    DataType(string)
    """
    wide = [field.name for field in rows.schema if field.type == pa.string() and rows[field.name].nbytes > MOST_TEXT]
    return with_columns(rows, {name: rows[name].cast(pa.large_string()) for name in wide}) if wide else rows


def narrow(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return texts with 32-bit offsets, as files hold them, in as many chunks as that takes.

    >>> narrow(pa.chunked_array([["a"]], pa.large_string())).type
    DataType(string)
    """
    chunks = []
    for chunk in column.chunks:
        if chunk.nbytes <= MOST_TEXT and not chunk.offset:
            chunks.append(chunk.cast(pa.string()))
            continue
        for start in range(0, len(chunk), table_files.STREAM_ROWS):
            some = chunk.slice(start, table_files.STREAM_ROWS)
            copied = some.take(pa.array(np.arange(len(some))))  # a slice keeps offsets from the chunk's beginning
            chunks.append(copied.cast(pa.string()))
    return pa.chunked_array(chunks, pa.string())


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


def conform(table: pa.Table, path: object) -> pa.Table:
    """Return the columns of the schema in its types; numbers that cannot be read become null.

    InputError that names `path`, where a column is of another kind.

    >>> conform(pa.table({"width": ["640", "?"]}), "photos.csv")["width"].to_pylist()
    [640, None]
    """
    columns = {}
    for each in SCHEMA:
        if each.name in table.column_names:
            try:
                columns[each.name] = _cast(table[each.name], each.type)
            except (pa.ArrowException, ValueError, TypeError) as error:
                raise InputError(f"{path}: column {each.name} cannot be read as {each.type} ({error})") from None
    return pa.table(columns)


def _cast(column: pa.ChunkedArray, target: pa.DataType) -> pa.ChunkedArray:
    if column.type == target:
        return column
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_large_string(column.type) and target == pa.string():
        return narrow(column)
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
