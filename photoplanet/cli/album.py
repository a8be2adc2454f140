"""`photoplanet album`: photos of a trip → places found together, on a map, in files, and back into the photos."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import click

from photoplanet.albums.album import GAP_HOURS
from photoplanet.albums.methods import AUTO, METHODS
from photoplanet.cli import album_geotags
from photoplanet.cli.common import bar, print_json
from photoplanet.errors import InputError, printable
from photoplanet.locate.answers import AnswerOptions
from photoplanet.locate.precision import DEFAULT_PRECISION, PRECISIONS
from photoplanet.metadata import geotags, xmp
from photoplanet.show.result_files import TOY_LINE, percent, point

NAME_WIDTH, PLACE_WIDTH = 28, 40


class Outputs(NamedTuple):
    """The files to write, None for those not asked for."""

    csv: str | None
    geojson: str | None
    gpx: str | None
    map: str | None


@click.command()
@click.argument("photos", nargs=-1, metavar="DIR|TABLE|PHOTO...")
@click.option("--model", metavar="MODEL", help="An installed model's name, or a folder.  [default: the one you chose]")
@click.option("--method", type=click.Choice([AUTO, *METHODS]), default=AUTO, show_default=True,
              help="How the photos inform each other.")  # fmt: skip
@click.option("--anchors/--no-anchors", default=True, show_default=True,
              help="Take photos that have GPS for known places that pull their neighbours.")  # fmt: skip
@click.option("--gpx", "gpx_path", type=click.Path(dir_okay=False), metavar="TRACK", help="A GPX track: known places.")
@click.option("--time-offset", metavar="+02:00", help="How far clocks that name no time zone are ahead of UTC.")
@click.option("--one-camera", is_flag=True, help="Put the photos of all cameras of a folder into one album.")
@click.option("--gap-hours", type=click.FloatRange(0, min_open=True), default=GAP_HOURS, show_default=True,
              help="A longer pause between photos starts another album.")  # fmt: skip
@click.option("--precision", type=click.Choice(list(PRECISIONS)), default=DEFAULT_PRECISION, show_default=True,
              help="What estimates are rounded to, printed and written.")  # fmt: skip
@click.option("--answer-always", is_flag=True, help="Give a place even where the evidence is weak.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--csv", "csv_path", type=click.Path(dir_okay=False), help="Write CSV, as `photoplanet score` reads it.")
@click.option(
    "--geojson", "geojson_path", type=click.Path(dir_okay=False), help="Write GeoJSON: points, regions, lines."
)
@click.option("--gpx-out", type=click.Path(dir_okay=False), help="Write GPX: waypoints and a track.")
@click.option("--map", "map_path", type=click.Path(dir_okay=False), help="Write a map with a timeline: one HTML page.")
@click.option("--write", type=click.Choice(geotags.KINDS),
              help="Write estimates beside photos (xmp) or into JPEGs (exif), never over GPS there.")  # fmt: skip
@click.option("--sidecar", type=click.Choice(list(xmp.ENDINGS)), default=xmp.DEFAULT_ENDING, show_default=True,
              help="IMG.jpg.xmp (darktable, digiKam) or IMG.xmp (Lightroom).")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="With --write or --undo: say what would be done, and change nothing.")
@click.option("--undo", is_flag=True, help="Take back all that --write has done in these folders.")
@click.option("--threads", type=click.IntRange(1, 1024), help="Cores to use.  [default: all]")
def command(photos, model, method, anchors, gpx_path, time_offset, one_camera, gap_hours, precision, answer_always,
            as_json, csv_path, geojson_path, gpx_out, map_path, write, sidecar, dry_run, undo, threads):  # fmt: skip
    """Locate the photos of a trip together: each helps to place those taken before and after it.

    Photos are taken from folders, photo tables or files. Those of one folder and one camera (make, model, serial
    number) form an album, which is cut where nothing was taken for --gap-hours. A photo that cannot be read is named
    on stderr and takes its place from its neighbours; the exit status is 2 when none could be read.

    \b
    Example:
      photoplanet album ~/Scans/1998-trip --map trip.html
      photoplanet album ~/Trip --gpx track.gpx --time-offset +02:00
      photoplanet album ~/Trip --write xmp --dry-run
      photoplanet album ~/Trip --undo
    """
    if undo:
        if write:
            raise click.UsageError("--undo takes back what --write did; give one of them")
        return album_geotags.undo(photos, dry_run)
    if dry_run and not write:
        raise click.UsageError("--dry-run goes with --write xmp, --write exif or --undo")
    from photoplanet.albums import locate_trip, trips
    from photoplanet.albums.shots import read_shots
    from photoplanet.locate.prediction import prepare
    from photoplanet.metadata import gpx
    from photoplanet.photos import inputs

    outputs = Outputs(csv_path, geojson_path, gpx_out, map_path)
    offset = trips.check_offset(time_offset) if time_offset else None
    track, untimed = gpx.read(gpx_path) if gpx_path else (None, 0)
    with bar("reading") as advance:
        shots = read_shots(photos, advance)
    inputs.check_outputs([path for path in outputs if path], [shot.source for shot in shots])
    albums, faults, utc = trips.split(shots, gap_hours, one_camera, offset)
    if track is not None:
        _check_track(gpx_path, untimed, utc, trips.covered(track, albums))
    loaded = _load(model, threads, method)
    for fault, where in faults.items():
        names = [printable(Path(shots[row].name).name) for row in where["rows"]]
        names += ["…"] * (where["count"] > len(names))
        click.echo(f"{where['count']:,} of {len(shots):,} photos: {fault} ({', '.join(names)}); each stays behind the "
                   "one before it", err=True)  # fmt: skip
    world = "toy" if loaded.info.is_toy else "real"
    about: dict[str, Any] = {"model": loaded.info.name, "world": world, "method": method}
    form = AnswerOptions(1, precision=precision, answer_always=answer_always)
    listing: list[dict[str, Any]] = []
    estimates: list[tuple[Any, Any]] = []
    failed = 0
    with ExitStack() as stack:
        add = _sinks(stack, outputs, about, form, len(shots))
        hidden = sys.stdout.isatty() and not as_json
        advance = (lambda count=1, note="": None) if hidden else stack.enter_context(bar("locating", len(shots)))
        for number, trip in enumerate(albums, start=1):
            founds = locate_trip.locate(loaded, trip, method, anchors, track, advance, threads)
            prepare([found.prediction for found in founds if found.prediction is not None], form.region)
            records = [found.record(form) for found in founds]
            failed += _name_unreadable(founds)
            if write:
                told = [(found.shot.source, found.estimate(form)) for found in founds]
                estimates += [each for each in told if each[1]]
            add(number, trip, founds, records)
            if as_json:
                listing.append(trip.record(number, records))
            else:
                _print(number, len(albums), trip, records, precision)
            del founds, records  # or two albums would be in memory at a time
    if failed:
        click.echo(f"{failed} of {len(shots)} photos could not be read; they are named above", err=True)
    report = album_geotags.write(estimates, write, sidecar, dry_run, as_json) if write else None
    if as_json:
        print_json({**about, "albums": listing, **({"written": report} if report is not None else {})})
    return 2 if failed == len(shots) else 0


def _check_track(path: str, untimed: int, utc: bool, covered: int) -> None:
    """Say on stderr what is wrong with a track; InputError where the photos' clocks are unknown."""
    if untimed:
        click.echo(f"{path}: {untimed:,} points left out, without a time or a place", err=True)
    if not utc:
        raise InputError(f"{path}: tracks are in UTC, and some photos name no time zone; say what their clock "
                         "showed: --time-offset +02:00 for two hours ahead")  # fmt: skip
    if not covered:
        click.echo(f"{path}: no photo was taken while it was recorded; check --time-offset", err=True)


