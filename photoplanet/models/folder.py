"""A model folder on disk: written whole or not at all, and checked against its hashes when it is read."""

import hashlib
import json
import math
import os
import re
import secrets
import shutil
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from photoplanet import __version__
from photoplanet.core import atomic
from photoplanet.errors import InputError, ModelError
from photoplanet.photos.decode import Preprocessing

if TYPE_CHECKING:
    from photoplanet.earth.partition.partition import Partition

FORMAT_VERSION = 1
INFO, CELLS, CARD = "model.json", "cells.parquet", "MODEL_CARD.md"
NETWORK, WEIGHTS = "model.onnx", "weights.safetensors"
MAX_INFO_BYTES = 4 << 20  # model.json holds facts, not data
MAX_CLASSES = 10_000_000
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class ModelInfo:
    """The facts in `model.json`; `created`, `photoplanet_version` and `hashes` are filled in by `write`.

    `backbone`: the arguments that rebuild the network. `calibration`: `temperature` (1.0 where it is missing) and the
    figures around it, among them `abstain_below`. `training`: facts for the card: data, steps, metrics, and
    `world: "toy"` where the coordinates are those of the toy Earth. `parts`: what was trained on top of the network
    (`add_part`), by name: its facts, and under `files` the names of its files.
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
        """What the logits are divided by, so that confidence is as good as its word; 1.0 for an uncalibrated model."""
        return float(self.calibration.get("temperature", 1.0))

    @property
    def is_toy(self) -> bool:
        """Whether the model knows the toy Earth only, so that its coordinates are not real places."""
        return self.training.get("world") == "toy"

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, as they stand in `model.json`."""
        return {"format_version": FORMAT_VERSION, **asdict(self)}


@dataclass(frozen=True)
class Bundle:
    """A model folder that was found whole: its facts, its partition (read on first use) and where its files are."""

    folder: Path
    info: ModelInfo

    @cached_property
    def partition(self) -> "Partition":
        """The cells, one per class; ModelError when their number is not the one in `model.json`."""
        from photoplanet.earth.partition.partition import Partition

        try:
            partition = Partition.load(self.folder / CELLS)
        except InputError as error:
            raise ModelError(f"{self.folder}: {error}; copy or export the model again") from error
        if len(partition) != self.info.classes:
            raise ModelError(
                f"{self.folder}: {CELLS} holds {len(partition)} cells but {INFO} names {self.info.classes} classes; "
                "copy or export the model again"
            )
        return partition

    @property
    def onnx_path(self) -> Path:
        """The network."""
        return self.folder / NETWORK

    @property
    def weights_path(self) -> Path | None:
        """The weights for further training; None where the folder was written without them."""
        return self.folder / WEIGHTS if WEIGHTS in self.info.hashes else None


def write(
    folder: str | os.PathLike,
    info: ModelInfo,
    partition: "Partition",
    onnx_file: str | os.PathLike,
    weights_file: str | os.PathLike | None = None,
) -> Bundle:
    """Write a model folder: assembled beside the target, then renamed, so that a reader never sees a part of it.

    An existing model folder is replaced (what else lies in it is kept); a file, or a folder that is neither empty nor a
    model, is refused with InputError. ModelError when the partition has not as many cells as `info.classes`.
    """
    from photoplanet.models import card

    target = Path(folder).resolve()
    check_target(target)
    if len(partition) != info.classes:
        raise ModelError(f"{target}: {len(partition)} cells for a network of {info.classes} classes; use its own cells")
    parts = {NETWORK: Path(onnx_file)} | ({WEIGHTS: Path(weights_file)} if weights_file is not None else {})
    target.parent.mkdir(parents=True, exist_ok=True)
    assembled = _beside(target, "new")
    assembled.mkdir()
    try:
        for name, source in parts.items():
            shutil.copyfile(source, assembled / name)
        partition.save(assembled / CELLS)
        info = replace(
            info,
            created=info.created or datetime.now(timezone.utc).isoformat(timespec="seconds"),
            photoplanet_version=__version__,
            hashes={name: sha256(assembled / name) for name in (CELLS, *parts)},
            parts={},
        )
        text = json.dumps(info.to_dict(), indent=2, allow_nan=False)
        (assembled / INFO).write_text(text + "\n", encoding="utf-8")
        (assembled / CARD).write_text(card.markdown(info, partition), encoding="utf-8")
        _swap_in(assembled, target)
    except BaseException:
        shutil.rmtree(assembled, ignore_errors=True)
        raise
    return Bundle(target, info)


