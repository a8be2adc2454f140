"""Photos to batches: decoded in threads or processes, some batches ahead, in an order that depends on neither."""

import itertools
import os
import threading
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from photoplanet.earth import geodesy
from photoplanet.errors import InputError
from photoplanet.photos import decode
from photoplanet.photos.decode import Box, Preprocessing
from photoplanet.photos.decoding_processes import MANY_CORES, DecodingProcesses
from photoplanet.photos.decoding_processes import Decoding as InProcesses
from photoplanet.photos.decoding_threads import Decoding as InThreads
from photoplanet.photos.decoding_threads import DecodingThreads, Load
from photoplanet.photos.shards import read_ahead, split_address
from photoplanet.training import augment, sampling
from photoplanet.training.cuda_decoding import CudaDecoding
from photoplanet.training.cuda_decoding import Decoding as OnGpu
from photoplanet.training.recipes import Recipe
from photoplanet.training.store import PixelStore

AHEAD = 3  # batches decoded in advance: enough to ride out a slow photo, little memory


@dataclass(frozen=True)
class LabelledPhotos:
    """Photos to learn from or validate on: sources, latitude and longitude in degrees, class (int32, −1: no cell).

    `starts`: where photos lie one after the other in shards of a shuffled order, the first row of each shard.
    """

    sources: Sequence[Any]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    classes: NDArray[np.int32]
    starts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

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


Decoding = InThreads | InProcesses | OnGpu


class _Started(NamedTuple):
    """A batch under way: which photo is at which position of the stream, and its pixels to come."""

    batch: Batch
    positions: NDArray[np.int64]
    photos: NDArray[np.int64]
    decoding: Decoding


