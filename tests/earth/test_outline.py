"""Outlines of cells: sides follow great circles, rings are closed, cut at ±180°, and hold the poles."""

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
