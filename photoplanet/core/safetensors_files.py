"""Weights in safetensors files, read without torch, as views of the file: nothing is in memory until it is used.

The layout: 8 bytes with the length of a JSON object, the object (name → dtype, shape, first and last byte), the
numbers. https://huggingface.co/docs/safetensors (Format)
"""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core import regular
from photoplanet.errors import InputError, ModelError

Array = NDArray[Any]

MAX_HEADER = 100_000_000  # bytes; the format's own bound
MAX_TENSORS = 1_000_000
MAX_DIMENSIONS = 32
KINDS: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype("<u2"),  # widened to float32 when it is read
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "I16": np.dtype("<i2"),
    "I8": np.dtype("i1"),
    "U8": np.dtype("u1"),
    "BOOL": np.dtype("?"),
}


def read(path: str | Path, wanted: Callable[[str], bool] | None = None) -> dict[str, Array]:
    """Read the tensors of a safetensors file by name; `wanted`: which names (None: all).

    Arrays are read-only views of the file, but for bfloat16, which becomes float32. ModelError for a file that is
    missing, damaged or truncated, or holds numbers of a kind that is not known here.

    >>> read(__file__)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    photoplanet.errors.ModelError: ...safetensors_files.py: not a safetensors file ...; get the file again
    """
    path = Path(path)
    try:
        with regular.open_regular(path) as file:
            data = np.memmap(file, np.uint8, "r")
        length = int.from_bytes(data[:8].tobytes(), "little")
        if len(data) < 8 or not 2 <= length <= min(MAX_HEADER, len(data) - 8):
            raise ValueError("no header of a length that fits")
        header = json.loads(data[8 : 8 + length].tobytes())
        if not isinstance(header, dict) or len(header) > MAX_TENSORS:
            raise ValueError("no list of tensors")
        header.pop("__metadata__", None)
        numbers = data[8 + length :]
        return {name: _tensor(numbers, facts) for name, facts in header.items() if wanted is None or wanted(name)}
    except InputError as error:
        raise ModelError(f"{error}; get the file again") from None
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); get the file again") from None
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else " ".join(str(error).split())[:80]
        raise ModelError(f"{path}: not a safetensors file that is whole ({what}); get the file again") from None


def _tensor(numbers: Array, facts: dict[str, Any]) -> Array:
    kind, shape, (first, last) = facts["dtype"], facts["shape"], facts["data_offsets"]
    if kind not in KINDS:
        raise ValueError(f"numbers of the kind {str(kind)[:20]}")
    sizes = (first, last, *shape)
    if len(shape) > MAX_DIMENSIONS or not all(type(size) is int and size >= 0 for size in sizes):
        raise ValueError("a shape or a position that is not one")
    if last > len(numbers) or last - first != math.prod(shape) * KINDS[kind].itemsize:
        raise ValueError("a tensor beyond the end of the file, or of another size")
    raw = numbers[first:last]
    if first % KINDS[kind].itemsize:
        raw = raw.copy()  # the header's length has no alignment of its own
    array: Array = raw.view(np.ndarray).view(KINDS[kind]).reshape(shape)
    if kind == "BF16":
        array = (array.astype(np.uint32) << 16).view(np.float32)
    return array
