"""`photoplanet album`: photos of a trip → places found together, on a map, in files, and back into the photos."""

import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from photoplanet.albums.album import GAP_HOURS
from photoplanet.albums.methods import AUTO, METHODS
from photoplanet.cli.common import bar, print_json
from photoplanet.cli.locate import _line
from photoplanet.errors import InputError
from photoplanet.locate.prediction import DEFAULT_PRECISION, PRECISIONS
from photoplanet.locate.results import TOY_LINE, percent, point
from photoplanet.photos import geotags, xmp

NAME_WIDTH, PLACE_WIDTH = 28, 40


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
        return _undo(photos, dry_run)
    if dry_run and not write:
        raise click.UsageError("--dry-run goes with --write xmp, --write exif or --undo")
    from photoplanet.albums import gpx, learned, methods, trips
    from photoplanet.locate import gather, locator, results
    from photoplanet.show import trip as maps
    from photoplanet.show import trip_files as files

    offset = trips.check_offset(time_offset) if time_offset else None
    track, untimed = gpx.read(gpx_path) if gpx_path else (None, 0)
    outputs = [path for path in (csv_path, geojson_path, gpx_out, map_path) if path]
    with bar("reading") as advance:
        shots = trips.read(photos, advance)
    gather.check_outputs(outputs, [shot.source for shot in shots])
    albums, faults, utc = trips.split(shots, gap_hours, one_camera, offset)
    if track is not None:
        if untimed:
            click.echo(f"{gpx_path}: {untimed:,} points left out, without a time or a place", err=True)
        if not utc:
            raise InputError(f"{gpx_path}: tracks are in UTC, and some photos name no time zone; say what their clock "
                             "showed: --time-offset +02:00 for two hours ahead")  # fmt: skip
        if not trips.covered(track, albums):
            click.echo(f"{gpx_path}: no photo was taken while it was recorded; check --time-offset", err=True)
    loaded = locator.load(model, threads)
    if method != AUTO and methods.METHODS[method].needs:  # before any photo is read
        methods.check(method, learned.of(loaded.bundle), loaded.info.name)
    for fault, rows in faults.items():
        click.echo(f"{rows['count']:,} of {len(shots):,} photos: {fault}; ordered by their names", err=True)
    if loaded.info.is_toy:
        click.echo(TOY_LINE, err=True)
    about: dict[str, Any] = {
        "model": loaded.info.name,
        "world": "toy" if loaded.info.is_toy else "real",
        "method": method,
    }
    form = results.Form(1, precision=precision, answer_always=answer_always)
    listing: list[dict[str, Any]] = []
    kinds: Counter[str] = Counter()
    estimates: list[tuple[Any, Any]] = []
    failed = left_out = 0
    with ExitStack() as stack:
        sinks = []
        if csv_path:
            sinks.append(stack.enter_context(files.csv_file(csv_path)))
        if geojson_path:
            sinks.append(stack.enter_context(files.geojson_file(geojson_path, about, form)))
        if gpx_out:
            sinks.append(stack.enter_context(files.gpx_file(gpx_out, form)))
        drawn = stack.enter_context(maps.map_file(map_path, len(shots), results.Form(5, precision=precision,
                                    answer_always=answer_always))) if map_path else None  # fmt: skip
        hidden = sys.stdout.isatty() and not as_json
        advance = (lambda count=1, note="": None) if hidden else stack.enter_context(bar("locating", len(shots)))
        for number, trip in enumerate(albums, start=1):
            founds = trips.locate(loaded, trip, method, anchors, track, advance, threads)
            records = [found.record(form) for found in founds]
            for found in founds:
                kinds[found.kind if found.prediction is not None else "unreadable"] += 1
                if found.error:
                    failed += 1
                    click.echo(f"photoplanet: {_line(found.error)}", err=True)
                if write and (estimate := found.estimate(form, method)):
                    estimates.append((found.shot.source, estimate))
            for sink in sinks:
                sink(number, founds, records)
            if drawn:
                left_out += drawn(trip, founds)
            if as_json:
                listing.append(trip.record(number, records))
            else:
                _print(number, len(albums), trip, records, precision)
    if left_out:
        click.echo(f"{map_path}: shows the first {maps.MAX_PHOTOS:,} photos, not the other {left_out:,}", err=True)
    if failed:
        click.echo(f"{failed} of {len(shots)} photos could not be read; they are named above", err=True)
    report = _write(estimates, write, sidecar, dry_run, as_json) if write else None
    if as_json:
        print_json({**about, "albums": listing, **({"written": report} if report is not None else {})})
    return 2 if failed == len(shots) else 0


