"""Lines over the Earth: cut at exactly ±180°, nowhere else, and as long as before."""

import itertools

import numpy as np
import pytest

from photoplanet.earth import lines


def pieces(*points):
    lat, lng = zip(*points, strict=True)
    shape = lines.shape(lat, lng)
    return [shape["coordinates"]] if shape["type"] == "LineString" else shape["coordinates"]


@pytest.mark.parametrize(
    ("points", "wanted"),
    [
        ([(1, 10), (2, 20)], [[[10, 1], [20, 2]]]),
        ([(-16.8, 179.7), (-16.8, 179.9), (-16.8, -179.9), (-16.8, -179.7)],
         [[[179.7, -16.8], [179.9, -16.8], [180, -16.8]], [[-180, -16.8], [-179.9, -16.8], [-179.7, -16.8]]]),
        ([(0, 179), (4, -177)], [[[179, 0], [180, 1]], [[-180, 1], [-177, 4]]]),
        ([(0, -177), (4, 179)], [[[-177, 0], [-180, 3]], [[180, 3], [179, 4]]]),
        ([(0, 179), (1, -179), (2, 179)],
         [[[179, 0], [180, 0.5]], [[-180, 0.5], [-179, 1], [-180, 1.5]], [[180, 1.5], [179, 2]]]),
        # points at the meridian itself, on either side of it
        ([(0, 179), (1, 180)], [[[179, 0], [180, 1]]]),
        ([(0, 179), (1, -180)], [[[179, 0], [180, 1]]]),
        ([(0, 180), (1, -179)], [[[-180, 0], [-179, 1]]]),
        ([(0, -180), (1, 179)], [[[180, 0], [179, 1]]]),
        ([(0, 179), (1, 180), (2, -179)], [[[179, 0], [180, 1]], [[-180, 1], [-179, 2]]]),
        ([(0, 179), (1, -180), (2, 179)], [[[179, 0], [180, 1], [179, 2]]]),
        ([(0, 180), (1, -180), (2, 180)], [[[180, 0], [180, 1], [180, 2]]]),
        ([(0, 179), (1, 180), (2, -180), (3, -179)], [[[179, 0], [180, 1], [180, 2]], [[-180, 2], [-179, 3]]]),
        ([(5, 7), (5, 7)], [[[7, 5], [7, 5]]]),
        # round the Earth twice: every crossing is a cut
        ([(0, lng) for lng in (0, 120, -120, 0, 120, -120, 0)],
         [[[0, 0], [120, 0], [180, 0]], [[-180, 0], [-120, 0], [0, 0], [120, 0], [180, 0]],
          [[-180, 0], [-120, 0], [0, 0]]]),
    ],
)  # fmt: skip
def test_a_line_is_cut_where_it_crosses(points, wanted):
    found = pieces(*points)
    if found != wanted:  # a line along the meridian may be on either side of it
        assert [[[abs(lng), lat] if abs(lng) == 180 else [lng, lat] for lng, lat in piece] for piece in found] == [
            [[abs(lng), lat] if abs(lng) == 180 else [lng, lat] for lng, lat in piece] for piece in wanted
        ]


def test_any_line_is_valid_and_as_long_as_its_steps():
    """RFC 7946: pieces of two positions or more, inside the map, none of which jumps, joined at ±180 on both sides."""
    random = np.random.default_rng(11)
    for _ in range(300):
        n = random.integers(2, 12)
        lat = random.uniform(-90, 90, n)
        lng = random.choice([random.uniform(-180, 180, n), random.choice([-180.0, 180, 179.9, -179.9, 0], n)])
        found = lines.cut(lat, lng)
        assert all(len(piece) >= 2 and np.abs(piece[:, 0]).max() <= 180 for piece in found)
        for before, after in itertools.pairwise(found):
            assert {before[-1, 0], after[0, 0]} == {-180, 180} and before[-1, 1] == after[0, 1]
        steps = np.abs(np.diff(lng))
        across = sum(np.abs(np.diff(piece[:, 0])).sum() for piece in found)
        assert across == pytest.approx(np.minimum(steps, 360 - steps).sum(), abs=1e-6)
