"""Outlines from files: points in polygons against a plain oracle, and documents that mean harm."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.earth.areas import geojson_area
from photoplanet.earth.areas.geojson_area import MAX_BYTES, read
from photoplanet.earth.areas.polygons import MAX_VERTICES
from photoplanet.errors import InputError

SQUARE = [[6, 45], [14, 45], [14, 48], [6, 48], [6, 45]]
HOLE = [[9, 46], [11, 46], [11, 47], [9, 47], [9, 46]]


def polygon(*rings):
    return read(json.dumps({"type": "Polygon", "coordinates": list(rings)}), "x.geojson")


def crossings(ring, x, y):
    """How often a ray to the east crosses the sides of a ring: one after the other, as in any textbook."""
    count = 0
    for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y1 <= y) != (y2 <= y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
            count += 1
    return count


corner = st.tuples(st.floats(-80, 80), st.floats(-85, 85)).map(lambda pair: [round(each, 3) for each in pair])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(corner, min_size=3, max_size=30), min_size=1, max_size=4), st.integers(0, 999))
def test_points_in_polygons_are_those_of_the_textbook(rings, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-90, 90, 60), rng.uniform(-90, 90, 60)
    every = read(json.dumps({"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}), "x")
    want = [any(crossings(ring, *point) % 2 for ring in rings) for point in zip(x, y, strict=True)]
    assert every.contains(y, x).tolist() == want
    holed = read(json.dumps({"type": "Polygon", "coordinates": rings}), "x")
    want = [sum(crossings(ring, *point) for ring in rings) % 2 == 1 for point in zip(x, y, strict=True)]
    assert holed.contains(y, x).tolist() == want


def test_a_hole_is_not_inside():
    assert polygon(SQUARE, HOLE).contains([45.5, 46.5, 46.5], [10, 10, 12]).tolist() == [True, False, True]


@pytest.mark.parametrize(
    "ring",
    [
        [[170, -20], [190, -20], [190, -10], [170, -10], [170, -20]],
        [[170, -20], [-170, -20], [-170, -10], [170, -10], [170, -20]],
        [[-190, -20], [-170, -20], [-170, -10], [-190, -10], [-190, -20]],
        [[530, -20], [550, -20], [550, -10], [530, -10]],  # once around, and not closed
    ],
)
def test_a_ring_over_180_degrees_holds_both_sides_of_it(ring):
    found = polygon(ring).contains([-15.0] * 6, [175.0, -175.0, 180.0, -180.0, 165.0, -165.0])
    assert found.tolist() == [True, True, True, True, False, False]


def test_holes_may_be_written_a_turn_away():
    across = [[170, -20], [190, -20], [190, -10], [170, -10]]
    hole = [[-178, -17], [-174, -17], [-174, -13], [-178, -13]]
    assert polygon(across, hole).contains([-15.0, -15.0], [-176.0, -172.0]).tolist() == [False, True]


def test_rings_around_a_pole_hold_it_and_the_world_is_the_world():
    antarctic = [[x, -60] for x in range(-180, 180, 30)]
    assert polygon(antarctic).contains([-90, -75, -75, -50], [0, 179, -180, 10]).tolist() == [True, True, True, False]
    world = polygon([[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]])
    assert world.contains([-90, 90, 0, 0, 12], [0, 0, 180, -180, 34]).all()


@pytest.mark.parametrize("kind", ["Feature", "FeatureCollection", "GeometryCollection"])
def test_all_that_holds_polygons_is_read(kind):
    shape = {"type": "Polygon", "coordinates": [SQUARE]}
    feature = {"type": "Feature", "properties": {"name": "Alps"}, "geometry": shape}
    document = {
        "Feature": feature,
        "FeatureCollection": {"type": kind, "features": [feature, {**feature, "geometry": None}]},
        "GeometryCollection": {"type": kind, "geometries": [shape, {"type": "MultiPolygon", "coordinates": [[HOLE]]}]},
    }[kind]
    assert read(json.dumps(document), "x").contains([46.5, 40.0], [10.0, 10.0]).tolist() == [True, False]


def test_heights_are_passed_over_and_a_byte_order_mark_too():
    text = json.dumps({"type": "Polygon", "coordinates": [[[*point, 300] for point in SQUARE]]})
    assert read(b"\xef\xbb\xbf" + text.encode(), "x").contains(46.5, 10.0)


def shaped(**more):
    return json.dumps({"type": "Polygon", "coordinates": [SQUARE], **more})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not GeoJSON"), ("[" * 200_000, "nested too deeply|not GeoJSON"), ("null", "not a type"),
        ('{"type": "Polygon", "coordinates": [[[NaN, 0], [1, 0], [1, 1]]]}', "NaN"),
        ('{"type": "Polygon", "coordinates": [[[1e999, 0], [1, 0], [1, 1]]]}', "not a place on Earth"),
        (shaped(coordinates=[[[6, 95], [7, 95], [7, 96]]]), "longitude first"),
        (shaped(coordinates=[[[6, 5], [7, 5]]]), "at least 3"), (shaped(coordinates=[]), "without a ring"),
        (shaped(coordinates=[[6, 5], [7, 5], [8, 5]]), "where GeoJSON has a list|not a list of"),
        (shaped(coordinates=[[["6", "5"], ["7", "5"], ["8", "9"]]]), "not a list of"),
        (shaped(coordinates=[[[True, False], [True, True], [False, False]]]), "not a list of"),
        (shaped(coordinates=[[[{}, []], [1, 1], [2, 3]]]), "not a list of"), (shaped(coordinates=None), "a list"),
        (shaped(type="Point", coordinates=[1, 2]), "a Point, which holds no place"),
        (shaped(type=["Polygon"]), "not a type"), (shaped(type="FeatureCollection", features={}), "a list"),
        (shaped(type="FeatureCollection", features=[]), "holds no polygon"),
        ('{"type": "Feature"}', "holds no polygon"),
        (shaped(coordinates=[[[0, 0]] * (MAX_VERTICES + 1)]), "100,000"),
        (shaped(type="MultiPolygon", coordinates=[[SQUARE]] * 20_001), "20,000"), (" " * (MAX_BYTES + 1), "16 MiB"),
        (b"\xff\xfe\x00{", "not GeoJSON"), ('{"type": "Polygon", "coordinates": [[[' + "9" * 5000 + ",1]]]}", "x"),
    ],
)  # fmt: skip
def test_documents_that_mean_harm_are_refused_in_a_line(text, words):
    with pytest.raises(InputError, match=words) as error:
        read(text, "x.geojson")
    assert str(error.value).startswith("x.geojson: ") and "\n" not in str(error.value)
    assert len(str(error.value)) < 250


def test_collections_have_a_bounded_depth():
    document = {"type": "Polygon", "coordinates": [SQUARE]}
    for _ in range(geojson_area.MAX_DEPTH + 1):
        document = {"type": "GeometryCollection", "geometries": [document]}
    with pytest.raises(InputError, match="deep"):
        read(json.dumps(document), "x")


def test_many_sides_that_are_all_long_are_refused_before_they_are_searched():
    zigzag = [[x, 80 * (-1) ** k] for k, x in enumerate(np.linspace(-170, 170, 50_000).tolist())]
    with pytest.raises(InputError, match="too many to search"):
        polygon(zigzag)


def test_hints_lie_on_both_sides_of_every_border():
    here = polygon(SQUARE, HOLE)
    assert 0.4 < here.hints()[2].mean() < 0.6
