"""Sheets of photos: located rightly and wrongly (paper, Fig. 6, 7), and the most confident ones per cell (Fig. 8)."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from photoplanet.explain.gallery import GalleryPhoto
from photoplanet.explain.occlusion import Occlusion
from photoplanet.locate.precision import percent
from photoplanet.show.figures import plots, world
from photoplanet.show.figures.distribution import show_photo
from photoplanet.show.figures.examples import Example

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from photoplanet.earth.partition.partition import Partition

COLUMNS = 6


@plots.styled
def examples(right: Sequence[Example], wrong: Sequence[Example], within_km: float, toy: bool = False) -> "Figure":
    """Draw photos located rightly, within so many km, framed in green above, and wrongly, framed in orange below.

    >>> example = Example(0.9, np.zeros((64, 64, 3), np.uint8), "Paris, France", 1.8)
    >>> [axes.get_ylabel() for axes in examples([example], [example], within_km=25).axes]
    ['right', 'wrong']
    """
    rows = [[*right[start : start + COLUMNS]] for start in range(0, len(right), COLUMNS)]
    split = len(rows)
    rows += [[*wrong[start : start + COLUMNS]] for start in range(0, len(wrong), COLUMNS)]
    figure = plots.new(height=1.65 * max(1, len(rows)) + 0.4)
    grid = figure.add_gridspec(max(1, len(rows)), COLUMNS)
    for row, listed in enumerate(rows):
        colour, name = (plots.RIGHT, "right") if row < split else (plots.WRONG, "wrong")
        for column, example in enumerate(listed):
            axes = figure.add_subplot(grid[row, column])
            show_photo(axes, example.source, example.caption, colour, wide=22)
            axes.title.set_fontsize(6)
            if column == 0:
                axes.set_ylabel(name, color=colour)
    sure = "per cent: the probability of the photo's likeliest cell"
    plots.note(figure, f"right: the answer is within {within_km:,g} km of the true place; {sure}", toy)
    return figure


@plots.styled
def cell_gallery(
    partition: "Partition", found: dict[int, list[GalleryPhoto]], names: Sequence[str], toy: bool = False
) -> "Figure":
    """Draw one row per cell: where it lies, then its most confident photos; `names`: one for each cell of `found`.

    >>> import photoplanet as pp
    >>> photo = GalleryPhoto(0.9, 0, np.zeros((64, 64, 3), np.uint8))
    >>> part = pp.Partition.from_cells(pp.cells.from_token(["47", "89"]))
    >>> [axes.get_title() for axes in cell_gallery(part, {1: [photo]}, ["Somewhere"]).axes]
    ['Somewhere', '90 %']
    """
    across = max(len(shown) for shown in found.values())
    figure = plots.new(height=1.35 * len(found) + 0.2)
    grid = figure.add_gridspec(len(found), across + 1)
    for row, ((label, shown), name) in enumerate(zip(found.items(), names, strict=True)):
        axes = figure.add_subplot(grid[row, 0])
        latitude, longitude = partition.centers[label]
        view = world.Globe((float(np.clip(latitude, -60, 60)), float(longitude)))
        world.draw_land(axes, view, borders=False)
        world.draw_cells(
            axes, view, partition.ids[label : label + 1], plots.COLOURS[1], edgecolors=plots.COLOURS[1], linewidths=1
        )
        world.draw_points(axes, view, [latitude], [longitude], marker="o", markerfacecolor="none",
                          markeredgecolor=plots.COLOURS[1], markersize=9)  # fmt: skip
        axes.set_title(textwrap.fill(name, 24), fontsize=6)
        for column, each in enumerate(shown, start=1):
            show_photo(figure.add_subplot(grid[row, column]), each.source, percent(each.confidence))
    plots.note(figure, "per cent: the probability that the photo was taken in the cell", toy)
    return figure


@plots.styled
def occlusions(found: Sequence[tuple[Occlusion, str]], toy: bool = False) -> "Figure":
    """Draw photo and heat map of the confidence in the cell with each pixel hidden, one row each (paper, Fig. 10).

    >>> import photoplanet as pp
    >>> from photoplanet.explain.occlusion import occlude
    >>> found = occlude(pp.load("toy"), np.zeros((64, 64, 3), np.uint8), positions=2)
    >>> occlusions([(found, "black.jpg")]).axes[0].get_title().split(":")[0]
    'black.jpg'
    """
    figure = plots.new(height=2.9 * len(found))
    grid = figure.add_gridspec(len(found), 2)
    for row, (each, name) in enumerate(found):
        which = "true" if each.true else "predicted"
        left, right = figure.add_subplot(grid[row, 0]), figure.add_subplot(grid[row, 1])
        show_photo(left, each.photo, f"{name}: {100 * each.whole:.3g} % for the {which} cell", wide=60)
        image = right.imshow(each.heat, cmap="viridis", vmin=0, vmax=max(float(each.heat.max()), each.whole, 1e-9))
        world.bare(right)
        bar = figure.colorbar(image, ax=right, fraction=0.046, format=lambda share, _: f"{100 * share:.3g} %")
        bar.ax.tick_params(labelsize=7)
        bar.set_label("confidence with this part hidden", fontsize=7)
    plots.note(figure, toy=toy)
    return figure
