"""Photos to batches: decoded on threads a few batches ahead, in an order that does not depend on who decodes them."""

import itertools
import os
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from photoplanet.earth import geodesy
from photoplanet.errors import InputError
from photoplanet.photos import decode
from photoplanet.photos.decode import Box, Preprocessing
from photoplanet.training import augment, sampling
from photoplanet.training.recipes import Recipe
from photoplanet.training.store import PixelStore

AHEAD = 3  # batches decoded in advance: enough to ride out a slow photo, little memory
CHUNK = 4  # photos a task: small tasks keep all threads busy to the end of a batch

Decode = Callable[[Any, Preprocessing, Box | None], NDArray[np.uint8]]


@dataclass(frozen=True)
class LabelledPhotos:
    """Photos to learn from or validate on: sources, latitude and longitude in degrees, class (int32, −1: no cell)."""

    sources: Sequence[Any]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    classes: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.classes)


class Batch(NamedTuple):
    """One rank's part of a global batch; `draws`: the photos' own random numbers."""

    images: Tensor  # uint8 (n, size, size, 3)
    classes: Tensor  # int64 (n,)
    positions: Tensor  # float64 (n, 3), unit vectors
    draws: Tensor  # float64 (n, 12)
    unreadable: dict[int, str]  # photo → why

    def to(self, device: torch.device) -> "Batch":
        """Return the same batch on `device`, copied without waiting where memory is pinned."""
        images, classes, positions, draws = (tensor.to(device, non_blocking=True) for tensor in self.tensors)
        return Batch(images, classes, positions, draws, self.unreadable)

    @property
    def tensors(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Its four tensors."""
        return self.images, self.classes, self.positions, self.draws


class Loader:
    """The endless stream of training batches from any step on; `part` is (rank, ranks): which slice of each batch.

    `ahead` batches are decoded while the caller works on one. With 0 decoding and training take turns, which on a CPU
    is faster: a decoding thread that takes the core of one of torch's threads keeps all the others waiting for it.
    `waited` counts the seconds in which the training loop had to wait for photos.
    """

    def __init__(
        self, photos: LabelledPhotos, recipe: Recipe, preprocessing: Preprocessing, part: tuple[int, int] = (0, 1),
        threads: int = 0, ahead: int = AHEAD, pin: bool = False, load: Decode = decode.load,
    ):  # fmt: skip
        self.photos, self.recipe, self.preprocessing = photos, recipe, preprocessing
        self.slice = sampling.share(recipe.batch_size, *part)
        self.threads = threads or default_threads()
        self.ahead, self.pin, self.load = ahead, pin, load
        self.positions = geodesy.to_xyz(photos.latitude, photos.longitude)
        self.store = PixelStore(len(photos), recipe.stored, part[1]) if recipe.stored else None
        self.waited = 0.0

    def batches(self, first: int, stop: int) -> Generator[Batch, None, None]:
        """Yield the batches of steps `first` … `stop` − 1; TrainingError when 200 photos in a row cannot be read."""
        pool = ThreadPoolExecutor(self.threads, thread_name_prefix="decode")
        started: deque[tuple[Batch, list[Future[None]]]] = deque()
        following = iter(range(first, stop))
        try:
            for _ in range(first, stop):
                for step in itertools.islice(following, self.ahead + 1 - len(started)):
                    started.append(self._started(pool, step))
                yield self._finished(*started.popleft())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _started(self, pool: ThreadPoolExecutor, step: int) -> tuple[Batch, list[Future[None]]]:
        start = step * self.recipe.batch_size
        positions = np.arange(start + self.slice.start, start + self.slice.stop)
        epochs, photos = sampling.photos_at(len(self.photos), self.recipe.seed, positions)
        draws = sampling.uniforms(self.recipe.seed, epochs, photos, augment.DRAWS)
        count, size = len(positions), self.preprocessing.size
        batch = Batch(
            torch.empty((count, size, size, 3), dtype=torch.uint8, pin_memory=self.pin),
            torch.empty(count, dtype=torch.int64, pin_memory=self.pin),
            torch.empty((count, 3), dtype=torch.float64, pin_memory=self.pin),
            torch.empty((count, augment.DRAWS), dtype=torch.float64, pin_memory=self.pin),
            {},
        )
        # Written through NumPy: torch's copies would start OpenMP threads of their own under every decoding thread.
        rows = [tensor.numpy() for tensor in batch.tensors]
        jobs = []
        for start in range(0, count, CHUNK):
            c = slice(start, start + CHUNK)
            into = [row[c] for row in rows]
            jobs.append(pool.submit(self._fill, into, batch.unreadable, positions[c], photos[c], draws[c]))
        return batch, jobs

    def _finished(self, batch: Batch, futures: list[Future[None]]) -> Batch:
        started = time.perf_counter()
        for future in futures:
            future.result()
        self.waited += time.perf_counter() - started
        return batch

    def _fill(
        self, into: list[NDArray[Any]], unreadable: dict[int, str], positions: NDArray[np.int64],
        photos: NDArray[np.int64], draws: NDArray[np.float64],
    ) -> None:  # fmt: skip
        for row, (position, photo, numbers) in enumerate(zip(positions.tolist(), photos.tolist(), draws, strict=True)):
            tried = 0
            while not self._put(into, row, unreadable, photo, numbers):
                tried += 1  # the next photo of the epoch stands in, with its own random numbers
                epoch, photo = sampling.stand_in(len(self.photos), self.recipe.seed, position, tried)
                numbers = sampling.uniforms(self.recipe.seed, epoch, photo, augment.DRAWS)

    def _put(
        self, into: list[NDArray[Any]], row: int, unreadable: dict[int, str], photo: int, draws: NDArray[np.float64]
    ) -> bool:
        """Decode a photo into a row of the batch; False, and noted, when it cannot be read."""
        try:
            box = augment.crop_box(self.recipe, draws)
            source = self.photos.sources[photo]
            if self.store:
                pixels = self.store.load(photo, source, self.preprocessing, box)
            else:
                pixels = self.load(source, self.preprocessing, box)
        except InputError as error:
            unreadable[photo] = str(error)
            return False
        values = (pixels, self.photos.classes[photo], self.positions[photo], draws)
        for array, value in zip(into, values, strict=True):
            array[row] = value
        return True


def default_threads() -> int:
    """Return how many threads decode: one per core, shared with torchrun's other processes here; 16 at most.

    >>> 1 <= default_threads() <= 16
    True
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(16, cores // max(1, int(os.environ.get("LOCAL_WORLD_SIZE", "1")))))
