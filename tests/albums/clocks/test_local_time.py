"""Zones by place and time, against zoneinfo itself, and the zone of the place on the way."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.albums.clocks import local_time
from photoplanet.albums.clocks.local_time import Way

ZONES = [
    "Europe/Lisbon",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Pacific/Apia",
    "Africa/Casablanca",
]
PARIS, TOKYO, HAWAII = (48.86, 2.35), (35.68, 139.69), (21.3, -157.86)


@given(st.integers(0, 2_000_000_000), st.sampled_from(ZONES))
@settings(max_examples=200, deadline=None)
def test_offsets_are_those_of_zoneinfo(seconds, zone):
    wall = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    ahead, doubts = local_time.of_clock(np.array([float(seconds)]), zone)
    first, second = (wall.replace(tzinfo=ZoneInfo(zone), fold=fold).utcoffset() for fold in (0, 1))
    assert ahead[0] == first.total_seconds() and doubts.twice[0] == (first > second)
    assert doubts.never[0] == (first < second)
    moment = wall.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(zone))
    assert local_time.of_moment(np.array([float(seconds)]), zone)[0] == moment.utcoffset().total_seconds()


def test_at_sea_the_longitude_says_the_zone():
    assert local_time.zones_of(np.array([[0.0, -30.0], [-50.0, 172.0], [-60.0, -179.9], [0.0, 0.0]])).tolist() == [
        "Etc/GMT+2", "Etc/GMT-11", "Etc/GMT+12", "Etc/GMT",
    ]  # fmt: skip
    assert local_time.of_moment(np.zeros(1), "Etc/GMT-12").tolist() == [12 * 3600.0]


@pytest.mark.parametrize("there", [TOKYO, HAWAII])
def test_local_time_on_a_way_across_zones_is_found_from_what_clocks_showed(there):
    start = float(np.datetime64("2023-06-10T00:00:00").astype(np.int64))
    utc = start + np.arange(96) * 3600.0
    places = np.where((np.arange(96) < 48)[:, None], PARIS, there)
    way = Way(utc, local_time.zones_of(places))
    ahead = way.ahead(utc)
    found, _ = way.ahead_of_clock(utc + ahead)
    far = np.abs(np.arange(96) - 47.5) > 24  # around the flight, two answers may fit
    assert (found[far] == ahead[far]).all() and set(way.names) == set(local_time.zones_of(places))


def test_a_way_without_places_is_empty():
    assert not len(Way(np.array([0.0, np.nan]), np.array(["", "UTC"])))
    assert len(Way(np.zeros(1), np.array(["UTC"]))) == 1
