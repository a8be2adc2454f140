"""Boxes from maps of probabilities: what is not a number, what is too small, what is slanted."""

import numpy as np
import pytest

from photoplanet.signs import bounds, boxes, columns, crops, letters, tiles


def rectangle(angle, width=80, height=12, size=160):
    """A map with one core, turned by `angle` degrees."""
    y, x = np.mgrid[:size, :size] - size / 2
    turn = np.deg2rad(angle)
    along, across = x * np.cos(turn) + y * np.sin(turn), -x * np.sin(turn) + y * np.cos(turn)
    return ((abs(along) < width / 2) & (abs(across) < height / 2)).astype(np.float32) * 0.9


@pytest.mark.parametrize("angle", range(-80, 90, 20))
def test_a_box_is_as_long_and_as_high_as_the_core_and_what_it_grows(angle):
    found = boxes.find(rectangle(angle))
    [corners] = found.corners
    grown = 80 * 12 * boxes.GROWTH / (80 + 12)
    assert sorted(crops.sides(corners)) == pytest.approx([12 + grown, 80 + grown], abs=4)
    assert 0.7 < found.scores[0] <= 0.9
    assert corners.mean(axis=0) == pytest.approx([80, 80], abs=1.5)


def test_corners_go_clockwise():
    for angle in range(-85, 90, 10):
        [corners] = boxes.find(rectangle(angle)).corners
        (a, b), (c, d) = corners[1] - corners[0], corners[2] - corners[1]
        assert a * d - b * c > 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_a_number_is_no_text(value):
    values = rectangle(0)
    values[:40] = value
    assert len(boxes.find(values).corners) == 1
    assert len(boxes.find(np.full((64, 64), value, np.float32)).corners) == 0


def test_specks_and_doubtful_cores_are_left_out():
    values = np.zeros((64, 64), np.float32)
    values[5, 5] = 1
    values[20:40, 20:40] = 0.4
    assert len(boxes.find(values).corners) == 0
    assert len(boxes.find(values, sure=0.3).corners) == 1


def test_the_largest_of_too_many_are_looked_at(monkeypatch):
    monkeypatch.setattr(boxes, "MOST", 2)
    values = np.zeros((200, 200), np.float32)
    for row, width in enumerate([20, 90, 40, 60]):
        values[20 + 40 * row : 30 + 40 * row, 10 : 10 + width] = 1
    assert [round(crops.sides(each)[0]) // 10 for each in boxes.find(values).corners] == [10, 7]


def test_a_flat_box_is_cut_to_something():
    line = np.array([[5, 5], [5, 5], [5, 5], [5, 5]], np.float32)
    assert crops.cut(np.zeros((20, 20, 3), np.uint8), line).shape[0] == crops.HEIGHT


def test_the_longest_line_is_squeezed():
    line = np.array([[0, 0], [9000, 0], [9000, 4], [0, 4]], np.float32)
    assert crops.cut(np.zeros((4, 9000, 3), np.uint8), line).shape == (crops.HEIGHT, crops.WIDEST, 3)


def test_windows_cover_every_pixel_and_overlap():
    for width, height in [(4000, 3000), (12_000, 2000), (2000, 12_000), (20_000, 20), (1, 1), (9000, 2999)]:
        for thorough in (False, True):
            seen = np.zeros((min(height, 12_000), min(width, 20_000)), np.uint8)
            windows = tiles.plan(width, height, thorough)
            assert len(windows) <= tiles.MOST
            for left, top, right, bottom in windows:
                assert 0 <= left < right <= width and 0 <= top < bottom <= height
                seen[top:bottom, left:right] += 1
            assert seen.min() >= 1
            assert len(windows) == 1 or seen.max() >= 2


def test_bounds_take_the_largest_and_most_central_first():
    def box(x, y, width, height):
        return [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]

    corners = np.array([box(0, 0, 50, 10), box(480, 480, 50, 10), box(100, 100, 200, 40)], np.float32)
    limit = bounds.Bounds(lines=2)
    chosen = limit.chosen(corners, (1000, 1000, 3))
    assert [each[0].tolist() for each in chosen] == [[100, 100], [480, 480]]
    assert limit.cut
    fine = bounds.Bounds()
    assert len(fine.chosen(corners, (1000, 1000, 3))) == 3 and not fine.cut


def test_text_from_what_is_not_a_number_is_none():
    steps = np.full((10, 4), np.nan, np.float32)
    assert letters.decode(steps, ["", "a", "b", " "]) == ("", 0.0)


def test_spaces_alone_are_no_text():
    assert letters.decode(np.eye(4, dtype=np.float32)[[3, 0, 3]], ["", "a", "b", " "]) == ("", 0.0)


def test_a_column_without_gaps_is_cut_into_squares():
    tall = np.array([[0, 0], [10, 0], [10, 40], [0, 40]], np.float32)
    noise = np.random.default_rng(0).integers(0, 256, (40, 10, 3), np.uint8)
    assert columns.laid_out(noise, tall).shape == (48, 4 * 48, 3)
    assert columns.laid_out(noise, tall * [[1, 100]]) is None
