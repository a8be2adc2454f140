"""`photoplanet album`: photos of a trip → places found together, on a map, in files, and back into the photos."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from photoplanet.albums.album import GAP_HOURS
from photoplanet.albums.methods import AUTO, JOINED, MOVEMENT
from photoplanet.cli.shared import (
    album_library,
    album_listing,
    clocks,
    commands,
    evidence,
    given_areas,
    loading,
    options,
    writing,
)
from photoplanet.cli.shared.output import (
    finish,
    print_json,
    printing,
    report_error,
    say,
)
from photoplanet.cli.shared.progress import bar, bar_unless_printing
from photoplanet.core.output_files import OutputFiles
from photoplanet.errors import InputError, printable
from photoplanet.locate.answers import AnswerOptions
from photoplanet.metadata import geotags, xmp
from photoplanet.photos import inputs
from photoplanet.show.result_files import TOY_LINE

if TYPE_CHECKING:
    from photoplanet.albums.clocks.settled import Settled
    from photoplanet.albums.located_photos import LocatedPhoto
    from photoplanet.albums.shots import Shot
    from photoplanet.albums.trips import Trip
    from photoplanet.core.progress import Advance
    from photoplanet.locate.locator import Locator
    from photoplanet.locate.within import Cut
    from photoplanet.metadata.estimate import Estimate
    from photoplanet.metadata.track import Track

NAMED = 5  # photos that a line names

Sink = Callable[[int, "Trip", "list[LocatedPhoto]", list[dict[str, Any]]], None]  # takes one album


class Outputs(NamedTuple):
    """The files to write, None for those not asked for."""

    csv: Path | None
    geojson: Path | None
    gpx: Path | None
    map: Path | None
    thumbnails: bool = True  # on the map


class Listing(NamedTuple):
    """How answers are printed: as JSON or a table, with their evidence or not; what counts those with text; clocks."""

    as_json: bool
    why: bool
    tally: evidence.Tally
    clocks: list[dict[str, Any]]


@commands.command()
@click.argument("photos", nargs=-1, metavar="DIR|TABLE|PHOTO...")
@options.MODEL
@options.album_method
@click.option("--anchors/--no-anchors", default=True, show_default=True,
              help="Treat photos with GPS as known places, which pull their neighbours.")  # fmt: skip
@click.option("--track", "--gpx", "tracks", multiple=True, type=click.Path(), metavar="TRACK",
              help="Known places: GPX, KML, TCX, FIT, NMEA, Google Timeline, DJI's SRT, a GoPro's film, or a "
                   "folder; repeatable.")  # fmt: skip
@clocks.options
@click.option("--gap-hours", type=click.FloatRange(0, 1e6, min_open=True), default=GAP_HOURS, show_default=True,
              help="A longer pause between photos starts another album.")  # fmt: skip
@album_library.MATCHES
@options.areas
@options.PRECISION
@options.ANSWER_ALWAYS
@options.JSON
@options.CSV
@click.option("--geojson", "geojson_path", type=options.OUT_FILE, help="Write GeoJSON: points, regions, lines.")
@click.option("--gpx-out", type=options.OUT_FILE, help="Write GPX: waypoints and a track.")
@click.option("--map", "map_path", type=options.OUT_FILE, help="Write a map with a timeline: one HTML page.")
@click.option("--thumbnails/--no-thumbnails", default=True, show_default=True,
              help="With --map: put small pictures of the photos into the page, 2 MB at most.")  # fmt: skip
@click.option("--write", type=click.Choice(geotags.KINDS),
              help="Write estimates beside photos (xmp) or into JPEGs (exif), never over GPS there.")  # fmt: skip
@writing.MAX_RADIUS
@click.option("--sidecar", type=click.Choice(list(xmp.ENDINGS)), default=xmp.DEFAULT_ENDING, show_default=True,
              help="IMG.jpg.xmp (darktable, digiKam) or IMG.xmp (Lightroom).")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="With --write or --undo: say what would be done, and change nothing.")
@click.option("--undo", is_flag=True, help="Take back all that --write has done in these folders.")
@options.THREADS
@options.MAX_PIXELS
@options.DEVICE
@options.SIGNS
@options.CLOCK
@evidence.options
def command(
    photos: tuple[str, ...], model: str | None, method: str, anchors: bool, tracks: tuple[str, ...],
    time_offsets: tuple[str, ...], time_zone: str | None, one_camera: bool | None, gap_hours: float,
    within: tuple[str, ...], not_within: tuple[str, ...], precision: str, answer_always: bool, as_json: bool,
    csv_path: Path | None, geojson_path: Path | None, gpx_out: Path | None, map_path: Path | None,
    thumbnails: bool, write: str | None, max_radius: float, sidecar: str, dry_run: bool, undo: bool,
    threads: int | None, device: str | None, signs: bool | None, clock: bool, why: bool, strike: tuple[str, ...],
    prior: Path | None, library: str | None,
) -> int:  # fmt: skip
    """Locate the photos of a trip together: each helps to place those taken before and after it.

    Photos are taken from folders, photo tables or files. Those of one folder whose cameras' clocks agree form an album,
    which is cut where nothing was taken for --gap-hours. What each clock showed is found from GPS times, a track, or
    photos of two cameras that match, and said first. A photo that cannot be read is named on stderr and takes its place
    from its neighbours; the exit status is 2 when none could be read, and 1 when a file or a geotag could not be
    written, or taken back.

    Known places and the times between place the other photos: GPS in files and sidecars, a table, tracks; dates in
    file names count, looks where photoplanet[pretrained] is, and a model as much as known photos that are left out
    show it to be right. Where no place is known, the model says all, or signs do.

    \b
    Example:
      photoplanet album ~/Scans/1998-trip --map trip.html
      photoplanet album ~/Trip --track day1.gpx --track day2.fit --time-zone local
      photoplanet album ~/Trip --time-offset "Canon EOS 80D=+01:58:30"
      photoplanet album ~/Trip --write xmp --dry-run
      photoplanet album ~/Trip --undo
    """
    from photoplanet.albums import known_places, locate_trip
    from photoplanet.albums.clocks import given
    from photoplanet.albums.shots import read_shots
    from photoplanet.metadata import track_files

    _check_use(write, undo, dry_run)
    if undo:
        return writing.undo(photos, dry_run)
    outputs = Outputs(csv_path, geojson_path, gpx_out, map_path, thumbnails)
    said = given.read(time_offsets, time_zone)
    track, notes = track_files.read(tracks, ahead=said.of_tracks())[:2] if tracks else (None, [])
    with bar("reading") as advance:
        shots = read_shots(photos, advance, say)
    inputs.check_outputs(outputs[:4], [*(shot.source for shot in shots), *photos, *tracks, library])
    how = {"threads": threads, "device": device, "signs": signs, "clock": clock, "prior": prior, "strike": strike}
    loaded, without = _load(model, method, how)
    by_movement = method == AUTO and (without or known_places.any_known([shot.place for shot in shots], anchors, track))
    settled = clocks.settle(shots, track, said, anchors, one_camera)
    shots, albums = _albums(settled, by_movement, one_camera, gap_hours, (track, ", ".join(tracks), notes))
    known = (anchors, track, threads, by_movement)
    joint = album_library.joint(None if without else loaded, shots, albums, *known, library)
    cut = loaded.cut(within, not_within)
    about = _about(loaded, joint.method or method, clock, cut) | joint.to_dict()
    form = AnswerOptions(1, precision=precision, answer_always=answer_always)

    def locate(trip: "Trip", advance: "Advance") -> "list[LocatedPhoto]":
        return locate_trip.locate(loaded, trip, method, anchors, track, advance, threads, cut, *joint.ways(trip))

    wanted = writing.Writing(write, sidecar, dry_run, max_radius) if write else None
    shown = Listing(as_json, why, evidence.Tally(loaded), settled.records())
    return _run(albums, locate, about, form, outputs, wanted, shown)


def _about(loaded: "Locator", method: str, clock: bool, cut: "Cut | None") -> dict[str, Any]:
    """What JSON and files say of how photos were located; without a model or a known place, stderr says it, too."""
    if method not in (MOVEMENT, JOINED):
        evidence.say_no_model(loaded)
    found: dict[str, Any] = {"model": loaded.info.name, "world": "toy" if loaded.info.is_toy else "real"}
    found |= {"method": method} | evidence.about(loaded, clock) | loading.licence_facts(loaded.info)
    return found | ({"within": cut.area.name} if cut else {})


def _check_use(write: str | None, undo: bool, dry_run: bool) -> None:
    """Refuse options that do not go together."""
    if undo and write:
        raise click.UsageError("--undo takes back what --write did; give one of them")
    if dry_run and not (write or undo):
        raise click.UsageError("--dry-run goes with --write xmp, --write exif or --undo")


def _run(
    albums: "Sequence[Trip]", locate: "Callable[[Trip, Advance], list[LocatedPhoto]]", about: dict[str, Any],
    form: AnswerOptions, outputs: Outputs, wanted: writing.Writing | None, shown: Listing,
) -> int:  # fmt: skip
    """Locate one album after another, print each and write the files; return the exit status."""
    from photoplanet.locate.prediction import prepare

    photos = sum(len(trip.shots) for trip in albums)
    listing: list[dict[str, Any]] = []
    estimates: list[tuple[Any, Estimate]] = []
    failed, doubted = 0, given_areas.Doubted()
    with OutputFiles(report_error) as files, bar_unless_printing(shown.as_json)("locating", photos) as advance:
        add = _sinks(files, outputs, about, form, photos)
        for number, trip in enumerate(albums, start=1):
            founds = locate(trip, advance)
            prepare([found.prediction for found in founds if found.prediction is not None], form.region)
            records = [found.record(form) for found in founds]
            for facts in records:
                doubted.note(facts)
            for found in founds:
                if found.error:
                    failed += 1
                    report_error(found.error)
                if found.prediction is not None:
                    shown.tally.add(found.prediction)
                if wanted and (estimate := found.estimate(form, wanted.max_radius_km)):
                    estimates.append((found.shot.source, estimate))
            add(number, trip, founds, records)
            if shown.as_json:
                listing.append(trip.record(number, records))
            elif any("region" in facts for facts in records):  # else stderr has named them all
                with printing(to_the_end=bool(wanted or any((outputs.csv, outputs.geojson, outputs.gpx, outputs.map)))):
                    album_listing.show(number, len(albums), trip, founds, records, form.precision, shown.why)
            del founds, records  # or two albums would be in memory at a time
    status = finish(failed, photos)
    doubted.report()
    shown.tally.report()
    report = writing.write(estimates, wanted, shown.as_json) if wanted else {}
    if shown.as_json:
        print_json({**about, "clocks": shown.clocks, "albums": listing, **({"written": report} if wanted else {})})
    return 1 if files.faults or report.get("refused") or report.get("failed") else status


def _albums(
    settled: "Settled", by_movement: bool, one_camera: bool | None, gap_hours: float,
    recorded: "tuple[Track | None, str, Sequence[str]]",
) -> "tuple[list[Shot], list[Trip]]":  # fmt: skip
    """The shots, with the dates in their names where those count, and their albums; on stderr what is wrong with times.

    `recorded`: the track, what its files are called, and what is wrong with them.
    """
    import numpy as np

    from photoplanet.albums import trips
    from photoplanet.albums.known_places import silence
    from photoplanet.albums.movement import library

    (track, names, notes), shots = recorded, settled.shots
    if by_movement and track is None:  # else every time needs its zone
        shots = library.dated(shots)
    albums, faults, utc = trips.split(shots, gap_hours, one_camera, settled.by, track is not None)
    if track is not None:
        _check_track(names, notes, utc, silence(track, np.concatenate([trip.times for trip in albums])))
    _name_faults({} if by_movement else faults, shots)
    return shots, albums


def _check_track(names: str, notes: Sequence[str], utc: bool, silence: str) -> None:
    """Say on stderr what is wrong with tracks; InputError where the photos' clocks are unknown."""
    for note in notes:
        say(printable(note))
    if not utc:
        raise InputError(f"{names}: tracks are in UTC, and some photos name no time zone; say what their clock showed: "
                         "--time-offset +02:00 for two hours ahead, or --time-zone local")  # fmt: skip
    if silence:
        say(printable(f"{names}: {silence}; check --time-offset or --time-zone"))


