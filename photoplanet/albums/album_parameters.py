"""The parameters of album methods, fitted on training albums: a part of the model folder, checked, without pickle."""

import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums import attention, hmm, lstm, transition_model
from photoplanet.core import atomic_folders
from photoplanet.errors import ModelError
from photoplanet.models import folder

PART, FILE = "album-hmm", "album-hmm.npz"
MAX_BYTES = 1 << 30  # of arrays
# what Python's own readers raise for bytes that are no archive, or whose parts are damaged or encrypted
_FAULTS = (
    OSError, ValueError, KeyError, EOFError, RuntimeError, SyntaxError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
ARRAYS = {"photos": np.int64, "origin": np.int32, "target": np.int32, "steps": np.int64, "shares": np.float64}

# What a model holds for one method: "hmm", "timed-hmm", an LSTM's name, or "attention".
Parameters = hmm.Counts | transition_model.TransitionModel | lstm.Network | attention.Network


def fit(
    model: folder.Bundle,
    albums: Iterable[tuple[NDArray[np.integer], NDArray[np.float64]]],
    facts: dict[str, Any] | None = None,
) -> folder.Bundle:
    """Count and fit on training albums, each (true classes (n,) in time order, gaps (n − 1,) hours); add to the model.

    `facts` stand in `model.json` beside the numbers of albums and photos. Needs no torch.

    >>> import shutil
    >>> from photoplanet.models import installed
    >>> mine = shutil.copytree(installed.resolve("toy"), getfixture("tmp_path") / "mine")
    >>> made = fit(folder.read(mine), [(np.array([0, 0, 1]), np.array([1.0, 2.0]))])
    >>> made.info.parts["album-hmm"]["photos"]
    3
    """
    training = list(albums)
    partition = model.partition
    counts = hmm.count((classes for classes, _ in training), len(partition))
    transitions = transition_model.fit(training, partition)
    about = {"albums": len(training), "photos": int(counts.photos.sum()), "pairs": len(counts.steps), **(facts or {})}
    return save(model.folder, counts, transitions, about)


def save(
    model: str | Path, counts: hmm.Counts, transitions: transition_model.TransitionModel, facts: dict[str, Any]
) -> folder.Bundle:
    """Write the part `album-hmm` of a model folder.

    >>> import shutil
    >>> from photoplanet.models import installed
    >>> mine = shutil.copytree(installed.resolve("toy"), getfixture("tmp_path") / "mine")
    >>> counts = hmm.count([np.array([0, 0, 1])], classes=1044)
    >>> list(read_counted(save(mine, counts, transition_model.default(), {})))
    ['hmm', 'timed-hmm']
    """
    arrays = {name: np.asarray(getattr(counts, name)) for name in ("photos", "origin", "target", "steps")}
    arrays["shares"] = transitions.shares
    with atomic_folders.scratch(model) as scratch:
        path = scratch / FILE
        with path.open("wb") as file:
            typed: dict[str, Any] = {name: arrays[name].astype(kind) for name, kind in ARRAYS.items()}
            np.savez_compressed(file, **typed)
        return folder.add_part(model, PART, facts, {FILE: path})


def read(model: folder.Bundle) -> dict[str, Parameters]:
    """Method name → what this model holds for it; empty for a model without albums. ModelError for a damaged part.

    >>> import photoplanet as pp
    >>> list(read(pp.load("toy").bundle))
    ['hmm', 'timed-hmm', 'attention']
    """
    return {**read_counted(model), **lstm.read(model), **attention.read(model)}


def read_counted(model: folder.Bundle) -> dict[str, Parameters]:
    """The parameters of the hidden Markov models only, as `read`.

    >>> from photoplanet.models import installed
    >>> list(read_counted(folder.read(installed.resolve("toy"))))
    ['hmm', 'timed-hmm']
    """
    if PART not in model.info.parts or FILE not in model.info.hashes:
        return {}
    path = model.folder / FILE
    if not path.is_file() or folder.sha256(path) != model.info.hashes[FILE]:
        raise ModelError(f"{path}: missing or damaged (its SHA-256 is not that in {folder.INFO}); copy the model again")
    arrays = load(path)
    counts = hmm.Counts(*(arrays[name] for name in ("photos", "origin", "target", "steps")))
    if len(counts.photos) != model.info.classes:
        raise ModelError(f"{path}: counted over {len(counts.photos)} classes, the model has {model.info.classes}")
    return {"hmm": counts, "timed-hmm": transition_model.TransitionModel(arrays["shares"])}


def load(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of such a file, each of its type, nothing allocated beyond MAX_BYTES; ModelError for anything else.

    >>> from photoplanet.models import installed
    >>> sorted(load(installed.resolve("toy") / FILE))
    ['origin', 'photos', 'shares', 'steps', 'target']
    """
    arrays = {}
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_BYTES:
                raise ModelError(f"{path}: over {MAX_BYTES >> 20} MiB of arrays; count the albums again")
            for name, kind in ARRAYS.items():
                member = archive.getinfo(f"{name}.npy")
                with archive.open(member) as file:
                    if np.lib.format.read_magic(file) != (1, 0):
                        raise ValueError(f"{name} has an unknown version")
                    shape, _, found = np.lib.format.read_array_header_1_0(file)
                    wanted = int(np.prod(shape, dtype=object)) * np.dtype(kind).itemsize
                    if found != np.dtype(kind) or wanted > member.file_size:
                        raise ValueError(f"{name} is {found} {shape}")
                    arrays[name] = np.frombuffer(file.read(wanted), kind).reshape(shape)
    except _FAULTS as error:
        raise ModelError(
            f"{path}: not a file of counted albums ({' '.join(str(error).split())[:200]}); count them again"
        ) from None
    return arrays
