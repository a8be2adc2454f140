"""One model for all clients: photos that wait at the same time go through the network together."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from photoplanet.errors import InputError
from photoplanet.locate.locator import BATCH_SIZE, Locator
from photoplanet.locate.prediction import Prediction
from photoplanet.photos import images
from photoplanet.server.limits import Limits
from photoplanet.server.problems import Problem

BUSY_SECONDS = 2  # what a client is asked to wait when there is no room


class _Waiting(NamedTuple):
    pixels: np.ndarray
    finish: Callable[[Prediction], Any]
    answer: asyncio.Future


class Batcher:
    """Decodes on one thread per core and runs the network on one more, in batches of whatever is ready.

    At most `limits.waiting` photos are inside at a time; more are refused with 503, so that nothing piles up.
    """

    def __init__(
        self, locator: Locator, limits: Limits, watch: Callable[[str, float], None] = lambda name, value: None
    ):
        self.locator, self.limits, self.watch = locator, limits, watch
        self.inside = 0
        self._decoders = ThreadPoolExecutor(min(8, os.cpu_count() or 1), "decode")
        self._network = ThreadPoolExecutor(1, "network")
        self._ready: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._worker: asyncio.Task | None = None

    def start(self) -> None:
        """Begin to take photos; call it in the running event loop."""
        self._worker = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Finish what is inside, then end the threads."""
        while self.inside:
            await asyncio.sleep(0.01)
        if self._worker:
            self._worker.cancel()
            with suppress(asyncio.CancelledError):
                await self._worker
        self._decoders.shutdown(wait=True)
        self._network.shutdown(wait=True)

    def enter(self, photos: int) -> None:
        """Take room for photos, to be given back by `leave`; Problem 503 where there is none."""
        if self.inside + photos > self.limits.waiting:
            raise Problem(503, f"busy: {self.inside} photos are waiting; try again", {"Retry-After": str(BUSY_SECONDS)})
        self.inside += photos
        self.watch("waiting", self.inside)

    def leave(self, photos: int) -> None:
        """Give room back."""
        self.inside -= photos
        self.watch("waiting", self.inside)

    async def locate(self, content: bytes, finish: Callable[[Prediction], Any] = lambda found: found) -> Any:
        """One photo → what `finish` makes of its Prediction, on the network's thread; InputError if unreadable."""
        loop = asyncio.get_running_loop()
        pixels = await loop.run_in_executor(self._decoders, self._decode, content)
        answer: asyncio.Future = loop.create_future()
        self._ready.put_nowait(_Waiting(pixels, finish, answer))
        return await answer

    async def run(self, work: Callable[[], Any]) -> Any:
        """Run other work with the model on the network's thread, one at a time."""
        return await asyncio.get_running_loop().run_in_executor(self._network, work)

    def _decode(self, content: bytes) -> np.ndarray:
        return images.load(content, self.locator.info.preprocessing, max_pixels=self.limits.photo_pixels)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            batch = [await self._ready.get()]
            while len(batch) < BATCH_SIZE and not self._ready.empty():
                batch.append(self._ready.get_nowait())
            self.watch("batch", len(batch))
            try:
                found = await loop.run_in_executor(self._network, self._predict, batch)
            except Exception as error:  # whatever it is, those who wait must hear of it, and the next batch must run
                found = [error] * len(batch)
            for waiting, result in zip(batch, found, strict=True):
                if waiting.answer.done():  # its client has gone
                    continue
                if isinstance(result, Exception):
                    waiting.answer.set_exception(result)
                else:
                    waiting.answer.set_result(result)

    def _predict(self, batch: list[_Waiting]) -> list[Any]:
        pixels = [waiting.pixels for waiting in batch]
        found = self.locator.locate_many(pixels, batch_size=len(batch), decode_threads=0)
        results: list[Any] = []
        for waiting, (_, prediction) in zip(batch, found, strict=True):
            try:
                results.append(prediction if isinstance(prediction, InputError) else waiting.finish(prediction))
            except Exception as error:  # of this photo only
                results.append(error)
        return results
