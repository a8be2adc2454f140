"""The one reader of tables that other projects wrote: their names for our columns, and which rows are which."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from photoplanet.core import table_files
from photoplanet.earth.coordinates.names import pairs
from photoplanet.errors import InputError

# our column → what it may be called, in lower case, the likeliest first; our own name always wins; coordinates are
# known by the kind of their names (earth/coordinates/names.py), of which these are the commonest
PHOTO_COLUMNS: dict[str, tuple[str, ...]] = {
    "photo_id": ("photo_id", "img_id", "image_id", "photoid", "imageid", "id", "key"),
    "path": (
        "path",
        "file",
        "source_file",
        "filename",
        "filepath",
        "image_path",
        "img_path",
        "photo_path",
        "relative_path",
        "image_file",
        "image_name",
        "image",
        "img",
        "photo",
    ),
    "latitude": ("latitude", "lat", "gps_lat", "gpslatitude", "gps_latitude"),
    "longitude": ("longitude", "lon", "lng", "long", "gps_lon", "gps_lng", "gpslongitude", "gps_longitude"),
    "taken_at": (
        "taken_at",
        "sub_sec_date_time_original",
        "date_time_original",
        "datetime",
        "date_taken",
        "taken",
        "captured_at",
        "capture_time",
        "capture_date",
        "photo_taken_time",
        "photo_taken_time_timestamp",
        "time_observed_at",
        "observed_at",
        "timestamp",
        "date",
        "time",
        "observed_on",
        "event_date",
        "create_date",
    ),
    "album": ("album", "album_id", "sequence", "sequence_id", "set", "set_id"),
    "photographer": ("photographer", "user", "author", "user_id", "userid", "author_id", "owner", "creator", "artist"),
    "width": ("width",),
    "height": ("height",),
    "licence": ("licence", "license"),
    "source": ("source",),
}
ROWS_SHOWN = 5  # row numbers that a report names for each reason


@dataclass(frozen=True)
class ForeignTable:
    """What was read: the columns under our names, all names that the file has, and the rows that are not rows.

    `gone`: {reason: numbers, from 1 below the head} of rows that cannot be read; they are not in `columns`.
    """

    columns: pa.Table
    names: tuple[str, ...]
    gone: dict[str, list[int]]


def matched(names: Sequence[str], aliases: Mapping[str, Sequence[str]] = PHOTO_COLUMNS) -> dict[str, str]:
    """Return our column → the file's own name for it, for those that it has; case, blanks and _ do not matter.

    >>> matched(["IMG_ID", "LAT", "LON", "caption"])
    {'photo_id': 'IMG_ID', 'latitude': 'LAT', 'longitude': 'LON'}
    """
    spelled: dict[str, str] = {}
    for spelling in names:
        if spelling in aliases or _squeezed(spelling) not in spelled:
            spelled[_squeezed(spelling)] = spelling
    first = {
        ours: next((spelled[_squeezed(alias)] for alias in others if _squeezed(alias) in spelled), None)
        for ours, others in aliases.items()
    }
    for pair in pairs(names)[:1]:
        first |= {
            ours: name for ours, name in (("latitude", pair.latitude), ("longitude", pair.longitude)) if ours in aliases
        }
    return {ours: spelling for ours, spelling in first.items() if spelling is not None}


def read(
    table: table_files.Layout, aliases: Mapping[str, Sequence[str]], nulls: Sequence[str] = ("",),
    also: Collection[str] = (),
) -> ForeignTable:  # fmt: skip
    r"""Read the columns of a CSV, TSV or Parquet file that `aliases` knows, under our names; `also`: some of its own.

    Columns of text files come as text, null where they hold one of `nulls`; those of Parquet in the file's types.
    InputError for what is not a table.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "photos.csv")
    ...     _ = path.write_text("IMG_ID;USER;x\na.jpg;Ann;1\n")
    ...     read(table_files.layout(path), PHOTO_COLUMNS, also=["x"]).columns.to_pylist()
    [{'x': '1', 'photo_id': 'a.jpg', 'photographer': 'Ann'}]
    """
    found = _found(table, aliases)
    raw, gone = table_files.read(table, [*found.values(), *also], nulls)
    return _named(raw, found, also, table.names, gone)


def pieces(
    table: table_files.Layout, aliases: Mapping[str, Sequence[str]], also: Collection[str] = (), whole: bool = False
) -> Iterator[tuple[table_files.Layout, ForeignTable]]:
    r"""Read as `read` does, in pieces: each with the layout of its file; `gone` are the rows left out in the piece.

    Parquet comes a million rows at a time unless files are wanted `whole`; no row of a piece is held by the next.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "photos.csv")
    ...     _ = path.write_text("IMG_ID\na.jpg\n")
    ...     [piece.columns.to_pylist() for _, piece in pieces(table_files.layout(path), PHOTO_COLUMNS)]
    [[{'photo_id': 'a.jpg'}]]
    """
    found = _found(table, aliases)
    for file in table.files:
        for raw, gone in table_files.pieces(file, [*found.values(), *also], whole=whole):
            yield file, _named(raw, found, also, table.names, gone)


def _named(
    raw: pa.Table, found: Mapping[str, str], also: Collection[str], names: tuple[str, ...], gone: dict[str, list[int]]
) -> ForeignTable:
    columns = {name: raw[name] for name in also} | {ours: raw[name] for ours, name in found.items()}
    return ForeignTable(pa.table(columns), names, gone)


def _found(table: table_files.Layout, aliases: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Our column → the table's own; InputError where several could be the photo's id or path."""
    found = matched(table.names, aliases)
    for ours in ("photo_id", "path"):
        same = [name for name in table.names if ours in found and _squeezed(name) == _squeezed(found[ours])]
        if len(set(same)) > 1 and found[ours] != ours:
            raise InputError(
                f"{table.path}: columns {table_files.shown(same)} could all be {ours}; remove or rename the others"
            )
    return found


