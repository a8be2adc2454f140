"""`photoplanet review`: a page where a person decides where photos were taken, before anything is written."""

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from photoplanet.albums.album import GAP_HOURS
from photoplanet.cli.shared import browsing, clocks, commands, loading, options, writing
from photoplanet.cli.shared.extras import hint, needs
from photoplanet.cli.shared.output import count_of, say
from photoplanet.cli.shared.progress import bar
from photoplanet.errors import InputError, printable
from photoplanet.metadata import geotags, xmp
from photoplanet.photos import inputs
from photoplanet.show.result_files import TOY_LINE

if TYPE_CHECKING:
    from photoplanet.albums.movement.looks import Likeness
    from photoplanet.albums.shots import Shot
    from photoplanet.locate.locator import Locator
    from photoplanet.review.app import Review
    from photoplanet.review.kept import Kept
    from photoplanet.review.looking import Looker
    from photoplanet.review.opening import Sources

NEEDS = ("reviewing", "server")
NAMED = 5  # photos that a line names
HOST = "127.0.0.1"  # nobody else has a say in a person's photos


@commands.command(epilog=hint(*NEEDS))
@click.argument("photos", nargs=-1, metavar="DIR|TABLE|PHOTO...")
@options.MODEL
@options.album_method
@click.option("--anchors/--no-anchors", default=True, show_default=True,
              help="Treat photos with GPS as known places, which pull their neighbours.")  # fmt: skip
@click.option("--track", "--gpx", "tracks", multiple=True, type=click.Path(), metavar="TRACK",
              help="Known places: GPX, KML, TCX, FIT, NMEA, Google Timeline, DJI's SRT, a GoPro's film, or a "
                   "folder; repeatable.")  # fmt: skip
@clocks.options
@options.areas
@click.option("--looks/--no-looks", default=False, show_default=True,
              help="Let photos that look alike choose among places near in time.")  # fmt: skip
@click.option("--signs/--no-signs", default=False, show_default=True,
              help="Read the text in photos beside the page.")  # fmt: skip
@click.option("--matches/--no-matches", default=False, show_default=True,
              help="Compare the details of photos, and show those that match with lines between them.")  # fmt: skip
@click.option("--write", "kind", type=click.Choice(geotags.KINDS), default="xmp", show_default=True,
              help="What Write does unless told otherwise: sidecars (xmp), or into JPEGs (exif).")  # fmt: skip
@writing.MAX_RADIUS
@click.option("--sidecar", type=click.Choice(list(xmp.ENDINGS)), default=xmp.DEFAULT_ENDING, show_default=True,
              help="IMG.jpg.xmp (darktable, digiKam) or IMG.xmp (Lightroom).")  # fmt: skip
