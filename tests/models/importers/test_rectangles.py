"""Rectangles as S2 cells: their mass is kept, wherever they lie; bad tables are refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.errors import ModelError
from photoplanet.models.importers import rectangles
from photoplanet.models.importers.rectangles import Rectangles, cover, read

HEAD = "cluster_id,min_lat,min_lon,max_lat,max_lon,mean_lat,mean_lon\n"


def tree(cuts, west=-180.0, south=-90.0, east=180.0, north=90.0, at=0.5):
    """A quadtree of the whole Earth: each of `cuts` (any integers) cuts one of the rectangles in four."""
    found = [(south, west, north, east)]
    for cut in cuts:
        a, b, c, d = found.pop(cut % len(found))
        middle, between = (a + c) / 2, (b + d) / 2
        found += [(a, b, middle, between), (a, between, middle, d), (middle, b, c, between), (middle, between, c, d)]
    low, high = np.array(found)[:, :2], np.array(found)[:, 2:]
    return Rectangles(low, high, low + at * (high - low))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 1000), max_size=30), st.floats(0, 1))
def test_the_mass_of_every_rectangle_is_kept_in_cells_it_touches(cuts, at):
    given_ = tree(cuts, at=at)
    made = cover(given_)
    np.testing.assert_allclose(np.bincount(made.rectangle, made.share), 1, rtol=1e-6)
    assert set(made.cell.tolist()) == set(range(len(made.partition)))
    assert (np.abs(made.where) <= 1 + 1e-6).all()
    assert (np.diff(made.rectangle) >= 0).all()


def test_a_cell_holds_half_a_rectangle_at_most_and_few_parts_of_it():
    made = cover(tree(range(60)))
    assert made.share.max() <= rectangles.CELL_POINTS / rectangles.POINTS == 0.5
    assert np.bincount(made.rectangle).max() <= 30


def test_shares_are_of_the_ground_and_not_of_degrees():
    """Between the equator and 60°, the mean latitude of the ground is (φ sin φ + cos φ − 1) / sin φ: 26.9°, not 30°."""
    made = cover(Rectangles(np.array([[0.0, 0.0]]), np.array([[60.0, 10.0]]), np.array([[30.0, 5.0]])))
    edge = np.radians(60)
    wanted = np.degrees((edge * np.sin(edge) + np.cos(edge) - 1) / np.sin(edge))
    assert 30 + 30 * float(made.share @ made.where[:, 0]) == pytest.approx(wanted, abs=0.1)
    assert float(made.share @ made.where[:, 1]) == pytest.approx(0, abs=1e-6)


def test_positions_in_a_rectangle_are_0_at_the_mean_and_1_at_its_edges():
    given_ = Rectangles(np.array([[0.0, 0.0]]), np.array([[8.0, 8.0]]), np.array([[2.0, 8.0]]))
    points = np.array([[[2.0, 8.0], [8.0, 0.0], [0.0, 4.0], [5.0, 8.0]]])
    assert rectangles._relative(given_, points)[0].tolist() == [[0, 0], [1, -1], [-1, -0.5], [0.5, 0]]


def rows(*lines):
    return HEAD + "".join(f"{line}\n" for line in lines)


GOOD = ("0,0,0,10,10,5,5", "1,0,10,10,20,5,15")


@pytest.mark.parametrize(("text", "said"), [
    (rows(), "cluster_id 0 is missing|shape"),
    (rows("1,0,0,10,10,5,5"), "cluster_id 0 is missing"),
    (rows(GOOD[0], "2,0,10,10,20,5,15"), "cluster_id 1 is missing"),
    (rows(GOOD[0], GOOD[0]), "line 3: cluster_id 0 is there twice"),
    (rows(GOOD[0], "1,0,9,10,20,5,15"), "rectangles 0 and 1 overlap"),
    (rows(GOOD[0], "1,0,0,10,10,5,5"), "rectangles 0 and 1 overlap"),
    (rows("0,0,0,nan,10,5,5"), "not a table of rectangles"),
    (rows("0,0,0,inf,10,5,5"), "not a table of rectangles"),
    (rows("0,0,0,91,10,5,5"), "rectangle 0 is not on Earth"),
    (rows("0,0,170,10,190,5,175"), "rectangle 0 is not on Earth"),
    (rows("0,10,0,0,10,5,5"), "rectangle 0 has no ground"),
    (rows("0,0,0,0,10,0,5"), "rectangle 0 has no ground"),
    (rows("0,0,0,10,10,11,5"), "rectangle 0 has its mean outside"),
    (rows("0,0,0,10"), "not a table"),
    (rows("0,0,0,10,10,5,here"), "not a table"),
    ("cluster_id,min_lat\n0,1\n", "the column min_lon is missing"),
    ("", "the column cluster_id is missing"),
    (HEAD + '"0,0', "not a table"),
])  # fmt: skip
def test_a_bad_table_is_refused_in_one_line_that_names_the_file(text, said, tmp_path):
    path = tmp_path / "tree.csv"
    path.write_text(text)
    with pytest.raises(ModelError, match=said) as caught:
        read(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_the_order_of_rows_does_not_count_and_touching_is_not_overlapping(tmp_path):
    path = tmp_path / "tree.csv"
    path.write_text(rows(*GOOD[::-1]))
    found = read(path)
    assert found.low.tolist() == [[0, 0], [0, 10]]
    assert found.mean.tolist() == [[5, 5], [5, 15]]


def test_a_file_that_is_missing_too_large_or_no_text_is_refused(tmp_path, monkeypatch):
    with pytest.raises(ModelError, match="cannot be read"):
        read(tmp_path / "none.csv")
    path = tmp_path / "tree.csv"
    path.write_bytes(b"\xff\xff\x00")
    with pytest.raises(ModelError, match="not a table"):
        read(path)
    path.write_text(rows(*GOOD))
    monkeypatch.setattr(rectangles, "MAX_BYTES", 50)
    with pytest.raises(ModelError, match="over"):
        read(path)


def test_rectangles_of_other_shapes_are_refused():
    for low, high, mean in (
        (np.zeros((0, 2)), np.zeros((0, 2)), np.zeros((0, 2))),
        (np.zeros((1, 3)), np.ones((1, 2)), np.zeros((1, 2))),
        (np.zeros((1, 2)), np.ones((2, 2)), np.zeros((1, 2))),
    ):
        with pytest.raises(ModelError, match="rectangles: "):
            Rectangles(low, high, mean)
