"""The Earth in a figure: land, borders, cells and points, on a flat map or on a globe; no network, no map library."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from photoplanet.earth import cells, geodesy, land, outline
from photoplanet.show.figures.plots import EDGE, LAND, SEA

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

WORLD = (-60.0, 78.0, -180.0, 180.0)  # south, north, west, east: where people take photos
_STEP = 1.5  # degrees between the points of a line on a globe


@dataclass(frozen=True)
class Flat:
    """Latitude up, longitude to the right, over `extent` (south, north, west, east) in degrees."""

    extent: tuple[float, float, float, float] = WORLD

    def prepare(self, axes: "Axes") -> None:
        """Set the limits, the aspect and the colour of the sea."""
        south, north, west, east = self.extent
        axes.set_xlim(west, east)
        axes.set_ylim(south, north)
        # a degree of longitude is as wide as it is in the middle of the map
        axes.set_aspect(1 / max(0.2, np.cos(np.radians((south + north) / 2))) if north - south < 60 else 1.15)
        axes.set_facecolor(SEA)
        bare(axes)

    def ring(self, lat: Array, lng: Array) -> list[Array]:
        """What to fill for a closed ring."""
        return [np.stack([lng, lat], axis=1)]

    def points(self, lat: Array, lng: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
        """x, y, and whether the point can be seen."""
        return lng, lat, np.ones(len(lat), bool)

    def cells(self, ids: NDArray[np.uint64]) -> list[list[Array]]:
        """For each cell the rings to fill: more than one where ±180° cuts it."""
        found = []
        for shape in outline.shapes(ids):
            parts = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
            found.append([np.asarray(part[0]) for part in parts])
        return found


@dataclass(frozen=True)
class Globe:
    """The half of the Earth around `center` (latitude, longitude in degrees), as from far away (orthographic)."""

    center: tuple[float, float] = (20.0, 0.0)

    def prepare(self, axes: "Axes") -> None:
        """Set the limits and draw the disc of the sea."""
        from matplotlib.patches import Circle

        axes.set_xlim(-1.02, 1.02)
        axes.set_ylim(-1.02, 1.02)
        axes.set_aspect(1)
        axes.add_patch(Circle((0, 0), 1, facecolor=SEA, edgecolor=EDGE, linewidth=0.6, zorder=0))
        bare(axes)
        axes.axis("off")

    def points(self, lat: Array, lng: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
        """x, y in units of the Earth's radius, and whether the point is on this side."""
        up, east = np.radians(self.center)
        xyz = geodesy.to_xyz(np.asarray(lat, float), np.asarray(lng, float))
        toward = np.array([np.cos(up) * np.cos(east), np.cos(up) * np.sin(east), np.sin(up)])
        right = np.array([-np.sin(east), np.cos(east), 0.0])
        above = np.cross(toward, right)
        return xyz @ right, xyz @ above, xyz @ toward > 0

    def ring(self, lat: Array, lng: Array) -> list[Array]:
        """What to fill for a closed ring, to be clipped at the Earth's edge: one outline, or two with a hole; or none.

        The far side is unrolled around the near one, to a disc of radius 2 whose edge is the antipode. A ring that
        holds the antipode comes out inside out there, and is filled between itself and that edge.
        """
        turns = _turns(np.stack([lng, lat], axis=1))  # rings of land are flat: cut at ±180°, closed along the poles
        x, y, seen = self.points(*_densified(lat, lng))
        if not seen.any():
            return []
        away = np.hypot(x, y)
        out = np.where(seen, 1.0, (2 - away) / np.maximum(away, 1e-9))
        drawn = np.stack([x * out, y * out], axis=1)
        if _turns(drawn) * turns >= 0:
            return [drawn]
        angle = np.linspace(0, 2 * np.pi, 90) * -np.sign(_turns(drawn))
        return [drawn, 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)]

    def cells(self, ids: NDArray[np.uint64]) -> list[list[Array]]:
        """For each cell the rings to fill: none where it lies behind the Earth."""
        found = []
        for corners in cells.vertices(ids):
            ring = self.ring(np.append(corners[:, 0], corners[0, 0]), np.append(corners[:, 1], corners[0, 1]))
            found.append(ring[:1])
        return found


View = Flat | Globe


def draw_land(axes: "Axes", view: View, borders: bool = True) -> None:
    """Draw land under everything else, and coasts and, if wanted, borders of countries (Natural Earth) over the cells.

    >>> from photoplanet.show.figures import plots
    >>> draw_land(plots.new().add_subplot(), Globe((48.9, 2.4)))
    """
    from matplotlib.collections import LineCollection, PathCollection
    from matplotlib.path import Path as Outline

    view.prepare(axes)
    land_rings, lines = land.outlines()
    rings = [ring for ring in (view.ring(lat, lng) for lat, lng in land_rings) if ring]
    paths = [Outline.make_compound_path(*(Outline(part, closed=True) for part in ring)) for ring in rings]
    _add(axes, view, PathCollection(paths, facecolors=LAND, edgecolors="none", zorder=1))
    _add(axes, view, PathCollection(paths, facecolors="none", edgecolors=EDGE, linewidths=0.35, zorder=2.5))
    if borders:
        drawn = [_seen(view, lat, lng) for lat, lng in lines]
        _add(axes, view, LineCollection(drawn, colors=EDGE, linewidths=0.25, zorder=2.5))


