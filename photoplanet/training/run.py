"""A whole training run: photo table in, model folder out; the working files lie beside it in `OUT.run/`."""

import platform
from contextlib import closing, nullcontext
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from photoplanet.core.progress import Bar, Say, no_bar, silent
from photoplanet.core.table_sets import Given, TableSet
from photoplanet.earth import geodesy
from photoplanet.evaluation import baselines, calibration, prior
from photoplanet.locate import point_estimates
from photoplanet.models import folder as model_folder
from photoplanet.packing import estimate
from photoplanet.photos import splits
from photoplanet.training import dataset, distributed, export, flops, validation, working_folder
from photoplanet.training.classification import Classification
from photoplanet.training.classifier import Classifier
from photoplanet.training.data import LabelledPhotos
from photoplanet.training.loop import DEFAULTS, Loop, RunOptions
from photoplanet.training.recipes import Recipe
from photoplanet.training.unknown import bank, network


def train(
    photos: Given, out: Path, recipe: Recipe, cells: Path | None = None, validation_table: Given | None = None,
    options: RunOptions = DEFAULTS, bar: Bar = no_bar, say: Say = silent,
) -> dict[str, Any] | None:  # fmt: skip
    """Train on photo tables and write the model folder `out`; return its training facts (None on ranks but 0).

    Checkpoints and logs go to `out`.run: beside the model folder, which is only ever there whole. Run again, it goes
    on where it was. Raises InputError, ModelError and TrainingError as `dataset.prepare`, `Loop` and
    `working_folder.held` do.

    >>> train(Path("no-such.parquet"), getfixture("tmp_path") / "model", Recipe())
    Traceback (most recent call last):
    photoplanet.errors.InputError: no-such.parquet: no such file; give a photo table
    """
    photos, out = TableSet.of(photos), Path(out)
    ranks = distributed.start(options.device)
    say = say if ranks.writes else silent
    model_folder.check_target(out)
    folder = out.with_name(out.name + ".run")
    with working_folder.held(folder, out) if ranks.writes else nullcontext():
        return _train(photos, out, recipe, cells, validation_table, options, ranks, bar, say)


def _train(
    photos: TableSet, out: Path, recipe: Recipe, cells: Path | None, validation_table: Given | None,
    options: RunOptions, ranks: distributed.Ranks, bar: Bar, say: Say,
) -> dict[str, Any] | None:  # fmt: skip
    folder = out.with_name(out.name + ".run")
    data = dataset.prepare(photos, recipe, cells, validation_table)
    for line in _counts(data.facts):
        say(line)
    if ranks.writes and (hint := estimate.advice(data.training.sources, photos, recipe.image_size, recipe.crop_area)):
        say(hint)
    task = Classification(
        data, recipe, ranks, options.threads, say, processes=options.processes, decoder=options.decoder
    )
    with closing(task):
        loop = Loop(task, folder, options, say)
        if ranks.writes:
            data.partition.save(folder / model_folder.CELLS)
        where = f"{ranks.ranks} × {ranks.device} in {task.precision}"
        most = "at most " if task.patience else ""
        say(f"{most}{task.total:,} steps of {recipe.batch_size} photos on {where}")
        say(
            f"MFU is the share of {flops.peak(ranks.device, task.precision).described}, at "
            f"{task.flops_a_photo / 1e9:.3g} GFLOP a photo"
        )
        loop.ready()  # outside the bar, whose rate is that of the steps
        with bar("training", task.total) if ranks.writes else no_bar("") as advance:
            loop.run(advance)
        if not ranks.writes:
            return None
        return _finish(loop, task, out, say)


def _finish(loop: Loop[Any], task: Classification, out: Path, say: Say = silent) -> dict[str, Any]:
    """Fit the temperature on the validation photos and write the model folder; return the training facts."""
    model, data = _plain(loop), task.photos
    if task.patience and not loop.converged:
        say(f"all {loop.step:,} steps were taken before validation converged; more epochs may do better")
    rows, log_p, embeddings = _answers(model, data.validation, task)
    fitted: dict[str, Any] = {"temperature": 1.0}
    classes = data.validation.classes[rows]
    if (classes >= 0).any():
        fitted = calibrated(log_p[classes >= 0], classes[classes >= 0])
        before, after = fitted["expected_calibration_error_before"], fitted["expected_calibration_error"]
        say(f"expected calibration error {before:.3f}, {after:.3f} at temperature {fitted['temperature']:.2f}")
    facts = _facts_of(loop, task) | {"against_prior": _against_prior(log_p, rows, data, fitted["temperature"])}
    places = data.validation.latitude[rows], data.validation.longitude[rows]
    seen = network.Seen(*places, data.held_out.number[rows], log_p, embeddings)
    known, beyond = _unknown(model, task, seen, fitted["temperature"], say)
    if beyond is not None:
        fitted["unknown"] = beyond
    say(f"writing {out}")
    export.export_model(model.cpu(), data.partition, out, out.name, fitted, facts, known)
    return facts


