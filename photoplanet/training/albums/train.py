"""A whole training of album methods: photo table and model in, parts of a model folder out."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from photoplanet.albums import album, album_parameters, networks
from photoplanet.core.progress import Bar, Say, no_bar, silent
from photoplanet.core.table_sets import Given, TableSet
from photoplanet.encoders.kept import encoder_of
from photoplanet.errors import InputError
from photoplanet.locate.locator import Locator
from photoplanet.models import folder as model_folder
from photoplanet.photos import splits, table
from photoplanet.training import run, working_folder
from photoplanet.training.albums import export, forming, validation
from photoplanet.training.albums.data import AlbumPhotos
from photoplanet.training.albums.networks import AlbumNetwork
from photoplanet.training.albums.recipes import AlbumRecipe
from photoplanet.training.albums.task import AlbumTask, softmax_of
from photoplanet.training.loop import Loop, RunOptions
from photoplanet.training.model_copy import target_folder
from photoplanet.training.placement import device_of

VALIDATION = 0.1  # share of the photos, by photographer or album, unless a table is given
OPTIONS = RunOptions(curves=False)


def train(
    photos: Given, locator: Locator, out: Path, recipes: Sequence[AlbumRecipe], validation_table: Given | None = None,
    gap_hours: float = album.GAP_HOURS, threads: int | None = None, bar: Bar = no_bar, say: Say = silent,
) -> dict[str, Any]:  # fmt: skip
    """Count travel and train networks on the albums of a photo table; add them to the model folder `out`.

    `locator`: the model at work. `out` may be its own folder; a new folder gets a copy of it first. The CNN's
    embeddings, checkpoints and logs go to `out`.run; run again, it goes on where it was. Returns the facts of each
    part. InputError for albums or folders that do not fit.

    >>> import photoplanet as pp
    >>> from photoplanet.training.albums.recipes import recipe
    >>> train(Path("no-such.csv"), pp.load("toy"), getfixture("tmp_path") / "mine", [recipe("attention")])
    Traceback (most recent call last):
    photoplanet.errors.InputError: no-such.csv: no such file; give a photo table
    """
    if threads:
        torch.set_num_threads(threads)
    without = next((recipe.method for recipe in recipes if recipe.method not in networks.LSTMS), None)
    if without and not _has_softmax(locator.bundle):
        raise InputError(
            f"{without} starts from a softmax layer, and {locator.bundle.folder} has none, as models on features have; "
            "train it with --method lstm"
        )
    target = target_folder(locator.bundle.folder, Path(out)).folder
    with working_folder.held(out.with_name(out.name + ".run"), out) as work:
        return _train(photos, locator, target, work, recipes, validation_table, gap_hours, threads, bar, say)


def _train(
    photos: Given, locator: Locator, target: Path, work: Path, recipes: Sequence[AlbumRecipe],
    validation_table: Given | None, gap_hours: float, threads: int | None, bar: Bar, say: Say,
) -> dict[str, Any]:  # fmt: skip
    sides, facts = [], {}
    for name, rows, path in _tables(photos, validation_table, say):
        with bar(f"{name} photos", len(rows)) as advance:
            found, about = forming.album_photos(
                rows, path, locator, work / "embeddings" / name, gap_hours, threads, advance
            )
        say(f"{name}: {about['photos']:,} photos in {about['albums']:,} albums, {about['unreadable']:,} unreadable")
        sides.append(found)
        facts[name] = about
    training, held_out = sides
    bundle = model_folder.read(target, verify=False)
    album_parameters.fit(bundle, _travels(training))
    say("travel between places counted")
    done: dict[str, Any] = {
        album_parameters.PART: model_folder.read(target, verify=False).info.parts[album_parameters.PART]
    }
    head = softmax_of(bundle) if _has_softmax(bundle) else None
    device = device_of(locator.device.name, say)
    for recipe in recipes:
        place = work / networks.part_name(recipe.method)
        place.mkdir(parents=True, exist_ok=True)
        task = AlbumTask(training, held_out, bundle.partition, recipe, head, device)
        loop = Loop(task, place, OPTIONS, say)
        with bar(recipe.method, loop.task.total) as advance:
            loop.run(advance)
        done[networks.part_name(recipe.method)] = _finish(loop, recipe, held_out, target, facts, say)
    return done


def _has_softmax(bundle: model_folder.Bundle) -> bool:
    """Not so of a model on features, even if it holds a tuned encoder's weights, and not of somebody else's."""
    return bundle.weights_path is not None and not encoder_of(bundle.info.backbone)


def _finish(
    loop: Loop[Any], recipe: AlbumRecipe, held_out: AlbumPhotos, target: Path, facts: dict[str, Any], say: Say = silent
) -> dict[str, Any]:
    """Fit the temperature on the validation albums, export the best epoch's network; return the part's facts."""
    network = loop.result()
    assert isinstance(network, AlbumNetwork)
    log_p, classes = validation.log_probabilities(network, held_out, recipe)
    fitted = run.calibrated(log_p, classes) if len(classes) else {"temperature": 1.0}
    about = {
        "recipe": asdict(recipe), "validation": loop.best, "calibration": fitted,
        "training": {name: {k: v for k, v in its.items() if k != "times_left_out"} for name, its in facts.items()},
        "seconds": round(loop.seconds, 1), "reading_seconds": round(loop.task.state()[1]["reading_seconds"], 1),
    }  # fmt: skip
    bundle = export.export(network.cpu(), recipe.method, target, fitted["temperature"], about)
    say(f"{recipe.method}: temperature {fitted['temperature']:.2f}, written to {target}")
    return bundle.info.parts[networks.part_name(recipe.method)]


def _tables(photos: Given, validation_table: Given | None, say: Say) -> list[tuple[str, pa.Table, TableSet]]:
    """The training and the validation photos: what they are, rows, and their tables."""
    photos = TableSet.of(photos)
    rows, dropped = table.read(photos, columns=forming.COLUMNS)
    if dropped:
        say(f"{photos}: {table.describe(dropped)}")
    if validation_table is None:
        training, held_out = splits.split(rows, VALIDATION)
        path = photos
    else:
        training, path = rows, TableSet.of(validation_table)
        held_out, dropped = table.read(path, columns=forming.COLUMNS)
        if dropped:
            say(f"{path}: {table.describe(dropped)}")
    for side, name, purpose in ((training, photos, "train on"), (held_out, path, "validate on")):
        if not len(side):
            raise InputError(f"{name}: holds no photo to {purpose}; give more albums")
    return [("training", training, photos), ("validation", held_out, path)]


def _travels(photos: AlbumPhotos) -> Iterator[tuple[NDArray[np.int32], NDArray[np.float64]]]:
    """Each album as `album_parameters.fit` counts it: true classes, and hours between photos."""
    for start, stop in zip(photos.starts[:-1], photos.starts[1:], strict=True):
        yield photos.classes[start:stop], photos.gaps[start + 1 : stop].astype(float)
