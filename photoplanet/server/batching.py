"""One model for all clients: photos that wait at the same time go through the network together."""

import asyncio
import os
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from photoplanet.locate import own_place
from photoplanet.locate.locator import BATCH_SIZE, Locator
from photoplanet.locate.own_place import OwnPlace
from photoplanet.locate.prediction import Prediction, prepare
from photoplanet.photos import decoding_cost
from photoplanet.server.first_look import FirstLook, Look
from photoplanet.server.lanes import SENDER, Lane
from photoplanet.server.workers import Job, Workers

MAX_DECODERS = 8  # threads
STOP_SECONDS = 1.0  # that a thread has to end, of each lane
Seen = tuple[NDArray[np.float32], NDArray[np.float32], float | None]
T = TypeVar("T")
Report: TypeAlias = Callable[[Prediction, OwnPlace | None], T]
Then: TypeAlias = Callable[["_Waiting", Any], None]


@dataclass
class _Waiting:
    """A photo or, with `work`, something else that needs the network's thread; `look` once it is decoded."""

    answer: asyncio.Future[Any]
    content: bytes = b""
    report: Report[Any] | None = None
    work: Callable[[], Any] | None = None
    look: FirstLook | None = None


class Batcher:
    """Decodes in `workers`, or (None) on one thread per core, and runs the network on one more thread.

    The network gets batches of whatever is ready. Photos that are heavy to decode have a thread of their own, so that
    others pass them. `look` is what is done with a photo first. Photos go from thread to thread without the event loop,
    which hears of each batch once. `observe` gets the size of each batch.
    """

    def __init__(
        self, locator: Locator, look: Look, observe: Callable[[int], object] = lambda photos: None,
        workers: Workers | None = None,
    ):  # fmt: skip
        self.locator, self._seen, self._observe, self._workers = locator, look, observe, workers
        self._decoders = Lane("decode", min(MAX_DECODERS, os.cpu_count() or 1))
        self._heavy = Lane("decode-heavy")
        self._network = threading.Thread(target=self._work, name="network", daemon=True)
        self._changed = threading.Condition()
        self._ready: deque[_Waiting] = deque()  # decoded photos
        self._others: deque[_Waiting] = deque()  # other work for the network
        self._stopped = False

    @property
    def ready(self) -> int:
        """How many decoded photos, and how much other work, wait for the network."""
        return len(self._ready) + len(self._others)

    def start(self) -> None:
        """Begin to take photos; call it in the running event loop."""
        self._loop = asyncio.get_running_loop()
        if self._workers is not None:
            self._workers.start()
        self._network.start()

    async def stop(self) -> None:
        """End the threads; nothing may be waited for any more. What cannot be broken off is left behind."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for each in (self._workers, self._decoders, self._heavy):
            if each is not None:
                await self._loop.run_in_executor(None, each.stop, STOP_SECONDS)
        await self._loop.run_in_executor(None, self._network.join, STOP_SECONDS)

    async def see(self, content: bytes) -> Seen:
        """One photo → log-probabilities (classes,) and embedding (d,), float32, and how unknown it is.

        Raises InputError for a photo that cannot be read. One that is no longer waited for is passed over.
        """
        seen: Seen = await self._decoded(_Waiting(self._loop.create_future(), content))
        return seen

    async def locate(self, content: bytes, report: Report[T]) -> T:
        """One photo → what `report` makes of its Prediction and the place that it states; errors as `see`.

        `report` runs on the network's thread.
        """
        found: T = await self._decoded(_Waiting(self._loop.create_future(), content, report))
        return found

    async def pixels(self, content: bytes) -> NDArray[np.uint8]:
        """One photo → uint8 (size, size, 3), as the network takes it; errors as `see`."""
        waiting = _Waiting(self._loop.create_future(), content)
        self._look(waiting, own=False)
        found: FirstLook = await waiting.answer
        return found.pixels

    async def run(self, work: Callable[[], T]) -> T:
        """Run work with the model on the network's thread, where it takes turns with batches of photos."""
        waiting = _Waiting(self._loop.create_future(), work=work)
        self._put(self._others, waiting)
        found: T = await waiting.answer
        return found

    async def decode(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run other work on the threads for decoding."""
        waiting = _Waiting(self._loop.create_future())
        self._begin(waiting, lambda photo: work(*arguments), self._decoders)
        found: T = await waiting.answer
        return found

    async def _decoded(self, waiting: _Waiting) -> Any:
        self._look(waiting, waiting.report is not None, self._to_network)
        return await waiting.answer

    def _look(self, waiting: _Waiting, own: bool, then: Then | None = None) -> None:
        """Decode a photo in a worker, or on a thread where there are none."""
        self._begin(waiting, partial(self._seen, own=own), self._decoders, then, own)

    def _to_network(self, waiting: _Waiting, found: FirstLook) -> None:
        waiting.look, waiting.content = found, b""
        self._put(self._ready, waiting)

    def _begin(
        self, waiting: _Waiting, work: Callable[[bytes], Any], where: Lane, then: Then | None = None,
        own: bool | None = None,
    ) -> None:  # fmt: skip
        """Do work with a photo in its sender's turn; what is heavy to decode goes to the thread for that.

        `own`: of a first look, which a worker takes where there are any.
        """
        sender, photo = SENDER.get(), waiting.content

        def deliver(found: Any) -> None:
            if isinstance(found, decoding_cost.Heavy):
                self._heavy.submit(sender, lambda: deliver(attempt()))
            elif then is None or isinstance(found, Exception):
                self._loop.call_soon_threadsafe(self._deliver, [waiting], [found])
            elif not waiting.answer.done():
                then(waiting, found)

        def attempt() -> Any:
            try:
                return None if waiting.answer.done() else work(photo)
            except (Exception, decoding_cost.Heavy) as error:
                return error

        def light() -> None:
            with decoding_cost.only_light():
                found = attempt()
            deliver(found)

        if self._workers is not None and own is not None:
            self._workers.submit(sender, Job(photo, own, deliver, waiting.answer.done))
        else:
            where.submit(sender, light)

    def _put(self, queue: deque[_Waiting], waiting: _Waiting) -> None:
        with self._changed:
            queue.append(waiting)
            self._changed.notify()

    def _work(self) -> None:
        """The network's thread: a batch of photos and a piece of other work by turns, until it is stopped."""
        while True:
            with self._changed:
                while not self._ready and not self._others and not self._stopped:
                    self._changed.wait()
                if self._stopped:
                    return
                batch = [self._ready.popleft() for _ in range(min(BATCH_SIZE, len(self._ready)))]
                other = self._others.popleft() if self._others else None
            self._answer(batch, self._predict)
            if other is not None:
                self._answer([other], lambda one: [one[0].work()] if one[0].work else [])

    def _answer(self, batch: list[_Waiting], work: Callable[[list[_Waiting]], list[Any]]) -> None:
        batch = [waiting for waiting in batch if not waiting.answer.done()]  # not those whose clients have gone
        if not batch:
            return
        try:
            found = work(batch)
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
        looks = [waiting.look for waiting in batch if waiting.look is not None]
        seen = self.locator.see(np.stack([each.pixels for each in looks]))
        found, embeddings = seen.log_probabilities, seen.embeddings
        predictions = {
            number: self.locator.prediction(np.exp(found[number]), embeddings[number], None, seen.unknown_of(number))
            for number, waiting in enumerate(batch)
            if waiting.report
        }
        prepare(list(predictions.values()))
        own_place.look_up(each.own for each in looks)
        results: list[Any] = []
        for number, waiting in enumerate(batch):
            try:
                if waiting.report:
                    results.append(waiting.report(predictions[number], looks[number].own))
                else:
                    results.append((found[number].copy(), embeddings[number].copy(), seen.unknown_of(number)))
            except Exception as error:  # of this photo only
                results.append(error)
        return results
