"""Photos to batches: decoded on threads a few batches ahead, in an order that does not depend on who decodes them."""

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from photoplanet.earth import geodesy
from photoplanet.errors import InputError
from photoplanet.network import augment, sampling
from photoplanet.network.recipes import Recipe
from photoplanet.photos import images
from photoplanet.photos.images import Preprocessing

AHEAD = 3  # batches decoded in advance: enough to ride out a slow photo, little memory
CHUNK = 4  # photos a task: small tasks keep all threads busy to the end of a batch

Decode = Callable[[Any, Preprocessing, images.Box | None], NDArray[np.uint8]]


@dataclass(frozen=True)
class Photos:
    """Training or validation photos: sources (n), latitude and longitude (n,) in degrees, class (n,) int32, −1: no cell."""

    sources: Sequence[Any]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    classes: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.classes)


class Batch(NamedTuple):
    """One rank's part of a global batch; `draws` (n, 12) are the photos' random numbers, `unreadable` name and cause."""

    images: Tensor  # uint8 (n, size, size, 3)
    classes: Tensor  # int64 (n,)
    positions: Tensor  # float64 (n, 3), unit vectors
    draws: Tensor  # float64 (n, 12)
    unreadable: dict[int, str]  # photo → why

    def to(self, device: torch.device) -> "Batch":
        """The same batch on `device`, copied without waiting where memory is pinned."""
        return Batch(*(t.to(device, non_blocking=True) for t in self[:4]), self.unreadable)


class Loader:
    """The endless stream of training batches from any step on; `part` is (rank, ranks): which slice of each batch.

    `waited` counts the seconds in which the training loop had to wait for photos.
    """

    def __init__(
        self, photos: Photos, recipe: Recipe, preprocessing: Preprocessing, part: tuple[int, int] = (0, 1),
        threads: int = 0, pin: bool = False, decode: Decode = images.load,
    ):  # fmt: skip
        self.photos, self.recipe, self.preprocessing = photos, recipe, preprocessing
        self.slice = sampling.share(recipe.batch_size, *part)
        self.threads = threads or default_threads()
        self.pin, self.decode = pin, decode
        self.positions = geodesy.to_xyz(photos.latitude, photos.longitude)
        self.waited = 0.0

    def batches(self, first: int, stop: int) -> Iterator[Batch]:
        """Batches of steps `first` … `stop` − 1; TrainingError when 200 photos in a row cannot be read."""
        pool = ThreadPoolExecutor(self.threads, thread_name_prefix="decode")
        ahead: deque[tuple[Batch, list[Future]]] = deque()
        try:
            for step in range(first, stop + AHEAD):
                if step < stop:
                    ahead.append(self._started(pool, step))
                if step >= first + AHEAD or step >= stop:
                    if not ahead:
                        return
                    yield self._finished(*ahead.popleft())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _started(self, pool: ThreadPoolExecutor, step: int) -> tuple[Batch, list[Future]]:
        start = step * self.recipe.batch_size
        positions = range(start + self.slice.start, start + self.slice.stop)
        count, size = len(positions), self.preprocessing.size
        batch = Batch(
            torch.empty((count, size, size, 3), dtype=torch.uint8, pin_memory=self.pin),
            torch.empty(count, dtype=torch.int64, pin_memory=self.pin),
            torch.empty((count, 3), dtype=torch.float64, pin_memory=self.pin),
            torch.empty((count, augment.DRAWS), dtype=torch.float64, pin_memory=self.pin),
            {},
        )
        if count:  # the permutation, once, before the threads ask for it
            sampling.order(len(self.photos), self.recipe.seed, positions[-1] // len(self.photos))
        chunks = [range(i, min(i + CHUNK, count)) for i in range(0, count, CHUNK)]
        return batch, [pool.submit(self._fill, batch, chunk, positions) for chunk in chunks]

    def _finished(self, batch: Batch, futures: list[Future]) -> Batch:
        started = time.perf_counter()
        for future in futures:
            future.result()
        self.waited += time.perf_counter() - started
        return batch

    def _fill(self, batch: Batch, rows: range, positions: range) -> None:
        for row in rows:
            for epoch, photo in sampling.places(len(self.photos), self.recipe.seed, positions[row]):
                draws = sampling.uniforms(self.recipe.seed, epoch, photo, augment.DRAWS)
                try:
                    box = augment.crop_box(self.recipe, draws)
                    pixels = self.decode(self.photos.sources[photo], self.preprocessing, box)
                except InputError as error:
                    batch.unreadable[photo] = str(error)
                    continue
                batch.images[row] = torch.from_numpy(pixels)
                batch.classes[row] = int(self.photos.classes[photo])
                batch.positions[row] = torch.from_numpy(self.positions[photo])
                batch.draws[row] = torch.from_numpy(draws)
                break


def default_threads() -> int:
    """Decoding threads: one per core this process may use, 16 at most."""
    return min(16, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
