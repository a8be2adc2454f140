"""Number formats: where bfloat16 pays, the context in which the forward pass runs, and TensorFloat-32 or not."""

from contextlib import AbstractContextManager, nullcontext

import torch

from photoplanet.errors import InputError


def resolve(precision: str, device: torch.device) -> str:
    """Return `bf16` for `auto` where the hardware multiplies it natively (CUDA ≥ 8.0, CPUs with AMX), else `float32`.

    InputError for an unknown name, and for `tf32` where the hardware has none.

    >>> resolve("float32", torch.device("cpu"))
    'float32'
    """
    if precision not in ("auto", "float32", "tf32", "bf16"):
        raise InputError(f"precision {precision!r}: use auto, float32, tf32 or bf16")
    if precision == "tf32" and (device.type != "cuda" or torch.cuda.get_device_capability(device)[0] < 8):
        raise InputError("precision tf32: needs a GPU of compute capability 8.0 or more; use float32")
    if precision != "auto":
        return precision
    if device.type == "cuda":
        return "bf16" if torch.cuda.get_device_capability(device)[0] >= 8 else "float32"
    fast = getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    return "bf16" if fast() else "float32"


def apply(precision: str) -> None:
    """Let products and convolutions of float32 on a GPU use TensorFloat-32 (10 bits) with `tf32`, and else never.

    >>> apply("float32")
    >>> torch.get_float32_matmul_precision()
    'highest'
    """
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    torch.backends.cudnn.allow_tf32 = precision == "tf32"


def autocast(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """Return the context for a forward pass in `float32` or `bf16`.

    >>> with autocast("bf16", torch.device("cpu")):
    ...     (torch.ones(2, 2) @ torch.ones(2, 2)).dtype
    torch.bfloat16
    """
    return torch.autocast(device.type, dtype=torch.bfloat16) if precision == "bf16" else nullcontext()
