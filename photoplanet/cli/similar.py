"""`photoplanet similar`: which photos of a geotagged library show what a photo shows, and where they were taken."""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from photoplanet.cli.shared import commands, loading, options
from photoplanet.cli.shared.library import (
    WITH_ITSELF,
    WITH_VECTORS,
    by_option,
    find_itself,
    index_options,
    open_library,
)
from photoplanet.cli.shared.output import (
    by_outcome,
    finish,
    fit_name,
    fit_place,
    print_json,
    printing,
    report_error,
    say,
)
from photoplanet.cli.shared.progress import bar_unless_printing
from photoplanet.core.output_files import OutputFiles
from photoplanet.errors import InputError, printable
from photoplanet.locate.precision import point

if TYPE_CHECKING:
    from photoplanet.earth.areas.area import Area
    from photoplanet.retrieval.library.matching import Library

NAME_WIDTH, MAX_PICTURES = 36, 60
COLUMNS = ("file", "rank", "photo_id", "path", "inliers", "distance", "score", "trusted", "chance", "latitude",
           "longitude", "place", "error")  # fmt: skip


@commands.command()
@click.argument("photos", nargs=-1, metavar="PHOTO...")
@click.option("--library", required=True, metavar="LIB", help="A folder of geotagged photos, or a photo table.")
@by_option("'local': details that geometry proves; 'embedding': vectors of a model.")
@click.option("--model", metavar="MODEL", help="For --by embedding: an installed model's name, or a folder.")
@WITH_VECTORS
@click.option("--top", type=click.IntRange(1, 1000), default=5, show_default=True, help="Photos to list, at most.")
@click.option("--all", "unproven", is_flag=True, help="List what may match, too, where nothing is proven.")
@options.areas
@options.PRECISION
@options.JSON
@click.option("--csv", "csv_path", type=options.OUT_FILE, help="Write CSV, a row for each photo found.")
@click.option("--show", "show_path", type=options.OUT_FILE, metavar="FILE",
              help="Write a page (.html, works offline) or picture (.png) of the pairs.")  # fmt: skip
@options.FILES_FROM
@options.THREADS
@options.MAX_PIXELS
@options.DEVICE
@index_options
@WITH_ITSELF
def command(
    photos: tuple[str, ...], library: str, by: str, model: str | None, vectors: str | None, top: int, unproven: bool,
    within: tuple[str, ...], not_within: tuple[str, ...], precision: str, as_json: bool, csv_path: Path | None,
    show_path: Path | None, files_from: str | None, threads: int | None, index_dir: str | None, no_update: bool,
    with_itself: bool, device: str | None,
) -> int:  # fmt: skip
    """Find the photos of a library LIB that show the same place as each PHOTO.

    LIB is indexed once; the index lies beside it as NAME.index, and later runs read only photos that are new or
    changed. By local features a photo is listed only when 19 of 20 such matches are right, as measured on LIB itself,
    else the answer is 'no match'.
    The exit status is 2 when no PHOTO could be read.

    \b
    Example:
      photoplanet similar old-scan.jpg --library ~/Photos --show matches.html
      photoplanet similar *.jpg --library photos.parquet --by embedding --model model/ --csv similar.csv
    """
    from photoplanet.earth.areas import parse
    from photoplanet.photos import inputs

    area = parse.areas(within, not_within)
    if by == "local" and (model or vectors or device):
        raise InputError("--model, --vectors and --device are for --by embedding; local features need no model")
    sources = inputs.sources(photos, files_from, say)
    _check_outputs(csv_path, show_path, [*sources, files_from, library])
    loaded = loading.load(model, threads, device=device) if by == "embedding" else None
    licence = loaded.info.licence_note if loaded else ""
    found = open_library(library, by=by, model=loaded, vectors=vectors, index=index_dir, update=not no_update,
                         threads=threads)  # fmt: skip
    records: list[dict[str, Any]] = []
    pictures: list[dict[str, Any]] = []
    failed = 0
    with OutputFiles(report_error) as files, bar_unless_printing(as_json)("searching", len(sources)) as advance:
        put = files.add(_csv_file(csv_path)) if csv_path else None
        for source in sources:
            name = inputs.name_of(source)
            try:
                record, pairs = _search(found, source, name, by, top, unproven, precision, with_itself, threads, area)
            except InputError as error:
                failed += 1
                report_error(error)
                record, pairs = {"file": name, "error": str(error)}, iter(())
            if show_path and len(pictures) < MAX_PICTURES:
                pictures += pairs
            if as_json:
                records.append(record)
            else:
                with printing(to_the_end=bool(csv_path or show_path)):
                    _print(record, precision)
            if put:
                put(record)
            advance()
    if as_json:
        about = {"library": library, "by": by, **(loading.licence_facts(loaded.info) if loaded else {})}
        print_json({**about, "index": found.to_dict(), **by_outcome(records)})
    status = finish(failed, len(sources))
    if show_path:
        _show(show_path, pictures, licence)
    return 1 if files.faults else status


