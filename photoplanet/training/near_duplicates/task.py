"""The training of the binary codes on pairs of a photo and its distorted copy, as a task for the one loop."""

import math
import time
from collections.abc import Generator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from photoplanet.photos import decode
from photoplanet.training import optimizer
from photoplanet.training.near_duplicates.distortions import Rng, crop, distort
from photoplanet.training.near_duplicates.network import SIZE, Coder, contrastive_loss
from photoplanet.training.task import Task

WARM_UP = 20  # steps
WEIGHT_DECAY = 1e-3
CLIP_NORM = 5.0
BALANCED_ON = 512  # groups of photos on which the bits are balanced

Pixels = NDArray[np.uint8]


class NearDuplicateTask(Task[Tensor]):
    """The training of `model` on a pool, uint8 (groups, n, size, size, 3), `groups` of them a step.

    The rate falls to 0 over `steps`, or over `seconds` where these end first (then the network depends on the machine).
    It cannot be resumed, since its random numbers come one after another.
    """

    model: Coder
    clip_norm = CLIP_NORM
    if_not_finite = "train with a smaller rate"

    def __init__(
        self, model: Coder, pool: Pixels, steps: int, groups: int, seed: int, rate: float,
        seconds: float = math.inf,
    ):  # fmt: skip
        self.model, self.pool, self.total, self.groups, self.peak = model, pool, steps, groups, rate
        self.recipe: dict[str, Any] = {"seed": seed}
        self.defaults, self.data = dict[str, Any](), None
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=WEIGHT_DECAY)
        self.photos_a_step = groups * pool.shape[1]
        self.rng = np.random.default_rng(seed)
        self._seconds, self._started, self._done = seconds, time.monotonic(), 0.0

    def batches(self, first: int, stop: int) -> Generator[Tensor, None, None]:
        """Yield photos, and then as many copies, uint8 (2n, SIZE, SIZE, 3), until the steps or the time is over."""
        for step in range(first, stop):
            self._done = max(step / self.total, (time.monotonic() - self._started) / self._seconds)
            if self._done >= 1:
                return
            rows = self.rng.choice(len(self.pool), self.groups, replace=False)
            chosen = self.pool[rows].reshape(-1, *self.pool.shape[2:])
            pairs = [_pair(pixels, self.rng) for pixels in chosen]
            yield torch.from_numpy(np.concatenate([np.stack(side) for side in zip(*pairs, strict=True)]))

    def backward(self, batch: Tensor, step: int) -> Tensor:
        """Add the gradients of the contrastive loss."""
        first, second = self.model.one_sided(batch).chunk(2)
        loss = contrastive_loss(first, second)
        torch.autograd.backward(loss)
        return loss.detach().double().view(1)

    def rate(self, step: int) -> float:
        """Return a linear warm-up, then half a cosine."""
        return optimizer.half_cosine(self.peak * min(1.0, (step + 1) / WARM_UP), self._done)

    def ends_epoch(self, step: int) -> bool:
        """Return False: nothing is held out, and nothing is kept."""
        return False


@torch.no_grad()
def balance(model: Coder, pool: Pixels, rng: Rng) -> None:
    """Measure what each bit is compared with: the median over photos, on both ways round as `Coder.forward` has them.

    The median, not the mean, cuts in halves.

    >>> model, random = Coder(8), np.random.default_rng(0)
    >>> balance(model, random.integers(0, 255, (4, 2, 64, 64, 3), np.uint8), random)
    >>> model.training, bool((model.balance.running_var > 0).all())
    (False, True)
    """
    sample = rng.permutation(len(pool))[:BALANCED_ON]
    flat = pool[np.sort(sample)].reshape(-1, *pool.shape[2:])
    photos = [shrink(distort(Image.fromarray(p), rng, 1) if i % 2 else Image.fromarray(p)) for i, p in enumerate(flat)]
    model.eval()
    values = torch.cat([model.both_sided(some) for some in torch.split(torch.from_numpy(np.stack(photos)), 256)])
    model.balance.running_mean = values.median(dim=0).values
    model.balance.running_var = values.var(dim=0)


def shrink(image: Image.Image) -> Pixels:
    """Return a PIL photo as the network sees it, uint8 (SIZE, SIZE, 3): the same steps as `duplicates.binary_codes`.

    >>> shrink(Image.new("RGB", (200, 150))).shape
    (64, 64, 3)
    """
    return decode.load(image, decode.Preprocessing(SIZE, "squash"))


def _pair(pixels: Pixels, rng: Rng) -> tuple[Pixels, Pixels]:
    """A photo, which may be distorted itself, and a distorted copy of it."""
    image = Image.fromarray(pixels)
    first = image if rng.random() < 0.6 else distort(image, rng, 1)
    if rng.random() < 0.4:  # a crop moves everything, which takes longest to learn
        image = crop(image, rng)
    return shrink(first), shrink(distort(image, rng))
