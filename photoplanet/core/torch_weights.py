"""Weights that torch saved (.pth, .bin), read without torch: arrays only. Nothing in such a file is ever called.

torch saves a description in pickle's instructions, and the numbers beside it. Here the instructions are read one by
one, those of weights are understood, and any other refuses the file. Both of torch's layouts are read: a zip file (1.6
and newer), and the older stream. The layouts: torch/serialization.py; the instructions: Python's `pickletools`.
"""

import io
import math
import pickletools
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from photoplanet.errors import ModelError

Array = NDArray[Any]
Wanted = Callable[[str], bool] | None

MAX_INSTRUCTIONS = 2_000_000
MAX_DESCRIPTION = 64 << 20  # bytes
MAX_DEPTH = 50
_STREAM_MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
KINDS: dict[str, np.dtype[Any]] = {
    "torch DoubleStorage": np.dtype("<f8"),
    "torch FloatStorage": np.dtype("<f4"),
    "torch HalfStorage": np.dtype("<f2"),
    "torch LongStorage": np.dtype("<i8"),
    "torch IntStorage": np.dtype("<i4"),
    "torch ByteStorage": np.dtype("u1"),
    "torch BoolStorage": np.dtype("?"),
    "torch BFloat16Storage": np.dtype("<u2"),  # widened to float32 when it is read
}
_NAMES = {*KINDS, "collections OrderedDict", "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_parameter"}


