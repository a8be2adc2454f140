"""Partition maps with detail views (paper, Fig. 2)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from photoplanet.errors import InputError
from photoplanet.show.figures import plots, world

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from photoplanet.earth.partition.partition import Partition

Extent = tuple[float, float, float, float]
# The paper's two detail views: south, north, west, east
DETAILS: dict[str, Extent] = {
    "Great Britain and Ireland": (49.5, 59.5, -11.0, 2.5),
    "San Francisco Bay": (37.2, 38.2, -123.0, -121.6),
}


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


@plots.styled
def partition_map(partition: "Partition", details: Mapping[str, Extent] = DETAILS) -> "Figure":
    """Draw the world in a partition's cells, shaded by their photos, with detail views below.

    >>> import photoplanet as pp
    >>> part = pp.Partition.from_cells(pp.cells.from_token(["47", "89"]))
    >>> figure = partition_map(part, {"Japan": (30, 46, 128, 147)})
    >>> [axes.get_title() for axes in figure.axes]
    ['2 cells', 'Japan']
    """
    figure = plots.new(height=3.3 + (2.6 if details else 0))
    grid = figure.add_gridspec(2 if details else 1, max(1, len(details)), height_ratios=[3.1, 2.5] if details else [1])
    main = figure.add_subplot(grid[0, :])
    _cells(main, world.Flat(), partition, width=0.15)
    main.set_title(f"{len(partition):,} cells")
    for column, (name, extent) in enumerate(details.items()):
        axes = figure.add_subplot(grid[1, column])
        _cells(axes, world.Flat(extent), partition, width=0.5)
        axes.set_title(name)
    return figure


def _cells(axes: "Axes", view: world.Flat, partition: "Partition", width: float) -> None:
    from matplotlib import colormaps

    south, north, west, east = view.extent
    world.draw_land(axes, view)
    lat, lng = partition.centers.T
    reach = 60.0  # degrees: a cell of level 0 or 1 reaches far from its centre
    near = (lat > south - reach) & (lat < north + reach) & (lng > west - reach) & (lng < east + reach)
    counts = np.log1p(partition.photo_counts[near].astype(float))
    shade = counts / max(1e-12, float(counts.max(initial=0)))
    colours = colormaps["cividis_r"](0.1 + 0.7 * shade)
    colours[:, 3] = 0.55
    world.draw_cells(axes, view, partition.ids[near], colours, edgecolors="#22384f", linewidths=width)
