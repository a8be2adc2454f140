"""Processes that decode photos for the server: one queue, one model beside them, and another where one is killed.

Each has a thread that sends and one that receives; a few photos are under way to each, so that none waits for Python's
lock in the server. What is heavy to decode comes back as `decoding_cost.Heavy` and is decoded by the server itself, so
that the bound on memory stays one for all.
"""

import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context
from multiprocessing.process import BaseProcess
from typing import Any

from photoplanet.core.workers import interrupts_held
from photoplanet.errors import InputError
from photoplanet.photos import decode
from photoplanet.photos.preprocessing import MAX_SIZE
from photoplanet.server import messages, worker_main
from photoplanet.server.first_look import Look
from photoplanet.server.lanes import Sender, Turns

MOST_JOBS = 16  # under way to one worker
AHEAD_SECONDS = 0.02  # of work that is under way to a worker, and two jobs at least
AHEAD_BYTES = 8 << 20  # of photos, and one job at least
MOST_PIXELS = 3 * MAX_SIZE**2  # bytes of a photo as a network takes it
LEAST_SECONDS = 30.0  # that a worker has for a photo, however short a time clients are given
AGAIN_SECONDS = 1.0  # before a worker is replaced that never began
_log = logging.getLogger(__name__)


@dataclass
class Job:
    """A photo to decode; with `own`, what place it states is wanted, too.

    `deliver` gets the first look at it or an exception; it is called in a thread, must not raise, and may get
    `decoding_cost.Heavy`. `over`: whether nobody waits for it any more.
    """

    photo: bytes
    own: bool
    deliver: Callable[[messages.Result], None]
    over: Callable[[], bool]
    tried: bool = False


class Workers:
    """So many worker processes, from `start` to `stop`; those that take longer than `seconds` for a photo are killed.

    `look` is what they do with a photo, a function of a module or a partial one; `most`: bytes of a photo.
    `replaced` is called for each that ended and has a successor. What was under way to it is done once more, by itself,
    so that a photo that kills its worker twice is known, and takes no other with it.
    """

    def __init__(
        self, processes: int, look: Look, most: int, seconds: float,
        replaced: Callable[[], object] = lambda: None,
    ):  # fmt: skip
        self.look, self.most = look, most
        self.seconds, self.replaced = max(seconds, LEAST_SECONDS), replaced
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.turns, self.again = Turns[Job](), deque[Job]()
        self.stopped = False
        self._all = [_Worker(self, number) for number in range(processes)]

    def start(self) -> None:
        """Start the processes."""
        atexit.register(self.stop, 0.0)  # they ignore SIGTERM, with which `multiprocessing` would end them
        for worker in self._all:
            worker.start()

    @property
    def pids(self) -> list[int]:
        """The process ids of those that run."""
        return [pid for worker in self._all if (pid := worker.pid) is not None]

    def submit(self, sender: Sender, job: Job) -> None:
        """Have a job done in its sender's turn."""
        with self.lock:
            self.turns.put(sender, job)
            self.changed.notify()

    def stop(self, seconds: float) -> None:
        """End the processes; those that do not within so many seconds are killed."""
        atexit.unregister(self.stop)
        with self.lock:
            self.stopped = True
            self.changed.notify_all()
            for worker in self._all:
                worker.room.notify_all()
        until = time.monotonic() + seconds
        for worker in self._all:
            worker.end(max(0.0, until - time.monotonic()))


