"""`photoplanet export`: a training run's checkpoint in, a model folder out."""

from pathlib import Path

import click

from photoplanet.cli.common import print_json


@click.command()
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The model folder to write.")
@click.option("--name", default="", help="The model's name; the folder's name when left out.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def command(run: Path, output: Path, name: str, as_json: bool) -> None:
    """Write a model folder from the newest checkpoint of a training RUN, even one that still goes on.

    \b
    photoplanet export model.run/ -o halfway/
    photoplanet export model.run/ -o halfway/ --name "Norway, half way"

    RUN is the folder that `photoplanet train -o model/` keeps beside its model. A finished training writes its model by
    itself, with a confidence calibrated on its validation photos; here the temperature stays 1.
    """
    try:
        from photoplanet.training import export
    except ModuleNotFoundError as error:
        from photoplanet.errors import MissingExtra

        if (error.name or "").startswith("photoplanet"):
            raise
        raise MissingExtra("export", "train") from error
    bundle = export.export_run(run, output, name)
    info = bundle.info
    steps, parity = info.training["steps"], info.training["onnx_parity"]
    if as_json:
        facts = {"folder": str(bundle.folder), "name": info.name, "classes": info.classes}
        print_json({**facts, "steps": steps, "onnx_parity": parity})
        return
    click.echo(f"{bundle.folder}: {info.classes:,} cells, from step {steps:,}")
    click.echo(f"ONNX Runtime and torch differ by at most {max(parity.values()):.1e} of the largest value")