def _load(model: str | None, method: str, how: dict[str, Any]) -> tuple["Locator", bool]:
    """The model, and whether it is none; InputError where it lacks the method.

    That is said before any photo is located.
    """
    from photoplanet.albums import album_parameters, methods
    from photoplanet.locate.without_model import WithoutModel

    loaded = loading.load(model, neighbours=True, **how)
    without = isinstance(loaded.bundle, WithoutModel)
    if model is None and not without:
        say(f"located with your model {loaded.info.name}; --model none uses only known places and times")
    if method != AUTO and methods.METHODS[method].needs:
        methods.check(method, album_parameters.read(loaded.bundle), loaded.info.name)
    if loaded.info.is_toy:
        say(TOY_LINE)
    return loaded, without


def _name_faults(faults: dict[str, dict[str, Any]], shots: "Sequence[Shot]") -> None:
    """Say on stderr which photos have no usable time, and where they stay."""
    for fault, where in faults.items():
        names = [printable(Path(shots[row].name).name) for row in where["rows"]]
        names += ["…"] * (where["count"] > len(names))
        say(f"{where['count']:,} of {len(shots):,} photos: {fault} ({', '.join(names)}); each stays behind the one "
            "before it")  # fmt: skip


def _sinks(opened: OutputFiles, outputs: Outputs, about: dict[str, Any], form: AnswerOptions, photos: int) -> Sink:
    """Open the files that are asked for; return what adds one album (number, trip, founds, records) to all of them."""
    from photoplanet.show import trip as maps
    from photoplanet.show import trip_files as files

    sinks = []
    if outputs.csv:
        sinks.append(opened.add(files.csv_file(outputs.csv)))
    if outputs.geojson:
        sinks.append(opened.add(files.geojson_file(outputs.geojson, about, form)))
    if outputs.gpx:
        sinks.append(opened.add(files.gpx_file(outputs.gpx, form)))
    drawn = None
    if outputs.map:
        drawn = opened.add(maps.map_file(outputs.map, photos, replace(form, top=5), with_thumbnails=outputs.thumbnails))
    if drawn and photos > maps.MAX_PHOTOS:
        say(f"{outputs.map}: shows the first {maps.MAX_PHOTOS:,} photos, not the other {photos - maps.MAX_PHOTOS:,}")

    def add(number: int, trip: "Trip", founds: "list[LocatedPhoto]", records: list[dict[str, Any]]) -> None:
        for sink in sinks:
            sink(number, founds, records)
        if drawn:
            drawn(trip, founds)

    return add
