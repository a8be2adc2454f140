"""Threads for what requests need, in which everybody gets a turn: no sender's work waits behind all of another's."""

import asyncio
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import Generic, TypeVar, cast

Sender = tuple[str, int]  # address and port: one connection of one sender
Work = Callable[[], object]
T = TypeVar("T")
SENDER: ContextVar[Sender] = ContextVar("SENDER", default=("", 0))  # whose request is at hand


class Turns(Generic[T]):
    """A queue in which the addresses take turns, and of each address its connections.

    >>> turns = Turns[str]()
    >>> for number in range(3):
    ...     turns.put(("192.0.2.1", 1), f"first {number}")
    >>> turns.put(("192.0.2.2", 1), "second")
    >>> turns.take(), turns.take(), turns.take()
    ('first 0', 'second', 'first 1')
    """

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, OrderedDict[int, deque[T]]] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def put(self, sender: Sender, work: T) -> None:
        """Add work of a sender."""
        self._waiting.setdefault(sender[0], OrderedDict()).setdefault(sender[1], deque()).append(work)
        self._size += 1

    def take(self) -> T:
        """Return whose turn it is; KeyError where nothing waits."""
        address, connections = self._waiting.popitem(last=False)
        port, works = connections.popitem(last=False)
        work = works.popleft()
        if works:
            connections[port] = works
        if connections:
            self._waiting[address] = connections
        self._size -= 1
        return work


class Lane:
    """Threads that do work as it comes.

    They are daemons: what a decoder written in C does cannot be broken off, and a server that stops does not wait.
    """

    def __init__(self, name: str, threads: int = 1):
        self._turns, self._changed, self._stopped = Turns[Work](), threading.Condition(), False
        self._threads = [threading.Thread(target=self._run, name=f"{name}-{n}", daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def submit(self, sender: Sender, work: Work) -> None:
        """Have work done for a sender; it must not raise."""
        with self._changed:
            self._turns.put(sender, work)
            self._changed.notify()

    def stop(self, seconds: float) -> None:
        """Begin nothing more, and wait at most so long for what is being done."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._turns and not self._stopped:
                    self._changed.wait()
                if self._stopped:
                    return
                work = self._turns.take()
            work()


async def turn(lane: Lane, work: Callable[[], T]) -> T:
    """Await work that a lane does in the turn of `SENDER`; what is no longer waited for by then is passed over.

    >>> lane = Lane("sums")
    >>> asyncio.run(turn(lane, lambda: 1 + 1))
    2
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def deliver(found: T | None, error: Exception | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(cast(T, found))

    def run() -> None:
        if answer.done():
            return
        try:
            found, fault = work(), None
        except Exception as error:
            found, fault = None, error
        loop.call_soon_threadsafe(deliver, found, fault)

    lane.submit(SENDER.get(), run)
    return await answer
