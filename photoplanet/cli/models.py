"""`photoplanet models`: list, add, describe, choose and remove models."""

from typing import Any

import click

from photoplanet.cli.shared import commands, options
from photoplanet.cli.shared.output import print_json
from photoplanet.models import installed


@commands.group()
def command() -> None:
    """List, add, describe, choose and remove models.

    \b
    Example:
      photoplanet models add model/ --name europe --default
      photoplanet models list
      photoplanet locate IMG_1.jpg
    """


@command.command("list")
@options.JSON
def list_models(as_json: bool) -> None:
    """List the installed models; a star marks the default.

    \b
    Example:
      photoplanet models list --json
    """
    known = [installed.describe(model) for model in installed.models()]
    chosen = installed.default()
    if as_json:
        print_json({"models": known, "default": chosen})
        return
    for facts in known:
        star = "*" if facts["default"] else " "
        click.echo(f"{star} {facts['name']:<20} {_line(facts)}")
    if chosen is not None and not any(facts["default"] for facts in known):
        click.echo(f"* {chosen}")
    if chosen is None:
        click.echo("no default is chosen; `photoplanet models default NAME` chooses one", err=True)


@command.command("add")
@click.argument("folder", type=click.Path(file_okay=False))
@click.option("--name", help="What to call it here.  [default: the name it was given in training]")
@click.option("--default", "as_default", is_flag=True, help="Make it the model that `locate` uses without --model.")
@options.JSON
def add_model(folder: str, name: str | None, as_default: bool, as_json: bool) -> None:
    """Check a model FOLDER, and copy it to your own models.

    \b
    Example:
      photoplanet models add model/ --name europe --default
    """
    model = installed.add(folder, name)
    if as_default:
        installed.set_default(model.name)
    facts = next(installed.describe(each) for each in installed.models() if each.name == model.name)
    if as_json:
        print_json(facts)
        return
    click.echo(f"added {model.name}: {_line(facts)}" + (", now the default" if facts["default"] else ""))
    if facts["beats_prior"] is False and not facts["default"]:
        click.echo(
            f"not made the default: its test did not show that it beats one place for all; "
            f"`photoplanet models default {model.name}` chooses it all the same"
        )


@command.command("card", short_help="Print the card of a model.")
@click.argument("model", required=False)
@options.JSON
def show_card(model: str | None, as_json: bool) -> None:
    """Print the card of MODEL (a name or folder; without it, the default): what it knows and how good it is.

    \b
    Example:
      photoplanet models card toy
    """
    from photoplanet.models import card, folder

    bundle = folder.read(installed.resolve(model), verify=False)
    if as_json:
        print_json(bundle.info.to_dict())
        return
    click.echo(card.markdown(bundle.info, bundle.partition), nl=False)


@command.command("default", short_help="Choose the default model, or show it.")
@click.argument("model", required=False)
@options.JSON
def default_model(model: str | None, as_json: bool) -> None:
    """Make MODEL (a name or folder) the default; without MODEL, print which one it is.

    \b
    Example:
      photoplanet models default europe
    """
    chosen = installed.default() if model is None else installed.set_default(model)
    if as_json:
        print_json({"default": chosen})
        return
    click.echo(chosen if chosen is not None else "no default is chosen; `photoplanet models default NAME` chooses one")


@command.command("remove", short_help="Delete your own copy of a model.")
@click.argument("name")
@options.JSON
def remove_model(name: str, as_json: bool) -> None:
    """Delete your own copy of the model NAME; what came with photoplanet stays.

    \b
    Example:
      photoplanet models remove europe
    """
    installed.remove(name)
    if as_json:
        print_json({"removed": name})
        return
    click.echo(f"removed {name}")


def _line(facts: dict[str, Any]) -> str:
    if "error" in facts:
        return f"damaged: {facts['error']}"
    world = ", toy Earth only: not real places" if facts["world"] == "toy" else ""
    return f"{facts['classes']:,} cells, {facts['backbone']} at {facts['size']} px, {facts['created'][:10]}{world}"
