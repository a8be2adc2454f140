"""A whole training run: photo table in, model folder out; the working files lie beside it in `OUT.run/`."""

import platform
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import torch

from photoplanet.errors import InputError, TrainingError
from photoplanet.evaluation import calibration
from photoplanet.models import folder as model_folder
from photoplanet.training import dataset, distributed, export, validation
from photoplanet.training.classifier import Classifier
from photoplanet.training.loop import Options, Trainer
from photoplanet.training.recipes import Recipe

CELLS = "cells.parquet"
DEFAULTS = Options()
Bar = Callable[[str, int | None], AbstractContextManager[Callable[..., None]]]


@contextmanager
def no_bar(what: str, total: int | None = None):
    """A progress bar that shows nothing."""
    yield lambda count=1, note="": None


def train(
    photos: Path, out: Path, recipe: Recipe, cells: Path | None = None, validation_table: Path | None = None,
    options: Options = DEFAULTS, bar: Bar = no_bar, say: Callable[[str], None] = lambda line: None,
) -> dict[str, Any] | None:  # fmt: skip
    """Train on a photo table and write the model folder `out`; return its training facts (None on ranks but 0).

    Checkpoints and logs go to `out`.run: beside the model folder, which is only ever there whole. Run again, it goes
    on where it was. Raises InputError, ModelError and TrainingError as `dataset.prepare` and `Trainer` do.
    """
    photos, out = Path(photos), Path(out)
    ranks = distributed.start(options.device)
    say = say if ranks.writes else lambda line: None
    folder = out.with_name(out.name + ".run")
    model_folder.check_target(out)
    _make(folder)
    data = dataset.prepare(photos, recipe, cells, validation_table)
    for line in _counts(data.facts):
        say(line)
    trainer = Trainer(data, recipe, folder, options, ranks, say)
    if ranks.writes:
        data.partition.save(folder / CELLS)
    where = f"{ranks.ranks} × {ranks.device} in {trainer.precision}"
    say(f"{trainer.total:,} steps of {recipe.batch_size} photos on {where}")
    with bar("training", trainer.total) if ranks.writes else no_bar("") as advance:
        trainer.run(advance)
    if not ranks.writes:
        return None
    return finish(trainer, out, say)


def finish(trainer: Trainer, out: Path, say: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Fit the temperature on the validation photos and write the model folder; return the training facts."""
    model, data = plain(trainer), trainer.data
    fitted: dict[str, Any] = {"temperature": 1.0}
    if (data.validation.classes >= 0).any():
        ranks = distributed.Ranks(device=trainer.ranks.device)
        log_p, classes = validation.log_probabilities(
            model.to(ranks.device), data.validation, model.preprocessing, ranks, "float32", model.classes,
            trainer.recipe.batch_size, trainer.loader.threads,
        )  # fmt: skip
        if len(classes):
            fitted = calibrated(log_p, classes)
            before, after = fitted["expected_calibration_error_before"], fitted["expected_calibration_error"]
            say(f"expected calibration error {before:.3f}, {after:.3f} at temperature {fitted['temperature']:.2f}")
    say(f"writing {out}")
    facts = facts_of(trainer)
    export.export_model(model.cpu(), data.partition, out, out.name, fitted, facts)
    return facts


def calibrated(log_probabilities: np.ndarray, classes: np.ndarray) -> dict[str, Any]:
    """The temperature for (n, classes) log-probabilities of photos in `classes` (n,); the ECE before and after."""
    temperature = calibration.fit_temperature(log_probabilities, classes)

    def error(values: np.ndarray) -> float:
        return calibration.expected_calibration_error(np.exp(values.max(axis=1)), values.argmax(axis=1) == classes)

    return {
        "temperature": temperature,
        "photos": len(classes),
        "expected_calibration_error_before": round(error(log_probabilities), 4),
        "expected_calibration_error": round(error(calibration.apply_temperature(log_probabilities, temperature)), 4),
    }


def plain(trainer: Trainer) -> Classifier:
    """The best network as an ordinary Classifier: without what distributed training or compiling added."""
    model = Classifier.from_arguments(trainer.best_model.arguments())
    model.load_state_dict(trainer.best_model.state_dict())
    return model.eval()


def facts_of(trainer: Trainer) -> dict[str, Any]:
    """What the model card tells about the run: data, recipe, duration, accuracy, versions."""
    facts = {key: value for key, value in trainer.data.facts.items() if key not in ("toy", "data")}
    seen = trainer.total * trainer.recipe.batch_size
    return {
        **facts,
        **({"world": "toy"} if trainer.data.facts["toy"] else {}),
        "recipe": trainer.recipe.as_dict(),
        "seed": trainer.recipe.seed,
        "steps": trainer.total,
        "epochs": round(seen / len(trainer.data.training), 3),
        "parameters": sum(p.numel() for p in trainer.model.parameters()),
        "unreadable_photos": int(trainer.unreadable.sum()),
        "seconds": round(trainer.seconds, 1),
        "images_per_second": round(seen / max(trainer.seconds, 1e-9), 1),
        "device": _device_name(trainer.ranks.device),
        "processes": trainer.ranks.ranks,
        "precision": trainer.precision,
        "validation": trainer.history[-1] if trainer.history else None,
        "versions": {"python": platform.python_version(), "torch": str(torch.__version__), "numpy": np.__version__},
        "date": datetime.now(timezone.utc).date().isoformat(),
    }


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"


def _counts(facts: dict[str, Any]) -> list[str]:
    dropped = f", {facts['outside_cells']:,} outside every cell left out" if facts["outside_cells"] else ""
    counts = f"{facts['photos']:,} photos in {facts['cells']:,} cells{dropped}"
    return [f"{counts}; {facts['validation_photos']:,} for validation", *facts["left_out"]]


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise InputError(f"{folder} is a file; the run's working files need a folder of that name") from None
    except OSError as error:
        raise TrainingError(f"{folder}: cannot make it ({error.strerror}); choose another -o") from error