def _check_outputs(csv_path: Path | None, show_path: Path | None, given: Sequence[str | bytes | None]) -> None:
    from photoplanet.photos import inputs

    outputs = [path for path in (csv_path, show_path) if path]
    if show_path is not None and show_path.suffix.lower() not in (".html", ".htm", ".png"):
        raise InputError(f"{show_path}: --show writes a page (.html) or a picture (.png)")
    if show_path is not None and show_path.suffix.lower() == ".png":
        if show_path.is_file():
            raise InputError(f"{show_path}: exists already, and could be a photo; give a new name")
        outputs = [path for path in (csv_path, show_path.with_suffix(".html")) if path]
    inputs.check_outputs(outputs, given)


def _search(
    library: "Library", source: Any, name: str, by: str, top: int, unproven: bool, precision: str, with_itself: bool,
    threads: int | None, area: "Area | None",
) -> tuple[dict[str, Any], Iterator[dict[str, Any]]]:  # fmt: skip
    """Return what is found for one photo, as JSON has it, and the pictures of it, drawn when they are asked for."""
    from photoplanet.show import matches as page

    rows = find_itself(library, source, name)
    features = library.features(source) if by == "local" else None
    matches, outside = library.similar_in(source if features is None else features, top, area,
                                          () if with_itself else rows, threads, library.moment_of(source))  # fmt: skip
    kept = [match for match in matches if unproven or match.trusted is not False]
    facts = [match.to_dict(precision) for match in kept]
    itself = [library.listing.addresses[row] for row in rows]
    may_match = sum(match.trusted is False and bool(match.details) and not match.impossible for match in matches)
    record = {"file": name, "itself": itself, "matches": facts, "may_match": may_match,
              **({"outside": outside} if area else {})}  # fmt: skip
    return record, page.pictures(library, source, name, features, kept, facts)


def _print(record: dict[str, Any], precision: str) -> None:
    """Print one photo's matches as lines; nothing for a photo that could not be read, which stderr names."""
    from photoplanet.show.matches import likeness, proof

    if "error" in record:
        return
    click.echo(printable(record["file"]))
    if not record["matches"]:
        click.echo("  no match" + ("; --all lists what may match" if record.get("may_match") else ""))
    if record.get("outside"):
        click.echo(f"  left out: {record['outside']} of the most like, which are not inside the given area")
    for rank, match in enumerate(record["matches"], start=1):
        name, place = fit_name(match["photo_id"], NAME_WIDTH), fit_place(match["place"]).rstrip()
        click.echo(f"  {rank}. {name}  {likeness(match):<26}  {point(match, precision, 0):<19}  {place}")
    proofs = [proof(match) for match in record["matches"]]
    for said in dict.fromkeys(filter(None, proofs)):
        ranks = ", ".join(str(rank) for rank, each in enumerate(proofs, start=1) if each == said)
        click.echo(f"  {ranks}: {said}")


@contextmanager
def _csv_file(path: Path) -> Iterator[Callable[[dict[str, Any]], None]]:
    from photoplanet.core import atomic

    with atomic.open_replacing(path) as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        yield lambda record: writer.writerows(_rows(record))


def _rows(record: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each match; one row without a match for a photo that has none, or could not be read."""
    if record.get("matches"):
        return [
            {"file": record["file"], "rank": rank, **match} for rank, match in enumerate(record["matches"], start=1)
        ]
    return [{"file": record["file"], "error": record.get("error", "")}]


def _show(path: Path, pictures: list[dict[str, Any]], licence: str) -> None:
    from photoplanet.show import matches as page

    (page.write_png if path.suffix.lower() == ".png" else page.write_html)(path, pictures, licence)
    if len(pictures) >= MAX_PICTURES:
        say(f"{path}: shows the first {len(pictures)} pairs only")
