"""The weights of a public model: safetensors or what torch saved, in one file or in shards; never unpickled."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core import regular, safetensors_files, torch_weights
from photoplanet.errors import ModelError

Array = NDArray[Any]

NAMES = ("model.safetensors", "pytorch_model.bin")  # what the hub calls weights, the preferred kind first
MAX_INDEX = 64 << 20  # bytes of a list of shards
MAX_SHARDS = 1000
_AT_ONCE = 1 << 22  # numbers looked at for one that is not finite


def find(folder: Path) -> list[Path]:
    """Return the files with the weights in a folder of the hub's layout: one file, or its shards; ModelError for none.

    >>> find(Path("no-such-folder"))
    Traceback (most recent call last):
    photoplanet.errors.ModelError: no-such-folder: no weights in it (model.safetensors or pytorch_model.bin); get them
    """
    for name in NAMES:
        if (folder / name).is_file():
            return [folder / name]
        index = folder / f"{name}.index.json"
        if index.is_file():
            return _shards(index)
    raise ModelError(f"{folder}: no weights in it ({' or '.join(NAMES)}); get them")


def _shards(index: Path) -> list[Path]:
    try:
        listed = json.loads(regular.read_regular(index, MAX_INDEX))["weight_map"]
        names = sorted(set(listed.values()))
        if not 0 < len(names) <= MAX_SHARDS or any(
            not isinstance(each, str) or Path(each).name != each for each in names
        ):
            raise ValueError("not file names")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f"{index}: not a list of shards ({type(error).__name__}); get the file again") from None
    missing = [name for name in names if not (index.parent / name).is_file()]
    if missing:
        raise ModelError(f"{index.parent}: {len(missing)} of {len(names)} shards are missing ({missing[0]}); get them")
    return [index.parent / name for name in names]


def read(files: Iterable[Path], wanted: Callable[[str], bool] | None = None) -> dict[str, Array]:
    """Read tensors by name from files of weights (.safetensors; any other as torch's); `wanted`: which (None: all).

    Numbers that torch trains (floating point) come as float32. ModelError for a file that holds anything but weights,
    and for weights that are not finite.

    >>> read([Path("no-such.safetensors")])
    Traceback (most recent call last):
    photoplanet.errors.ModelError: no-such.safetensors: cannot be read (No such file or directory); get the file again
    """
    found: dict[str, Array] = {}
    for path in files:
        reader = safetensors_files.read if path.suffix == ".safetensors" else torch_weights.read
        for name, values in reader(path, wanted).items():
            if values.dtype.kind == "f" and not _finite(values):
                raise ModelError(
                    f"{path}: {name or 'a tensor'} is not finite, so its weights are bad; get the file again"
                )
            found[name] = values.astype(np.float32, copy=False) if values.dtype.kind == "f" else values
    return found


def _finite(values: Array) -> bool:
    flat = values.reshape(-1)
    return all(bool(np.isfinite(flat[at : at + _AT_ONCE]).all()) for at in range(0, len(flat), _AT_ONCE))


def shaped(tensors: Mapping[str, Array], name: str, shape: tuple[int | None, ...], what: str) -> Array:
    """Return one tensor, checked to be of `shape` (None: any size there); ModelError says what `what` lacks.

    >>> shaped({"a": np.zeros((2, 3))}, "a", (2, None), "a model").shape
    (2, 3)
    >>> shaped({}, "a", (2,), "model.safetensors")
    Traceback (most recent call last):
    photoplanet.errors.ModelError: model.safetensors: a is missing; is it the right model?
    """
    if name not in tensors:
        raise ModelError(f"{what}: {name} is missing; is it the right model?")
    have = tensors[name].shape
    if len(have) != len(shape) or any(want not in (None, size) for size, want in zip(have, shape, strict=True)):
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise ModelError(f"{what}: {name} is {have}, not ({wanted}); is it the right model?")
    return tensors[name]
