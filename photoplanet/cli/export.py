"""`photoplanet export`: a training run's checkpoint, or a model, in; a model folder out, small where that is wanted."""

from pathlib import Path
from typing import Any

import click

from photoplanet.cli.shared import commands, options
from photoplanet.cli.shared.extras import hint, needs
from photoplanet.cli.shared.output import print_json, say
from photoplanet.cli.shared.progress import bar
from photoplanet.errors import printable

NEEDS = ("export", "train")


@commands.command(epilog=hint(*NEEDS))
@click.argument("source", metavar="RUN|MODEL")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The model folder to write.")
@click.option("--name", default="", help="The model's name.  [default: the folder's name, or that of MODEL with -int8]")
@click.option("--int8", is_flag=True, help="Write the network in int8: a quarter of the size.")
@click.option("--photos", type=click.Path(exists=True, path_type=Path), metavar="DIR|TABLE",
              help="For int8: photos like those it will locate.  "
              "[default: the model's own validation photos]")  # fmt: skip
@click.option("--max-mb", type=click.FloatRange(0, min_open=True), metavar="MB",
              help="Make the folder no larger, in int8 where needed.  [default: any size]")  # fmt: skip
@options.JSON
@options.THREADS
@options.MAX_PIXELS
def command(
    source: str, output: Path, name: str, int8: bool, photos: Path | None, max_mb: float | None, as_json: bool,
    threads: int | None,
) -> None:  # fmt: skip
    """Write a model folder from the newest checkpoint of a training RUN, or a smaller one from a MODEL.

    RUN is the folder that `photoplanet train -o model/` keeps beside its model, even of one that is still running. A
    finished training writes its model itself, with a confidence calibrated on its validation photos; here the
    temperature stays 1.

    MODEL is an installed name or a folder. With --int8 its convolutions and matrices are computed in whole numbers,
    whose ranges are those on photos; other photos then go through both networks, and the model's card says how far
    they are apart. Every command opens such a folder, but nothing can be trained on it.

    \b
    Example:
      photoplanet export model.run/ -o halfway/
      photoplanet export model/ --int8 --photos ~/Pictures -o small/
      photoplanet export model/ --max-mb 100 -o phone/
    """
    run = Path(source)
    if _is_run(run):
        if int8 or max_mb or photos:
            raise click.UsageError(
                "--int8, --photos and --max-mb go with a MODEL; export the run first, then its model"
            )
        _export_run(run, output, name, as_json)
    elif int8 or max_mb:
        _export_small(source, output, name, int8, photos, max_mb, as_json, threads)
    elif photos:
        raise click.UsageError("--photos is for --int8 or --max-mb")
    else:
        _export_run(run, output, name, as_json)


def _is_run(run: Path) -> bool:
    """Whether a training keeps its checkpoints there: a model folder, too, may have cells."""
    from photoplanet.models import folder

    return run.is_dir() and not folder.is_model(run) and any(run.glob("checkpoint*"))


def _export_run(run: Path, output: Path, name: str, as_json: bool) -> None:
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


def _export_small(
    source: str, output: Path, name: str, int8: bool, photos: Path | None, max_mb: float | None, as_json: bool,
    threads: int | None,
) -> None:  # fmt: skip
    from photoplanet.cli.shared import loading
    from photoplanet.models import installed
    from photoplanet.quantisation import export

    most = None if max_mb is None else int(max_mb * export.MEGABYTE)
    with needs(*NEEDS):
        made = export.export(installed.resolve(source), output, int8=int8, photos=photos, most_bytes=most, name=name,
                             threads=threads, bar=bar, say=say)  # fmt: skip
    info, figures = made.bundle.info, made.figures
    loading.say_licence(info, always=True)
    facts = {"folder": str(made.bundle.folder), "name": info.name, "classes": info.classes, "bytes": made.size}
    if as_json:
        print_json({**facts, **loading.licence_facts(info), "int8": figures or None})
        return
    kind = "int8" if figures else "float32, which fits"
    click.echo(f"{made.bundle.folder}: {info.classes:,} cells, {made.size / export.MEGABYTE:.1f} MB, {kind}")
    for line in _lines(figures) if figures else ():
        click.echo(printable(line))


def _lines(figures: dict[str, Any]) -> list[str]:
    """What the figures of `quantisation.parity` say, for people."""
    others = "other photos" if figures["measured_on_others"] else "photos, the same that ranges are from"
    found = [
        f"ranges from {figures['ranges_from']:,} photos ({figures['photos_from']}); beside float32, on "
        f"{figures['photos']:,} {others}:",
        f"  the likeliest cell is the same for {figures['same_top_cell']:.1%}; {figures['moved']:.2%} of an answer's "
        f"mass lies elsewhere (at most {figures['moved_most']:.1%}); no probability differs by more than "
        f"{figures['probability']:.3f}",
    ]
    if "top_cell" in figures:
        right, error = figures["top_cell"], figures["expected_calibration_error"]
        found.append(
            f"  the true cell is the likeliest: {right['int8']:.1%} (float32 {right['float32']:.1%}); calibration "
            f"error {error['int8']:.3f} ({error['float32']:.3f})"
        )
    if figures["unknown_to_phones"]:
        found.append(f"  ONNX Runtime Mobile's packages lack {', '.join(figures['unknown_to_phones'])}")
    return found