def _answers(
    model: Classifier, photos: LabelledPhotos, task: Classification, rows: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Rows, log-probabilities and embeddings of photos that can be read, in float32 on this rank's device."""
    ranks = distributed.Ranks(device=task.ranks.device)
    return validation.answers(
        model.to(ranks.device), photos, model.preprocessing, ranks, "float32", model.classes,
        task.settings.batch_size, task.loader.decoded, rows,
    )  # fmt: skip


def _unknown(
    model: Classifier, task: Classification, seen: network.Seen, temperature: float, say: Say
) -> tuple[bank.Bank | None, dict[str, Any] | None]:
    """A bank of training photos, and `calibration["unknown"]`: how unlike them, and how unsure, is unknown."""
    training = task.photos.training
    rows, _, embeddings = _answers(model, training, task, bank.chosen(len(training)))
    if not rows.size:
        return None, None
    known = bank.of(embeddings)
    places = training.latitude[rows], training.longitude[rows]
    found, line = network.facts(seen, task.photos.partition, temperature, known, places)
    say(line)
    return (known if found is not None else None), found


def _against_prior(
    log_p: NDArray[np.float32], rows: NDArray[np.int64], data: dataset.Data, temperature: float
) -> dict[str, Any]:
    """The points of validation photos against the best constant answer of the training photos."""
    found = np.exp(calibration.apply_temperature(log_p, temperature))
    chosen = np.zeros(len(data.validation), bool)
    chosen[rows] = True
    truth = data.validation.latitude[rows], data.validation.longitude[rows]
    one = baselines.constant(data.training.latitude, data.training.longitude)
    return prior.compared(
        geodesy.distance_km(*point_estimates.expected(found, data.partition), *truth),
        geodesy.distance_km(*one, *truth),
        data.held_out.some(chosen),
    )


def calibrated(log_probabilities: NDArray[np.float32], classes: NDArray[np.integer[Any]]) -> dict[str, Any]:
    """Return the temperature for (n, classes) log-probabilities of photos in `classes` (n,); the ECE before and after.

    >>> calibrated(np.log(np.array([[0.9, 0.1], [0.9, 0.1]], np.float32)), np.array([0, 1]))["photos"]
    2
    """
    temperature = calibration.fit_temperature(log_probabilities, classes)

    def error(values: NDArray[np.float32]) -> float:
        return calibration.expected_calibration_error(np.exp(values.max(axis=1)), values.argmax(axis=1) == classes)

    return {
        "temperature": temperature,
        "photos": len(classes),
        "expected_calibration_error_before": round(error(log_probabilities), 4),
        "expected_calibration_error": round(error(calibration.apply_temperature(log_probabilities, temperature)), 4),
    }


def _plain(loop: Loop[Any]) -> Classifier:
    """Return the run's network as an ordinary Classifier: without what distributed training or compiling added."""
    trained, network = loop.result(), loop.task.model
    assert isinstance(network, Classifier)
    model = Classifier.from_arguments(network.arguments())
    model.load_state_dict(trained.state_dict())
    return model.eval()


def _facts_of(loop: Loop[Any], task: Classification) -> dict[str, Any]:
    """Return what the model card says about the run: data, recipe, duration, accuracy, versions."""
    facts = {key: value for key, value in task.photos.facts.items() if key not in ("toy", "data")}
    seen = loop.step * task.settings.batch_size
    return {
        **facts,
        **({"world": "toy"} if task.photos.facts["toy"] else {}),
        "recipe": task.recipe,
        "seed": task.settings.seed,
        "steps": loop.step,
        **({"converged": loop.converged} if task.patience else {}),
        "epochs": round(seen / len(task.photos.training), 3),
        "parameters": sum(p.numel() for p in task.model.parameters()),
        "unreadable_photos": int(task.unreadable.sum()),
        "seconds": round(loop.seconds, 1),
        "images_per_second": round(seen / max(loop.seconds, 1e-9), 1),
        "device": _device_name(task.ranks.device),
        "processes": task.ranks.ranks,
        "precision": task.precision,
        **({"compiled": task.compiled} if task.compiled is not None else {}),
        **({"decoder": "nvJPEG"} if loop.options.decoder == "cuda" else {}),
        "validation": loop.best or (loop.history[-1] if loop.history else None),
        "versions": {"python": platform.python_version(), "torch": str(torch.__version__), "numpy": np.__version__},
        "date": datetime.now(timezone.utc).date().isoformat(),
    }


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"


def _counts(facts: dict[str, Any]) -> list[str]:
    dropped = f", {facts['outside_cells']:,} outside every cell left out" if facts["outside_cells"] else ""
    counts = f"{facts['photos']:,} photos in {facts['cells']:,} cells{dropped}"
    return [counts, *splits.lines(facts["split"]), *facts["left_out"]]
