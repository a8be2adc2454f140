"""Which photos belong together: those of a photographer, an album or a day are right and wrong together."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

MOMENT_MINUTES = 10.0  # a pause this long ends a moment
KINDS = ("photographer", "album", "day", "moment", "photo")


@dataclass(frozen=True, eq=False)
class Grouping:
    """The group of each photo, `number` int64 (n,) from 0, and of what `kinds` they are, some of `KINDS`.

    >>> grouping(pa.table({"photo_id": ["1", "2", "3"], "album": ["a", "a", ""]})).kinds
    ('album', 'photo')
    """

    number: NDArray[np.int64]
    kinds: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many groups there are."""
        return int(self.number.max()) + 1 if self.number.size else 0


def groups(table: pa.Table) -> NDArray[np.int64]:
    """Return the group of each photo of a photo table, int64 (n,), numbered from 0 by the smallest photo_id in each.

    As `grouping`, which says what makes a group.

    >>> groups(pa.table({"photo_id": ["c", "b", "a"], "taken_at": ["2024-05-01T10:00:00", None, "2024-05-01"]}))
    array([0, 1, 0])
    """
    return grouping(table).number


def grouping(table: pa.Table) -> Grouping:
    """Group the photos of a table, in whatever order its rows are.

    Photos that share a photographer or an album, directly or through others, form one group; those with neither form
    one with all others of their day (of `taken_at`), and a photo without a time is its own. Where a photographer would
    make up more than half of the table (one person's library), albums take the photographers' place. What is then
    one group (a single folder) is taken apart by days, by moments (a pause of 10 minutes ends one), or into photos:
    the first that makes two.

    >>> day = ["2024-05-01T10:00:00", "2024-05-01T10:01:00", "2024-05-02T10:00:00"]
    >>> grouping(pa.table({"photo_id": ["1", "2", "3"], "album": ["a"] * 3, "taken_at": day})).number
    array([0, 0, 1])
    """
    n = len(table)
    if not n:
        return Grouping(np.empty(0, np.int64), ())
    labels = {name: _labels(table, name) for name in ("photographer", "album")} | {"day": _days(table)}
    number, kinds = _put_together(labels)
    if (labels["photographer"] >= 0).any() and np.bincount(number).max() > n / 2:
        number, kinds = _put_together({name: labels[name] for name in ("album", "day")})
    for finer in ("day", "moment", "photo"):
        if n == 1 or np.ptp(number):
            break
        own = _moments(table) if finer == "moment" else labels.get(finer, np.full(n, -1))
        number, kinds = _put_together({finer: own})
    number = np.unique(number, return_inverse=True)[1]
    return Grouping(_by_name(table, number), kinds)


def codes(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return a number per distinct text, int64 (n,), −1 for null and empty.

    >>> codes(pa.chunked_array([["a", "", "b", "a", None]])).tolist()
    [0, -1, 1, 0, -1]
    """
    known = pc.if_else(pc.equal(column, ""), None, column).dictionary_encode()
    return np.concatenate([chunk.indices.fill_null(-1).to_numpy() for chunk in known.chunks]).astype(np.int64)


def days(column: Any) -> Any:
    """Return the day, ten letters, of times written as 2024-05-01T10:00:00; null for everything else.

    >>> days(pa.chunked_array([["2024-05-01T10:00:00", "", None]])).to_pylist()
    ['2024-05-01', None, None]
    """
    text = column.cast(pa.string())
    return pc.if_else(pc.match_substring_regex(text, r"^\d{4}-\d{2}-\d{2}"), pc.utf8_slice_codeunits(text, 0, 10), None)


def _put_together(labels: dict[str, NDArray[np.int64]]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Join the photos of equal label ≥ 0, by day and moment only those without any other; and the kinds of group."""
    n = len(next(iter(labels.values())))
    number, free, kinds = np.arange(n), np.ones(n, bool), []
    for kind, label in labels.items():
        own = label if kind in ("photographer", "album") else np.where(free, label, -1)
        if (own >= 0).any():
            number = _joined(number, own)
            kinds.append(kind)
        free &= own < 0
    return number, (*kinds, *(["photo"] if free.any() else []))


def _labels(table: pa.Table, name: str) -> NDArray[np.int64]:
    """The codes of a column, all −1 where there is none."""
    return codes(table[name].cast(pa.string())) if name in table.column_names else np.full(len(table), -1)


def _days(table: pa.Table) -> NDArray[np.int64]:
    return codes(days(table["taken_at"])) if "taken_at" in table.column_names else np.full(len(table), -1)


def _moments(table: pa.Table) -> NDArray[np.int64]:
    """A number for each run of photos without a long pause, −1 for photos without a time of day."""
    found = np.full(len(table), -1)
    if "taken_at" not in table.column_names:
        return found
    text = pc.utf8_slice_codeunits(table["taken_at"].cast(pa.string()), 0, 19)
    times = pc.strptime(text, format="%Y-%m-%dT%H:%M:%S", unit="s", error_is_null=True).cast(pa.int64())
    known = np.flatnonzero(times.is_valid().to_numpy())
    seconds = times.drop_null().to_numpy()
    order = np.argsort(seconds, kind="stable")
    pauses = np.diff(seconds[order]) > 60 * MOMENT_MINUTES
    found[known[order]] = np.concatenate([[0], np.cumsum(pauses)])[: order.size]
    return found


def _by_name(table: pa.Table, number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Groups renumbered by the smallest photo_id in each, so that the rows' order plays no part."""
    if "photo_id" not in table.column_names:
        return number
    rank = np.empty(len(table), np.int64)
    rank[pc.sort_indices(table["photo_id"]).to_numpy()] = np.arange(len(table))
    smallest = np.full(number.max() + 1, len(table))
    np.minimum.at(smallest, number, rank)
    place = np.empty_like(smallest)
    place[np.argsort(smallest)] = np.arange(smallest.size)
    renumbered: NDArray[np.int64] = place[number]
    return renumbered


def _joined(parent: NDArray[np.int64], codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Merge the groups that share a code ≥ 0: the smallest labels spread until nothing changes."""
    known = codes >= 0
    if not known.any():
        return parent
    while True:
        least = np.full(codes.max() + 1, len(parent))
        np.minimum.at(least, codes[known], parent[known])
        of_group = np.arange(len(parent))
        np.minimum.at(of_group, parent[known], least[codes[known]])
        while not np.array_equal(of_group[of_group], of_group):
            of_group = of_group[of_group]
        merged = of_group[parent]
        if np.array_equal(merged, parent):
            return parent
        parent = merged
