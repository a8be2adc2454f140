"""Known places: what a track says of photos taken between its points, and which cell a place stands for."""

import numpy as np
import pytest

from photoplanet.albums import known_places
from photoplanet.earth import cells
from photoplanet.earth.partition.partition import Partition
from photoplanet.metadata.track import Track

START = np.datetime64("2024-05-01T10:00:00")


def track(*seconds):
    """Points along the equator, a degree apart, at these seconds after START."""
    times = START + np.array(seconds, "timedelta64[s]")
    return Track(times, np.zeros(len(seconds)), np.arange(len(seconds), dtype=float))


def photos(*seconds):
    return START + np.array(seconds, "timedelta64[s]")


def test_a_photo_between_points_at_most_a_quarter_of_an_hour_apart_lies_on_the_line_between_them():
    places, slots = known_places.along(track(0, 900), photos(0, 225, 900))
    np.testing.assert_allclose(places, [[0, 0], [0, 0.25], [0, 1]], atol=1e-5)
    assert slots.size == 0


def test_points_further_apart_in_time_become_slots_of_the_album_instead():
    places, slots = known_places.along(track(0, 901, 5000), photos(225))
    assert np.isnan(places).all() and slots.tolist() == [0, 1]


def test_why_a_track_places_no_photo():
    assert known_places.silence(track(0, 901, 5000, 5800), photos(225, 5400)) == ""
    assert "at most 15 minutes apart" in known_places.silence(track(0, 901, 5000), photos(225))
    assert "while it was recorded" in known_places.silence(track(0, 901), photos(-1, 902))
    assert "while it was recorded" in known_places.silence(track(0, 901), np.array(["NaT"], "datetime64[s]"))


def test_before_and_after_a_track_its_nearest_end_becomes_a_slot():
    places, slots = known_places.along(track(0, 60, 120), photos(-1, 121))
    assert np.isnan(places).all() and slots.tolist() == [0, 2]


def test_a_photo_without_a_time_and_a_track_without_points_say_nothing():
    places, slots = known_places.along(track(0, 60), np.array(["NaT"], "datetime64[s]"))
    assert np.isnan(places).all() and slots.size == 0
    places, slots = known_places.along(track(), photos(0))
    assert np.isnan(places).all() and slots.size == 0


def test_a_line_across_the_antimeridian_takes_the_short_way():
    times = START + np.array([0, 600], "timedelta64[s]")
    places, _ = known_places.along(Track(times, np.zeros(2), np.array([179.0, -179.0])), photos(300, 150))
    assert abs(places[0, 1]) == pytest.approx(180) and places[1, 1] == pytest.approx(179.5)


def test_a_place_outside_every_cell_stands_for_the_nearest_mean():
    partition = Partition.from_cells(cells.from_latlng([48.86, 35.68, -33.87], [2.35, 139.69, 151.21], level=8))
    near_tokyo = known_places.classes(partition, np.array([[34.7, 135.5], [np.nan, 3.0], [35.68, 139.69]]))
    assert near_tokyo.tolist() == [near_tokyo[2], -1, partition.assign(35.68, 139.69)]


def test_between_points_that_nobody_gets_to_in_time_no_place_is_known():
    times = np.array([START, START + np.timedelta64(2, "s")])
    spike = Track(times, np.array([46.0, 51.0]), np.array([7.0, 12.0]))
    places, slots = known_places.along(spike, photos(0, 1))
    np.testing.assert_allclose(places, [[46, 7], [np.nan, np.nan]])
    assert not slots.size
