"""`photoplanet calibrate`: how sure a model is, fitted to photos whose places are known."""

from pathlib import Path
from typing import Any

import click

from photoplanet.cli.shared import commands, loading, options
from photoplanet.cli.shared.extras import hint, needs
from photoplanet.cli.shared.output import print_json, say
from photoplanet.cli.shared.progress import bar

NEEDS = ("drawing figures", "figures")


@commands.command(epilog=hint(*NEEDS).replace("Drawing figures", "--figure"))
@click.argument("model")
@click.argument("photos", required=False, type=options.IN_FILE)
@click.option("-o", "--output", type=options.OUT_FOLDER,
              help="Write a copy of MODEL with the new calibration there.  [default: change MODEL itself]")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--undo", is_flag=True, help="Give MODEL the calibration back that it had before the last one.")
@click.option("--figure", type=options.OUT_FILE, help="Draw the reliability: .png, .svg or .pdf.")
@click.option("--training", type=options.IN_FILE,
              help="The table that MODEL was trained on; photos that are in it are left out.  "
              "[default: the one that MODEL names, if it lies beside PHOTOS, MODEL or here]")  # fmt: skip
@options.region("Probability of the credible region whose coverage is measured.")
@options.JSON
@options.THREADS
@options.MAX_PIXELS
@options.DEVICE
def command(
    model: str, photos: Path | None, output: Path | None, dry_run: bool, undo: bool, figure: Path | None,
    training: Path | None, region: float, as_json: bool, threads: int | None, device: str | None,
) -> None:  # fmt: skip
    """Fit how sure MODEL is to PHOTOS, a photo table with known places; where its answers lie does not change.

    Fits the temperature, the odds of a right answer at every distance (confidences and regions follow), when to give
    no answer, and, where MODEL can tell, how often a photo is from outside all that it knows. Prints what was stated
    and what was right, before and after. All figures "after" are of photos that the calibration was not fitted to:
    whole albums, photographers or days are left out. Nothing is stored unless it is better there by more than chance.

    \b
    Example:
      photoplanet calibrate model/ photos.parquet --dry-run --figure reliability.svg
      photoplanet calibrate model/ photos.parquet
      photoplanet calibrate toy photos.parquet -o my-toy/
      photoplanet calibrate model/ --undo
    """
    from photoplanet.core import outputs
    from photoplanet.models import installed

    if undo:
        _undo(model, [photos, output, figure, training], dry_run, as_json)
        return
    if photos is None:
        raise click.UsageError("give PHOTOS, a photo table with known places", click.get_current_context())
    outputs.check([figure], [photos, training])
    if figure is not None:
        from photoplanet.show.figures import plots

        plots.check_path(figure, [photos])
    folder = installed.resolve(model)
    if not dry_run:
        _check_target(model, folder, output)
    found = _calibrated(folder, photos, training, region, threads, device, stores=not dry_run)
    stored = None
    if found["calibration"] is not None and not dry_run:
        stored = _store(folder, output, found["calibration"])
    if figure is not None:
        _draw(found, figure)
    _print(found, stored, dry_run, as_json)


def _calibrated(
    folder: Path, photos: Path, training: Path | None, region: float, threads: int | None,
    device: str | None, stores: bool,
) -> dict[str, Any]:  # fmt: skip
    from photoplanet.evaluation import truth
    from photoplanet.evaluation.recalibration import calibrate, report
    from photoplanet.photos import table

    known = truth.of(photos)
    if known.left_out:
        say(f"{photos}: {table.describe(known.left_out)}")
    opened = loading.load(folder, threads, always=stores, device=device)
    found = calibrate.calibrate(opened, known, training=training, region=region, threads=threads, bar=bar)
    for line in report.remarks(found):
        say(line)
    return found | loading.licence_facts(opened.info)


def _check_target(model: str, folder: Path, output: Path | None) -> None:
    """Fail before the work where the result could not be stored."""
    from photoplanet.models import folder as model_folder
    from photoplanet.training.model_copy import target_folder

    if output is None:
        _check_own(model, folder)
        return
    model_folder.check_target(output)
    if model_folder.is_model(output):
        target_folder(folder, output)


def _check_own(model: str, folder: Path) -> None:
    from photoplanet.errors import InputError
    from photoplanet.models import folder as model_folder
    from photoplanet.models import installed

    if folder.resolve().is_relative_to(installed.BUNDLED.resolve()):
        raise InputError(f"{model} came with photoplanet and stays as it is; write a copy with -o FOLDER")
    model_folder.check_elsewhere(folder)


def _store(folder: Path, output: Path | None, calibration: dict[str, Any]) -> Path:
    from photoplanet.models import folder as model_folder
    from photoplanet.training.model_copy import target_folder

    target = folder if output is None else target_folder(folder, output).folder
    return model_folder.set_calibration(target, calibration).folder


def _undo(model: str, others: list[Path | None], dry_run: bool, as_json: bool) -> None:
    from photoplanet.errors import InputError, ModelError
    from photoplanet.models import calibration_facts, installed
    from photoplanet.models import folder as model_folder

    if any(each is not None for each in others):
        raise click.UsageError("--undo takes MODEL alone", click.get_current_context())
    folder = installed.resolve(model)
    _check_own(model, folder)
    now = model_folder.read(folder, verify=False).info.calibration
    before = now.get("before")
    if not isinstance(before, dict):
        raise InputError(f"{model}: has the calibration that it was made with; there is none to go back to")
    try:
        calibration_facts.check(before)
    except ValueError as error:
        raise ModelError(f"{folder}: the calibration before this one cannot be used: {error}") from error
    if not dry_run:
        model_folder.set_calibration(folder, before)
    if as_json:
        print_json({"model": str(folder), "calibration": before, "stored": not dry_run})
    else:
        word = "would have" if dry_run else "has"
        click.echo(f"{folder} {word} the calibration again that it had before: temperature "
                   f"{float(before.get('temperature', 1.0)):.3g}")  # fmt: skip


def _draw(found: dict[str, Any], path: Path) -> None:
    with needs(*NEEDS):
        from photoplanet.show.figures import plots, reliability

        plots.save(reliability.reliability(found), path, found.get("licence", ""))


def _print(found: dict[str, Any], stored: Path | None, dry_run: bool, as_json: bool) -> None:
    from photoplanet.evaluation.recalibration import report

    if as_json:
        print_json({**found, "stored": None if stored is None else str(stored)})
        return
    for line in report.lines(found):
        click.echo(line)
    click.echo(report.verdict(found))
    if stored is not None:
        click.echo(f"stored in {stored}; --undo gives the old one back")
    elif dry_run and found["better"]:
        click.echo("nothing was stored (--dry-run)")
