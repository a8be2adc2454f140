"""Several processes under torchrun: who is who, sums over all of them, and batch norm over the whole batch."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from photoplanet.errors import InputError

CPU = torch.device("cpu")
Module = TypeVar("Module", bound=nn.Module)


@dataclass(frozen=True)
class Ranks:
    """This process among all that train together; rank 0 writes."""

    rank: int = 0
    ranks: int = 1
    device: torch.device = CPU

    @property
    def writes(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0

    def sum(self, values: Tensor) -> Tensor:
        """Return the sum of `values` over all ranks, in place and returned."""
        if self.ranks > 1:
            dist.all_reduce(values)
        return values

    def any(self, flag: bool) -> bool:
        """Return whether `flag` is true on any rank."""
        return bool(self.sum(torch.tensor(float(flag), device=self.device)) > 0) if self.ranks > 1 else flag

    def wait(self) -> None:
        """Return when all ranks have come here."""
        if self.ranks > 1:
            dist.barrier()

    def parallel(self, model: nn.Module) -> Callable[..., Any]:
        """Return `model` with gradients averaged over all ranks; running statistics agree already.

        >>> network = nn.Linear(2, 1)
        >>> Ranks().parallel(network) is network  # nothing to average with
        True
        """
        if self.ranks == 1:
            return model
        return nn.parallel.DistributedDataParallel(model, broadcast_buffers=False)


def start(device: str = "auto") -> Ranks:
    """Join the other processes if torchrun started this one (gloo on CPU, nccl on CUDA); InputError: no such device.

    >>> start("cpu")
    Ranks(rank=0, ranks=1, device=device(type='cpu'))
    """
    if device not in ("auto", "cpu", "cuda") and not device.startswith("cuda:"):
        raise InputError(f"device {device!r}: use auto, cpu, cuda or cuda:N")
    cuda = torch.cuda.is_available() if device == "auto" else device != "cpu"
    if cuda and not torch.cuda.is_available():
        raise InputError(f"device {device!r}: torch sees no GPU here; use --device cpu")
    world = int(os.environ.get("WORLD_SIZE", "1"))
    place = torch.device("cpu")
    if cuda:
        place = torch.device(device if ":" in device else f"cuda:{os.environ.get('LOCAL_RANK', '0')}")
        if (place.index or 0) >= torch.cuda.device_count():
            raise InputError(f"device {place}: there are {torch.cuda.device_count()} GPUs; start as many processes")
        torch.cuda.set_device(place)
    if world == 1:
        return Ranks(0, 1, place)
    if not dist.is_initialized():
        dist.init_process_group("nccl" if cuda else "gloo")
    return Ranks(dist.get_rank(), dist.get_world_size(), place)


def seed(value: int, device: torch.device) -> None:
    """Seed what draws on the CPU and on `device`, as torch.manual_seed does; that looks after all others, for 0.3 ms.

    >>> seed(3, CPU)
    >>> drawn = torch.rand(1)
    >>> _ = torch.manual_seed(3)
    >>> bool(torch.rand(1) == drawn)
    True
    """
    torch.default_generator.manual_seed(value)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(value)


def synchronised(model: Module) -> Module:
    """Return `model` with every batch norm over the batches of all ranks together; weights and names stay the same.

    >>> type(synchronised(nn.Sequential(nn.BatchNorm2d(3)))[0]).__name__
    'SharedBatchNorm'
    """
    for name, child in model.named_children():
        if isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d):
            norm = SharedBatchNorm(child.num_features, child.eps, child.momentum)
            norm.load_state_dict(child.state_dict())
            setattr(model, name, norm)
        else:
            synchronised(child)
    return model


class SharedBatchNorm(nn.BatchNorm2d):
    """Batch norm whose mean and variance are those of the global batch, however the ranks share it.

    torch's SyncBatchNorm needs CUDA; this one also runs on gloo. A rank may have fewer samples than another.
    """

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() not in (2, 4):
            raise ValueError(f"expected 2 or 4 dimensions, not {input.dim()}")

    def forward(self, input: Tensor) -> Tensor:
        """(n, c) or (n, c, h, w) → the same shape."""
        if not self.training or self.running_mean is None or self.running_var is None:
            return super().forward(input)
        x = input.float()
        over = [d for d in range(x.dim()) if d != 1]
        shape = [1, -1] + [1] * (x.dim() - 2)
        count = x.new_tensor([x.numel() / x.shape[1]])
        sums = _sum_over_ranks(torch.cat([x.sum(over), count]))
        mean, count = sums[:-1] / sums[-1], sums[-1].detach()
        centred = x - mean.view(shape)
        variance = _sum_over_ranks(centred.square().sum(over)) / count
        with torch.no_grad():
            momentum = float(self.momentum or 0.0)
            self.running_mean.lerp_(mean, momentum)
            self.running_var.lerp_(variance * count / (count - 1).clamp(min=1), momentum)
            if self.num_batches_tracked is not None:
                self.num_batches_tracked += 1
        out = centred * (torch.rsqrt(variance + self.eps) * self.weight).view(shape) + self.bias.view(shape)
        return out.to(input.dtype)


def _sum_over_ranks(values: Tensor) -> Tensor:
    summed: Tensor = _SumOverRanks.apply(values)  # type: ignore[no-untyped-call]  # torch gives `apply` no types
    return summed


class _SumOverRanks(torch.autograd.Function):
    """All-reduce whose gradient is the all-reduce of the gradients."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        values = values.clone()
        dist.all_reduce(values)
        return values

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        gradient = gradient.contiguous().clone()
        dist.all_reduce(gradient)
        return gradient
