"""What the endpoints share: the model and its batcher, the bounds, and how a request with photos is answered."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Literal, TypeVar

from starlette.requests import Request

from photoplanet.explain.occlusion import BATCH
from photoplanet.locate.locator import Locator
from photoplanet.locate.without_model import WithoutModel
from photoplanet.photos import decode
from photoplanet.server import uploads
from photoplanet.server.admission import Admission
from photoplanet.server.batching import STOP_SECONDS, Batcher
from photoplanet.server.finder import Finder
from photoplanet.server.first_look import looking
from photoplanet.server.lanes import SENDER, Lane, turn
from photoplanet.server.limits import Limits
from photoplanet.server.metrics import Metrics
from photoplanet.server.problems import Problem
from photoplanet.server.rate_limit import RateLimit
from photoplanet.server.uploads import Fields, Upload
from photoplanet.server.workers import Workers

if TYPE_CHECKING:
    from photoplanet.retrieval.library.matching import Library

LOOK_SECONDS = 0.01  # between looks at whether the last photo has been answered
NO_MODEL = "this server has no model, so there is no network to explain; places come from what stands in photos"
Aside = Literal["album", "search", "areas"]
T = TypeVar("T")


class Service:
    """A loaded model, its batcher and metrics, and the bounds on what it takes; `library`: for /v1/similar, or None.

    `finder` looks for evidence beside the model; `model`: whether there is a network at all. `workers`: processes that
    decode photos; 0: threads do.
    """

    def __init__(self, locator: Locator, limits: Limits, library: "Library | None" = None, workers: int = 0):
        self.locator, self.limits, self.library = locator, limits, library
        self.model = not isinstance(locator.bundle, WithoutModel)
        self.metrics, self.rate_limit = Metrics(), RateLimit(limits.rate)
        self.admission = Admission(limits, self.metrics.waiting.set)
        look = looking(locator.info.preprocessing, limits.photo_pixels)
        counted = self.metrics.replaced.inc
        self.workers = Workers(workers, look, limits.photo_bytes, limits.seconds, counted) if workers else None
        self.metrics.workers.set(workers)
        self.batcher = Batcher(locator, look, self.metrics.batches.observe, self.workers)
        self.finder = Finder(locator, limits, self.metrics)
        self._aside: dict[Aside, Lane] = {
            "album": Lane("album"),
            "search": Lane("search"),
            "areas": Lane("areas"),
        }

    async def stop(self) -> None:
        """Finish what is inside, for as long as a request has; then end the threads."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.limits.seconds
        while self.admission.photos and loop.time() < until:
            await asyncio.sleep(LOOK_SECONDS)
        await self.batcher.stop()
        for lane in self._aside.values():
            await loop.run_in_executor(None, lane.stop, STOP_SECONDS)
        await loop.run_in_executor(None, self.finder.stop, STOP_SECONDS)

    async def answer(
        self, request: Request, work: Callable[[list[Upload]], Awaitable[T]], runs: int = 1, tracks: bool = False,
        fields: Fields | None = None,
    ) -> T:  # fmt: skip
        """Read the photos of a request, admit them, and await `work`; Problem where a bound is passed.

        `runs`: of the network for each photo. `tracks`, `fields`: as `uploads.read`.
        """
        with self.admission.memory() as reserve:
            photos = await uploads.read(request, self.limits, reserve, tracks, fields)
            return await self.bounded(request, len(photos), lambda: work(photos), runs)

    async def bounded(self, request: Request, photos: int, work: Callable[[], Awaitable[T]], runs: int = 1) -> T:
        """Await work on so many photos, within the client's rate, the bound on photos inside, and the time.

        `runs` of the network for each: all of them count for the rate, and for the room those that wait at a time.
        """
        SENDER.set((request.client.host, request.client.port) if request.client else ("", 0))
        self.rate_limit.spend(SENDER.get()[0], photos * runs)
        room = min(photos * min(runs, BATCH), max(photos, self.limits.waiting))
        with self.admission.admit(room):
            try:
                return await asyncio.wait_for(work(), self.limits.seconds)
            except asyncio.TimeoutError:  # another class than the built-in one before Python 3.11
                words = f"not answered within {self.limits.seconds:g} s; send fewer or smaller photos"
                raise Problem(504, words) from None

    async def one(self, photos: list[Upload], what: str) -> Upload:
        """The only photo of a request; Problem 400 where there are more, InputError where it has too many pixels."""
        if len(photos) != 1:
            raise Problem(400, f"{what} takes one photo, not {len(photos)}")
        await self.batcher.decode(_check_pixels, photos[0].content, self.limits.photo_pixels)
        return photos[0]

    async def aside(self, lane: Aside, work: Callable[[], T]) -> T:
        """Infer an album or search the library, one of each at a time, while the network goes on for others."""
        return await turn(self._aside[lane], work)


def _check_pixels(content: bytes, most: int) -> None:
    with decode.opened(content, most):
        pass
