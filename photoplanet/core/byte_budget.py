"""A number of bytes that threads share: who wants more than is left waits for its turn."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class ByteBudget:
    """Bytes that may be in use at a time. `total`: how many there are.

    First come, first served, so that whoever wants much is not passed over for ever.
    """

    def __init__(self, total: int):
        self.total, self.used = total, 0
        self._changed = threading.Condition()
        self._waiting: deque[object] = deque()

    @contextmanager
    def hold(self, size: int) -> Iterator[None]:
        """Wait until `size` bytes are free, and hold them until the end; ValueError where there never are so many.

        A thread must not hold twice: two that wait for each other's bytes would wait for ever.

        >>> budget = ByteBudget(100)
        >>> with budget.hold(60):
        ...     budget.used
        60
        >>> budget.used
        0
        """
        if not 0 <= size <= self.total:
            raise ValueError(f"{size:,} bytes of {self.total:,}")
        turn = object()
        with self._changed:
            self._waiting.append(turn)
            try:
                while self._waiting[0] is not turn or self.used + size > self.total:
                    self._changed.wait()
                self.used += size
            finally:  # also where Ctrl-C comes while it waits
                self._waiting.remove(turn)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self.used -= size
                self._changed.notify_all()
