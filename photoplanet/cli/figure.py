"""`photoplanet figure NAME`: the paper's figures for any model and any photos."""

from pathlib import Path

import click

from photoplanet.albums.methods import AUTO, METHODS
from photoplanet.cli.common import bar
from photoplanet.errors import InputError, printable
from photoplanet.explain.examples import WITHIN_KM
from photoplanet.explain.gallery import PHOTOS_A_CELL

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
MODEL = click.option("--model", help="An installed name or a folder.  [default: your default model]")
OUT = click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True,
                   help="Where the figure goes: .png, .svg or .pdf.")  # fmt: skip
MOST_EXAMPLES = 12


@click.group()
def command():
    """Draw one of the paper's figures, as PNG, SVG or PDF. Needs: pip install 'photoplanet[figures]'

    \b
    Example:
      photoplanet figure partition model/ -o cells.pdf
      photoplanet figure distribution IMG_1.jpg IMG_2.jpg -o where.png
      photoplanet figure errors predictions.csv photos.parquet -o curves.svg
    """


@command.command()
@click.argument("cells")
@click.option("--detail", "details", multiple=True, metavar="NAME:S,N,W,E", help="Another detail view; repeatable.")
@OUT
def partition(cells, details, output):
    """The partition in CELLS (a cells.parquet or a model) on the world, with detail views (Fig. 2)."""
    from photoplanet.earth.partition.partition import Partition
    from photoplanet.models import folder, installed
    from photoplanet.show.figures import partition as partition_figure
    from photoplanet.show.figures import plots

    plots.check_path(output)
    found = (
        Partition.load(cells)
        if Path(cells).is_file()
        else folder.read(installed.resolve(cells), verify=False).partition
    )
    views = dict(_view(each) for each in details) or partition_figure.DETAILS
    plots.save(partition_figure.partition_map(found, views), output)


@command.command()
@click.argument("photos", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@MODEL
@OUT
def distribution(photos, model, output):
    """Each of PHOTOS above its distribution over the Earth, on a globe (Fig. 1); a ring marks the photo's own GPS."""
    from photoplanet.cli.explain import own_gps
    from photoplanet.locate import locator
    from photoplanet.show.figures import distribution as distribution_figure
    from photoplanet.show.figures import plots

    plots.check_path(output)
    if len(photos) > distribution_figure.MOST_PHOTOS:
        raise click.UsageError(f"a figure shows at most {distribution_figure.MOST_PHOTOS} photos, not {len(photos)}")
    found = locator.load(model).locate(list(photos))
    captions = [each.best.name if not each.abstains else "no answer" for each in found]
    plots.save(
        distribution_figure.distributions(
            list(zip(photos, captions, found, strict=True)), [own_gps(p) for p in photos]
        ),
        output,
    )


@command.command()
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="PREDICTIONS... TRUTH")
@click.option("--name", "names", multiple=True, help="What a predictions file is called; as many as there are.")
@click.option("--top", type=click.IntRange(1, 5), default=5, show_default=True, help="Curves of one file (Fig. 3).")
@OUT
def errors(files, names, top, output):
    """Which share of the photos was located how well: top-1 … top-k of one file (Fig. 3), or several files (Fig. 9)."""
    from photoplanet.evaluation import accuracy, predictions
    from photoplanet.photos import table
    from photoplanet.show.figures import errors as error_figure
    from photoplanet.show.figures import plots

    plots.check_path(output)
    if len(files) < 2:
        raise InputError("give one or more predictions files, and last the photo table with the true places")
    if names and len(names) != len(files) - 1:
        raise InputError(f"{len(files) - 1} predictions files need as many --name, not {len(names)}")
    truth, _ = table.read(files[-1], require=("photo_id", "latitude", "longitude"))
    curves = {}
    for number, path in enumerate(files[:-1]):
        found = predictions.match(predictions.read(path, top), truth)
        km = accuracy.top_k_errors(found.latitude, found.longitude, found.true_latitude, found.true_longitude)
        name = names[number] if names else path.stem
        if len(files) == 2:
            curves = {f"top-{k + 1}": km[:, k] for k in range(km.shape[1])}
        else:
            curves[name] = km[:, 0]
    plots.save(error_figure.error_curves(curves, names[0] if len(files) == 2 and names else ""), output)


@command.command()
@click.argument("photos", type=FILE)
@MODEL
@click.option("--within", type=float, default=WITHIN_KM, show_default=True, help="Right means within so many km.")
@click.option(
    "--count", type=click.IntRange(1, 60), default=MOST_EXAMPLES, show_default=True, help="Photos of each kind."
)
@OUT
def examples(photos, model, within, count, output):
    """The photos of a table located rightly and wrongly with the highest confidence (Fig. 6, 7)."""
    from photoplanet.explain.examples import examples as choose
    from photoplanet.show.figures import photos as photo_figure
    from photoplanet.show.figures import plots

    plots.check_path(output)
    known, paths, loaded = _table(photos, model)
    lat, lng = known["latitude"].to_numpy(), known["longitude"].to_numpy()
    with bar("locating", len(paths)) as advance:
        right, wrong = (
            [(e.source, f"{100 * e.confidence:.0f} %, {e.best.near.text('city')}\n{e.km:,.0f} km off") for e in kind]
            for kind in choose(loaded.locate_many(paths, advance=advance), lat, lng, count, within)
        )
    if not right and not wrong:
        raise InputError(f"{photos}: no photo in it could be read")
    plots.save(photo_figure.examples(right, wrong), output)


