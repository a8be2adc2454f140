"""Photos whose places are known: a photo table, or a user's copy of a public benchmark."""

import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa

from photoplanet.core.table_sets import Given, TableSet
from photoplanet.earth import geodesy
from photoplanet.errors import InputError
from photoplanet.evaluation import published, resampling
from photoplanet.photos import table

LISTED = ("photo_id", "latitude", "longitude")  # what a benchmark's list needs: paths are found in the images' folder
READ = (*table.REQUIRED, *resampling.COLUMNS)


@dataclass(frozen=True)
class Truth:
    """Photos to evaluate a model on.

    `photos`: a photo table with `photo_id`, `latitude` and `longitude` in degrees; `paths`: the file of each row, None
    where there is none; `source`: the tables that list them, None for a table in memory; `left_out`: rows of it that
    cannot be used, as `photos.table.read` reports them; `benchmark`: the facts of `published.check`, or None.
    """

    photos: pa.Table
    paths: list[str | None]
    source: TableSet | None = None
    left_out: dict[str, dict[str, Any]] = field(default_factory=dict)
    benchmark: dict[str, Any] | None = None

    @cached_property
    def ids(self) -> list[str]:
        """The photo_id of each row."""
        return [str(photo) for photo in self.photos["photo_id"].to_pylist()]

    @cached_property
    def present(self) -> list[int]:
        """The rows that have a file."""
        return [row for row, path in enumerate(self.paths) if path]


def of(photos: Given | pa.Table) -> Truth:
    """Take photo tables: files (CSV, TSV or Parquet), folders of them, or a `pyarrow.Table` with the columns of one.

    Relative paths start at the file's folder, or at the current one for a table in memory. InputError for a file that
    is not a photo table, a missing column, a place off the Earth, or no usable photo.

    >>> rows = {"photo_id": ["a"], "path": ["a.jpg"], "latitude": [48.86], "longitude": [2.35]}
    >>> of(pa.table(rows)).ids
    ['a']
    """
    if not isinstance(photos, pa.Table):
        source = TableSet.of(photos)
        known, left_out = table.read(source, columns=READ)
        return Truth(_some(known, source, left_out), list(table.paths(known, source.folder)), source, left_out)
    missing = [name for name in table.REQUIRED if name not in photos.column_names]
    if missing:
        raise InputError(f"the table has no column {', '.join(missing)}; a photo table has {', '.join(table.REQUIRED)}")
    geodesy.check(photos["latitude"].to_numpy(), photos["longitude"].to_numpy())
    return Truth(_some(photos, "the table"), list(table.paths(photos, "")))


def of_benchmark(name: str, images: str | os.PathLike[str], listing: Given) -> Truth:
    r"""Take a copy of a benchmark of `published.BENCHMARKS`: the folder of its images, and its list of photos.

    InputError for an unknown benchmark, a list that cannot be used, or a folder that holds none of the photos.

    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.jpg").write_bytes(b""), (folder / "list.csv").write_text("IMG_ID,LAT,LON\na.jpg,48.86,2.35\n")
    >>> of_benchmark("im2gps", folder, folder / "list.csv").benchmark["complete"]
    False
    """
    source = TableSet.of(listing)
    known, left_out = table.read(source, require=LISTED, columns=READ)
    paths, facts = published.check(name, _some(known, source, left_out), os.fspath(images))
    return Truth(known, paths, source, left_out, facts)


def _some(known: pa.Table, source: object, left_out: table.Dropped | None = None) -> pa.Table:
    if not len(known):
        why = f" ({table.describe(left_out)})" if left_out else ""
        needs = "a photo needs an id, a path, a latitude and a longitude"
        raise InputError(f"{source}: holds no usable photo{why}; {needs}")
    return known
