"""What `evaluate` and `score` share: the options of their report, and printing it."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from photoplanet.cli.shared.output import print_json
from photoplanet.evaluation import published, report
from photoplanet.evaluation.regions import BY
from photoplanet.evaluation.tables import FORMATS

Command = TypeVar("Command", bound=Callable[..., Any])


def report_options(command: Command) -> Command:
    """Add --by, --table and --intervals."""
    for add in (
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
    rows = published.get(benchmark).rows() if benchmark else []
    if as_json:
        print_json(found | ({"published": list(rows)} if rows else {}))
    else:
        click.echo(report.page(found, rows, style, intervals), nl=False)
