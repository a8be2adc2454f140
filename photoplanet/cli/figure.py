"""`photoplanet figure`: the paper's figures for any model and any photos."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from photoplanet.cli.shared import commands, loading, options
from photoplanet.cli.shared.extras import hint
from photoplanet.cli.shared.output import print_json, report_error, say
from photoplanet.cli.shared.progress import bar
from photoplanet.errors import InputError
from photoplanet.explain.gallery import PHOTOS_A_CELL
from photoplanet.show.figures.examples import MOST_CELLS, MOST_EXAMPLES, RIGHT_KM

if TYPE_CHECKING:
    import pyarrow as pa
    from matplotlib.figure import Figure

    from photoplanet.locate.locator import Locator

NEEDS = ("drawing figures", "figures")
OUT = click.option("-o", "--output", type=options.OUT_FILE, required=True,
                   help="The figure to write: .png, .svg or .pdf.")  # fmt: skip


@commands.group(epilog=hint(*NEEDS))
def command() -> None:
    """Draw one of the paper's figures, as PNG, SVG or PDF.

    \b
    Example:
      photoplanet figure partition model/ -o cells.pdf
      photoplanet figure distribution IMG_1.jpg IMG_2.jpg -o where.png
      photoplanet figure errors predictions.csv photos.parquet -o curves.svg
    """


@command.command(short_help="The cells, with detail views (Fig. 2).")
@click.argument("cells")
@click.option("--detail", "details", multiple=True, metavar="NAME:S,N,W,E", help="Another detail view; repeatable.")
@OUT
@options.JSON
def partition(cells: str, details: tuple[str, ...], output: Path, as_json: bool) -> None:
    """Draw the partition in CELLS, a cells.parquet or a model, on the world, with detail views (Fig. 2).

    \b
    Example:
      photoplanet figure partition model/ -o cells.pdf
      photoplanet figure partition cells.parquet --detail Alps:45,48,6,14 -o cells.png
    """
    from photoplanet.earth.partition.partition import Partition
    from photoplanet.models import folder, installed
    from photoplanet.show.figures import partition as partition_figure
    from photoplanet.show.figures import plots

    plots.check_path(output)
    views = dict(partition_figure.detail(each) for each in details) or None
    licence = ""
    if Path(cells).is_file():
        drawn = partition_figure.partition_map(Partition.load(cells), views)
    else:
        model = folder.read(installed.resolve(cells), verify=False)
        loading.say_licence(model.info)
        licence = model.info.licence_note
        drawn = partition_figure.partition_map(model.partition, views, toy=model.info.is_toy)
    _finish(drawn, output, as_json, {"cells": cells}, licence)


@command.command(short_help="Photos and their distributions on globes (Fig. 1).")
@click.argument("photos", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@options.MODEL
@options.MAX_PIXELS
@OUT
@options.JSON
def distribution(photos: tuple[str, ...], model: str | None, output: Path, as_json: bool) -> None:
    """Draw each of PHOTOS above its distribution over the Earth, on a globe (Fig. 1); a ring marks its own GPS.

    \b
    Example:
      photoplanet figure distribution IMG_1.jpg IMG_2.jpg -o where.png
    """
    from photoplanet.locate.answers import no_answer
    from photoplanet.metadata.camera_position import camera_position
    from photoplanet.show.figures import distribution as distribution_figure
    from photoplanet.show.figures import plots

    plots.check_path(output, photos)
    if len(photos) > distribution_figure.MOST_PHOTOS:
        raise click.UsageError(f"a figure shows at most {distribution_figure.MOST_PHOTOS} photos, not {len(photos)}")
    loaded = loading.load(model)
    found = loaded.locate(list(photos))
    captions = [no_answer(each) if each.abstains else each.best.name for each in found]
    drawn = distribution_figure.distributions(
        list(zip(photos, captions, found, strict=True)), [camera_position(p) for p in photos]
    )
    facts = [{"file": photo, "place": place} for photo, place in zip(photos, captions, strict=True)]
    _finish(drawn, output, as_json, {"photos": facts}, loaded.info.licence_note)


@command.command(short_help="Error curves of models or of top-k (Fig. 3, 9).")
@click.argument("files", nargs=-1, required=True, type=options.IN_FILE, metavar="PREDICTIONS... TRUTH")
@click.option("--name", "names", multiple=True, help="The name of a predictions file; as many as there are files.")
@click.option("--top", type=click.IntRange(1, 5), default=5, show_default=True, help="Curves of one file (Fig. 3).")
@OUT
@options.JSON
def errors(files: tuple[Path, ...], names: tuple[str, ...], top: int, output: Path, as_json: bool) -> None:
    """Draw the share of photos within each distance: top-1 … top-k of one file (Fig. 3), or several files (Fig. 9).

    \b
    Example:
      photoplanet figure errors predictions.csv photos.parquet -o curves.svg
      photoplanet figure errors ours.csv theirs.csv photos.parquet --name ours --name theirs -o curves.pdf
    """
    from photoplanet.evaluation import accuracy
    from photoplanet.show.figures import errors as error_figure
    from photoplanet.show.figures import plots

    plots.check_path(output, files)
    title = names[0] if len(files) == 2 and names else ""
    found, toy = error_figure.read_errors(files[:-1], files[-1], names, top)
    facts = {name: {"photos": len(km), "accuracy": accuracy.accuracy(km)} for name, km in found.items()}
    _finish(error_figure.error_curves(found, title, toy), output, as_json, {"curves": facts})


@command.command(short_help="Photos located rightly and wrongly (Fig. 6, 7).")
@click.argument("photos", type=options.IN_FILE)
@options.MODEL
@click.option(
    "--within",
    type=click.FloatRange(0, 20_040, min_open=True),
    default=RIGHT_KM,
    show_default=True,
    help="Kilometres within which an answer is right.",
)
@click.option(
    "--count", type=click.IntRange(1, 60), default=MOST_EXAMPLES, show_default=True, help="Photos of each kind."
)
@options.MAX_PIXELS
@OUT
@options.JSON
def examples(photos: Path, model: str | None, within: float, count: int, output: Path, as_json: bool) -> None:
    """Draw the photos of a table that were located rightly and wrongly with the highest confidence (Fig. 6, 7).

    \b
    Example:
      photoplanet figure examples photos.parquet --within 200 -o examples.png
    """
    from photoplanet.show.figures import examples as choice
    from photoplanet.show.figures import photos as photo_figure
    from photoplanet.show.figures import plots

    plots.check_path(output, [photos])
    known, paths, loaded = _table(photos, model)
    places = zip(known["latitude"].to_pylist(), known["longitude"].to_pylist(), strict=True)
    with bar("locating", len(paths)) as advance:
        right, wrong = choice.right_and_wrong(loaded.locate_many(paths, advance=advance), places, within, count)
    facts = {
        kind: [{"file": str(each.source), "place": each.place, "error_km": each.error_km} for each in chosen]
        for kind, chosen in (("right", right), ("wrong", wrong))
    }
    _finish(photo_figure.examples(right, wrong, within, loaded.info.is_toy), output, as_json, facts,
            loaded.info.licence_note)  # fmt: skip


@command.command(short_help="The most confident photos of cells (Fig. 8).")
@click.argument("photos", type=options.IN_FILE)
@options.MODEL
@click.option(
    "--cells",
    type=click.IntRange(1, 40),
    default=MOST_CELLS,
    show_default=True,
    help="Cells to show, the most confident first.",
)
@click.option("--cell", "tokens", multiple=True, metavar="TOKEN", help="Show this S2 cell; repeatable.")
@click.option("--photos-a-cell", type=click.IntRange(1, 10), default=PHOTOS_A_CELL, show_default=True,
              help="Photos of each cell.")  # fmt: skip
@options.MAX_PIXELS
@OUT
@options.JSON
def gallery(
    photos: Path, model: str | None, cells: int, tokens: tuple[str, ...], photos_a_cell: int, output: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """Draw the photos of a table that the model assigns to each cell with the highest confidence (Fig. 8).

    \b
    Example:
      photoplanet figure gallery photos.parquet --cells 5 -o cells.png
    """
    from photoplanet.earth import cells as cell_ids
    from photoplanet.explain.gallery import gallery as most_confident
    from photoplanet.show.figures import examples as choice
    from photoplanet.show.figures import photos as photo_figure
    from photoplanet.show.figures import plots

    plots.check_path(output, [photos])
    _, paths, loaded = _table(photos, model)
    with bar("locating", len(paths)) as advance:
        found = most_confident(loaded.locate_many(paths, advance=advance), photos_a_cell)
    shown = choice.gallery_cells(found, loaded.partition, photos_a_cell, cells, tokens)
    names = choice.cell_names(loaded.partition, list(shown))
    drawn = photo_figure.cell_gallery(loaded.partition, shown, names, loaded.info.is_toy)
    facts = dict(zip(cell_ids.token(loaded.partition.ids[list(shown)]).tolist(), names, strict=True))
    _finish(drawn, output, as_json, {"cells": facts}, loaded.info.licence_note)


@command.command(short_help="Which parts of photos speak for a place (Fig. 10).")
@click.argument("photos", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@options.MODEL
@options.MAX_PIXELS
@OUT
@options.JSON
def occlusion(photos: tuple[str, ...], model: str | None, output: Path, as_json: bool) -> None:
    """Draw each of PHOTOS beside the map of the confidence that is left with each part hidden (Fig. 10).

    \b
    Example:
      photoplanet figure occlusion IMG_1.jpg --model model/ -o why.png
    """
    from photoplanet.earth import gazetteer
    from photoplanet.explain.occlusion import POSITIONS, occlude
    from photoplanet.metadata.camera_position import camera_position
    from photoplanet.show.figures import photos as photo_figure
    from photoplanet.show.figures import plots

    plots.check_path(output, photos)
    loaded = loading.load(model)
    found = []
    with bar("hiding", len(photos) * POSITIONS**2) as advance:
        for photo in photos:
            each = occlude(loaded, photo, camera_position(photo), advance=advance)
            found.append((each, gazetteer.name([each.latitude], [each.longitude])[0].text("city")))
    facts = [
        {"file": photo, "place": place, "cell": each.token} for photo, (each, place) in zip(photos, found, strict=True)
    ]
    drawn = photo_figure.occlusions(found, loaded.info.is_toy)
    _finish(drawn, output, as_json, {"photos": facts}, loaded.info.licence_note)


@command.command(short_help="An album photo by photo, and together (Sect. 4).")
@click.argument("photos", nargs=-1, required=True, metavar="DIR|TABLE|PHOTO...")
@options.MODEL
@options.album_method
@click.option("--album", "chosen", type=click.IntRange(min=1), help="Which album, as `photoplanet album` counts them.  "
              "[default: the one with the most photos]")  # fmt: skip
@options.MAX_PIXELS
@OUT
@options.JSON
def album(
    photos: tuple[str, ...], model: str | None, method: str, chosen: int | None, output: Path, as_json: bool
) -> None:
    """Draw an album's photos, what each says alone and with the others, and both ways on a map (Sect. 4).

    The photos' own GPS is not used to locate them: it is the truth that answers are measured against.

    \b
    Example:
      photoplanet figure album ~/Trip --method hmm -o trip.pdf
    """
    from photoplanet.albums import album_parameters, locate_trip, methods, trips
    from photoplanet.albums.shots import read_shots
    from photoplanet.show.figures import album as album_figure
    from photoplanet.show.figures import plots

    plots.check_path(output, photos)
    with bar("reading") as advance:
        found, _, _ = trips.split(read_shots(photos, advance, say))
    if chosen and chosen > len(found):
        raise InputError(f"--album {chosen}: these photos make {len(found)} albums")
    number = chosen - 1 if chosen else max(range(len(found)), key=lambda row: len(found[row].shots))
    if len(found) > 1 and not chosen:
        say(f"album {number + 1} of {len(found)}, the largest; choose another with --album")
    loaded = loading.load(model)
    known = album_parameters.read(loaded.bundle)
    methods.check(method, known, loaded.info.name)
    name = methods.chosen(method, known, False)
    with bar("locating", len(found[number].shots)) as advance:
        alone, helped = locate_trip.compare(loaded, found[number], name, advance)
    for each in helped:
        if each.error:
            report_error(each.error)
    if all(each.prediction is None for each in helped):
        raise InputError(f"no photo of album {number + 1} could be read")
    facts = {"album": number + 1, "method": name, "photos": [each.shot.name for each in helped]}
    drawn = album_figure.album(found[number], alone, helped, name)
    _finish(drawn, output, as_json, facts, loaded.info.licence_note)


def _finish(drawn: "Figure", output: Path, as_json: bool, facts: dict[str, Any], licence: str = "") -> None:
    """Write the figure; as JSON, say what it shows."""
    from photoplanet.show.figures import plots

    plots.save(drawn, output, licence)
    if as_json:
        print_json({"figure": str(output), **facts})


def _table(photos: Path, model: str | None) -> "tuple[pa.Table, list[str], Locator]":
    """Return the photo table, its paths and the loaded model."""
    from photoplanet.core.table_sets import TableSet
    from photoplanet.photos import table

    known, dropped = table.read(photos)
    if not len(known):
        raise InputError(f"{photos}: no usable photo in it")
    if dropped:
        say(f"{photos}: {table.describe(dropped)}")
    return known, table.paths(known, TableSet.of(photos).folder), loading.load(model)
