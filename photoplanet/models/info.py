"""The facts of a model, as they stand in `model.json`: every field is checked when they are read."""

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from photoplanet.errors import ModelError
from photoplanet.models import calibration_facts
from photoplanet.photos.decode import Preprocessing

FORMAT_VERSION = 1
INFO, CELLS, CARD = "model.json", "cells.parquet", "MODEL_CARD.md"
NETWORK, WEIGHTS = "model.onnx", "weights.safetensors"
MAX_INFO_BYTES = 4 << 20  # model.json holds facts, not data
MAX_CLASSES = 10_000_000
MAX_NOTE = 200  # characters
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class ModelInfo:
    """The facts in `model.json`; `created`, `photoplanet_version` and `hashes` are filled in by `write`.

    `backbone`: the arguments that rebuild the network. `calibration`: `temperature` (1.0 where it is missing) and the
    figures around it, among them what `calibration_facts.check` reads. `training`: facts for the card: data, steps,
    metrics, `against_prior` (`evaluation.prior.compared`), and `world: "toy"` where the coordinates are those of the
    toy Earth; of somebody's weights their `licence`, with `licence_note` where it forbids something, which is said
    whenever a file is made. `parts`: what was trained on top of the network (`add_part`), by name: its facts, and under
    `files` the names of its files.

    >>> from photoplanet.models import folder, installed
    >>> info = folder.read(installed.resolve("toy")).info
    >>> info.is_toy, info.classes, info.temperature > 0
    (True, 1044, True)
    """

    name: str
    backbone: dict[str, Any]
    preprocessing: Preprocessing
    classes: int
    embedding_size: int
    calibration: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    created: str = ""
    photoplanet_version: str = ""
    hashes: dict[str, str] = field(default_factory=dict)
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def temperature(self) -> float:
        """What the logits are divided by, so that confidence is calibrated; 1.0 for an uncalibrated model."""
        return float(self.calibration.get("temperature", 1.0))

    @property
    def is_toy(self) -> bool:
        """Whether the model knows the toy Earth only, so that its coordinates are not real places."""
        return self.training.get("world") == "toy"

    @property
    def beats_prior(self) -> bool | None:
        """Whether its test showed that it beats one place for all photos; None where nothing is said of that."""
        tested = self.training.get("against_prior")
        return tested.get("beats") is True if isinstance(tested, dict) else None

    @property
    def licence_note(self) -> str:
        """What the licence of the weights forbids, in one line; empty where nothing has to be said at every use."""
        note = self.training.get("licence_note", "")
        return "".join(sign for sign in note if sign.isprintable())[:MAX_NOTE] if isinstance(note, str) else ""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, as they stand in `model.json`."""
        return {"format_version": FORMAT_VERSION, **asdict(self)}


def read(folder: Path) -> ModelInfo:
    """Read the facts of a model folder; ModelError names the first thing wrong with them.

    >>> from photoplanet.models import installed
    >>> read(installed.resolve("toy")).name
    'toy'
    """
    path = folder / INFO
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such model folder; `photoplanet models list` shows the installed models")
    if not path.is_file():
        raise ModelError(f"{folder}: no {INFO}, so it is not a model folder; `photoplanet train … -o DIR` writes one")
    if path.stat().st_size > MAX_INFO_BYTES:
        raise ModelError(f"{path}: over {MAX_INFO_BYTES >> 20} MiB, too much for a list of facts; copy the model again")
    try:
        facts = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: not readable as JSON ({error}); copy or export the model again") from error
    try:
        return _parse(facts)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise ModelError(f"{path}: {reason}; copy or export the model again") from error
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


def _parse(facts: Any) -> ModelInfo:
    if not isinstance(facts, dict):
        raise ValueError("the facts must be one JSON object")
    version = _typed(facts, "format_version", int)
    if version > FORMAT_VERSION:
        raise ModelError(f"made by a newer photoplanet (format {version}); upgrade photoplanet")
    if version != FORMAT_VERSION:
        raise ValueError(f"format_version is {version}; this photoplanet reads {FORMAT_VERSION}")
    info = ModelInfo(
        name=_typed(facts, "name", str),
        backbone=_typed(facts, "backbone", dict),
        preprocessing=Preprocessing.from_dict(_typed(facts, "preprocessing", dict)),
        classes=_typed(facts, "classes", int),
        embedding_size=_typed(facts, "embedding_size", int),
        calibration=_typed(facts, "calibration", dict),
        training=_typed(facts, "training", dict),
        created=_typed(facts, "created", str),
        photoplanet_version=_typed(facts, "photoplanet_version", str),
        hashes=_typed(facts, "hashes", dict),
        parts=_typed(facts, "parts", dict) if "parts" in facts else {},
    )
    _check(info)
    return info


def _check(info: ModelInfo) -> None:
    if not info.name.isprintable() or not 0 < len(info.name) <= 100:
        raise ValueError("name must be 1 to 100 printable characters")
    if not 0 < info.classes <= MAX_CLASSES or not 0 < info.embedding_size <= MAX_CLASSES:
        raise ValueError(f"classes and embedding_size must be 1 to {MAX_CLASSES}")
    calibration_facts.check(info.calibration)
    for name, digest in info.hashes.items():
        if not FILE_NAME.fullmatch(name) or name == INFO:
            raise ValueError(f"hashes: {name[:60]!r} is not a plain file name")
        if not isinstance(digest, str) or not re.fullmatch("[0-9a-f]{64}", digest):
            raise ValueError(f"hashes: the value of {name} is not a SHA-256")
    for name in (CELLS, NETWORK):
        if name not in info.hashes:
            raise ValueError(f"hashes: {name} is not listed")
    for part, its in info.parts.items():
        listed = its.get("files") if isinstance(its, dict) else None
        if not isinstance(listed, list) or not all(isinstance(name, str) and name in info.hashes for name in listed):
            raise ValueError(f"parts: {part[:60]!r} must name files, and hashes must list them")


def _typed(facts: dict[str, Any], key: str, kind: type[Kind]) -> Kind:
    value = facts[key]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"{key} must be of type {kind.__name__}, not {type(value).__name__}")
    return value


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")
