"""Rows of the table in docs/performance.md: what a benchmark measured, as a ratio to a reference of the same run."""

import argparse
import json
import statistics
from collections.abc import Sequence
from pathlib import Path


def add_json(parser: argparse.ArgumentParser) -> None:
    """The option --json, which `write` takes."""
    parser.add_argument("--json", type=Path, help="also write the figures there, a row each")


def row(
    name: str,
    ours: Sequence[float],
    reference: Sequence[float],
    figure: str,
    *,
    rate: bool = True,
    limit: str = "",
) -> dict[str, object]:
    """One row: the ratio of turns that were measured side by side, its median and middle half.

    `ours` and `reference` are seconds, a turn each, of the same amount of work. With `rate` the ratio is that of the
    speeds (more is better), without it that of the times (less is better). `figure` says in words what was reached,
    with its unit; `limit` what the machine would allow, and how far off that is.
    """
    ratios = sorted((theirs / mine if rate else mine / theirs) for mine, theirs in zip(ours, reference, strict=True))
    low, _, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else (ratios * 3)
    return {
        "name": name,
        "ratio": round(statistics.median(ratios), 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "better": "more" if rate else "less",
        "figure": figure,
        "limit": limit,
    }


def write(path: Path | None, rows: Sequence[dict[str, object]]) -> None:
    """Write rows as JSON, where a path was given."""
    if path:
        path.write_text(json.dumps(list(rows), indent=1) + "\n", encoding="utf-8")