@click.option("--decisions", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Where decisions are kept.  [default: one of your photoplanet folder]")  # fmt: skip
@click.option("--open/--no-open", "browse", default=True, help="Open the page in the browser.  [default: open]")
@click.option("--port", type=click.IntRange(0, 65535), default=8019, show_default=True, help="0: any free one.")
@options.THREADS
@options.MAX_PIXELS
@options.DEVICE
def command(
    photos: tuple[str, ...], model: str | None, method: str, anchors: bool, tracks: tuple[str, ...],
    time_offsets: tuple[str, ...], time_zone: str | None, one_camera: bool | None, within: tuple[str, ...],
    not_within: tuple[str, ...], looks: bool, signs: bool, matches: bool, kind: Literal["xmp", "exif"],
    max_radius: float, sidecar: str, decisions: Path | None, browse: bool, port: int, threads: int | None,
    device: str | None,
) -> None:  # fmt: skip
    """Go through where photos may have been taken, and decide, before anything is written.

    Serves a page to this machine only: proposals on a map and along the timeline, and why each is proposed. Accept,
    reject, drag, copy from another photo, or search a town; what is decided places the other photos anew at once.
    Decisions are kept, also when Ctrl-C ends it. Nothing is written to photos before Write is pressed, which shows
    first what it would do, and can be taken back.

    \b
    Example:
      photoplanet review ~/Scans
      photoplanet review ~/Trip --track day1.gpx --time-zone local
      photoplanet review ~/Trip --signs --matches --write exif
    """
    with needs(*NEEDS):
        import uvicorn  # noqa: F401  # what the extra brings

        from photoplanet.review import app, kept, opening

    sources = _read(photos, tracks, anchors, (time_offsets, time_zone), one_camera)
    inputs.check_outputs([decisions], [*(shot.source for shot in sources.shots), *photos, *tracks])
    loaded = loading.load(model, threads, always=True, signs=signs, neighbours=True, device=device)
    looker = _looker(loaded, sources, method, within, not_within, signs, threads)
    likeness = _likeness(sources, threads) if looks else None
    held = kept.Kept(decisions or kept.default_path(photos))
    try:
        session = opening.open_session(sources, photos, held, likeness, looker, say)
        known = sum(photo.own is not None for photo in session.photos)
        say(f"{count_of(len(session.photos), 'photo')}, {known:,} with GPS of their own; "
            f"decisions are kept in {printable(str(held.path))}")  # fmt: skip
        about = (loaded.info.name, loaded.info.is_toy, loaded.info.licence_note or "")
        compared = _matches(photos, held, threads) if matches else None
        review = app.Review(session, photos, kind, sidecar, compared, about, max_radius)
        review.warm()
        _serve(review, port, browse)
    finally:
        held.close()


def _read(
    photos: tuple[str, ...], tracks: tuple[str, ...], anchors: bool, said: tuple[tuple[str, ...], str | None],
    one_camera: bool | None,
) -> "Sources":  # fmt: skip
    """The photos with what they, their clocks and tracks say, as `photoplanet album` reads them."""
    from photoplanet.albums import trips
    from photoplanet.albums.clocks import given
    from photoplanet.albums.movement import library
    from photoplanet.albums.shots import read_shots
    from photoplanet.metadata import track_files
    from photoplanet.review.opening import Sources

    offsets = given.read(*said)
    track, notes = track_files.read(tracks, ahead=offsets.of_tracks())[:2] if tracks else (None, [])
    with bar("reading") as advance:
        shots = _readable(read_shots(photos, advance, say))
    settled = clocks.settle(shots, track, offsets, anchors, one_camera)
    shots = settled.shots if track is not None else library.dated(settled.shots)  # tracks want each time's zone
    albums, _, utc = trips.split(shots, GAP_HOURS, one_camera, settled.by, track is not None)
    for note in notes:
        say(printable(note))
    if track is not None and not utc:
        raise InputError(f"{', '.join(tracks)}: tracks are in UTC, and some photos name no time zone; say what their "
                         "clock showed: --time-offset +02:00 for two hours ahead, or --time-zone")  # fmt: skip
    return Sources(shots, albums, track, anchors)


def _readable(shots: "list[Shot]") -> "list[Shot]":
    """Those that can be opened, and on stderr how many cannot; InputError where none can."""
    found = [shot for shot in shots if not shot.unreadable]
    failed = [printable(Path(shot.name).name) for shot in shots if shot.unreadable]
    names = ", ".join(failed[:NAMED]) + ", …" * (len(failed) > NAMED)
    if not found:
        raise InputError(f"no photo can be read ({names}); give a folder, a photo table or photos")
    if failed:
        say(f"left out: {count_of(len(failed), 'photo')} that cannot be read ({names})")
    return found


def _looker(
    loaded: "Locator", sources: "Sources", method: str, within: tuple[str, ...], not_within: tuple[str, ...],
    signs: bool, threads: int | None,
) -> "Looker | None":  # fmt: skip
    """What looks at the photos' pixels; None where only times and known places count."""
    from photoplanet.albums import album_parameters, methods
    from photoplanet.evaluation import leakage
    from photoplanet.review.looking import Looker

    cut = loaded.cut(within, not_within)
    rows = leakage.trained_on(loaded.bundle, [shot.source for shot in sources.shots])
    found = Looker(loaded, list(sources.trips), method, sources.track, cut, threads, rows)
    if method != methods.AUTO and methods.METHODS[method].needs:
        methods.check(method, album_parameters.read(loaded.bundle), loaded.info.name)
    if loaded.info.is_toy:
        say(TOY_LINE)
    return found if found.has_model or signs or cut else None


def _likeness(sources: "Sources", threads: int | None) -> "Likeness | None":
    from photoplanet.albums.movement import library as movement

    with bar("looking", len(sources.shots)) as advance:
        return movement.look(sources.shots, sources.trips, sources.use_places, threads, advance, say)


def _matches(photos: tuple[str, ...], held: "Kept", threads: int | None) -> Any:
    """What compares details: one folder or table, whose index lies beside the decisions."""
    from photoplanet.review.matches import Matches

    if len(photos) != 1:
        raise InputError("--matches compares the photos of one folder or table; name one")
    return Matches(photos[0], held.path.with_suffix(".index"), threads)


def _serve(review: "Review", port: int, browse: bool) -> None:
    from photoplanet.review import app
    from photoplanet.server import listening

    token, names = listening.access(HOST, secrets.token_urlsafe(24), ())

    def begin(where: str) -> None:
        address = f"{where}/#token={token}"
        say(f"review on {address}  (Ctrl-C stops it)")
        if browse:
            browsing.show(address)

    listening.run(app.create_app(review, token, names), HOST, port, begin, app.BODY_SECONDS)
