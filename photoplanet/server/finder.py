"""Evidence in photos, beside the network: text is read on threads of its own, in turns, and for a bounded time."""

import asyncio
import contextlib
import copy
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from photoplanet.clues.collect import Found
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
T = TypeVar("T")


@dataclass(frozen=True)
class Text:
    """What stands in one photo, None where it was not read; `unread`: why it was not, although it was asked for."""

    reading: Reading | None = None
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

    def begin(self, content: bytes, signs: bool, given: Reading | None) -> "asyncio.Task[Text]":
        """Read one photo's text while something else goes on; cancel the task where it is no longer needed.

        `signs`: whether its text counts; `given`: the text, where the sender knows it already.
        """
        return asyncio.create_task(self._text(content, signs, given))

    async def read(self, content: bytes) -> Reading:
        """What stands in one photo, where the server `reads`; InputError for a photo that cannot be read."""
        assert self._collector is not None and self._collector.read is not None
        read, began = self._collector.read, 0.0

        def heavy() -> Reading:
            nonlocal began
            began = time.perf_counter()
            with decode.opened(content, self._limits.photo_pixels):
                return read(content)

        def light() -> Reading | None:
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
        self._metrics.signs.labels("text" if found.lines else "none").inc()
        return found

    async def join(self, work: Callable[[], T]) -> T:
        """Await what looks for clues, and joins them with an answer, beside the network."""
        return await turn(self._lanes["clues"], work)

    def clues(self, content: bytes, text: Text, clock: bool, struck: Collection[int] = ()) -> Found:
        """What is evidence in one photo, whose text is known; `clock`: whether the camera's counts. Takes a while."""
        collector = copy.copy(self._collector)
        if collector is None:
            return Found(None, ())
        reading = text.reading
        collector.read = None if reading is None else lambda photo: reading
        collector.clock = clock and collector.clock
        try:
            return replace(collector.collect(content), struck=frozenset(struck))
        except InputError:  # the network may have seen enough of the photo
            return Found(None, ())

    async def _text(self, content: bytes, signs: bool, given: Reading | None) -> Text:
        if not signs or not self.reads:
            return Text()
        if given is not None:
            return Text(given)
        try:
            return Text(await asyncio.wait_for(self.read(content), PATIENCE * self._limits.seconds))
        except asyncio.TimeoutError:  # another class than the built-in one before Python 3.11
            self._metrics.signs.labels("late").inc()
            return Text(unread=LATE)
        except InputError as error:
            return Text(unread=problems.reason(error))

    def _rehearse(self) -> None:
        """Read a sign and join what it says, so that networks, languages and cells are there when a photo comes."""
        sign = Image.new("RGB", (320, 64), "white")
        ImageDraw.Draw(sign).text((12, 12), "Rue de la Gare", "black", ImageFont.load_default(32))
        partition = self._locator.partition
        with contextlib.suppress(PhotoplanetError):  # a photo will say so
            found = self._collector.collect(sign) if self._collector else Found(None, ())
            joining.joined(Prediction(partition.prior.astype(np.float32), partition), found.clues, found.reading)