def read(path: str | Path, wanted: Wanted = None) -> dict[str, Array]:
    """Read the tensors of a file that `torch.save` wrote, by name; those of dictionaries within it as "outer.inner".

    `wanted`: which names to read (None: all). A file that is one tensor has it under "". bfloat16 becomes float32; all
    else keeps its kind. ModelError for a file that is damaged, too large, or that holds
    anything but dictionaries of tensors and plain values (which are left out).

    >>> read(__file__)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    photoplanet.errors.ModelError: ...torch_weights.py: not weights that torch saved; get the file again
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            if zipfile.is_zipfile(file):
                return _from_zip(path, wanted)
            file.seek(0)
            if file.read(len(_STREAM_MAGIC)) == _STREAM_MAGIC:
                return _from_stream(file, wanted)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); get the file again") from None
    except _RefusedError as error:
        raise ModelError(f"{path}: {error}; only weights are read, so get a file of weights") from None
    except _DAMAGE as error:
        raise ModelError(f"{path}: damaged weights ({type(error).__name__}); get the file again") from None
    raise ModelError(f"{path}: not weights that torch saved; get the file again")


_DAMAGE = (
    ValueError, IndexError, KeyError, TypeError, AttributeError, StopIteration, EOFError, OverflowError, RecursionError,
    MemoryError, NotImplementedError, struct.error, zipfile.BadZipFile,
)  # what reading bytes that mean something else ends in  # fmt: skip


class _RefusedError(Exception):
    """Something in a file that is not weights."""


@dataclass(frozen=True)
class _Name:
    """A class or a function that the description names. It is never looked up."""

    name: str


@dataclass(frozen=True)
class _Storage:
    kind: str
    key: str
    count: int


@dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _from_zip(path: Path, wanted: Wanted) -> dict[str, Array]:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        [root] = [name.removesuffix("data.pkl") for name in names if name.endswith("/data.pkl")]
        if f"{root}byteorder" in names and archive.read(f"{root}byteorder").strip() != b"little":
            raise _RefusedError("it holds numbers that are big-endian")
        description = archive.getinfo(f"{root}data.pkl")
        if description.file_size > MAX_DESCRIPTION:
            raise _RefusedError(f"it has a description of {description.file_size:,} bytes")
        tensors = _tensors(_understood(io.BytesIO(archive.read(description)), {}), wanted)

        def stored(storage: _Storage) -> bytes:
            info = archive.getinfo(f"{root}data/{storage.key}")
            if info.file_size != storage.count * KINDS[storage.kind].itemsize:
                raise ValueError("a storage of another size")
            return archive.read(info)

        return _arrays(tensors, stored)


def _from_stream(file: BinaryIO, wanted: Wanted) -> dict[str, Array]:
    storages: dict[str, _Storage] = {}
    version, facts = _understood(file, storages), _understood(file, storages)
    if version != 1001 or facts.get("little_endian") is not True:
        raise _RefusedError("it holds another version, or big-endian numbers")
    tensors, keys = _tensors(_understood(file, storages), wanted), _understood(file, storages)
    places: dict[str, tuple[int, int]] = {}
    end = file.seek(0, io.SEEK_CUR)
    size = file.seek(0, io.SEEK_END)
    for key in keys:
        file.seek(end)
        (count,) = struct.unpack("<q", file.read(8))
        length = count * KINDS[storages[key].kind].itemsize
        if count != storages[key].count or not 0 <= length <= size - end - 8:
            raise ValueError("a storage of another size")
        places[key] = (end + 8, length)
        end += 8 + length

    def stored(storage: _Storage) -> bytes:
        start, length = places[storage.key]
        file.seek(start)
        return file.read(length)

    return _arrays(tensors, stored)


def _tensors(tree: Any, wanted: Wanted) -> dict[str, _Tensor]:
    """The tensors of a tree of dictionaries, by dotted names."""
    found: dict[str, _Tensor] = {}
    waiting: list[tuple[str, Any, int]] = [("", tree, 0)]
    if not isinstance(tree, dict | _Tensor):
        raise _RefusedError("it holds no dictionary of tensors")
    for count in range(MAX_INSTRUCTIONS):
        if not waiting:
            return found
        name, value, depth = waiting.pop()
        if isinstance(value, _Tensor):
            if wanted is None or wanted(name):
                found[name] = value
        elif isinstance(value, dict):
            if depth > MAX_DEPTH or len(waiting) + len(value) > MAX_INSTRUCTIONS - count:
                break
            prefix = f"{name}." if name else ""
            waiting += [(f"{prefix}{key}", each, depth + 1) for key, each in reversed(value.items())]
    raise _RefusedError("it holds dictionaries within dictionaries without end")


def _arrays(tensors: Mapping[str, _Tensor], stored: Callable[[_Storage], bytes]) -> dict[str, Array]:
    """What the tensors hold, each storage read once."""
    memory: dict[str, Array] = {}
    found: dict[str, Array] = {}
    for name, tensor in tensors.items():
        storage = tensor.storage
        if storage.key not in memory:
            memory[storage.key] = np.frombuffer(stored(storage), KINDS[storage.kind])
        found[name] = _view(memory[storage.key], tensor)
    return found


def _view(numbers: Array, tensor: _Tensor) -> Array:
    shape, strides = tensor.shape, tensor.strides
    if len(shape) != len(strides) or min((tensor.offset, *shape, *strides)) < 0:
        raise ValueError("a shape below 0")
    last = tensor.offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    if 0 not in shape and last >= len(numbers):
        raise ValueError("a tensor beyond its storage")
    if 0 in shape:
        return np.zeros(shape, numbers.dtype)
    step = numbers.dtype.itemsize
    if math.prod(shape) > len(numbers):
        raise ValueError("a tensor larger than its storage")
    view = np.lib.stride_tricks.as_strided(
        numbers[tensor.offset :], shape, tuple(step * each for each in strides), writeable=False
    )
    if tensor.storage.kind == "torch BFloat16Storage":
        return (view.astype(np.uint32) << 16).view(np.float32)
    return np.array(view)


_MARK = object()


def _understood(file: BinaryIO, storages: dict[str, _Storage]) -> Any:
    """Read one description: plain values, dictionaries, tuples, lists, and tensors, whose storages are noted by key."""
    stack: list[Any] = []
    memo: dict[int, Any] = {}

    def above_mark() -> list[Any]:
        at = len(stack) - 1 - next(k for k, each in enumerate(reversed(stack)) if each is _MARK)
        taken = stack[at + 1 :]
        del stack[at:]
        return taken

    argument: Any
    for count, (opcode, argument, _) in enumerate(pickletools.genops(file)):
        if count > MAX_INSTRUCTIONS:
            raise _RefusedError(f"it has a description of over {MAX_INSTRUCTIONS:,} instructions")
        name = opcode.name
        if name in _VALUES:
            stack.append(argument if _VALUES[name] is None else _VALUES[name]())  # type: ignore[misc]
        elif name == "STOP":
            return stack.pop()
        elif name == "MARK":
            stack.append(_MARK)
        elif name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = stack[-1]
        elif name == "MEMOIZE":
            memo[len(memo)] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
        elif name == "TUPLE":
            stack.append(tuple(above_mark()))
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
            size = int(name[-1])
            stack[-size:] = [tuple(stack[-size:])]
        elif name in ("SETITEM", "SETITEMS", "APPEND", "APPENDS"):
            added = above_mark() if name.endswith("S") else [stack.pop() for _ in range(2 if name == "SETITEM" else 1)]
            if name == "SETITEM":
                added.reverse()
            if name.startswith("APPEND"):
                stack[-1] += added if isinstance(stack[-1], list) else _refuse(name)
            else:
                stack[-1].update(zip(added[::2], added[1::2], strict=True))
        elif name in ("GLOBAL", "STACK_GLOBAL"):
            if name == "STACK_GLOBAL":
                last = stack.pop()
                argument = f"{stack.pop()} {last}"
            stack.append(_Name(argument) if argument in _NAMES else _refuse(argument))
        elif name == "BINPERSID":
            stack.append(_storage(stack.pop()))
            storages[stack[-1].key] = stack[-1]
        elif name == "REDUCE":
            given = stack.pop()
            stack.append(_rebuilt(stack.pop(), given))
        elif name == "BUILD":
            stack.pop()  # the attributes of an OrderedDict: versions of modules
        elif name not in ("PROTO", "FRAME"):
            _refuse(f"instruction {name}")
    raise EOFError


_VALUES: dict[str, Callable[[], Any] | None] = {
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE"), None),
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
}


def _refuse(what: Any) -> Any:
    raise _RefusedError(f"it holds {what}"[:120])


def _storage(given: tuple[Any, ...]) -> _Storage:
    _, kind, key, _, count = given[:5]
    if kind.name not in KINDS or not isinstance(key, str) or not isinstance(count, int) or count < 0:
        _refuse("a storage of an unknown kind")
    return _Storage(kind.name, key, count)


def _rebuilt(name: Any, given: Any) -> Any:
    """What a call would make, for the three calls that weights need."""
    called = name.name if isinstance(name, _Name) else _refuse("a call of no name")
    if called == "collections OrderedDict" and given == ():
        return {}
    if called == "torch._utils _rebuild_parameter" and isinstance(given[0], _Tensor):
        return given[0]
    if called == "torch._utils _rebuild_tensor_v2" and isinstance(given[0], _Storage):
        storage, offset, shape, strides = given[:4]
        return _Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))
    return _refuse(f"a call of {called}")
