"""What `evaluate` and `score` share: the options of their report, and printing it."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from photoplanet.cli.shared.output import print_json
from photoplanet.evaluation import published, resampling
from photoplanet.evaluation.regions import BY
from photoplanet.evaluation.tables import FORMATS

Command = TypeVar("Command", bound=Callable[..., Any])


def report_options(command: Command) -> Command:
    """Add --by, --resample, --table and --intervals."""
    for add in (
        click.option(
            "--resample",
            type=click.Choice(resampling.BY),
            help="What the intervals resample.  [default: photographer, album or day, the first of which "
            f"{resampling.FEW} or more are known]",
        ),
        click.option("--intervals", is_flag=True, help="With --table: the 95 % intervals too."),
        click.option("--table", "style", type=click.Choice(list(FORMATS)), help="Print a table to paste instead."),
        click.option("--by", type=click.Choice(BY), help="Also by where the photos truly are."),
    ):
        command = add(command)
    return command


def benchmark_option(about: str) -> Callable[[Command], Command]:
    """Return the option --benchmark, one of the public benchmarks."""
    return click.option("--benchmark", type=click.Choice(list(published.BENCHMARKS)), help=about)


def print_report(
    found: dict[str, Any], benchmark: str | None, style: str | None, intervals: bool, as_json: bool
) -> None:  # fmt: skip
    """Print a result as JSON, as a table to paste, or as text; with the published rows of a benchmark."""
    from photoplanet.evaluation import report

    rows = published.get(benchmark).rows() if benchmark else []
    if as_json:
        beside = report.comparable(found, rows)
        print_json(found | ({"published": list(beside)} if beside else {}))
    else:
        click.echo(report.page(found, rows, style, intervals), nl=False)
