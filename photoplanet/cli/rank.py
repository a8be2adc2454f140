"""`photoplanet rank`: image retrieval on INRIA Holidays and Oxford5k (the paper's Table 2a)."""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from photoplanet.cli.common import bar, print_json

BENCHMARKS = ("holidays", "oxford")
EMBEDDINGS = ("raw", "network", "trained")


@click.command()
@click.argument("benchmark", type=click.Choice(BENCHMARKS))
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
@click.option("--model", help="A model folder or an installed name.  [default: yours]")
@click.option("--embedding", type=click.Choice(EMBEDDINGS), default="raw", show_default=True,
              help="raw: the layer below the softmax, as in the paper; network: that in unit length; trained: the "
              "model's 256-byte one.")  # fmt: skip
@click.option("--augmentation", is_flag=True, help="Cropped and rotated views, whitening, power.")
@click.option("--spatial-search", is_flag=True, help="Match patches of several sizes (slow: 30 a photo).")
@click.option("--partial", is_flag=True, help="Accept an incomplete copy; the result says so.")
@click.option("--cache", type=click.Path(file_okay=False), help="Keep the features here, to go on after a stop.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every query's average precision.")
@click.option("--threads", type=click.IntRange(1, 1024), help="Cores to use.  [default: all]")
def command(
    benchmark, folder, model, embedding, augmentation, spatial_search, partial, cache, as_json, threads
):  # fmt: skip
    """Rank the photos of BENCHMARK in FOLDER, your own copy, for each of its queries, and print the mAP.

    Scored as the benchmark's own tool does, and set beside the rows of the paper's Table 2a. Ranked by L2 distance of
    the embedding; the two options are Razavian et al.'s.

    \b
    Example:
      photoplanet rank holidays ~/holidays --model model/
      photoplanet rank oxford ~/oxford5k --model model/ --augmentation --spatial-search
    """
    from photoplanet.locate import locator
    from photoplanet.retrieval.benchmarks import datasets, ranking

    dataset = datasets.BENCHMARKS[benchmark](folder, partial)
    network = locator.load(model, threads)
    with ExitStack() as stack:
        kept = Path(cache) if cache else Path(stack.enter_context(TemporaryDirectory(prefix="photoplanet-rank-")))
        total = len(dataset.photos) + len(dataset.queries)
        advance = stack.enter_context(bar("embedding", total))
        found = ranking.run(dataset, network, kept, embedding, augmentation, spatial_search, advance)
    for key, what in (("missing", "not in the folder"), ("unreadable", "cannot be read"),
                      ("queries_left_out", "queries that cannot be read")):  # fmt: skip
        if names := found[key]:
            shown = ", ".join(names[: datasets.NAMES_SHOWN])
            click.echo(f"{folder}: {len(names):,} {what}: {shown}{' …' if len(names) > 5 else ''}", err=True)
    if as_json:
        print_json(found | {"published": datasets.TABLE_2A})
        return
    click.echo(datasets.table(benchmark, [(found["name"], found["map"])]), nl=False)
    click.echo(f"\n{found['photos']:,} photos, {found['queries']:,} queries")
    if not found["complete"]:
        click.echo("not comparable: this is not the whole benchmark")
