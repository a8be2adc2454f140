"""`photoplanet score`: anybody's predictions against the truth."""

import click

from photoplanet.cli.common import print_json
from photoplanet.evaluation.published import BENCHMARKS
from photoplanet.evaluation.regions import BY
from photoplanet.evaluation.tables import FORMATS

FILE = click.Path(exists=True, dir_okay=False)


@click.command()
@click.argument("predictions", type=FILE)
@click.argument("truth", type=FILE)
@click.option("--top", type=click.IntRange(1, 100), default=5, show_default=True, help="Candidates a photo, by rank.")
@click.option("--by", type=click.Choice(BY), help="Also by where the photos truly are.")
@click.option("--benchmark", type=click.Choice(list(BENCHMARKS)), help="Set the published rows beside the result.")
@click.option("--name", default="these predictions", show_default=True, help="What to call them in a table.")
@click.option("--table", "style", type=click.Choice(list(FORMATS)), help="Print a table to paste instead.")
@click.option("--intervals", is_flag=True, help="With --table: the 95 % intervals too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(predictions, truth, top, by, benchmark, name, style, intervals, as_json):
    """Score PREDICTIONS (photo_id, latitude, longitude; optional rank, confidence) against TRUTH.

    Both are CSV, TSV or Parquet; TRUTH is a photo table or any list with photo_id, latitude and longitude. A photo of
    the truth without a prediction counts as wrong; a radius counts a photo when the distance is at most the radius.

    \b
    Example:
      photoplanet score predictions.csv photos.parquet
      photoplanet score theirs.csv im2gps3k_places365.csv --benchmark im2gps3k --table markdown
    """
    from photoplanet.evaluation import published, report
    from photoplanet.evaluation.score import score
    from photoplanet.photos import table

    found = score(predictions, truth, top=top, by=by, name=name)
    if found["report"]["truth_left_out"]:
        click.echo(f"{truth}: {table.describe(found['report']['truth_left_out'])}", err=True)
    for note in report.notes(found["report"]):
        click.echo(f"{predictions}: {note}", err=True)
    if benchmark and (note := published.size_note(benchmark, found["photos"])):
        click.echo(f"{truth}: {note}", err=True)
    show(found, published.get(benchmark).rows() if benchmark else [], style, intervals, as_json)


def show(found, published_rows, style, intervals, as_json):
    """Print a result as JSON, as a table to paste, or as text with the published rows below."""
    from photoplanet.evaluation import report

    if as_json:
        print_json(found | ({"published": list(published_rows)} if published_rows else {}))
    else:
        click.echo(report.page(found, published_rows, style, intervals), nl=False)
