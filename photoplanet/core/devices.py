"""What a network can work on here: the plain processor, an NVIDIA GPU, or OpenVINO; and which of them are tried."""

import ctypes
import functools
import importlib.util
import os
import sys
from contextlib import suppress
from typing import NamedTuple

from photoplanet.errors import InputError, printable

AUTO, PLAIN, CUDA, OPENVINO = "auto", "cpu", "cuda", "openvino"
NAMES = (AUTO, PLAIN, CUDA, OPENVINO)
ENVIRONMENT = "PHOTOPLANET_DEVICE"  # what stands for a device that is not named
CUDA_PROVIDER = "CUDAExecutionProvider"
RUNTIME, TORCH = "ONNX Runtime", "torch"
LARGE = 16_000_000  # bytes of a network
_MOST_GPUS = 64
_LIMITS = ("DNNL_MAX_CPU_ISA", "ONEDNN_MAX_CPU_ISA")  # environment: which instructions oneDNN may use


class Device(NamedTuple):
    """What a network works on: `name`, one of `NAMES`, the library that computes, and the words for people.

    >>> CPU
    Device(name='cpu', engine='ONNX Runtime', words='the processor')
    """

    name: str
    engine: str
    words: str


CPU = Device(PLAIN, RUNTIME, "the processor")


def chosen(device: str | None = None) -> str:
    """Return one of `NAMES`: the device as it was given, else what PHOTOPLANET_DEVICE says, else "auto".

    InputError for another name, with what is there.

    >>> chosen("cpu")
    'cpu'
    >>> chosen("gpu")
    Traceback (most recent call last):
    photoplanet.errors.InputError: 'gpu' is not a device; give one of auto, cpu, cuda, openvino
    """
    name = device or os.environ.get(ENVIRONMENT) or AUTO
    if name not in NAMES:
        where = "" if device else f"{ENVIRONMENT}: "
        raise InputError(f"{where}{printable(name)[:40]!r} is not a device; give one of {', '.join(NAMES)}")
    return name


def to_try(name: str, size: int = 0) -> list[Device]:
    """Return what to open a network of `size` bytes on, the best first; InputError where nothing of that name is there.

    "auto": GPUs before OpenVINO before the processor; and OpenVINO only for networks of `LARGE` bytes or more on
    processors with bfloat16: it starts in half a second, and small networks wait for the decoding of photos anyway.

    >>> to_try("cpu")
    [Device(name='cpu', engine='ONNX Runtime', words='the processor')]
    """
    if name == PLAIN:
        return [CPU]
    if name == AUTO:
        openvino = _by_openvino() if size >= LARGE else []
        return [*_on_gpus(), *(openvino if openvino and _is_fast() else []), CPU]
    devices = _on_gpus() if name == CUDA else _by_openvino()
    if not devices:
        there = ", ".join(dict.fromkeys(device.name for device in [*_on_gpus(), *_by_openvino(), CPU]))
        raise InputError(f"--device {name}: {_why_not(name)}; there is {there} here")
    return devices


@functools.lru_cache(1)
def gpus() -> tuple[str, ...]:
    """Return the names of the NVIDIA GPUs that this process may use, as their driver lists them; () without one.

    >>> isinstance(gpus(), tuple)
    True
    """
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return ()
    count, found = ctypes.c_int(0), []
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return ()
    for number in range(min(count.value, _MOST_GPUS)):
        name = ctypes.create_string_buffer(128)
        known = driver.cuDeviceGetName(name, len(name), number) == 0
        found.append(printable(name.value.decode("utf-8", "replace")) if known else f"GPU {number}")
    return tuple(found)


def installed(module: str) -> bool:
    """Whether a module is there, without importing it.

    >>> installed("json"), installed("no_such_module")
    (True, False)
    """
    with suppress(ImportError, ValueError):
        return importlib.util.find_spec(module) is not None
    return False


def has_openvino() -> bool:
    """Whether OpenVINO is installed and can be used: it crashes where oneDNN is told to know fewer instructions.

    >>> isinstance(has_openvino(), bool)
    True
    """
    return installed(OPENVINO) and not any(os.environ.get(name) for name in _LIMITS)


def _on_gpus() -> list[Device]:
    if not gpus():
        return []
    found = [Device(CUDA, RUNTIME, f"{gpus()[0]} through {RUNTIME}")] if _has_provider() else []
    return [*found, Device(CUDA, TORCH, f"{gpus()[0]} through {TORCH}")] if installed("torch") else found


def _has_provider() -> bool:
    import onnxruntime

    return CUDA_PROVIDER in onnxruntime.get_available_providers()


def _by_openvino() -> list[Device]:
    return [Device(OPENVINO, "OpenVINO", "the processor through OpenVINO")] if has_openvino() else []


def _is_fast() -> bool:
    from photoplanet.core import openvino_sessions

    return openvino_sessions.has_bfloat16()


def _why_not(name: str) -> str:
    if name == OPENVINO and installed(OPENVINO):
        return f"OpenVINO crashes where {' or '.join(_LIMITS)} is set; unset it"
    if name == OPENVINO:
        return "OpenVINO is not installed (the extra 'openvino' brings it)"
    if not gpus():
        return "no NVIDIA GPU with a driver was found"
    return "neither ONNX Runtime's package for GPUs (onnxruntime-gpu) nor torch (the extra 'train') is installed"
