"""`photoplanet rank`: image retrieval on INRIA Holidays and Oxford5k (the paper's Table 2a)."""

from contextlib import ExitStack
from pathlib import Path

import click

from photoplanet.cli.shared import commands, loading, options
from photoplanet.cli.shared.output import print_json, say
from photoplanet.cli.shared.progress import bar

BENCHMARKS = ("holidays", "oxford")
EMBEDDINGS = ("raw", "network", "trained")


@commands.command()
@click.argument("benchmark", type=click.Choice(BENCHMARKS))
@click.argument("folder", type=options.IN_FOLDER)
@options.MODEL
@click.option("--embedding", type=click.Choice(EMBEDDINGS), default="raw", show_default=True,
              help="raw: the layer below the softmax, as in the paper; network: the same in unit length; "
              "trained: the model's 256-byte one.")  # fmt: skip
@click.option("--augmentation", is_flag=True, help="Cropped and rotated views, whitening, power.")
@click.option("--spatial-search", is_flag=True, help="Match patches of several sizes (slow: 30 per photo).")
@click.option("--partial", is_flag=True, help="Accept an incomplete copy; the result says so.")
@click.option("--cache", type=options.OUT_FOLDER, help="Keep the features here, to go on after a stop.")
@options.JSON
@options.THREADS
@options.MAX_PIXELS
def command(
    benchmark: str, folder: Path, model: str | None, embedding: str, augmentation: bool, spatial_search: bool,
    partial: bool, cache: Path | None, as_json: bool, threads: int | None,
) -> None:  # fmt: skip
    """Rank the photos of BENCHMARK for each of its queries and print the mAP; FOLDER is your own copy.

    Scored as the benchmark's own tool does, and set beside the rows of the paper's Table 2a. Ranked by L2 distance of
    the embedding; the two options are Razavian et al.'s.

    \b
    Example:
      photoplanet rank holidays ~/holidays --model model/
      photoplanet rank oxford ~/oxford5k --model model/ --augmentation --spatial-search
    """
    from photoplanet.core import atomic_folders
    from photoplanet.retrieval.benchmarks import datasets, ranking

    dataset = datasets.BENCHMARKS[benchmark](folder, partial)
    network = loading.load(model, threads)
    with ExitStack() as stack:
        kept = cache or stack.enter_context(atomic_folders.scratch())
        total = len(dataset.photos) + len(dataset.queries)
        advance = stack.enter_context(bar("embedding", total))
        found = ranking.run(dataset, network, kept, embedding, augmentation, spatial_search, advance)
    for key, what in (("missing", "not in the folder"), ("unreadable", "cannot be read"),
                      ("queries_left_out", "queries that cannot be read")):  # fmt: skip
        if names := found[key]:
            say(f"{folder}: {len(names):,} {what}: {datasets.some_names(names)}")
    if as_json:
        print_json(found | {"published": datasets.TABLE_2A})
        return
    click.echo(datasets.table(benchmark, [(found["name"], found["map"])]), nl=False)
    click.echo(f"\n{found['photos']:,} photos, {found['queries']:,} queries")
    if not found["complete"]:
        click.echo("not comparable: this is not the whole benchmark")
