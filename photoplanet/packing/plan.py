"""What goes where: the rows of a photo table in a shuffled order, cut into shards whose samples have numbered keys."""

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from photoplanet.core import table_files
from photoplanet.core.stores import Located, located
from photoplanet.core.table_sets import Named, folder_of
from photoplanet.errors import InputError, printable
from photoplanet.photos import table
from photoplanet.photos.decode import MAX_PIXELS
from photoplanet.photos.preprocessing import MAX_SIZE, MIN_SIZE

FORMAT = 1  # raised when the same settings give other shards
PER_SHARD = 2000  # photos: at 320 pixels 60 MB
MAX_PER_SHARD = 1_000_000
QUALITY = 90
_DIGITS = 5, 4  # of a shard's number, and at least of a sample's in it: img2dataset's keys
# of a shard's own Parquet and JSON, or worked out for them
RESERVED = ("key", "status", "error_message", "original_path", "original_width", "original_height")


@dataclass(frozen=True)
class Settings:
    """How photos are packed: the short side in pixels, the JPEG quality, photos a shard, and the seed of their order.

    InputError for values outside their ranges.

    >>> Settings(size=320).quality
    90
    """

    size: int
    quality: int = QUALITY
    per_shard: int = PER_SHARD
    seed: int = 0
    max_pixels: int = MAX_PIXELS

    def __post_init__(self) -> None:
        bounds = (("size", MIN_SIZE, MAX_SIZE), ("quality", 1, 100), ("per_shard", 1, MAX_PER_SHARD))
        for name, low, high in bounds:
            if not low <= getattr(self, name) <= high:
                raise InputError(f"{name} {getattr(self, name)}: must be {low:,} … {high:,}")

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Shard:
    """One shard to write: its number, and its rows, with `address`es of their photos in the same order."""

    number: int
    rows: pa.Table
    addresses: list[str]
    digits: int  # of a sample's number within it

    @property
    def name(self) -> str:
        """Its number as the files have it, such as 00000."""
        return f"{self.number:0{_DIGITS[0]}}"

    @property
    def keys(self) -> list[str]:
        """The keys of its samples: the shard's number and the sample's."""
        return [f"{self.name}{at:0{self.digits}}" for at in range(len(self.addresses))]


@dataclass(frozen=True)
class Plan:
    """All rows of a table in the order in which they are packed, and what reading left out."""

    source: Located
    settings: Settings
    rows: pa.Table
    left_out: table.Dropped
    unused: tuple[str, ...]  # columns of kinds that are not kept

    def __len__(self) -> int:
        return math.ceil(len(self.rows) / self.settings.per_shard)

    def shards(self) -> Iterator[Shard]:
        """Yield the shards, one after the other."""
        each = self.settings.per_shard
        digits = max(_DIGITS[1], len(str(each - 1)))
        for number in range(len(self)):
            rows = self.rows.slice(number * each, each)
            yield Shard(number, rows, table.paths(rows, folder_of(self.source)), digits)

    def notes(self) -> list[str]:
        """Return lines about rows that were left out in reading, and about columns that are not kept."""
        line = table.describe(self.left_out)
        unused = f"columns that are not kept: {', '.join(map(printable, self.unused))}" if self.unused else ""
        return [f"{self.source}: {each}" for each in (line, unused) if each]

    def fingerprint(self) -> str:
        """Return a hash of settings and rows: shards of another one are not gone on with."""
        digest = hashlib.sha256(json.dumps([FORMAT, self.settings.as_dict(), str(self.rows.schema)]).encode())
        for column in self.rows.columns:
            for start in range(0, len(column), 10_000):
                digest.update(json.dumps(column.slice(start, 10_000).to_pylist(), default=str).encode())
        return digest.hexdigest()[:32]


def make(photos: Named, settings: Settings) -> Plan:
    """Read a photo table and shuffle it; its other columns are kept where they hold text, numbers, times or yes and no.

    The order is a permutation by the seed, the same on every machine. Raises InputError as `table.read`, and for a
    table without photos.

    >>> rows = [{"photo_id": f"{i}", "path": f"{i}.jpg", "latitude": 1.0, "longitude": 2.0} for i in range(5)]
    >>> photos = table.write(table.from_rows(rows), getfixture("tmp_path") / "photos.csv")
    >>> [shard.keys for shard in make(photos, Settings(320, per_shard=3)).shards()]
    [['000000000', '000000001', '000000002'], ['000010000', '000010001']]
    """
    photos = located(photos)
    rows, left_out = table.read(photos, ("photo_id", "path"), others=True)
    if not len(rows):
        raise InputError(f"{photos}: no photo to pack; {table.describe(left_out) or 'it has no rows'}")
    layout = table_files.layout(photos)
    plain = set(table_files.plain_columns(layout)) - set(RESERVED)
    unused = tuple(name for name in layout.names if name not in plain)
    columns = {name: _spelt_out(rows[name]) for name in rows.column_names if name not in RESERVED}
    order = np.random.Generator(np.random.Philox(key=[settings.seed, 0])).permutation(len(rows))
    shuffled = pa.table(columns).take(pa.array(order)).combine_chunks()
    return Plan(photos, settings, shuffled, left_out, unused)


def _spelt_out(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column whose values stand in it themselves; one of nothing as texts."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return column.cast(kind.value_type)
    return column.cast(pa.string()) if pa.types.is_null(kind) else column
