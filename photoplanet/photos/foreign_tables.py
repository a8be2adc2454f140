"""The one reader of tables that other projects wrote: their names for our columns, and which rows are which."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from photoplanet.core import table_files
from photoplanet.errors import InputError

# our column → what it may be called, in lower case, the likeliest first; our own name always wins
PHOTO_COLUMNS: dict[str, tuple[str, ...]] = {
    "photo_id": ("photo_id", "img_id", "image_id", "photoid", "imageid", "id", "key"),
    "path": (
        "path",
        "file",
        "filename",
        "file_name",
        "filepath",
        "file_path",
        "image_path",
        "img_path",
        "image",
        "img",
    ),
    "latitude": ("latitude", "lat", "gps_lat", "gpslatitude", "gps_latitude"),
    "longitude": ("longitude", "lon", "lng", "long", "gps_lon", "gps_lng", "gpslongitude", "gps_longitude"),
    "taken_at": ("taken_at", "date", "datetime", "date_taken", "datetaken", "timestamp", "captured_at", "time"),
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

    `broken`: numbers (from 1 below the head) of rows with too few or too many fields; they are not in `columns`.
    """

    columns: pa.Table
    names: tuple[str, ...]
    broken: list[int]


def matched(names: Sequence[str], aliases: Mapping[str, Sequence[str]] = PHOTO_COLUMNS) -> dict[str, str]:
    """Return our column → the file's own name for it, for those that it has; case and blanks do not matter.

    >>> matched(["IMG_ID", "LAT", "LON", "caption"])
    {'photo_id': 'IMG_ID', 'latitude': 'LAT', 'longitude': 'LON'}
    """
    spelled: dict[str, str] = {}
    for spelling in names:
        spelled.setdefault(spelling.strip().lower(), spelling)
    first = {
        ours: next((spelled[alias] for alias in others if alias in spelled), None) for ours, others in aliases.items()
    }
    return {ours: spelling for ours, spelling in first.items() if spelling is not None}


def read(
    path: str | Path, aliases: Mapping[str, Sequence[str]], what: str, nulls: Sequence[str] = ("",),
    require: Collection[str] = (),
) -> ForeignTable:  # fmt: skip
    r"""Read the columns of a CSV, TSV or Parquet file that `aliases` knows, under our names.

    Columns of text files come as text, null where they hold one of `nulls`; those of Parquet in the file's types.
    InputError for a file that is missing (it says to give `what`), is not a table, or lacks a column of `require`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "photos.csv")
    ...     _ = path.write_text("IMG_ID;LAT\na.jpg;1.5\n")
    ...     read(path, PHOTO_COLUMNS, "a photo table").columns.to_pylist()
    [{'photo_id': 'a.jpg', 'latitude': '1.5'}]
    """
    table = table_files.layout(path, what)
    found = matched(table.names, aliases)
    check_columns(path, [name for name in require if name not in found], table.names, aliases)
    raw, broken = table_files.read(table, list(found.values()), nulls)
    return ForeignTable(pa.table({ours: raw[name] for ours, name in found.items()}), table.names, broken)


def check_columns(
    path: str | Path, lacking: Sequence[str], names: Sequence[str], aliases: Mapping[str, Sequence[str]]
) -> None:
    """Raise InputError where columns are `lacking`, with what they may be called and what the file has.

    >>> check_columns("a.csv", ["latitude"], ["id", "north"], PHOTO_COLUMNS)
    Traceback (most recent call last):
    photoplanet.errors.InputError: a.csv: no column latitude (or lat, gps_lat, gpslatitude); it has id, north
    """
    if lacking:
        wanted = "; ".join(f"{ours} ({other})" if (other := _others(ours, aliases)) else ours for ours in lacking)
        raise InputError(f"{path}: no column {wanted}; it has {', '.join(names)[:500] or 'none'}")


def row_numbers(rows: Sequence[int], broken: Sequence[int] = ()) -> list[int]:
    """Return the first few of `rows` (from 0, in what was read) as people count them in the file: from 1.

    `broken`: the numbers of rows that were left out in reading, ascending.

    >>> row_numbers([0, 1, 2], broken=[2])
    [1, 3, 4]
    """
    shown = [int(row) + 1 for row in rows[:ROWS_SHOWN]]
    for gone in broken:
        shown = [row + (row >= gone) for row in shown]
    return shown


def _others(ours: str, aliases: Mapping[str, Sequence[str]]) -> str:
    others = [alias for alias in aliases.get(ours, ()) if alias != ours][:3]
    return f"or {', '.join(others)}" if others else ""
