"""What all figures share: sizes, colours that the colour-blind can tell apart, and saving as PNG, SVG or PDF."""

import os
from collections.abc import Callable, Iterable
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from photoplanet.core import atomic, outputs
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
TOY = "toy Earth: not real places"
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
    """Return an empty matplotlib figure of that size in inches.

    >>> new(height=2.0).get_size_inches().tolist()
    [7.0, 2.0]
    """
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=DPI, layout="constrained")


def note(figure: "Figure", text: str = "", toy: bool = False) -> None:
    """Say below all else what signs and numbers mean, and that the places are the toy Earth's where they are.

    >>> figure = new()
    >>> note(figure, "ring: the true place", toy=True)
    >>> print(figure.get_supxlabel())
    ring: the true place
    toy Earth: not real places
    """
    lines = [*([text] if text else []), *([TOY] if toy else [])]
    if lines:
        figure.supxlabel("\n".join(lines), fontsize=7, color="#333333")


def styled(draw: Draw) -> Draw:
    """Decorate what makes a figure: it draws in our style; MissingExtra where matplotlib is missing.

    >>> @styled
    ... def empty():
    ...     return new()
    >>> len(empty().axes)
    0
    """

    @wraps(draw)
    def drawn(*arguments: Any, **options: Any) -> Any:
        check_installed()
        from matplotlib import rc_context

        with rc_context(_STYLE):
            return draw(*arguments, **options)

    return drawn  # type: ignore[return-value]


def check_installed() -> None:
    """Raise MissingExtra where matplotlib is missing; does not import it.

    >>> check_installed()
    """
    if find_spec("matplotlib") is None:
        raise MissingExtra("drawing figures", "figures")


def check_path(path: str | os.PathLike[str], drawn: Iterable[str | Path] = ()) -> Path:
    """Return the path when a figure can be saved there: InputError for another suffix or no such folder.

    InputError too where it is one of the files that are `drawn`, or lies among them in a folder: it may be a photo.
    MissingExtra where matplotlib is missing. For commands to ask before they read any photo.

    >>> check_path("cells.gif")
    Traceback (most recent call last):
    photoplanet.errors.InputError: cells.gif: a figure ends in .png, .svg, .pdf
    """
    target = Path(path)
    if target.suffix.lower() not in SUFFIXES:
        raise InputError(f"{target}: a figure ends in {', '.join(SUFFIXES)}")
    drawn = list(drawn)
    outputs.check([target], drawn)
    if target.exists() and any(folder.is_dir() and target.resolve().is_relative_to(folder.resolve())
                               for folder in map(Path, drawn)):  # fmt: skip
        raise InputError(f"{target}: lies among the photos, and could be one; give the figure another name")
    check_installed()
    return target


def save(figure: "Figure", path: str | os.PathLike[str], licence: str = "") -> Path:
    """Save as PNG, SVG or PDF by the suffix, in one step, without a date, so that the same figure is the same file.

    `licence`: what that of the model's weights forbids; it goes into the file's own metadata.

    >>> save(new(height=1.0), getfixture("tmp_path") / "empty.svg").name
    'empty.svg'
    """
    from matplotlib import rc_context

    target = check_path(path)
    kind = target.suffix.lower()[1:]
    metadata: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind, {})
    if licence:
        metadata = metadata | {{"png": "Copyright", "svg": "Rights", "pdf": "Keywords"}[kind]: licence}
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
