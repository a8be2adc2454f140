"""The photos that a retrieval embedding learns from: those of a table that can be read, with the CNN's embeddings."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from photoplanet.core.progress import Bar, Say, no_bar, silent
from photoplanet.core.table_sets import Given, TableSet
from photoplanet.errors import TrainingError
from photoplanet.models import folder
from photoplanet.photos import splits, table
from photoplanet.training import embeddings
from photoplanet.training.embeddings import Embed

COLUMNS = ("photo_id", "path", "latitude", "longitude", "album", "photographer", "taken_at")


@dataclass(frozen=True)
class EmbeddedPhotos:
    """Readable photos: sources, places (n, 2) in degrees, photographers (−1: unknown), the CNN's embeddings (n, d)."""

    sources: list[Any]
    places: NDArray[np.float64]
    photographer: NDArray[np.int64]
    embeddings: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.sources)

    def part(self, rows: NDArray[np.integer[Any]]) -> "EmbeddedPhotos":
        """Return the photos of some rows."""
        chosen = [self.sources[row] for row in rows.tolist()]
        return EmbeddedPhotos(chosen, self.places[rows], self.photographer[rows], self.embeddings[rows])

    def evenly(self, most: int) -> "EmbeddedPhotos":
        """Return at most so many photos, spread evenly over all."""
        count = min(most, len(self))
        return self.part(np.arange(count) * len(self) // max(count, 1))


def tables(photos: Given, validation: Given | None, say: Say = silent) -> list[tuple[str, pa.Table, TableSet]]:
    """Return the training and the validation photos: what they are, rows, and their tables.

    `say` gets a line about rows that are left out.

    >>> rows = [{"photo_id": f"p{i}", "path": f"{i}.jpg", "latitude": 48.9, "longitude": 2.3} for i in range(20)]
    >>> path = table.write(table.from_rows(rows), getfixture("tmp_path") / "photos.parquet")
    >>> [name for name, rows, path in tables(path, None)], sum(len(rows) for name, rows, path in tables(path, None))
    (['training', 'validation'], 20)
    """
    found = []
    given = [TableSet.of(each) for each in (photos, validation) if each is not None]
    for each in given:
        rows, dropped = table.read(each, columns=COLUMNS)
        found.append(rows)
        if dropped:
            say(f"{each}: {table.describe(dropped)}")
    if validation is None:
        training, held_out = splits.split(found[0])
        return [("training", training, given[0]), ("validation", held_out, given[0])]
    return [("training", found[0], given[0]), ("validation", found[1], given[1])]


def read(
    rows: pa.Table, path: Given, info: folder.ModelInfo, embed: Embed, kept: Path, bar: Bar = no_bar, say: Say = silent
) -> EmbeddedPhotos:
    """Return the readable photos of a table that lies at `path`; embeddings are computed once and kept in `kept`.

    TrainingError when no photo can be read.

    >>> from PIL import Image
    >>> from photoplanet.models import installed
    >>> home, info = getfixture("tmp_path"), folder.read(installed.resolve("toy")).info
    >>> Image.new("RGB", (64, 64)).save(home / "1.png")
    >>> rows = table.from_rows([{"path": f"{number}.png", "latitude": 48.9, "longitude": 2.3} for number in (1, 2)])
    >>> embed = lambda pixels: np.zeros((len(pixels), info.embedding_size))
    >>> len(read(rows, home / "photos.csv", info, embed, home / "embeddings"))  # 2.png is missing
    1
    """
    sources = table.paths(rows, TableSet.of(path).folder)
    with bar("embedding", len(sources)) as advance:
        found, known = embeddings.embeddings(sources, info, embed, kept, None, advance)
    readable = np.flatnonzero(known)
    if len(readable) < len(sources):
        say(f"{path}: {len(sources) - len(readable):,} photos cannot be read and are left out")
    if not len(readable):
        raise TrainingError(f"{path}: none of its photos can be read; check the paths")
    names = rows["photographer"].to_pylist() if "photographer" in rows.column_names else [None] * len(rows)
    places = np.column_stack([rows["latitude"].to_numpy(), rows["longitude"].to_numpy()])
    chosen = [sources[row] for row in readable.tolist()]
    return EmbeddedPhotos(chosen, places[readable], photographers(names)[readable], found[readable])


def photographers(names: Sequence[str | None]) -> NDArray[np.int64]:
    """Return a number for each photographer, −1 where none is named.

    >>> photographers(["Ann", None, "Bo", "Ann"]).tolist()
    [0, -1, 1, 0]
    """
    known = sorted({name for name in names if name})
    numbers = {name: number for number, name in enumerate(known)}
    return np.array([numbers[name] if name else -1 for name in names], np.int64)
