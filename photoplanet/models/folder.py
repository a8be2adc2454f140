"""A model folder on disk: written whole or not at all, and checked against its hashes when it is read."""

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from photoplanet import __version__
from photoplanet.core import atomic, atomic_folders, leftovers
from photoplanet.errors import InputError, ModelError
from photoplanet.models import info as facts_of
from photoplanet.models.info import CARD, CELLS, FILE_NAME, INFO, NETWORK, WEIGHTS, ModelInfo

if TYPE_CHECKING:
    from photoplanet.earth.partition.partition import Partition

__all__ = [
    "CARD", "CELLS", "INFO", "NETWORK", "WEIGHTS", "Bundle", "ModelInfo", "add_part", "check_target", "is_model",
    "read", "set_calibration", "sha256", "write",
]  # fmt: skip


@dataclass(frozen=True)
class Bundle:
    """A model folder that was found whole: its facts, its partition (read on first use) and where its files are.

    >>> from photoplanet.models import installed
    >>> bundle = read(installed.resolve("toy"))
    >>> len(bundle.partition), bundle.onnx_path.name
    (1044, 'model.onnx')
    >>> bundle.weights_path.name
    'weights.safetensors'
    """

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
    folder: str | os.PathLike[str],
    info: ModelInfo,
    partition: "Partition",
    onnx_file: str | os.PathLike[str],
    weights_file: str | os.PathLike[str] | None = None,
    texts: Mapping[str, str] | None = None,
) -> Bundle:
    """Write a model folder: assembled beside the target, then renamed, so that a reader never sees a part of it.

    `texts`: files that go along with the network, by name, such as the licence of its weights.

    An existing model folder is replaced (what else lies in it is kept); a file, or a folder that is neither empty nor a
    model, is refused with InputError. ModelError when the partition has not as many cells as `info.classes`.

    >>> import tempfile
    >>> from photoplanet.models import installed
    >>> toy = read(installed.resolve("toy"))
    >>> copy = write(tempfile.mkdtemp(), toy.info, toy.partition, toy.onnx_path)
    >>> copy.info.parts, copy.weights_path is None
    ({}, True)
    """
    target = Path(os.path.realpath(folder))
    check_target(target)
    if len(partition) != info.classes:
        raise ModelError(f"{target}: {len(partition)} cells for a network of {info.classes} classes; use its own cells")
    sources = {NETWORK: Path(onnx_file)} | ({WEIGHTS: Path(weights_file)} if weights_file is not None else {})
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_folders.replacing(target, others_in) as assembled:
        for name, source in sources.items():
            shutil.copyfile(source, assembled / name)
        for name, text in (texts or {}).items():
            atomic.write_text(assembled / name, text)
        partition.save(assembled / CELLS)
        info = replace(
            info,
            created=info.created or datetime.now(timezone.utc).isoformat(timespec="seconds"),
            photoplanet_version=__version__,
            hashes={name: sha256(assembled / name) for name in (CELLS, *sources, *(texts or {}))},
            parts={},  # what was trained on top of another network
        )
        _write_facts(assembled, info, partition)
    return Bundle(target, info)


def add_part(
    folder: str | os.PathLike[str], part: str, facts: dict[str, Any], files: Mapping[str, str | os.PathLike[str]]
) -> Bundle:
    """Put files trained on top of a model (name in the folder → file to copy) beside it, with facts, as one part.

    A part of the same name is replaced; `write` drops all parts, since they belong to the network they were trained on.
    The folder is assembled anew and takes its own place in one step, so that a reader sees the old part or
    the new one, whenever this is killed. InputError for a name that is taken or not a plain file name.

    >>> import pathlib, tempfile
    >>> from photoplanet.models import installed
    >>> home, toy = pathlib.Path(tempfile.mkdtemp()), read(installed.resolve("toy"))
    >>> copy = write(home / "model", toy.info, toy.partition, toy.onnx_path)
    >>> _ = (home / "head").write_bytes(b"a network")
    >>> add_part(copy.folder, "embedding", {"numbers": 256}, {"embedding.onnx": home / "head"}).info.parts
    {'embedding': {'numbers': 256, 'files': ['embedding.onnx']}}
    """
    bundle = read(folder, verify=False)
    info, target = bundle.info, bundle.folder
    old = info.parts.get(part, {}).get("files", [])
    taken = {INFO, CARD, *info.hashes} - set(old)
    for name in files:
        if not FILE_NAME.fullmatch(name) or name in taken:
            raise InputError(f"{target}: a part's file cannot be called {name!r}; choose another name")
    kept = {name: digest for name, digest in info.hashes.items() if name not in old}
    with atomic_folders.replacing(target, others_in) as assembled:
        for name in kept:
            atomic_folders.link(target / name, assembled / name)
        for name, source in files.items():
            shutil.copyfile(source, assembled / name)
        hashes = kept | {name: sha256(assembled / name) for name in files}
        parts = info.parts | {part: {**facts, "files": sorted(files)}}
        info = replace(info, hashes=hashes, parts=parts, photoplanet_version=__version__)
        _write_facts(assembled, info, bundle.partition)
    return Bundle(target, info)


