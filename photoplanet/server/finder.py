"""Evidence in photos, beside the network: text is read on threads of its own, in turns, and for a bounded time."""

import asyncio
import contextlib
import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from photoplanet.clues.collect import Collector, Found, Read
from photoplanet.errors import InputError, PhotoplanetError
from photoplanet.locate import joining
from photoplanet.locate.locator import Locator
from photoplanet.locate.prediction import Prediction
from photoplanet.photos import decode, decoding_cost
from photoplanet.server import problems
from photoplanet.server.lanes import SENDER, Lane, turn
from photoplanet.server.limits import Limits
from photoplanet.server.metrics import Metrics
from photoplanet.signs.line import Reading

PATIENCE = 0.5  # of the time that a request has: photos whose text was not read by then are answered without it
LATE = "too many photos wait for their text to be read; send this one again, or fewer at a time"
NOTHING = Found(None, ())
T = TypeVar("T")


@dataclass(frozen=True)
class Looked:
    """What was found in one photo; `unread`: why its text was not read although it was asked for, None if it was."""

    found: Found
    unread: str | None = None


class Finder:
    """Looks for evidence in photos with a locator's collector; there is nothing to find where it has none.

    Senders take turns, and photos that are heavy to decode have a thread of their own, so that others pass them.
    """

    def __init__(self, locator: Locator, limits: Limits, metrics: Metrics):
        self._locator, self._limits, self._metrics = locator, limits, metrics
        self._collector = locator.collector
        names = ("signs", "signs-heavy", "clues") if self.looks else ()
        self._lanes = {name: Lane(name) for name in names}

    @property
    def looks(self) -> bool:
        """Whether there is anything to find."""
        return self._collector is not None

    @property
    def reads(self) -> bool:
        """Whether text is read."""
        return self._collector is not None and self._collector.read is not None

    @property
    def minds_clocks(self) -> bool:
        """Whether the camera's clock counts."""
        return self._collector is not None and self._collector.clock

    def warm(self) -> None:
        """Begin to make ready what the first photo would otherwise wait for; returns at once."""
        if self.looks:
            self._lanes["signs"].submit(SENDER.get(), self._rehearse)

    def stop(self, seconds: float) -> None:
        """End the threads, waiting at most so long for each."""
        for lane in self._lanes.values():
            lane.stop(seconds)

    def begin(self, content: bytes, signs: bool, clock: bool, given: Reading | None) -> "asyncio.Task[Looked]":
        """Look for evidence in one photo while something else goes on; cancel the task where it is no longer needed.

        `signs`, `clock`: whether its text, and the camera's clock, count; `given`: the text, where the sender knows it.
        """
        return asyncio.create_task(self._look(content, signs, clock, given))

    async def read(self, content: bytes) -> Reading:
        """What stands in one photo, where the server `reads`; InputError for a photo that cannot be read."""
        reading = (await self._collect(content, False)).reading
        assert reading is not None
        return reading

    async def join(self, work: Callable[[], T]) -> T:
        """Await what joins evidence with an answer, beside the network."""
        return await turn(self._lanes["clues"], work)

    async def _look(self, content: bytes, signs: bool, clock: bool, given: Reading | None) -> Looked:
        if not self.looks:
            return Looked(NOTHING)
        without = self._changed(None, clock)
        try:
            if not signs or not self.reads:
                return Looked(await self.join(lambda: without.collect(content)))
            if given is not None:
                known = self._changed(lambda photo: given, clock)
                return Looked(await self.join(lambda: known.collect(content)))
            try:
                return Looked(await asyncio.wait_for(self._collect(content, clock), PATIENCE * self._limits.seconds))
            except asyncio.TimeoutError:  # another class than the built-in one before Python 3.11
                self._metrics.signs.labels("late").inc()
                return Looked(await self.join(lambda: without.collect(content)), LATE)
        except InputError as error:  # the network may have seen enough of the photo
            return Looked(NOTHING, problems.reason(error))

    def _changed(self, read: Read | None, clock: bool) -> Collector:
        """The collector with another reader, and perhaps without the clock."""
        assert self._collector is not None
        found = copy.copy(self._collector)
        found.read, found.clock = read, clock and found.clock
        return found

    async def _collect(self, content: bytes, clock: bool) -> Found:
        assert self._collector is not None
        collector, began = self._changed(self._collector.read, clock), 0.0

        def heavy() -> Found:
            nonlocal began
            began = time.perf_counter()
            with decode.opened(content, self._limits.photo_pixels):
                return collector.collect(content)

        def light() -> Found | None:
            try:
                with decoding_cost.only_light():
                    return heavy()
            except decoding_cost.Heavy:
                return None

        try:
            found = await turn(self._lanes["signs"], light)
            if found is None:
                found = await turn(self._lanes["signs-heavy"], heavy)
        except InputError:
            self._metrics.signs.labels("unreadable").inc()
            raise
        self._metrics.reading_seconds.observe(time.perf_counter() - began)
        self._metrics.signs.labels("text" if found.reading and found.reading.lines else "none").inc()
        return found

    def _rehearse(self) -> None:
        """Read a sign and join what it says, so that networks, languages and cells are there when a photo comes."""
        sign = Image.new("RGB", (320, 64), "white")
        ImageDraw.Draw(sign).text((12, 12), "Rue de la Gare", "black", ImageFont.load_default(32))
        partition = self._locator.partition
        with contextlib.suppress(PhotoplanetError):  # a photo will say so
            found = self._collector.collect(sign) if self._collector else NOTHING
            joining.joined(Prediction(partition.prior.astype(np.float32), partition), found.clues, found.reading)
