"""Whole columns: what Arrow reads at once is what the reading of single texts gives."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoplanet.earth.coordinates import arrays, text

CELLS = st.one_of(
    st.none(),
    st.sampled_from(["", " ", "nan", "N/A", "-", "inf", "x", "48.8584", " 48,8584 ", "1e-3", "48 deg 51' 30.00\" N",
                     "48°51′30″S", "48°70'", "48°51.5'30\"", "33.9 S", "-33.9 S", "-33.9 N", "2.3 E", "N 48.5"]),
    st.from_regex(r"-?[0-9]{1,3}(\.[0-9]{1,3})?( ?(°|deg))?( ?[0-9]{1,2}(\.[0-9])?')?( ?[NSEW])?", fullmatch=True),
    st.text("0123456789.,-+°'\"NSEW deg/:", max_size=12),
)  # fmt: skip


@given(st.lists(CELLS, max_size=8), st.sampled_from(["NS", "EW"]))
def test_a_column_is_read_as_its_cells_are(cells, letters):
    found = arrays.read(pa.array(cells, pa.string()), letters)
    for cell, value, empty in zip(cells, found.values, found.empty, strict=True):
        assert empty == text.is_empty(cell)
        expected = math.nan if cell is None else text.degrees(cell, letters)
        assert value == pytest.approx(expected, abs=1e-12, nan_ok=True), cell


@given(st.lists(st.tuples(CELLS, st.sampled_from([None, "", "N", "south", "s", "?", "E"])), max_size=8))
def test_hemispheres_of_a_column_are_read_as_those_of_its_cells(rows):
    cells, refs = [row[0] for row in rows], [row[1] for row in rows]
    read = arrays.read(pa.array(cells, pa.string()), "NS")
    found = arrays.with_hemispheres(read, pa.array(refs, pa.string()), "NS").values
    if all(text.is_empty(ref) for ref in refs):
        np.testing.assert_array_equal(found, read.values)
        return
    for cell, ref, value in zip(cells, refs, found, strict=True):
        expected = math.nan if text.is_empty(cell) else text.signed(text.angle(cell), ref, "NS")
        assert value == pytest.approx(expected, abs=1e-12, nan_ok=True), (cell, ref)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1.5, None, math.nan]), pa.array([1.5, None, math.nan], pa.float32()),
        pa.array(["1.5", None, ""]).dictionary_encode(), pa.array(["1,5", None, ""], pa.large_string()),
        pa.array([b"1.5", None, b""]), pa.chunked_array([["1.5"], [], [None, "null"]]),
    ],
)  # fmt: skip
def test_columns_of_any_type(column):
    found = arrays.read(column, "NS")
    assert found.values[0] == 1.5 and found.empty.tolist() == [False, True, True]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([[1.5], None]), pa.array([{"a": 1}, None]), pa.array([1, None], pa.timestamp("ns", "Europe/Paris")),
        pa.array([1, None], pa.time32("s")), pa.array([True, None]), pa.array([b"ab", None], pa.binary(2)),
    ],
)  # fmt: skip
def test_columns_that_hold_no_numbers_and_no_text_are_unreadable_and_not_empty(column):
    found = arrays.read(column, "NS")
    assert np.isnan(found.values).all() and found.empty.tolist() == [False, True]
    for both in arrays.read_both(column):
        assert np.isnan(both.values).all() and both.empty.tolist() == [False, True]


def test_numbers_that_are_not_finite_are_unreadable_and_empty_columns_are_empty():
    found = arrays.read(pa.array([math.inf]), "NS")
    assert math.isnan(found.values[0]) and not found.empty[0]
    assert len(arrays.read(pa.array([], pa.string()), "NS").values) == 0
    assert arrays.read(pa.nulls(2), "NS").empty.all()
    assert arrays.read(pa.array([7], pa.int64()), "NS").values.tolist() == [7.0]
