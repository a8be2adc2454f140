"""`photoplanet locate`: photos → places, as a table, JSON, CSV, GeoJSON or a map."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import click

from photoplanet.cli import library as shared
from photoplanet.cli.common import bar, print_json
from photoplanet.errors import InputError, printable
from photoplanet.locate.answers import AnswerOptions, record
from photoplanet.locate.credible_region import REGION_SHARE
from photoplanet.locate.point_estimates import DEFAULT_READOUT, READOUTS
from photoplanet.locate.precision import DEFAULT_PRECISION, PRECISIONS
from photoplanet.show.result_files import TOY_LINE, percent, point

NAME_WIDTH, PLACE_WIDTH = 40, 44
MAP_PHOTOS, MAP_PLACES = 2000, 5


@click.command()
@click.argument("photos", nargs=-1, metavar="PHOTO...")
@click.option("--model", metavar="MODEL", help="An installed model's name, or a folder.  [default: the one you chose]")
@click.option("--top", type=click.IntRange(1, 1000), default=1, show_default=True, help="Places to list a photo.")
@click.option("--readout", type=click.Choice(list(READOUTS)), default=DEFAULT_READOUT, show_default=True,
              help="How the distribution becomes one point; 'center' is the paper's.")  # fmt: skip
@click.option("--region", type=click.FloatRange(0, 1, min_open=True), default=REGION_SHARE, show_default=True,
              help="Probability that the credible region holds.")  # fmt: skip
@click.option("--precision", type=click.Choice(list(PRECISIONS)), default=DEFAULT_PRECISION, show_default=True,
              help="What coordinates and names are rounded to.")  # fmt: skip
@click.option("--answer-always", is_flag=True, help="Give a place even where the evidence is weak.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--csv", "csv_path", type=click.Path(dir_okay=False), help="Write CSV, as `photoplanet score` reads it.")
@click.option("--geojson", "geojson_path", type=click.Path(dir_okay=False), help="Write GeoJSON: points and regions.")
@click.option("--map", "map_path", type=click.Path(dir_okay=False), help="Write a map: one HTML page, works offline.")
@click.option("--files-from", type=click.Path(allow_dash=True, dir_okay=False), metavar="FILE",
              help="Read more names from FILE ('-': stdin), one a line.")  # fmt: skip
@click.option("--threads", type=click.IntRange(1, 1024), help="Cores to use.  [default: all]")
@click.option("--library", metavar="LIB", help="Geotagged photos (folder or table) to find the same place in.")
@shared.options
def command(photos, model, top, readout, region, precision, answer_always, as_json, csv_path, geojson_path, map_path,
            files_from, threads, library, index_dir, no_update, with_itself):  # fmt: skip
    """Tell where each PHOTO was taken, and how sure that is.

    A PHOTO is a file, a folder (with all below it), a shard (00000.tar), one photo in a shard (00000.tar#key.jpg), or
    '-' for one photo on stdin. A photo that cannot be read is named on stderr and the rest goes on; the exit status is
    2 when none could be read.

    With --library and without a model, a photo's place is that of the photos of LIB that show the same, proven by
    geometry, or 'no match'. With a model, its cells are searched for the photos of LIB that look most alike, and the
    point is chosen among these ('combined' in docs/similar.md).

    \b
    Example:
      photoplanet locate IMG_1.jpg --top 5
      photoplanet locate ~/Scans --map where.html --csv where.csv
      photoplanet locate IMG_1.jpg --model toy --json
      photoplanet locate old-scan.jpg --library ~/Photos
    """
    from photoplanet.locate import locator
    from photoplanet.photos import inputs
    from photoplanet.show import result_files

    sources = inputs.sources(photos, files_from)
    inputs.check_outputs([path for path in (csv_path, geojson_path, map_path) if path], sources)
    if library is not None and _without_model(model):
        if geojson_path or map_path:
            raise InputError("--map and --geojson draw a model's answer; without a model, use --csv or --json")
        from photoplanet.cli import locate_library

        return locate_library.run(sources, library, precision=precision, as_json=as_json, csv_path=csv_path,
                                  with_itself=with_itself, threads=threads, index=index_dir,
                                  update=not no_update)  # fmt: skip
    loaded = locator.load(model, threads)
    if loaded.info.is_toy:
        click.echo(TOY_LINE, err=True)
    searched = None
    if library is not None:
        searched = shared.opened(library, by="embedding", model=loaded, index=index_dir, update=not no_update,
                                 threads=threads)  # fmt: skip
    about: dict[str, Any] = {"model": loaded.info.name, "world": "toy" if loaded.info.is_toy else "real"}
    if searched is not None:
        about |= {"library": library, "index": searched.to_dict()}
    form = AnswerOptions(top, region, precision, answer_always)
    failed = 0
    with ExitStack() as stack:
        listing: list[dict[str, Any]] = []
        sinks = [_collector(listing) if as_json else _printer(sources, form)]
        if csv_path:
            sinks.append(stack.enter_context(result_files.csv_file(csv_path)))
        if geojson_path:
            sinks.append(stack.enter_context(result_files.geojson_file(geojson_path, about, form)))
        if map_path:
            sinks.append(stack.enter_context(_map_file(map_path, form)))
        # A table on the terminal shows by itself how far it is, and a bar would draw over it.
        hidden = sys.stdout.isatty() and not as_json
        advance = _no_bar if hidden else stack.enter_context(bar("locating", len(sources)))
        answers = loaded.locate_many(sources, readout=readout, decode_threads=threads, advance=advance, region=region)
        for name, answer, facts in _with_facts(answers, form, searched, with_itself):
            if not facts:
                failed += 1
                click.echo(f"photoplanet: {printable(str(answer))}", err=True)
            for sink in sinks:
                sink(name, answer, facts)
    if as_json:
        print_json({**about, "photos": [each for each in listing if "error" not in each],
                    "failed": [each for each in listing if "error" in each]})  # fmt: skip
    if failed:
        click.echo(f"{failed} of {len(sources)} photos could not be read; they are named above", err=True)
    return 2 if failed == len(sources) else 0


def _with_facts(answers: Iterable[tuple[Any, Any]], form: Any, searched: Any, with_itself: bool) -> Iterator[Any]:
    """(name, answer, what is told of it) of each photo, read again from the library's photos that look most alike where
    one is `searched`; nothing is told of a photo that could not be read."""
    from photoplanet.photos import inputs

    for source, answer in answers:
        name = inputs.name_of(source)
        if isinstance(answer, InputError):
            yield name, answer, {}
        elif searched is None:
            yield name, answer, record(name, answer, form)
        else:
            rows = shared.itself(searched, source, name, lambda line: click.echo(printable(line), err=True))
            answer, like = searched.refine(source, answer, () if with_itself else rows)
            facts = record(name, answer, form)
            yield name, answer, facts | ({"like": like} if facts["best"] is not None else {})


def _without_model(model: str | None) -> bool:
    from photoplanet.models import installed

    return model is None and installed.default() is None


def _no_bar(count: int = 1, note: str = "") -> None:
    """Show nothing."""


def _collector(listing: list[dict[str, Any]]) -> Any:
    def add(name: str, answer: Any, facts: dict[str, Any]) -> None:
        listing.append(facts or {"file": name, "error": str(answer)})

    return add


def _printer(sources: list, form: Any) -> Any:
    """A function that prints one photo's answer as table lines, the head first; as wide as the longest name needs."""
    from photoplanet.photos import inputs

    width = min(NAME_WIDTH, max(5, *(len(inputs.name_of(source)) for source in sources)))
    share = f"{100 * form.region:.3g} % within"
    head = f"{'photo':<{width}}  {'place':<{PLACE_WIDTH}}  {'latitude, longitude':<19}   city  country  {share:>13}"
    started = False

    def add(name: str, answer: Any, facts: dict[str, Any]) -> None:
        nonlocal started
        if not facts:
            return
        if not started:
            click.echo(head)
            started = True
        best, sure, region = facts["best"], facts["confidence"], facts["region"]
        name = printable(name) if len(name) <= width else "…" + printable(name)[1 - width :]
        place = printable(best["place"]) if best else "no answer: the evidence is too weak"
        if len(place) > PLACE_WIDTH:
            place = place[: PLACE_WIDTH - 1] + "…"
        where = point(best, form.precision) if best else ""
        click.echo(
            f"{name:<{width}}  {place:<{PLACE_WIDTH}}  {where:<19}  {percent(sure['city']):>5}  "
            f"{percent(sure['country']):>7}  {region['radius_km']:>10,.0f} km"
        )
        for rank, other in enumerate(facts["top"], start=1) if form.top > 1 else ():
            where = point(other, form.precision)
            click.echo(f"  {rank}. {percent(other['confidence']):>5}  {where:<19}  {printable(other['place'])}")

    return add


@contextmanager
def _map_file(path: str, form: Any) -> Iterator[Any]:
    """Keep the answers, and write them as one page at the end; a page of more than `MAP_PHOTOS` is of no use."""
    from photoplanet.show import maps

    items: list[tuple[str, Any]] = []
    left_out = 0

    def add(name: str, answer: Any, facts: dict[str, Any]) -> None:
        nonlocal left_out
        if len(items) < MAP_PHOTOS:
            items.append((name, answer))
        else:
            left_out += 1

    yield add
    maps.write_html_map(path, items, form=replace(form, top=max(form.top, MAP_PLACES)))
    if left_out:
        click.echo(f"{path}: shows the first {MAP_PHOTOS:,} photos, not the other {left_out:,}", err=True)
