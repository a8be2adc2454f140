"""What all figures share: sizes, colours that the colour-blind can tell apart, and saving as PNG, SVG or PDF."""

import os
from collections.abc import Callable
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from photoplanet.core import atomic
from photoplanet.errors import InputError, MissingExtra

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Draw = TypeVar("Draw", bound=Callable[..., Any])

SUFFIXES = (".png", ".svg", ".pdf")
DPI = 150
WIDTH = 7.0  # inches: the text width of a page
# Okabe & Ito 2008: eight colours that people with any colour vision tell apart; the lines also differ in their dashes
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
RIGHT, WRONG = COLOURS[2], COLOURS[1]
LAND, SEA, EDGE = "#e9e6df", "#ffffff", "#8d887d"
_STYLE: Any = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "text.parse_math": False,  # a folder may be called $x$
    "svg.fonttype": "none",  # text stays text: searchable, and small
    "svg.hashsalt": "photoplanet",  # the same figure is the same file
    "pdf.fonttype": 42,
}


def new(width: float = WIDTH, height: float = 3.5) -> "Figure":
    """An empty matplotlib figure, inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=DPI, layout="constrained")


def styled(draw: Draw) -> Draw:
    """Decorate what makes a figure: it draws in our style; MissingExtra where matplotlib is missing."""

    @wraps(draw)
    def drawn(*arguments: Any, **options: Any) -> Any:
        check_installed()
        from matplotlib import rc_context

        with rc_context(_STYLE):
            return draw(*arguments, **options)

    return drawn  # type: ignore[return-value]


def check_installed() -> None:
    """MissingExtra where matplotlib is missing; does not import it."""
    if find_spec("matplotlib") is None:
        raise MissingExtra("drawing figures", "figures")


def check_path(path: str | os.PathLike) -> Path:
    """The path, when a figure can be saved there: InputError for another suffix or no such folder, else MissingExtra.

    For commands to ask before they read any photo.
    """
    target = Path(path)
    if target.suffix.lower() not in SUFFIXES:
        raise InputError(f"{target}: a figure ends in {', '.join(SUFFIXES)}")
    atomic.check_folder(target)
    check_installed()
    return target


def save(figure: "Figure", path: str | os.PathLike) -> Path:
    """Save as PNG, SVG or PDF by the suffix, in one step, without a date, so that the same figure is the same file."""
    from matplotlib import rc_context

    target = check_path(path)
    kind = target.suffix.lower()[1:]
    metadata: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind, {})
    with rc_context(_STYLE), atomic.replacing(target) as temporary:
        _settle(figure)
        figure.savefig(temporary, format=kind, metadata=metadata)
    return target


def _settle(figure: "Figure") -> None:
    """Lay a figure out once and to five digits: the solver's last bits vary, and ids in an SVG are made of them."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        axes.set_position([round(edge, 5) for edge in axes.get_position(original=True).bounds])  # type: ignore[arg-type]