def _load(model: str | None, threads: int | None, method: str) -> Any:
    """The model; InputError, before any photo is looked at, where it has not learned what the method needs."""
    from photoplanet.albums import album_parameters, methods
    from photoplanet.locate import locator

    loaded = locator.load(model, threads)
    if method != AUTO and methods.METHODS[method].needs:
        methods.check(method, album_parameters.read(loaded.bundle), loaded.info.name)
    if loaded.info.is_toy:
        click.echo(TOY_LINE, err=True)
    return loaded


def _sinks(stack: ExitStack, outputs: Outputs, about: dict[str, Any], form: Any, photos: int) -> Callable[..., None]:
    """Open the files that are asked for; return what adds one album (number, trip, founds, records) to all of them."""
    from photoplanet.show import trip as maps
    from photoplanet.show import trip_files as files

    sinks = []
    if outputs.csv:
        sinks.append(stack.enter_context(files.csv_file(outputs.csv)))
    if outputs.geojson:
        sinks.append(stack.enter_context(files.geojson_file(outputs.geojson, about, form)))
    if outputs.gpx:
        sinks.append(stack.enter_context(files.gpx_file(outputs.gpx, form)))
    drawn = stack.enter_context(maps.map_file(outputs.map, photos, replace(form, top=5))) if outputs.map else None
    if drawn and photos > maps.MAX_PHOTOS:
        click.echo(f"{outputs.map}: shows the first {maps.MAX_PHOTOS:,} photos, not the other "
                   f"{photos - maps.MAX_PHOTOS:,}", err=True)  # fmt: skip

    def add(number: int, trip: Any, founds: list[Any], records: list[dict[str, Any]]) -> None:
        for sink in sinks:
            sink(number, founds, records)
        if drawn:
            drawn(trip, founds)

    return add


