"""One model for all clients: photos that wait at the same time go through the network together."""

import asyncio
import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from photoplanet.locate.locator import BATCH_SIZE, Locator
from photoplanet.locate.prediction import Prediction, prepare
from photoplanet.photos import decode as images
from photoplanet.server.limits import Limits

MAX_DECODERS = 8  # threads
Seen = tuple[NDArray[np.float32], NDArray[np.float32]]
T = TypeVar("T")


@dataclass
class _Waiting:
    """A photo or, with `work`, something else that needs the network's thread; `pixels` once it is decoded."""

    answer: asyncio.Future[Any]
    content: bytes = b""
    report: Callable[[Prediction], Any] | None = None
    work: Callable[[], Any] | None = None
    pixels: NDArray[np.uint8] | None = None


class Batcher:
    """Decodes on one thread per core and runs the network on one more, in batches of whatever is ready.

    Photos go from thread to thread without the event loop, which hears of each batch once. `observe` gets the size of
    each batch.
    """

    def __init__(self, locator: Locator, limits: Limits, observe: Callable[[int], object] = lambda photos: None):
        self.locator, self.limits, self._observe = locator, limits, observe
        self._decoders = ThreadPoolExecutor(min(MAX_DECODERS, os.cpu_count() or 1), "decode")
        self._network = threading.Thread(target=self._work, name="network", daemon=True)
        self._ready: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()

    @property
    def ready(self) -> int:
        """How many decoded photos, and how much other work, wait for the network."""
        return self._ready.qsize()

    def start(self) -> None:
        """Begin to take photos; call it in the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._network.start()

    async def stop(self) -> None:
        """End the threads; nothing may be waited for any more."""
        self._ready.put(None)
        self._decoders.shutdown(wait=True)
        self._network.join()

    async def see(self, content: bytes) -> Seen:
        """One photo → log-probabilities (classes,) and embedding (d,), float32.

        Raises InputError for a photo that cannot be read. One that is no longer waited for is passed over.
        """
        seen: Seen = await self._decoded(_Waiting(self._loop.create_future(), content))
        return seen

    async def locate(self, content: bytes, report: Callable[[Prediction], T]) -> T:
        """One photo → what `report` makes of its Prediction, on the network's thread; errors as `see`."""
        found: T = await self._decoded(_Waiting(self._loop.create_future(), content, report))
        return found

    async def run(self, work: Callable[[], T]) -> T:
        """Run work with the model on the network's thread, between batches."""
        waiting = _Waiting(self._loop.create_future(), work=work)
        self._ready.put(waiting)
        found: T = await waiting.answer
        return found

    async def decode(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run other work beside the decoding of photos."""
        return await self._loop.run_in_executor(self._decoders, work, *arguments)

    async def _decoded(self, waiting: _Waiting) -> Any:
        self._decoders.submit(self._decode, waiting)
        return await waiting.answer

    def _decode(self, waiting: _Waiting) -> None:
        if waiting.answer.done():
            return
        try:
            pixels = images.load(waiting.content, self.locator.info.preprocessing, max_pixels=self.limits.photo_pixels)
        except Exception as error:
            self._loop.call_soon_threadsafe(self._deliver, [waiting], [error])
        else:
            waiting.pixels, waiting.content = pixels, b""
            self._ready.put(waiting)

    def _work(self) -> None:
        """The network's thread: batches, and other work in its turn, until a None comes."""
        following: list[_Waiting | None] = []
        while (first := following.pop() if following else self._ready.get()) is not None:
            batch = [first]
            while first.work is None and len(batch) < BATCH_SIZE and not self._ready.empty():
                more = self._ready.get()
                if more is None or more.work is not None:
                    following.append(more)
                    break
                batch.append(more)
            batch = [waiting for waiting in batch if not waiting.answer.done()]  # not those whose clients have gone
            if not batch:
                continue
            try:
                found = self._predict(batch) if first.work is None else [first.work()]
            except Exception as error:  # whatever it is: the clients get it, and the next batch must run
                found = [error] * len(batch)
            self._loop.call_soon_threadsafe(self._deliver, batch, found)

    def _deliver(self, batch: list[_Waiting], found: list[Any]) -> None:
        """In the event loop: hand out the answers that are still waited for."""
        for waiting, result in zip(batch, found, strict=True):
            if waiting.answer.done():
                continue
            if isinstance(result, Exception):
                waiting.answer.set_exception(result)
            else:
                waiting.answer.set_result(result)

    def _predict(self, batch: list[_Waiting]) -> list[Any]:
        self._observe(len(batch))
        pixels = [waiting.pixels for waiting in batch if waiting.pixels is not None]
        found, embeddings = self.locator.log_probabilities(np.stack(pixels))
        predictions = {
            number: self.locator.prediction(np.exp(found[number]), embeddings[number])
            for number, waiting in enumerate(batch)
            if waiting.report
        }
        prepare(list(predictions.values()))
        results: list[Any] = []
        for number, waiting in enumerate(batch):
            try:
                if waiting.report:
                    results.append(waiting.report(predictions[number]))
                else:
                    results.append((found[number].copy(), embeddings[number].copy()))
            except Exception as error:  # of this photo only
                results.append(error)
        return results
