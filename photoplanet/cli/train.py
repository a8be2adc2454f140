"""`photoplanet train`: a photo table in, a model folder out."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from photoplanet.cli.shared import commands, options
from photoplanet.cli.shared.extras import hint, needs
from photoplanet.cli.shared.output import print_json, report_stop, say
from photoplanet.cli.shared.progress import bar
from photoplanet.training.recipes import Recipe

NEEDS = ("training", "train")
DEFAULTS = Recipe()
ENCODER = "lite0"  # the default where its package is installed
PIXELS = ("mobile", "inception")  # networks that are trained from pixels only, as in training.backbones
# options that are settings of the recipe under the same name
SHORT = ("backbone", "image_size", "epochs", "batch_size", "learning_rate", "max_photos", "min_photos", "seed",
         "precision", "compile")  # fmt: skip
# options that mean something for features too; any other one, given, is about a network that is trained from pixels
OF_FEATURES = ("photos", "output", "backbone", "seed", "threads", "as_json", "settings")


def _own(setting: str) -> str:
    """The default of a setting: that of the recipe `default`."""
    value = getattr(DEFAULTS, setting)
    text = "no" if value is False else f"{value:g}" if isinstance(value, float) else value
    return f"  [default: {text}, or the recipe's]"


@commands.command(epilog=hint(*NEEDS))
@click.argument("photos", nargs=-1, required=True, type=options.IN_FILE)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The model folder to write.")
@click.option(
    "--recipe", default="default", show_default=True, metavar="NAME", help="default or paper: all settings at once."
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Any setting of the recipe; repeatable.")
@click.option(
    "--backbone",
    help="An encoder to train on the features of (lite0, lite1, lite2), or a network to train from pixels "
    "(mobile, inception).  [default: lite0 where the extra 'pretrained' is installed; mobile otherwise, and with "
    "options of such networks]",
)
@click.option("--tune", metavar="[all|N]", is_flag=False, flag_value="default",
              help="Go on through the encoder (lite0, lite1, lite2): all of it, or its last N layers.")  # fmt: skip
@click.option("--image-size", type=click.IntRange(8, 4096), help="Side of the photos in pixels." + _own("image_size"))
@click.option(
    "--epochs",
    type=click.FloatRange(0, 1e6, min_open=True),
    help="Times that each photo is seen; with patience, at most." + _own("epochs"),
)
@click.option(
    "--batch-size",
    type=click.IntRange(2, 10**6),
    help="Photos per step, over all processes together." + _own("batch_size"),
)
@click.option(
    "--learning-rate", type=click.FloatRange(0, 100), help="The peak of the learning rate." + _own("learning_rate")
)
@click.option(
    "--max-photos",
    type=click.IntRange(0),
    help="Split cells with more (the paper's t1); 0: by the number of photos." + _own("max_photos"),
)
@click.option(
    "--min-photos",
    type=click.IntRange(0),
    help="Drop cells with fewer (the paper's t2); 0: by the number of photos." + _own("min_photos"),
)
@click.option("--cells", type=options.IN_FILE, help="Use these cells (from `photoplanet partition`).")
@click.option("--validation", type=options.IN_FILE, help="Validate on this photo table instead of a share of PHOTOS.")
@click.option("--resume", type=click.Choice(["auto", "must", "never"]), default="auto", show_default=True,
              help="Go on from the last checkpoint: where there is one, always, or never.")  # fmt: skip
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
@click.option(
    "--precision",
    type=click.Choice(["auto", "float32", "tf32", "bf16"]),
    help="Number format of the forward pass." + _own("precision"),
)
@click.option(
    "--compile/--no-compile",
    default=None,
    help="torch.compile: starts minutes later, then is faster on a GPU; --set compile=auto: where that pays within "
    "the run." + _own("compile"),
)
@click.option(
    "--threads", type=click.IntRange(0, 1024), default=0, show_default=True, help="Decoding threads; 0: one per core."
)
@click.option("--processes", type=click.IntRange(0, 256),
              help="Decode in this many processes instead; 0: in threads.  [default: one per core where there are more "
              "than four, else 0]")  # fmt: skip
@click.option("--decoder", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True,
              help="cuda: decode small JPEGs on the GPU, by torchvision's nvJPEG.")  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0), help="Seed of the first weights, the order and the augmentation." + _own("seed")
)
@click.option("--log-every", type=click.IntRange(1), default=20, show_default=True, help="Steps between two log lines.")
@click.option("--validate-every", type=click.IntRange(0), default=0, show_default=True,
              help="Steps between validations; 0: each epoch. With patience: --set patience_epochs.")  # fmt: skip
@click.option(
    "--checkpoint-minutes",
    type=click.FloatRange(0, 1e6),
    default=10.0,
    show_default=True,
    help="Minutes between checkpoints, at most.",
)
@click.option(
    "--checkpoint-steps",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Steps between checkpoints; 0: each epoch.",
)
@click.option("--tensorboard/--no-tensorboard", default=True, show_default=True, help="Curves in OUTPUT.run.")
@options.MAX_PIXELS
@options.JSON
def command(
    photos: tuple[Path, ...], output: Path, recipe: str, settings: tuple[str, ...], cells: Path | None,
    validation: Path | None, as_json: bool, tensorboard: bool, **given: Any,
) -> int:  # fmt: skip
    """Train on geotagged PHOTOS (photo tables) and write a model folder.

    On the features of an encoder this takes seconds, once they are computed. A network from pixels takes many photos
    and hours; its checkpoints, the log (log.jsonl) and TensorBoard's curves go to OUTPUT.run/. Stopped or killed, the
    same command resumes where it was.

    \b
    Example:
      photoplanet train photos.parquet -o model/
      photoplanet train photos.parquet -o model/ --backbone lite2 --set penalty=0.1
      photoplanet train photos.parquet -o model/ --backbone lite0 --tune
      photoplanet train photos.parquet -o model/ --backbone mobile
      photoplanet train photos.parquet -o model/ --recipe paper --set batch_size=64
      torchrun --nproc-per-node 2 -m photoplanet train photos.parquet -o model/
    """
    from photoplanet.models import installed

    tune = given.pop("tune")
    if tune is None and (encoder := _encoder(given["backbone"], settings)):
        return _on_features(photos, output, encoder, settings, given["seed"], given["threads"], as_json)
    with needs(*NEEDS):
        from photoplanet.training import loop, recipes, run
        from photoplanet.training.tuning import run as tuning

    short = [f"{key}={given[key]}" for key in SHORT if given[key] is not None]
    named = recipes.named(recipe) if tune is None else _tuning(tune, given["backbone"])
    chosen = recipes.changed(named, [*short, *settings])
    how = loop.RunOptions(curves=tensorboard, **{k: v for k, v in given.items() if k not in SHORT})
    try:
        if tune is None:
            facts = run.train(photos, output, chosen, cells, validation, how, bar, say)
        else:
            with needs("tuning", "pretrained"):
                facts = tuning.train(photos, output, chosen, how, bar, say)
    except loop.Stopped as stopped:
        facts, status = None, report_stop(stopped.number)
    else:
        status = 0
    if facts:
        chosen_now = installed.offer_default(output)
        if as_json:
            print_json(facts)
        else:
            click.echo(_summary(output, facts, chosen_now) if tune is None else _tuned(output, facts, chosen_now))
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        # gloo's threads sometimes abort the interpreter's normal end, after all work is done
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


def _tuning(tune: str, backbone: str | None) -> Recipe:
    """The recipe for tuning an encoder, all of it or its last layers; a usage error for what does not go with it."""
    from photoplanet.encoders import lite
    from photoplanet.training import recipes

    context = click.get_current_context()
    for name in ("recipe", "cells", "validation"):
        if context.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--{name} does not go with --tune; leave one of them out", context)
    if tune not in ("default", "all") and not (tune.isdecimal() and 0 < int(tune) <= 1000):
        raise click.UsageError(f"--tune {tune}: give all, the number of the last layers to tune, or nothing", context)
    name = backbone or ENCODER
    if name not in lite.PACKAGES:
        known = ", ".join(lite.PACKAGES)
        raise click.UsageError(f"--backbone {name} cannot be tuned; the encoders that can are {known}", context)
    layers = [] if tune == "default" else [f"tuned_layers={0 if tune == 'all' else tune}"]
    return recipes.changed(recipes.named("tune"), [f"backbone={name}", f"image_size={lite.PACKAGES[name][0]}", *layers])


def _encoder(backbone: str | None, settings: tuple[str, ...]) -> str | None:
    """The encoder to train on the features of, None for a network from pixels; a usage error where both are meant."""
    context = click.get_current_context()
    others = [
        option.opts[0]
        for option in context.command.params
        if option.name not in OF_FEATURES
        and context.get_parameter_source(option.name or "") == click.core.ParameterSource.COMMANDLINE
    ]
    if backbone is not None:
        if not _is_encoder(backbone):
            _check_network(backbone)
            return None
        if "--recipe" in others:
            return None
        if others:
            raise click.UsageError(
                f"{others[0]} is for networks that are trained from pixels; leave it out with --backbone {backbone}, "
                "whose settings are given by --set",
                context,
            )
        return backbone
    alone = not others and _of_features_only(settings) and int(os.environ.get("WORLD_SIZE", "1")) == 1
    return ENCODER if alone and _is_installed() else None


def _check_network(name: str) -> None:
    """A usage error for a name that is no network either, before torch is asked for."""
    from photoplanet.encoders import installed

    if name not in PIXELS:
        encoders = ", ".join([*installed.FAMILIES, *installed.added()])
        raise click.UsageError(
            f"--backbone {name} is unknown; give an encoder ({encoders}, onnx:PATH, hf:ORG/NAME), or a network to "
            f"train from pixels ({', '.join(PIXELS)})",
            click.get_current_context(),
        )


def _of_features_only(settings: tuple[str, ...]) -> bool:
    """Whether there are none, or one that no network from pixels has among such as training on features has."""
    from photoplanet.training.features.settings import Settings

    names = {each.partition("=")[0].strip().replace("-", "_") for each in settings}
    return not names or (names <= set(Settings().as_dict()) and not names <= set(DEFAULTS.as_dict()))


def _is_encoder(name: str) -> bool:
    from photoplanet.encoders import installed

    return installed.is_encoder(name)


def _is_installed() -> bool:
    """Whether the default encoder's package and what makes a network of it are there."""
    from importlib.metadata import PackageNotFoundError, distribution
    from importlib.util import find_spec

    from photoplanet.encoders import lite

    try:
        distribution(lite.PACKAGES[ENCODER][1])
    except PackageNotFoundError:
        return False
    return find_spec("onnx") is not None


