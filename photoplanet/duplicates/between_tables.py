"""Which photos of one table are (near-)duplicates of another's, and what to take out of a table that repeats itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from photoplanet.core.names import same
from photoplanet.core.progress import Advance, ignore
from photoplanet.core.table_sets import Given, TableSet
from photoplanet.duplicates import binary_codes, hamming
from photoplanet.duplicates.binary_codes import place
from photoplanet.errors import InputError
from photoplanet.photos import table

SHOWN = 5
STRICTER = ((60_000, 256), (260_000, 24))  # up to so many photos searched: bits, besides those of the network itself
STRICTEST = 16


@dataclass(frozen=True)
class Listed:
    """A photo table with what is needed to compare it: its `rows`, the photos' `ids`, paths and `place` of codes."""

    rows: pa.Table
    ids: list[str]
    paths: list[str]
    place: Path | None
    left_out: str = ""  # one line about rows of the file that cannot be used


@dataclass(frozen=True)
class DuplicatePairs:
    """Pairs (row, the other's row, bits apart), nearest first for each row; bool `leaked` (n,); what was unreadable.

    >>> pairs = DuplicatePairs(np.array([0, 0]), np.array([2, 1]), np.array([3, 9]), np.array([True, False]))
    >>> pairs.nearest().named(["a", "b"], ["x", "y", "z"])
    [{'photo_id': 'a', 'duplicate_of': 'z', 'distance': 3}]
    """

    rows: NDArray[np.int64]
    others: NDArray[np.int64]
    distances: NDArray[np.int32]
    leaked: NDArray[np.bool_]
    unreadable: list[str] = field(default_factory=list)

    def named(self, ids: Sequence[str], other_ids: Sequence[str]) -> list[dict[str, Any]]:
        """Return all pairs by name, as JSON has them."""
        pairs = zip(self.rows.tolist(), self.others.tolist(), self.distances.tolist(), strict=True)
        return [{"photo_id": ids[a], "duplicate_of": other_ids[b], "distance": d} for a, b, d in pairs]

    def nearest(self) -> "DuplicatePairs":
        """Return only the nearest pair of each row."""
        first = np.unique(self.rows, return_index=True)[1]
        return DuplicatePairs(self.rows[first], self.others[first], self.distances[first], self.leaked, self.unreadable)


def listed(photos: Given, columns: Sequence[str] | None = None) -> Listed:
    r"""Read a table's ids and paths (coordinates are not needed); InputError when no photo is in it.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "photos.csv")
    ...     _ = path.write_text("photo_id,path\na,a.jpg\n")
    ...     listed(path).ids
    ['a']
    """
    given = TableSet.of(photos)
    rows, dropped = table.read(given, require=("photo_id", "path"), columns=columns)
    about = table.describe(dropped)
    if not len(rows):
        raise InputError(f"{given}: no usable photo in it ({about or 'no rows'})")
    return Listed(rows, rows["photo_id"].to_pylist(), table.paths(rows, given.folder), beside(given), about)


def size(photos: Given) -> tuple[int, int]:
    r"""Return (photos of a table that can be trained on, how many of them have no code yet).

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "photos.csv")
    ...     _ = path.write_text("photo_id,path,latitude,longitude\na,a.jpg,1,2\n")
    ...     size(path)
    (1, 1)
    """
    given = TableSet.of(photos)
    rows, _ = table.read(given, columns=table.REQUIRED)
    return len(rows), binary_codes.missing(table.paths(rows, given.folder), beside(given))


def beside(photos: TableSet) -> Path | None:
    """Return where the codes of the photos of tables are kept: beside the first; None for what is in a store.

    >>> beside(TableSet.of(["a.parquet", "b.parquet"])).name
    '.a.parquet.duplicates'
    """
    return None if photos.beside is None else place(photos.beside)


def default_threshold(searched: int = 0) -> int:
    """Return in how many bits the codes of near-duplicates may differ where so many photos are `searched`.

    A photo's false twins are the rate of false alarms times the photos searched: with these steps about half a twin up
    to three million, by the rates of docs/duplicates.md (7.7, 2.2 and 0.3 per million pairs at 32, 24 and 16 bits).

    >>> default_threshold(), default_threshold(100_000), default_threshold(5_000_000)
    (32, 24, 16)
    """
    trained = int(binary_codes.facts()["threshold"])
    return min(trained, next((bits for most, bits in STRICTER if searched <= most), STRICTEST))


def against(
    test: Listed, training: Listed, threshold: int | None = None, threads: int | None = None,
    advance: Advance = ignore,
) -> DuplicatePairs:  # fmt: skip
    """Find the photos of `test` that have a (near-)duplicate in `training`.

    `threshold`: bits that may differ, by default as `default_threshold` says. `advance` counts the photos of both.
    Raises InputError and MissingExtra as `hamming.find` does.

    >>> photo = Listed(pa.table({}), ["a"], ["/no/such.jpg"], Path("/no/such/cache"))
    >>> against(photo, photo).unreadable[0]
    '/no/such.jpg: no such file; check the path'
    """
    hamming.open_faiss()  # fail early if the extra is missing, and not when all photos are read
    first, bad = binary_codes.codes(test.paths, threads, advance, test.place)
    second, also_bad = binary_codes.codes(training.paths, threads, advance, training.place)
    good, other_good = _good(len(first), bad), _good(len(second), also_bad)
    limit = default_threshold(len(second)) if threshold is None else threshold
    rows, others, distances = binary_codes.find(first[good], second[other_good], limit)
    leaked = np.zeros(len(first), bool)
    leaked[good[rows]] = True
    return DuplicatePairs(good[rows], other_good[others], distances, leaked, [*bad.values(), *also_bad.values()])


def within(
    photos: Listed, threshold: int | None = None, threads: int | None = None,
    advance: Advance = ignore,
) -> DuplicatePairs:  # fmt: skip
    """Find the photos of a table that repeat an earlier one: each with the first of its group; as `against` otherwise.

    >>> within(Listed(pa.table({}), ["a"], ["/no/such.jpg"], Path("/no/such/cache"))).leaked
    array([False])
    """
    hamming.open_faiss()
    codes, bad = binary_codes.codes(photos.paths, threads, advance, photos.place)
    good = _good(len(codes), bad)
    limit = default_threshold(len(codes)) if threshold is None else threshold
    first = good[binary_codes.first_of_group(codes[good], limit)] if len(good) else good
    again = first != good
    rows, others = good[again], first[again]
    leaked = np.zeros(len(codes), bool)
    leaked[rows] = True
    distances = np.unpackbits(codes[rows] ^ codes[others], axis=1).sum(axis=1, dtype=np.int32)
    return DuplicatePairs(rows, others, distances, leaked, list(bad.values()))


def same_ids(test: Listed, training: Listed) -> list[str]:
    """Return the photo_ids that both tables have: the same photo, or two of the same name.

    >>> rows, cache = pa.table({}), Path("cache")
    >>> same_ids(Listed(rows, ["a", "b"], [], cache), Listed(rows, ["b", "c"], [], cache))
    ['b']
    """
    both = set(map(same, training.ids))
    return [photo_id for photo_id in test.ids if same(photo_id) in both]


def _good(count: int, unreadable: dict[int, str]) -> NDArray[np.int64]:
    return np.setdiff1d(np.arange(count), np.fromiter(unreadable, np.int64, len(unreadable)))
