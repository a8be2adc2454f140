"""What album methods learn from training albums, as a part of the model folder: no pickle, bounded, checked."""

import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums import attention, hmm, lstm, transition_model
from photoplanet.errors import ModelError
from photoplanet.models import folder

PART, FILE = "album-hmm", "album-hmm.npz"
MAX_BYTES = 1 << 30  # of arrays
ARRAYS = {"photos": np.int64, "origin": np.int32, "target": np.int32, "steps": np.int64, "shares": np.float64}


def learn(
    model: Any, albums: Iterable[tuple[NDArray[np.integer], NDArray]], facts: dict[str, Any] | None = None
) -> folder.Bundle:
    """Count and fit on training albums, each (true classes (n,) in time order, gaps (n − 1,) hours); add to the model.

    `model`: a `folder.Bundle`. `facts` stand in `model.json` beside the counted albums and photos. Needs no torch.
    """
    taken = list(albums)
    partition = model.partition
    counts = hmm.count((classes for classes, _ in taken), len(partition))
    shares = transition_model.fit(taken, partition)
    about = {"albums": len(taken), "photos": int(counts.photos.sum()), "pairs": len(counts.steps), **(facts or {})}
    return save(model.folder, counts, shares, about)


def save(
    model: str | Path, counts: hmm.Counts, shares: transition_model.Travel, facts: dict[str, Any]
) -> folder.Bundle:
    """Write the part `album-hmm` of a model folder."""
    arrays = {name: np.asarray(getattr(counts, name)) for name in ("photos", "origin", "target", "steps")}
    arrays["shares"] = shares.shares
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / FILE
        with path.open("wb") as file:
            kept: dict[str, Any] = {name: arrays[name].astype(kind) for name, kind in ARRAYS.items()}
            np.savez_compressed(file, **kept)
        return folder.add_part(model, PART, facts, {FILE: path})


def of(model: folder.Bundle) -> dict[str, Any]:
    """Method name → what this model learned for it; empty for a model without albums. ModelError for a damaged part."""
    return {**counted(model), **lstm.of(model), **attention.of(model)}


def counted(model: folder.Bundle) -> dict[str, Any]:
    """What the hidden Markov models learned, as `of`."""
    if PART not in model.info.parts or FILE not in model.info.hashes:
        return {}
    path = model.folder / FILE
    if not path.is_file() or folder.sha256(path) != model.info.hashes[FILE]:
        raise ModelError(f"{path}: missing or damaged (its SHA-256 is not that in {folder.INFO}); copy the model again")
    arrays = load(path)
    counts = hmm.Counts(*(arrays[name] for name in ("photos", "origin", "target", "steps")))
    if len(counts.photos) != model.info.classes:
        raise ModelError(f"{path}: counted over {len(counts.photos)} classes, the model has {model.info.classes}")
    return {"hmm": counts, "timed-hmm": transition_model.Travel(arrays["shares"])}


def load(path: Path) -> dict[str, NDArray]:
    """The arrays of such a file, each of its type, nothing allocated beyond MAX_BYTES; ModelError for anything else."""
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
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, NotImplementedError) as error:
        raise ModelError(
            f"{path}: no counted albums ({' '.join(str(error).split())[:200]}); count them again"
        ) from None
    return arrays
