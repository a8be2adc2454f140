"""Coordinates from Parquet and CSV tables of any size, in chunks of bounded memory."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import pyarrow as pa

from photoplanet.core import table_files
from photoplanet.core.table_sets import Given, TableSet
from photoplanet.core.workers import slices
from photoplanet.earth import geodesy
from photoplanet.earth.coordinates import tables
from photoplanet.earth.coordinates.names import Columns
from photoplanet.earth.partition.points import Points, locate, unlocated
from photoplanet.errors import InputError

Paths = Given

_BATCH = 1 << 20  # rows that a thread locates and counts at a time


class Tables:
    """The points of one or more tables: each call reads them again, in chunks; `left_out` counts the rows skipped.

    `latitude_column`, `longitude_column`: the tables' names; None: as `coordinates.tables.columns_of` finds.
    With `skip_bad`, rows without coordinates, off the Earth or at exactly 0, 0 (what a camera without a fix writes) are
    skipped; otherwise the first that is not a place on Earth is an `InputError` that names the file and row, from 0.
    """

    def __init__(self, paths: Paths, latitude_column: str | None = None, longitude_column: str | None = None,
                 skip_bad: bool = False):  # fmt: skip
        self._tables = TableSet.of(paths).tables
        if (latitude_column is None) != (longitude_column is None):
            raise InputError("partition: name both columns, the latitude's and the longitude's, or neither")
        self._named = (latitude_column, longitude_column) if latitude_column and longitude_column else None
        self._skip_bad = skip_bad
        self.left_out = 0

    def __call__(self) -> Iterator[Callable[[], Points]]:
        """Yield, chunk by chunk, functions that each locate its points."""
        self.left_out = 0
        for each in self._tables:
            table = table_files.layout(each)
            chosen = tables.columns_of(table, self._named)
            if not chosen:
                raise InputError(f"{each}: no columns latitude and longitude; it has {table_files.shown(table.names)}")
            for file in table.files:
                yield from self._chunks(file, chosen)

    def _chunks(self, table: table_files.Layout, chosen: Sequence[Columns]) -> Iterator[Callable[[], Points]]:
        row, file = 0, table.path
        columns = list(dict.fromkeys(name for each in chosen for name in each.names))
        skipped: list[int] | None = [] if self._skip_bad else None
        try:
            for batch in table_files.stream(table, columns, skipped):
                lat, lng, _ = tables.degrees(pa.Table.from_batches([batch]), chosen, file, row)
                row += len(lat)
                if self._skip_bad:
                    good = (np.abs(lat) <= 90) & (np.abs(lng) <= 180) & ((lat != 0) | (lng != 0))
                    self.left_out += len(lat) - int(good.sum())
                    lat, lng = lat[good], lng[good]
                lat, lng = geodesy.check(lat, lng, str(file), row - len(batch))
                for part in slices(len(lat), _BATCH):
                    yield partial(locate, unlocated(lat[part], lng[part]))
            self.left_out += len(skipped or ())
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            why = " ".join(str(error).split())[:200]
            raise InputError(f"{file}: after row {row}: it cannot be read as a table of degrees ({why})") from None
