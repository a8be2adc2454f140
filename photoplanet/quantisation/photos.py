"""Photos that an int8 network takes its ranges from, and others that it is measured on."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.progress import Bar, Say, no_bar, silent
from photoplanet.core.table_sets import TableSet
from photoplanet.errors import InputError
from photoplanet.evaluation import leakage
from photoplanet.models.folder import Bundle
from photoplanet.photos import decode, inputs, splits, table
from photoplanet.photos.formats import is_photo_name

if TYPE_CHECKING:
    import pyarrow as pa

RANGES, MEASURED, FEWEST = 256, 1000, 16  # photos
_TABLES = (".csv", ".tsv", ".txt", ".parquet", ".pq")


@dataclass(frozen=True, eq=False)
class Chosen:
    """Photos by chance: `ranges` and `measured`, uint8 (n, size, size, 3).

    `held_out`: whether they are different ones, as they are where there are enough. `places` float64 (n, 2): where the
    measured ones were taken, in degrees; NaN where nothing says so. `words`: what they are, for the model's card.
    """

    ranges: NDArray[np.uint8]
    measured: NDArray[np.uint8]
    places: NDArray[np.float64]
    held_out: bool
    words: str
    unreadable: int


def choose(
    bundle: Bundle, given: Path | None = None, threads: int | None = None, bar: Bar = no_bar, say: Say = silent
) -> Chosen:
    """Choose and decode photos for a model: of a folder, a photo table or a file that is `given`, else its own.

    Its own: the validation photos of the table that it was trained on, where that is at hand. Half of them give the
    ranges, at most 256; the others are measured, at most 1000. InputError where there are fewer than 16 readable ones.

    >>> from photoplanet.models import folder, installed
    >>> choose(folder.read(installed.resolve("toy")))
    Traceback (most recent call last):
    photoplanet.errors.InputError: toy: the model does not name its training photos; give photos like those that it ...
    """
    listed = _given(given, say) if given is not None else _own(bundle)
    paths, places, words = listed
    order = np.random.default_rng(0).permutation(len(paths))[: RANGES + MEASURED]
    with bar("decoding", len(order)) as advance:
        good: list[int] = []
        pixels: list[NDArray[np.uint8]] = []
        decoded = decode.load_many((paths[row] for row in order.tolist()), bundle.info.preprocessing, threads)
        for row, found in zip(order.tolist(), decoded, strict=True):
            advance(1)
            if not isinstance(found, InputError):
                good.append(row)
                pixels.append(found)
    if len(good) < FEWEST:
        count = f"{len(good)} of {len(order)} photos can be read" if order.size else "no photos"
        raise InputError(f"{words}: {count}, and {FEWEST} or more are needed; give more with --photos")
    cut = min(RANGES, len(good) // 2)
    held_out = cut >= FEWEST
    first, rest = (slice(cut), slice(cut, None)) if held_out else (slice(None), slice(None))
    whole = np.stack(pixels)
    return Chosen(whole[first], whole[rest], places[good][rest], held_out, words, len(order) - len(good))


def _given(given: Path, say: Say) -> tuple[list[str], NDArray[np.float64], str]:
    if given.suffix.lower() in _TABLES and not is_photo_name(given.name):
        return _of_table(table.read(given)[0], given)
    sources = [each for each in inputs.sources([str(given)], None, say) if isinstance(each, str)]
    return sources, np.full((len(sources), 2), np.nan), given.name


def _own(bundle: Bundle) -> tuple[list[str], NDArray[np.float64], str]:
    path, why = leakage.training_table(bundle)
    if path is None:
        raise InputError(f"{bundle.info.name}: {why}; give photos like those that it will locate: --photos FOLDER")
    rows, _ = table.read(path)
    recipe = bundle.info.training.get("recipe")
    share = recipe.get("validation", 0.1) if isinstance(recipe, dict) else 0.1
    usable = isinstance(share, int | float) and not isinstance(share, bool) and 0 < share < 1
    held_out = splits.split(rows, float(share) if usable else 0.1)[1]
    paths, places, _ = _of_table(held_out if len(held_out) >= FEWEST else rows, path)
    return paths, places, f"the model's own validation photos of {path.name}"


def _of_table(rows: "pa.Table", path: Path) -> tuple[list[str], NDArray[np.float64], str]:
    places = np.column_stack([rows["latitude"].to_numpy(), rows["longitude"].to_numpy()])
    return list(table.paths(rows, TableSet.of(path).folder)), places.astype(np.float64), path.name
