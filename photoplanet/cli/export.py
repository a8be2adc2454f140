"""`photoplanet export`: a training run's checkpoint in, a model folder out."""

from pathlib import Path

import click

from photoplanet.cli.shared import commands, options
from photoplanet.cli.shared.extras import hint, needs
from photoplanet.cli.shared.output import print_json

NEEDS = ("export", "train")


@commands.command(epilog=hint(*NEEDS))
@click.argument("run", type=options.IN_FOLDER)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The model folder to write.")
@click.option("--name", default="", help="The model's name.  [default: the folder's name]")
@options.JSON
def command(run: Path, output: Path, name: str, as_json: bool) -> None:
    """Write a model folder from the newest checkpoint of a training RUN, even one that is still running.

    RUN is the folder that `photoplanet train -o model/` keeps beside its model. A finished training writes its model
    itself, with a confidence calibrated on its validation photos; here the temperature stays 1.

    \b
    Example:
      photoplanet export model.run/ -o halfway/
      photoplanet export model.run/ -o halfway/ --name "Norway, half way"
    """
    with needs(*NEEDS):
        from photoplanet.training import export

    bundle = export.export_run(run, output, name)
    info = bundle.info
    steps, parity = info.training["steps"], info.training["onnx_parity"]
    if as_json:
        facts = {"folder": str(bundle.folder), "name": info.name, "classes": info.classes}
        print_json({**facts, "steps": steps, "onnx_parity": parity})
        return
    click.echo(f"{bundle.folder}: {info.classes:,} cells, from step {steps:,}")
    click.echo(f"ONNX Runtime and torch differ by at most {max(parity.values()):.1e} of the largest value")
