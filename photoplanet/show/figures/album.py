"""An album located photo by photo and together: photos in order with both answers, and both ways over the map.

What the paper describes in Sect. 4: single photos "jump around", an album's photos stay near one another.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.located_photos import LocatedPhoto
from photoplanet.albums.trips import Trip
from photoplanet.earth import geodesy
from photoplanet.earth.lines import cut
from photoplanet.locate.precision import percent
from photoplanet.locate.prediction import Prediction
from photoplanet.show.figures import plots, world
from photoplanet.show.figures.distribution import show_photo

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import SubplotSpec

COLUMNS = 6
MOST_PHOTOS = 30  # five rows: a page
ALONE, TOGETHER, TRUE = plots.COLOURS[1], plots.COLOURS[0], plots.COLOURS[6]
BANDS = (*geodesy.RADII_KM.values(), np.inf)  # km: how far off, as the field counts
# cividis from dark (near) to pale (far): told apart by any eyes, and in grey print
SHADES = ("#00224e", "#2f4a7d", "#6b7280", "#a59c74", "#d9c55c", "#fee838")
UNKNOWN = "#eeeeee"
_ASPECT = 1.5  # of the detail view, width to height
_HEAD, _ROW = 2.8, 1.4  # inches: title, maps and legend; a row of photos
_LETTERS = 27  # of a line below a photo
_NEAR = 0.04  # of the detail view: photos so near one another share a label
_MOST_STOPS = 12  # labels: more would hide one another


@plots.styled
def album(trip: Trip, alone: Sequence[LocatedPhoto], helped: Sequence[LocatedPhoto], method: str) -> "Figure":
    """Draw the photos of `trip`, at most 30, each above what it says alone and with the others, and all on two maps.

    Where a photo has its own GPS, that is the truth: answers are shaded by their distance from it, and rings on the map
    show it. `alone` and `helped` are `locate_trip.compare`'s.

    >>> from photoplanet.albums.shots import Shot
    >>> trip = Trip([Shot("a.jpg", "a.jpg", "trip")], np.array(["NaT"], "datetime64[s]"), np.arange(1))
    >>> unread = [LocatedPhoto(trip.shots[0], "neighbours", None, "a.jpg: not a photo")]
    >>> album(trip, unread, unread, "average").get_suptitle()
    'trip; 1 photo'
    """
    shown = np.unique(np.linspace(0, len(helped) - 1, min(len(helped), MOST_PHOTOS)).round().astype(int))
    rows = -(-len(shown) // COLUMNS)
    figure = plots.new(height=_HEAD + _ROW * rows)
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.015, wspace=0.01, hspace=0.0)  # type: ignore[union-attr, call-arg]
    figure.suptitle(_title(trip, helped, len(shown)), fontsize=9)
    plots.note(figure, toy=any(found.prediction is not None and found.prediction.toy for found in helped))
    halves = figure.add_gridspec(2, 1, height_ratios=[_HEAD, _ROW * rows])
    _maps(figure, halves[0], alone, helped, method)
    grid = halves[1].subgridspec(2 * rows, COLUMNS, height_ratios=[1, 0.53] * rows)
    for place, number in enumerate(shown):
        row, column = divmod(place, COLUMNS)
        shot = helped[number].shot
        show_photo(
            figure.add_subplot(grid[2 * row, column]), shot.source, f"{number + 1}  {_clock(trip.times[number])}"
        )
        axes = figure.add_subplot(grid[2 * row + 1, column])
        axes.axis("off")
        for at, name, found in ((0.5, "alone", alone[number]), (0.0, "album", helped[number])):
            _answer(axes, at, name, found)
    return figure


def error_km(found: LocatedPhoto) -> float | None:
    """Return how far the answer is from the photo's own GPS, in km; None where there is no answer or no GPS.

    >>> from photoplanet.albums.shots import Shot
    >>> error_km(LocatedPhoto(Shot("a.jpg", "a.jpg", "trip"), "neighbours", None)) is None
    True
    """
    given = _given(found)
    if found.shot.place is None or given is None:
        return None
    return float(geodesy.distance_km(given.point[0], given.point[1], found.shot.place[0], found.shot.place[1]))


def _given(found: LocatedPhoto) -> Prediction | None:
    """The answer; None where the photo gave none or one that is too weak."""
    return None if found.prediction is None or found.prediction.abstains else found.prediction


def _title(trip: Trip, helped: Sequence[LocatedPhoto], shown: int) -> str:
    days = " – ".join(dict.fromkeys(day for day in trip.days if day))
    count = ("1 photo" if len(helped) == 1 else f"{len(helped)} photos") + (
        f", {shown} of them shown" if shown < len(helped) else ""
    )
    return "; ".join(filter(None, (trip.title, days, count)))


def _clock(time: np.datetime64) -> str:
    return "" if np.isnat(time) else str(time)[5:16].replace("T", " ")


def _answer(axes: "Axes", bottom: float, name: str, found: LocatedPhoto) -> None:
    """A box, half of the axes high: what was answered, and how far off or how sure that is; shaded by the error."""
    given, km = _given(found), error_km(found)
    shade = UNKNOWN if km is None else SHADES[int(np.searchsorted(BANDS, km))]
    if name == "alone" and found.error:
        lines = ["alone: cannot be read"]
    elif given is None:
        lines = [f"{name}: no answer"]
    else:
        sure = f"{percent(given.best.confidence)} ≤ {given.best.radius_km:,g} km"
        lines = [f"{name}: {_short_name(given)}", sure if km is None else f"{_far(km)} off, {sure}"]
    axes.axhspan(bottom + 0.02, bottom + 0.48, color=shade, linewidth=0)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    text = "\n".join(line if len(line) <= _LETTERS else line[: _LETTERS - 1] + "…" for line in lines)
    dark = shade in SHADES[:3]
    axes.text(0.03, bottom + 0.25, text, fontsize=5.5, va="center", color="white" if dark else "black", clip_on=True)


def _short_name(given: Prediction) -> str:
    """The answer's name, no finer than likely, without the state where there is a town: "Lyon, France"."""
    parts = given.best.name.split(", ")
    return ", ".join((parts[0], parts[-1])) if given.best.near.country and len(parts) > 2 else given.best.name


