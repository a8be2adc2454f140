"""The progress of long work on stderr: a bar on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from photoplanet.cli.shared import ctrl_c
from photoplanet.core import progress
from photoplanet.core.progress import Advance


@contextmanager
def bar(what: str, total: int | None = None, seconds: float = progress.LINE_SECONDS) -> Iterator[Advance]:
    """Show one stage of long work on stderr; satisfies `core.progress.Bar`.

    On a terminal a bar; elsewhere a line every ten `seconds`, so that short work prints nothing. KeyboardInterrupt at
    the next step where Ctrl-C was pressed and the work went on all the same.

    >>> with bar("reading", 2) as advance:
    ...     advance()
    ...     advance()
    """
    if not sys.stderr.isatty():
        with progress.lines(what, total, seconds=seconds) as advance:
            yield _interrupted(advance)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
               TextColumn("left"), TimeRemainingColumn(), TextColumn("{task.fields[note]}"))  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=total, note="")

        def advance_bar(count: int = 1, note: str = "") -> None:
            shown.update(task, advance=count, note=note)

        yield _interrupted(advance_bar)


def _interrupted(advance: Advance) -> Advance:
    def step(count: int = 1, note: str = "") -> None:
        advance(count, note)
        ctrl_c.go_on()

    return step


@contextmanager
def _unseen(what: str, total: int | None = None) -> Iterator[Advance]:
    """A bar that shows nothing, and ends with Ctrl-C as the others do."""
    with progress.no_bar(what, total) as advance:
        yield _interrupted(advance)


def bar_unless_printing(as_json: bool) -> progress.Bar:
    """Return `bar`, or one that shows nothing where a table grows on the terminal: it shows by itself how far it is.

    A bar would draw over the table.
    """
    return _unseen if sys.stdout.isatty() and not as_json else bar
