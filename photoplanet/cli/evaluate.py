"""`photoplanet evaluate`: a model on a photo table or a public benchmark."""

import click

from photoplanet.cli.common import bar
from photoplanet.cli.score import FILE, show
from photoplanet.evaluation.published import BENCHMARKS
from photoplanet.evaluation.regions import BY
from photoplanet.evaluation.tables import FORMATS
from photoplanet.locate.credible_region import REGION_SHARE
from photoplanet.locate.point_estimates import DEFAULT_READOUT, READOUTS


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
    from photoplanet.evaluation import published, report
    from photoplanet.evaluation.evaluate import evaluate
    from photoplanet.locate import locator

    truth = _truth(photos, benchmark, images, listing)
    found = evaluate(
        locator.load(model, threads), truth, readout=readout, top=top, region=region, by=by, training=training,
        drop_duplicates=drop_duplicates, predictions_file=out, threads=threads, bar=bar,
    )  # fmt: skip
    if "benchmark" in found:
        click.echo(published.describe(found["benchmark"]), err=True)
    for line in report.remarks(found):
        click.echo(line, err=True)
    show(found, published.get(benchmark).rows() if benchmark else [], style, intervals, as_json)


def _truth(photos, benchmark, images, listing):
    """The photos to evaluate on, from whichever was given."""
    from photoplanet.errors import InputError
    from photoplanet.evaluation import published, truth
    from photoplanet.photos import table

    if bool(photos) == bool(benchmark):
        raise InputError("give a photo table, or --benchmark with --images and --list")
    if benchmark and not (images and listing):
        raise InputError(f"--benchmark {benchmark} needs your copy: --images FOLDER and --list FILE "
                         f"(columns {published.get(benchmark).list_columns})")  # fmt: skip
    found = truth.of_benchmark(benchmark, images, listing) if benchmark else truth.of(photos)
    if found.left_out:
        click.echo(f"{found.source}: {table.describe(found.left_out)}", err=True)
    return found