def draw_cells(axes: "Axes", view: View, ids: NDArray[np.uint64], colours: Any = "none", **style: Any) -> None:
    """Fill cells with `colours` (one, or one each: (n, 4) RGBA); `style` as matplotlib's PolyCollection takes it.

    >>> from photoplanet.show.figures import plots
    >>> draw_cells(plots.new().add_subplot(), Flat(), cells.from_token(["47", "89"]), "black", linewidths=0.5)
    """
    from matplotlib.collections import PolyCollection

    rings, rows = [], []
    for row, parts in enumerate(view.cells(ids)):
        rings += parts
        rows += [row] * len(parts)
    faces = colours if isinstance(colours, str) else np.asarray(colours)[rows]
    settings = {"facecolors": faces, "zorder": 2, **style}
    _add(axes, view, PolyCollection(rings, **settings))


def draw_points(axes: "Axes", view: View, lat: npt.ArrayLike, lng: npt.ArrayLike, **style: Any) -> None:
    """Mark points given in degrees; what is behind a globe is left out.

    >>> from photoplanet.show.figures import plots
    >>> axes = plots.new().add_subplot()
    >>> draw_points(axes, Globe((0.0, 0.0)), [0.0, 0.0], [10.0, 170.0], marker="o")
    >>> len(axes.get_lines()[0].get_xdata())
    1
    """
    x, y, seen = view.points(np.asarray(lat, float), np.asarray(lng, float))
    axes.plot(x[seen], y[seen], **{"linestyle": "none", "zorder": 4, **style})


def heat(shares: Array, cmap: str = "magma_r") -> Array:
    """Return colours (n, 4) for probabilities (n,): from pale to dark by their square root, clear near zero.

    >>> heat(np.array([0.0, 0.5]))[:, 3].tolist()
    [0.0, 0.9]
    """
    from matplotlib import colormaps

    scaled = np.sqrt(np.asarray(shares, float) / max(float(np.max(shares, initial=0)), 1e-12))
    colours = colormaps[cmap](0.08 + 0.84 * scaled)
    colours[:, 3] = np.clip(scaled * 4, 0, 0.9)
    return colours


def heat_scale(axes: "Axes") -> None:
    """Draw the colours of `heat` as a scale, across and no higher than a line of text.

    >>> from photoplanet.show.figures import plots
    >>> axes = plots.new().add_subplot()
    >>> heat_scale(axes)
    >>> axes.get_title()
    "probability of a cell, in per cent of the likeliest cell's"
    """
    steps = np.linspace(0, 1, 256)
    axes.imshow(heat(steps**2)[None], extent=(0, 1, 0, 1), aspect="auto")
    marks = (0.01, 0.05, 0.2, 0.5, 1.0)
    axes.set_xticks(np.sqrt(marks), [f"{100 * share:.0f} %" for share in marks], fontsize=6)
    axes.set_yticks([])
    axes.tick_params(length=2)
    axes.set_title("probability of a cell, in per cent of the likeliest cell's", fontsize=7)
    axes.set_box_aspect(0.03)


def _add(axes: "Axes", view: View, collection: Any) -> None:
    """Add what is drawn; on a globe, nothing beyond its edge."""
    from matplotlib.patches import Circle

    axes.add_collection(collection, autolim=False)
    if isinstance(view, Globe):
        collection.set_clip_path(Circle((0, 0), 1, transform=axes.transData))


def _turns(ring: Array) -> float:
    """Twice the signed area of a ring: positive when it runs anticlockwise."""
    x, y = ring.T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1))


def _seen(view: View, lat: Array, lng: Array) -> Array:
    """A line as drawn, broken (NaN) where it is behind the Earth."""
    x, y, seen = view.points(lat, lng)
    return np.stack([np.where(seen, x, np.nan), np.where(seen, y, np.nan)], axis=1)


def _densified(lat: Array, lng: Array) -> tuple[Array, Array]:
    """Points along straight lines on the sphere, near enough to each other for a globe."""
    where = geodesy.to_xyz(np.asarray(lat, float), np.asarray(lng, float))
    gap = np.degrees(np.arccos((where[:-1] * where[1:]).sum(axis=1).clip(-1, 1)))
    parts = [
        start + np.linspace(0, 1, max(1, int(np.ceil(step / _STEP))), endpoint=False)[:, None] * (end - start)
        for start, end, step in zip(where[:-1], where[1:], gap, strict=True)
    ]
    return geodesy.from_xyz(np.concatenate([*parts, where[-1:]]))


def bare(axes: "Axes") -> None:
    """Leave a frame and nothing else: no ticks, no numbers.

    >>> from photoplanet.show.figures import plots
    >>> axes = plots.new().add_subplot()
    >>> bare(axes)
    >>> len(axes.get_xticks())
    0
    """
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(visible=True, color=EDGE, linewidth=0.5)