class _Worker:
    """One process after another, as each ends; its threads."""

    def __init__(self, pool: Workers, number: int):
        self._pool, self._name = pool, f"worker-{number}"
        self._under_way: deque[Job] = deque()
        self.room = threading.Condition(pool.lock)  # for its sender, while there is too much under way
        self._bytes, self._most, self._since, self._running = 0, 2, 0.0, True
        self._process: BaseProcess | None = None

    def start(self) -> None:
        """Start the process and its threads."""
        self._begin()
        for target in (self._send, self._receive):
            threading.Thread(target=target, name=f"{self._name}-{target.__name__.strip('_')}", daemon=True).start()

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def end(self, seconds: float) -> None:
        """Wait for the process, and kill it where that takes longer."""
        if self._process is not None:
            self._process.join(seconds)
            self._process.kill()
            self._process.join()

    def _begin(self) -> None:
        context = get_context("spawn")  # fork is unsafe beside threads
        self._pipe, theirs = context.Pipe()
        process = context.Process(
            target=worker_main.main, args=(theirs, self._pool.look, self._pool.most), name=self._name, daemon=True
        )
        with interrupts_held():
            process.start()
        self._process = process
        theirs.close()  # so that the end of the process is the end of the pipe

    def _send(self) -> None:
        """The thread that sends."""
        while True:
            with self._pool.lock:
                while not (jobs := self._taken()) and not self._pool.stopped:
                    (self.room if self._full() else self._pool.changed).wait()
                pipe = self._pipe
            # The last message is empty, and the process ends. A pipe that has broken is noticed by the thread that
            # receives, which has these jobs done again.
            with suppress(OSError):
                messages.send(pipe, [job.own for job in jobs], [job.photo for job in jobs])
            if not jobs:
                return

    def _full(self) -> bool:
        """Whether no more should be under way now: there is a half left, or something that is by itself."""
        few = len(self._under_way) <= self._most // 2 and self._bytes < AHEAD_BYTES
        return not self._running or (bool(self._under_way) and (not few or self._under_way[0].tried))

    def _taken(self) -> list[Job]:
        """What is sent now, in its senders' turns; it is under way from now on."""
        if self._pool.stopped or self._full():
            return []
        jobs: list[Job] = []
        if self._pool.again:
            if not self._under_way:
                jobs.append(self._pool.again.popleft())
        else:
            while self._pool.turns and len(self._under_way) + len(jobs) < self._most and self._bytes < AHEAD_BYTES:
                job = self._pool.turns.take()
                if not job.over():
                    jobs.append(job)
                    self._bytes += len(job.photo)
        if jobs and not self._under_way:
            self._since = time.monotonic()
        self._under_way += jobs
        return jobs

    def _receive(self) -> None:
        """The thread that receives, and replaces the process where it ends."""
        begun = False
        while True:
            try:
                if not connection.wait([self._pipe], 1.0):
                    self._check()
                    continue
                heads, pixels = messages.receive(self._pipe, MOST_PIXELS)
                found = heads and self._understood(heads, pixels)
            except (EOFError, OSError, ValueError):  # ValueError: no message of ours
                if not self._replace(begun):
                    return
                begun = False
                continue
            if found is None:
                begun = True
            else:
                self._deliver(found)

    def _understood(self, heads: Any, pixels: list[bytes]) -> list[tuple[messages.Result, float]]:
        """The results of photos that are under way, and the seconds that each took; else ValueError."""
        if not isinstance(heads, list) or len(heads) > len(self._under_way):
            raise ValueError("more results than photos")
        return [(messages.understood(head, pixels), max(0.0, float(head.get("seconds", 0)))) for head in heads]

    def _deliver(self, found: list[tuple[messages.Result, float]]) -> None:
        with self._pool.lock:
            jobs = [self._under_way.popleft() for _ in found]
            self._bytes -= sum(len(job.photo) for job in jobs)
            self._since = time.monotonic()
            each = sum(seconds for _, seconds in found) / len(found)
            self._most = max(2, min(MOST_JOBS, int(AHEAD_SECONDS / max(each, 1e-6))))
            if not self._full():
                self.room.notify()
                if self._pool.again:
                    self._pool.changed.notify_all()
        for job, (result, _) in zip(jobs, found, strict=True):
            job.deliver(result)

    def _check(self) -> None:
        """Kill the process where it does one job for longer than anybody waits."""
        with self._pool.lock:
            late = bool(self._under_way) and time.monotonic() - self._since > self._pool.seconds
        if late and self._process is not None:
            self._process.kill()

    def _replace(self, begun: bool) -> bool:
        """Start another process, and have done again what was under way; False where the server stops."""
        if not begun and not self._pool.stopped:
            time.sleep(AGAIN_SECONDS)
        assert self._process is not None
        with self._pool.lock:
            if self._pool.stopped:
                self._pipe.close()
                return False
            lost, self._under_way = list(self._under_way), deque()
            self._bytes, self._most, self._running = 0, 2, False
        self._process.kill()  # where it has said what it should not, it is still there
        self._process.join()
        _log.warning("a process that decodes photos ended (exit status %s); another takes its place",
                     self._process.exitcode)  # fmt: skip
        with suppress(OSError):
            self._pipe.close()
        try:
            self._begin()
        except OSError as error:
            _log.warning("no process to decode photos could be started (%s); trying again", error)
        else:
            self._pool.replaced()
        for job in lost:
            if job.tried:
                job.deliver(InputError(f"{decode.source_name(b'')}: decoding it ended the process that did so, twice; "
                                       "save it in another format"))  # fmt: skip
        with self._pool.lock:
            for job in lost:
                if not job.tried:
                    job.tried = True
                    self._pool.again.append(job)
            self._running = True
            self.room.notify_all()
            self._pool.changed.notify_all()
        return True
