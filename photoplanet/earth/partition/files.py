"""The file of a partition: Parquet, one row per cell, and metadata that says its format and how it was made."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from photoplanet.core import arrow_files
from photoplanet.core.atomic import replacing
from photoplanet.errors import InputError

FORMAT = 1
_KEY = b"photoplanet.partition"
_MOST_CELLS = 20_000_000
_MOST_BYTES = 2 << 30
_MOST_METADATA = 1 << 16
_SCHEMA = pa.schema(
    [
        pa.field("id", pa.uint64(), nullable=False),
        pa.field("photos", pa.int64(), nullable=False),
        pa.field("latitude", pa.float64(), nullable=False),
        pa.field("longitude", pa.float64(), nullable=False),
        pa.field("mean_latitude", pa.float64(), nullable=False),
        pa.field("mean_longitude", pa.float64(), nullable=False),
    ]
)


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
    facts = json.dumps({"format": FORMAT, "made": dict(made)})
    table = pa.table(
        [ids, photo_counts, *centers.T.copy(), *means.T.copy()],
        schema=_SCHEMA.with_metadata({_KEY: facts.encode()}),
    )
    with replacing(path) as temporary, temporary.open("wb") as file:
        parquet.write_table(table, file, compression="zstd")


def read(path: Path) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.float64], dict[str, Any]]:
    """Ids, photo counts, means (n, 2) and how it was made; `InputError` for any other file. Values are not checked.

    >>> from photoplanet.models import installed
    >>> ids, photo_counts, means, made = read(installed.resolve("toy") / "cells.parquet")
    >>> means.shape, made["method"]
    ((1044, 2), 'adaptive')
    """
    try:
        with arrow_files.opened(path) as source, parquet.ParquetFile(source) as file:
            made = _made(path, file.metadata.metadata or {})
            size = sum(file.metadata.row_group(k).total_byte_size for k in range(file.metadata.num_row_groups))
            if file.metadata.num_rows > _MOST_CELLS or size > _MOST_BYTES:
                raise InputError(f"{path}: {file.metadata.num_rows:,} cells are more than any model can have")
            if not file.schema_arrow.equals(_SCHEMA, check_metadata=False):
                raise InputError(f"{path}: its columns are not those of a partition ({', '.join(_SCHEMA.names)})")
            table = file.read()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; `photoplanet partition` makes one") from None
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"{path}: it is not a partition, or is damaged ({error}); `photoplanet partition` makes one"
        ) from None
    if any(column.null_count for column in table.columns):
        raise InputError(
            f"{path}: a value is missing, so the file is damaged; make it again with `photoplanet partition`"
        )
    columns = {name: table.column(name).to_numpy() for name in ("id", "photos", "mean_latitude", "mean_longitude")}
    means = np.stack([columns["mean_latitude"], columns["mean_longitude"]], axis=-1)
    return columns["id"], columns["photos"], means, made


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
