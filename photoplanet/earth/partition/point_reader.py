"""Coordinates from Parquet and CSV tables of any size, in chunks of bounded memory."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from photoplanet.core import table_files
from photoplanet.core.workers import slices
from photoplanet.earth import geodesy
from photoplanet.earth.partition.points import Points, locate, unlocated
from photoplanet.errors import InputError

Paths = str | Path | Iterable[str | Path]

_BATCH = 1 << 20  # rows that a thread locates and counts at a time


class Tables:
    """The points of one or more tables: each call reads them again, in chunks; `left_out` counts the rows skipped.

    With `skip_bad`, rows without coordinates, off the Earth or at exactly 0, 0 (what a camera without a fix writes) are
    skipped; otherwise the first that is not a place on Earth is an `InputError` that names the file and row, from 0.
    """

    def __init__(self, paths: Paths, latitude_column: str, longitude_column: str, skip_bad: bool = False):
        self._files = [Path(paths)] if isinstance(paths, (str, Path)) else [Path(path) for path in paths]
        if not self._files:
            raise InputError("partition: no table given; name at least one Parquet or CSV file")
        self._columns = [latitude_column, longitude_column]
        self._skip_bad = skip_bad
        self.left_out = 0

    def __call__(self) -> Iterator[Callable[[], Points]]:
        """Yield, chunk by chunk, functions that each locate its points."""
        self.left_out = 0
        for file in self._files:
            yield from self._chunks(file)

    def _chunks(self, file: Path) -> Iterator[Callable[[], Points]]:
        row = 0
        table = table_files.layout(file)
        if missing := [name for name in self._columns if name not in table.names]:
            raise InputError(f"{file}: it has no column {missing[0]!r}; it has {', '.join(table.names)[:300]}")
        try:
            for batch in table_files.stream(table, self._columns):
                lat, lng = (_floats(batch.column(name)) for name in self._columns)
                row += len(lat)
                if self._skip_bad:
                    good = (np.abs(lat) <= 90) & (np.abs(lng) <= 180) & ((lat != 0) | (lng != 0))
                    self.left_out += len(lat) - int(good.sum())
                    lat, lng = lat[good], lng[good]
                lat, lng = geodesy.check(lat, lng, str(file), row - len(batch))
                for part in slices(len(lat), _BATCH):
                    yield partial(locate, unlocated(lat[part], lng[part]))
        except pa.ArrowException as error:
            why = " ".join(str(error).split())[:200]
            raise InputError(f"{file}: after row {row}: it cannot be read as a table of degrees ({why})") from None


def _floats(column: pa.Array) -> NDArray[np.float64]:
    """As float64, with NaN for nulls, which the check of coordinates then names."""
    values: NDArray[np.float64] = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values
