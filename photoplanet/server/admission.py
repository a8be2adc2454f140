"""What is inside the server at a time, photos and bytes, so that nothing piles up: who finds no room must wait."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from photoplanet.server.limits import Limits
from photoplanet.server.problems import Problem

BUSY_SECONDS = 2  # what a client is asked to wait when there is no room


class Room:
    """Counts photos accepted and not yet answered, and bytes of requests held in memory, of all clients together."""

    def __init__(self, limits: Limits, watch: Callable[[str, float], None] = lambda name, value: None):
        self.limits, self.watch = limits, watch
        self.photos = self.bytes = 0

    @contextmanager
    def holding(self) -> Iterator[Callable[[int], None]]:
        """Yields a function that takes room for so many more bytes; Problem 503 where there is none.

        All of it is given back at the end.
        """
        held = 0

        def hold(size: int) -> None:
            nonlocal held
            if self.bytes + size > self.limits.memory_bytes:
                raise _busy("requests hold all the memory there is for them")
            held += size
            self.bytes += size

        try:
            yield hold
        finally:
            self.bytes -= held

    @contextmanager
    def entered(self, photos: int) -> Iterator[None]:
        """Room for so many photos, given back at the end; Problem 503 where there is none."""
        if self.photos + photos > self.limits.waiting:
            raise _busy(f"{self.photos} photos are waiting")
        self._count(photos)
        try:
            yield
        finally:
            self._count(-photos)

    def _count(self, photos: int) -> None:
        self.photos += photos
        self.watch("waiting", self.photos)


def _busy(why: str) -> Problem:
    return Problem(503, f"busy: {why}; try again", {"Retry-After": str(BUSY_SECONDS)})
