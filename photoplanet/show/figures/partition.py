"""Partition maps with detail views (paper, Fig. 2)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import gazetteer
from photoplanet.errors import InputError
from photoplanet.show.figures import plots, world

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure

    from photoplanet.earth.partition.partition import Partition

Extent = tuple[float, float, float, float]
# The paper's two detail views: south, north, west, east
DETAILS: dict[str, Extent] = {
    "Great Britain and Ireland": (49.5, 59.5, -11.0, 2.5),
    "San Francisco Bay": (37.2, 38.2, -123.0, -121.6),
}

FEWEST_CELLS = 8  # with their centre in a default detail view; with fewer there is nothing to see
_TILE = 4.0  # degrees from the south to the north of the view of the finest cells
_NO_POLES = (-70.0, 70.0)
_TOWNS = 4  # named in a detail view
_PLATE = {"facecolor": "white", "alpha": 0.7, "linewidth": 0, "pad": 0.6}  # below their names


def detail(text: str) -> tuple[str, Extent]:
    """Read a detail view as the command line takes it: its name, and south, north, west, east in degrees.

    InputError for another number of degrees, for degrees off the Earth, and for a view turned around.

    >>> detail("Japan:30,46,128,147")
    ('Japan', (30.0, 46.0, 128.0, 147.0))
    """
    name, _, numbers = text.rpartition(":")
    try:
        south, north, west, east = (float(part) for part in numbers.split(","))
    except ValueError:
        raise InputError(f"detail {text}: needs NAME:south,north,west,east in degrees") from None
    if not (-90 <= south < north <= 90 and -180 <= west < east <= 180):
        raise InputError(f"detail {text}: needs south < north and west < east, in degrees")
    return name, (south, north, west, east)


def default_details(partition: "Partition") -> dict[str, Extent]:
    """Choose two detail views: the paper's, and in place of one that shows next to nothing, where the cells are finest.

    >>> import photoplanet as pp
    >>> list(default_details(pp.load("toy").partition))[0]
    'Great Britain and Ireland'
    """
    chosen = {name: extent for name, extent in DETAILS.items() if _inside(partition, extent).sum() >= FEWEST_CELLS}
    latitude, longitude = partition.centers.T
    left = ~np.any([_inside(partition, extent) for extent in chosen.values()], axis=0) if chosen else latitude > -91
    if len(chosen) == len(DETAILS) or left.sum() < FEWEST_CELLS:
        return chosen
    lat, lng = latitude[left].clip(*_NO_POLES), longitude[left]
    tiles = np.floor(lat / _TILE) * 1000 + np.floor(lng / _TILE)
    _, tile, counts = np.unique(tiles, return_inverse=True, return_counts=True)
    crowd = tile == counts.argmax()
    middle, across = float(lat[crowd].mean()), float(lng[crowd].mean())
    wide = _TILE / 2 / np.cos(np.radians(middle))
    towns = gazetteer.largest((middle - 0.5, middle + 0.5), (across - 0.5, across + 0.5), 1)
    name = towns[0][0] if towns else gazetteer.name(middle, across)[0].near
    south, north, west, east = middle - _TILE / 2, middle + _TILE / 2, across - wide, across + wide
    return {**chosen, f"around {name}": (south, north, max(-180.0, west), min(180.0, east))}


def _inside(partition: "Partition", extent: Extent) -> NDArray[np.bool_]:
    """Which cells (n,) have their centre in a view."""
    south, north, west, east = extent
    lat, lng = partition.centers.T
    inside: NDArray[np.bool_] = (lat > south) & (lat < north) & (lng > west) & (lng < east)
    return inside


@plots.styled
def partition_map(partition: "Partition", details: Mapping[str, Extent] | None = None, toy: bool = False) -> "Figure":
    """Draw the world in a partition's cells, shaded by their photos, with detail views (`default_details`) below.

    >>> import photoplanet as pp
    >>> part = pp.Partition.from_cells(pp.cells.from_token(["47", "89"]))
    >>> figure = partition_map(part, {"Japan": (30, 46, 128, 147)})
    >>> [axes.get_title() for axes in figure.axes]
    ['2 cells', 'Japan']
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm
    from matplotlib.ticker import FuncFormatter

    views = default_details(partition) if details is None else details
    figure = plots.new(height=3.3 + (2.6 if views else 0))
    grid = figure.add_gridspec(2 if views else 1, max(1, len(views)), height_ratios=[3.1, 2.5] if views else [1])
    counts = partition.photo_counts
    shades = ScalarMappable(LogNorm(max(1, counts.min(initial=1)), max(2, counts.max(initial=2))), _colours())
    main = figure.add_subplot(grid[0, :])
    _cells(main, world.Flat(), partition, shades, width=0.15)
    main.set_title(f"{len(partition):,} cells")
    for column, (name, extent) in enumerate(views.items()):
        axes = figure.add_subplot(grid[1, column])
        _cells(axes, world.Flat(extent), partition, shades, width=0.5)
        _towns(axes, extent)
        axes.set_title(name)
    if counts.any():
        plain = FuncFormatter(lambda photos, _: f"{photos:,.0f}")
        bar = figure.colorbar(shades, ax=figure.axes, location="bottom", fraction=0.03, aspect=60, pad=0.02,
                              format=plain)  # fmt: skip
        bar.ax.tick_params(labelsize=7)
        bar.set_label("training photos in a cell", fontsize=7)
    plots.note(figure, toy=toy)
    return figure


def _colours() -> "ListedColormap":
    """From pale to dark, clear enough to see the land through them."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    colours = colormaps["cividis_r"](np.linspace(0.1, 0.8, 256))
    colours[:, 3] = 0.6
    return ListedColormap(colours)


def _towns(axes: "Axes", extent: Extent) -> None:
    """Dots and names of the largest towns, so that people find their way: coasts are too coarse for that."""
    south, north, west, east = extent
    shown: list[tuple[float, float]] = []  # in parts of the view
    for town, lat, lng in gazetteer.largest((south, north), (west, east), 4 * _TOWNS):
        up, across = (lat - south) / (north - south), (lng - west) / (east - west)
        if len(shown) == _TOWNS or any(abs(up - y) < 0.1 and abs(across - x) < 0.4 for y, x in shown):
            continue
        shown.append((up, across))
        axes.plot([lng], [lat], marker="o", markersize=2, color="black", zorder=5)
        right = across > 0.6
        axes.annotate(town, (lng, lat), xytext=(-4 if right else 4, 0), textcoords="offset points", fontsize=6,
                      ha="right" if right else "left", va="center", zorder=5, bbox=_PLATE)  # fmt: skip


def _cells(axes: "Axes", view: world.Flat, partition: "Partition", shades: "ScalarMappable", width: float) -> None:
    south, north, west, east = view.extent
    world.draw_land(axes, view)
    lat, lng = partition.centers.T
    reach = 60.0  # degrees: a cell of level 0 or 1 reaches far from its centre
    near = (lat > south - reach) & (lat < north + reach) & (lng > west - reach) & (lng < east + reach)
    colours = shades.to_rgba(np.maximum(1, partition.photo_counts[near]))
    world.draw_cells(axes, view, partition.ids[near], colours, edgecolors="#22384f", linewidths=width)
