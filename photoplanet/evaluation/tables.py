"""Results as tables ready to paste: Markdown, LaTeX (booktabs) and JSON.

A row is a dict: `name`, `accuracy` (radius name → share 0…1 or None), and optionally `accuracy_interval`, `photos`,
`median_km`, `geoscore`, `year`, `source`; `accuracy.summary` makes such dicts but for the name.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from photoplanet.earth.geodesy import RADII_KM
from photoplanet.errors import InputError

Row = Mapping[str, Any]


def markdown(rows: Sequence[Row], radii: Mapping[str, float] = RADII_KM, intervals: bool = False) -> str:
    """A Markdown table, one line per row; with `intervals`, each share with its 95 % interval.

    >>> rows = [{"name": "mine", "accuracy": {"city": 0.25}}]
    >>> print(markdown(rows, {"city": 25.0}))
    |  | city 25 km |
    | --- | ---: |
    | mine | 25.0 |
    """
    head, lines = _cells(rows, radii, intervals, "–")
    escaped = [[_markdown_safe(cell) for cell in line] for line in [head, *lines]]
    ruled = [escaped[0], ["---", *["---:"] * (len(head) - 1)], *escaped[1:]]
    return "\n".join(f"| {' | '.join(line)} |" for line in ruled) + "\n"


def latex(rows: Sequence[Row], radii: Mapping[str, float] = RADII_KM, intervals: bool = False) -> str:
    r"""A LaTeX tabular with the rules of the package booktabs; every name escaped.

    >>> rows = [{"name": "mine", "accuracy": {"city": 0.25}}]
    >>> print(latex(rows, {"city": 25.0}))
    \begin{tabular}{lr}
    \toprule
    & city 25 km \\
    \midrule
    mine & 25.0 \\
    \bottomrule
    \end{tabular}
    """
    head, lines = _cells(rows, radii, intervals, "--")
    body = [" & ".join(_latex_safe(cell) for cell in line) + r" \\" for line in [head, *lines]]
    inner = [r"\toprule", body[0], r"\midrule", *body[1:], r"\bottomrule"]
    return "\n".join([rf"\begin{{tabular}}{{l{'r' * (len(head) - 1)}}}", *inner, r"\end{tabular}"]) + "\n"


def as_json(rows: Sequence[Row], radii: Mapping[str, float] = RADII_KM, intervals: bool = False) -> str:
    """The rows as one JSON array, every figure they hold; shares 0…1.

    >>> print(as_json([{"name": "mine"}]))
    [
      {
        "name": "mine"
      }
    ]
    """
    return json.dumps([dict(row) for row in rows], ensure_ascii=False, allow_nan=False, indent=2) + "\n"


FORMATS: dict[str, Callable[..., str]] = {"markdown": markdown, "latex": latex, "json": as_json}


def render(
    rows: Sequence[Row],
    style: str,
    radii: Mapping[str, float] = RADII_KM,
    intervals: bool = False,
    notes: Sequence[str] = (),
) -> str:
    """`rows` in one of `FORMATS`; InputError lists them for another name.

    `notes`: lines that stand below a table, as comments in LaTeX; JSON has what they say in its rows.

    >>> rows = [{"name": "mine", "accuracy": {"city": 0.25}}]
    >>> render(rows, "markdown") == markdown(rows)
    True
    """
    if style not in FORMATS:
        raise InputError(f"no table style is called {style!r}; the styles are {', '.join(FORMATS)}")
    below = {"markdown": "\n{}\n", "latex": "% {}\n", "json": ""}[style]
    return FORMATS[style](rows, radii, intervals) + "".join(below.format(note) for note in notes)


def percent(share: float | None, missing: str = "–") -> str:
    """A share 0…1 as per cent with one decimal, as papers print it.

    >>> percent(0.1234), percent(None)
    ('12.3', '–')
    """
    return missing if share is None else f"{100 * share:.1f}"


def distance(km: float | None) -> str:
    """Kilometres in three significant digits; None, which stands for infinity, as ∞.

    >>> distance(1.234), distance(12345.6), distance(None)
    ('1.23', '12,300', '∞')
    """
    if km is None or math.isinf(km):
        return "∞"
    if km == 0:
        return "0"
    digits = min(3, max(0, 2 - math.floor(math.log10(abs(km)))))
    return f"{round(km, digits):,.{digits}f}" if km < 1000 else f"{float(f'{km:.3g}'):,.0f}"


def _cells(
    rows: Sequence[Row], radii: Mapping[str, float], intervals: bool, missing: str
) -> tuple[list[str], list[list[str]]]:
    if not rows:
        raise InputError("no rows: a table needs at least one result")
    head = ["", *(f"{name} {radius:g} km" for name, radius in radii.items())]
    extra: list[tuple[str, str, Callable[[Any], str]]] = [
        ("median_km", "median km", distance),
        ("geoscore", "GeoScore", lambda value: missing if value is None else f"{value:.0f}"),
        ("photos", "photos", lambda value: f"{value:,}"),
    ]
    shown = [item for item in extra if any(item[0] in row for row in rows)]
    lines = []
    for row in rows:
        name = f"{row['name']} ({row['year']})" if "year" in row else str(row["name"])
        shares = [_share(row, radius, intervals, missing) for radius in radii]
        lines.append([name, *shares, *(turn(row[key]) if key in row else missing for key, _, turn in shown)])
    return [*head, *(title for _, title, _ in shown)], lines


def _share(row: Row, radius: str, intervals: bool, missing: str) -> str:
    text = percent(row["accuracy"].get(radius), missing)
    bounds = row.get("accuracy_interval", {}).get(radius) if intervals else None
    return f"{text} [{percent(bounds[0])}, {percent(bounds[1])}]" if bounds else text


def _markdown_safe(text: str) -> str:
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


_LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "∞": r"$\infty$", "–": "--"}
_LATEX |= {sign: f"\\{sign}" for sign in "&%$#_{}"}


def _latex_safe(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in " ".join(text.split()))
