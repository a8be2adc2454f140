"""Cells as GeoJSON polygons: sides are great circles, cut at ±180°, poles closed along the map's edge."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import cells, geodesy

Ring = NDArray[np.float64]  # (k, 2): longitude, latitude, anticlockwise, not closed
Rings = NDArray[np.float64]  # (n, k, 2)

_PIECES_OF_A_FACE = 128  # a side of a face is drawn in that many straight pieces, of a cell of level 7 or more in one
_DIGITS = 9  # 0.1 mm
_CLOSE = 1e-3  # from a half, so scaled: closer than that, the product's own rounding may decide
_TOGETHER = 1000  # cells whose outlines are worked out together
MOST_KEPT = 10_000  # cells whose outlines are kept in memory, some 5 MB

_kept: dict[int, str] = {}
_POLE = 90 - 1e-9  # degrees; nearer to the pole than any other corner of a cell can be


def shapes(ids: NDArray[np.uint64]) -> Iterator[dict[str, Any]]:
    """A GeoJSON geometry (Polygon, or MultiPolygon where cut) for each cell.

    >>> [shape["type"] for shape in shapes(cells.from_token(["89c25", "7"]))]
    ['Polygon', 'MultiPolygon']
    """
    for start in range(0, len(ids), _TOGETHER):
        some = ids[start : start + _TOGETHER]
        vertices, levels = cells.vertices(some), cells.level(some)
        found: list[dict[str, Any] | None] = [None] * len(some)
        away = (np.abs(vertices[..., 0]) < _POLE).all(axis=1)  # from the poles
        for pieces in np.unique(_pieces(levels[away])).tolist():
            rows = np.flatnonzero(away & (_pieces(levels) == pieces))
            for row, ring in zip(rows.tolist(), _whole(vertices[rows], pieces), strict=True):
                found[row] = {"type": "Polygon", "coordinates": [ring]} if ring else None
        for row, shape in enumerate(found):
            yield shape or _shape(vertices[row], int(_pieces(levels[row])))


def texts(ids: NDArray[np.uint64]) -> list[str]:
    """What `shapes` gives as JSON texts, which are kept in memory: a model's cells come again with every photo.

    >>> ids = cells.from_token(["89c25", "7"])
    >>> [json.loads(text) for text in texts(ids)] == list(shapes(ids))
    True
    """
    wanted: list[int] = ids.tolist()
    known = {each: text for each in wanted if (text := _kept.get(each))}
    new = [row for row, each in enumerate(wanted) if each not in known]
    if len(_kept) + len(new) > MOST_KEPT:
        _kept.clear()
    for row, shape in zip(new, shapes(ids[new]), strict=True):
        known[wanted[row]] = _kept[wanted[row]] = json.dumps(shape)
    return [known[each] for each in wanted]


def _pieces(levels: NDArray[Any]) -> NDArray[Any]:
    """In how many straight pieces a side of a cell is drawn, by its level."""
    return np.asarray(np.maximum(1, _PIECES_OF_A_FACE >> levels))


def _whole(vertices: NDArray[np.float64], pieces: int) -> list[list[list[float]] | None]:
    """The closed rings of cells (n, 4, 2) that are nowhere near a pole; None for those that have to be cut."""
    rings = vertices[..., ::-1] if pieces == 1 else _unrolled(_densified(vertices, pieces))[0]
    lng = rings[..., 0]
    whole = (np.abs(lng).max(axis=1) < 180) & (np.ptp(lng, axis=1) < 180)
    return [_closed(ring) if good else None for ring, good in zip(_rounded(rings).tolist(), whole, strict=True)]


def _shape(corners: NDArray[np.float64], pieces: int) -> dict[str, Any]:
    """The geometry of any cell, given by its corners (4, 2)."""
    rings, around = _unrolled(_past_pole(_densified(corners[None], pieces)[0])[None])
    ring = _with_pole(rings[0], int(around[0])) if around[0] else rings[0]
    outlines = [[_closed(_rounded(piece).tolist())] for piece in _cut(ring) if len(piece) >= 3]
    if len(outlines) == 1:
        return {"type": "Polygon", "coordinates": outlines[0]}
    return {"type": "MultiPolygon", "coordinates": outlines}


def _densified(corners: NDArray[np.float64], pieces: int) -> Rings:
    """The outlines of cells with points along their sides; `corners` (n, 4, 2) are latitude, longitude."""
    start = geodesy.to_xyz(corners[..., 0], corners[..., 1])
    end = np.roll(start, -1, axis=1)
    share = np.arange(pieces)[:, None] / pieces
    points = start[:, :, None] + share * (end - start)[:, :, None]
    lat, lng = geodesy.from_xyz(points.reshape(len(corners), -1, 3))
    return np.stack([lng, lat], axis=-1)


def _past_pole(ring: Ring) -> Ring:
    """A ring with the pole drawn as a line: it has every longitude, those of its neighbours' meridians too."""
    at_pole = np.abs(ring[:, 1]) > _POLE
    if not at_pole.any():
        return ring
    ring = np.roll(ring, -int(np.flatnonzero(at_pole)[0]), axis=0)
    pole = np.sign(ring[0, 1]) * 90
    return np.concatenate([ring[1:], [[ring[-1, 0], pole], [ring[1, 0], pole]]])


