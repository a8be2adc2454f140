"""Processes that answer requests about bytes from outside, bounded in memory and time; one that breaks is replaced.

For C code that no check of the bytes can bound. A process stays for the next request, since starting one takes a tenth
of a second. What it sends back is checked by whoever asked: it may be under the control of the bytes that it was given.
"""

import atexit
import os
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import photoplanet
from photoplanet.core.byte_budget import ByteBudget
from photoplanet.errors import PhotoplanetError

KIND = 8  # bytes of the word that says what is asked
_REQUEST, _ANSWER = struct.Struct(f"<{KIND}sQdQ"), struct.Struct("<BHQ")  # kind, bounds, length; how, head, body
_WELL, _FAULT, _MEMORY = range(3)
_MOST_TEXT = 300
_END_SECONDS = 2.0
_WATCH_SECONDS = 0.02  # between two looks at the time of computing, and at memory where the system sets no limit
_PATIENCE = 10.0  # times its seconds of computing that a request may take: others may be computing, too
_LATE = 75  # the exit status of a process that has computed too long
Handler = Callable[[str, bytes], tuple[bytes, memoryview]]
Read = Callable[[int], bytes]


class Refused(PhotoplanetError):
    """A request that was not answered; `why`: "fault" (in the bytes, as the message says), "memory", "time", "broken".

    >>> Refused("fault", "no header").why
    'fault'
    """

    def __init__(self, why: str, detail: str = ""):
        super().__init__(detail or why)
        self.why = why


def command(module: str, function: str = "main", *arguments: str) -> list[str]:
    """Return the command that calls a module's function in a process of its own, with texts as arguments.

    Nothing is imported from the folder in which it runs: it may be full of somebody's files.

    >>> command("photoplanet.core.home", "home")[1]
    '-c'
    """
    code = f"import sys; sys.path[:] = filter(None, sys.path); from {module} import {function}; "
    return [sys.executable, "-c", f"{code}{function}(*sys.argv[1:])", *arguments]


