"""The file of a partition: Parquet, one row per cell, and metadata that says its format and how it was made.

It is written in Parquet's plainest form, which is read without Arrow; compressed ones, as they were written before, are
read by Arrow.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core import arrow_files, plain_parquet
from photoplanet.core.atomic import replacing
from photoplanet.errors import InputError, MissingExtra

FORMAT = 1
_KEY = b"photoplanet.partition"
_MOST_CELLS = 20_000_000
_MOST_BYTES = 2 << 30
_MOST_METADATA = 1 << 16
_COLUMNS = {  # none with a value missing
    "id": np.dtype(np.uint64),
    "photos": np.dtype(np.int64),
    "latitude": np.dtype(np.float64),
    "longitude": np.dtype(np.float64),
    "mean_latitude": np.dtype(np.float64),
    "mean_longitude": np.dtype(np.float64),
}


def write(
    path: Path,
    ids: NDArray[np.uint64],
    photo_counts: NDArray[np.int64],
    centers: NDArray[np.float64],
    means: NDArray[np.float64],
    made: Mapping[str, Any],
) -> None:
    """Write the file, atomically.

    >>> path, place = getfixture("tmp_path") / "cells.parquet", np.array([[40.8, -74.0]])
    >>> write(path, np.array([0x89C25 << 44], np.uint64), np.array([7]), place, place, {"method": "cells"})
    >>> read(path)[1].tolist()
    [7]
    """
    pa, parquet = _arrow("writing cells")
    facts = json.dumps({"format": FORMAT, "made": dict(made)})
    table = pa.table(
        [ids, photo_counts, *centers.T.copy(), *means.T.copy()],
        schema=_schema(pa).with_metadata({_KEY: facts.encode()}),
    )
    with replacing(path) as temporary, temporary.open("wb") as file:
        parquet.write_table(table, file, **plain_parquet.WRITE)


def read(path: Path) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.float64], dict[str, Any]]:
    """Ids, photo counts, means (n, 2) and how it was made; `InputError` for any other file. Values are not checked.

    >>> from photoplanet.models import installed
    >>> ids, photo_counts, means, made = read(installed.resolve("toy") / "cells.parquet")
    >>> means.shape, made["method"]
    ((1044, 2), 'adaptive')
    """
    try:
        plain = plain_parquet.read(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; `photoplanet partition` makes one") from None
    except (OSError, InputError) as error:
        raise _damaged(path, error) from None
    if plain is not None and {name: each.dtype for name, each in plain.columns.items()} == _COLUMNS:
        columns, made = plain.columns, _made(path, plain.metadata)
    else:
        columns, made = _by_arrow(path)
    if len(columns["id"]) > _MOST_CELLS:
        raise _too_many(path, len(columns["id"]))
    means = np.stack([columns["mean_latitude"], columns["mean_longitude"]], axis=-1)
    return columns["id"], columns["photos"], means, made


def _by_arrow(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The columns of any Parquet file of a partition, and how it was made."""
    pa, parquet = _arrow(f"{path}: its cells are compressed, as older versions wrote them; reading that")
    schema = _schema(pa)
    try:
        with arrow_files.opened(path) as source, parquet.ParquetFile(source) as file:
            made = _made(path, file.metadata.metadata or {})
            size = sum(file.metadata.row_group(k).total_byte_size for k in range(file.metadata.num_row_groups))
            if file.metadata.num_rows > _MOST_CELLS or size > _MOST_BYTES:
                raise _too_many(path, file.metadata.num_rows)
            if not file.schema_arrow.equals(schema, check_metadata=False):
                raise InputError(f"{path}: its columns are not those of a partition ({', '.join(_COLUMNS)})")
            table = file.read()
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from None
    if any(column.null_count for column in table.columns):
        raise InputError(
            f"{path}: a value is missing, so the file is damaged; make it again with `photoplanet partition`"
        )
    return {name: table.column(name).to_numpy() for name in _COLUMNS}, made


def _arrow(what: str) -> tuple[Any, Any]:
    """Arrow and its Parquet, imported late: what is plain needs neither; MissingExtra where it is not installed."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise MissingExtra(what, "tables") from None
    return pyarrow, parquet


def _schema(pa: Any) -> Any:
    return pa.schema([pa.field(name, pa.from_numpy_dtype(kind), nullable=False) for name, kind in _COLUMNS.items()])


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(f"{path}: it is not a partition, or is damaged ({error}); `photoplanet partition` makes one")


def _too_many(path: Path, cells: int) -> InputError:
    return InputError(f"{path}: {cells:,} cells are more than any model can have")


def _made(path: Path, metadata: Mapping[bytes, bytes]) -> dict[str, Any]:
    text = metadata.get(_KEY, b"")
    try:
        facts = json.loads(text) if len(text) <= _MOST_METADATA else None
    except (ValueError, RecursionError):
        facts = None
    if (
        not isinstance(facts, dict)
        or not isinstance(facts.get("format"), int)
        or not isinstance(facts.get("made"), dict)
    ):
        raise InputError(f"{path}: it is not a partition of photoplanet; `photoplanet partition` makes one")
    if facts["format"] > FORMAT:
        raise InputError(
            f"{path}: its format {facts['format']} is newer than this photoplanet reads; update photoplanet"
        )
    made: dict[str, Any] = facts["made"]
    return made
