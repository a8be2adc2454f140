import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.earth import geodesy
from photoplanet.photos import splits
from photoplanet.training.unknown.left_out import rounds

CITIES = np.array(
    [(48.9, 2.3), (50.9, 4.4), (-33.9, 151.2), (40.7, -74.0), (35.7, 139.7), (-12.0, -77.0), (1.3, 103.8)]
)


@settings(max_examples=40, deadline=None)
@given(
    photos=st.lists(st.tuples(st.integers(0, len(CITIES) - 1), st.integers(0, 30)), min_size=2, max_size=120),
    seed=st.integers(0, 3),
)
def test_what_is_unknown_is_far_and_what_is_known_is_near_and_of_another_group(photos, seed):
    city, group = np.array(photos).T
    lat, lng = CITIES[city].T + np.random.default_rng(seed).normal(0, 0.1, (2, len(city)))
    for one in rounds(lat, lng, group, 5, seed):
        away = geodesy.distance_km(lat[:, None], lng[:, None], lat[one.training], lng[one.training]).min(axis=1)
        assert one.training.any() and one.known.size and one.unknown.size
        assert (away[one.unknown] > 750).all() and (away[one.known] <= 200).all()
        assert not set(group[one.known]) & set(group[one.training])
        assert not one.training[one.unknown].any() and not set(one.known) & set(one.unknown)


def test_every_region_is_left_out_in_turn_unless_a_quarter_lies_around_it():
    lat, lng = np.repeat(CITIES, [40, 5, 10, 10, 10, 10, 10], axis=0).T
    region = splits.regions(lat, lng)
    left_out = {int(r) for one in rounds(lat, lng, np.arange(len(lat)) // 2) for r in region[one.unknown]}
    around_paris = {int(region[0]), int(region[40])}
    assert left_out == set(region.tolist()) - around_paris


@pytest.mark.parametrize("places", [[], [(48.9, 2.3)] * 50])
def test_one_place_leaves_nothing_out(places):
    lat, lng = np.array(places).reshape(-1, 2).T
    assert rounds(lat, lng, np.arange(len(lat))) == []