def _unrolled(rings: Rings) -> tuple[Rings, NDArray[np.float64]]:
    """The rings with longitudes that go on beyond ±180° instead of jumping, and how often each goes around a pole."""
    lng = rings[..., 0]
    turns = np.diff(lng, append=lng[:, :1], axis=1)
    turns -= 360 * np.round(turns / 360)
    # Rounded before the cut, so that a side along ±180° is exactly there and leaves no sliver on the other side.
    on = np.concatenate([np.zeros((len(rings), 1)), np.cumsum(turns[:, :-1], axis=1)], axis=1)
    straight = np.stack([np.round(lng[:, :1] + on, _DIGITS), rings[..., 1]], axis=-1)
    return straight, np.round(turns.sum(axis=1) / 360)


def _with_pole(ring: Ring, around: int) -> Ring:
    """A ring around a pole, which starts at the map's edge: along the ring, then up the edge to the pole, and back.

    Started elsewhere, the pieces on both sides of ±180° would have an edge in common, which a MultiPolygon must not.
    """
    edge = -180.0 * around + 360 * around * np.ceil((around * ring[0, 0] + 180) / 360)
    turn = np.array([360.0 * around, 0])
    ring = np.concatenate([ring, ring + turn, ring[:1] + 2 * turn])
    along = around * ring[:, 0]
    first, last = around * edge, around * edge + 360
    inside = ring[(along > first) & (along < last)]
    lat = np.interp([first, last], along, ring[:, 1])
    pole = 90.0 * around
    return np.concatenate([[[edge, lat[0]]], inside,
                           [[edge + 360 * around, lat[1]], [edge + 360 * around, pole], [edge, pole]]])  # fmt: skip


def _cut(ring: Ring) -> list[Ring]:
    """The pieces of an unrolled ring inside −180…180, each moved there."""
    if np.abs(ring[:, 0]).max() < 180:  # as most are
        return [ring]
    first, last = np.floor((ring[:, 0].min() + 180) / 360), np.ceil((ring[:, 0].max() - 180) / 360)
    pieces = []
    for turn in range(int(first), int(last) + 1):
        piece = _half(_half(ring - [360 * turn, 0], -180, 1), 180, -1)
        if len(piece) and np.ptp(piece[:, 0]) > 0:
            pieces.append(piece)
    return pieces


def _half(ring: Ring, meridian: float, side: int) -> Ring:
    """The part of the ring on one side of a meridian (+1: east), by Sutherland and Hodgman."""
    kept: list[Any] = []
    points = ring.tolist()  # Python's numbers, which a loop handles five times as fast
    for k in range(len(points)):
        (x0, y0), (x1, y1) = points[k - 1], points[k]
        inside_before, inside = side * (x0 - meridian) >= 0, side * (x1 - meridian) >= 0
        if inside != inside_before:
            kept.append((meridian, y0 + (y1 - y0) * (meridian - x0) / (x1 - x0)))
        if inside:
            kept.append((x1, y1))
    return np.array(kept).reshape(-1, 2)


def _rounded(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """The numbers nearest to `_DIGITS` digits, as Python's `round` finds them, one by one only where it is close."""
    scaled = degrees * 10.0**_DIGITS
    whole = np.rint(scaled)
    found: NDArray[np.float64] = whole / 10.0**_DIGITS
    close = np.abs(np.abs(scaled - whole) - 0.5) < _CLOSE
    if close.any():
        found[close] = [round(number, _DIGITS) for number in degrees[close].tolist()]
    return found


def _closed(points: list[list[float]]) -> list[list[float]]:
    distinct = [point for k, point in enumerate(points) if point != points[k - 1]]
    return [*distinct, distinct[0]]
