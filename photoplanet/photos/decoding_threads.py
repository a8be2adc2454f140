"""Photos decoded in threads of this process, as `decoding_processes` does it in others."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.errors import InputError
from photoplanet.photos import decode
from photoplanet.photos.decode import Box, Preprocessing

CHUNK = 4  # photos a task
Load = Callable[[Any, Preprocessing, Box | None], NDArray[np.uint8]]


class DecodingThreads:
    """So many threads that decode photos with `load`; they end with `close`.

    >>> threads, pixels = DecodingThreads(1), np.zeros((2, 16, 16, 3), np.uint8)
    >>> items = [(np.full((30, 40, 3), 9, np.uint8), None), ("/no/such.jpg", None)]
    >>> threads.start(pixels, items, Preprocessing(size=16)).finish()
    [None, '/no/such.jpg: no such file; check the path']
    >>> pixels[0, 0, 0].tolist()
    [9, 9, 9]
    >>> threads.close()
    """

    def __init__(self, threads: int, load: Load = decode.load):
        self._load, self._pool = load, ThreadPoolExecutor(threads, thread_name_prefix="decode")

    def start(
        self, into: NDArray[np.uint8], items: Sequence[tuple[Any, Box | None]], preprocessing: Preprocessing
    ) -> "Decoding":
        """Begin to decode photos into `into`, uint8 (n, size, size, 3)."""
        jobs = []
        for start in range(0, len(items), CHUNK):
            some = slice(start, start + CHUNK)
            jobs.append(self._pool.submit(self._fill, into[some], items[some], preprocessing))
        return Decoding(jobs)

    def close(self) -> None:
        """End the threads; harmless to repeat."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _fill(
        self, into: NDArray[np.uint8], items: Sequence[tuple[Any, Box | None]], preprocessing: Preprocessing
    ) -> list[str | None]:
        faults: list[str | None] = []
        for row, (source, box) in enumerate(items):
            try:
                into[row] = self._load(source, preprocessing, box)
                faults.append(None)
            except InputError as error:
                faults.append(str(error))
        return faults


class Decoding:
    """Photos under way, from `DecodingThreads.start`."""

    def __init__(self, futures: list[Future[list[str | None]]]):
        self._futures = futures

    def finish(self) -> list[str | None]:
        """Wait for the photos; return for each None, or why it cannot be read."""
        return [fault for future in self._futures for fault in future.result()]

    def cancel(self) -> None:
        """Give up what has not begun, and wait for what has."""
        for future in self._futures:
            if not future.cancel():
                future.exception()
