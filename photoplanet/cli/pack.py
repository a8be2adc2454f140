"""`photoplanet pack`: a photo table's photos, shrunk once into WebDataset shards."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from photoplanet.cli.shared import commands, options
from photoplanet.cli.shared.output import print_json, say
from photoplanet.cli.shared.progress import bar
from photoplanet.photos.decode import MAX_PIXELS

if TYPE_CHECKING:
    from photoplanet.packing.pack import Result
    from photoplanet.packing.plan import Plan


@commands.command()
@click.argument("photos", type=options.IN_FILE)
@click.option("-o", "--output", required=True, type=options.OUT_FOLDER, help="The folder to write the shards to.")
@click.option("--size", type=click.IntRange(8, 4096), default=320, show_default=True,
              help="The short side in pixels; smaller photos are not enlarged.")  # fmt: skip
@click.option("--quality", type=click.IntRange(1, 100), default=90, show_default=True, help="Of the JPEGs.")
@click.option("--per-shard", type=click.IntRange(1, 1_000_000), default=2000, show_default=True,
              help="Photos in a shard.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**62), default=0, show_default=True, help="Of the photos' new order.")
@click.option("--processes", type=click.IntRange(1, 256), help="Photos to shrink at a time.  [default: cores]")
@click.option("--max-pixels", type=click.IntRange(1), default=MAX_PIXELS, show_default=True,
              help="Leave out photos with more pixels: they may be decompression bombs.")  # fmt: skip
@click.option("--retry", is_flag=True, help="Pack the shards anew from which photos had to be left out.")
@click.option("--report", type=options.OUT_FILE, help="Write every photo left out and why: .csv or .json.")
@click.option("--dry-run", is_flag=True, help="Only say, from a few photos, what it takes.")
@options.JSON
def command(
    photos: Path, output: Path, size: int, quality: int, per_shard: int, seed: int, processes: int | None,
    max_pixels: int, retry: bool, report: Path | None, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Shrink the photos of PHOTOS, a photo table, once into WebDataset shards, so that training decodes small ones.

    The shards (00000.tar …, laid out as img2dataset does) hold upright JPEGs without EXIF, in a shuffled order, each
    with what the table says of it. OUTPUT/photos.parquet is their photo table, for `train` and all other commands.
    Stopped or killed, the same command goes on after the last whole shard.

    \b
    Example:
      photoplanet pack photos.parquet -o shards/ --size 320
      photoplanet train shards/photos.parquet -o model/ --backbone inception
    """
    from photoplanet.core import outputs
    from photoplanet.errors import InputError
    from photoplanet.index import build
    from photoplanet.packing import pack, packed_table, plan

    if report is not None and report.suffix.lower() not in (".csv", ".json"):
        raise InputError(f"{report}: the name must end in .csv or .json")
    outputs.check([report], [photos])
    if output.is_dir():
        outputs.check([output / packed_table.NAME], [photos])
    chosen = plan.make(photos, plan.Settings(size, quality, per_shard, seed, max_pixels))
    for line in chosen.notes():
        say(line)
    if dry_run:
        _estimate(chosen, processes, as_json)
        return
    result = pack.pack(chosen, output, processes or 0, retry, bar)
    if report is not None:
        build.write_report(result.left_out, report)
    if as_json:
        print_json(_facts(result, report))
    else:
        _print(result, report)


def _facts(result: "Result", report: Path | None) -> dict[str, Any]:
    return {
        "output": str(result.table), "photos": result.photos, "shards": result.shards, "shards_kept": result.kept,
        "bytes": result.bytes, "left_out": result.reasons(), "report": None if report is None else str(report),
    }  # fmt: skip


def _print(result: "Result", report: Path | None) -> None:
    kept = f", {result.kept:,} of them from before" if result.kept else ""
    shards = "1 shard" if result.shards == 1 else f"{result.shards:,} shards"
    click.echo(f"{result.table}: {result.photos:,} photos in {shards}{kept}, {result.bytes / 1e6:,.1f} MB")
    for reason, count in result.reasons().items():
        click.echo(f"{count:>9,} left out: {reason}")
    if result.left_out and report is None:
        click.echo("which and why: add --report left-out.csv; --retry tries them again")


def _estimate(chosen: "Plan", processes: int | None, as_json: bool) -> None:
    """Say what packing would take."""
    from photoplanet.core.progress import duration
    from photoplanet.core.table_sets import folder_of
    from photoplanet.core.workers import threads
    from photoplanet.errors import InputError
    from photoplanet.packing import estimate
    from photoplanet.photos import table

    found = estimate.measure(table.paths(chosen.rows, folder_of(chosen.source)), chosen.settings)
    if found is None:
        raise InputError(f"{chosen.source}: none of {min(estimate.SAMPLE, len(chosen.rows))} photos can be read")
    photos, workers = len(chosen.rows), processes or threads()
    size, seconds = found.bytes * photos, found.shrinking * photos / workers
    if as_json:
        print_json({"photos": photos, "shards": len(chosen), "bytes": round(size), "seconds": round(seconds, 1),
                    "processes": workers, "sample": found.tried, "unreadable_in_sample": found.tried - found.photos,
                    "megapixels": round(found.megapixels, 2), "decoding_ms": round(1000 * found.decoding, 2),
                    "decoding_packed_ms": round(1000 * found.decoding_packed, 2)})  # fmt: skip
        return
    shards = "1 shard" if len(chosen) == 1 else f"{len(chosen):,} shards"
    click.echo(f"{photos:,} photos would be about {size / 1e6:,.1f} MB in {shards}, and take about "
               f"{duration(max(1.0, seconds))} on {workers} {'process' if workers == 1 else 'processes'}")  # fmt: skip
    click.echo(f"decoding one takes {1000 * found.decoding:.1f} ms now, and {1000 * found.decoding_packed:.1f} ms "
               f"packed (of {found.photos} photos of {found.megapixels:.1f} megapixels)")  # fmt: skip
    if found.photos < found.tried:
        click.echo(f"{found.tried - found.photos} of {found.tried} photos of the sample cannot be read")
