"""`photoplanet train-embedding`: a photo table and a model in, the model's retrieval embedding out."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from photoplanet.cli.common import bar, print_json

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SETTINGS = ("near_km", "far_km", "margin", "places", "each", "steps", "learning_rate", "seed")


@click.command()
@click.argument("photos", type=FILE)
@click.option("--model", required=True, help="The model to build on: an installed name or a folder.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True,
              help="The model folder to add it to: the model's own, or a new one, which becomes a copy.")  # fmt: skip
@click.option("--validation", type=FILE, help="Validate on this photo table instead of a tenth of PHOTOS.")
@click.option("--network", is_flag=True, help="Fine-tune the whole CNN, not a layer on top of it: slow, larger.")
@click.option("--steps", type=click.IntRange(1), help="Steps of training.")
@click.option("--learning-rate", type=click.FloatRange(0, min_open=True), help="At the start; it falls to 0.")
@click.option("--margin", type=click.FloatRange(0, 4), help="Of the triplet loss, in squared distance.")
@click.option("--near-km", type=click.FloatRange(0, min_open=True), help="Photos within are to look alike.")
@click.option("--far-km", type=click.FloatRange(0, min_open=True), help="Photos beyond are not to.")
@click.option("--places", type=click.IntRange(2), help="Places in a batch.")
@click.option("--each", type=click.IntRange(2), help="Photos of each place in a batch, at most.")
@click.option("--seed", type=click.IntRange(0), help="Of first weights and batches.")
@click.option("--threads", type=int, help="Cores that the networks may use.")
@click.option("--json", "as_json", is_flag=True, help="Print the facts of the embedding as JSON.")
def command(photos, model, output, validation, network, threads, as_json, **given):
    """Train the 256-byte retrieval embedding of a model with the triplet loss, on geotagged PHOTOS.

    \b
    photoplanet train-embedding photos.parquet --model model/ -o model/
    photoplanet train-embedding photos.parquet --model toy -o my-toy/ --steps 200

    `photoplanet similar` and `locate --library` use it from then on. The column `photographer` keeps two photos of one
    person's walk from counting as alike. Stopped, the same command goes on where it was.
    """
    from photoplanet.errors import InputError, MissingExtra

    try:
        from photoplanet.training.embedding import train, triplet
        from photoplanet.training.loop import Stopped
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("photoplanet"):
            raise
        raise MissingExtra("training", "train") from error
    from photoplanet.locate import locator

    model = locator.load(model, threads)
    changed = {key: given[key] for key in SETTINGS if given[key] is not None}
    settings = replace(train.FINETUNING if network else triplet.Settings(), **changed)
    if settings.far_km < settings.near_km:
        raise InputError(
            f"--far-km {settings.far_km:g} is less than --near-km {settings.near_km:g}; photos are one or the other"
        )
    try:
        facts = train.train(
            photos, model.bundle.folder, output, lambda pixels: model.log_probabilities(pixels)[1], validation, network,
            settings, bar, partial(click.echo, err=True), threads,
        )  # fmt: skip
    except Stopped as stopped:
        click.echo("stopped; the checkpoint is written, run the same command again to go on", err=True)
        return 128 + stopped.number
    if as_json:
        print_json(facts)
        return 0
    click.echo(f"{output}: {facts['numbers']} bytes a photo; recall@1 on {facts['validation_photos']:,} photos:")
    for radius, share in facts["recall"].items():
        click.echo(
            f"  within {radius}: {share:.1%} (the classifier's own embedding: {facts['recall_of_network'][radius]:.1%})"
        )
    return 0
