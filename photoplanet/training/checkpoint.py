"""Checkpoints: all that a run needs to go on as if it had never stopped, written so that a kill costs no older one.

Two slots in the run's folder, each one safetensors file (tensors, and JSON in its header): the last and the one before.
"""

import errno
import json
import os
import zlib
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as pack
from torch import Tensor, nn

from photoplanet.core import atomic
from photoplanet.errors import ModelError, TrainingError

LAST, BEFORE = "checkpoint.safetensors", "checkpoint.previous.safetensors"
FORMAT = "photoplanet-checkpoint-1"


def write(folder: Path, tensors: dict[str, Tensor], facts: dict[str, Any]) -> Path:
    """Write a checkpoint: the last becomes the one before, and this the last. It is durable when the call returns.

    Raises TrainingError when the disk is full or the folder cannot be written; older checkpoints then remain.

    >>> path = write(getfixture("tmp_path"), {"weight": torch.ones(2)}, {"step": 3})
    >>> path.name
    'checkpoint.safetensors'
    """
    tensors = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    header = {"format": FORMAT, "facts": json.dumps(facts), "crc32": str(_crc32(tensors))}
    data = pack(tensors, metadata=header)
    last, before = folder / LAST, folder / BEFORE
    try:
        with atomic.open_replacing(last, "wb", durable=True) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            if last.exists():  # this one is on disk by now, and takes the place of the last a moment later
                last.replace(before)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        why = "the disk is full" if full else error.strerror or str(error)
        raise TrainingError(
            f"{last}: cannot write the checkpoint of {len(data) / 1e6:.0f} MB ({why}); the one before is intact; "
            f"{'make room' if full else 'correct that'} and run the same command again"
        ) from error
    return last


def read(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any], str] | None:
    """Return the newest checkpoint that is whole, as (tensors, facts, note); None when there is none at all.

    `note` says what was wrong with the newer one when the one before had to serve. ModelError when neither is whole.

    >>> folder = getfixture("tmp_path")
    >>> _ = write(folder, {"weight": torch.ones(2)}, {"step": 3})
    >>> tensors, facts, note = read(folder)
    >>> facts["step"], note
    (3, '')
    """
    faults: list[str] = []
    for name in (LAST, BEFORE):
        if not (folder / name).exists():
            continue
        try:
            tensors, facts = read_file(folder / name)
        except ModelError as error:
            faults.append(str(error))
            continue
        return tensors, facts, "".join(f"{fault}; resuming from the checkpoint before it" for fault in faults)
    if faults:
        raise ModelError(f"{'; '.join(faults)}; no whole checkpoint is left: start again with --resume never")
    return None


def read_file(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return tensors and facts of one checkpoint file; ModelError when it is torn, damaged, or something else.

    >>> path = write(getfixture("tmp_path"), {"weight": torch.ones(2)}, {"step": 3})
    >>> read_file(path)[1]
    {'step': 3}
    """
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            if header.get("format") != FORMAT:
                raise ModelError(f"{path}: is not a training checkpoint of this version of photoplanet")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            facts = json.loads(header["facts"])
        if str(_crc32(tensors)) != header.get("crc32") or not isinstance(facts, dict):
            raise ModelError(f"{path}: the checkpoint is damaged (its checksum differs)")
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise ModelError(f"{path}: torn, or not a checkpoint ({error})") from error
    return tensors, facts


def collect(model: nn.Module, average: nn.Module | None, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return all tensors of a run under flat names: `model.…`, `average.…`, `optimizer.<parameter>.<what>`.

    >>> model = nn.Linear(2, 1)
    >>> list(collect(model, None, torch.optim.AdamW(model.parameters())))
    ['model.weight', 'model.bias']
    """
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    if average is not None:
        tensors |= {f"average.{name}": value for name, value in average.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{what}": torch.as_tensor(value) for what, value in state.items()}
    return tensors


def restore(
    tensors: dict[str, Tensor], model: nn.Module, average: nn.Module | None, optimizer: torch.optim.Optimizer
) -> None:
    """Put back what `collect` found; ModelError when the tensors are those of another network.

    >>> model = nn.Linear(2, 1)
    >>> optimizer = torch.optim.AdamW(model.parameters())
    >>> restore({"model.weight": torch.ones(1, 2), "model.bias": torch.zeros(1)}, model, None, optimizer)
    >>> model.weight.tolist()
    [[1.0, 1.0]]
    """
    try:
        model.load_state_dict(_under(tensors, "model."))
        if average is not None:
            average.load_state_dict(_under(tensors, "average."))
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in _under(tensors, "optimizer.").items():
            index, _, what = name.partition(".")
            state.setdefault(int(index), {})[what] = value
        optimizer.load_state_dict({**optimizer.state_dict(), "state": _laid_out(optimizer, state)})
    except (RuntimeError, ValueError, KeyError) as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise ModelError(f"the checkpoint is that of another network or optimizer ({first})") from error


def _laid_out(optimizer: torch.optim.Optimizer, state: dict[int, dict[str, Tensor]]) -> dict[int, dict[str, Tensor]]:
    """The state with the memory layout of its parameters: a fused optimizer walks through both side by side."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for index, values in state.items():
        for what, value in values.items():
            if index >= len(parameters) or (value.ndim and value.shape != parameters[index].shape):
                raise ValueError(f"optimizer state {what} of parameter {index} does not fit")
            if value.ndim:
                values[what] = torch.empty_like(parameters[index], dtype=value.dtype).copy_(value)
    return state


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _crc32(tensors: dict[str, Tensor]) -> int:
    total = 0
    for name in sorted(tensors):
        value = tensors[name].contiguous()
        total = zlib.crc32(f"{name}{value.dtype}{list(value.shape)}".encode(), total)
        total = zlib.crc32(value.view(-1).view(torch.uint8).numpy().data, total) if value.numel() else total
    return total
