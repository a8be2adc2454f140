"""`photoplanet evaluate`: a model on a photo table or a public benchmark."""

import csv
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from photoplanet.cli.common import bar
from photoplanet.cli.score import FILE, show
from photoplanet.evaluation.published import BENCHMARKS
from photoplanet.evaluation.regions import BY
from photoplanet.evaluation.tables import FORMATS
from photoplanet.locate.credible_region import REGION_SHARE
from photoplanet.locate.point_estimates import DEFAULT_READOUT, READOUTS

READ_UNASKED = 20_000  # training photos that are read to look for duplicates without --training: about a minute


@click.command()
@click.argument("model")
@click.argument("photos", type=FILE, required=False)
@click.option("--readout", type=click.Choice(list(READOUTS)), default=DEFAULT_READOUT, show_default=True,
              help="How the distribution becomes one point; 'center' is the paper's.")  # fmt: skip
@click.option("--top", type=click.IntRange(1, 100), default=5, show_default=True, help="Candidates a photo (Fig. 3).")
@click.option("--region", type=click.FloatRange(0, 1, min_open=True), default=REGION_SHARE, show_default=True,
              help="Probability of the credible region whose coverage is measured.")  # fmt: skip
@click.option("--by", type=click.Choice(BY), help="Also by where the photos truly are.")
@click.option("--predictions", "out", type=click.Path(dir_okay=False), help="Write CSV that `photoplanet score` reads.")
@click.option("--benchmark", type=click.Choice(list(BENCHMARKS)), help="A public benchmark, with --images and --list.")
@click.option("--images", type=click.Path(exists=True, file_okay=False), help="Folder with the benchmark's photos.")
@click.option("--list", "listing", type=FILE, help="The benchmark's list: photo ids and coordinates.")
@click.option("--training", type=FILE, help="The table that MODEL was trained on: PHOTOS must not be in it.  [default: "
              "the one that MODEL names, where it lies beside PHOTOS, MODEL or here]")  # fmt: skip
@click.option("--drop-duplicates", is_flag=True, help="Score without the photos that have a duplicate in it.")
@click.option("--table", "style", type=click.Choice(list(FORMATS)), help="Print a table to paste instead.")
@click.option("--intervals", is_flag=True, help="With --table: the 95 % intervals too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--threads", type=click.IntRange(1, 1024), help="Cores to use.  [default: all]")
def command(
    model, photos, readout, top, region, by, out, benchmark, images, listing, training, drop_duplicates, style,
    intervals, as_json, threads,
):  # fmt: skip
    """Accuracy of MODEL (a folder or an installed name) on PHOTOS, a photo table, or on a public benchmark.

    Uncovered and unreadable photos count as wrong. Prints accuracy at 1, 25, 200, 750 and 2500 km with 95 % bootstrap
    intervals, median error, GeoScore, top-k, expected calibration error and how often the credible region holds the
    true place. Says which photos have a (near-)duplicate among the training photos, or that this was not checked.

    \b
    Example:
      photoplanet evaluate model/ photos.parquet
      photoplanet evaluate model/ photos.parquet --training training.parquet --drop-duplicates
      photoplanet evaluate model/ photos.parquet --by continent --table latex --intervals
      photoplanet evaluate model/ --benchmark im2gps3k --images DIR --list im2gps3k_places365.csv
    """
    from photoplanet.evaluation import accuracy, published, regions, report
    from photoplanet.evaluation.scoring import collect
    from photoplanet.locate import locator

    known, paths, facts = _truth(photos, benchmark, images, listing)
    loaded = locator.load(model, threads)
    leaks, leaked = _leaks(loaded.bundle, known, paths, Path(photos or listing), training, drop_duplicates, threads)
    lat, lng = known["latitude"].to_numpy(), known["longitude"].to_numpy()
    labels = loaded.partition.assign(lat, lng)
    present = [row for row, path in enumerate(paths) if path]
    ids = known["photo_id"].to_pylist()
    with ExitStack() as stack:
        each = stack.enter_context(_predictions_file(out, ids, top)) if out else _nothing
        advance = stack.enter_context(bar("evaluating", len(present)))
        answers = loaded.locate_many((paths[row] for row in present), readout=readout, decode_threads=threads,
                                     advance=advance)  # fmt: skip
        got = collect(zip(present, (answer for _, answer in answers), strict=True), labels, top, region, each)
    errors = accuracy.top_k_errors(got.latitude, got.longitude, lat, lng)
    scored = ~leaked if drop_duplicates else leaked | True
    groups = regions.groups(lat[scored], lng[scored], by) if by else None
    found = report.result(loaded.info.name, errors[scored], groups, by or "")
    found["sureness"] = report.sureness(
        got.confidence[scored, 0], got.correct[scored], got.held[scored], got.answered[scored], region
    )
    found["leaks"] = report.leaks(leaks, errors[:, 0], leaked, drop_duplicates)
    found |= {
        "world": "toy" if loaded.info.is_toy else "real",
        "readout": readout,
        "uncovered": int((labels[scored] < 0).sum()),
        "abstained": int(got.abstained[scored].sum()),
        "unreadable": got.unreadable,
    }
    if facts:
        facts["unreadable"] = got.unreadable
        facts["complete"] = facts["complete"] and not got.unreadable["count"]
        found["benchmark"] = facts
        click.echo(published.describe(facts), err=True)
    _explain(found)
    show(found, published.get(benchmark).rows() if benchmark else [], style, intervals, as_json)


