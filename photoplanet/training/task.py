"""What differs between trainings: `loop.Loop` asks a task for everything that is not the same for all of them.

There are four: `classification` (the CNN), `albums.task`, `embedding.task` and `near_duplicates.task`.
"""

from abc import ABC, abstractmethod
from collections.abc import Generator
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from photoplanet.training.averaging import Average
from photoplanet.training.distributed import Ranks
from photoplanet.training.sampling import uniforms

Batch = TypeVar("Batch")
Facts = dict[str, Any]


class Task(ABC, Generic[Batch]):
    """One kind of training: a network, its optimizer, and small functions of the step number (0 … total − 1).

    Subclasses set the attributes in `__init__`. All that depends on chance is a function of seed and step, so that a
    stopped run goes on bit for bit.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    total: int  # steps
    recipe: Facts  # the settings that decide what is learned: a checkpoint of others is refused
    defaults: Facts  # of these settings, for checkpoints that are older than a setting
    data: Any  # a fingerprint of the photos, as JSON holds it: a checkpoint of others is refused

    ranks: Ranks = Ranks()
    average: Average | None = None
    clip_norm: float = 0.0  # longest gradient; 0: no clipping
    columns: tuple[str, ...] = ("loss",)  # names of the numbers that `backward` returns
    photos_a_step: int = 1
    flops_a_photo: int = 0  # floating-point operations of training on a photo; 0: not known, and no MFU in the log
    keeps_best: bool = False  # keep the weights of the best validation
    patience: int = 0  # validations in a row without a better one that end the run; 0: none; needs `keeps_best`
    if_not_finite: str = "try a lower --learning-rate"
    if_another_run: str = "give the same settings, or another -o"

    def start(self, folder: Path | None, step: int) -> None:
        """Get ready to learn from step `step` on, after a resume; `folder`: the run's. Called before `batches`."""
        return

    def peak_flops(self) -> float:
        """Return what the devices of all ranks can do in a second; only asked where `flops_a_photo` is known."""
        return float("inf")

    @abstractmethod
    def batches(self, first: int, stop: int) -> Generator[Batch, None, None]:
        """Yield the batches of steps `first` … `stop` − 1; it may end earlier, and then the run does."""

    @abstractmethod
    def backward(self, batch: Batch, step: int) -> Tensor:
        """Add the gradients of a batch to the network's; return the `columns`, float64 (k,), this rank's share."""

    @abstractmethod
    def rate(self, step: int) -> float:
        """Return the learning rate of a step."""

    @abstractmethod
    def ends_epoch(self, step: int) -> bool:
        """Return whether a validation and a checkpoint are due after so many steps; they always are at the end."""

    def seed(self, step: int) -> int:
        """Return torch's seed for a step: dropout's masks come from the step, so nothing of them needs saving."""
        return int(uniforms(int(self.recipe["seed"]), step, self.ranks.rank, 1)[0] * 2**53)

    @property
    def answering(self) -> nn.Module:
        """The network that is validated and that the run is about: the averaged one, where there is one."""
        return self.average.model if self.average else self.model

    def validate(self, step: int) -> Facts | None:
        """Return how good `answering` is after so many steps, as JSON holds it; None where nothing is held out."""
        return None

    def summary(self, result: Facts) -> str:
        """Return a validation in a few words, "" for none."""
        return ""

    def is_better(self, result: Facts, best: Facts) -> bool:
        """Return whether a validation is better than the best one so far; only asked where `keeps_best`."""
        return False

    def log_values(self, step: int) -> Facts:
        """Return what else belongs on a line of the log."""
        return {}

    def state(self) -> tuple[dict[str, Tensor], Facts]:
        """Return what else belongs into a checkpoint, as tensors and facts; called on every rank."""
        return {}, {}

    def restore(self, tensors: dict[str, Tensor], facts: Facts) -> None:
        """Take back what `state` gave."""
