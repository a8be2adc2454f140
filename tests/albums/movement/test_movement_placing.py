"""Where a photo may be by those near to it in time, and how far off, checked by what everybody knows of travelling."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.albums.movement import experience, law, moments, placing, surroundings
from photoplanet.earth import cells, geodesy

NONE = experience.Experience(np.array([]), np.array([]))
POINTS = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def times(*texts):
    return moments.of(list(texts), [""] * len(texts))


def placed(places, when, at):
    """The prediction for the moment `at` among `places` (n, 2) taken at `when`, by the law alone."""
    found = placing.place(placing.known(np.array(places, float), times(*when)), times(at))
    return surroundings.prediction(found, NONE.at(found.hours))


def radius(prediction):
    return prediction.credible_region().radius_km


@settings(deadline=None, max_examples=30)
@given(POINTS)
def test_between_two_photos_at_one_place_it_is_there(place):
    where = placed([place, place], ["2024-05-01T12:00:00", "2024-05-01T12:02:00"], "2024-05-01T12:01:00")
    assert geodesy.distance_km(*where.point, *place) < 0.01 and radius(where) < 5 and not where.abstains


@settings(deadline=None, max_examples=30)
@given(POINTS)
def test_longer_gaps_have_larger_radii(place):
    hours = [0.1, 1, 6, 24, 24 * 7, 24 * 60]
    start = np.datetime64("2024-05-01T12:00:00")
    ats = [str(start + np.timedelta64(int(each * 3600), "s")) for each in hours]
    radii = [radius(placed([place], [str(start)], at)) for at in ats]
    assert all(one < two for one, two in itertools.pairwise(radii)) and radii[-1] > 1000


def test_two_neighbours_are_better_than_one():
    one = placed([(48.86, 2.35)], ["2024-05-01T12:00:00"], "2024-05-02T12:00:00")
    both = placed([(48.86, 2.35)] * 2, ["2024-05-01T12:00:00", "2024-05-03T12:00:00"], "2024-05-02T12:00:00")
    assert radius(both) < 0.8 * radius(one)


def test_on_the_way_it_may_be_between():
    ends = [(48.0, 2.0), (48.0, 6.0)]
    known = placing.known(np.array(ends), times("2024-05-01T08:00:00", "2024-05-02T16:00:00"))
    found = placing.place(known, times("2024-05-02T00:00:00"))
    away = geodesy.between_km(found.point, known.xyz)
    assert away.sum() < 300 and away.min() > 50  # 298 km apart: neither has more for it, and between both are near


@pytest.mark.parametrize("ends", [[(-17.5, 179.9), (-17.5, -179.9)], [(89.95, 0.0), (89.95, 180.0)]])
def test_across_the_date_line_and_the_pole(ends):
    where = placed(ends, ["2024-05-01T12:00:00", "2024-05-01T14:00:00"], "2024-05-01T13:00:00")
    assert max(geodesy.distance_km(*where.point, *end) for end in ends) < 25
    assert radius(where) < 200 and abs(cells.area_km2(where.partition.ids).sum() / 5.1e8 - 1) < 0.01


def test_after_a_flight_the_nearest_in_time_wins_and_the_other_end_stays_possible():
    ends, when = [(48.86, 2.35), (40.64, -73.78)], ["2024-05-01T08:00:00", "2024-05-01T18:00:00"]
    where = placed(ends, when, "2024-05-01T17:00:00")
    assert geodesy.distance_km(*where.point, *ends[1]) < 100
    there = where.partition.assign(*np.array(ends).T)
    assert where.probabilities[there[0]] > 0


def test_antipodes_have_no_way_between_them():
    where = placed([(0, 0), (0, 180)], ["2024-05-01T12:00:00", "2024-05-01T14:00:00"], "2024-05-01T13:00:00")
    assert min(geodesy.distance_km(*where.point, *end) for end in [(0, 0), (0, 180)]) < 1


def test_without_a_time_there_is_no_neighbour():
    known = placing.known(np.array([[48.86, 2.35]]), times("2024-05-01"))
    assert placing.place(known, moments.of([None], ["a.jpg"])) is None
    assert placing.place(placing.known(np.full((1, 2), np.nan), times("2024-05-01")), times("2024-05-01")) is None


def test_a_burst_on_one_side_does_not_hide_the_other():
    burst = [f"2024-05-01T18:{minute:02}:00" for minute in range(60)]
    known = placing.known(np.array([(48.0, 2.0)] * 60 + [(48.5, 2.0)]), times(*burst, "2024-05-03T08:00:00"))
    rows, hours = placing.near(known, times("2024-05-02T08:00:00"))
    assert len(rows) == placing.NEAR and 60 in rows and (np.diff(hours) >= 0).all()


def test_looks_choose_among_places_of_the_same_hours_only():
    places = np.array([(48.86, 2.35), (48.80, 2.30), (45.0, 5.0)])
    known = placing.known(places, times("2024-05-01", "2024-05-01", "2024-05-09"))

    def looks(row):
        return lambda rows: np.where(rows == row, 50.0, 1.0)

    for row in (0, 1):
        found = placing.place(known, times("2024-05-01"), looks(row))
        assert geodesy.between_km(found.point, geodesy.to_xyz(*places[row])) < 0.01
    found = placing.place(known, times("2024-05-01"), looks(2))
    assert geodesy.between_km(found.point, geodesy.to_xyz(*places[2])) > 100


def test_the_law_against_the_gaps_that_it_was_drawn_from():
    hours, median = np.array([0.2, 0.6, 2, 4.5, 36, 72, 170, 360, 740]), [1.2, 8, 24, 64, 149, 346, 325, 540, 920]
    ratio = law.median_km(hours) / median
    assert (ratio > 0.6).all() and (ratio < 2.3).all() and np.exp(np.log(ratio).mean()) == pytest.approx(1, abs=0.15)


def test_the_law_spreads_what_it_states():
    drawn = np.random.default_rng(0).random(100_000)
    km = 10 * drawn / (1 - drawn)
    for away in (1.0, 10.0, 90.0):
        assert (km <= away).mean() == pytest.approx(float(law.within(np.array(away), np.array(10.0))), abs=0.005)


@pytest.mark.parametrize("scale", [0.05, 1.0, 20.0])
def test_a_library_sets_its_own_pace(scale):
    rng = np.random.default_rng(3)
    hours = rng.uniform(1, 100, 400)
    share = rng.random(400)
    assert law.pace(scale * law.median_km(hours) * share / (1 - share), hours) == pytest.approx(scale, rel=0.35)


def test_the_mass_of_a_ring_is_what_was_experienced():
    known = placing.known(np.array([(48.86, 2.35), (50.0, 3.0)]), times("2024-05-01T12:00:00", "2024-05-04T12:00:00"))
    found = placing.place(known, times("2024-05-02T12:00:00"))
    lived = experience.Experience(np.full(500, found.hours), np.random.default_rng(0).lognormal(-2, 1, 500))
    experienced = lived.at(found.hours)
    where = surroundings.prediction(found, experienced)
    for share in (0.5, 0.9, 0.95):
        stated = where.credible_region(share).radius_km
        assert stated == pytest.approx(experienced.quantile(share) * found.spread_km, rel=0.2)


def test_a_place_that_one_comes_back_to_is_likelier():
    home, shop = (48.86, 2.35), (48.88, 2.38)
    on_days = [f"2024-04-{day:02}" for day in range(1, 20)]
    for place, other in ((home, shop), (shop, home)):
        known = placing.known(np.array([place] * 19 + [home, shop]), times(*on_days, "2024-05-01", "2024-05-01"))
        found = placing.place(known, times("2024-05-01"))
        assert geodesy.between_km(found.point, geodesy.to_xyz(*place)) < 0.01, other
