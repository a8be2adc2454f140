"""Number formats: where bfloat16 pays, and the context in which the forward pass runs."""

from contextlib import AbstractContextManager, nullcontext

import torch

from photoplanet.errors import InputError


def resolve(precision: str, device: torch.device) -> str:
    """Return `bf16` for `auto` where the hardware multiplies it natively (CUDA ≥ 8.0, CPUs with AMX), else `float32`.

    InputError for an unknown name.

    >>> resolve("float32", torch.device("cpu"))
    'float32'
    """
    if precision not in ("auto", "float32", "bf16"):
        raise InputError(f"precision {precision!r}: use auto, float32 or bf16")
    if precision != "auto":
        return precision
    if device.type == "cuda":
        return "bf16" if torch.cuda.get_device_capability(device)[0] >= 8 else "float32"
    fast = getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    return "bf16" if fast() else "float32"


def autocast(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """Return the context for a forward pass in `float32` or `bf16`.

    >>> with autocast("bf16", torch.device("cpu")):
    ...     (torch.ones(2, 2) @ torch.ones(2, 2)).dtype
    torch.bfloat16
    """
    return torch.autocast(device.type, dtype=torch.bfloat16) if precision == "bf16" else nullcontext()
