"""`photoplanet train-album`: a photo table with albums and a model in, the model's album methods out."""

from functools import partial
from pathlib import Path

import click

from photoplanet.albums.album import GAP_HOURS
from photoplanet.albums.networks import READINGS
from photoplanet.cli.common import bar, print_json

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SETTINGS = ("epochs", "units", "batch_photos", "window", "learning_rate", "dropout", "seed")
DEFAULT = "attention"  # the best on the toy Earth: docs/results.md


@click.command()
@click.argument("photos", type=FILE)
@click.option("--model", required=True, help="The model to build on: an installed name or a folder.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True,
              help="The model folder to add it to: the model's own, or a new one, which becomes a copy.")  # fmt: skip
@click.option("--method", "methods", multiple=True, type=click.Choice(list(READINGS)), default=[DEFAULT],
              show_default=True, help="Which network; repeatable.")  # fmt: skip
@click.option("--validation", type=FILE, help="Validate on this photo table instead of a tenth of PHOTOS.")
@click.option("--gap-hours", type=click.FloatRange(0, min_open=True), default=GAP_HOURS, show_default=True,
              help="Where no column says what an album is: a longer pause starts another.")  # fmt: skip
@click.option("--epochs", type=click.IntRange(1), help="Times that each album is seen.")
@click.option("--units", type=click.IntRange(1), help="Width of the network.")
@click.option("--batch-photos", type=click.IntRange(1), help="Photos a step.")
@click.option("--window", type=click.IntRange(1), help="Photos that truncated back-propagation reaches back over.")
@click.option("--learning-rate", type=click.FloatRange(0, min_open=True), help="Its peak.")
@click.option("--dropout", type=click.FloatRange(0, 1, max_open=True), help="Share of inputs left out in training.")
@click.option("--seed", type=click.IntRange(0), help="Of first weights, order and dropout.")
@click.option("--threads", type=click.IntRange(1), help="Cores that the networks may use.")
@click.option("--json", "as_json", is_flag=True, help="Print the facts of each part as JSON.")
def command(photos, model, output, methods, validation, gap_hours, threads, as_json, **given):
    """Train a model's album methods on geotagged PHOTOS (a photo table) that lie in albums.

    \b
    photoplanet train-album photos.parquet --model model/ -o model/
    photoplanet train-album photos.parquet --model toy -o my-toy/ --method lstm --method attention

    Albums come from the column `album`, or from `photographer` and the pauses between photos. The network's answers are
    computed once and kept in OUTPUT.run/. How people travel is counted, too, for the methods hmm and timed-hmm.
    Stopped, the same command goes on where it was; `photoplanet album --method` uses what it made.
    """
    from photoplanet.errors import MissingExtra

    try:
        from photoplanet.training.albums import recipes, train
        from photoplanet.training.loop import Stopped
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("photoplanet"):
            raise
        raise MissingExtra("training", "train") from error
    from photoplanet.locate import locator

    chosen = [recipes.recipe(method, **{key: given[key] for key in SETTINGS}) for method in methods]
    opened = locator.load(model, threads)
    try:
        facts = train.train(
            photos, opened, output, chosen, validation, gap_hours, threads, bar, partial(click.echo, err=True)
        )
    except Stopped as stopped:
        click.echo("stopped; the checkpoint is written, run the same command again to go on", err=True)
        return 128 + stopped.number
    if as_json:
        print_json(facts)
        return 0
    for name, its in facts.items():
        if found := its.get("validation"):
            shares = ", ".join(f"{radius} {share:.1%}" for radius, share in found["accuracy"].items())
            click.echo(f"{name}: {shares} of {found['photos']:,} validation photos (epoch {found['epoch']})")
    click.echo(f"next: photoplanet album --model {output} --method {methods[0]} DIR")
    return 0
