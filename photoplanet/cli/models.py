"""`photoplanet models`: list, add, describe, choose and remove models."""

from pathlib import Path
from typing import Any

import click

from photoplanet.cli.shared import commands, options
from photoplanet.cli.shared.output import print_json, say
from photoplanet.cli.shared.progress import bar
from photoplanet.errors import InputError
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


@command.command("add", short_help="Add a model folder, or a public geolocator.")
@click.argument("model", metavar="MODEL")
@click.option("--name", help="What to call it here.  [default: the name it was given in training]")
@click.option("--default", "as_default", is_flag=True, help="Make it the model that `locate` uses without --model.")
@click.option("--from", "source", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="FOLDER",
              help="Where the files of a public geolocator are.")  # fmt: skip
@click.option("--download", is_flag=True, help="Connect to the hub and fetch its files; it says first what they are.")
@click.option("--int8", is_flag=True, help="Write its encoder's weights as int8: a quarter of the size.")
@options.JSON
def add_model(
    model: str, name: str | None, as_default: bool, source: Path | None, download: bool, int8: bool, as_json: bool
) -> None:  # fmt: skip
    """Check MODEL, and add it to your own models.

    MODEL is a model folder, or a public geolocator: geoclip, streetclip or osv5m. Of the latter the files come from
    --from FOLDER or by --download; without either, the lines to fetch them by hand are printed. Write ./geoclip for a
    folder called so.

    \b
    Example:
      photoplanet models add model/ --name europe --default
      photoplanet models add geoclip --from geoclip-files/ --int8
    """
    from photoplanet.models.importers import adding

    if model in adding.IMPORTERS:
        added = _add_public(model, name, source, download, int8)
    elif source or download or int8:
        known = ", ".join(adding.IMPORTERS)
        raise click.UsageError(f"--from, --download and --int8 are for public geolocators ({known}), not for {model}")
    else:
        added = installed.add(model, name)
    if as_default:
        installed.set_default(added.name)
    facts = next(installed.describe(each) for each in installed.models() if each.name == added.name)
    if as_json:
        print_json(facts)
        return
    click.echo(f"added {added.name}: {_line(facts)}" + (", now the default" if facts["default"] else ""))
    if facts["beats_prior"] is False and not facts["default"]:
        click.echo(
            f"not made the default: its test did not show that it beats one place for all; "
            f"`photoplanet models default {added.name}` chooses it all the same"
        )


def _add_public(
    model: str, name: str | None, source: Path | None, download: bool, int8: bool
) -> installed.Installed:  # fmt: skip
    """Add a public geolocator; InputError, after the lines to fetch its files by hand, where it is not said whence."""
    from photoplanet.core import hub
    from photoplanet.evaluation import published
    from photoplanet.models.importers import adding
    from photoplanet.models.importers.importer import Files

    if source is not None and download:
        raise click.UsageError("give --from or --download, not both")
    found = adding.get(model)
    rows = published.rows_of(found.published)
    if source is not None:
        return adding.add(model, Files({source: ""}), name, int8, rows, bar)
    if not download:
        for line in adding.by_hand(model):
            click.echo(line)
        raise InputError(
            f"{found.title}, {found.licence}: nothing was fetched. `photoplanet models add {model} --download` fetches "
            "its files; or type the lines above in an empty folder, and give that folder with --from"
        )
    installed.free_name(name or model)
    files, plans = adding.fetch(model, bar, say)
    added = adding.add(model, files, name, int8, rows, bar)
    for plan in plans:
        hub.forget(plan)
    return added


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
