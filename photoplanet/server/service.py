"""What the endpoints share: the model and its batcher, the bounds, and how a request with photos is answered."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.requests import Request

from photoplanet.errors import InputError
from photoplanet.locate.answers import AnswerOptions
from photoplanet.locate.locator import Locator
from photoplanet.locate.prediction import Prediction
from photoplanet.photos import decode
from photoplanet.server import uploads
from photoplanet.server.admission import Room
from photoplanet.server.batching import Batcher
from photoplanet.server.limits import Limits
from photoplanet.server.metrics import Metrics
from photoplanet.server.problems import Problem
from photoplanet.server.security import Rates


class Service:
    """The model, its batcher, limits, room, rates and metrics; `library`: a `retrieval.library.matching.Library` or None."""

    def __init__(self, locator: Locator, limits: Limits, library: Any = None):
        self.locator, self.limits, self.library = locator, limits, library
        self.metrics, self.rates = Metrics(), Rates(limits.rate)
        self.room = Room(limits, self.metrics.watch)
        self.batcher = Batcher(locator, limits, self.metrics.watch)
        self._aside = {name: ThreadPoolExecutor(1, name) for name in ("album", "search")}

    async def stop(self) -> None:
        """Finish what is inside, then end the threads."""
        while self.room.photos:
            await asyncio.sleep(0.01)
        await self.batcher.stop()
        for thread in self._aside.values():
            thread.shutdown(wait=True)

    async def answer(self, request: Request, work: Callable[[list[uploads.Upload]], Awaitable[Any]]) -> Any:
        """Read the photos of a request, find room for them, and await `work`; Problem where a bound is passed."""
        with self.room.holding() as hold:
            found = await uploads.read(request, self.limits, hold)
            return await self.bounded(request, len(found), lambda: work(found))

    async def bounded(self, request: Request, photos: int, work: Callable[[], Awaitable[Any]]) -> Any:
        """Await work on so many photos within the client's rate, the room there is, and the time."""
        self.rates.spend(request.client.host if request.client else "", photos)
        with self.room.entered(photos):
            try:
                return await asyncio.wait_for(work(), self.limits.seconds)
            except asyncio.TimeoutError:  # another class than the built-in one before Python 3.11
                words = f"not answered within {self.limits.seconds:g} s; send fewer or smaller photos"
                raise Problem(504, words) from None

    async def one(self, photos: list[uploads.Upload], what: str) -> uploads.Upload:
        """The only photo of a request; Problem 400 where there are more, InputError where it has too many pixels."""
        if len(photos) != 1:
            raise Problem(400, f"{what} takes one photo, not {len(photos)}")
        await self.batcher.decode(_check_pixels, photos[0].content, self.limits.photo_pixels)
        return photos[0]

    async def aside(self, thread: str, work: Callable[..., Any], *arguments: Any) -> Any:
        """Infer an "album" or "search" the library, one of each at a time, while the network goes on for others."""
        return await asyncio.get_running_loop().run_in_executor(self._aside[thread], work, *arguments)

    def about(self) -> dict[str, Any]:
        """What each answer says of the model."""
        info = self.locator.info
        return {"model": info.name, "world": "toy" if info.is_toy else "real"}


def _check_pixels(content: bytes, most: int) -> None:
    with decode.opened(content, most):
        pass


def more(prediction: Prediction, name: str, form: AnswerOptions, shapes: bool, regions: bool) -> dict[str, Any]:
    """What is added to a photo's record where it is asked for.

    `shapes`: a GeoJSON FeatureCollection, its point unless it abstains, and the cells of its region; `regions`: the
    credible region at several shares.
    """
    from photoplanet.locate import geojson

    told: dict[str, Any] = {"regions": prediction.regions()} if regions else {}
    if not shapes:
        return told
    pointed = form.answer_always or not prediction.abstains
    features = geojson.features(prediction, name, form.region, form.precision, pointed)
    return {**told, "geojson": {"type": "FeatureCollection", "features": features}}


def unnamed(error: Exception | str) -> str:
    """An error's words without "photo bytes:", which is what a photo that came over the wire is called inside."""
    return str(error).removeprefix("photo bytes: ")


def nameless(error: InputError) -> InputError:
    """The same error in `unnamed` words."""
    return InputError(unnamed(error))
