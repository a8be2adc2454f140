"""How commands print: JSON documents, lines for people, and how many photos could not be read."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from photoplanet.core.names import readable
from photoplanet.errors import printable

_CUT_OFF = "photoplanet.output cut off"
NAME_WIDTH, PLACE_WIDTH = 40, 44  # of a table's columns, in characters


def print_json(value: Any) -> None:
    """Print a value as one JSON document on stdout. ValueError for NaN and infinities, which JSON does not have.

    >>> print_json({"photos": 3})
    {
      "photos": 3
    }
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2)
    text = text.encode("utf-8", "backslashreplace").decode()  # lone surrogates, as JSON has them
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):  # a terminal without some of it
        text = json.dumps(value, allow_nan=False, indent=2)
    print(text)


def say(line: str) -> None:
    """Print a line for people on stderr, or several; what a terminal would take for commands is a question mark."""
    click.echo("\n".join(map(printable, readable(line).split("\n"))), err=True)


@contextmanager
def printing(to_the_end: bool) -> Iterator[None]:
    """Print a part of the results; what reads them may leave, as `head` does, and a disk may be full.

    OSError then, unless files are being written too (`to_the_end`): these are completed, and no more is shown.
    """
    try:
        yield
    except OSError as error:
        left = isinstance(error, BrokenPipeError)
        if not to_the_end:
            raise error if left else OSError(error.errno, error.strerror, "standard output") from None
        drop_output()
        if not left:
            report_error(f"standard output: {error.strerror or error}; it is cut off, the files are written")
            if context := click.get_current_context(silent=True):
                context.meta[_CUT_OFF] = True


def drop_output() -> None:
    """Send what is still printed on stdout nowhere: its reader has left."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def report_error(error: object) -> None:
    """Name what could not be used in one line on stderr, for instance a photo; the rest goes on."""
    say(f"photoplanet: {printable(readable(str(error)))}")


def finish(failed: int, total: int) -> int:
    """Say how many photos could not be read; return the exit status: 2 when none could be, 1 when output was cut off.

    >>> finish(0, 5), finish(1, 5), finish(5, 5)
    (0, 0, 2)
    """
    if failed:
        say(f"{failed} of {total} photos could not be read; they are named above")
    context = click.get_current_context(silent=True)
    return 2 if failed == total else 1 if context and context.meta.get(_CUT_OFF) else 0


def report_stop(signal: int) -> int:
    """Say that a signal stopped a training; return the exit status, 128 more than the signal as shells have it.

    >>> report_stop(15)
    143
    """
    say("stopped; the checkpoint is written, run the same command again to resume")
    return 128 + signal


def by_outcome(records: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Sort records of photos for JSON into `photos`, and `failed` for those that hold an `error`.

    >>> by_outcome([{"file": "a.jpg"}, {"file": "b.jpg", "error": "b.jpg: not a photo"}])
    {'photos': [{'file': 'a.jpg'}], 'failed': [{'file': 'b.jpg', 'error': 'b.jpg: not a photo'}]}
    """
    photos = [each for each in records if "error" not in each]
    return {"photos": photos, "failed": [each for each in records if "error" in each]}


def name_width(names: Sequence[str], widest: int = NAME_WIDTH) -> int:
    """How wide the column of photo names has to be.

    >>> name_width(["a.jpg", "holiday.jpg"]), name_width(["x"]), name_width(["x" * 100])
    (11, 5, 40)
    """
    return min(widest, max(5, *map(len, names)))


def fit_name(name: str, width: int) -> str:
    """Fit a file name into a column; of a long one the end is kept.

    >>> fit_name("IMG_1.jpg", 12), fit_name("holidays/IMG_1.jpg", 12)
    ('IMG_1.jpg   ', '…s/IMG_1.jpg')
    """
    name = printable(name)
    return name.ljust(width) if len(name) <= width else "…" + name[1 - width :]


def fit_place(place: str, width: int = PLACE_WIDTH) -> str:
    """Fit the name of a place into a column; of a long one the beginning is kept.

    >>> fit_place("Paris, France", 9)
    'Paris, F…'
    """
    place = printable(place)
    return place.ljust(width) if len(place) <= width else place[: width - 1] + "…"


def count_of(count: int, what: str) -> str:
    """Return a number and what it counts, in the plural unless it is one.

    >>> count_of(1, "round"), count_of(1200, "photo")
    ('1 round', '1,200 photos')
    """
    return f"{count:,} {what}{'' if count == 1 else 's'}"
