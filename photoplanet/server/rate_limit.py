"""How many photos a minute one address may send: a token bucket each."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from photoplanet.server.problems import Problem

MAX_ADDRESSES = 10_000  # the one that has not sent for longest is forgotten first


class RateLimit:
    """Token buckets by address, of `rate` photos each, that refill at `rate` photos a minute; 0: no limit.

    `clock`: seconds that only go forward.
    """

    def __init__(self, rate: int, clock: Callable[[], float] = time.monotonic):
        self.rate, self._clock = rate, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # photos left, at that second

    def spend(self, address: str, photos: int) -> None:
        """Take `photos` out of the bucket of `address`; Problem 429 with Retry-After where too few are left.

        A request of more photos than the bucket holds passes when it is full; the debt is paid before the next one.

        >>> limit = RateLimit(600)
        >>> limit.spend("192.0.2.7", 600)
        >>> limit.spend("192.0.2.7", 600)
        Traceback (most recent call last):
        photoplanet.server.problems.Problem: more than 600 photos a minute; try again
        """
        if not self.rate:
            return
        now, full = self._clock(), float(self.rate)
        left, since = self._buckets.pop(address, (full, now))
        left = min(full, left + (now - since) * self.rate / 60)
        needed = min(photos, self.rate)
        self._buckets[address] = (left - photos if left >= needed else left, now)
        while len(self._buckets) > MAX_ADDRESSES:
            self._buckets.popitem(last=False)
        if left < needed:
            wait = math.ceil((needed - left) * 60 / self.rate)
            raise Problem(429, f"more than {self.rate} photos a minute; try again", {"Retry-After": str(wait)})
