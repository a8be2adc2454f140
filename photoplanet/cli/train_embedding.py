"""`photoplanet train-embedding`: a photo table and a model in, the model's retrieval embedding out."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from photoplanet.cli.shared import commands, loading, options
from photoplanet.cli.shared.extras import hint, needs
from photoplanet.cli.shared.output import print_json, report_stop, say
from photoplanet.cli.shared.progress import bar

NEEDS = ("training", "train")
SETTINGS = ("near_km", "far_km", "margin", "places", "each", "steps", "learning_rate", "seed")


@commands.command(epilog=hint(*NEEDS))
@click.argument("photos", type=options.IN_FILE)
@options.BASE_MODEL
@options.ADD_TO
@options.VALIDATION
@click.option("--network", is_flag=True, help="Fine-tune the whole CNN, not a layer on top of it: slow, larger.")
@click.option("--steps", type=click.IntRange(1, 10**9), help="Steps of training.  [default: 1000; 500 with --network]")
@click.option(
    "--learning-rate",
    type=click.FloatRange(0, 100, min_open=True),
    help="The learning rate at the start; it falls to 0.  [default: 0.001; 0.0001 with --network]",
)
@click.option(
    "--margin", type=click.FloatRange(0, 4), help="The margin of the triplet loss, in squared distance.  [default: 0.2]"
)
@click.option(
    "--near-km",
    type=click.FloatRange(0, 20_040, min_open=True),
    help="Photos within this distance are to look alike.  [default: 1]",
)
@click.option(
    "--far-km",
    type=click.FloatRange(0, 20_040, min_open=True),
    help="Photos beyond this distance are not.  [default: 25]",
)
@click.option("--places", type=click.IntRange(2, 10**5), help="Places in a batch.  [default: 64]")
@click.option("--each", type=click.IntRange(2, 10**5), help="Photos of each place in a batch, at most.  [default: 4]")
@click.option("--seed", type=click.IntRange(0), help="Seed of the first weights and the batches.  [default: 0]")
@click.option("--threads", type=click.IntRange(1, 1024), help="Cores that the networks may use.  [default: all]")
@options.MAX_PIXELS
@options.DEVICE
@options.JSON
def command(
    photos: Path, model: str, output: Path, validation: Path | None, network: bool, threads: int | None,
    device: str | None, as_json: bool, **given: Any,
) -> int:  # fmt: skip
    """Train the 256-byte retrieval embedding of a model with the triplet loss, on geotagged PHOTOS.

    `photoplanet similar` and `locate --library` use it from then on. The column `photographer` keeps two photos of one
    person's walk from counting as alike. A stopped run resumes with the same command.

    \b
    Example:
      photoplanet train-embedding photos.parquet --model model/ -o model/
      photoplanet train-embedding photos.parquet --model toy -o my-toy/ --steps 200
    """
    from photoplanet.errors import InputError

    with needs(*NEEDS):
        from photoplanet.training.embedding import train, triplet
        from photoplanet.training.loop import Stopped

    base = loading.load(model, threads, device=device)
    changed = {key: given[key] for key in SETTINGS if given[key] is not None}
    settings = replace(train.FINETUNING if network else triplet.Settings(), **changed)
    if settings.far_km < settings.near_km:
        raise InputError(
            f"--far-km {settings.far_km:g} is less than --near-km {settings.near_km:g}; photos are one or the other"
        )
    try:
        facts = train.train(
            photos, base.bundle.folder, output, lambda pixels: base.log_probabilities(pixels)[1], validation, network,
            settings, bar, say, threads, base.device.name,
        )  # fmt: skip
    except Stopped as stopped:
        return report_stop(stopped.number)
    if as_json:
        print_json(facts)
        return 0
    click.echo(f"{output}: {facts['numbers']} bytes per photo; recall@1 on {facts['validation_photos']:,} photos:")
    for radius, share in facts["recall"].items():
        click.echo(
            f"  within {radius}: {share:.1%} (the classifier's own embedding: {facts['recall_of_network'][radius]:.1%})"
        )
    return 0
