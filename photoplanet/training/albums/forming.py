"""A photo table put in albums for training, each photo with the fixed CNN's embedding and its cell."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from photoplanet.albums import album
from photoplanet.core.progress import Advance, ignore
from photoplanet.core.table_sets import Given, TableSet
from photoplanet.errors import InputError
from photoplanet.locate.locator import Locator
from photoplanet.metadata.times import parse_times
from photoplanet.photos import table
from photoplanet.training import embeddings
from photoplanet.training.albums.data import AlbumPhotos

COLUMNS = ("photo_id", "path", "latitude", "longitude", "taken_at", "album", "photographer", "source")


@dataclass(frozen=True)
class FormedAlbums:
    """A photo table put in albums: `rows` (n,) of the table, `gaps` and `starts` as in `AlbumPhotos`, bad times."""

    rows: NDArray[np.int64]
    gaps: NDArray[np.float32]
    starts: NDArray[np.int64]
    report: dict[str, Any]


def form(photos: pa.Table, name: str, gap_hours: float = album.GAP_HOURS) -> FormedAlbums:
    """Put photos into albums by the `album` column, or by photographer and pauses, as `albums.album.form` does.

    InputError where neither column has a value, since all photos would be one album.

    >>> photos = pa.table({"album": ["a", "b", "a"], "taken_at": [None, None, None]})
    >>> form(photos, "photos.csv").starts.tolist()
    [0, 2, 3]
    """
    column = {
        key: photos[key].to_pylist() for key in ("taken_at", "album", "photographer") if key in photos.column_names
    }
    if not any(value for key in ("album", "photographer") for value in column.get(key, [])):
        raise InputError(f"{name}: no column album or photographer says which photos belong together; add one of them")
    taken_at = column.get("taken_at", [None] * len(photos))
    times, report = parse_times(taken_at)
    names = next((photos[key].to_pylist() for key in ("path", "photo_id") if key in photos.column_names), taken_at)
    ties = album.ties(taken_at, names)
    orders = album.form(times, column.get("album"), column.get("photographer"), gap_hours=gap_hours, ties=ties)
    sizes = [len(order.rows) for order in orders]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    unknown = np.array([np.nan])
    gaps = np.concatenate([np.concatenate([unknown, order.gaps]) for order in orders])
    return FormedAlbums(np.concatenate([order.rows for order in orders]), gaps.astype(np.float32), starts, report)


def album_photos(
    photos: pa.Table, path: Given, locator: Locator, kept: Path, gap_hours: float = album.GAP_HOURS,
    threads: int | None = None, advance: Advance = ignore,
) -> tuple[AlbumPhotos, dict[str, Any]]:  # fmt: skip
    """Return the photos of a table (that lies at `path`) in albums, and facts; embeddings are computed where missing.

    `locator`: the model at work. Embeddings are kept in the folder `kept`, as `training.embeddings` does. A photo that
    cannot be read keeps its slot, with an embedding of 0, and is counted. `advance` counts photos.

    >>> import photoplanet as pp
    >>> home = getfixture("tmp_path")
    >>> photos = table.from_rows([{"path": "1.jpg", "latitude": 48.9, "longitude": 2.3, "album": "a"}])
    >>> albums, facts = album_photos(photos, home / "photos.csv", pp.load("toy"), home / "embeddings")
    >>> len(albums), facts["unreadable"]  # the file is missing
    (1, 1)
    """
    albums = form(photos, str(path), gap_hours)
    ordered = photos.take(pa.array(albums.rows))
    sources = table.paths(ordered, TableSet.of(path).folder)
    embed: embeddings.Embed = lambda pixels: locator.log_probabilities(pixels)[1]  # noqa: E731
    found, readable = embeddings.embeddings(sources, locator.info, embed, kept, threads, advance)
    latitude, longitude = ordered["latitude"].to_numpy(), ordered["longitude"].to_numpy()
    classes = locator.partition.assign(latitude, longitude)
    formed = AlbumPhotos(found, latitude, longitude, classes, albums.gaps, albums.starts)
    facts = {
        "photos": len(formed), "albums": len(albums.starts) - 1, "unreadable": int((~readable).sum()),
        "outside_cells": int((classes < 0).sum()), "times_left_out": albums.report,
    }  # fmt: skip
    return formed, facts
