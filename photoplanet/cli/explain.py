"""`photoplanet explain`: which parts of a photo speak for a place."""

from pathlib import Path

import click

from photoplanet.cli.common import bar, print_json
from photoplanet.explain.occlusion import BOX, POSITIONS, REGIONS

OUT = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("photo", type=click.Path(exists=True, dir_okay=False))
@click.option("--model", help="An installed name or a folder.  [default: your default model]")
@click.option("-o", "--overlay", type=OUT, help="Write photo and heat map side by side (.png, .jpg or .webp).")
@click.option("--array", type=OUT, help="Write the map as a NumPy array: confidence for each pixel (.npy, float32).")
@click.option("--at", metavar="LAT,LNG", help="The true place, in degrees.  [default: the photo's own GPS, if any]")
@click.option("--predicted", is_flag=True, help="Look at the predicted cell even where the true place is known.")
@click.option("--positions", type=int, default=POSITIONS, show_default=True, help="Places of the box, each way.")
@click.option("--box", type=float, default=BOX, show_default=True, help="Its side, as a share of the photo's.")
@click.option("--regions", type=click.IntRange(0, 20), default=REGIONS, show_default=True, help="Boxes to name.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--threads", type=click.IntRange(1, 1024), help="Cores to use.  [default: all]")
def command(photo, model, overlay, array, at, predicted, positions, box, regions, as_json, threads):
    """Show which parts of PHOTO matter for its place: a grey box slides over it (paper, Fig. 10).

    The confidence in one cell is measured with each part hidden: the true cell where the place is known (from --at or
    the photo's own GPS), else the predicted one. Prints the boxes whose hiding costs the most confidence, and those
    that mislead: hiding them raises it.

    \b
    Example:
      photoplanet explain IMG_1.jpg -o why.png
      photoplanet explain IMG_1.jpg --at 48.8584,2.2945 --array map.npy --json
    """
    from photoplanet.earth import gazetteer
    from photoplanet.errors import InputError
    from photoplanet.explain.occlusion import occlude
    from photoplanet.locate import locator

    if at and predicted:
        raise InputError("give --at or --predicted, not both")
    for path in (overlay, array):
        if path and not path.parent.is_dir():
            raise InputError(f"{path.parent}: no such folder; make it first")
    if overlay:
        from photoplanet.show.overlay import SUFFIXES

        if overlay.suffix.lower() not in SUFFIXES:
            raise InputError(f"{overlay}: a picture ends in {', '.join(SUFFIXES)}")
    truth = _degrees(at) if at else None if predicted else own_gps(photo)
    loaded = locator.load(model, threads)
    with bar("hiding", positions**2) as advance:
        found = occlude(loaded, photo, truth, positions, box, regions, advance)
    place = gazetteer.name([found.latitude], [found.longitude])[0].text("city")
    if array:
        _save(array, found.heat)
    if overlay:
        from photoplanet.show.overlay import overlay as picture
        from photoplanet.show.overlay import write_overlay

        write_overlay(overlay, picture(photo, found, loaded.info.preprocessing, place))
    if as_json:
        world = "toy" if loaded.info.is_toy else "real"
        print_json({"file": photo, "model": loaded.info.name, "world": world, "place": place, **found.to_dict()})
        return
    which = "true" if found.true else "predicted"
    click.echo(f"{place}: {_percent(found.whole)} for the {which} cell {found.token}")
    for words, spots in (("speaks for it", found.supports), ("misleads", found.misleads)):
        if not spots:
            click.echo(f"{words}: nothing")
        for number, spot in enumerate(spots, start=1):
            left, top, right, bottom = (round(100 * edge / len(found.heat)) for edge in spot.box)
            box_text = f"{left}–{right} % from the left, {top}–{bottom} % from the top"
            click.echo(f"{words} {number}: {box_text}; hidden: {_percent(spot.confidence)}")


def _degrees(text: str) -> tuple[float, float]:
    from photoplanet.earth import geodesy
    from photoplanet.errors import InputError

    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"--at {text}: needs latitude,longitude in degrees, for instance 48.8584,2.2945") from None
    geodesy.check(latitude, longitude, "--at")
    return latitude, longitude


def own_gps(photo: str) -> tuple[float, float] | None:
    """The camera's own position in the photo, or None; an estimate that photoplanet wrote there is none."""
    from photoplanet.metadata import exif
    from photoplanet.photos import decode

    with decode.opened(photo) as (image, _):
        found = exif.read(image)
    if found.latitude is None or found.longitude is None or found.gps_fault:
        return None
    return found.latitude, found.longitude


def _save(path: Path, heat) -> None:
    import numpy as np

    from photoplanet.core import atomic

    with atomic.replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, heat, allow_pickle=False)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
