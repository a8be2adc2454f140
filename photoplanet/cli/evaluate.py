"""`photoplanet evaluate`: a model on a photo table or a public benchmark."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from photoplanet.cli.shared import commands, loading, options
from photoplanet.cli.shared.evaluation import benchmark_option, print_report, report_options
from photoplanet.cli.shared.output import report_error, say
from photoplanet.cli.shared.progress import bar
from photoplanet.evaluation.scoring import UNCOVERED

if TYPE_CHECKING:
    from photoplanet.evaluation.truth import Truth


@commands.command()
@click.argument("words", nargs=-1, metavar="[PHOTOS]...")
@options.MODEL
@options.READOUT
@click.option(
    "--top",
    type=click.IntRange(1, 100),
    default=5,
    show_default=True,
    help="Answers per photo of which the best counts (Fig. 3).",
)
@options.region("Probability of the credible region whose coverage is measured.")
@click.option("--predictions", "out", type=options.OUT_FILE, help="Write CSV that `photoplanet score` reads.")
@click.option(
    "--uncovered",
    type=click.Choice(UNCOVERED),
    default=UNCOVERED[0],
    show_default=True,
    help="How photos outside every cell of MODEL are scored: as all others, or as wrong.",
)
@benchmark_option("A public benchmark, with --images and --list.")
@click.option("--images", type=options.IN_FOLDER, help="Folder with the benchmark's photos.")
@click.option("--list", "listing", type=options.IN_FILE, help="The benchmark's list: photo ids and coordinates.")
@click.option("--training", type=options.IN_FILE, multiple=True,
              help="A table that MODEL was trained on, to see whether PHOTOS are in it.  "
              "[default: the one that MODEL names, if it lies beside PHOTOS, MODEL or here]")  # fmt: skip
@click.option("--drop-duplicates", is_flag=True, help="Score without the photos that have a duplicate there.")
@click.option("--baselines", is_flag=True, help="Also what needs no network: chance, a constant, nearest thumbnail.")
@click.option("--signs", is_flag=True, help="Read the text in photos, too; with --model none it is all there is.")
@report_options
@options.JSON
@options.THREADS
@options.MAX_PIXELS
@options.DEVICE
def command(
    words: tuple[str, ...], model: str | None, readout: str, top: int, region: float, uncovered: str, by: str | None,
    out: Path | None, benchmark: str | None, images: Path | None, listing: Path | None, training: tuple[Path, ...],
    drop_duplicates: bool, baselines: bool, signs: bool, style: str | None, intervals: bool, resample: str | None,
    as_json: bool, threads: int | None, device: str | None,
) -> int:  # fmt: skip
    """Measure the accuracy of MODEL on PHOTOS, photo tables, or on a public benchmark.

    Unreadable photos count as wrong; photos outside every cell of the model are
    scored by distance, as in the paper, or with --uncovered wrong. Prints accuracy at 1, 25, 200, 750 and 2500 km with
    95 % bootstrap intervals, which resample photographers, albums or days where PHOTOS names them; median error,
    GeoScore, top-k, expected calibration error, and how often the credible region and its radius hold the true place.
    Says which photos have a (near-)duplicate among the training photos, or that this was not checked.

    \b
    Example:
      photoplanet evaluate photos.parquet --model model/
      photoplanet evaluate photos.parquet --model model/ --training training.parquet --drop-duplicates
      photoplanet evaluate photos.parquet --model model/ --by continent --table latex --intervals
      photoplanet evaluate --model model/ --benchmark im2gps3k --images DIR --list im2gps3k_places365.csv
    """
    from photoplanet.core import outputs
    from photoplanet.evaluation import published, report
    from photoplanet.evaluation.evaluate import evaluate
    from photoplanet.locate.opening import NONE

    model, photos = _named(words, model, benchmark)
    outputs.check([out], [*photos, listing, *training])
    truth = _truth(photos, benchmark, images, listing)
    loaded = loading.load(model, threads, signs=signs or model == NONE, device=device)
    found = evaluate(
        loaded, truth, readout=readout, top=top, region=region, by=by, uncovered=uncovered,
        resample=resample, training=training or None,
        drop_duplicates=drop_duplicates, beside_baselines=baselines, predictions_file=out, threads=threads, bar=bar,
    )  # fmt: skip
    found |= {"signs": True} if loaded.collector is not None else {}
    if "benchmark" in found:
        say(published.describe(found["benchmark"]))
    for line in report.remarks(found):
        say(line)
    print_report(found, benchmark, style, intervals, as_json)
    if "predictions_fault" in found:
        report_error(found["predictions_fault"])
        return 1
    return 0


def _named(words: tuple[str, ...], model: str | None, benchmark: str | None) -> tuple[str | None, list[Path]]:
    """The model and the photo tables; MODEL before PHOTOS, as it was once written, is understood too."""
    from photoplanet.core import stores, table_sets

    def is_table(name: str) -> bool:
        return stores.is_address(name) or Path(name).is_file() or table_sets.is_folder_of_tables(Path(name))

    names = list(words)
    others = [name for name in names if not is_table(name)]
    if model is None and names and (others or benchmark):
        model = others[0] if others else names[0]
        names.remove(model)
    context = click.get_current_context()
    return model, [options.IN_FILE.convert(name, context.command.params[0], context) for name in names]


def _truth(photos: list[Path], benchmark: str | None, images: Path | None, listing: Path | None) -> "Truth":
    """The photos to evaluate on, from whichever was given."""
    from photoplanet.errors import InputError
    from photoplanet.evaluation import published, truth
    from photoplanet.photos import table

    if photos and not benchmark:
        found = truth.of(photos)
    elif benchmark and not photos:
        if not (images and listing):
            raise InputError(f"--benchmark {benchmark} needs your copy: --images FOLDER and --list FILE "
                             f"(columns {published.get(benchmark).list_columns})")  # fmt: skip
        found = truth.of_benchmark(benchmark, images, listing)
    else:
        raise InputError("give a photo table, or --benchmark with --images and --list")
    if found.left_out:
        say(f"{found.source}: {table.describe(found.left_out)}")
    return found
