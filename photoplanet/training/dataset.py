"""From photo tables to what a run learns: training and validation photos, each in its cell, and the coarser cells."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from photoplanet.core.table_sets import Given, TableSet
from photoplanet.earth.partition.hierarchy import Hierarchy
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import TrainingError
from photoplanet.evaluation import resampling
from photoplanet.metadata import exif
from photoplanet.packing import packed_table
from photoplanet.photos import splits, table
from photoplanet.training.data import LabelledPhotos
from photoplanet.training.recipes import Recipe

_HASHED = 1 << 16  # photo_ids at a time
IN_SEQUENCE = "-in-sequence"  # after the fingerprint of photos that are read in the order of their shards
TRAIN_COLUMNS = ("photo_id", "path", "latitude", "longitude", "album", "photographer", "taken_at", "source")


@dataclass(frozen=True)
class Data:
    """All that a run needs of its photos; `parents`: for each coarser level, coarsest first, cells → its cells."""

    training: LabelledPhotos
    validation: LabelledPhotos
    partition: Partition
    parents: list[NDArray[np.int32]]
    facts: dict[str, Any]  # counts for the log and the model card
    held_out: resampling.Units  # the groups of the validation photos


def prepare(photos: Given, recipe: Recipe, cells: Path | None = None, validation: Given | None = None) -> Data:
    """Read, split, partition and assign; training photos outside every cell are dropped and counted (paper, Sect. 3).

    Raises InputError for tables or cells that cannot be read and for photos that make no cell, TrainingError when no
    photo is left to train on.

    >>> rows = [{"photo_id": f"p{i}", "path": f"{i}.jpg", "latitude": 48.9, "longitude": 2.3 + i} for i in range(20)]
    >>> photos = table.write(table.from_rows(rows), getfixture("tmp_path") / "photos.parquet")
    >>> data = prepare(photos, Recipe(max_photos=5, min_photos=1))
    >>> len(data.training) + len(data.validation), data.facts["cells"] == len(data.partition)
    (20, True)
    """
    photos = TableSet.of(photos)
    rows, left_out = _read(photos)
    if validation is not None:
        validation = TableSet.of(validation)
        held_out, more = _read(validation)
        left_out += [f"{validation}: {line}" for line in more]
        training = rows
    else:
        training, held_out = splits.split(rows, recipe.validation)  # the same for all seeds
    return arranged(training, held_out, recipe, (photos, validation or photos), cells, left_out)


def arranged(
    training: pa.Table, held_out: pa.Table, recipe: Recipe, paths: tuple[Given, Given], cells: Path | None = None,
    left_out: Sequence[str] = (),
) -> Data:  # fmt: skip
    """Partition and assign photos that are read and split already; `paths`: the tables that they are from.

    Raises as `prepare`; `left_out` says what reading left out.

    >>> rows = table.from_rows([{"photo_id": "a", "path": "a.jpg", "latitude": 48.9, "longitude": 2.3}])
    >>> arranged(rows, rows, Recipe(min_photos=1), (Path("a.csv"), Path("a.csv"))).facts["validation_photos"]
    1
    """
    photos, other = (TableSet.of(each) for each in paths)
    if not len(training):
        raise TrainingError(f"{photos}: no photo to train on; index some with `photoplanet index`")
    rows = len(training) + (len(held_out) if other == photos else 0)
    latitude, longitude = training["latitude"].to_numpy(), training["longitude"].to_numpy()
    if cells is not None:
        partition = Partition.load(cells)
    else:
        most, least = recipe.cell_limits(len(training))
        partition = Partition.adaptive(latitude, longitude, max_photos=most, min_photos=least)
    classes = partition.assign(latitude, longitude)
    kept = classes >= 0
    if not kept.any():
        raise TrainingError(
            f"{photos}: none of its photos lies in the {len(partition):,} cells of {cells}; use other cells"
        )
    training = training.filter(pa.array(kept))
    held_out = _limited(held_out, recipe.validation_limit)
    held_out_classes = partition.assign(held_out["latitude"].to_numpy(), held_out["longitude"].to_numpy())
    own = splits.held_out(training, held_out)
    learned = _photos(training, photos, classes[kept])
    mark = IN_SEQUENCE if len(learned.starts) else ""
    return Data(
        training=learned,
        validation=_photos(held_out, other, held_out_classes),
        partition=partition,
        parents=_parents(partition, recipe),
        facts={
            "photos": len(training), "outside_cells": int((~kept).sum()), "cells": len(partition),
            "validation_photos": len(held_out), "split": splits.facts(training, held_out, own),
            "left_out": list(left_out),
            "table": {"file": photos.name, "photos": rows},  # no folder: cards get published
            "data": fingerprint(training, classes[kept], partition) + mark, "toy": _is_toy(training),
        },
        held_out=resampling.Units(own.kinds[0] if len(own.kinds) == 1 else "group", own.number),
    )  # fmt: skip


def fingerprint(training: pa.Table, classes: NDArray[np.int32], partition: Partition) -> str:
    """Return a hash of the photos' ids and classes and the cells: a run only resumes on the very same.

    >>> partition = Partition.uniform(np.zeros(2), np.zeros(2), level=5, min_photos=1)
    >>> len(fingerprint(pa.table({"photo_id": ["a", "b"]}), np.zeros(2, np.int32), partition))
    16
    """
    digest = hashlib.sha256(np.ascontiguousarray(partition.ids).tobytes())
    digest.update(np.ascontiguousarray(classes).tobytes())
    between = ""
    for batch in training.select(["photo_id"]).to_batches(max_chunksize=_HASHED):
        digest.update((between + "\n".join(batch.column(0).to_pylist())).encode())
        between = "\n" if len(batch) or between else ""  # however the rows are cut into pieces
    return digest.hexdigest()[:16]


def _read(path: TableSet) -> tuple[pa.Table, list[str]]:
    rows, dropped = table.read(path, columns=TRAIN_COLUMNS)
    line = table.describe(dropped)
    return rows, [line] if line else []


def _limited(rows: pa.Table, limit: int) -> pa.Table:
    """At most `limit` rows, evenly through the table: the same photos in every run."""
    return rows.take(pa.array(np.arange(limit) * len(rows) // limit)) if len(rows) > limit else rows


def _photos(rows: pa.Table, given: TableSet, classes: NDArray[np.int32]) -> LabelledPhotos:
    latitude, longitude = rows["latitude"].to_numpy(), rows["longitude"].to_numpy()
    sources = table.paths(rows, given.folder)
    return LabelledPhotos(sources, latitude, longitude, classes, _starts(sources, given))


def _starts(sources: list[str], given: TableSet) -> NDArray[np.int64]:
    """The first row of each shard of a packed table; nothing for other tables, whose order may mean something."""
    if not all(map(packed_table.is_packed, given.tables)):
        return np.zeros(0, np.int64)
    names = [source.partition(".tar#")[0] for source in sources]
    return np.flatnonzero([before != name for before, name in zip([None, *names], names, strict=False)])


def _parents(partition: Partition, recipe: Recipe) -> list[NDArray[np.int32]]:
    if not recipe.hierarchy or len(partition) < 2:
        return []
    total = int(np.sum(partition.photo_counts)) or len(partition)  # cells from elsewhere may have no counts
    most = tuple(max(1, int(total * share)) for share in recipe.hierarchy_shares)
    return Hierarchy.from_partition(partition, max_photos=most).parents[:-1]  # the last is the partition itself


def _is_toy(rows: pa.Table) -> bool:
    return "source" in rows.column_names and bool(pc.any(pc.equal(rows["source"], exif.TOY_SOFTWARE)).as_py())