@command.command()
@click.argument("photos", type=FILE)
@MODEL
@click.option("--cells", type=click.IntRange(1, 40), default=8, show_default=True, help="Cells to show, surest first.")
@click.option("--cell", "tokens", multiple=True, metavar="TOKEN", help="Show this S2 cell; repeatable.")
@click.option("--photos-a-cell", type=click.IntRange(1, 10), default=PHOTOS_A_CELL, show_default=True)
@OUT
def gallery(photos, model, cells, tokens, photos_a_cell, output):
    """The photos of a table that the model assigns to each cell with the highest confidence (Fig. 8)."""
    from photoplanet.earth import cells as s2
    from photoplanet.earth import gazetteer
    from photoplanet.explain.gallery import fullest
    from photoplanet.explain.gallery import gallery as most_confident
    from photoplanet.show.figures import photos as photo_figure
    from photoplanet.show.figures import plots

    plots.check_path(output)
    _, paths, loaded = _table(photos, model)
    with bar("locating", len(paths)) as advance:
        found = most_confident(loaded.locate_many(paths, advance=advance), photos_a_cell)
    names = s2.token(loaded.partition.ids).tolist()
    if tokens:
        if missing := [token for token in tokens if token not in names or names.index(token) not in found]:
            raise InputError(f"no photo was assigned to cell {', '.join(missing)} of the model {loaded.info.name}")
        found = {names.index(token): found[names.index(token)] for token in tokens}
    else:
        found = fullest(found, cells, photos_a_cell)
    if not found:
        raise InputError(f"{photos}: no photo in it could be read")
    means = loaded.partition.means[list(found)]
    towns = [place.text("city") for place in gazetteer.name(means[:, 0], means[:, 1])]
    plots.save(photo_figure.cell_gallery(loaded.partition, found, towns), output)


@command.command()
@click.argument("photos", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@MODEL
@OUT
def occlusion(photos, model, output):
    """Each of PHOTOS beside the map of the confidence that is left with each part hidden (Fig. 10)."""
    from photoplanet.cli.explain import own_gps
    from photoplanet.earth import gazetteer
    from photoplanet.explain.occlusion import occlude
    from photoplanet.locate import locator
    from photoplanet.show.figures import photos as photo_figure
    from photoplanet.show.figures import plots

    plots.check_path(output)
    loaded = locator.load(model)
    found = []
    for photo in photos:
        each = occlude(loaded, photo, own_gps(photo))
        found.append((each, gazetteer.name([each.latitude], [each.longitude])[0].text("city")))
    plots.save(photo_figure.occlusions(found), output)


@command.command()
@click.argument("photos", nargs=-1, required=True, metavar="DIR|TABLE|PHOTO...")
@MODEL
@click.option("--method", type=click.Choice([AUTO, *METHODS]), default=AUTO, show_default=True,
              help="How the photos inform each other.")  # fmt: skip
@click.option("--album", "chosen", type=click.IntRange(min=1), help="Which album, as `photoplanet album` counts them.  "
              "[default: the one with the most photos]")  # fmt: skip
@OUT
def album(photos, model, method, chosen, output):
    """An album's photos, what each says alone and with the others, and both ways on a map (Sect. 4).

    The photos' own GPS is not used to locate them: it is the truth that answers are measured against.
    """
    from photoplanet.albums import album_parameters, methods, trips
    from photoplanet.locate import locator
    from photoplanet.show.figures import album as album_figure
    from photoplanet.show.figures import plots

    plots.check_path(output)
    with bar("reading") as advance:
        found, _, _ = trips.split(trips.read(photos, advance))
    if chosen and chosen > len(found):
        raise InputError(f"--album {chosen}: these photos make {len(found)} albums")
    number = chosen - 1 if chosen else max(range(len(found)), key=lambda row: len(found[row].shots))
    if len(found) > 1 and not chosen:
        click.echo(f"album {number + 1} of {len(found)}, the largest; choose another with --album", err=True)
    loaded = locator.load(model)
    known = album_parameters.of(loaded.bundle)
    methods.check(method, known, loaded.info.name)
    name = methods.chosen(method, known, False)
    with bar("locating", len(found[number].shots)) as advance:
        alone, helped = trips.compare(loaded, found[number], name, advance)
    for each in helped:
        if each.error:
            click.echo(f"photoplanet: {printable(each.error)}", err=True)
    if all(each.prediction is None for each in helped):
        raise InputError(f"no photo of album {number + 1} could be read")
    plots.save(album_figure.album(found[number], alone, helped, name), output)


def _view(text: str) -> tuple[str, tuple[float, float, float, float]]:

    name, _, numbers = text.rpartition(":")
    try:
        south, north, west, east = (float(part) for part in numbers.split(","))
    except ValueError:
        raise InputError(f"--detail {text}: needs NAME:south,north,west,east in degrees") from None
    if not (-90 <= south < north <= 90 and -180 <= west < east <= 180):
        raise InputError(f"--detail {text}: needs south < north and west < east, in degrees")
    return name, (south, north, west, east)


def _table(photos: Path, model: str | None):
    """(photo table, its paths, the loaded model)."""
    from photoplanet.locate import locator
    from photoplanet.photos import table

    known, _ = table.read(photos)
    if not len(known):
        raise InputError(f"{photos}: no usable photo in it")
    return known, table.paths(known, photos.parent), locator.load(model)
