"""Outlines of many cells at once are, digit for digit, what they are when every cell is worked out alone."""

import json

import numpy as np
import pytest

from photoplanet.earth import cells, geodesy, outline

POLE = 90 - 1e-9


def one_by_one(ids):
    """A GeoJSON geometry for each cell."""
    vertices, levels = cells.vertices(ids), cells.level(ids)
    lat, lng = vertices[..., 0], vertices[..., 1]
    plain = (128 >> levels <= 1) & (np.ptp(lng, axis=1) < 180) & (np.abs(lat) < POLE).all(axis=1)
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


def _densified(corners, level):
    pieces = max(1, 128 >> level)
    start = geodesy.to_xyz(corners[:, 0], corners[:, 1])
    end = np.roll(start, -1, axis=0)
    share = np.arange(pieces)[:, None] / pieces
    points = np.concatenate([a + share * (b - a) for a, b in zip(start, end, strict=True)])
    lat, lng = geodesy.from_xyz(points)
    return np.stack([lng, lat], axis=-1)


def _unrolled(ring):
    at_pole = np.abs(ring[:, 1]) > POLE
    if at_pole.any():  # a pole has every longitude: it becomes a line between its neighbours' meridians
        k = int(np.flatnonzero(at_pole)[0])
        ring = np.roll(ring, -k, axis=0)
        pole = np.sign(ring[0, 1]) * 90
        ring = np.concatenate([ring[1:], [[ring[-1, 0], pole], [ring[1, 0], pole]]])
    turns = np.diff(ring[:, 0], append=ring[0, 0])
    turns -= 360 * np.round(turns / 360)
    # Rounded before the cut, so that a side along ±180° is exactly there and leaves no sliver on the other side.
    lng = np.round(ring[0, 0] + np.concatenate([[0.0], np.cumsum(turns[:-1])]), 9)
    around = round(float(turns.sum() / 360))
    ring = np.stack([lng, ring[:, 1]], axis=-1)
    return _with_pole(ring, around) if around else ring


def _with_pole(ring, around):
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


def _cut(ring):
    if np.abs(ring[:, 0]).max() < 180:  # as most are
        return [ring]
    first, last = np.floor((ring[:, 0].min() + 180) / 360), np.ceil((ring[:, 0].max() - 180) / 360)
    pieces = []
    for turn in range(int(first), int(last) + 1):
        piece = _half(_half(ring - [360 * turn, 0], -180, 1), 180, -1)
        if len(piece) and np.ptp(piece[:, 0]) > 0:
            pieces.append(piece)
    return pieces


def _half(ring, meridian, side):
    kept = []
    for k in range(len(ring)):
        (x0, y0), (x1, y1) = ring[k - 1], ring[k]
        inside_before, inside = side * (x0 - meridian) >= 0, side * (x1 - meridian) >= 0
        if inside != inside_before:
            kept.append((meridian, y0 + (y1 - y0) * (meridian - x0) / (x1 - x0)))
        if inside:
            kept.append((x1, y1))
    return np.array(kept).reshape(-1, 2)


def _closed(ring):
    points = [[round(float(lng), 9), round(float(lat), 9)] for lng, lat in ring]
    distinct = [point for k, point in enumerate(points) if point != points[k - 1]]
    return [*distinct, distinct[0]]


def some(level, count):
    """Cells of a level all over the Earth, with many at the poles and at ±180°; all cells of the first levels."""
    if level < 4:
        numbers = np.arange(6 * 4**level, dtype=np.uint64)
        return (2 * numbers + np.uint64(1)) << np.uint64(60 - 2 * level)
    draw = np.random.default_rng(level)
    lat, lng = np.degrees(np.arcsin(draw.uniform(-1, 1, count))), draw.uniform(-180, 180, count)
    lat[: count // 8] = draw.choice([-90, 90, 89.9999, -89.99999, 89.999999999], count // 8)
    lng[count // 8 : count // 3] = draw.choice([-180, 180, 179.99999, -179.9999999], count // 3 - count // 8)
    return cells.from_latlng(lat, lng, level=level)


@pytest.mark.parametrize("level", [*range(10), 15, 23, 30])
def test_cells_of_one_level(level):
    ids = some(level, 120)
    wanted = [json.dumps(shape) for shape in one_by_one(ids)]
    assert [json.dumps(shape) for shape in outline.shapes(ids)] == outline.texts(ids) == wanted


def test_cells_of_all_levels_in_any_order_more_than_are_worked_out_together():
    ids = np.concatenate([some(level, 90) for level in range(3, 20)])
    np.random.default_rng(0).shuffle(ids)
    assert len(ids) > 1000
    assert list(outline.shapes(ids)) == list(one_by_one(ids))


def test_outlines_are_right_also_when_more_were_asked_for_than_are_kept(monkeypatch):
    monkeypatch.setattr(outline, "MOST_KEPT", 50)
    for level in range(8, 14):
        ids = some(level, 40)
        assert [json.loads(text) for text in outline.texts(ids)] == list(outline.shapes(ids))
