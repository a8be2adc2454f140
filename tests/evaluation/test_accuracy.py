import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.earth.geodesy import RADII_KM
from photoplanet.errors import InputError
from photoplanet.evaluation import accuracy as metrics

ERRORS = st.lists(st.one_of(st.floats(0, 20_015), st.just(math.nan), st.just(math.inf)), min_size=1, max_size=80)


def slow_summary(errors):
    """Accuracy, median and mean GeoScore with plain loops."""
    errors = [math.inf if math.isnan(e) else e for e in errors]
    shares = {}
    for name, radius in RADII_KM.items():
        hits = 0
        for error in errors:
            if error <= radius:
                hits += 1
        shares[name] = hits / len(errors)
    ordered = sorted(errors)
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    score = sum(5000 * math.exp(-e / 1492.7) if math.isfinite(e) else 0 for e in errors) / len(errors)
    return shares, median, score


@settings(max_examples=80, deadline=None)
@given(ERRORS)
def test_every_figure_agrees_with_a_loop_and_lies_in_its_interval(errors):
    found = metrics.summary(errors, resamples=200)
    shares, median, score = slow_summary(errors)
    assert found["accuracy"] == pytest.approx(shares)
    assert found["geoscore"] == pytest.approx(score)
    assert (found["median_km"] is None) == math.isinf(median)
    if found["median_km"] is not None:
        assert found["median_km"] == pytest.approx(median)
        low, high = found["median_km_interval"]
        assert low <= found["median_km"] <= (math.inf if high is None else high)
    for name, share in found["accuracy"].items():
        low, high = found["accuracy_interval"][name]
        assert 0 <= low <= share <= high <= 1
    values = list(found["accuracy"].values())
    assert values == sorted(values)  # a larger radius never holds fewer photos
    json.dumps(found, allow_nan=False)


def test_a_radius_counts_a_photo_at_exactly_that_distance():
    found = metrics.accuracy([1.0, 25.0, 25.000001, 200, 750])
    assert found == {"street": 0.2, "city": 0.4, "region": 0.8, "country": 1.0, "continent": 1.0}


def test_no_prediction_is_wrong_everywhere_and_infinitely_far_in_the_median():
    found = metrics.summary([math.nan, math.inf, 0.5])
    assert found["photos"] == 3
    assert found["predicted"] == 1
    assert found["accuracy"]["continent"] == pytest.approx(1 / 3)
    assert found["median_km"] is None
    assert found["geoscore"] == pytest.approx(5000 * math.exp(-0.5 / 1492.7) / 3)


def test_no_photos_at_all():
    found = metrics.summary([])
    assert found["photos"] == 0
    assert found["median_km"] is found["geoscore"] is None
    assert found["accuracy_interval"]["city"] == [0.0, 1.0]


def test_a_negative_distance_is_refused():
    with pytest.raises(InputError, match="row 1"):
        metrics.summary([1.0, -2.0])


def test_the_share_interval_is_that_of_resampled_photos():
    hits = np.r_[np.ones(60), np.zeros(140)]
    random = np.random.default_rng(0)
    resampled = [random.choice(hits, 200).mean() for _ in range(4000)]
    expected = np.percentile(resampled, [2.5, 97.5])
    np.testing.assert_allclose(metrics.share_interval(0.3, 200, 4000), expected, atol=0.011)


@pytest.mark.parametrize("n", [40, 41])
def test_the_median_interval_is_that_of_resampled_photos(n):
    errors = np.random.default_rng(1).lognormal(5, 2, n)
    random = np.random.default_rng(2)
    resampled = [np.median(random.choice(errors, n)) for _ in range(6000)]
    expected = np.percentile(resampled, [2.5, 97.5])
    np.testing.assert_allclose(metrics.median_interval(errors, 6000), expected, rtol=0.15)


def test_nothing_right_is_not_certainty():
    low, high = metrics.share_interval(0.0, 20)
    assert low == 0
    assert high == pytest.approx(0.168, abs=0.001)  # the exact binomial bound
    assert metrics.share_interval(1.0, 20) == pytest.approx((1 - 0.168, 1), abs=0.001)


def test_the_same_seed_gives_the_same_intervals():
    errors = np.random.default_rng(3).lognormal(5, 2, 100)
    assert metrics.summary(errors, seed=5) == metrics.summary(errors, seed=5)
    assert metrics.summary(errors, seed=5) != metrics.summary(errors, seed=6)


def haversine(lat1, lng1, lat2, lng2):
    p, q = math.radians(lat1), math.radians(lat2)
    a = math.sin((q - p) / 2) ** 2 + math.cos(p) * math.cos(q) * math.sin(math.radians(lng2 - lng1) / 2) ** 2
    return 2 * 6371.0 * math.asin(min(1, math.sqrt(a)))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_top_k_is_the_best_so_far(seed):
    random = np.random.default_rng(seed)
    lat, lng = random.uniform(-90, 90, (6, 4)), random.uniform(-180, 180, (6, 4))
    lat[random.random((6, 4)) < 0.2] = math.nan
    truth = random.uniform(-90, 90, 6), random.uniform(-180, 180, 6)
    found = metrics.top_k_errors(lat, lng, *truth)
    for i in range(6):
        best = math.inf
        for k in range(4):
            if not math.isnan(lat[i, k]):
                best = min(best, haversine(lat[i, k], lng[i, k], truth[0][i], truth[1][i]))
            assert found[i, k] == (best if math.isinf(best) else pytest.approx(best, rel=1e-6, abs=1e-3))


def test_top_k_refuses_shapes_that_do_not_fit():
    with pytest.raises(InputError, match="give"):
        metrics.top_k_errors([[1, 2]], [[1, 2]], [1, 2], [1, 2])


def test_the_error_curve_rises_from_none_to_all_who_answered():
    errors = [0.05, 10, 100, math.nan]
    _, shares = metrics.error_curve(errors)
    assert (np.diff(shares) >= 0).all()
    assert shares[0] == 0.25
    assert shares[-1] == 0.75
    given, found = metrics.error_curve(errors, [10, 99.9])
    assert given.tolist() == [10, 99.9]
    assert found.tolist() == [0.5, 0.5]


def test_groups_are_scored_apart_the_largest_first():
    found = metrics.by_group([1, 30, 500, 2], ["b", "a", "b", "b"])
    assert list(found) == ["b", "a"]
    assert found["b"]["photos"] == 3
    assert found["b"]["accuracy"]["city"] == pytest.approx(2 / 3)
    assert found["a"]["accuracy"]["city"] == 0
    with pytest.raises(InputError, match="one group per photo"):
        metrics.by_group([1, 2], ["a"])
