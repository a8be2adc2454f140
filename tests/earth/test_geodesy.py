"""Great-circle distances, spherical means and medians."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.earth import geodesy
from photoplanet.errors import InputError

points = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
MANY = settings(max_examples=200, deadline=None)
QUARTER = np.pi / 2 * 6371.0


def test_known_distances():
    assert geodesy.distance_km(0, 0, 0, 90) == pytest.approx(QUARTER, rel=1e-15)
    assert geodesy.distance_km(90, 17, -90, -100) == pytest.approx(2 * QUARTER, rel=1e-15)
    assert geodesy.distance_km(48.8584, 2.2945, 40.6892, -74.0445) == pytest.approx(5837, abs=1)  # Paris, New York
    assert geodesy.distance_km(10, 179.999, 10, -179.999) == pytest.approx(0.21901, abs=1e-4)
    assert geodesy.distance_km(0, 0, 0, 1e-8) * 1e6 == pytest.approx(1.11195, abs=1e-4)  # millimetres
    assert geodesy.distance_km(0, 0, 1e-7, 180) == pytest.approx(2 * QUARTER - 1.11195e-5, abs=1e-8)  # nearly antipodes


def test_distances_broadcast_and_let_nan_through():
    assert geodesy.distance_km(np.zeros((5, 1)), np.zeros((5, 1)), np.zeros(3), np.arange(3)).shape == (5, 3)
    assert np.isnan(geodesy.distance_km(np.nan, 0, 0, 0))


@MANY
@given(points, points, points)
def test_distance_is_a_metric(a, b, c):
    ab, ba, bc, ac = (geodesy.distance_km(*p, *q) for p, q in ((a, b), (b, a), (b, c), (a, c)))
    assert ab == ba and 0 <= ab <= 2 * QUARTER + 1e-9 and ac <= ab + bc + 1e-6
    assert geodesy.distance_km(*a, *a) == 0


@MANY
@given(points)
def test_vectors_go_there_and_back(point):
    assert geodesy.distance_km(*geodesy.from_xyz(geodesy.to_xyz(*point)), *point) < 1e-9


def test_radii_are_those_of_the_paper():
    assert geodesy.RADII_KM == {"street": 1, "city": 25, "region": 200, "country": 750, "continent": 2500}
    assert geodesy.EARTH_RADIUS_KM == 6371.0


def test_means_cross_the_antimeridian_and_the_pole():
    assert geodesy.distance_km(*geodesy.mean([0, 0], [170, -170]), 0, 180) < 1e-9
    assert geodesy.mean([80, 80, 80, 80], [0, 90, 180, -90])[0] == pytest.approx(90)
    assert geodesy.mean([10], [20]) == pytest.approx((10, 20))
    assert geodesy.mean([0, 0], [0, 90], weights=[1e300, 0]) == pytest.approx((0, 0))


def test_points_that_cancel_out_give_the_heaviest_of_them():
    assert geodesy.mean([0, 0], [0, 180], weights=[1, 1]) == pytest.approx((0, 0))


def test_a_median_ignores_an_outlier_and_a_mean_does_not():
    lat, lng = [10.0, 10.1, 9.9, 10.0, 60.0], [20.0, 20.1, 19.9, 20.1, -100.0]
    assert geodesy.distance_km(*geodesy.median(lat, lng), 10, 20) < 15
    assert geodesy.distance_km(*geodesy.mean(lat, lng), 10, 20) > 500
    assert geodesy.median([10, 10, 10, -50], [1, 1, 1, 4]) == pytest.approx((10, 1))
    assert geodesy.median([3], [4]) == pytest.approx((3, 4))


def test_the_median_of_a_line_is_not_held_up_by_a_heavy_point_on_the_way():
    found = geodesy.median([30, 34, 35], [0, 0, 0], [2, 5, 7.125])  # 35 holds the half of 14.125 just so
    assert found == pytest.approx((35, 0), abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(30, 60), st.floats(-20, 40), st.floats(0.1, 5)), min_size=1, max_size=12))
def test_no_place_nearby_has_a_smaller_sum_of_distances_than_the_median(cluster):
    lat, lng, weights = map(np.array, zip(*cluster, strict=True))
    here = geodesy.median(lat, lng, weights)

    def total(where):
        return float(weights @ geodesy.distance_km(lat, lng, *where))

    best = total(here)
    rng = np.random.default_rng(0)
    for size in (0.01, 0.3, 5):
        for step in rng.normal(0, size, (10, 2)):
            assert best <= total((here[0] + step[0], here[1] + step[1])) + 1e-6 * weights.sum()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (([], []), "no point"),
        (([1], [2], [0]), "not all zero"),
        (([1, 2], [2, 3], [1, -1]), "not negative"),
        (([1], [2], [np.nan]), "finite"),
        (([1, 2], [2, 3], [1]), "1 values for 2 points"),
        (([1], [2], ["heavy"]), "numbers"),
        (([1, 95], [2, 3]), "row 1"),
    ],
)
@pytest.mark.parametrize("function", [geodesy.mean, geodesy.median])
def test_what_has_no_mean_is_refused(function, arguments, says):
    with pytest.raises(InputError, match=says):
        function(*arguments)


def test_a_check_names_the_file_and_counts_rows_from_where_the_piece_begins():
    with pytest.raises(InputError, match=r"photos\.csv: row 1001: .*bad rows: 2"):
        geodesy.check([1, 99, 99], [0, 0, 0], "photos.csv", first_row=1000)


def test_a_single_point_is_refused_without_counting_rows():
    with pytest.raises(InputError, match=r"--at: latitude 91\.0, longitude 0\.0 is .*remove or correct it$"):
        geodesy.check(91, 0, "--at")
