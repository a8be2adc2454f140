"""Whole libraries: the radius holds nine of ten truths, for somebody at home and for a traveller."""

import numpy as np
import pytest

from photoplanet.albums import trips
from photoplanet.albums.movement import library, moments
from photoplanet.albums.movement.looks import LEAST_PHOTOS, Likeness
from photoplanet.albums.shots import Shot
from photoplanet.earth import geodesy
from photoplanet.metadata.track import Track


def walk(seed, photos, km_a_day):
    """Somebody who moves by chance: times within a year, and places, degrees (n, 2)."""
    rng = np.random.default_rng(seed)
    days = np.sort(rng.choice(360, photos, replace=True) + rng.uniform(0.35, 0.8, photos))
    step = rng.normal(0, 1, (photos, 2)) * (km_a_day / 111 * np.sqrt(np.diff(days, prepend=days[0])))[:, None]
    places = np.array([45.0, 5.0]) + np.cumsum(step, axis=0)
    start = np.datetime64("2023-01-01T00:00:00")
    return [str(start + np.timedelta64(int(day * 86400), "s")) for day in days], places


@pytest.mark.parametrize(("km_a_day", "least", "most"), [(0.3, 0.2, 8), (60, 20, 900)])
@pytest.mark.parametrize("days_hidden", [False, True])
def test_nine_of_ten_truths_are_inside_the_radius(km_a_day, least, most, days_hidden):
    inside, radii = [], []
    for seed in range(3):
        taken, places = walk(seed, 150, km_a_day)
        when = moments.of(taken, [""] * 150)
        rng = np.random.default_rng(seed)
        hidden = np.isin(when.days, when.days[0] + rng.choice(360, 110)) if days_hidden else rng.random(150) < 0.3
        found = library.Library(when, np.where(hidden[:, None], np.nan, places), [str(row) for row in range(150)])
        for row in np.flatnonzero(hidden):
            where = found.prediction(int(row))
            radii.append(where.credible_region().radius_km)
            inside.append(geodesy.distance_km(*where.point, *places[row]) <= radii[-1])
    assert 0.84 <= np.mean(inside) <= 0.98 and least < np.median(radii) < most


def test_known_places_of_all_folders_and_cameras_count():
    shots = [
        Shot("a/1.jpg", "a/1.jpg", "a", "2024-05-01T12:00:00", (48.86, 2.35), "One"),
        Shot("b/2.jpg", "b/2.jpg", "b", "2024-05-20T12:00:00", None, "Two"),
    ]
    split = trips.split(shots)[0]
    assert len(split) == 2
    where = library.of(shots, split).prediction(1)
    assert where.point == pytest.approx((48.86, 2.35), abs=1e-6) and where.credible_region().radius_km > 100


def test_without_use_of_places_nothing_is_known():
    shots = [Shot("1.jpg", "1.jpg", taken_at="2024-05-01", place=(48.86, 2.35)), Shot("2024-05-01.jpg", "2.jpg")]
    where = library.of(shots, trips.split(shots)[0], use_places=False).prediction(1)
    assert where.abstains and where.credible_region().radius_km > 5000


def test_points_of_a_track_are_known_places():
    track = Track(
        np.array(["2024-05-01T10:00", "2024-05-01T18:00"], "datetime64[s]"),
        np.array([48.0, 48.4]),
        np.array([2.0, 2.0]),
    )
    shots = [Shot("1.jpg", "1.jpg", taken_at="2024-05-01T17:59:00Z")]
    where = library.of(shots, trips.split(shots)[0], track=track).prediction(0)
    assert geodesy.distance_km(*where.point, 48.4, 2.0) < 1


def test_hostile_times_and_places_do_not_take_the_rest_down():
    nan = np.nan
    taken = ["0001-01-01", "9999-12-31T23:59:59", "2024-13-45", "x" * 10_000, None, "2024-05-01", "2024-05-02", "1826"]
    places = np.array([(0, 0), (90, 180), (-90, -180), (1, 1), (nan, nan), (nan, nan), (5.0, 5.0), (nan, nan)])
    found = library.Library(moments.of(taken, ["\udce9\n.jpg"] * 8), places, ["\udce9\n.jpg"] * 8)
    for row in range(8):
        where = found.prediction(row)
        assert np.isfinite(where.point).all() and where.probabilities.sum() == pytest.approx(1, abs=1e-3)
    assert found.prediction(5).point == pytest.approx((5.0, 5.0))


