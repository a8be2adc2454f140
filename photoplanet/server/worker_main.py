"""What a worker process of the server does: jobs in, answers out, until the pipe is closed."""

import signal
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from photoplanet.core import workers
from photoplanet.errors import InputError
from photoplanet.photos import decoding_cost

FLUSH_SECONDS = 0.01  # after which answers are sent although more jobs of the same message are to be done
Job = Callable[[], Any]
Result = Any  # what it returns, or an exception, which is not raised


def main(pipe: "Connection[list[tuple[Result, float]] | None, list[Job]]") -> None:
    """Say None once it can begin; then answer lists of jobs with lists of (result, seconds), until one is empty.

    Ctrl-C and SIGTERM are left to the server.
    """
    workers.begin()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a service manager sends it to every process
    try:
        pipe.send(None)
        while jobs := pipe.recv():
            _answer(pipe, jobs)
    except (EOFError, OSError):  # the server is gone
        return


def _answer(pipe: "Connection[list[tuple[Result, float]] | None, list[Job]]", jobs: list[Job]) -> None:
    done, since = list[tuple[Result, float]](), time.perf_counter()
    for number, job in enumerate(jobs, start=1):
        began = time.perf_counter()
        result = _result(job)
        now = time.perf_counter()
        done.append((result, now - began))
        if number == len(jobs) or now - since > FLUSH_SECONDS:
            pipe.send(done)
            done, since = [], now


def _result(job: Job) -> Result:
    """What a job returns, or why it does not, as an exception that can be sent: its class may take other arguments."""
    try:
        with decoding_cost.only_light():
            return job()
    except decoding_cost.Heavy:
        return decoding_cost.Heavy()
    except InputError as error:
        return InputError(str(error))
    except Exception:
        return RuntimeError(f"in a worker process:\n{traceback.format_exc()}")