def set_calibration(folder: str | os.PathLike[str], calibration: Mapping[str, Any]) -> Bundle:
    """Replace a model's `calibration`, in model.json and on its card, in one step; nothing else changes.

    InputError for the folder that this runs in; ModelError for facts that no model may have, as `read` would raise it,
    and then the old ones stay.

    >>> from photoplanet.models import installed
    >>> toy = read(installed.resolve("toy"))
    >>> copy = write(getfixture("tmp_path") / "model", toy.info, toy.partition, toy.onnx_path)
    >>> set_calibration(copy.folder, {"temperature": 1.5}).info.temperature
    1.5
    """
    bundle = read(folder, verify=False)
    target = bundle.folder
    check_elsewhere(target)
    info = replace(bundle.info, calibration=dict(calibration), photoplanet_version=__version__)
    with atomic_folders.replacing(target, others_in) as assembled:
        for name in info.hashes:
            atomic_folders.link(target / name, assembled / name)
        try:
            _write_facts(assembled, info, bundle.partition)
        except ValueError as error:  # NaN, which JSON does not have
            raise ModelError(f"{target}: calibration: {error}; nothing was changed") from error
        facts_of.read(assembled)
    return Bundle(target, info)


def read(folder: str | os.PathLike[str], verify: bool | Collection[str] = True) -> Bundle:
    """Read and check a model folder; ModelError names the first thing wrong with it.

    `verify`: compare all files with their SHA-256 (True), only those named, or none (False); that every file is there
    is checked always.

    >>> from photoplanet.models import installed
    >>> read(installed.resolve("toy")).info.is_toy
    True
    """
    target = Path(folder)
    leftovers.recover(target)
    info = facts_of.read(target)
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


def is_model(folder: str | os.PathLike[str]) -> bool:
    """Whether the folder claims to be a model, that is, has a `model.json`; `read` checks whether it is a sound one.

    >>> is_model("no-such-folder")
    False
    """
    return leftovers.recover(folder) and (Path(folder) / INFO).is_file()


def check_target(folder: str | os.PathLike[str]) -> None:
    """Raise InputError where `write` would refuse `folder`, so that a long training can ask before it starts.

    >>> check_target("a-new-folder")
    """
    target = Path(folder)
    check_elsewhere(target)
    if leftovers.recover(target) and not target.is_dir():
        raise InputError(f"{target} is a file; give the name of a new folder for the model")
    if target.is_dir() and not is_model(target) and not leftovers.empty(target):
        raise InputError(
            f"{target} is not empty and is not a model folder; give the name of a new folder for the model"
        )


def check_elsewhere(folder: Path) -> None:
    """Raise InputError for the folder that the program runs in, or one above it: such a folder cannot be replaced.

    >>> check_elsewhere(Path("."))
    Traceback (most recent call last):
    photoplanet.errors.InputError: .: is the folder that this runs in, or above it; give the name of a new folder
    """
    if Path.cwd().is_relative_to(folder.resolve()):
        raise InputError(f"{folder}: is the folder that this runs in, or above it; give the name of a new folder")


def sha256(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits, reading it in pieces.

    >>> import os
    >>> sha256(os.devnull)[:8]
    'e3b0c442'
    """
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _write_facts(folder: Path, info: ModelInfo, partition: "Partition") -> None:
    from photoplanet.models import card

    atomic.write_text(folder / INFO, json.dumps(info.to_dict(), indent=2, allow_nan=False) + "\n")
    atomic.write_text(folder / CARD, card.markdown(info, partition))


def others_in(old: Path) -> list[str]:
    """Return what lies in a model folder, or an empty one, and is not of the model: it stays when the model changes.

    >>> from photoplanet.models import installed
    >>> CARD in others_in(installed.resolve("toy"))
    False
    """
    ours = {INFO, CELLS, NETWORK, WEIGHTS, CARD}
    with suppress(ModelError):
        ours |= facts_of.read(old).hashes.keys()
    return [entry.name for entry in old.iterdir() if entry.name not in ours]
