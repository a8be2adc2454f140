"""The photo table of packed photos, in the order of their shards, and marked so that training reads them in it."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from photoplanet.core import arrow_files, atomic
from photoplanet.core.stores import located
from photoplanet.core.table_sets import Named
from photoplanet.packing.plan import RESERVED
from photoplanet.photos import table

NAME = "photos.parquet"
SUCCESS = "success"  # the status of a photo that is packed, as img2dataset calls it
MARK = b"photoplanet.packed"  # in the metadata of the Parquet file: how the photos were packed, as JSON


def write(folder: Path, parts: Iterable[pa.Table], facts: str) -> pa.Table:
    """Write the table of all shards from theirs, atomically, and return it: the rows that are packed.

    `facts` are its mark. Where no photo is packed nothing is written.

    >>> part = pa.table({"key": ["1", "2"], "status": [SUCCESS, "failed_to_resize"], "error_message": ["", ""],
    ...                  "photo_id": ["a", "b"], "path": ["0.tar#1.jpg", "0.tar#2.jpg"]})
    >>> write(getfixture("tmp_path"), [part], "{}").to_pylist()
    [{'photo_id': 'a', 'path': '0.tar#1.jpg'}]
    """
    joined = pa.concat_tables(part.filter(pc.equal(part["status"], SUCCESS)) for part in parts)
    ours = [name for name in table.SCHEMA.names if name in joined.column_names]
    rows = joined.select([*ours, *(name for name in joined.column_names if name not in (*ours, *RESERVED[:3]))])
    if len(rows):
        write_parquet(folder / NAME, rows, {MARK: facts.encode()})
    return rows


def is_packed(path: Named) -> bool:
    """Whether a photo table is one that `photoplanet pack` wrote; False for what is no Parquet file.

    >>> is_packed("/no/such.parquet")
    False
    """
    import pyarrow.parquet as pq

    try:
        place = located(path)
        with place.open("rb") as file:
            if file.read(4) != b"PAR1":
                return False
        with arrow_files.opened(place) as source:
            return MARK in (pq.read_schema(source).metadata or {})
    except (pa.ArrowException, OSError, ValueError):
        return False


def write_parquet(path: Path, rows: pa.Table, metadata: Mapping[bytes, bytes] | None = None) -> None:
    """Write Parquet atomically.

    >>> write_parquet(getfixture("tmp_path") / "photos.parquet", pa.table({"photo_id": ["a"]}), {MARK: b"{}"})
    >>> is_packed(getfixture("tmp_path") / "photos.parquet")
    True
    """
    import pyarrow.parquet as pq

    with atomic.replacing(path) as temporary, temporary.open("wb") as file:
        pq.write_table(rows.replace_schema_metadata(metadata), file, compression="zstd")