def _far(km: float) -> str:
    return "<0.1 km" if km < 0.1 else f"{km:,.1f} km" if km < 10 else f"{km:,.0f} km"


def _maps(
    figure: "Figure", where: "SubplotSpec", alone: Sequence[LocatedPhoto], helped: Sequence[LocatedPhoto], method: str
) -> None:
    """The world with both ways, the trip in detail, and what the signs and shades mean."""
    true = np.array([found.shot.place or (np.nan, np.nan) for found in helped], float)
    ways = (("alone", ALONE, "x", _points(alone)), (f"album ({method})", TOGETHER, "o", _points(helped)))
    detail = _around(np.concatenate([true, ways[1][3]]))
    views = [world.Flat()] if detail == world.WORLD else [world.Flat(), world.Flat(detail)]
    grid = where.subgridspec(2, len(views), width_ratios=[2.27, _ASPECT][: len(views)], height_ratios=[1, 0.3])
    for column, view in enumerate(views):
        axes = figure.add_subplot(grid[0, column])
        world.draw_land(axes, view)
        for _, colour, sign, points in ways:
            world.draw_points(axes, view, *_unbroken(points), color=colour, marker="", zorder=3, **_line(sign))
            world.draw_points(axes, view, *points.T, color=colour, marker=sign, markersize=4)
        world.draw_points(axes, view, *true.T, marker="o", markerfacecolor="none", markeredgecolor=TRUE, markersize=6,
                          markeredgewidth=0.8)  # fmt: skip
    _numbers(axes, view.extent, np.where(np.isnan(true), ways[1][3], true))
    _legend(figure.add_subplot(grid[1, :]), ways, bool(np.isfinite(true).any()))


def _line(sign: str) -> dict[str, Any]:
    """How a way is drawn: dotted where photos stand alone."""
    return {"linestyle": (0, (1, 1)) if sign == "x" else "-", "linewidth": 0.7}


