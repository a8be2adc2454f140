"""Cells as GeoJSON polygons: sides are great circles, cut at ±180°, poles closed along the map's edge."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import cells, geodesy

Ring = NDArray[np.float64]  # (k, 2): longitude, latitude, anticlockwise, not closed

_PIECES_OF_A_FACE = 128  # a side of a face is drawn in that many straight pieces, of a cell of level 7 or more in one
_DIGITS = 9  # 0.1 mm
_POLE = 90 - 1e-9  # degrees; nearer to the pole than any other corner of a cell can be


def shapes(ids: NDArray[np.uint64]) -> Iterator[dict[str, Any]]:
    """A GeoJSON geometry (Polygon, or MultiPolygon where cut) for each cell.

    >>> [shape["type"] for shape in shapes(cells.from_token(["89c25", "7"]))]
    ['Polygon', 'MultiPolygon']
    """
    vertices, levels = cells.vertices(ids), cells.level(ids)
    lat, lng = vertices[..., 0], vertices[..., 1]
    plain = (_PIECES_OF_A_FACE >> levels <= 1) & (np.ptp(lng, axis=1) < 180) & (np.abs(lat) < _POLE).all(axis=1)
    plain &= (np.abs(lng) < 180).all(axis=1)
    for corners, level, easy in zip(vertices, levels, plain, strict=True):
        if easy:
            yield {"type": "Polygon", "coordinates": [_closed(corners[:, ::-1])]}
            continue
        pieces = [ring for ring in _cut(_unrolled(_densified(corners, int(level)))) if len(ring) >= 3]
        rings = [[_closed(ring)] for ring in pieces]
        if len(rings) == 1:
            yield {"type": "Polygon", "coordinates": rings[0]}
        else:
            yield {"type": "MultiPolygon", "coordinates": rings}


def _densified(corners: NDArray[np.float64], level: int) -> Ring:
    """The outline of a cell with points along its sides; `corners` (4, 2) are latitude, longitude."""
    pieces = max(1, _PIECES_OF_A_FACE >> level)
    start = geodesy.to_xyz(corners[:, 0], corners[:, 1])
    end = np.roll(start, -1, axis=0)
    share = np.arange(pieces)[:, None] / pieces
    points = np.concatenate([a + share * (b - a) for a, b in zip(start, end, strict=True)])
    lat, lng = geodesy.from_xyz(points)
    return np.stack([lng, lat], axis=-1)


def _unrolled(ring: Ring) -> Ring:
    """The ring with longitudes that go on beyond ±180° instead of jumping, and with the poles drawn as lines."""
    at_pole = np.abs(ring[:, 1]) > _POLE
    if at_pole.any():  # a pole has every longitude: it becomes a line between its neighbours' meridians
        k = int(np.flatnonzero(at_pole)[0])
        ring = np.roll(ring, -k, axis=0)
        pole = np.sign(ring[0, 1]) * 90
        ring = np.concatenate([ring[1:], [[ring[-1, 0], pole], [ring[1, 0], pole]]])
    turns = np.diff(ring[:, 0], append=ring[0, 0])
    turns -= 360 * np.round(turns / 360)
    # Rounded before the cut, so that a side along ±180° is exactly there and leaves no sliver on the other side.
    lng = np.round(ring[0, 0] + np.concatenate([[0.0], np.cumsum(turns[:-1])]), _DIGITS)
    around = round(float(turns.sum() / 360))
    ring = np.stack([lng, ring[:, 1]], axis=-1)
    return _with_pole(ring, around) if around else ring


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
    for k in range(len(ring)):
        (x0, y0), (x1, y1) = ring[k - 1], ring[k]
        inside_before, inside = side * (x0 - meridian) >= 0, side * (x1 - meridian) >= 0
        if inside != inside_before:
            kept.append((meridian, y0 + (y1 - y0) * (meridian - x0) / (x1 - x0)))
        if inside:
            kept.append((x1, y1))
    return np.array(kept).reshape(-1, 2)


def _closed(ring: Ring) -> list[list[float]]:
    points = [[round(float(lng), _DIGITS), round(float(lat), _DIGITS)] for lng, lat in ring]
    distinct = [point for k, point in enumerate(points) if point != points[k - 1]]
    return [*distinct, distinct[0]]