def _on_features(
    photos: tuple[Path, ...],
    output: Path,
    name: str,
    settings: tuple[str, ...],
    seed: int | None,
    threads: int,
    as_json: bool,
) -> int:
    from photoplanet.encoders import installed as encoders
    from photoplanet.models import installed
    from photoplanet.training import recipes
    from photoplanet.training.features import run
    from photoplanet.training.features.settings import Settings

    chosen = recipes.changed(Settings(), [*([f"seed={seed}"] if seed is not None else []), *settings])
    with needs("training on features", "pretrained"):
        facts = run.train(photos, output, encoders.resolve(name), chosen, threads, bar, say)
    is_default = installed.offer_default(output)
    if as_json:
        print_json(facts)
        return 0
    count = facts["photos"]
    photo = "photo" if count == 1 else "photos"
    lines = [
        f"{output}: {count:,} {photo} in {facts['seconds']:.0f} s, on the features of {name}",
        *_tested(facts),
    ]
    if click.get_current_context().params["backbone"] is None:
        lines.append("--backbone mobile trains a network from pixels instead, for which photos should be many")
    click.echo("\n".join([*lines, *_next(output, is_default, facts["against_prior"])]))
    return 0


def _tuned(output: Path, facts: dict[str, Any], is_default: bool) -> str:
    """The last lines of a run that tuned an encoder."""
    tuning = facts["tuning"]
    encoder = tuning["recipe"]["backbone"] + (", tuned" if tuning["kept"] else " as it was")
    seconds = tuning["seconds"] + facts["seconds"]
    first = f"{output}: {facts['photos']:,} photos in {seconds:.0f} s, on the features of {encoder}"
    return "\n".join([first, *_tested(facts), *_next(output, is_default, facts["against_prior"])])


