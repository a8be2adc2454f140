"""`photoplanet score`: anybody's predictions against the truth."""

from pathlib import Path

import click

from photoplanet.cli.shared import commands, options
from photoplanet.cli.shared.evaluation import benchmark_option, print_report, report_options
from photoplanet.cli.shared.output import say


@commands.command()
@click.argument("predictions", type=options.IN_FILE)
@click.argument("truth", nargs=-1, required=True, type=options.IN_FILE)
@click.option("--top", type=click.IntRange(1, 100), default=5, show_default=True, help="Candidates per photo, by rank.")
@options.coordinate_columns
@benchmark_option("Set the published rows beside the result.")
@click.option("--name", default="these predictions", show_default=True, help="What to call them in a table.")
@options.region("Share of the truths that the stated radii claim to hold.")
@report_options
@options.JSON
def command(
    predictions: Path, truth: tuple[Path, ...], top: int, latitude_column: str | None, longitude_column: str | None,
    by: str | None, benchmark: str | None, name: str, style: str | None, intervals: bool, region: float,
    resample: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Score PREDICTIONS (photo_id, latitude, longitude; optional rank, confidence, radius) against TRUTH.

    Both are CSV, TSV or Parquet; TRUTH is a photo table or any list with photo_id, latitude and longitude, or several;
    a folder of tables counts as one, and s3://, gs:// and https:// are read, too. A photo of
    the truth without a prediction counts as wrong; a radius counts a photo when the distance is at most the radius.
    Where PREDICTIONS states radii (region_radius_km, radius_km, radius_m, …), prints how many of the truths they hold.

    \b
    Example:
      photoplanet score predictions.csv photos.parquet
      photoplanet score theirs.csv im2gps3k_places365.csv --benchmark im2gps3k --table markdown
    """
    from photoplanet.core.table_sets import TableSet
    from photoplanet.evaluation import published, report
    from photoplanet.evaluation.score import score
    from photoplanet.photos import table

    known = TableSet.of(truth)
    coordinates = options.named_columns(latitude_column, longitude_column)
    found = score(predictions, known, top=top, by=by, name=name, benchmark=benchmark, region=region, resample=resample,
                  coordinates=coordinates)  # fmt: skip
    if found["report"]["truth_left_out"]:
        say(f"{known}: {table.describe(found['report']['truth_left_out'])}")
    for note in report.notes(found["report"]):
        say(f"{predictions}: {note}")
    if "warning" in found["intervals"]:
        say(f"{known}: {found['intervals']['warning']}")
    if benchmark and (note := published.size_note(benchmark, found["photos"])):
        say(f"{known}: {note}")
    print_report(found, benchmark, style, intervals, as_json)
