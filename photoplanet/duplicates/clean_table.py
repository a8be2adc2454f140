"""A photo table without its duplicates, and the list of the pairs that were found."""

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from photoplanet.core import atomic, stores
from photoplanet.core.table_sets import Given, TableSet
from photoplanet.duplicates.between_tables import DuplicatePairs, Listed
from photoplanet.errors import InputError
from photoplanet.photos import table

PAIR_COLUMNS = ("photo_id", "duplicate_of", "distance")


def write_without(source: Given, photos: Listed, found: DuplicatePairs, output: Path) -> int:
    """Write the table `photos`, read from `source`, without the photos that `found` has; return how many are left.

    Paths stay as they were when the new table lies beside the old one, and become absolute elsewhere. InputError when
    every photo is a duplicate.

    >>> import numpy as np
    >>> photos = table.from_rows([{"photo_id": name, "path": f"{name}.jpg"} for name in ("a", "b")])
    >>> home, rows = getfixture("tmp_path"), np.array([1])
    >>> found = DuplicatePairs(rows, np.array([0]), np.array([3]), np.array([False, True]))
    >>> write_without(home / "all.csv", Listed(photos, ["a", "b"], ["a.jpg", "b.jpg"], None), found, home / "clean.csv")
    1
    """
    if found.leaked.all():
        raise InputError(f"{source}: every photo has a duplicate; {output} would be empty and is not written")
    keep = ~found.leaked
    clean = photos.rows.filter(pa.array(keep))
    folder = TableSet.of(source).folder
    if stores.is_address(folder) or output.absolute().parent.resolve() != Path(folder).resolve():
        absolute = [
            path if stores.is_address(path) else os.path.abspath(path)  # noqa: PTH100  # links stay as they are
            for path, kept in zip(photos.paths, keep, strict=True)
            if kept
        ]
        clean = clean.set_column(clean.column_names.index("path"), "path", pa.array(absolute, pa.string()))
    table.write(clean, output)
    return len(clean)


def write_pairs(path: Path, pairs: Iterable[dict[str, Any]]) -> None:
    """Write pairs of `DuplicatePairs.named` as CSV: photo_id, duplicate_of, distance in bits.

    >>> path = getfixture("tmp_path") / "pairs.csv"
    >>> write_pairs(path, [{"photo_id": "b", "duplicate_of": "a", "distance": 3}])
    >>> path.read_text().split()
    ['photo_id,duplicate_of,distance', 'b,a,3']
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, PAIR_COLUMNS)
    writer.writeheader()
    writer.writerows(pairs)
    atomic.write_bytes(path, text.getvalue().encode("utf-8", "surrogateescape"))  # ids may be names of files