def _name_unreadable(founds: list[Any]) -> int:
    """Name the photos that could not be read on stderr; return how many they are."""
    errors = [found.error for found in founds if found.error]
    for error in errors:
        click.echo(f"photoplanet: {printable(error)}", err=True)
    return len(errors)


def _print(number: int, albums: int, trip: Any, records: list[dict[str, Any]], precision: str) -> None:
    """One album as table lines under its head."""
    days = " – ".join(dict.fromkeys(day for day in trip.days if day)) or "time unknown"
    click.echo(f"{chr(10) if number > 1 else ''}album {number} of {albums}: {printable(trip.title)}, {days}, "
               f"{len(records):,} photo{'s' if len(records) > 1 else ''}")  # fmt: skip
    names = [printable(Path(facts["file"]).name) for facts in records]
    width = min(NAME_WIDTH, max(5, *map(len, names)))
    click.echo(f"{'time':<16}  {'photo':<{width}}  {'place':<{PLACE_WIDTH}}  {'latitude, longitude':<19}   city  "
               "country  90 % within  source")  # fmt: skip
    for name, facts, time in zip(names, records, trip.times, strict=True):
        when = "unknown" if time != time else str(time)[:16].replace("T", " ")
        name = name if len(name) <= width else "…" + name[1 - width :]
        if "region" not in facts:
            click.echo(f"{when:<16}  {name:<{width}}  unreadable, and nothing around it is known")
            continue
        best, sure, far = facts["best"], facts["confidence"], facts["region"]["radius_km"]
        place = printable(best["place"]) if best else "no answer: the evidence is too weak"
        place = place if len(place) <= PLACE_WIDTH else place[: PLACE_WIDTH - 1] + "…"
        known = facts["kind"] in ("own GPS", "track")
        where = point(best, "street" if known else precision) if best else ""
        held = f"{percent(sure['city']):>5}  {percent(sure['country']):>7}  {far:>8,.0f} km" if not known else " " * 27
        source = "neighbours (unreadable)" if facts["kind"] == "neighbours" else facts["kind"]
        click.echo(f"{when:<16}  {name:<{width}}  {place:<{PLACE_WIDTH}}  {where:<19}  {held:<27}  {source}")
