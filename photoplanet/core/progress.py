"""Progress of long work: what functions call as they go on, and what shows it, or does not."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

LINE_SECONDS = 10.0  # between two lines of progress where there is no terminal


class Advance(Protocol):
    """What a long function calls: `count` more items are done; `note` is a word on how it goes, such as the loss."""

    def __call__(self, count: int = 1, note: str = "") -> None:
        """`count` more items are done."""
        ...


class Bar(Protocol):
    """What shows one stage of long work after another: `with bar("reading", total) as advance: advance(1)`."""

    def __call__(self, what: str, total: int | None = None) -> AbstractContextManager[Advance]:
        """Show the stage `what` of `total` items."""
        ...


class Say(Protocol):
    """What takes a line that a person should read while the work goes on."""

    def __call__(self, line: str) -> None:
        """Show the line."""
        ...


def ignore(count: int = 1, note: str = "") -> None:
    """Show no progress: the default of every `advance` parameter.

    >>> ignore(5, "halfway")
    """


def silent(line: str) -> None:
    """Say nothing: the default of every `say` parameter.

    >>> silent("12 photos left out")
    """


@contextmanager
def no_bar(what: str, total: int | None = None) -> Iterator[Advance]:
    """Show nothing of a stage: the default of every `bar` parameter.

    >>> with no_bar("reading", 10) as advance:
    ...     advance(10)
    """
    yield ignore


def to_stderr(line: str) -> None:
    """Write a line to stderr at once, with `?` for what its encoding cannot hold.

    >>> to_stderr("reading: 5 of 10")
    """
    encoding = sys.stderr.encoding or "utf-8"
    print(line.encode(encoding, "replace").decode(encoding), file=sys.stderr, flush=True)


@contextmanager
def lines(
    what: str,
    total: int | None = None,
    write: Callable[[str], None] = to_stderr,
    seconds: float = LINE_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Advance]:
    """Show a stage as plain lines, where there is no terminal: at most one every `seconds`, and one at its end.

    A stage shorter than `seconds` prints nothing. May be advanced from several threads. `total`: items, where known.

    >>> ticks = iter([0.0, 4.0, 12.0, 13.0, 20.0])
    >>> with lines("reading", 4, print, 10, lambda: next(ticks)) as advance:
    ...     advance(1)
    ...     advance(1)
    ...     advance(2, "done")
    reading: 2 of 4 (50 %), 12 s left
    reading: 4 of 4 (100 %), done, took 20 s
    """
    began = shown = clock()
    done, last, lock = 0, "", threading.Lock()

    def advance(count: int = 1, note: str = "") -> None:
        nonlocal shown, done, last
        with lock:
            done, last, now = done + count, note, clock()
            if now - shown < seconds or done == total:  # the last line comes at the end
                return
            shown = now
            left = (total - done) * (now - began) / done if total and 0 < done < total else None
            write(state(what, done, total, last, "" if left is None else f"{duration(left)} left"))

    yield advance
    took = clock() - began
    if took >= seconds:
        write(state(what, done, total, last, f"took {duration(took)}"))


def state(what: str, done: int, total: int | None, note: str = "", time_text: str = "") -> str:
    """Return how far a stage is, as one line.

    >>> state("training", 1500, 6000, "loss 2.310", "2 min left")
    'training: 1,500 of 6,000 (25 %), loss 2.310, 2 min left'
    >>> state("listing photos", 1500, None)
    'listing photos: 1,500'
    """
    share = f" of {total:,} ({100 * min(done, total) // total} %)" if total else ""
    return ", ".join(part for part in (f"{what}: {done:,}{share}", note, time_text) if part)


def duration(seconds: float) -> str:
    """Return a length of time in words, to the precision that a person wants.

    >>> duration(42.3), duration(150), duration(7500)
    ('42 s', '2 min', '2 h 5 min')
    """
    if seconds < 60:
        return f"{int(seconds)} s"
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
