"""Which photos a library holds and where they were taken: a folder of geotagged photos, or a photo table."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core import arrow_files, atomic
from photoplanet.core.cache import file_stamp
from photoplanet.core.progress import Advance, ignore
from photoplanet.errors import InputError
from photoplanet.index import build
from photoplanet.photos import formats, shards, table
from photoplanet.retrieval.library.times import stated_or_named

TABLE = "photos.parquet"  # in the index: what was read from the photos of a folder, with its cache beside it


@dataclass
class Listing:
    """The photos of a library, row by row: ids, addresses, keys, stamps, times, and degrees float64.

    Addresses are absolute; times are in ISO 8601, as stated or as the file is named, "" where unknown.

    A key is the address from the library's folder on, so that a moved library keeps its index; a stamp changes when
    the file does. `left_out`: reason → how many photos are not usable (no GPS, missing …).
    """

    ids: list[str]
    addresses: list[str]
    keys: list[str]
    stamps: list[str]
    taken_at: list[str]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    left_out: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Sequence[int]) -> "Listing":
        """Return these rows, in this order, and nothing about photos left out."""
        ids, addresses, keys, stamps, taken_at = (
            [values[row] for row in rows]
            for values in (self.ids, self.addresses, self.keys, self.stamps, self.taken_at)
        )
        picked = np.array(rows, np.int64)
        return Listing(ids, addresses, keys, stamps, taken_at, self.latitude[picked], self.longitude[picked])

    def digest(self, settings: Any) -> str:
        """Return the SHA-256 of all rows and `settings`: it changes when anything does that an index is made from."""
        found = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
        for values in (self.ids, self.keys, self.stamps, self.taken_at):
            found.update("\0".join(values).encode("utf-8", "surrogatepass"))
            found.update(b"\1")
        found.update(self.latitude.tobytes() + self.longitude.tobytes())
        return found.hexdigest()


def root_of(source: Path) -> Path:
    """Return the folder that keys start from: the library itself, or the folder of its table.

    >>> str(root_of(Path("/photos/list.csv")))
    '/photos'
    """
    return source.absolute() if source.is_dir() else source.absolute().parent


def read(source: Path, index: Path, threads: int | None = None, advance: Advance = ignore) -> Listing:
    """List a folder (its photos' EXIF, read once and then only where files changed) or a photo table.

    `index`: the folder that keeps what was read from a folder's photos. InputError for what is neither.

    >>> home = getfixture("tmp_path")
    >>> rows = [{"photo_id": "a", "path": "gone.jpg", "latitude": 55.7, "longitude": 13.2}]
    >>> listing = read(table.write(table.from_rows(rows), home / "photos.csv"), home)
    >>> len(listing), listing.left_out
    (0, {'missing': 1})
    """
    if source.is_dir():
        found, gone = build.index([source], index / TABLE, threads=threads, advance=advance)
        left_out = build.counts(entry for entry in gone if entry["reason"] not in formats.NO_PHOTOS)
        addresses = table.paths(found, index.absolute())
    else:
        found, dropped = table.read(source, columns=(*table.REQUIRED, "taken_at"))
        left_out = {reason: entry["count"] for reason, entry in dropped.items() if not entry.get("kept")}
        addresses = table.paths(found, source.absolute().parent)
    base = f"{root_of(source)}{os.sep}"
    addresses = [os.path.normpath(address) for address in addresses]
    stamps = [stamp(address) for address in addresses]
    rows = [row for row, mark in enumerate(stamps) if mark]
    if len(rows) < len(stamps):
        left_out["missing"] = left_out.get("missing", 0) + len(stamps) - len(rows)
    keys = [address.removeprefix(base) for address in addresses]
    latitude, longitude = (found[name].to_numpy().astype(np.float64) for name in ("latitude", "longitude"))
    times = found["taken_at"].to_pylist() if "taken_at" in found.column_names else [None] * len(found)
    taken_at = [stated_or_named(time, key) for time, key in zip(times, keys, strict=True)]
    ids = found["photo_id"].to_pylist()
    listing = Listing(ids, addresses, keys, stamps, taken_at, latitude, longitude).take(rows)
    listing.left_out = left_out
    return listing


def stamp(address: str) -> str:
    """Return size and time of change of a photo's file (of its shard, for a member), empty where there is none.

    >>> stamp("/no/such/shard.tar#photo.jpg")
    ''
    """
    member = shards.split_address(address)
    return file_stamp(member[0] if member else address)


def save(listing: Listing, path: Path) -> None:
    """Write the rows as Parquet; absolute addresses are not kept, since they follow from the keys.

    >>> path, place = getfixture("tmp_path") / "rows.parquet", np.array([0.0])
    >>> save(Listing(["a"], ["/photos/a.jpg"], ["a.jpg"], ["8:1"], [""], place, place), path)
    >>> path.exists()
    True
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {
        "photo_id": pa.array(listing.ids, pa.string()), "path": pa.array(listing.keys, pa.string()),
        "latitude": listing.latitude, "longitude": listing.longitude, "stamp": pa.array(listing.stamps, pa.string()),
        "taken_at": pa.array(listing.taken_at, pa.string()),
    }  # fmt: skip
    with atomic.replacing(path) as temporary, temporary.open("wb") as file:
        pq.write_table(pa.table(columns), file, compression="zstd")


def load(path: Path, root: Path, photos: int) -> Listing:
    """Read what `save` wrote, `photos` rows of it; InputError for anything else.

    >>> path = getfixture("tmp_path") / "rows.parquet"
    >>> where = np.array([55.7]), np.array([13.2])
    >>> save(Listing(["a"], ["/photos/a.jpg"], ["a.jpg"], ["8:1"], [""], *where), path)
    >>> load(path, Path("/moved"), 1).addresses
    ['/moved/a.jpg']
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with arrow_files.opened(path) as source, pq.ParquetFile(source) as file:
            if file.metadata.num_rows != photos:
                raise InputError(f"{path}: {file.metadata.num_rows:,} rows, not {photos:,}")
            rows = file.read(columns=["photo_id", "path", "latitude", "longitude", "stamp", "taken_at"])
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: cannot read it ({' '.join(str(error).split())[:200]})") from None
    types = [str(kind) for kind in rows.schema.types]
    if types != ["string", "string", "double", "double", "string", "string"] or any(
        column.null_count for column in rows.columns
    ):
        raise InputError(f"{path}: not the rows of a library ({', '.join(types)})")
    latitude, longitude = (rows[name].to_numpy().astype(np.float64) for name in ("latitude", "longitude"))
    if not ((np.abs(latitude) <= 90).all() and (np.abs(longitude) <= 180).all()):
        raise InputError(f"{path}: coordinates off the Earth")
    keys = rows["path"].to_pylist()
    addresses = [os.path.join(root, key) for key in keys]  # noqa: PTH118  # as in photos.table
    ids, stamps, taken_at = (rows[name].to_pylist() for name in ("photo_id", "stamp", "taken_at"))
    return Listing(ids, addresses, keys, stamps, taken_at, latitude, longitude)