def _points(founds: Sequence[LocatedPhoto]) -> NDArray[np.float64]:
    """(n, 2) degrees, NaN where there is no answer."""
    given = (_given(found) for found in founds)
    return np.array([(np.nan, np.nan) if each is None else each.point for each in given])


def _unbroken(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitudes and longitudes of a line over photos without an answer, cut at ±180° (NaN between the pieces)."""
    kept = points[~np.isnan(points[:, 0])]
    if len(kept) < 2:
        return kept[:, 0], kept[:, 1]
    gap = np.full((1, 2), np.nan)
    lng, lat = np.concatenate([part for piece in cut(*kept.T) for part in (piece, gap)])[:-1].T
    return lat, lng


def _around(points: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """South, north, west, east of a view that holds the points with a margin; the world where it is too wide."""
    kept = points[~np.isnan(points[:, 0])]
    if not len(kept):
        return world.WORLD
    (south, west), (north, east) = kept.min(axis=0), kept.max(axis=0)
    middle, across = (south + north) / 2, (west + east) / 2
    shrink = max(0.2, np.cos(np.radians(middle)))
    half = max(0.3, 0.6 * (north - south), 0.6 * (east - west) * shrink / _ASPECT)  # degrees of latitude
    if half > 35:
        return world.WORLD
    return middle - half, middle + half, across - half * _ASPECT / shrink, across + half * _ASPECT / shrink


def _numbers(axes: "Axes", extent: tuple[float, float, float, float], points: NDArray[np.float64]) -> None:
    """Which photos were taken where: those of one spot share a label."""
    south, north, west, east = extent
    stops: list[list[int]] = []
    for number in np.flatnonzero(~np.isnan(points[:, 0])).tolist():
        steps = [np.abs(points[number] - points[stop[0]]) / (north - south, east - west) for stop in stops]
        near = [stop for stop, step in zip(stops, steps, strict=True) if max(step) < _NEAR]
        if near:
            near[0].append(number)
        else:
            stops.append([number])
    if len(stops) > _MOST_STOPS:
        return
    for place, stop in enumerate(stops):
        lat, lng = points[stop[0]]
        below = -8 if place % 2 else 3  # points: by turns, so that near stops do not hide each other's label
        axes.annotate(_ranges(stop), (lng, lat), xytext=(4, below), textcoords="offset points", fontsize=5.5, zorder=6)


def _ranges(numbers: Sequence[int]) -> str:
    """0, 1, 2, 5 → "1–3, 6"."""
    starts = [k for k, number in enumerate(numbers) if not k or number != numbers[k - 1] + 1]
    runs = [numbers[start:end] for start, end in zip(starts, [*starts[1:], len(numbers)], strict=True)]
    words = [str(run[0] + 1) if len(run) == 1 else f"{run[0] + 1}–{run[-1] + 1}" for run in runs]
    return ", ".join(words if len(words) <= 4 else [*words[:3], "…"])


def _legend(axes: "Axes", ways: Sequence[tuple[str, str, str, NDArray[np.float64]]], known: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    axes.axis("off")
    signs = [
        Line2D([], [], color=colour, marker=sign, markersize=4, label=name, **_line(sign))
        for name, colour, sign, _ in ways
    ]
    if known:
        signs.append(Line2D([], [], color=TRUE, marker="o", markersize=6, markerfacecolor="none", linestyle="none",
                            label="the photo's own GPS"))  # fmt: skip
    axes.add_artist(axes.legend(handles=signs, loc="upper center", ncols=3, fontsize=7, bbox_to_anchor=(0.5, 1.05)))
    names = ["off by", *(f"≤ {km:,.0f} km" for km in BANDS[:-1]), "farther", "not known"]
    shades = [Patch(color=shade, label=name) for shade, name in zip(("none", *SHADES, UNKNOWN), names, strict=True)]
    if known:
        axes.legend(handles=shades, loc="upper center", ncols=8, fontsize=7, columnspacing=1.0, handlelength=1.6,
                    bbox_to_anchor=(0.5, 0.7))  # fmt: skip
    sure = "95 % ≤ 25 km: the probability that the photo was taken within so many kilometres of the answer"
    axes.text(0.5, 0.08 if known else 0.45, sure, fontsize=7, ha="center", transform=axes.transAxes)
