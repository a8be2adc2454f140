"""What a worker process of the server does: jobs in, answers out, until it is told that there are no more."""

import signal
import socket
import time
import traceback
from collections.abc import Callable
from typing import Any

from photoplanet.core import workers
from photoplanet.errors import InputError
from photoplanet.photos import decoding_cost
from photoplanet.server import messages

FLUSH_SECONDS = 0.01  # after which answers are sent although more jobs of the same message are to be done
KEPT_BYTES = 16 << 20  # of the memory for photos, which is used again
Work = Callable[[Any], Any]  # takes a photo's bytes; a function of a module, or a partial one
Result = Any  # what it returns, or an exception, which is not raised


def main(pipe: socket.socket) -> None:
    """Say None once it can begin; then answer lists of (work, photo) with lists of (result, seconds).

    Ctrl-C and SIGTERM are left to the server; an empty list is the last.
    """
    workers.begin()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a service manager sends it to every process
    kept = memoryview(bytearray(0))

    def room(size: int) -> memoryview:
        nonlocal kept
        if size <= len(kept):
            return kept
        fresh = memoryview(bytearray(size))
        if size <= KEPT_BYTES:
            kept = fresh
        return fresh

    try:
        messages.send(pipe, None)
        while jobs := messages.receive(pipe, room):
            _answer(pipe, jobs)
    except (EOFError, OSError):  # the server is gone
        return


def _answer(pipe: socket.socket, jobs: list[tuple[Work, memoryview]]) -> None:
    done, since = list[tuple[Result, float]](), time.perf_counter()
    for number, (work, photo) in enumerate(jobs, start=1):
        began = time.perf_counter()
        result = _result(work, photo)
        now = time.perf_counter()
        done.append((result, now - began))
        if number == len(jobs) or now - since > FLUSH_SECONDS:
            messages.send(pipe, done)
            done, since = [], now


def _result(work: Work, photo: memoryview) -> Result:
    """What a job returns, or why it does not, as an exception that can be sent: its class may take other arguments."""
    try:
        with decoding_cost.only_light():
            return work(photo)
    except decoding_cost.Heavy:
        return decoding_cost.Heavy()
    except InputError as error:
        return InputError(str(error))
    except Exception:
        return RuntimeError(f"in a worker process:\n{traceback.format_exc()}")
