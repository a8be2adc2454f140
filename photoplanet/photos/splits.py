"""Train and validation without leaks: whole photographers and albums go to one side, whatever the order of the rows."""

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from photoplanet.errors import InputError

GROUPS = ("photographer", "album")


def split(table: pa.Table, validation: float = 0.1, seed: int = 0) -> tuple[pa.Table, pa.Table]:
    """Return (train, validation) tables in the rows' order; see `validation_mask`.

    >>> rows = pa.table({"photo_id": ["1", "2", "3", "4"], "album": ["a", "a", "b", "b"]})
    >>> sorted(part["album"].to_pylist() for part in split(rows, 0.5))
    [['a', 'a'], ['b', 'b']]
    """
    mask = validation_mask(table, validation, seed)
    return table.filter(pa.array(~mask)), table.filter(pa.array(mask))


def validation_mask(table: pa.Table, validation: float = 0.1, seed: int = 0) -> NDArray[np.bool_]:
    """Return for each row whether it is for validation, bool (n,).

    Photos that share a photographer or an album, directly or through others, form one group; a photo with neither is
    its own. Where that makes one group of everything (one person's photos), albums alone are the groups. Groups go to
    validation in the order of a hash of their smallest photo_id and `seed`, as long as they fit into the share
    `validation` of all photos, so the rows' order plays no part. Each side gets at least one group. Raises InputError
    for a share outside 0 … 1, or when everything is one album.

    >>> validation_mask(pa.table({"photo_id": ["1", "2", "3"], "album": ["a", "a", "b"]}), 0.34).tolist()
    [False, False, True]
    """
    if not 0 <= validation < 1:
        raise InputError(f"validation share {validation}: must be at least 0 and below 1")
    if validation == 0 or len(table) == 0:
        return np.zeros(len(table), bool)
    group = _groups(table, GROUPS)
    if group.max() == 0:
        group = _groups(table, ("album",))
    if group.max() == 0:
        raise InputError("all photos belong to one album, so none can be held out; add albums, or set validation to 0")
    smallest: dict[int, str] = {}
    for photo_id, label in zip(table["photo_id"].to_pylist(), group.tolist(), strict=True):
        if label not in smallest or photo_id < smallest[label]:
            smallest[label] = photo_id
    sizes = np.bincount(group).tolist()
    order = sorted(smallest, key=lambda label: _hash(smallest[label], seed))
    room = validation * len(table)
    chosen = np.zeros(len(sizes), bool)
    for label in order:
        if sizes[label] <= room:
            chosen[label] = True
            room -= sizes[label]
    if not chosen.any():  # every group is larger than the share: the smallest is the least wrong
        chosen[min(order, key=sizes.__getitem__)] = True
    mask: NDArray[np.bool_] = chosen[group]
    return mask


def _groups(table: pa.Table, names: tuple[str, ...]) -> NDArray[np.int64]:
    """A group number 0 … k−1 per row: connected components over equal values in any of the columns `names`."""
    n = len(table)
    parent: NDArray[np.int64] = np.arange(n)
    for name in names:
        if name in table.column_names:
            parent = _joined(parent, codes(table[name]))
    return np.unique(parent, return_inverse=True)[1]


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


def codes(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return a number per distinct text, int64 (n,), −1 for null and empty.

    >>> codes(pa.chunked_array([["a", "", "b", "a", None]])).tolist()
    [0, -1, 1, 0, -1]
    """
    known = pc.if_else(pc.equal(column, ""), None, column).dictionary_encode()
    return np.concatenate([chunk.indices.fill_null(-1).to_numpy() for chunk in known.chunks]).astype(np.int64)


def _hash(text: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}:{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