def add_part(
    folder: str | os.PathLike, part: str, facts: dict[str, Any], files: Mapping[str, str | os.PathLike]
) -> Bundle:
    """Put files trained on top of a model (name in the folder → file to copy) beside it, with facts, as one part.

    A part of the same name is replaced; `write` drops all parts, since they belong to the network they were trained on.
    Each file is renamed into place and `model.json` last, so that a reader killed or started in between sees the old
    part, or a file whose hash is wrong, never a mixture. InputError for a name that is taken or no plain file name.
    """
    from photoplanet.models import card

    bundle = read(folder, verify=False)
    info, target = bundle.info, bundle.folder
    old = info.parts.get(part, {}).get("files", [])
    taken = {INFO, CARD, *info.hashes} - set(old)
    for name in files:
        if not _FILE_NAME.fullmatch(name) or name in taken:
            raise InputError(f"{target}: a part's file cannot be called {name!r}; choose another name")
    hashes = {name: digest for name, digest in info.hashes.items() if name not in old}
    for name, source in files.items():
        with atomic.replacing(target / name) as temporary:
            shutil.copyfile(source, temporary)
        hashes[name] = sha256(target / name)
    parts = info.parts | {part: {**facts, "files": sorted(files)}}
    info = replace(info, hashes=hashes, parts=parts, photoplanet_version=__version__)
    with atomic.replacing(target / INFO) as temporary:
        temporary.write_text(json.dumps(info.to_dict(), indent=2, allow_nan=False) + "\n", encoding="utf-8")
    with atomic.replacing(target / CARD) as temporary:
        temporary.write_text(card.markdown(info, bundle.partition), encoding="utf-8")
    for name in set(old) - set(files):
        (target / name).unlink(missing_ok=True)
    return Bundle(target, info)


def read(folder: str | os.PathLike, verify: bool | Collection[str] = True) -> Bundle:
    """Read and check a model folder; ModelError names the first thing wrong with it.

    `verify`: compare all files with their SHA-256 (True), only those named, or none (False); that every file is there
    is checked always.
    """
    target = Path(folder)
    info = _read_info(target)
    for name, expected in info.hashes.items():
        path = target / name
        if not path.is_file():
            raise ModelError(f"{target}: {name} is missing, so the copy is not whole; copy or export the model again")
        if (verify is True or (verify and name in verify)) and sha256(path) != expected:
            raise ModelError(
                f"{path}: damaged, its SHA-256 ({path.stat().st_size} bytes) is not the one in {INFO}; "
                "copy or export the model again"
            )
    return Bundle(target, info)


def is_model(folder: str | os.PathLike) -> bool:
    """Whether the folder claims to be a model, that is, has a `model.json`; `read` tells whether it is a sound one."""
    return (Path(folder) / INFO).is_file()


def check_target(folder: str | os.PathLike) -> None:
    """Raise InputError where `write` would refuse `folder`, so that a long training can ask before it starts."""
    target = Path(folder)
    if target.exists() and not target.is_dir():
        raise InputError(f"{target} is a file; give the name of a new folder for the model")
    if target.is_dir() and not is_model(target) and any(target.iterdir()):
        raise InputError(f"{target} is not empty and is no model folder; give the name of a new folder for the model")


def sha256(path: str | os.PathLike) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits, reading it in pieces."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _beside(target: Path, purpose: str) -> Path:
    return target.with_name(f".{target.name}.{purpose}-{secrets.token_hex(4)}")


def _swap_in(assembled: Path, target: Path) -> None:
    """Rename `assembled` to `target`; an old model goes when the new one stands, and files of others move over."""
    if not target.exists():
        assembled.rename(target)
        return
    old = _beside(target, "old")
    target.rename(old)
    try:
        assembled.rename(target)
    except OSError:
        old.rename(target)
        raise
    try:
        ours = {*_read_info(old).hashes, INFO, CARD}
    except ModelError:
        ours = {INFO, CELLS, NETWORK, WEIGHTS, CARD}
    for entry in old.iterdir():
        if entry.name not in ours:
            entry.rename(target / entry.name)
    shutil.rmtree(old)


def _read_info(folder: Path) -> ModelInfo:
    path = folder / INFO
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such model folder; `photoplanet models list` shows the installed models")
    if not path.is_file():
        raise ModelError(f"{folder}: no {INFO}, so this is no model folder; `photoplanet train … -o DIR` writes one")
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
        raise ModelError(f"made by a newer photoplanet (format {version}); upgrade with pip install -U photoplanet")
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
    for key in ("temperature", "abstain_below"):
        value = info.calibration.get(key, 1.0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
            raise ValueError(f"calibration.{key} must be a number of 0 or more, not {value!r}")
    if info.temperature == 0:
        raise ValueError("calibration.temperature must be more than 0")
    for name, digest in info.hashes.items():
        if not _FILE_NAME.fullmatch(name) or name == INFO:
            raise ValueError(f"hashes: {name[:60]!r} is no plain file name")
        if not isinstance(digest, str) or not re.fullmatch("[0-9a-f]{64}", digest):
            raise ValueError(f"hashes: the value of {name} is no SHA-256")
    for name in (CELLS, NETWORK):
        if name not in info.hashes:
            raise ValueError(f"hashes: {name} is not listed")
    for part, its in info.parts.items():
        listed = its.get("files") if isinstance(its, dict) else None
        if not isinstance(listed, list) or not all(isinstance(name, str) and name in info.hashes for name in listed):
            raise ValueError(f"parts: {part[:60]!r} names no files, or files that hashes does not list")


def _typed(facts: dict, key: str, kind: type) -> Any:
    value = facts[key]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"{key} must be of type {kind.__name__}, not {type(value).__name__}")
    return value


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")