def _print(number: int, albums: int, trip: Any, records: list[dict[str, Any]], precision: str) -> None:
    """One album as table lines under its head."""
    days = " – ".join(dict.fromkeys(day for day in trip.days if day)) or "time unknown"
    click.echo(f"{chr(10) if number > 1 else ''}album {number} of {albums}: {_line(trip.title)}, {days}, "
               f"{len(records):,} photo{'s' if len(records) > 1 else ''}")  # fmt: skip
    names = [_line(Path(facts["file"]).name) for facts in records]
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
        place = _line(best["place"]) if best else "no answer: the evidence is too weak"
        place = place if len(place) <= PLACE_WIDTH else place[: PLACE_WIDTH - 1] + "…"
        known = facts["kind"] in ("own GPS", "track")
        where = point(best, "street" if known else precision) if best else ""
        held = (
            f"{percent(sure['city']):>5}  {percent(sure['country']):>7}  {far:>8,.0f} km" if not known else " " * 27
        )
        source = "neighbours (unreadable)" if facts["kind"] == "neighbours" else facts["kind"]
        click.echo(f"{when:<16}  {name:<{width}}  {place:<{PLACE_WIDTH}}  {where:<19}  {held:<27}  {source}")


def _write(estimates: list[tuple[Any, Any]], kind: str, ending: str, dry_run: bool, quiet: bool) -> dict[str, Any]:
    """Write the geotags, tell what was not written and why, and return the counts."""
    places, refused = [], []
    for source, estimate in estimates:
        if isinstance(source, str) and Path(source).is_file():
            places.append((source, estimate))
        else:
            refused.append("in a shard or from stdin")
    counts: Counter[str] = Counter()
    with bar("writing", len(places)) as advance:
        done = zip(places, geotags.write(places, kind, ending, dry_run, advance), strict=True)
        for (_, estimate), outcome in done:
            counts[outcome.did] += 1
            where = f"{estimate.latitude:g}, {estimate.longitude:g} ± {estimate.radius_m / 1000:,.3g} km"
            note = f" ({outcome.detail})" if outcome.detail else ""
            if outcome.did == "written":
                if dry_run and not quiet:
                    click.echo(f"would write {_line(str(outcome.path))}: {where}{_line(note)}")
                elif outcome.detail:
                    click.echo(f"{_line(str(outcome.path))}: {_line(outcome.detail)}", err=True)
            else:
                click.echo(f"not written: {_line(str(outcome.path))}{_line(note)}", err=True)
    counts["refused"] += len(refused)
    if not quiet:
        words = "would be written" if dry_run else "written"
        other = counts["own GPS"] + counts["refused"]
        click.echo(f"\n{counts['written']:,} geotags {words}, {other:,} not"
                   + ("" if dry_run or not counts["written"] else "; --undo takes them back"))  # fmt: skip
    return {"kind": kind, "dry_run": dry_run, "written": counts["written"], "own_gps": counts["own GPS"],
            "refused": counts["refused"]}  # fmt: skip


def _undo(names: tuple[str, ...], dry_run: bool) -> int:
    folders: dict[Path, None] = {}
    for name in names:
        path = Path(name)
        if path.is_dir():
            folders.update(dict.fromkeys(geotags.journals(path)))
        elif (path.parent / geotags.JOURNAL).is_file():
            folders[path.parent] = None
    if not folders:
        raise InputError(f"nothing to undo: no {geotags.JOURNAL} in {', '.join(names) or 'no folder named'}")
    counts: Counter[str] = Counter()
    for folder in folders:
        for outcome in geotags.undo(folder, dry_run):
            counts[outcome.did] += 1
            if outcome.did != "restored":
                click.echo(f"left alone: {_line(str(outcome.path))} ({outcome.detail})", err=True)
    would = "would be " if dry_run else ""
    click.echo(f"{counts['restored']:,} files {would}restored, {counts['left alone']:,} left alone")
    return 2 if counts["left alone"] else 0
