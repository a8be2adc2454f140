"""Coordinates from Parquet and CSV tables of any size, in chunks of bounded memory."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from photoplanet.earth import cells, geodesy
from photoplanet.earth.counting import Chunk, Source
from photoplanet.earth.parallel import CHUNK, slices
from photoplanet.errors import InputError

_CSV_BLOCK = 1 << 24  # bytes of CSV to parse at a time


def source(paths: str | Path | Iterable[str | Path], latitude_column: str, longitude_column: str) -> Source:
    """Chunks of the points in one or more tables, read anew on every call; `InputError` names a bad file or row."""
    files = [Path(paths)] if isinstance(paths, (str, Path)) else [Path(path) for path in paths]
    if not files:
        raise InputError("partition: no table given; name at least one Parquet or CSV file")

    def chunks() -> Iterator[Chunk]:
        for file in files:
            yield from _chunks(file, latitude_column, longitude_column)

    return chunks


def _chunks(file: Path, latitude_column: str, longitude_column: str) -> Iterator[Chunk]:
    row = 0
    try:
        for batch in _batches(file, [latitude_column, longitude_column]):
            lat, lng = (_floats(batch.column(name)) for name in (latitude_column, longitude_column))
            lat, lng = geodesy.check(lat, lng, str(file), row)
            leaves = cells.from_latlng(lat, lng)
            for part in slices(len(lat)):
                yield Chunk(lat[part], lng[part], leaves[part])
            row += len(lat)
    except pa.ArrowException as error:
        raise InputError(f"{file}: after row {row}: it cannot be read as a table of degrees ({error})") from None
    except FileNotFoundError:
        raise InputError(f"{file}: no such file") from None


def _batches(file: Path, names: list[str]) -> Iterator[pa.RecordBatch]:
    if ".csv" in file.suffixes:
        from pyarrow import csv

        convert = csv.ConvertOptions(include_columns=names, column_types=dict.fromkeys(names, pa.float64()))
        with csv.open_csv(file, csv.ReadOptions(block_size=_CSV_BLOCK), convert_options=convert) as reader:
            yield from reader
        return
    from pyarrow import parquet

    with parquet.ParquetFile(file) as table:
        missing = [name for name in names if name not in table.schema_arrow.names]
        if missing:
            known = ", ".join(table.schema_arrow.names[:20])
            raise InputError(f"{file}: it has no column {missing[0]!r}; it has {known[:300]}")
        yield from table.iter_batches(CHUNK, columns=names)


def _floats(column: pa.Array) -> np.ndarray:
    """float64, with NaN for nulls, which the check of coordinates then names."""
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False)
