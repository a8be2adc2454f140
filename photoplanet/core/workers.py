"""Work on chunks of arrays in threads (NumPy releases Python's lock, so every core computes), and worker processes."""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

Item = TypeVar("Item")
Result = TypeVar("Result")

CHUNK = 1 << 18  # rows that a thread handles at a time
_MOST_THREADS = 16  # beyond this the memory bus is the limit, and every thread costs its chunk


def threads() -> int:
    """Number of threads to use: the cores that this process may run on, at most 16.

    >>> 1 <= threads() <= 16
    True
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _MOST_THREADS)


def process_pool(processes: int) -> "ProcessPoolExecutor":
    """Return a pool of so many worker processes, started afresh, which leave Ctrl-C to the process that asks.

    They end with it, also where it is killed. Submitted work must be a function of a module, and what it takes small.

    >>> with process_pool(1) as pool:
    ...     list(pool.map(abs, [-1, 2]))
    [1, 2]
    """
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    context = multiprocessing.get_context("spawn")  # fork is unsafe beside Arrow's threads
    pool = ProcessPoolExecutor(processes, context, begin)
    with interrupts_held():  # inherited: a worker that is still importing must not answer with a traceback
        pool.submit(int)  # starts the processes
    return pool


def begin() -> None:
    """What a worker process does first: leave Ctrl-C to its parent, and end when that is gone.

    >>> before = signal.getsignal(signal.SIGINT)
    >>> begin()
    >>> signal.signal(signal.SIGINT, before) == signal.SIG_IGN
    True
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when its parent is gone: a worker that waits for work would never notice."""
    import multiprocessing

    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back, in what is started meanwhile for ever or until `begin`; nothing on Windows.

    >>> with interrupts_held():
    ...     pass
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def slices(rows: int, size: int = CHUNK) -> Iterator[slice]:
    """Cut `rows` rows into chunks.

    >>> list(slices(5, 2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return (slice(start, min(start + size, rows)) for start in range(0, rows, size))


def in_threads(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield `work(item)` for each item, in order; only a few items are held at a time. An error stops the rest.

    >>> list(in_threads(abs, [-1, 2, -3]))
    [1, 2, 3]
    """
    items = iter(items)
    begin = list(islice(items, 2))
    if len(begin) < 2:  # one item need not wait for threads to start
        yield from map(work, begin)
        return
    items, workers = chain(begin, items), threads()
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > workers + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
