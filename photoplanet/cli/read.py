"""`photoplanet read`: photos → the text in them, as a table, JSON, CSV or a page."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import click

from photoplanet.cli.shared import commands, extras, options
from photoplanet.cli.shared.output import (
    by_outcome,
    count_of,
    finish,
    fit_name,
    name_width,
    print_json,
    printing,
    report_error,
    say,
)
from photoplanet.cli.shared.progress import bar_unless_printing
from photoplanet.core.output_files import OutputFiles
from photoplanet.errors import InputError, printable
from photoplanet.show.readings import Sink
from photoplanet.signs.line import Reading
from photoplanet.signs.networks import EXTRA, FEATURE


@commands.command(epilog=extras.hint(FEATURE, EXTRA))
@click.argument("photos", nargs=-1, metavar="PHOTO...")
@click.option("--thorough", is_flag=True, help="Read each photo in full, large ones in parts: finds smaller text.")
@options.JSON
@click.option("--csv", "csv_path", type=options.OUT_FILE, help="Write CSV, a row for each line of text.")
@click.option("--page", "page_path", type=options.OUT_FILE, help="Write a page of the photos with the lines marked.")
@options.FILES_FROM
@options.THREADS
@options.MAX_PIXELS
def command(
    photos: tuple[str, ...], thorough: bool, as_json: bool, csv_path: Path | None, page_path: Path | None,
    files_from: str | None, threads: int | None,
) -> int:  # fmt: skip
    """Read the text in each PHOTO: signs, and what was written over the photo.

    A PHOTO is a file, a folder (with all below it), a shard (00000.tar), one photo in a shard (00000.tar#key.jpg), or
    '-' for one photo on stdin. Latin, Greek, Chinese and Japanese are read, on this machine; other scripts are not,
    and may come out as letters that look alike. What was read once is kept in your own folder, by what a file holds.

    A line's role is 'sign', 'stamp' (a date that the camera wrote) or 'watermark' (a name or an address over the
    photo). Reading stops after 2 seconds or 200 lines of a photo, the largest first. A photo that cannot be read is
    named on stderr and the rest goes on; the exit status is 2 when none could be read.

    \b
    Example:
      photoplanet read IMG_1.jpg
      photoplanet read ~/Scans --page text.html --csv text.csv
      photoplanet read IMG_1.jpg --thorough --json
    """
    from photoplanet.photos import inputs
    from photoplanet.signs import kept
    from photoplanet.signs.reader import Reader

    reader = Reader(threads, thorough=thorough)
    sources = inputs.sources(photos, files_from, say)
    inputs.check_outputs((csv_path, page_path), [*sources, files_from])
    listing: list[dict[str, Any]] = []
    failed = written = cut = 0
    with OutputFiles(report_error) as files, bar_unless_printing(as_json)("reading", len(sources)) as advance:
        show = _printer(sources)
        sinks = [files.add(sink) for sink in _files(csv_path, page_path)]
        for source, found in kept.readings(reader, sources, say):
            name = inputs.name_of(source)
            if isinstance(found, InputError):
                failed += 1
                report_error(found)
            else:
                written += bool(found.lines)
                cut += found.cut
            if as_json:
                listing.append(_record(name, found))
            elif not isinstance(found, InputError):
                with printing(to_the_end=len(sinks) > 0):
                    show(name, found)
            for sink in sinks:
                sink(name, source, found)
            advance()
    if as_json:
        print_json(by_outcome(listing))
    _conclude(written, cut, len(sources) - failed)
    status = finish(failed, len(sources))
    return 1 if files.faults else status


def _record(name: str, found: Reading | InputError) -> dict[str, Any]:
    return {"file": name} | ({"error": str(found)} if isinstance(found, InputError) else found.to_dict())


def _files(csv_path: Path | None, page_path: Path | None) -> Iterator[AbstractContextManager[Sink]]:
    """Yield the files that are asked for; each takes one photo after another."""
    from photoplanet.show import readings

    if csv_path:
        yield readings.csv_file(csv_path)
    if page_path:
        yield readings.page(page_path)


def _printer(sources: Sequence[str | bytes]) -> Callable[[str, Reading], None]:
    """Return a function that prints a photo's lines of text, the head first; nothing of a photo without text."""
    from photoplanet.photos import inputs

    width = name_width([inputs.name_of(source) for source in sources])
    started = False

    def add(name: str, reading: Reading) -> None:
        nonlocal started
        for number, line in enumerate(reading.lines):
            if not started:
                click.echo(f"{'photo':<{width}}  score  {'role':<9}  text")
                started = True
            first = fit_name(name, width) if number == 0 else " " * width
            click.echo(f"{first}  {line.score:5.2f}  {line.role:<9}  {printable(line.text)}")

    return add


def _conclude(written: int, cut: int, count: int) -> None:
    """Say how many photos have text, and how many readings stopped at a bound."""
    if count:
        say(f"{written:,} of {count_of(count, 'photo')} {'has' if count == 1 else 'have'} text that could be read")
    if cut:
        say(f"{count_of(cut, 'reading')} stopped at 2 seconds or 200 lines; there is more in the photo")