def test_photos_at_the_same_second_in_great_number():
    taken = ["2024-05-01T12:00:00"] * 300
    places = np.full((300, 2), np.nan)
    places[:299] = (48.86, 2.35)
    where = library.Library(moments.of(taken, [""] * 300), places, [str(row) for row in range(300)]).prediction(299)
    assert where.credible_region().radius_km < 1


def test_looks_that_are_not_known_or_too_few_say_nothing():
    features = np.random.default_rng(0).random((LEAST_PHOTOS + 1, 4)).astype(np.float32)
    features[3] = 0
    features[4] = np.nan
    likeness = Likeness(features[:-2])
    assert not likeness.says and likeness.beside(0) is None
    likeness = Likeness(np.concatenate([features, features]))
    assert likeness.beside(3) is None
    alike = likeness.beside(0)(np.array([0, 3, 4, 10_000]))
    assert alike[0] > 2 and alike[1:].tolist() == [1.0, 1.0, 1.0]


def test_looks_are_as_likely_to_speak_for_as_against():
    features = np.random.default_rng(0).normal(size=(200, 16)).astype(np.float32)
    likeness = Likeness(features)
    all_pairs = np.concatenate([likeness.beside(row)(np.arange(row)) for row in range(1, 200)])
    assert all_pairs.mean() == pytest.approx(1, abs=1e-3)


def two_people(apart, photos=160):
    """Two people who photograph by turns, every three quarters of an hour on average, at one place or in two cities."""
    rng = np.random.default_rng(2)
    hours = np.sort(rng.choice(40, photos) * 24 + rng.uniform(8, 20, photos))
    who = np.arange(photos) % 2
    start = np.datetime64("2024-03-01T00:00:00")
    taken = [str(start + np.timedelta64(int(hour * 3600), "s")) for hour in hours]
    home = np.array([(48.86, 2.35), (45.76, 4.84)])
    places = home[who if apart else np.zeros(photos, int)] + rng.normal(0, 0.01, (photos, 2))
    return taken, places, [("Ann", "Bob")[each] for each in who], rng.random(photos) < 0.3


def hits(taken, places, movers, hidden):
    when = moments.of(taken, [""] * len(taken))
    names = [str(row) for row in range(len(taken))]
    found = library.Library(when, np.where(hidden[:, None], np.nan, places), names, movers=movers)
    rows = np.flatnonzero(hidden)
    points = [found.prediction(int(row)).point for row in rows]
    near = [geodesy.distance_km(*point, *places[row]) < 25 for point, row in zip(points, rows, strict=True)]
    return found, float(np.mean(near))


def test_a_partner_elsewhere_does_not_say_where_one_is():
    taken, places, movers, hidden = two_people(apart=True)
    _, blind = hits(taken, places, None, hidden)
    found, told = hits(taken, places, movers, hidden)
    assert found.known.apart[1, 2] > 24 and told == 1.0 and blind < 0.9


def test_two_cameras_that_move_together_say_where_the_other_is():
    taken, places, movers, hidden = two_people(apart=False)
    found, told = hits(taken, places, movers, hidden)
    assert not found.known.apart.any() and told == 1.0
    of_both = [0, *range(2, len(taken))]  # the second photo's neighbours in time are the other's
    alone, _ = hits(taken, places, movers, np.isin(np.arange(len(taken)), of_both, invert=True))
    assert geodesy.distance_km(*alone.prediction(1).point, *places[1]) < 10


def test_one_photo_of_a_stranger_is_no_reason_to_tell_movers_apart():
    taken, places, movers, hidden = two_people(apart=False)
    movers[3], places[3] = "Eve", (40.7, -74.0)
    found, _ = hits(taken, places, movers, hidden)
    assert not found.known.apart.any()


def test_photos_of_shots_have_their_cameras_and_photographers():
    taken, places, movers, hidden = two_people(apart=True)
    shots = [
        Shot(str(row), f"{row}.jpg", "a", taken[row], None if hidden[row] else tuple(places[row]), movers[row])
        for row in range(len(taken))
    ]
    found = library.of(shots, trips.split(shots)[0])
    assert found.known.apart[1, 2] > 24
