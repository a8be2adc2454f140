"""Photos decoded in processes, straight into memory that is shared with them: threads stop helping at about four.

The workers import nothing but what decodes, so that they start in a fraction of a second and take little memory.
"""

import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import shared_memory
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.workers import process_pool
from photoplanet.errors import InputError, WorkerError
from photoplanet.photos import decode
from photoplanet.photos.decode import Box, Preprocessing
from photoplanet.photos.pixel_limit import current

CHUNK = 8  # photos a task: small tasks keep all processes busy to the end of a batch
AT_ONCE = 64  # photos that are decoded together where they make no batches
MANY_CORES, MANY_PHOTOS = 4, 500  # with more cores, and for so many photos, processes are worth their start
MOST_PROCESSES = 16
_SPARE = 256 << 20  # bytes of shared memory without which nobody starts processes unasked
SHARED = Path("/dev/shm")  # where Linux keeps shared memory, of which containers may have little
Item = tuple[Any, Box | None]  # a source and the part of it, as `decode.load` takes them

_attached: dict[str, shared_memory.SharedMemory] = {}  # in a worker


class DecodingProcesses:
    """So many processes that decode photos; they start with the first ones, and end with `close` or their parent.

    What is under way at a time is the caller's to bound: each `start` that is not finished holds its pixels once more.
    """

    def __init__(self, processes: int):
        self.processes = processes
        self._pool: ProcessPoolExecutor | None = None
        self._free: list[shared_memory.SharedMemory] = []
        self._all: list[shared_memory.SharedMemory] = []

    def start(self, into: NDArray[np.uint8], items: Sequence[Item], preprocessing: Preprocessing) -> "Decoding":
        """Begin to decode photos for `into`, uint8 (n, size, size, 3), which gets them when the result is finished.

        InputError where there is too little shared memory.
        """
        self._pool = self._pool or process_pool(self.processes)
        block = self._block(into.nbytes)
        futures = []
        try:
            for start in range(0, len(items), CHUNK):
                some = list(items[start : start + CHUNK])
                futures.append(self._pool.submit(_fill, block.name, start, some, preprocessing, current()))
        except BrokenProcessPool:
            raise _killed() from None
        return Decoding(into, block, futures, self._free.append)

    def decoded(self, sources: Iterable[Any], preprocessing: Preprocessing) -> Iterator[NDArray[np.uint8] | InputError]:
        """Yield photos as `decode.load_many` does, in the order of `sources`: a bounded number is under way."""
        rest, started = iter(sources), deque[tuple[NDArray[np.uint8], Decoding]]()
        most = 1 + -(-2 * self.processes * CHUNK // AT_ONCE)  # enough for all processes, and one that is used
        try:
            while True:
                while len(started) < most and (some := list(islice(rest, AT_ONCE))):
                    into = np.empty((len(some), preprocessing.size, preprocessing.size, 3), np.uint8)
                    started.append((into, self.start(into, [(source, None) for source in some], preprocessing)))
                if not started:
                    return
                pixels, decoding = started.popleft()
                for row, fault in enumerate(decoding.finish()):
                    yield pixels[row] if fault is None else InputError(fault)
        finally:
            for _, decoding in started:
                decoding.cancel()

    def close(self) -> None:
        """End the processes and give the memory back; harmless to repeat."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
        for block in self._all:
            block.close()
            block.unlink()
        self._all, self._free = [], []

    def _block(self, size: int) -> shared_memory.SharedMemory:
        for block in self._free:
            if block.size >= size:
                self._free.remove(block)
                return block
        if SHARED.is_dir() and (free := shutil.disk_usage(SHARED).free) < size:
            raise InputError(
                f"decoding in processes needs {size / 1e6:,.0f} MB more of shared memory, and {free / 1e6:,.0f} MB are "
                "free; let the container have more (--shm-size), or decode in threads with --processes 0"
            )
        self._all.append(shared_memory.SharedMemory(create=True, size=max(1, size)))
        return self._all[-1]


def load_many(
    sources: Iterable[Any], preprocessing: Preprocessing, processes: int
) -> Iterator[NDArray[np.uint8] | InputError]:
    """Yield photos as `decode.load_many` does, in the order of `sources`, decoded in so many processes.

    They end with the iterator. `WorkerError` where one was killed; InputError where shared memory is too small.

    >>> good, bad = load_many(["no/such.jpg", np.zeros((30, 40, 3), np.uint8)], Preprocessing(size=16), 1)
    >>> str(good), bad.shape
    ('no/such.jpg: no such file; check the path', (16, 16, 3))
    """
    decoders = DecodingProcesses(processes)
    try:
        yield from decoders.decoded(sources, preprocessing)
    finally:
        decoders.close()


def worthwhile(sources: Iterable[Any], cores: int | None = None) -> int:
    """Return how many processes to decode photos in, for at most so many cores (None: all); 0: in threads.

    Many files on many cores: what else there is would have to be sent, and starting processes takes a second.

    >>> worthwhile(["a.jpg"] * 1000, 16) in (0, 16), worthwhile(["a.jpg"], 16)
    (True, 0)
    """
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cores = min(MOST_PROCESSES, here if cores is None else cores)
    if cores <= MANY_CORES or not isinstance(sources, Sized) or len(sources) < MANY_PHOTOS:
        return 0
    if not all(isinstance(source, str | os.PathLike) for source in sources):
        return 0
    return cores if not SHARED.is_dir() or shutil.disk_usage(SHARED).free >= _SPARE else 0


class Decoding:
    """Photos under way, from `DecodingProcesses.start`."""

    def __init__(
        self, into: NDArray[np.uint8], block: shared_memory.SharedMemory, futures: list[Future[list[str | None]]],
        release: Callable[[shared_memory.SharedMemory], None],
    ):  # fmt: skip
        self._into, self._block, self._futures, self._release = into, block, futures, release

    def finish(self) -> list[str | None]:
        """Wait for the photos; return for each None, or why it cannot be read. WorkerError: a process was killed."""
        try:
            faults = [fault for future in self._futures for fault in future.result()]
        except BrokenProcessPool:
            raise _killed() from None
        np.copyto(self._into, np.ndarray(self._into.shape, np.uint8, self._block.buf))
        self._release(self._block)
        return faults

    def cancel(self) -> None:
        """Give up what has not begun, and wait for what has."""
        for future in self._futures:
            if not future.cancel():
                future.exception()
        self._release(self._block)


def _killed() -> WorkerError:
    return WorkerError(
        "a process that decodes photos was killed, as a rule because memory ran out; use fewer --processes or "
        "--threads, and run the same command again"
    )


def _fill(
    block: str, start: int, items: list[Item], preprocessing: Preprocessing, max_pixels: int
) -> list[str | None]:  # fmt: skip
    """Decode photos into their rows of shared memory; for each None, or why it cannot be read."""
    if block not in _attached:
        _attached[block] = shared_memory.SharedMemory(block)
    size, faults = preprocessing.size, list[str | None]()
    each = size * size * 3
    for row, (source, box) in enumerate(items, start=start):
        try:
            pixels = decode.load(source, preprocessing, box, max_pixels)
        except InputError as error:
            faults.append(str(error))
            continue
        np.ndarray(pixels.shape, np.uint8, _attached[block].buf, row * each)[:] = pixels
        faults.append(None)
    return faults
