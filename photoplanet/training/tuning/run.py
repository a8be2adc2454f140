"""Tuning from end to end: photo table in, model folder out.

A tuned encoder knows its own photos by heart, so how it does on them says nothing. A fifth of the photos, whole groups,
is kept out of the tuning; they decide whether the model gets the tuned encoder or the one that it was.
"""

import dataclasses
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from photoplanet.core import table_files
from photoplanet.core.home import home
from photoplanet.core.progress import Bar, Say, no_bar, silent
from photoplanet.core.table_sets import Given, TableSet
from photoplanet.encoders import lite
from photoplanet.encoders.encoder import Encoder
from photoplanet.errors import InputError, TrainingError
from photoplanet.models import folder as model_folder
from photoplanet.photos import splits, table
from photoplanet.training import dataset, distributed, working_folder
from photoplanet.training.backbones import pretrained
from photoplanet.training.features import places, tested
from photoplanet.training.features import run as features_run
from photoplanet.training.features.settings import Settings
from photoplanet.training.loop import DEFAULTS, RunOptions
from photoplanet.training.recipes import Recipe
from photoplanet.training.tuning import choice, learn

HELD_OUT = 0.2  # share of the photos that is kept out of the tuning
LEAST = 20  # photos in all


class Photos(NamedTuple):
    """Readable photos: rows of the table and their folder's table, features, and who is kept out of the tuning."""

    path: TableSet
    rows: pa.Table
    compared: NDArray[np.float32]  # by the encoder as it was
    groups: NDArray[np.int64]
    held_out: NDArray[np.bool_]

    @property
    def fold(self) -> NDArray[np.int64]:
        """Who is held out, as `tested.held_out` takes it."""
        return np.where(self.held_out, 0, -1)

    @property
    def places(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Latitude and longitude in degrees."""
        latitude, longitude = (self.rows[name].to_numpy().astype(np.float64) for name in ("latitude", "longitude"))
        return latitude, longitude


def train(
    photos: Given, out: Path, recipe: Recipe, options: RunOptions = DEFAULTS, bar: Bar = no_bar, say: Say = silent,
    settings: Settings | None = None,
) -> dict[str, Any] | None:  # fmt: skip
    """Tune the encoder `recipe.backbone` on a photo table and write the model folder `out`; None on ranks but 0.

    Checkpoints and logs go to `out`.run; run again, it goes on where it was. Where tuning does not help, the model is
    that of the encoder as it was, and the facts say so. InputError, ModelError and TrainingError as
    `features.run.train` and `Loop`; TrainingError where too few photos or groups are there to tell.

    >>> from photoplanet.training import recipes
    >>> train(Path("no-such.parquet"), getfixture("tmp_path") / "model", recipes.named("tune"))
    Traceback (most recent call last):
    photoplanet.errors.InputError: no-such.parquet: no such file; give a photo table
    """
    photos, out = TableSet.of(photos), Path(out)
    ranks = distributed.start(options.device)
    say = say if ranks.writes else silent
    model_folder.check_target(out)
    _check(recipe)
    for each in photos.tables:
        table_files.layout(each, "a photo table")  # says what is wrong before a folder is made
    folder = out.with_name(out.name + ".run")
    with working_folder.held(folder, out) if ranks.writes else nullcontext():
        given = _given(recipe, folder)
        known = _read(photos, given, ranks, options, bar, say)
        data = _data(known, recipe)
        latitude, longitude = known.places
        rows = np.flatnonzero(~known.held_out)
        rows = rows[data.partition.assign(latitude[rows], longitude[rows]) >= 0]
        made = learn.tuned(data, known.compared[rows], folder, recipe, ranks, options, bar, say)
        if not ranks.writes:
            return None
        settings = settings or Settings(seed=recipe.seed)
        tuned = learn.encoder(given, made, recipe, folder / "encoder")
        found = _verdict(known, tuned, settings, options, bar, say)
        say(_line(found))
        facts = {"tuned": _line(found), "tuning": {**made.facts, **found}}
        # the tuned encoder knows the photos that it was tuned on: only the others can test it
        tuning, chosen = features_run.Tuning(known.fold, facts, made.tensors), tuned
        if not found["kept"]:
            tuning, chosen = features_run.Tuning(None, facts), given
        return features_run.train(photos, out, chosen, settings, options.threads, bar, say, tuning)


def _given(recipe: Recipe, folder: Path) -> Encoder:
    """The encoder to start from: that of the package, or one that was tuned before."""
    encoder = lite.load(recipe.backbone, home())
    if recipe.start == pretrained.PACKAGE:
        return encoder
    before = learn.Tuned(pretrained.tensors(recipe.start, recipe.backbone), {})
    return learn.encoder(encoder, before, recipe, folder / "start")


def _check(recipe: Recipe) -> None:
    if recipe.backbone not in lite.PACKAGES:
        raise InputError(f"backbone {recipe.backbone}: cannot be tuned; the encoders that can are {_names()}")
    if recipe.start == "random":
        raise InputError("tuning goes on from pretrained weights; leave out start, or leave out --tune")


def _names() -> str:
    return ", ".join(lite.PACKAGES)


def _read(
    photos: TableSet, encoder: Encoder, ranks: distributed.Ranks, options: RunOptions, bar: Bar, say: Say
) -> Photos:  # fmt: skip
    """The photos and their features, which rank 0 computes and the others find kept."""
    rows, dropped = table.read(photos, columns=features_run.COLUMNS)
    if dropped:
        say(table.describe(dropped))
    if not ranks.writes:
        ranks.wait()
    rows, features, _ = features_run.read(rows, photos, encoder, options.threads, bar, say)
    if ranks.writes:
        ranks.wait()
    groups = splits.groups(rows)
    held_out = splits.validation_mask(rows, HELD_OUT)
    if len(rows) < LEAST or not held_out.any():
        few = f"{len(rows):,} photos are too few to tell whether tuning helps"
        raise TrainingError(f"{photos}: {few}; leave --tune out")
    split = splits.facts(rows.filter(pa.array(~held_out)), rows.filter(pa.array(held_out)))
    for line in splits.lines(split):
        say(line)
    return Photos(photos, rows, encoder.compared(features), groups, held_out)


def _data(known: Photos, recipe: Recipe) -> dataset.Data:
    """What the loop learns: the photos that are not held out, in cells as coarse as those of the head on features."""
    training, held_out = (known.rows.filter(pa.array(mask)) for mask in (~known.held_out, known.held_out))
    most = recipe.max_photos or places.coarse_photos(len(training), Settings())
    chosen = dataclasses.replace(recipe, max_photos=most, min_photos=recipe.min_photos or 1)
    return dataset.arranged(training, held_out, chosen, (known.path, known.path))


def _verdict(
    known: Photos, tuned: Encoder, settings: Settings, options: RunOptions, bar: Bar, say: Say
) -> dict[str, Any]:  # fmt: skip
    """The facts of the comparison of the tuned encoder with the one that it was, on photos of neither."""
    rows, features, _ = features_run.read(known.rows, known.path, tuned, options.threads, bar, say)
    if len(rows) < len(known.rows):
        raise TrainingError(f"{known.path}: photos went away while it was tuned on them; run the same command again")
    before, after = (
        tested.held_out(compared, *known.places, known.groups, settings, fold=known.fold)
        for compared in (known.compared, tuned.compared(features))
    )
    return choice.compared(before.km, after.km, known.groups[before.rows])


def _line(facts: dict[str, Any]) -> str:
    """What tuning did, for people."""
    after, before = (
        " / ".join(f"{100 * share:.1f}" for share in facts[name].values())
        for name in ("accuracy_after", "accuracy_before")
    )
    shares = f"within 1 / 25 / 200 / 750 / 2500 km {after} %, without tuning {before} %"
    where = f"{facts['held_out_photos']:,} photos of {facts['held_out_groups']:,} groups held out"
    if facts["kept"]:
        return f"tuning helped: {shares} ({where})"
    if facts["held_out_groups"] < choice.FEWEST:
        return f"too few groups to tell whether tuning helped, so the encoder stays as it was: {shares} ({where})"
    return f"tuning did not help beyond chance, so the encoder stays as it was: {shares} ({where})"
