"""The fixed CNN's answers to a photo table's albums, computed once: half-precision embeddings on disk, resumable."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from photoplanet.albums import album
from photoplanet.core import atomic
from photoplanet.errors import InputError
from photoplanet.metadata.times import parse_times
from photoplanet.models import folder
from photoplanet.photos import decode, table
from photoplanet.training.albums.data import Answers

COLUMNS = ("photo_id", "path", "latitude", "longitude", "taken_at", "album", "photographer", "source")
EMBEDDINGS, STATE = "embeddings.npy", "state.json"
BATCH = 32
SAVE_SECONDS = 10.0  # between two notes of how far it came
HALF_MOST = 65504.0  # the largest number in half precision

Advance = Callable[..., None]


@dataclass(frozen=True)
class Albums:
    """A photo table put in albums: `rows` (n,) of the table, `gaps` and `starts` as in `Answers`, bad times."""

    rows: NDArray[np.int64]
    gaps: NDArray[np.float32]
    starts: NDArray[np.int64]
    report: dict[str, Any]


def form(photos: pa.Table, name: str, gap_hours: float = album.GAP_HOURS) -> Albums:
    """Put photos into albums by the `album` column, or by photographer and pauses, as `albums.album.form` does.

    InputError where neither column says anything, since all photos would be one album.
    """
    column = {
        key: photos[key].to_pylist() for key in ("taken_at", "album", "photographer") if key in photos.column_names
    }
    if not any(value for key in ("album", "photographer") for value in column.get(key, [])):
        raise InputError(f"{name}: no column album or photographer says which photos belong together; add one of them")
    times, report = parse_times(column.get("taken_at", [None] * len(photos)))
    orders = album.form(times, column.get("album"), column.get("photographer"), gap_hours=gap_hours)
    sizes = [len(order.rows) for order in orders]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    unknown = np.array([np.nan])
    gaps = np.concatenate([np.concatenate([unknown, order.gaps]) for order in orders])
    return Albums(np.concatenate([order.rows for order in orders]), gaps.astype(np.float32), starts, report)


def answers(
    photos: pa.Table, path: Path, locator: Any, kept: Path, gap_hours: float = album.GAP_HOURS,
    threads: int | None = None, advance: Advance = lambda count=1, note="": None,
) -> tuple[Answers, dict[str, Any]]:  # fmt: skip
    """The answers to the photos of a table (that lies at `path`), and facts; embeddings are computed where missing.

    `locator`: the model at work, a `locate.locator.Locator`. Embeddings stand in `kept`, which goes on where it was
    stopped, and starts anew for other photos or another model. A photo that cannot be read keeps its slot, with an
    embedding of 0, and is counted. `advance` counts photos.
    """
    albums = form(photos, str(path), gap_hours)
    ordered = photos.take(pa.array(albums.rows))
    sources = table.paths(ordered, path.parent)
    embeddings, unreadable = _embeddings(sources, locator, kept, threads, advance)
    latitude, longitude = ordered["latitude"].to_numpy(), ordered["longitude"].to_numpy()
    classes = locator.partition.assign(latitude, longitude)
    found = Answers(embeddings, latitude, longitude, classes, albums.gaps, albums.starts)
    facts = {
        "photos": len(found), "albums": len(albums.starts) - 1, "unreadable": unreadable,
        "outside_cells": int((classes < 0).sum()), "times_left_out": albums.report,
    }  # fmt: skip
    return found, facts


def _embeddings(
    sources: list[str], locator: Any, kept: Path, threads: int | None, advance: Advance
) -> tuple[NDArray[np.float16], int]:
    """Embeddings (n, d) float16, memory-mapped, and how many photos could not be read."""
    kept.mkdir(parents=True, exist_ok=True)
    shape = (len(sources), locator.info.embedding_size)
    key = _key(sources, locator)
    done, unreadable = _state(kept, key, shape)
    if done < len(sources):
        array = open_memmap(kept / EMBEDDINGS, "r+" if done else "w+", np.float16, shape)
        advance(done)
        state, saved = [done, unreadable], time.perf_counter()
        try:
            for count, found in _computed(sources[done:], locator, threads):
                array[state[0] : state[0] + count] = found[0]
                state = [state[0] + count, state[1] + found[1]]
                advance(count)
                if time.perf_counter() - saved > SAVE_SECONDS:
                    saved = _save(kept, key, array, state)
        finally:
            _save(kept, key, array, state)
        unreadable = state[1]
    return np.load(kept / EMBEDDINGS, mmap_mode="r", allow_pickle=False), unreadable


def _computed(sources: list[str], locator: Any, threads: int | None):
    """Yield (photos, (embeddings, unreadable ones)) for a few photos at a time, in order."""
    batch: list[Any] = []
    for number, pixels in enumerate(decode.load_many(sources, locator.info.preprocessing, threads), start=1):
        batch.append(pixels)
        if len(batch) == BATCH or number == len(sources):
            good = [row for row, each in enumerate(batch) if not isinstance(each, InputError)]
            found = np.zeros((len(batch), locator.info.embedding_size), np.float32)
            if good:
                found[good] = locator.log_probabilities(np.stack([batch[row] for row in good]))[1]
            yield len(batch), (found.clip(-HALF_MOST, HALF_MOST), len(batch) - len(good))
            batch = []


def _key(sources: list[str], locator: Any) -> str:
    digest = hashlib.sha256(locator.info.hashes[folder.NETWORK].encode())  # parts come and go; the network decides
    digest.update("\n".join(sources).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _state(kept: Path, key: str, shape: tuple[int, int]) -> tuple[int, int]:
    """How many photos are done and how many of those could not be read; 0 for a cache of anything else."""
    try:
        state = json.loads((kept / STATE).read_text(encoding="utf-8"))
        array = np.load(kept / EMBEDDINGS, mmap_mode="r", allow_pickle=False)
        same = state["key"] == key and array.shape == shape and array.dtype == np.float16
        done, unreadable = int(state["done"]), int(state["unreadable"])
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return 0, 0
    return (done, unreadable) if same and 0 <= unreadable <= done <= shape[0] else (0, 0)


def _save(kept: Path, key: str, array: np.memmap, state: list[int]) -> float:
    """Write what is in the array first, and then how far it came."""
    array.flush()
    with atomic.replacing(kept / STATE) as temporary:
        text = json.dumps({"key": key, "done": state[0], "unreadable": state[1]})
        temporary.write_text(text, encoding="utf-8")
    return time.perf_counter()
