"""What several commands share: printing JSON and progress bars on stderr."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

Item = TypeVar("Item")


def print_json(value: Any) -> None:
    """Print `value` as one JSON document on stdout; NaN and infinities are refused, since JSON has none."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2)
    print(text.encode("utf-8", "backslashreplace").decode())  # lone surrogates, as JSON has them


def progress(items: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """Yield `items` under a progress bar on stderr; silent when stderr is no terminal."""
    if not sys.stderr.isatty():
        yield from items
        return
    with bar(what, total if total is not None else _length(items)) as advance:
        for item in items:
            yield item
            advance(1)


@contextmanager
def bar(what: str, total: int | None = None):
    """A progress bar on stderr as a context: `with bar("reading", n) as advance: advance(k)`; silent off a terminal."""
    if not sys.stderr.isatty():
        yield lambda count=1, note="": None
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
        yield lambda count=1, note="": shown.update(task, advance=count, note=note)


def _length(items: Iterable) -> int | None:
    try:
        return len(items)  # type: ignore[arg-type]
    except TypeError:
        return None
