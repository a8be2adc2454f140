"""The files of a shard, in img2dataset's layout: samples in a tar, a Parquet with a row each, and JSON statistics.

A sample is KEY.jpg and KEY.json, and KEY.txt where the table has a caption. The statistics are written last: a shard
is whole where they are, and fit its tar.

>>> folder = getfixture("tmp_path")
>>> shard = Shard(0, table.from_rows([{"photo_id": "a", "path": "a.jpg"}]), ["a.jpg"], 4)
>>> rows = write(folder, shard, [Packed(b"JPEG", (40, 30), (4000, 3000))])
>>> rows.select(["key", "photo_id", "path", "status"]).to_pylist()
[{'key': '000000000', 'photo_id': 'a', 'path': '00000.tar#000000000.jpg', 'status': 'success'}]
>>> read(folder, shard) == rows
True
"""

import io
import json
import tarfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from photoplanet.core import arrow_files, atomic
from photoplanet.packing import packed_table
from photoplanet.packing.packed_table import SUCCESS
from photoplanet.packing.plan import RESERVED, Shard
from photoplanet.packing.shrink import Packed, Refused
from photoplanet.photos import table

CAPTION = "caption"  # the column that is a sample's text
MISSING, FAILED = "failed_to_download", "failed_to_resize"  # img2dataset's words, as SUCCESS
_MAX_STATS = 1 << 20  # bytes
_BLOCK = 1 << 20


def write(folder: Path, shard: Shard, results: Iterable[Packed | Refused]) -> pa.Table:
    """Write a shard's three files, each atomically, and return its table; `results` are those of its rows, in order.

    The bytes of the tar depend on the photos and the plan alone. OSError for a full disk; what was there stays.
    """
    started, rows, found = time.time(), shard.rows.to_pylist(), []
    tar = folder / f"{shard.name}.tar"
    with atomic.open_replacing(tar, "wb") as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT, bufsize=_BLOCK) as archive:
            for key, row, result in zip(shard.keys, rows, results, strict=True):
                found.append(_facts(key, row, result, tar.name))
                if isinstance(result, Packed):
                    for ending, data in _members(found[-1], result.jpeg):
                        _add(archive, f"{key}.{ending}", data)
        size = file.tell()
    facts = pa.Table.from_pylist(found, _schema(shard.rows.schema))
    packed_table.write_parquet(folder / f"{shard.name}.parquet", facts)
    statuses = Counter(row["status"] for row in found)
    stats = {
        "count": len(found), "successes": statuses[SUCCESS], "failed_to_download": statuses[MISSING],
        "failed_to_resize": statuses[FAILED], "duration": round(time.time() - started, 3), "start_time": started,
        "end_time": time.time(), "status_dict": dict(statuses), "bytes": size,
    }  # fmt: skip
    atomic.write_text(folder / f"{shard.name}_stats.json", json.dumps(stats, indent=1), durable=True)
    return facts


def read(folder: Path, shard: Shard) -> pa.Table | None:
    """Return the table of a shard that is there and whole, None for one that has to be written.

    Its rows, with `key`, `status` and `error_message`, and where each photo now is.

    >>> read(Path("/no/such"), Shard(0, pa.table({"photo_id": ["a"]}), ["a.jpg"], 4)) is None
    True
    """
    import pyarrow.parquet as pq

    schema, path = _schema(shard.rows.schema), folder / f"{shard.name}.parquet"
    try:
        statistics = folder / f"{shard.name}_stats.json"
        stats = json.loads(statistics.read_bytes()) if statistics.stat().st_size <= _MAX_STATS else None
        size = (folder / f"{shard.name}.tar").stat().st_size
        if not isinstance(stats, dict) or stats.get("bytes") != size or stats.get("count") != len(shard.addresses):
            return None
        with arrow_files.opened(path) as source, pq.ParquetFile(source) as parquet:
            if parquet.metadata.num_rows != len(shard.addresses) or parquet.schema_arrow.names != schema.names:
                return None
            return parquet.read().cast(schema)
    except (pa.ArrowException, OSError, ValueError, RecursionError):
        return None


def refusal(row: dict[str, Any]) -> tuple[str, str] | None:
    """Return the reason and the detail of a row that is not packed, None for others.

    >>> refusal({"status": "failed_to_resize", "error_message": "truncated: a.jpg: cut off"})
    ('truncated', 'a.jpg: cut off')
    """
    if row["status"] == SUCCESS:
        return None
    reason, _, detail = (row["error_message"] or "").partition(": ")
    return reason, detail


def _facts(key: str, row: dict[str, Any], result: Packed | Refused, tar: str) -> dict[str, Any]:
    """A row of the shard's table."""
    facts = {"key": key, **row, "original_path": row["path"], "path": f"{tar}#{key}.jpg"}
    if isinstance(result, Refused):
        status = MISSING if result.reason == "missing" else FAILED
        return facts | {"status": status, "error_message": f"{result.reason}: {result.detail}"}
    sides = {"width": result.size[0], "height": result.size[1]}
    originals = {"original_width": result.original[0], "original_height": result.original[1]}
    return facts | {"status": SUCCESS, "error_message": None} | sides | originals


def _members(facts: dict[str, Any], jpeg: bytes) -> Iterable[tuple[str, bytes]]:
    """The parts of a sample: its picture, its facts, its text."""
    yield "jpg", jpeg
    told = {name: value for name, value in facts.items() if name != "path" and value == value}  # no NaN in JSON
    yield "json", json.dumps(told, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace")
    if facts.get(CAPTION):
        yield "txt", str(facts[CAPTION]).encode("utf-8", "backslashreplace")


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o644
    archive.addfile(entry, io.BytesIO(data))


def _schema(rows: pa.Schema) -> pa.Schema:
    """The columns of a shard's table: img2dataset's, the photo table's and those of other kinds that it has."""
    first = [pa.field(name, pa.string()) for name in RESERVED[:3]]
    ours = {field.name: field for field in table.SCHEMA}
    here = [ours.get(field.name, field) for field in rows if field.name not in ("width", "height")]
    sides = [ours["width"], ours["height"]]
    originals = [pa.field(name, pa.string() if name == "original_path" else pa.int32()) for name in RESERVED[3:]]
    return pa.schema([*first, *here, *sides, *originals])
