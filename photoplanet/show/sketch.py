"""A small map of predictions as one static SVG: no script, no network, readable on light and on dark pages.

Land, the cells of the credible region and the point; where the answer is narrow, a close-up with towns and a scale, and
the whole world in its corner.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photoplanet.earth import gazetteer, geodesy, land, outline
from photoplanet.locate.answers import no_answer
from photoplanet.locate.geojson import MAX_OUTLINES
from photoplanet.locate.prediction import Prediction

Array = NDArray[np.float64]

WIDTH, HEIGHT, INSET = 440, 280, 146  # pixels
WORLD = (-58.0, 78.0)  # latitudes of the whole world: where people take photos
_STRETCH = 1.15  # of a degree of latitude on the map of the world
_KM_A_DEGREE = float(np.pi * geodesy.EARTH_RADIUS_KM / 180)
_NEAREST_KM, _FARTHEST_KM = 40.0, 2500.0  # from the middle of a close-up to its upper edge; farther is the world
_MARGIN = 4  # pixels around a picture in which shapes are still drawn
_LEAST = 3.0  # pixels: a smaller cell is drawn as a dot of this size
_TOWNS, _TRIED = 5, 40
_LETTER, _LINE = 6.2, 14  # pixels that a letter and a line of text take
# Light, and dark where the page is: the colours of the HTML map
_STYLE = """
.sea{fill:#dce8f0}.land{fill:#f6f3ea;stroke:#f6f3ea;stroke-width:.5}.line{fill:none;stroke:#c4bdad;stroke-width:.8}
.cell{fill:#c2410c}.edge{fill:none;stroke:#8d887d}.box{fill:none;stroke:#1d4ed8}
.point{fill:#1d4ed8;stroke:#fff;stroke-width:2}.town{fill:#56636b}
text{font:11px system-ui,sans-serif;fill:#1c2429;stroke:#f6f3ea;stroke-width:3;paint-order:stroke;stroke-linejoin:round}
text.number{font-weight:600;fill:#fff;stroke:none;text-anchor:middle}
@media (prefers-color-scheme:dark){.sea{fill:#0e1a22}.land{fill:#26343d;stroke:#26343d}.line{stroke:#4c5d66}
.cell{fill:#ff8a4c}.edge{stroke:#47575f}.box{stroke:#7db2ff}.point{fill:#2f6fe0;stroke:#e7edf0}.town{fill:#a3b1b9}
text{fill:#e7edf0;stroke:#26343d}}"""


def svg(predictions: Sequence[Prediction], region: float, numbers: Sequence[int] = ()) -> str:
    """Draw the map of one prediction, or of many with a number at each point; one that abstains has no point.

    `region`: the share of the mass in each credible region whose cells are shaded, darker where they are likelier.

    >>> import numpy as np
    >>> import photoplanet as pp
    >>> black = pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8))
    >>> svg([black], 0.9)[:4]
    '<svg'
    """
    world = Frame(float(np.mean(WORLD)), 0.0, WIDTH / 360, WIDTH / 360 * _STRETCH, WIDTH, _height(WIDTH))
    close = _close_up(predictions)
    view = close or world
    body = [_ground(view), *_cells(view, predictions, region)]
    if close:
        body += [*_towns(close, predictions), _scale(close)]
    body += _marks(view, predictions, numbers)
    if close:
        body.append(_inset(close, predictions, region))
    width, height = f"{view.width:g}", f"{view.height:g}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{label(predictions)}"><style>{_STYLE}</style>{"".join(body)}'
        f'<rect class="edge" x=".5" y=".5" width="{view.width - 1:g}" height="{view.height - 1:g}"/></svg>'
    )


def label(predictions: Sequence[Prediction]) -> str:
    """Return the map in words, for readers who cannot see it; escaped for an attribute.

    >>> import photoplanet as pp
    >>> black = pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8))
    >>> label([black]).startswith("A map: ")
    True
    """
    said = [no_answer(each) if each.abstains else each.best.name for each in predictions[:5]]
    more = f" and {len(predictions) - 5} more" if len(predictions) > 5 else ""
    return escape(f"A map: {'; '.join(said)}{more}")


def _height(width: float) -> float:
    return round(width / 360 * _STRETCH * (WORLD[1] - WORLD[0]))


@dataclass(frozen=True)
class Frame:
    """A part of the Earth in a picture, flat: its middle in degrees, pixels per degree, and its size in pixels."""

    latitude: float
    longitude: float
    across: float  # pixels per degree of longitude
    up: float  # pixels per degree of latitude
    width: float
    height: float

    def pixels(self, lat: ArrayLike, lng: ArrayLike) -> Array:
        """Degrees (n,) and (n,) → pixels (n, 2); longitudes are taken as they are, also beyond ±180°.

        >>> Frame(0.0, 0.0, 2.0, 2.0, 100, 50).pixels([0.0, 5.0], [0.0, 10.0]).tolist()
        [[50.0, 25.0], [70.0, 15.0]]
        """
        x = self.width / 2 + (np.asarray(lng, float) - self.longitude) * self.across
        y = self.height / 2 - (np.asarray(lat, float) - self.latitude) * self.up
        return np.stack([x, y], axis=-1)

    def near(self, lng: float) -> float:
        """Turn a longitude to within 180° of the middle.

        >>> Frame(0.0, 170.0, 2.0, 2.0, 100, 50).near(-175.0)
        185.0
        """
        return self.longitude + (lng - self.longitude + 180) % 360 - 180

    def rings(self, lat: Array, lng: Array) -> Iterator[Array]:
        """Yield what shows of a closed ring, (k, 2) pixels, clipped; twice where the picture goes around the Earth."""
        for turn in (-360, 0, 360):
            ring = self.pixels(lat, lng + turn)
            for axis, size in ((0, self.width), (1, self.height)):
                ring = _half(_half(ring, axis, -_MARGIN, 1), axis, size + _MARGIN, -1)
            if len(ring) > 2:
                yield ring

    def lines(self, lat: Array, lng: Array) -> Iterator[Array]:
        """Yield an open line, (k, 2) pixels, where any of it is near the picture."""
        for turn in (-360, 0, 360):
            line = self.pixels(lat, lng + turn)
            if (line.max(axis=0) > 0).all() and (line.min(axis=0) < (self.width, self.height)).all():
                yield line

    def box(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return (south, north), (west, east) in degrees.

        >>> Frame(10.0, 20.0, 2.0, 2.0, 100, 50).box()
        ((-2.5, 22.5), (-5.0, 45.0))
        """
        tall, wide = self.height / 2 / self.up, self.width / 2 / self.across
        return (self.latitude - tall, self.latitude + tall), (self.longitude - wide, self.longitude + wide)


def _close_up(predictions: Sequence[Prediction]) -> Frame | None:
    """A frame around the points and what is near them of their mass; None where that is most of the world."""
    points = np.array([one.point for one in predictions if not one.abstains])
    if not len(points):
        return None
    latitude, longitude = geodesy.mean(points[:, 0], points[:, 1])
    away = float(geodesy.distance_km(latitude, longitude, points[:, 0], points[:, 1]).max())
    # The radius that holds 90 % may be one stray cell away: the close-up shows where the answer is, the inset the rest.
    own = [min(each.credible_region().radius_km, 3 * each.best.radius_km) for each in predictions if not each.abstains]
    reach = max(_NEAREST_KM, 1.15 * max(away, float(np.median(own))))
    if reach > _FARTHEST_KM:
        return None
    up = HEIGHT / 2 / (reach / _KM_A_DEGREE)
    return Frame(latitude, longitude, up * max(0.2, float(np.cos(np.radians(latitude)))), up, WIDTH, HEIGHT)


def _ground(view: Frame, borders: bool = True) -> str:
    rings, lines = land.outlines()
    found = (ring for lat, lng in rings for ring in view.rings(lat, lng))
    ground = _path((ring for ring in found if np.ptp(ring, axis=0).max() > 1), closed=True)
    drawn = f'<rect class="sea" width="{view.width:g}" height="{view.height:g}"/><path class="land" d="{ground}"/>'
    if borders:
        between = _path((line for lat, lng in lines for line in view.lines(lat, lng)), closed=False)
        drawn += f'<path class="line" d="{between}"/>'
    return drawn


def _cells(view: Frame, predictions: Sequence[Prediction], region: float) -> Iterator[str]:
    """The cells of the credible regions, likelier ones more strongly; of many predictions, fewer of each."""
    most = max(8, MAX_OUTLINES // max(1, len(predictions)))
    for prediction in predictions:
        held = prediction.credible_region(region)
        shares = held.probabilities[:most]
        shapes = outline.shapes(held.ids[:most])
        for shape, share in zip(shapes, np.sqrt(shares / shares.max()).tolist(), strict=True):
            drawn = _shape(view, shape)
            if drawn:
                yield f'<path class="cell" fill-opacity="{0.1 + 0.5 * share:.2f}" d="{drawn}"/>'


def _shape(view: Frame, shape: dict[str, Any]) -> str:
    """A cell's outline, or a dot where it would not be seen."""
    parts = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
    rings = [np.asarray(part[0]) for part in parts]
    if sum(len(ring) for ring in rings) < 6:  # neither cut nor bent, and so perhaps small
        corners = view.pixels(rings[0][:, 1], rings[0][:, 0])
        if np.ptp(corners, axis=0).max() < _LEAST:
            lng, lat = rings[0][:-1].mean(axis=0)
            x, y = _at(view, lat, lng)
            r = _LEAST / 2
            return f"M{x - r:.1f},{y:.1f}a{r},{r} 0 1 0 {2 * r},0a{r},{r} 0 1 0 {-2 * r},0" if _seen(view, x, y) else ""
    return _path((part for ring in rings for part in view.rings(ring[:, 1], ring[:, 0])), closed=True)


def _marks(view: Frame, predictions: Sequence[Prediction], numbers: Sequence[int]) -> Iterator[str]:
    """The points; the first of many lies on top."""
    for row in range(len(predictions) - 1, -1, -1):
        if predictions[row].abstains:
            continue
        x, y = _at(view, *predictions[row].point)
        yield f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="{8.5 if numbers else 5.5}"/>'
        if numbers:
            yield f'<text class="number" x="{x:.1f}" y="{y + 4:.1f}">{numbers[row]}</text>'


def _at(view: Frame, latitude: float, longitude: float) -> tuple[float, float]:
    x, y = view.pixels(latitude, view.near(longitude))
    return float(x), float(y)


def _towns(view: Frame, predictions: Sequence[Prediction]) -> Iterator[str]:
    """The largest towns with their names, where points, inset and scale leave room."""
    width, height = view.width, view.height
    taken = [(0.0, height - _height(INSET), float(INSET), height), (width - 130, height - 2 * _LINE, width, height)]
    for x, y in (_at(view, *each.point) for each in predictions if not each.abstains):
        taken.append((x - 9, y - 9, x + 9, y + 9))
    shown = 0
    for name, latitude, longitude in gazetteer.largest(*view.box(), _TRIED):
        x, y = _at(view, latitude, longitude)
        long = len(name) * _LETTER
        for anchor, to_right, down in (("start", 7, 0), ("end", -7, 0), ("middle", 0, -17), ("middle", 0, 17)):
            left = x + to_right - long * {"start": 0, "end": 1, "middle": 0.5}[anchor]
            box = (left - 3, y + down - _LINE / 2, left + long + 3, y + down + _LINE / 2)
            inside = box[0] > 2 and box[2] < width - 2 and box[1] > 2 and box[3] < height - 2
            if inside and not any(_overlap(box, other) for other in taken):
                taken += [box, (x - 3, y - 3, x + 3, y + 3)]
                at = f'x="{x + to_right:.1f}" y="{y + down + 4:.1f}" text-anchor="{anchor}"'
                yield f'<circle class="town" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/><text {at}>{escape(name)}</text>'
                shown += 1
                break
        if shown == _TOWNS:
            return


def _scale(view: Frame) -> str:
    """A line of a round number of kilometres, at the lower right."""
    km_a_pixel = _KM_A_DEGREE / view.up
    km = next(km for base in range(0, 5) for km in (5 * 10**base, 2 * 10 ** (base + 1), 10 ** (base + 1))
              if km / km_a_pixel > 45)  # fmt: skip
    long, x, y = km / km_a_pixel, view.width - 10, view.height - 10
    return (
        f'<path class="edge" stroke-width="2" d="M{x:.1f},{y - 4:g}v4h{-long:.1f}v-4"/>'
        f'<text x="{x - long - 6:.1f}" y="{y:g}" text-anchor="end">{km:,} km</text>'
    )


def _inset(view: Frame, predictions: Sequence[Prediction], region: float) -> str:
    """The whole world at the lower left: all of the mass, and a box where the close-up is."""
    scale = INSET / 360
    world = Frame(float(np.mean(WORLD)), 0.0, scale, scale * _STRETCH, INSET, _height(INSET))
    (south, north), (west, east) = view.box()
    x0, y0 = world.pixels(north, west)
    x1, y1 = world.pixels(south, east)
    grown = max(0.0, 7 - (x1 - x0)) / 2  # or it would not be seen
    box = (
        f'<rect class="box" x="{x0 - grown:.1f}" y="{y0 - grown:.1f}" width="{x1 - x0 + 2 * grown:.1f}" '
        f'height="{y1 - y0 + 2 * grown:.1f}"/>'
    )
    drawn = "".join([_ground(world, borders=False), *_cells(world, predictions, region), box])
    return (
        f'<svg x="0" y="{view.height - world.height:g}" width="{INSET}" height="{world.height:g}">{drawn}'
        f'<rect class="edge" x=".5" y=".5" width="{INSET - 1}" height="{world.height - 1:g}"/></svg>'
    )


def _half(ring: Array, axis: int, bound: float, side: int) -> Array:
    """The part of a ring (k, 2) with side · coordinate ≥ side · bound, by Sutherland and Hodgman, all edges at once."""
    if not len(ring):
        return ring
    inside = side * (ring[:, axis] - bound) >= 0
    if inside.all():
        return ring
    after = np.roll(ring, -1, axis=0)
    crossing = inside != np.roll(inside, -1)
    rise = np.where(crossing, after[:, axis] - ring[:, axis], 1.0)
    cut = ring + (after - ring) * ((bound - ring[:, axis]) / rise)[:, None]
    both: Array = np.stack([ring, cut], axis=1).reshape(-1, 2)
    kept: Array = both[np.stack([inside, crossing], axis=1).ravel()]
    return kept


def _path(parts: Iterable[Array], closed: bool) -> str:
    """SVG path data, relative, to half a pixel; points that fall together are left out."""
    drawn = []
    for part in parts:
        points = np.round(part * 2) / 2
        steps = np.diff(points, axis=0)
        steps = steps[(steps != 0).any(axis=1)]
        if len(steps):
            x, y = points[0].tolist()
            drawn.append(
                f"M{x:g},{y:g}l" + " ".join(f"{x:g},{y:g}" for x, y in steps.tolist()) + ("z" if closed else "")
            )
    return "".join(drawn)


def _seen(view: Frame, x: float, y: float) -> bool:
    return -_MARGIN <= x <= view.width + _MARGIN and -_MARGIN <= y <= view.height + _MARGIN


def _overlap(one: Sequence[float], other: Sequence[float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
