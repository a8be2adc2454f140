"""Where the small trainings compute, albums and the embedding: which device, and the way of their batches to it."""

import torch
from torch import Tensor

from photoplanet.core import devices
from photoplanet.core.progress import Say, silent


def device_of(name: str | None = None, say: Say = silent) -> torch.device:
    """Return what torch trains on where the network works on `name`, one of `devices.NAMES`: the GPU, if torch sees it.

    `say` gets a line where only torch does not see it. InputError for another name.

    >>> device_of("cpu")
    device(type='cpu')
    """
    chosen, seen = devices.chosen(name), torch.cuda.is_available()
    if chosen == devices.CUDA and not seen:
        say("torch sees no GPU here, so this trains on the processor; install torch for CUDA to use the GPU")
    return torch.device("cuda" if seen and chosen in (devices.AUTO, devices.CUDA) else "cpu")


def sent(tensor: Tensor, device: torch.device) -> Tensor:
    """Return a tensor of the processor on `device`, without waiting for what the device does meanwhile.

    Only from pinned memory does a copy to a GPU wait for its turn by itself.

    >>> sent(torch.ones(2), torch.device("cpu"))
    tensor([1., 1.])
    """
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)
