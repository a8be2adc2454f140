"""Averaged weights: an exponential moving average of the network along the way, which generalises better."""

import copy

import torch
from torch import nn


class Average:
    """Keeps `model`, a copy of the network whose weights are the moving average; decay d rises as (1+t)/(10+t) to d.

    The tensors of both are looked up once, since a network keeps its tensors whatever is loaded into it.
    """

    def __init__(self, model: nn.Module, decay: float):
        self.decay = decay
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        pairs = list(zip(self.model.state_dict().values(), model.state_dict().values(), strict=True))
        self._floats = [[pair[i] for pair in pairs if pair[0].is_floating_point()] for i in (0, 1)]
        self._counts = [[pair[i] for pair in pairs if not pair[0].is_floating_point()] for i in (0, 1)]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after step number `step` (from 0); running statistics are averaged like weights."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self._floats[0], self._floats[1], 1 - decay)
        if self._counts[0]:
            torch._foreach_copy_(self._counts[0], self._counts[1])