class Loader:
    """The endless stream of training batches from any step on; `part` is (rank, ranks): which slice of each batch.

    `ahead` batches are decoded while the caller works on one. With 0 decoding and training take turns, which on a CPU
    is faster: a decoding thread that takes the core of one of torch's threads keeps all the others waiting for it.
    `processes` decode, or else `threads` (0: one per core); None: processes where there are more than four cores.
    Photos that are stored are decoded in threads. `gpu` decodes what it can, and the images of batches then lie there.
    `waited` counts the seconds in which training waited for photos.
    """

    def __init__(
        self, photos: LabelledPhotos, recipe: Recipe, preprocessing: Preprocessing, part: tuple[int, int] = (0, 1),
        threads: int = 0, ahead: int = AHEAD, pin: bool = False, load: Load = decode.load, processes: int | None = 0,
        gpu: CudaDecoding | None = None,
    ):  # fmt: skip
        self.photos, self.recipe, self.preprocessing = photos, recipe, preprocessing
        self.slice = sampling.share(recipe.batch_size, *part)
        self.threads = threads or default_threads()
        self.processes = 0 if recipe.stored or gpu else default_processes() if processes is None else processes
        self.ahead, self.pin = ahead, pin
        self.order = sampling.Order(len(photos), recipe.seed, photos.starts)
        self.positions = geodesy.to_xyz(photos.latitude, photos.longitude)
        self.store = PixelStore(len(photos), recipe.stored, part[1]) if recipe.stored else None
        self.waited = 0.0
        self._window = -1
        self._load, self._gpu = load, gpu
        self._decoders = (
            DecodingProcesses(self.processes) if self.processes else DecodingThreads(self.threads, self._loaded)
        )

    def batches(self, first: int, stop: int) -> Generator[Batch, None, None]:
        """Yield the batches of steps `first` … `stop` − 1; TrainingError when 200 photos in a row cannot be read."""
        started: deque[_Started] = deque()
        following = iter(range(first, stop))
        try:
            for _ in range(first, stop):
                for step in itertools.islice(following, self.ahead + 1 - len(started)):
                    started.append(self._started(step))
                yield self._finished(started.popleft())
        finally:
            for each in started:
                each.decoding.cancel()

    def decoded(self, sources: Iterable[Any], preprocessing: Preprocessing) -> Iterator[NDArray[np.uint8] | InputError]:
        """Yield photos to validate on, in order, as `decode.load_many` does; in this loader's processes or threads."""
        if isinstance(self._decoders, DecodingProcesses):
            return self._decoders.decoded(sources, preprocessing)
        return decode.load_many(sources, preprocessing, self.threads)

    def close(self) -> None:
        """End the threads or processes; harmless to repeat."""
        self._decoders.close()
        if self._gpu:
            self._gpu.close()

    def _started(self, step: int) -> _Started:
        start = step * self.recipe.batch_size
        positions = np.arange(start + self.slice.start, start + self.slice.stop)
        self._read_ahead(start)
        epochs, photos = self.order.photos_at(positions)
        draws = sampling.uniforms(self.recipe.seed, epochs, photos, augment.DRAWS)
        count = len(positions)
        batch = Batch(
            self._images(count),
            torch.empty(count, dtype=torch.int64, pin_memory=self.pin),
            torch.empty((count, 3), dtype=torch.float64, pin_memory=self.pin),
            torch.empty((count, augment.DRAWS), dtype=torch.float64, pin_memory=self.pin),
            {},
        )
        self._label(batch, slice(None), photos, draws)
        # Written through NumPy: torch's copies would start OpenMP threads of their own under every decoding thread.
        return _Started(batch, positions, photos, self._decode(batch.images, photos, draws))

    def _finished(self, started: _Started) -> Batch:
        began = time.perf_counter()
        batch, photos, tried = started.batch, started.photos, 0
        rows = np.arange(len(photos))
        faults = started.decoding.finish()
        while True:
            batch.unreadable.update((int(p), why) for p, why in zip(photos, faults, strict=True) if why is not None)
            rows, faults = rows[[fault is not None for fault in faults]], [each for each in faults if each is not None]
            if not len(rows):
                break
            tried += 1  # the next photo of the epoch stands in, with its own random numbers
            found = [
                self.order.stand_in(int(started.positions[row]), tried, why)
                for row, why in zip(rows, faults, strict=True)
            ]
            epochs, photos = (np.array(each, np.int64) for each in zip(*found, strict=True))
            draws = sampling.uniforms(self.recipe.seed, epochs, photos, augment.DRAWS)
            self._label(batch, rows, photos, draws)
            pixels = self._images(len(rows))
            faults = self._decode(pixels, photos, draws).finish()
            batch.images[torch.from_numpy(rows)] = pixels
        self.waited += time.perf_counter() - began
        return batch

    def _read_ahead(self, start: int) -> None:
        """Where photos come in sequence: have the shards read from disk of which the next window's photos are."""
        if len(self.photos.starts) and (window := start // sampling.WINDOW) != self._window:
            self._window = window
            coming = np.arange(window * sampling.WINDOW, (window + 2) * sampling.WINDOW)
            firsts = self.photos.starts[self.order.shards_at(coming)].tolist()
            shards = [address[0] for first in firsts if (address := split_address(str(self.photos.sources[first])))]
            threading.Thread(target=deque, args=(map(read_ahead, shards), 0), daemon=True).start()

    def _label(
        self, batch: Batch, rows: slice | NDArray[np.int64], photos: NDArray[np.int64], draws: NDArray[np.float64]
    ) -> None:
        """Write what belongs to photos, other than their pixels, into their rows of a batch."""
        for tensor, values in zip(
            batch.tensors[1:], (self.photos.classes[photos], self.positions[photos], draws), strict=True
        ):
            tensor.numpy()[rows] = values

    def _images(self, count: int) -> Tensor:
        """Room for so many photos, where they are decoded to."""
        shape, gpu = (count, self.preprocessing.size, self.preprocessing.size, 3), self._gpu
        return torch.empty(
            shape, dtype=torch.uint8, device=gpu.device if gpu else None, pin_memory=self.pin and not gpu
        )

    def _decode(self, into: Tensor, photos: NDArray[np.int64], draws: NDArray[np.float64]) -> Decoding:
        boxes = [augment.crop_box(self.recipe, numbers) for numbers in draws]
        by_number = not (self.processes or self._gpu)
        named = photos.tolist() if by_number else [self.photos.sources[photo] for photo in photos.tolist()]
        items = list(zip(named, boxes, strict=True))
        if self._gpu:
            return self._gpu.start(into, items, self.preprocessing)
        return self._decoders.start(into.numpy(), items, self.preprocessing)

    def _loaded(self, photo: int, preprocessing: Preprocessing, box: Box | None) -> NDArray[np.uint8]:
        """A photo by its number, decoded in a thread."""
        source = self.photos.sources[photo]
        return (
            self.store.load(photo, source, preprocessing, box) if self.store else self._load(source, preprocessing, box)
        )


def default_threads() -> int:
    """Return how many threads decode: one per core, shared with torchrun's other processes here; 16 at most.

    >>> 1 <= default_threads() <= 16
    True
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(16, cores // max(1, int(os.environ.get("LOCAL_WORLD_SIZE", "1")))))


def default_processes() -> int:
    """Return how many processes decode: as many as threads would where these are more than four, else none.

    >>> 0 <= default_processes() <= 16
    True
    """
    return threads if (threads := default_threads()) > MANY_CORES else 0