def _tested(facts: dict[str, Any]) -> list[str]:
    """How good a model on features is, and its prior beside it, in lines."""
    found = facts["validation"]
    if found is None:
        return [facts["tested"]]

    def shares(accuracy: dict[str, float]) -> str:
        return ", ".join(f"{name} {share:.1%}" for name, share in accuracy.items())

    lines = [f"{facts['tested']}: {shares(found['accuracy'])}; median {found['median_km']:.0f} km"]
    if unseen := facts["held_out_in_unseen_regions"]:
        lines.append(
            f"{unseen:,} of {found['photos']:,} held-out photos are in regions without training photos: these "
            "measure places the model never saw"
        )
    if copies := facts["held_out_like_copies"]:
        lines.append(
            f"{copies:,} of {found['photos']:,} held-out photos look like copies of training "
            "photos of other groups, and the model looks better for it; `photoplanet duplicates PHOTOS -o UNIQUE` "
            "leaves copies out"
        )
    return [*lines, f"without a look at the photo: {shares(found['prior_accuracy'])}"]


def _next(output: Path, is_default: bool, tested: dict[str, Any]) -> list[str]:
    """Whether it beats one place for all photos, whether it is the default, and what to type next."""
    from photoplanet.evaluation import prior

    lines = [prior.line(tested)]
    if is_default:
        return [*lines, "now the default model; next: photoplanet locate PHOTO"]
    if not tested["beats"]:
        lines.append(f"so it is not made the default; `photoplanet models default {output}` chooses it all the same")
    return [*lines, f"next: photoplanet locate --model {output} PHOTO"]


def _summary(output: Path, facts: dict[str, Any], is_default: bool) -> str:
    """The last lines of a run: what it reached, and what to type next."""
    speed = f"{facts['seconds']:.0f} s, {facts['images_per_second']:.0f} photos/s"
    lines = [f"{output}: {facts['epochs']:g} epochs in {speed}"]
    if found := facts["validation"]:
        shares = ", ".join(f"{name} {share:.1%}" for name, share in found["accuracy"].items())
        lines.append(f"validation of {found['photos']:,} photos: {shares}; median {found['median_km']:.0f} km")
    return "\n".join([*lines, *_next(output, is_default, facts["against_prior"])])
