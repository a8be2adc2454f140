"""Photos, each with its distribution over the Earth on a globe (paper, Fig. 1)."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from photoplanet.errors import InputError
from photoplanet.locate.prediction import Prediction
from photoplanet.photos import decode
from photoplanet.show.figures import plots, world

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PHOTOS = 12
THUMBNAIL = 400  # pixels, the short side
_SCALE = 0.45  # inches: the colours' scale below the globes
_FAINTEST = 1e-3  # of the largest probability: fainter cells would not be seen


@plots.styled
def distributions(
    photos: Sequence[tuple[decode.Source, str, Prediction]], places: Sequence[tuple[float, float] | None] = ()
) -> "Figure":
    """Draw photos above, probability heat maps on globes below; `photos`: (source, caption, prediction), at most 12.

    `places`: the true latitude, longitude in degrees of each photo, or None; marked by a ring.

    >>> import photoplanet as pp
    >>> photo = np.zeros((64, 64, 3), np.uint8)
    >>> figure = distributions([(photo, "black", pp.load("toy").locate(photo))])
    >>> len(figure.axes)  # the photo, its globe, and the colours' scale
    3
    """
    photos = photos[:MOST_PHOTOS]
    columns = min(4, len(photos))
    rows = -(-len(photos) // columns)
    high = rows * 4.2 * (plots.WIDTH / columns) / 4 + 0.3 * rows if columns > 1 else 5.5
    figure = plots.new(height=high + _SCALE)
    halves = figure.add_gridspec(2, 1, height_ratios=[high, _SCALE])
    grid = halves[0].subgridspec(2 * rows, columns, height_ratios=[0.8, 1] * rows)
    for number, (source, caption, prediction) in enumerate(photos):
        row, column = divmod(number, columns)
        top, below = figure.add_subplot(grid[2 * row, column]), figure.add_subplot(grid[2 * row + 1, column])
        show_photo(top, source, caption)
        truth = places[number] if number < len(places) else None
        draw_distribution(below, prediction, truth)
    world.heat_scale(figure.add_subplot(halves[1].subgridspec(1, 3, width_ratios=[1, 2, 1])[1]))
    known = any(place is not None for place in places)
    ring = "; ring: the photo's own GPS" if known else ""
    plots.note(figure, f"cross: the answer{ring}", any(prediction.toy for _, _, prediction in photos))
    return figure


def show_photo(axes: "Axes", source: decode.Source, caption: str = "", colour: str = "black", wide: int = 30) -> None:
    """Draw a photo, upright, its caption in lines of `wide` letters; an empty frame for one that cannot be read.

    >>> axes = plots.new().add_subplot()
    >>> show_photo(axes, np.zeros((64, 64, 3), np.uint8), "black")
    >>> axes.get_title()
    'black'
    """
    try:
        axes.imshow(np.asarray(decode.open_photo(source, size_hint=THUMBNAIL)), interpolation="antialiased")
    except InputError:
        axes.text(0.5, 0.5, "cannot be read", ha="center", va="center", transform=axes.transAxes)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(visible=True, color=colour, linewidth=1.5 if colour != "black" else 0.4)
    axes.set_title("\n".join(textwrap.fill(line, wide) for line in caption.splitlines()), fontsize=7)


def draw_distribution(axes: "Axes", prediction: Prediction, truth: tuple[float, float] | None = None) -> None:
    """Draw one distribution on a globe that is turned to its best point; the true place, where given, as a ring.

    >>> import photoplanet as pp
    >>> found = pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8))
    >>> draw_distribution(plots.new().add_subplot(), found, truth=(48.9, 2.4))
    """
    view = world.Globe(_toward(prediction))
    world.draw_land(axes, view)
    drawn = prediction.order[prediction.probabilities[prediction.order] > _FAINTEST * prediction.probabilities.max()]
    colours = world.heat(prediction.probabilities[drawn])
    world.draw_cells(axes, view, prediction.partition.ids[drawn], colours, edgecolors="none")
    x, y, seen = view.points(*prediction.partition.means[drawn].T)  # small cells would not be seen from so far
    share = prediction.probabilities[drawn] / prediction.probabilities[drawn].max()
    axes.scatter(x[seen], y[seen], s=30 * share[seen], c=colours[seen], linewidths=0, zorder=3)
    world.draw_points(axes, view, [prediction.point[0]], [prediction.point[1]], marker="x", color="black", markersize=5)
    if truth is not None:
        world.draw_points(axes, view, [truth[0]], [truth[1]], marker="o", markerfacecolor="none",
                          markeredgecolor=plots.COLOURS[0], markeredgewidth=1.6, markersize=8)  # fmt: skip


def _toward(prediction: Prediction) -> tuple[float, float]:
    """Where to look from: the best point, but not so far north or south that the rest is out of sight."""
    latitude, longitude = prediction.point
    return float(np.clip(latitude, -45, 45)), longitude
