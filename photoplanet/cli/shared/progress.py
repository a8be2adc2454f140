"""The progress of long work on stderr: a bar on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from photoplanet.core import progress
from photoplanet.core.progress import Advance


@contextmanager
def bar(what: str, total: int | None = None, seconds: float = progress.LINE_SECONDS) -> Iterator[Advance]:
    """Show one stage of long work on stderr; satisfies `core.progress.Bar`.

    On a terminal a bar; elsewhere a line every ten `seconds`, so that short work prints nothing.

    >>> with bar("reading", 2) as advance:
    ...     advance()
    ...     advance()
    """
    if not sys.stderr.isatty():
        with progress.lines(what, total, seconds=seconds) as advance:
            yield advance
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

        yield advance_bar


def bar_unless_printing(as_json: bool) -> progress.Bar:
    """Return `bar`, or one that shows nothing where a table grows on the terminal: it shows by itself how far it is.

    A bar would draw over the table.
    """
    return progress.no_bar if sys.stdout.isatty() and not as_json else bar
