"""Outlines of cells: sides follow great circles, rings are closed, cut at ±180°, and hold the poles."""

import itertools

import numpy as np
import pytest

from photoplanet.earth import cells, geodesy, outline


def rings(shape):
    """The outer rings of a geometry, (k, 2) longitude and latitude."""
    polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
    return [np.array(polygon[0]) for polygon in polygons]


@pytest.mark.parametrize("token", ["1", "3", "5", "89c", "54"])
def test_a_drawn_side_stays_within_a_kilometre_of_its_great_circle(token):
    (shape,) = outline.shapes(cells.from_token([token]))
    for ring in rings(shape):
        start, end = ring[:-1], ring[1:]
        inside = (np.abs(start[:, 1]) < 89) & (np.abs(end[:, 1]) < 89)  # at a pole a straight line is no side
        inside &= ~((np.abs(start[:, 0]) == 180) & (np.abs(end[:, 0]) == 180))  # nor is the map's edge
        middle = (start + end)[inside] / 2
        a, b = geodesy.to_xyz(start[inside, 1], start[inside, 0]), geodesy.to_xyz(end[inside, 1], end[inside, 0])
        half_way = geodesy.from_xyz(a + b)
        assert geodesy.distance_km(middle[:, 1], middle[:, 0], *half_way).max() < 1


def test_a_face_has_128_points_a_side_and_a_cell_of_level_7_its_four_corners():
    (face,) = outline.shapes(cells.from_token(["1"]))
    (small,) = outline.shapes(cells.from_latlng([48.0], [2.0], level=7))
    assert len(rings(face)[0]) == 4 * 128 + 1 and len(rings(small)[0]) == 5


@pytest.mark.parametrize("token", ["1", "3", "5", "7", "9", "b", "89c25"])
def test_rings_are_closed_anticlockwise_and_on_the_map(token):
    (shape,) = outline.shapes(cells.from_token([token]))
    for ring in rings(shape):
        assert ring[0].tolist() == ring[-1].tolist()
        assert np.abs(ring[:, 0]).max() <= 180 and np.abs(ring[:, 1]).max() <= 90
        (x0, y0), (x1, y1) = ring[:-1].T, ring[1:].T
        assert (x0 * y1 - x1 * y0).sum() > 0


@pytest.mark.parametrize("token", ["5", "b"])
def test_a_face_around_a_pole_reaches_it(token):
    (shape,) = outline.shapes(cells.from_token([token]))
    corners = np.concatenate(rings(shape))
    assert np.abs(corners[:, 1]).max() == 90 and corners[:, 0].min() == -180 and corners[:, 0].max() == 180


def side(a, b, c):
    """Above 0 where c lies to the left of the way from a to b."""
    return (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])


def crosses(ring):
    """Whether a closed ring meets itself anywhere but where one side ends and the next begins; or turns back."""
    start, end = ring[:-1], ring[1:]
    step = end - start
    bend = side(start, end, np.roll(end, -1, axis=0))
    if (bend > 0).all() and len(start) == 4:  # convex, as most are
        return False
    back = (bend == 0) & ((step * np.roll(step, -1, axis=0)).sum(axis=1) <= 0)
    low, high = np.minimum(start, end), np.maximum(start, end)
    for k in range(len(start) - 2):
        others = np.arange(k + 2, len(start) - (k == 0))
        p, q, u, v = start[k], end[k], start[others], end[others]
        near = ((low[others] <= high[k]) & (high[others] >= low[k])).all(axis=1)
        meet = near & (side(p, q, u) * side(p, q, v) <= 0) & (side(u, v, p) * side(u, v, q) <= 0)
        if meet.any():
            return True
    return bool(back.any())


def faults(shape):
    """What RFC 7946 and the simple features model do not allow: found without the library that draws them."""
    found, reached = [], []
    for ring in rings(shape):
        (x0, y0), (x1, y1) = ring[:-1].T, ring[1:].T
        wrong = {
            "short": len(ring) < 4,
            "open": (ring[0] != ring[-1]).any(),
            "off the map": (np.abs(ring) > (180, 90)).any(),
            "clockwise": (x0 * y1 - x1 * y0).sum() <= 0,
            "crosses itself": crosses(ring),
            "a point twice": len(set(map(tuple, ring[:-1].tolist()))) < len(ring) - 1,
        }
        found += [fault for fault, true in wrong.items() if true]
        reached.append((ring[:, 0].min(), ring[:, 0].max()))
    touch = any(after[0] <= before[1] for before, after in itertools.pairwise(sorted(reached)))
    return [*found, "pieces with a common edge"] if touch else found


def test_the_search_for_faults_finds_them():
    bow = [[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]
    spike = [[0, 0], [2, 0], [2, 2], [2, 3], [2, 2], [0, 2], [0, 0]]
    assert "crosses itself" in faults({"type": "Polygon", "coordinates": [bow]})
    assert faults({"type": "Polygon", "coordinates": [spike]})
    halves = [[[[45, 0], [180, 0], [180, 9], [45, 9], [45, 0]]], [[[-180, 0], [45, 0], [45, 9], [-180, 9], [-180, 0]]]]
    assert faults({"type": "MultiPolygon", "coordinates": halves}) == ["pieces with a common edge"]


@pytest.mark.parametrize("level", range(6))
def test_the_outline_of_every_cell_of_the_first_levels_is_valid(level):
    numbers = np.arange(6 * 4**level, dtype=np.uint64)
    ids = (2 * numbers + np.uint64(1)) << np.uint64(60 - 2 * level)
    assert (cells.level(ids) == level).all()
    assert [cells.token(ids[row : row + 1]) for row, shape in enumerate(outline.shapes(ids)) if faults(shape)] == []


def test_the_outlines_of_small_cells_are_valid_at_the_poles_and_the_antimeridian_too():
    random = np.random.default_rng(7)
    lat, lng = np.degrees(np.arcsin(random.uniform(-1, 1, 2000))), random.uniform(-180, 180, 2000)
    lat[:300] = random.choice([-90, 90, 89.9999, -89.99999, 89.999999999], 300)
    lng[300:700] = random.choice([-180, 180, 179.99999, -179.9999999], 400)
    for first, level in enumerate(range(6, 26)):
        ids = cells.from_latlng(lat[first::20], lng[first::20], level=level)
        assert not any(faults(shape) for shape in outline.shapes(ids)), level


@pytest.mark.parametrize("token", ["5", "b"])
def test_a_face_around_a_pole_is_one_polygon_from_edge_to_edge(token):
    (shape,) = outline.shapes(cells.from_token([token]))
    assert shape["type"] == "Polygon" and len(rings(shape)[0]) == 4 * 128 + 4
