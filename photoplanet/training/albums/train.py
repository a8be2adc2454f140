"""A whole training of album methods: photo table and model in, parts of a model folder out."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch

from photoplanet.albums import album, album_parameters, networks
from photoplanet.errors import InputError
from photoplanet.models import folder as model_folder
from photoplanet.photos import splits, table
from photoplanet.training import run
from photoplanet.training.albums import cnn_answers, export, loop
from photoplanet.training.albums.data import Answers
from photoplanet.training.embedding import train as embedding_run

VALIDATION = 0.1  # share of the photos, by photographer or album, unless a table is given
Bar = Callable[[str, int | None], AbstractContextManager[Callable[..., None]]]


def train(
    photos: Path, locator: Any, out: Path, recipes: Sequence[loop.AlbumRecipe],
    validation_table: Path | None = None, gap_hours: float = album.GAP_HOURS, threads: int | None = None,
    bar: Bar = run.no_bar, say: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:  # fmt: skip
    """Count travel and train networks on the albums of a photo table; add them to the model folder `out`.

    `locator`: the model at work, a `locate.locator.Locator`. `out` may be its own folder; a new folder gets a copy of
    it first. Answers, checkpoints and logs go to `out`.run; run again, it goes on where it was. Returns the facts of
    each part. InputError for albums or folders that do not fit.
    """
    if threads:
        torch.set_num_threads(threads)
    target = embedding_run.target(locator.bundle.folder, Path(out)).folder
    work = out.with_name(out.name + ".run")
    training_rows, held_out, validation_path = _tables(photos, validation_table)
    sides, facts = [], {}
    for name, rows, path in (("training", training_rows, photos), ("validation", held_out, validation_path)):
        with bar(f"{name} photos", len(rows)) as advance:
            found, about = cnn_answers.answers(
                rows, path, locator, work / "album-answers" / name, gap_hours, threads, advance
            )
        say(f"{name}: {about['photos']:,} photos in {about['albums']:,} albums, {about['unreadable']:,} unreadable")
        sides.append(found)
        facts[name] = about
    training, validation = sides
    bundle = model_folder.read(target, verify=False)
    album_parameters.fit(bundle, _steps(training))
    say("travel between places counted")
    done: dict[str, Any] = {
        album_parameters.PART: model_folder.read(target, verify=False).info.parts[album_parameters.PART]
    }
    head = loop.softmax_of(bundle)
    for recipe in recipes:
        place = work / networks.part_name(recipe.method)
        trainer = loop.AlbumTrainer(training, validation, bundle.partition, recipe, place, head, say)
        with bar(recipe.method, recipe.epochs) as advance:
            trainer.run(advance)
        done[networks.part_name(recipe.method)] = finish(trainer, target, facts, say)
    return done


def finish(
    trainer: loop.AlbumTrainer, target: Path, facts: dict[str, Any], say: Callable[[str], None]
) -> dict[str, Any]:
    """Fit the temperature on the validation albums, export the best epoch's network; return the part's facts."""
    recipe = trainer.recipe
    log_p, classes = loop.log_probabilities(trainer.best, trainer.validation, recipe)
    fitted = run.calibrated(log_p, classes) if len(classes) else {"temperature": 1.0}
    about = {
        "recipe": asdict(recipe), "validation": trainer.best_epoch, "calibration": fitted,
        "training": {name: {k: v for k, v in its.items() if k != "times_left_out"} for name, its in facts.items()},
        "seconds": round(trainer.at.seconds, 1), "reading_seconds": round(trainer.at.reading, 1),
    }  # fmt: skip
    bundle = export.export(trainer.best, recipe.method, target, fitted["temperature"], about)
    say(f"{recipe.method}: temperature {fitted['temperature']:.2f}, written to {target}")
    return bundle.info.parts[networks.part_name(recipe.method)]


def _tables(photos: Path, validation: Path | None) -> tuple[pa.Table, pa.Table, Path]:
    rows, _ = table.read(photos, columns=cnn_answers.COLUMNS)
    if validation is None:
        training, held_out = splits.split(rows, VALIDATION)
        path = photos
    else:
        training, path = rows, validation
        held_out, _ = table.read(validation, columns=cnn_answers.COLUMNS)
    for side, name in ((training, photos), (held_out, path)):
        if not len(side):
            raise InputError(
                f"{name}: no photo to {'train on' if side is training else 'validate on'}; give more albums"
            )
    return training, held_out, path


def _steps(answers: Answers):
    """Each album as `album_parameters.fit` counts it: true classes and gaps."""
    for start, stop in zip(answers.starts[:-1], answers.starts[1:], strict=True):
        yield answers.classes[start:stop], answers.gaps[start + 1 : stop].astype(float)