def _truth(photos, benchmark, images, listing):
    """(table, a path or None for each row, facts about a benchmark's copy or None), from whichever was given."""
    from photoplanet.errors import InputError
    from photoplanet.evaluation import published
    from photoplanet.photos import table

    if bool(photos) == bool(benchmark):
        raise InputError("give a photo table, or --benchmark with --images and --list")
    if benchmark and not (images and listing):
        raise InputError(f"--benchmark {benchmark} needs your copy: --images FOLDER and --list FILE "
                         f"(columns {published.get(benchmark).list_columns})")  # fmt: skip
    source = Path(photos or listing)
    require = table.REQUIRED if photos else ("photo_id", "latitude", "longitude")
    known, dropped = table.read(source, require=require, columns=table.REQUIRED)
    if dropped:
        click.echo(f"{source}: {table.describe(dropped)}", err=True)
    if not len(known):
        raise InputError(f"{source}: no usable photo in it")
    if not benchmark:
        return known, table.paths(known, source.parent), None
    return known, *published.check(benchmark, known, images)


def _leaks(bundle, known, paths, source, training, drop, threads):
    """(facts about the search for test photos among the training photos, bool (n,): which are there)."""
    import numpy as np

    from photoplanet.duplicates import between_tables
    from photoplanet.errors import InputError, MissingExtra

    none = np.zeros(len(known), bool)
    path, why = (Path(training), "") if training else _training_table(bundle, source)
    if path is None:
        if drop:
            raise InputError(f"--drop-duplicates needs --training TABLE: {why}")
        return {"checked": False, "why": why, "how": "give --training TABLE"}, none
    ids = known["photo_id"].to_pylist()
    present = [row for row, name in enumerate(paths) if name]
    test = between_tables.Listed(
        known, [ids[row] for row in present], [paths[row] for row in present], between_tables.place(source)
    )
    try:
        other = between_tables.listed(path, ("photo_id", "path"))
        with bar("reading for duplicates", len(present) + len(other.ids)) as advance:
            found = between_tables.against(test, other, None, threads, advance)
    except MissingExtra as error:
        if drop:
            raise
        return {"checked": False, "why": str(error), "how": "install it"}, none
    none[np.array(present, int)[found.leaked]] = True
    shared = between_tables.same_ids(test, other)
    return {
        "checked": True,
        "training": path.name,
        "training_photos": len(other.ids),
        "threshold": between_tables.default_threshold(),
        "duplicates": {"count": int(found.leaked.sum()),
                       "first": found.nearest().named(test.ids, other.ids)[: between_tables.SHOWN]},
        "same_photo_id": {"count": len(shared), "first": shared[: between_tables.SHOWN]},
        "not_compared": len(found.unreadable),
    }, none  # fmt: skip


def _training_table(bundle, source):
    """(path of the table that the model's facts name, or None; why not)."""
    from photoplanet.duplicates import between_tables
    from photoplanet.errors import InputError

    facts = bundle.info.training.get("table")
    name = facts.get("file") if isinstance(facts, dict) else None
    if not isinstance(name, str) or Path(name).name != name:
        return None, "the model does not name its training photos"
    places = (source.parent, bundle.folder.parent, Path())
    path = next((place / name for place in places if (place / name).is_file()), None)
    if path is None:
        return None, f"{name}, the model's training photos, is not beside it, beside {source.name} or here"
    try:
        photos, new = between_tables.size(path)
    except InputError as error:
        return None, str(error)
    if photos != facts.get("photos"):
        return None, f"{path} has {photos:,} photos and is not the {name} that the model was trained on"
    if new > READ_UNASKED:
        return None, f"{new:,} photos of {path} would have to be read first"
    return path, ""


def _explain(found):
    """Say on stderr what counted as wrong without being a wrong answer, and whether test photos were trained on."""
    leaks = found["leaks"]
    if not leaks["checked"]:
        click.echo(f"NOT checked whether test photos are among the training photos: {leaks['why']}; {leaks['how']}",
                   err=True)  # fmt: skip
    elif leaks["not_compared"]:
        click.echo(f"{leaks['not_compared']:,} photos could not be read and so not be compared", err=True)
    of_all = f"of {found['photos']:,}"
    if found["world"] == "toy":
        click.echo("toy Earth: not real places (this model knows a made-up world only)", err=True)
    if found["uncovered"]:
        click.echo(f"{found['uncovered']:,} {of_all} photos lie outside every cell of the model", err=True)
    if found["abstained"]:
        click.echo(
            f"{found['abstained']:,} {of_all} answers `locate` would withhold as too weak; scored here", err=True
        )
    if found["unreadable"]["count"]:
        for reason in found["unreadable"]["first"]:
            click.echo(f"photoplanet: {reason}", err=True)
        count = found["unreadable"]["count"]
        click.echo(f"{count:,} {of_all} photos could not be read; they count as wrong", err=True)


def _nothing(row, answer):
    """Keep no predictions."""


@contextmanager
def _predictions_file(path, ids, top):
    """A CSV file that appears when all is written; yields a function that adds one photo's candidates."""
    from photoplanet.core.atomic import open_replacing

    with open_replacing(path) as file:
        writer = csv.writer(file)
        writer.writerow(("photo_id", "rank", "latitude", "longitude", "confidence"))

        def add(row, answer):
            if isinstance(answer, Exception):
                return
            order = answer.order[:top]
            points = answer.partition.means[order].copy()
            points[0] = answer.point
            for rank, (point, cell) in enumerate(zip(points, order, strict=True), start=1):
                numbers = (f"{point[0]:.6f}", f"{point[1]:.6f}", f"{answer.probabilities[cell]:.6g}")
                writer.writerow((ids[row], rank, *numbers))

        yield add
