"""`photoplanet train-album`: a photo table with albums and a model in, the model's album methods out."""

from pathlib import Path
from typing import Any

import click

from photoplanet.albums.album import GAP_HOURS
from photoplanet.albums.networks import READINGS
from photoplanet.cli.shared import commands, loading, options
from photoplanet.cli.shared.extras import hint, needs
from photoplanet.cli.shared.output import print_json, report_stop, say
from photoplanet.cli.shared.progress import bar
from photoplanet.training.albums import recipes

NEEDS = ("training", "train")
SETTINGS = ("epochs", "units", "batch_photos", "window", "learning_rate", "dropout", "seed")
DEFAULT = "attention"  # the best on the toy Earth: docs/results.md


def _own(setting: str) -> str:
    """The default of a setting, where the method's recipe has no other."""
    return f"  [default: {getattr(recipes.recipe(DEFAULT), setting):g}, for {DEFAULT}]"


@commands.command(epilog=hint(*NEEDS))
@click.argument("photos", type=options.IN_FILE)
@options.BASE_MODEL
@options.ADD_TO
@click.option("--method", "methods", multiple=True, type=click.Choice(list(READINGS)), default=[DEFAULT],
              show_default=True, metavar="METHOD", help=f"Repeatable; one of {', '.join(READINGS)}.")  # fmt: skip
@options.VALIDATION
@click.option("--gap-hours", type=click.FloatRange(0, 1e6, min_open=True), default=GAP_HOURS, show_default=True,
              help="Where no column names the album: a longer pause starts another.")  # fmt: skip
@click.option("--epochs", type=click.IntRange(1, 10**6), help="Times that each album is seen." + _own("epochs"))
@click.option("--units", type=click.IntRange(1, 65_536), help="Width of the network." + _own("units"))
@click.option("--batch-photos", type=click.IntRange(1, 10**6), help="Photos per step." + _own("batch_photos"))
@click.option(
    "--window",
    type=click.IntRange(1, 10**6),
    help="Photos that truncated back-propagation goes back over." + _own("window"),
)
@click.option(
    "--learning-rate",
    type=click.FloatRange(0, 100, min_open=True),
    help="The peak of the learning rate." + _own("learning_rate"),
)
@click.option(
    "--dropout",
    type=click.FloatRange(0, 1, max_open=True),
    help="Share of inputs left out in training." + _own("dropout"),
)
@click.option(
    "--seed", type=click.IntRange(0), help="Seed of the first weights, the order and the dropout." + _own("seed")
)
@click.option("--threads", type=click.IntRange(1, 1024), help="Cores that the networks may use.  [default: all]")
@options.MAX_PIXELS
@options.DEVICE
@options.JSON
def command(
    photos: Path, model: str, output: Path, methods: tuple[str, ...], validation: Path | None, gap_hours: float,
    threads: int | None, device: str | None, as_json: bool, **given: Any,
) -> int:  # fmt: skip
    """Train a model's album methods on the albums of geotagged PHOTOS (a photo table).

    Albums come from the column `album`, or from `photographer` and the pauses between photos. The network's embeddings
    are computed once and kept in OUTPUT.run/. How people travel is counted too, for the methods hmm and timed-hmm. A
    stopped run resumes with the same command; `photoplanet album --method` uses what it made.

    \b
    Example:
      photoplanet train-album photos.parquet --model model/ -o model/
      photoplanet train-album photos.parquet --model toy -o my-toy/ --method lstm --method attention
    """
    with needs(*NEEDS):
        from photoplanet.training.albums import train
        from photoplanet.training.loop import Stopped

    chosen = [recipes.recipe(method, **{key: given[key] for key in SETTINGS}) for method in methods]
    opened = loading.load(model, threads, device=device)
    try:
        facts = train.train(photos, opened, output, chosen, validation, gap_hours, threads, bar, say)
    except Stopped as stopped:
        return report_stop(stopped.number)
    if as_json:
        print_json(facts)
        return 0
    for name, its in facts.items():
        if found := its.get("validation"):
            shares = ", ".join(f"{radius} {share:.1%}" for radius, share in found["accuracy"].items())
            click.echo(f"{name}: {shares} of {found['photos']:,} validation photos (epoch {found['epoch']})")
    click.echo(f"next: photoplanet album --model {output} --method {methods[0]} DIR")
    return 0
