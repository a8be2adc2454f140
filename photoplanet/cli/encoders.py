"""`photoplanet encoders`: list, add, describe and remove pretrained networks."""

from pathlib import Path
from typing import Any

import click

from photoplanet.cli.shared import commands, options
from photoplanet.cli.shared.extras import hint
from photoplanet.cli.shared.numbers import Whole, is_decimal
from photoplanet.cli.shared.output import print_json, say
from photoplanet.cli.shared.progress import bar

NEEDS = "using an encoder", "pretrained"
HAND = "without it, what to type instead is printed"


def _three(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[float, float, float] | None:
    """Read "0.5,0.5,0.5"."""
    if value is None:
        return None
    parts = value.split(",")
    if len(parts) != 3 or not all(is_decimal(part) for part in parts):
        raise click.BadParameter(f"{value!r} is not three numbers such as 0.5,0.5,0.5", ctx, param)
    return float(parts[0]), float(parts[1]), float(parts[2])


@commands.group(epilog=hint(*NEEDS))
def command() -> None:
    """List, add, describe and remove encoders: pretrained networks that turn photos into features.

    \b
    Example:
      photoplanet encoders add hf:onnx-community/dinov2-small --download
      photoplanet encoders list
    """


@command.command("list", short_help="List the encoders: of packages, and added ones.")
@options.JSON
def list_encoders(as_json: bool) -> None:
    """List the encoders: those of packages (lite0, lite1, lite2), and those that you added.

    \b
    Example:
      photoplanet encoders list --json
    """
    from photoplanet.encoders import installed

    known = [installed.describe(name) for name in [*installed.FAMILIES, *installed.added()]]
    if as_json:
        print_json({"encoders": known})
        return
    for facts in known:
        click.echo(f"{facts['name']:<20} {_line(facts)}")


@command.command("add", short_help="Add an encoder: an ONNX file, or one of a hub.")
@click.argument("source", metavar="SOURCE")
@click.option("--name", default="", help="What to call it here.  [default: made of SOURCE]")
@click.option("--download", is_flag=True, help=f"hf: fetch it now, after saying what and how large; {HAND}.")
@click.option("--from", "given", type=click.Path(path_type=Path), metavar="FOLDER",
              help="hf: files that you fetched by hand.")  # fmt: skip
@click.option("--file", default="", help="hf: which ONNX file.  [default: onnx/vision_model.onnx or onnx/model.onnx]")
@click.option("--revision", default="main", show_default=True, help="hf: a branch, tag or commit.")
@click.option("--licence", default="", help="What it may be used for.  [default: as its files say]")
@click.option("--size", type=Whole(8, 4096), help="Side of its photos in pixels.  [default: as its files say]")
@click.option("--fit", type=click.Choice(["crop", "squash"]), help="Middle square, or all of a photo, squashed.  "
              "[default: as its files say, else crop]")  # fmt: skip
@click.option(
    "--mean",
    metavar="R,G,B",
    callback=_three,
    help="Of pixels in 0 … 1, in its own order.  [default: as its files say]",
)
@click.option(
    "--std", metavar="R,G,B", callback=_three, help="Of pixels in 0 … 1, in its own order.  [default: as its files say]"
)
@click.option("--bgr", is_flag=True, help="It takes blue, green, red.")
@click.option("--output", default="", help="Which of its outputs are features.  [default: found by name]")
@click.option("--pool", type=click.Choice(["first", "mean"]), default=None,
              help="One vector of many tokens.  [default: first, or mean where all are patches]")  # fmt: skip
@click.option("--transform", type=click.Choice(["none", "sqrt"]), default=None,
              help="Of features before they are compared.  [default: sqrt where none is negative]")  # fmt: skip
@options.JSON
def add_encoder(
    source: str, name: str, download: bool, given: Path | None, file: str, revision: str, licence: str,
    size: int | None, fit: str | None, mean: tuple[float, float, float] | None,
    std: tuple[float, float, float] | None, bgr: bool, output: str, pool: str | None, transform: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Add an encoder: onnx:PATH (an ONNX file of yours) or hf:ORG/NAME (a repository of a model hub).

    The file is checked, tried on made-up photos, and copied to your own encoders. How it wants photos is read from
    preprocessor_config.json beside it. PHOTOPLANET_HUB names another hub than Hugging Face.

    \b
    Example:
      photoplanet encoders add onnx:model.onnx --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225
      photoplanet encoders add hf:onnx-community/dinov2-small --download
    """
    from photoplanet.encoders import card, installed, onnx_file

    if download and given is not None:
        raise click.UsageError("--download and --from: give one of them")
    if not source.startswith(installed.HUB) and (download or given is not None or file):
        raise click.UsageError("--download, --from and --file are for hf:ORG/NAME")
    asked = onnx_file.Asked(size, fit, mean, std, bgr, output, pool or "", transform or "", licence)
    made = installed.add(source, name, asked, file, revision, download, given, bar=bar, say=say)
    if as_json:
        print_json(card.facts(made))
        return
    click.echo(f"added {made.name}: {_line(installed.describe(made.name))}")
    if made.licence_note:
        say(f"{made.name}: {made.licence_note}")


@command.command("card", short_help="Print the card of an encoder.")
@click.argument("name")
@options.JSON
def show_card(name: str, as_json: bool) -> None:
    """Print the card of the encoder NAME: what it takes and gives, its licence, where it is from, what it is for.

    \b
    Example:
      photoplanet encoders card lite0
    """
    from photoplanet.encoders import card, installed

    found = installed.resolve(name)
    if as_json:
        print_json(card.facts(found))
        return
    click.echo(card.markdown(found), nl=False)


@command.command("remove", short_help="Delete an encoder that you added.")
@click.argument("name")
@options.JSON
def remove_encoder(name: str, as_json: bool) -> None:
    """Delete the encoder NAME, which you added; models that were trained on it have it within them, and stay.

    \b
    Example:
      photoplanet encoders remove dinov2-small
    """
    from photoplanet.encoders import installed

    installed.remove(name)
    if as_json:
        print_json({"removed": name})
        return
    click.echo(f"removed {name}")


def _line(facts: dict[str, Any]) -> str:
    if "error" in facts:
        return f"damaged: {facts['error']}"
    there = "" if facts["installed"] else "; not installed: needs the 'pretrained' extra"
    return f"{facts['dimension']:,} numbers of {facts['size']} px, {facts['licence']}, {facts['source']}{there}"
