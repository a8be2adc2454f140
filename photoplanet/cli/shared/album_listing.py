"""One album as lines of a table: time, photo, place, how sure, and where the place comes from."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from photoplanet.cli.shared.output import count_of, fit_name, fit_place, name_width
from photoplanet.errors import printable
from photoplanet.locate.answers import no_answer
from photoplanet.locate.given_area import inside
from photoplanet.locate.precision import percent, point, within

if TYPE_CHECKING:
    from photoplanet.albums.located_photos import LocatedPhoto
    from photoplanet.albums.trips import Trip

NAME_WIDTH, PLACE_WIDTH = 28, 40


def show(
    number: int, albums: int, trip: "Trip", founds: "list[LocatedPhoto]", records: list[dict[str, Any]], precision: str,
    with_why: bool,
) -> None:  # fmt: skip
    """One album as table lines under its head."""
    from photoplanet.locate import why

    days = " – ".join(dict.fromkeys(day for day in trip.days if day)) or "time unknown"
    click.echo(f"{chr(10) if number > 1 else ''}album {number} of {albums}: {printable(trip.title)}, {days}, "
               f"{count_of(len(records), 'photo')}")  # fmt: skip
    names = [Path(facts["file"]).name for facts in records]
    width = name_width(names, NAME_WIDTH)
    doubts = any(facts.get("unknown") is not None for facts in records)
    click.echo(f"{'time':<16}  {'photo':<{width}}  {'place':<{PLACE_WIDTH}}  {'latitude, longitude':<19}"
               f"{'  unknown' if doubts else ''}   city  country  90 % within  source")  # fmt: skip
    for name, found, facts, time in zip(names, founds, records, trip.times, strict=True):
        when = "unknown" if time != time else _shown(found.shot.taken_at, str(time))
        start = f"{when:<16}  {fit_name(name, width)}"
        if found.prediction is None:
            click.echo(f"{start}  unreadable, and nothing around it is known")
            continue
        best, sure, far = facts["best"], facts["confidence"], facts["region"]["radius_km"]
        place = fit_place(best["place"] if best else no_answer(found.prediction), PLACE_WIDTH)
        known = facts["kind"] in ("own GPS", "track")
        where = point(best, "street" if known else precision, far) if best else ""
        held = f"{percent(sure['city']):>5}  {percent(sure['country']):>7}  {within(far):>11}"
        if doubts:
            held = f"{'' if facts['unknown'] is None else percent(facts['unknown']):>7}  {held}"
        if known:
            held = " " * len(held)
        source = "neighbours (unreadable)" if facts["kind"] == "neighbours" else facts["kind"]
        if given := facts.get("within"):
            outside = f", not {inside(given['area'])}" if given["known_place_outside"] else ""
            source += outside or f", {percent(given['inside_before'])} inside"
        click.echo(f"{start}  {place}  {where:<19}  {held}  {printable(source)}")
        for line in why.lines(found.prediction) if with_why else why.note(facts):
            click.echo(f"  {line}")


def _shown(taken_at: str | None, time: str) -> str:
    """When a photo was taken, as the clocks around it showed it, to the minute."""
    return (taken_at if taken_at and len(taken_at) >= len(time) else time)[:16].replace("T", " ")