def environment() -> dict[str, str]:
    """Return this process's variables for one that finds the same packages, and whose libraries keep to one thread.

    >>> environment()["OPENBLAS_NUM_THREADS"]
    '1'
    """
    here = str(Path(photoplanet.__file__).parents[1])
    paths = os.pathsep.join([here, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))])
    return {**os.environ, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class BoundedProcesses:
    """Up to `most` processes that run `serve` with the handler of `module`, which has a function `main` for that.

    `total`: bytes that all of them may take together beside what one takes idle. They start when they are needed, and
    end with this process.
    """

    def __init__(self, module: str, total: int, most: int):
        self.total = total
        self._module, self._most = module, most
        self._budget = ByteBudget(total)
        self._reset()
        atexit.register(self.close)

    def _reset(self) -> None:
        self._pid, self._idle, self._lock = os.getpid(), list[subprocess.Popen[bytes]](), threading.Lock()
        self._places = threading.BoundedSemaphore(self._most)

    @contextmanager
    def asked(self, kind: str, data: bytes, memory: int, seconds: float) -> Iterator[tuple[bytes, int, Read]]:
        """Ask about bytes: yields the answer's head, the length of its body, and a function that reads so many of it.

        `memory`: bytes that the process may take for it, at most `total`; `seconds`: of computing, or ten times as many
        by the clock, until it is ended. `Refused` where there is no answer, also where reading ends early.
        """
        if self._pid != os.getpid():  # a copy of this process: the others are not its own
            self._reset()
        with self._places, self._budget.hold(min(memory, self.total)):
            process = self._taken()
            answer = _Answer(process)
            timer = threading.Timer(_PATIENCE * seconds, answer.end)
            timer.daemon = True
            timer.start()
            try:
                answer.send(kind, data, memory, seconds)
                yield answer.head, answer.left, answer.read
            finally:
                timer.cancel()
                timer.join()
                if answer.whole and not answer.late:
                    with self._lock:
                        self._idle.append(process)
                else:
                    process.kill()
                    _end(process)

    def close(self) -> None:
        """End the processes that wait for a request; harmless to repeat."""
        if self._pid == os.getpid():
            with self._lock:
                idle, self._idle = self._idle, []
            for process in idle:
                _end(process)

    def _taken(self) -> "subprocess.Popen[bytes]":
        with self._lock:
            while self._idle:
                process = self._idle.pop()
                if process.poll() is None:
                    return process
                _end(process)
        try:
            return subprocess.Popen(
                command(self._module), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env=environment(),
            )  # fmt: skip
        except OSError as error:
            raise Refused("broken", f"no process can be started: {error.strerror}") from None


class _Answer:
    """What a process says to one request: `head`, and `left` bytes of its body to read; `late`: it took too long."""

    def __init__(self, process: "subprocess.Popen[bytes]"):
        self._process = process
        self.head, self.left, self.late, self.whole = b"", 0, False, False

    def end(self) -> None:
        """End the process, which takes too long."""
        self.late = True
        self._process.kill()

    def send(self, kind: str, data: bytes, memory: int, seconds: float) -> None:
        """Ask, and read the answer's beginning."""
        to = self._process.stdin
        assert to is not None
        with suppress(OSError):  # a process that has ended says so when it is read from
            to.write(_REQUEST.pack(kind.encode("ascii"), memory, seconds, len(data)))
            to.write(data)
            to.flush()
        how, head, left = _ANSWER.unpack(self._exactly(_ANSWER.size))
        self.head, self.left = self._exactly(head), left
        self.whole = not left
        if how != _WELL:
            why = "memory" if how == _MEMORY else "fault"
            raise Refused(why, self.head.decode("utf-8", "replace")[:_MOST_TEXT])

    def read(self, count: int) -> bytes:
        """The next bytes of the body."""
        if count > self.left:
            raise Refused("broken")
        data = self._exactly(count)
        self.left -= count
        self.whole = not self.left
        return data

    def _exactly(self, count: int) -> bytes:
        source = self._process.stdout
        assert source is not None
        data = source.read(count)
        if len(data) < count:
            raise Refused("time" if self.late or self._ended() == _LATE else "broken")
        return data

    def _ended(self) -> int | None:
        """The exit status of a process whose answer has ended."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(_END_SECONDS)
        return None


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a process: one that waits ends when nobody can ask it any more."""
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):
            if pipe is not None:
                pipe.close()
    try:
        process.wait(_END_SECONDS if process.poll() is None else 0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def serve(handler: Handler) -> None:
    """Answer requests on stdin until it ends: what a process of `BoundedProcesses` does; for its `main` alone.

    `handler` gets what is asked and the bytes, and returns an answer's head and body. What it raises is the answer,
    too. It is watched for how long it computes; its memory is bounded where the system can, else watched.

    >>> run = command("photoplanet.core.bounded_processes", "serve", "a handler that nobody asks")
    >>> subprocess.run(run, input=b"", env=environment()).returncode
    0
    """
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the business of the process that asks
    source, to = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # libraries say things on their own
        os.dup2(nowhere, stream)
    watch = _Watch()
    while len(begin := source.read(_REQUEST.size)) == _REQUEST.size:
        kind, memory, seconds, length = _REQUEST.unpack(begin)
        data = source.read(length)
        watch.begin(memory, seconds)
        answer = _answered(handler, kind.rstrip(b"\0").decode("ascii"), data)
        del data
        watch.end()
        _write(to, *answer)
        del answer


def _answered(handler: Handler, kind: str, data: bytes) -> tuple[int, bytes, memoryview]:
    try:
        return _WELL, *handler(kind, data)
    except MemoryError:
        return _MEMORY, b"", memoryview(b"")
    except Exception as error:  # whatever a library raises: it is what is wrong with the bytes
        said = " ".join(str(error).split()) or type(error).__name__
        return _FAULT, said[:_MOST_TEXT].encode("utf-8", "replace"), memoryview(b"")


def _write(to: IO[bytes], how: int, head: bytes, body: memoryview) -> None:
    to.write(_ANSWER.pack(how, len(head), body.nbytes))
    to.write(head)
    to.write(body)
    to.flush()


class _Watch:
    """Holds this process to so many seconds of computing, by ending it, and to so many bytes more than it has.

    The latter by the system's limit; without one, by ending it. What computes must let other threads run.
    """

    def __init__(self) -> None:
        self._resource: Any = None
        with suppress(ImportError):  # Windows has none
            import resource

            self._resource = resource
        self._limits = sys.platform.startswith("linux")  # macOS has the limit, and does not mind it
        self._busy = threading.Event()
        self._seconds, self._most = 0.0, 0
        threading.Thread(target=self._look, daemon=True).start()

    def begin(self, memory: int, seconds: float) -> None:
        """Allow so many bytes more, and so many seconds from now on."""
        self._seconds = time.process_time() + seconds
        if self._limits:
            kind, hard = self._resource.RLIMIT_AS, self._resource.getrlimit(self._resource.RLIMIT_AS)[1]
            now = int(Path("/proc/self/statm").read_text().split()[0]) * self._resource.getpagesize()
            self._resource.setrlimit(kind, (now + memory if hard < 0 else min(now + memory, hard), hard))
        else:
            self._most = self._peak() + memory
        self._busy.set()

    def end(self) -> None:
        """Allow as much as there is."""
        self._busy.clear()
        if self._limits:
            kind = self._resource.RLIMIT_AS
            self._resource.setrlimit(kind, (self._resource.getrlimit(kind)[1],) * 2)

    def _peak(self) -> int:
        """The most bytes that this process has had; bytes on macOS, where this is asked; 0 on Windows."""
        return int(self._resource.getrusage(self._resource.RUSAGE_SELF).ru_maxrss) if self._resource else 0

    def _look(self) -> None:
        while self._busy.wait():
            time.sleep(_WATCH_SECONDS)
            if self._busy.is_set() and time.process_time() > self._seconds:
                os._exit(_LATE)
            if self._busy.is_set() and not self._limits and self._peak() > self._most:
                os._exit(1)
