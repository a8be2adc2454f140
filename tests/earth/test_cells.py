"""Cells: what holds for every cell, pinned examples, and input that is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.earth import cells, geodesy
from photoplanet.errors import InputError

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)
levels = st.integers(0, 30)
MANY = settings(max_examples=150, deadline=None)


@MANY
@given(latitudes, longitudes, levels)
def test_a_point_is_in_its_cell_and_in_all_ancestors(lat, lng, level):
    leaf, cell = cells.from_latlng(lat, lng), cells.from_latlng(lat, lng, level)
    assert cells.level(cell) == level
    assert cells.range_min(cell) <= leaf <= cells.range_max(cell)
    assert cells.parent(leaf, level) == cell
    above = level // 2
    assert cells.parent(cell, above) == cells.from_latlng(lat, lng, above)


@MANY
@given(latitudes, longitudes, levels)
def test_tokens_go_there_and_back(lat, lng, level):
    cell = cells.from_latlng(lat, lng, level)
    token = cells.token(cell)
    assert isinstance(token, str) and not token.endswith("0")
    assert cells.from_token(token) == cells.from_token(token.upper()) == cell


@MANY
@given(latitudes, longitudes, st.integers(0, 29))
def test_children_fill_their_parent(lat, lng, level):
    cell = cells.from_latlng(lat, lng, level)
    young = cells.children(cell)
    assert (cells.parent(young, level) == cell).all() and (cells.level(young) == level + 1).all()
    assert cells.range_min(young[0]) == cells.range_min(cell) and cells.range_max(young[3]) == cells.range_max(cell)
    assert (cells.range_min(young[1:]) - cells.range_max(young[:-1]) == 2).all()  # leaves are odd numbers
    assert cells.area_km2(young).sum() == pytest.approx(cells.area_km2(cell), rel=1e-12)


@MANY
@given(latitudes, longitudes, st.integers(0, 29))
def test_a_centre_is_in_its_cell_and_its_corners_go_anticlockwise_around_it(lat, lng, level):
    cell = cells.from_latlng(lat, lng, level)
    centre = cells.center(cell)
    assert cells.from_latlng(*centre, level) == cell
    if level > 22:
        return  # centimetres: the corners' own rounding shows
    corner = geodesy.to_xyz(*np.moveaxis(cells.vertices(cell), -1, 0))
    outward = np.einsum("ij,j->i", np.cross(corner, np.roll(corner, -1, axis=0)), geodesy.to_xyz(*centre))
    assert (outward > 0).all()
    # A cell can hold points a little outside its corners' polygon only by rounding.
    point = np.einsum("ij,j->i", np.cross(corner, np.roll(corner, -1, axis=0)), geodesy.to_xyz(lat, lng))
    assert (point > -1e-15).all()


@pytest.mark.parametrize("level", range(6))
def test_the_cells_of_a_level_cover_the_sphere_once(level):
    ids = np.arange(6, dtype=np.uint64) << np.uint64(61) | np.uint64(1 << 60)
    for _ in range(level):
        ids = cells.children(ids).ravel()
    assert len(np.unique(ids)) == 6 * 4**level
    area = cells.area_km2(ids)
    assert area.sum() == pytest.approx(4 * np.pi * geodesy.EARTH_RADIUS_KM**2, rel=1e-12)
    assert area.max() / area.min() < 2.09  # paper, §3: 2.08


def test_known_cells():
    assert cells.from_latlng(10.0, 20.0) == 1236273861966593991
    assert cells.token(cells.from_latlng(10.0, 20.0, 4)) == "113"
    assert cells.token(cells.from_latlng([90, -90, 0, 0], [0, 0, 180, -180])).tolist() == [
        "5000000000000001", "b000000000000001", "6fffffffffffffff", "7000000000000001",
    ]  # fmt: skip
    assert cells.center(cells.from_token("1")) == (0, 0)
    assert cells.center(cells.from_token("5"))[0] == 90 and cells.center(cells.from_token("b"))[0] == -90


def test_one_value_in_one_value_out_and_shapes_are_kept():
    one = cells.from_latlng(10.0, 20.0)
    assert one.shape == () and one.dtype == np.uint64
    assert np.shape(cells.center(one)) == (2,) and cells.vertices(one).shape == (4, 2)
    assert cells.children(cells.parent(one, 5)).shape == (4,)
    assert np.isscalar(cells.area_km2(one)) and cells.is_valid(one) and not cells.is_valid(0)
    grid = cells.from_latlng(np.zeros((2, 3)), np.ones((2, 3)), 7)
    assert grid.shape == (2, 3) and cells.token(grid).shape == (2, 3) and cells.vertices(grid).shape == (2, 3, 4, 2)
    none = np.array([], np.uint64)
    assert cells.from_latlng([], []).shape == (0,) and cells.token(none).shape == (0,)
    assert cells.children(none).shape == (0, 4) and cells.vertices(none).shape == (0, 4, 2)
    assert cells.from_token([]).shape == (0,) and cells.area_km2(none).shape == (0,)


def test_any_kind_of_number_is_understood():
    expected = cells.from_latlng([10.0, -60.0], [20.0, 100.0], 10)
    assert (cells.from_latlng(np.array([10, -60], np.int8), np.array([20, 100], np.float32), 10) == expected).all()
    assert (cells.level(expected.view(np.int64)) == 10).all()  # databases keep ids signed
    assert cells.level([int(number) for number in expected]).tolist() == [10, 10]


def test_more_points_than_a_chunk_are_done_in_the_same_order():
    rng = np.random.default_rng(0)
    lat, lng = rng.uniform(-90, 90, 600_000), rng.uniform(-180, 180, 600_000)
    ids = cells.from_latlng(lat, lng, 12)
    some = rng.integers(0, len(lat), 1000)
    assert (ids[some] == cells.from_latlng(lat[some], lng[some], 12)).all()


@pytest.mark.parametrize(
    ("lat", "lng", "says"),
    [
        ([1, 2, np.nan], [3, 4, 5], "row 2"),
        ([1, 90.0001, np.nan], [3, 4, 5], "row 1"),
        ([1, 2], [3, -180.5], "row 1"),
        ([1, 2], [np.inf, 3], "row 0"),
        (91, 0, "latitude 91.0"),
        ([1, 2], [3], "2 values for latitude but 1"),
        (["north"], [3], "numbers in degrees"),
        ([1, None], [3, 4], "row 1"),
    ],
)
def test_coordinates_off_the_earth_are_refused_by_row(lat, lng, says):
    with pytest.raises(InputError, match=says):
        cells.from_latlng(lat, lng)


@pytest.mark.parametrize("level", [-1, 31, 2.5, "4", None])
def test_levels_that_do_not_exist_are_refused(level):
    with pytest.raises(InputError, match="level"):
        cells.from_latlng(1, 2, level)
    with pytest.raises(InputError, match="level"):
        cells.parent(cells.from_latlng(1, 2), level)


@pytest.mark.parametrize("tokens", ["", "X", "0", "89c25g", "0x1", " 1", "1_1", "1" * 17, "f", "89c2", 7, None])
def test_tokens_that_are_no_cell_are_refused(tokens):
    with pytest.raises(InputError, match="token"):
        cells.from_token(tokens)
    with pytest.raises(InputError, match="row 1"):
        cells.from_token(["89c25", tokens])


@pytest.mark.parametrize("ids", [0, 2, 2**64 - 1, [1 << 60, 0], [1.5], ["89c25"], [2**70], [-1, 2**63 + 1], [None]])
def test_numbers_that_are_no_cell_are_refused(ids):
    for function in (cells.level, cells.token, cells.center, cells.vertices, cells.area_km2, cells.range_min):
        with pytest.raises(InputError, match="cells"):
            function(ids)


def test_there_is_nothing_below_a_leaf_nor_a_parent_below_its_child():
    leaf = cells.from_latlng(1, 2)
    with pytest.raises(InputError, match="no children"):
        cells.children(leaf)
    with pytest.raises(InputError, match="finer"):
        cells.parent(cells.parent(leaf, 3), 4)
