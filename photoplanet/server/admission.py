"""How many photos and bytes are inside the server at a time; further requests get 503, so that nothing piles up."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from photoplanet.server.limits import Limits
from photoplanet.server.problems import Problem

RETRY_SECONDS = 2  # what a client is asked to wait when the server is full

Reserve = Callable[[int], None]


class Admission:
    """Counts the `photos` accepted and not yet answered, and the `bytes` of requests in memory, of all clients.

    `report` gets the number of photos each time that it changes.
    """

    def __init__(self, limits: Limits, report: Callable[[int], object] = lambda photos: None):
        self.limits, self._report = limits, report
        self.photos = self.bytes = 0

    @contextmanager
    def memory(self) -> Iterator[Reserve]:
        """Yield a function that reserves so many more bytes, or raises Problem 503; all are released at the end."""
        held = 0

        def reserve(size: int) -> None:
            nonlocal held
            if self.bytes + size > self.limits.memory_bytes:
                raise _busy("requests hold all the memory there is for them")
            held += size
            self.bytes += size

        try:
            yield reserve
        finally:
            self.bytes -= held

    @contextmanager
    def admit(self, photos: int) -> Iterator[None]:
        """Let so many photos in until the end; Problem 503 where more than `limits.waiting` would be inside."""
        if self.photos + photos > self.limits.waiting:
            raise _busy(f"{self.photos} photos are waiting")
        self._count(photos)
        try:
            yield
        finally:
            self._count(-photos)

    def _count(self, photos: int) -> None:
        self.photos += photos
        self._report(self.photos)


def _busy(why: str) -> Problem:
    return Problem(503, f"busy: {why}; try again", {"Retry-After": str(RETRY_SECONDS)})