def clock_beside(names: Sequence[str], aliases: Mapping[str, Sequence[str]] = PHOTO_COLUMNS) -> list[str]:
    """Return the column with the time of day where the time of the photos is in two, date and time; else [].

    >>> clock_beside(["Date", "Time"]), clock_beside(["taken_at", "time"])
    (['Time'], [])
    """
    found = matched(names, {"taken_at": aliases["taken_at"]} if "taken_at" in aliases else {}).get("taken_at")
    if found is None or _squeezed(found) != "date":
        return []
    return [name for name in names if _squeezed(name) == "time"][:1]


def check_columns(
    path: object, lacking: Sequence[str], names: Sequence[str], aliases: Mapping[str, Sequence[str]]
) -> None:
    """Raise InputError where columns are `lacking`, with what they may be called and what the file has.

    >>> check_columns("a.csv", ["latitude"], ["id", "north"], PHOTO_COLUMNS)
    Traceback (most recent call last):
    photoplanet.errors.InputError: a.csv: no column latitude (or lat, gps_lat, gpslatitude); it has id, north
    """
    if lacking:
        wanted = "; ".join(f"{ours} ({other})" if (other := _others(ours, aliases)) else ours for ours in lacking)
        raise InputError(f"{path}: no column {wanted}; it has {table_files.shown(names)}")


def row_numbers(rows: Iterable[int], gone: Mapping[str, Sequence[int]] = MappingProxyType({})) -> list[int]:
    """Return the first few of `rows` (from 0, in what was read) as people count them in the file: from 1.

    `gone`: the numbers of rows that were left out in reading, each list ascending.

    >>> row_numbers([0, 1, 2], {"wrong number of fields": [2]})
    [1, 3, 4]
    """
    shown = [int(row) + 1 for row in islice(rows, ROWS_SHOWN)]
    for left in sorted(number for numbers in gone.values() for number in numbers):
        shown = [row + (row >= left) for row in shown]
    return shown


def counted(gone: Mapping[str, Sequence[int]]) -> dict[str, dict[str, Any]]:
    """Return rows that were left out in reading as reports have them: {reason: {"count": n, "rows": [first few]}}.

    >>> counted({"wrong number of fields": [2, 7]})
    {'wrong number of fields': {'count': 2, 'rows': [2, 7]}}
    """
    return {reason: {"count": len(rows), "rows": list(rows[:ROWS_SHOWN])} for reason, rows in gone.items()}


@lru_cache(4096)
def _squeezed(name: str) -> str:
    return re.sub(r"[\s_.-]+", "", name.casefold())


def _others(ours: str, aliases: Mapping[str, Sequence[str]]) -> str:
    others = [alias for alias in aliases.get(ours, ()) if alias != ours][:3]
    return f"or {', '.join(others)}" if others else ""
