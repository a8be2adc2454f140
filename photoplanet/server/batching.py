"""One model for all clients: photos that wait at the same time go through the network together."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.locate.locator import BATCH_SIZE, Locator
from photoplanet.locate.prediction import Prediction, prepare
from photoplanet.photos import images
from photoplanet.server.limits import Limits

Finish = Callable[[Prediction], Any]


class _Waiting(NamedTuple):
    pixels: np.ndarray
    finish: Finish | None
    answer: asyncio.Future


class Batcher:
    """Decodes on one thread per core and runs the network on one more, in batches of whatever is ready."""

    def __init__(
        self, locator: Locator, limits: Limits, watch: Callable[[str, float], None] = lambda name, value: None
    ):
        self.locator, self.limits, self.watch = locator, limits, watch
        self._decoders = ThreadPoolExecutor(min(8, os.cpu_count() or 1), "decode")
        self._network = ThreadPoolExecutor(1, "network")
        self._ready: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._worker: asyncio.Task | None = None

    def start(self) -> None:
        """Begin to take photos; call it in the running event loop."""
        self._worker = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """End the threads; nobody may wait any more."""
        if self._worker:
            self._worker.cancel()
            with suppress(asyncio.CancelledError):
                await self._worker
        self._decoders.shutdown(wait=True)
        self._network.shutdown(wait=True)

    async def see(self, content: bytes) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """One photo → log-probabilities (classes,) and embedding (d,); InputError for one that cannot be read.

        Whoever no longer waits is passed over.
        """
        return await self._through(content, None)

    async def locate(self, content: bytes, finish: Finish) -> Any:
        """One photo → what `finish` makes of its Prediction, on the network's thread; errors as `see`."""
        return await self._through(content, finish)

    async def _through(self, content: bytes, finish: Finish | None) -> Any:
        pixels = await self.decode(self._decode, content)
        answer: asyncio.Future = asyncio.get_running_loop().create_future()
        self._ready.put_nowait(_Waiting(pixels, finish, answer))
        return await answer

    async def decode(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Run other work beside the decoding of photos."""
        return await asyncio.get_running_loop().run_in_executor(self._decoders, work, *arguments)

    async def run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Run work with the model on the network's thread, one at a time."""
        return await asyncio.get_running_loop().run_in_executor(self._network, work, *arguments)

    def _decode(self, content: bytes) -> np.ndarray:
        return images.load(content, self.locator.info.preprocessing, max_pixels=self.limits.photo_pixels)

    async def _work(self) -> None:
        while True:
            batch = [await self._ready.get()]
            while len(batch) < BATCH_SIZE and not self._ready.empty():
                batch.append(self._ready.get_nowait())
            batch = [waiting for waiting in batch if not waiting.answer.done()]  # the others' clients have gone
            if not batch:
                continue
            self.watch("batch", len(batch))
            try:
                found = await self.run(self._predict, batch)
            except Exception as error:  # whatever it is, those who wait must hear of it, and the next batch must run
                found = [error] * len(batch)
            for waiting, result in zip(batch, found, strict=True):
                if waiting.answer.done():
                    continue
                if isinstance(result, Exception):
                    waiting.answer.set_exception(result)
                else:
                    waiting.answer.set_result(result)

    def _predict(self, batch: list[_Waiting]) -> list[Any]:
        found, embeddings = self.locator.log_probabilities(np.stack([waiting.pixels for waiting in batch]))
        predictions = {
            number: self.locator.prediction(np.exp(found[number]), embeddings[number])
            for number, waiting in enumerate(batch)
            if waiting.finish
        }
        prepare(list(predictions.values()))
        results: list[Any] = []
        for number, waiting in enumerate(batch):
            try:
                if waiting.finish:
                    results.append(waiting.finish(predictions[number]))
                else:
                    results.append((found[number].copy(), embeddings[number].copy()))
            except Exception as error:  # of this photo only
                results.append(error)
        return results
