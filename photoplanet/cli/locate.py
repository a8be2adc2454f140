"""`photoplanet locate`: photos → places, as a table, JSON, CSV, GeoJSON or a map."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from photoplanet.cli.shared import commands, evidence, given_areas, loading, options
from photoplanet.cli.shared.library import WITH_ITSELF, find_itself, index_options, locate_by_option, open_library
from photoplanet.cli.shared.output import (
    PLACE_WIDTH,
    by_outcome,
    count_of,
    finish,
    fit_name,
    fit_place,
    name_width,
    print_json,
    printing,
    report_error,
    say,
)
from photoplanet.cli.shared.progress import bar_unless_printing
from photoplanet.core.output_files import OutputFiles
from photoplanet.errors import InputError, printable
from photoplanet.locate import own_place
from photoplanet.locate.answers import AnswerOptions, no_answer, record
from photoplanet.locate.given_area import inside
from photoplanet.locate.precision import percent, point, within
from photoplanet.show.result_files import TOY_LINE, Sink

if TYPE_CHECKING:
    from photoplanet.earth.areas.area import Area
    from photoplanet.locate.locator import Locator
    from photoplanet.locate.prediction import Prediction
    from photoplanet.retrieval.library.matching import Library
    from photoplanet.show import maps

MAP_PLACES = 5  # of a photo on a map
MATCH_COLUMNS = ("photo_id", "own_latitude", "own_longitude", "own_source", "own_km", "rank", "latitude", "longitude",
                 "place", "country_code", "details", "matches", "spread_km", "chance", "abstains", "error")  # fmt: skip


class Output(NamedTuple):
    """How answers are shown: JSON or a table, with their evidence or not; and the files, None for those not wanted."""

    as_json: bool
    why: bool
    csv: Path | None
    geojson: Path | None
    map: Path | None


@commands.command()
@click.argument("photos", nargs=-1, metavar="PHOTO...")
@options.MODEL
@click.option("--top", type=click.IntRange(1, 1000), default=1, show_default=True, help="Places, the answer first.")
@options.READOUT
@options.region("Probability that the credible region holds.")
@options.PRECISION
@options.ANSWER_ALWAYS
@options.areas
@options.JSON
@options.CSV
@click.option("--geojson", "geojson_path", type=options.OUT_FILE, help="Write GeoJSON: points and regions.")
@click.option("--map", "map_path", type=options.OUT_FILE, help="Write a map: one HTML page, works offline.")
@options.FILES_FROM
@options.THREADS
@options.MAX_PIXELS
@options.DEVICE
@options.SIGNS
@options.CLOCK
@evidence.options
@click.option("--library", metavar="LIB", help="Geotagged photos (folder or table) to find the same place in.")
@locate_by_option
@index_options
@WITH_ITSELF
def command(
    photos: tuple[str, ...], model: str | None, top: int, readout: str, region: float, precision: str,
    answer_always: bool, within: tuple[str, ...], not_within: tuple[str, ...], as_json: bool, csv_path: Path | None,
    geojson_path: Path | None, map_path: Path | None, files_from: str | None, threads: int | None,
    signs: bool | None, clock: bool, why: bool, strike: tuple[str, ...], prior: Path | None, library: str | None,
    by: str | None, index_dir: str | None, no_update: bool, with_itself: bool, device: str | None,
) -> int:  # fmt: skip
    """Estimate where each PHOTO was taken, and how sure that is.

    A PHOTO is a file, a folder (with all below it), a shard (00000.tar), one photo in a shard (00000.tar#key.jpg), or
    '-' for one photo on stdin. A photo that cannot be read is named on stderr and the rest goes on; the exit status is
    2 when none could be read.

    Without a model, places come from what stands in the photos, such as signs, and from where people photograph.

    With --library a photo's place is that of the photos of LIB that show the same, by details that geometry proves and
    that do not move, or 'no match', and no text is read. With --model or --by embedding the cells of a model are
    searched for the photos of LIB that look most alike, and the point is chosen among these ('combined' in
    docs/similar.md).

    \b
    Example:
      photoplanet locate IMG_1.jpg --top 5
      photoplanet locate ~/Scans --map where.html --csv where.csv
      photoplanet locate IMG_1.jpg --why --strike "Pizzeria Napoli"
      photoplanet locate IMG_1.jpg --model toy --json
      photoplanet locate ~/Scans --within Italy --not-within 41.9,12.5,30
      photoplanet locate old-scan.jpg --library ~/Photos
    """
    from photoplanet.photos import inputs

    sources = inputs.sources(photos, files_from, say)
    read = [*sources, files_from, library, str(prior) if prior else None]
    inputs.check_outputs((csv_path, geojson_path, map_path), read)
    opening: dict[str, Any] = {"index": index_dir, "update": not no_update, "threads": threads}
    if _by_details(library, by, model):
        from photoplanet.earth.areas import parse

        if geojson_path or map_path:
            raise InputError("--map and --geojson draw a model's answer; add --by embedding, or use --csv or --json")
        if signs or why or strike or prior or device:
            raise click.UsageError("--signs, --why, --strike, --prior and --device go without --library, or with "
                                   "--by embedding: a match rests on no text and no network")  # fmt: skip
        found = open_library(str(library), by="local", **opening)
        area = parse.areas(within, not_within)
        return _by_matches(found, str(library), sources, precision, as_json, csv_path, with_itself, threads, area)
    loaded = loading.load(model, threads, signs=signs, clock=clock, prior=prior, strike=strike, device=device)
    if loaded.info.is_toy:
        say(TOY_LINE)
    evidence.say_no_model(loaded)
    about: dict[str, Any] = {"model": loaded.info.name, "world": "toy" if loaded.info.is_toy else "real"}
    about |= evidence.about(loaded, clock) | loading.licence_facts(loaded.info)
    cut = loaded.cut(within, not_within)
    about |= {"within": cut.area.name} if cut else {}
    searched = open_library(library, by="embedding", model=loaded, **opening) if library is not None else None
    about |= {"library": library, "by": "embedding", "index": searched.to_dict()} if searched else {}
    form = AnswerOptions(top, region, precision, answer_always)
    output = Output(as_json, why, csv_path, geojson_path, map_path)
    areas = {"within": within, "not_within": not_within}
    return _by_model(loaded, searched, sources, about, form, output, readout, threads, with_itself, areas)


def _by_model(
    loaded: "Locator", searched: "Library | None", sources: Sequence[str | bytes], about: dict[str, Any],
    form: AnswerOptions, output: Output, readout: str, threads: int | None, with_itself: bool,
    areas: dict[str, tuple[str, ...]],
) -> int:  # fmt: skip
    """Locate photos by what a network and their evidence say, print and write it; return the exit status."""
    listing: list[dict[str, Any]] = []
    failed, tally, doubted = 0, evidence.Tally(loaded), given_areas.Doubted()
    doubts = "unknown" in loaded.info.calibration
    with OutputFiles(report_error) as files, bar_unless_printing(output.as_json)("locating", len(sources)) as advance:
        show = (
            _collector(listing) if output.as_json else _printer(sources, form, doubts, any(areas.values()), output.why)
        )
        sinks = [files.add(sink) for sink in _files(output, about, form)]
        drawn = files.add(_map_file(output.map, len(sources), form)) if output.map else None
        answers = loaded.locate_many(
            sources, readout=readout, decode_threads=threads, advance=advance, region=form.region,
            within=areas["within"], not_within=areas["not_within"],
        )  # fmt: skip
        for source, name, answer, facts in _with_records(answers, form, searched, with_itself):
            if isinstance(answer, InputError):
                failed += 1
                report_error(answer)
            else:
                tally.add(answer)
            doubted.note(facts)
            with printing(to_the_end=bool(sinks or drawn)):
                show(name, answer, facts)
            for sink in sinks:
                sink(name, answer, facts)
            if drawn:
                drawn(source, name, answer, facts.get(own_place.KEY))
    if output.as_json:
        print_json({**about, **by_outcome(listing)})
    doubted.report()
    tally.report()
    status = finish(failed, len(sources))
    return 1 if files.faults else status


def _by_details(library: str | None, by: str | None, model: str | None) -> bool:
    """Whether a library is searched by local features: unless --by or --model says otherwise; a default does not."""
    from photoplanet.locate.opening import NONE
    from photoplanet.models import installed

    if library is None and by:
        raise InputError("--by says how a library is searched; give it with --library LIB")
    if by == "local" and model and model != NONE:
        raise InputError("--model is for --by embedding; local features need no model")
    if library is None or by or model:
        return library is not None and (by == "local" or (model == NONE and by is None))
    default = installed.default()
    if default is not None:
        say(f"{library}: details are compared; --by embedding searches it by the default model, {default}, instead")
    return True


def _map_file(path: Path, photos: int, form: AnswerOptions) -> "AbstractContextManager[maps.Sink]":
    from photoplanet.show import maps

    if photos > maps.MAX_PHOTOS:
        say(f"{path}: shows the first {maps.MAX_PHOTOS:,} photos, not the other {photos - maps.MAX_PHOTOS:,}")
    return maps.map_file(path, photos, replace(form, top=max(form.top, MAP_PLACES)))


def _with_records(
    answers: "Iterable[tuple[Any, Prediction | InputError]]", form: AnswerOptions, searched: "Library | None",
    with_itself: bool,
) -> "Iterator[tuple[Any, str, Prediction | InputError, dict[str, Any]]]":  # fmt: skip
    """Yield (source, name, answer, record) of each photo; the record of one that could not be read has no answer.

    Where a library is `searched`, the point is chosen among its photos that look most alike.
    """
    from photoplanet.metadata.sidecars import Sidecars
    from photoplanet.photos import inputs

    beside = Sidecars()
    for source, answer in answers:
        name, own = inputs.name_of(source), own_place.of(source, beside)
        if isinstance(answer, InputError):
            stated = {} if own is None else {own_place.KEY: own.record()}
            yield source, name, answer, {"file": name, **stated, "error": str(answer)}
        elif searched is None:
            yield source, name, answer, record(name, answer, form, own)
        else:
            rows = find_itself(searched, source, name)
            refined, like = searched.refine(source, answer, () if with_itself else rows)
            facts = record(name, refined, form, own)
            yield source, name, refined, facts | ({"like": like} if facts["best"] is not None else {})


def _collector(listing: list[dict[str, Any]]) -> Sink:
    def add(name: str, answer: "Prediction | InputError", facts: dict[str, Any]) -> None:
        listing.append(facts)

    return add


def _files(output: Output, about: dict[str, Any], form: AnswerOptions) -> Iterator[AbstractContextManager[Sink]]:
    """Yield the files that are asked for, but for the map; each takes one photo after another."""
    from photoplanet.show import result_files

    if output.csv:
        yield result_files.csv_file(output.csv)
    if output.geojson:
        yield result_files.geojson_file(output.geojson, about, form)


def _printer(sources: Sequence[str | bytes], form: AnswerOptions, doubts: bool, cut: bool, why: bool) -> Sink:
    """Return a function that prints one photo's answer as table lines, the head first.

    `doubts`: whether the model can tell what it does not know, so that there is a column for it; `cut`: whether the
    answers are cut to an area, and one says how much lay inside; `why`: whether the evidence of each answer follows it.
    """
    from photoplanet.locate import why as reasons
    from photoplanet.photos import inputs

    width = name_width([inputs.name_of(source) for source in sources])
    share = f"{100 * form.region:.3g} % within"
    columns = f"{'  inside' if cut else ''}{'  unknown' if doubts else ''}   city  country  {share:>13}"
    head = f"{'photo':<{width}}  {'place':<{PLACE_WIDTH}}  {'latitude, longitude':<19}{columns}"
    started = False

    def add(name: str, answer: "Prediction | InputError", facts: dict[str, Any]) -> None:
        nonlocal started
        own, failed = facts.get(own_place.KEY), isinstance(answer, InputError)
        if failed and own is None:
            return
        if not started:
            click.echo(head)
            started = True
        label = fit_name(name, width)
        if own is not None:
            answered = not failed and facts["best"] is not None
            click.echo(_own_line(label, own, answered))
            label = " " * width
        if isinstance(answer, InputError):
            return
        best, sure, region = facts["best"], facts["confidence"], facts["region"]
        place = fit_place(best["place"] if best else no_answer(answer))
        where = point(best, form.precision, region["radius_km"]) if best else ""
        doubt = f"{percent(facts['within']['inside_before']):>6}  " if cut else ""
        doubt += f"{percent(facts['unknown']):>7}  " if doubts else ""
        click.echo(
            f"{label}  {place}  {where:<19}  {doubt}{percent(sure['city']):>5}  "
            f"{percent(sure['country']):>7}  {within(region['radius_km']):>13}"
        )
        for rank, other in enumerate(facts["top"], start=1) if form.top > 1 else ():
            where = point(other, form.precision, other["radius_km"])
            click.echo(f"  {rank}. {percent(other['confidence']):>5}  {where:<19}  {printable(other['place'])}")
        for line in reasons.lines(answer) if why else reasons.note(facts):
            click.echo(f"  {line}")

    return add


def _own_line(label: str, own: dict[str, Any], answered: bool = True) -> str:
    """The line of the place that a photo states itself."""
    where = point(own, own_place.PRECISION, 0)
    return f"{label}  {fit_place(own['place'])}  {where:<19}  {printable(own_place.words(own, answered))}"


def _by_matches(
    library: "Library", named: str, sources: Sequence[str | bytes], precision: str, as_json: bool,
    csv_path: Path | None, with_itself: bool, threads: int | None, area: "Area | None",
) -> int:  # fmt: skip
    """Locate photos without a model, by the photos of a library that show the same; return the exit status."""
    from photoplanet.metadata.sidecars import Sidecars
    from photoplanet.photos import inputs
    from photoplanet.retrieval.library.matching import answer_to_dict

    beside = Sidecars()
    records: list[dict[str, Any]] = []
    failed = 0
    with OutputFiles(report_error) as files, bar_unless_printing(as_json)("searching", len(sources)) as advance:
        put = files.add(_match_file(csv_path)) if csv_path else None
        width = name_width([inputs.name_of(source) for source in sources])
        if not as_json:
            click.echo(f"{'photo':<{width}}  {'place':<{PLACE_WIDTH}}  {'latitude, longitude':<19}  details  matches")
        for source in sources:
            name, own = inputs.name_of(source), own_place.of(source, beside)
            stated = {} if own is None else {own_place.KEY: own.record()}
            if own is not None and not as_json:
                with printing(to_the_end=put is not None):
                    click.echo(_own_line(fit_name(name, width), stated[own_place.KEY]))
            try:
                rows = find_itself(library, source, name)
                answer = library.locate(source, () if with_itself else rows, threads, area)
            except InputError as error:
                failed += 1
                report_error(error)
                facts: dict[str, Any] = {"file": name, **stated, "error": str(error)}
            else:
                itself = [library.listing.addresses[row] for row in rows]
                facts = {"file": name, **stated, "itself": itself, **answer_to_dict(answer, precision)}
                if not as_json:
                    with printing(to_the_end=put is not None):
                        click.echo(_match_line(facts, width, precision))
            if as_json:
                records.append(facts)
            if put:
                put(facts)
            advance()
    outside = len(library.outside(area))
    if outside:
        say(f"{count_of(outside, 'photo')} of the library left out: not {inside(area.name) if area else ''}")
    if as_json:
        about = {"within": area.name, "left_out": outside} if area else {}
        print_json({"library": named, "by": "local", **about, "index": library.to_dict(), **by_outcome(records)})
    status = finish(failed, len(sources))
    return 1 if files.faults else status


@contextmanager
def _match_file(path: Path) -> Iterator[Callable[[dict[str, Any]], None]]:
    from photoplanet.core import atomic

    with atomic.open_replacing(path) as file:
        writer = csv.DictWriter(file, MATCH_COLUMNS, extrasaction="ignore")
        writer.writeheader()
        yield lambda facts: writer.writerow(_match_row(facts))


def _match_line(facts: dict[str, Any], width: int, precision: str) -> str:
    from photoplanet.show.matches import proof

    name, best = " " * width if own_place.KEY in facts else fit_name(facts["file"], width), facts["best"]
    if best is None:
        return f"{name}  no match"
    others = f", and {len(facts['elsewhere'])} elsewhere" if facts["elsewhere"] else ""
    matches = f"{len(facts['matches'])} within {best['spread_km']:.2g} km{others}"
    like_it = best.get("like_it")
    said = f"{like_it['right']} of {like_it['of']} such right" if like_it else proof({"trusted": True, **best})
    line = f"{name}  {fit_place(best['place'])}  {point(best, precision, 0):<19}  {best['details']:>7}  {matches}"
    return f"{line}; {said}" if said else line


def _match_row(facts: dict[str, Any]) -> dict[str, Any]:
    """A CSV row as `photoplanet score` reads it: without coordinates where there is no answer."""
    from photoplanet.show.result_files import own_columns

    known = {"photo_id": facts["file"], **own_columns(facts)}
    if "error" in facts:
        return {**known, "error": facts["error"]}
    if facts["best"] is None:
        return {**known, "abstains": "true"}
    known |= {"rank": 1, "abstains": "false", "matches": len(facts["matches"])}
    return {**known, **facts["best"]}
