"""`photoplanet explain`: which parts of a photo speak for a place."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from photoplanet.cli.shared import commands, evidence, loading, numbers, options
from photoplanet.cli.shared.output import print_json
from photoplanet.cli.shared.progress import bar
from photoplanet.explain.occlusion import BOX, MOST_POSITIONS, POSITIONS, REGIONS
from photoplanet.locate.precision import fine_percent, percent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from photoplanet.explain.occlusion import Occlusion
    from photoplanet.locate.prediction import Prediction


@commands.command()
@click.argument("photo", type=click.Path(exists=True, dir_okay=False))
@options.MODEL
@click.option(
    "-o", "--overlay", type=options.OUT_FILE, help="Write photo and heat map side by side (.png, .jpg or .webp)."
)
@click.option(
    "--array", type=options.OUT_FILE, help="Write the map as a NumPy array: confidence for each pixel (.npy, float32)."
)
@click.option("--at", metavar="LAT,LNG", help="The true place, in degrees.  [default: the photo's own GPS, if any]")
@click.option("--predicted", is_flag=True, help="Explain the predicted cell even where the true place is known.")
@click.option(
    "--positions",
    type=click.IntRange(2, MOST_POSITIONS),
    default=POSITIONS,
    show_default=True,
    help="Positions of the box, each way.",
)
@click.option(
    "--box",
    type=click.FloatRange(0, 1, True, True),
    default=BOX,
    show_default=True,
    help="Side of the box, as a share of the photo's.",
)
@click.option("--regions", type=click.IntRange(0, 20), default=REGIONS, show_default=True, help="Boxes to name.")
@options.areas
@options.SIGNS
@options.CLOCK
@options.JSON
@options.THREADS
@options.MAX_PIXELS
@options.DEVICE
def command(
    photo: str, model: str | None, overlay: Path | None, array: Path | None, at: str | None, predicted: bool,
    positions: int, box: float, regions: int, within: tuple[str, ...], not_within: tuple[str, ...],
    signs: bool | None, clock: bool, as_json: bool, threads: int | None, device: str | None,
) -> None:  # fmt: skip
    """Show which parts of PHOTO matter for its place: a grey box slides over it (paper, Fig. 10).

    The confidence in one cell is measured with each part hidden: the true cell where the place is known (from --at or
    the photo's own GPS), else the predicted one, with --within the likeliest there. Prints the boxes whose hiding costs
    the most confidence, and those that mislead: hiding them raises it. What stands in the photo is listed as evidence
    of its own, and outlined in the picture; without a model, that is all.

    \b
    Example:
      photoplanet explain IMG_1.jpg -o why.png
      photoplanet explain IMG_1.jpg --at 48.8584,2.2945 --array map.npy --json
      photoplanet explain IMG_1.jpg --model none -o text.png
    """
    from photoplanet.earth import gazetteer
    from photoplanet.errors import InputError
    from photoplanet.explain.occlusion import occlude
    from photoplanet.locate import why, world
    from photoplanet.metadata.camera_position import camera_position

    if at and predicted:
        raise InputError("give --at or --predicted, not both")
    _check_outputs(overlay, array, photo)
    loaded = loading.load(model, threads, signs=signs, clock=clock, device=device)
    where = loaded.locate(photo) if loaded.collector is not None else None
    facts = why.record(where.evidence) if where is not None and where.evidence is not None else {}
    about = {"file": photo, "model": loaded.info.name, "world": "toy" if loaded.info.is_toy else "real"}
    about |= evidence.about(loaded, clock) | loading.licence_facts(loaded.info)
    if world.ground_of(loaded.partition) is not None:
        if array or at or predicted:
            raise InputError("--array, --at and --predicted need a model: without one, nothing looks at the picture")
        evidence.say_no_model(loaded)
        _text_only(photo, overlay, where, facts, about, as_json)
        return
    truth = _degrees(at) if at else None if predicted else camera_position(photo)
    cut = loaded.cut(within, not_within)
    with bar("hiding", positions**2) as advance:
        found = occlude(loaded, photo, truth, positions, box, regions, advance, cut)
    place = gazetteer.name([found.latitude], [found.longitude])[0].text("city")
    if array:
        _save(array, found.heat)
    if overlay:
        from photoplanet.show.overlay import overlay as picture
        from photoplanet.show.overlay import write_overlay

        drawn = picture(photo, found, loaded.info.preprocessing, place, facts if facts.get("clues") else None)
        write_overlay(overlay, drawn, loaded.info.licence_note)
    if as_json:
        print_json({**about, "place": place, **found.to_dict(), **facts})
        return
    _print(found, place)
    if where is not None and facts["clues"]:
        _print_evidence(where)


def _text_only(
    photo: str, overlay: Path | None, where: "Prediction | None", facts: dict[str, Any], about: dict[str, Any],
    as_json: bool,
) -> None:  # fmt: skip
    """What can be explained without a model: the text, and what it says."""
    from photoplanet.locate.answers import no_answer

    if where is None:
        raise click.UsageError(
            "without a model, only what stands in the photo speaks for a place: leave --no-signs out"
        )
    place = no_answer(where) if where.abstains else where.best.name
    if overlay:
        from photoplanet.show import text_boxes
        from photoplanet.show.overlay import SIDE, write_overlay

        lines = [(text_boxes.plain(place), text_boxes.INK), *text_boxes.captions(facts)]
        write_overlay(overlay, text_boxes.sheet([text_boxes.panel(photo, facts, 2 * SIDE)], lines))
    if as_json:
        print_json({**about, "place": None if where.abstains else place, **facts})
        return
    click.echo(place)
    _print_evidence(where)


def _print_evidence(where: "Prediction") -> None:
    from photoplanet.locate import why

    click.echo("evidence:")
    for line in why.lines(where):
        click.echo(f"  {line}")


def _print(found: "Occlusion", place: str) -> None:
    if found.unknown is not None:
        click.echo(f"{percent(found.unknown)}: nowhere that this model knows")
    which = "true" if found.true else "predicted"
    click.echo(f"{place}: {fine_percent(found.whole)} for the {which} cell {found.token}")
    for words, spots in (("speaks for it", found.supports), ("misleads", found.misleads)):
        if not spots:
            click.echo(f"{words}: nothing")
        for number, spot in enumerate(spots, start=1):
            left, top, right, bottom = (round(100 * edge / len(found.heat)) for edge in spot.box)
            box_text = f"{left}–{right} % from the left, {top}–{bottom} % from the top"
            click.echo(f"{words} {number}: {box_text}; hidden: {fine_percent(spot.confidence)}")


def _check_outputs(overlay: Path | None, array: Path | None, photo: str) -> None:
    """InputError, before the network runs, for a file that could not be written at the end."""
    from photoplanet.core import outputs
    from photoplanet.errors import InputError

    outputs.check([overlay, array], [photo])
    if overlay:
        from photoplanet.show.overlay import SUFFIXES

        if overlay.suffix.lower() not in SUFFIXES:
            raise InputError(f"{overlay}: a picture ends in {', '.join(SUFFIXES)}")


def _degrees(text: str) -> tuple[float, float]:
    from photoplanet.earth import geodesy
    from photoplanet.errors import InputError

    try:
        latitude, longitude = (float(part if numbers.is_decimal(part) else "") for part in text.split(","))
    except ValueError:
        raise InputError(f"--at {text}: needs latitude,longitude in degrees, for instance 48.8584,2.2945") from None
    geodesy.check(latitude, longitude, "--at")
    return latitude, longitude


def _save(path: Path, heat: "NDArray[np.float32]") -> None:
    import numpy as np

    from photoplanet.core import atomic

    with atomic.open_replacing(path, "wb") as file:
        np.save(file, heat, allow_pickle=False)
