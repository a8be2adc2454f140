"""The zone of a place, and what its clocks show: summer time by hemisphere, odd zones, the date line, missing rules."""

import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.earth import gazetteer, zones
from photoplanet.errors import InputError

JANUARY = datetime(2023, 1, 14, 12, tzinfo=timezone.utc)
JULY = datetime(2023, 7, 14, 12, tzinfo=timezone.utc)


def ahead(name, moment):
    return int(zones.offsets(moment)[zones.zone_of_towns()[0].index(name)])


@pytest.mark.parametrize(
    ("point", "name"),
    [
        ((48.86, 2.35), "Europe/Paris"),
        ((40.42, -3.70), "Europe/Madrid"),
        ((38.72, -9.14), "Europe/Lisbon"),  # an hour behind Madrid
        ((28.12, -15.43), "Atlantic/Canary"),  # one country, another zone
        ((33.45, -112.07), "America/Phoenix"),  # no summer time within a country that has it
        ((41.08, -85.14), "America/Indiana/Indianapolis"),
        ((50.45, 30.52), "Europe/Kyiv"),  # a name that old systems do not have
        ((-31.95, 115.86), "Australia/Perth"),
        ((-36.85, 174.76), "Pacific/Auckland"),
        ((1.87, -157.43), "Pacific/Kiritimati"),
    ],
)
def test_the_zone_of_known_places(point, name):
    assert zones.zones(*point) == [name]


def test_every_town_has_a_zone_and_every_zone_a_town():
    names, rows = zones.zone_of_towns()
    assert len(rows) == len(gazetteer.read().names)
    assert np.unique(rows).tolist() == list(range(len(names)))
    assert names == sorted(set(names))
    with pytest.raises(ValueError, match="read-only"):
        rows[0] = 1


def test_a_country_has_its_own_zones_only():
    """A shift of the rows by one would pass no border unnoticed."""
    names, rows = zones.zone_of_towns()
    data = gazetteer.read()
    country = np.array(data.country_codes)[data.state_country[data.state]]
    for code, only in (("DE", {"Europe/Berlin", "Europe/Busingen"}), ("JP", {"Asia/Tokyo"}), ("IN", {"Asia/Kolkata"}),
                       ("NP", {"Asia/Kathmandu"}), ("ZA", {"Africa/Johannesburg"}),
                       ("NZ", {"Pacific/Auckland", "Pacific/Chatham"})):  # fmt: skip
        assert {names[row] for row in rows[country == code]} == only, code


@pytest.mark.parametrize(
    ("name", "january", "july"),
    [
        ("Europe/Berlin", 60, 120),
        ("America/New_York", -300, -240),
        ("Australia/Sydney", 660, 600),  # summer in January
        ("America/Santiago", -180, -240),
        ("Africa/Johannesburg", 120, 120),
        ("Africa/Casablanca", 60, 60),
        ("Europe/Dublin", 0, 60),
        ("Asia/Kolkata", 330, 330),  # half hours
        ("America/St_Johns", -210, -150),
        ("Asia/Kathmandu", 345, 345),  # quarters
        ("Pacific/Chatham", 825, 765),
        ("Pacific/Pago_Pago", -660, -660),  # either side of the date line
        ("Pacific/Kiritimati", 840, 840),
    ],
)
def test_clocks_follow_the_summer_time_of_their_hemisphere(name, january, july):
    assert (ahead(name, JANUARY), ahead(name, JULY)) == (january, july)


@pytest.mark.parametrize(
    ("name", "when", "minutes"),
    [
        ("Europe/Moscow", "2010-07-14", 240),  # summer time, given up in 2011,
        ("Europe/Moscow", "2012-01-14", 240),  # for summer time all the year,
        ("Europe/Moscow", "2015-07-14", 180),  # and for winter time in 2014
        ("Pacific/Apia", "2011-12-29", -600),  # the day before the one that Samoa left out
        ("Pacific/Apia", "2011-12-31", 840),
        ("America/New_York", "1974-01-14", -240),  # summer time in winter, for the oil crisis, from 6 January
        ("America/New_York", "1974-01-04", -300),
        ("Asia/Pyongyang", "2016-01-14", 510),
        ("Asia/Pyongyang", "2019-01-14", 540),
        ("America/Mexico_City", "2022-07-14", -300),
        ("America/Mexico_City", "2023-07-14", -360),
    ],
)
def test_the_rules_are_those_of_the_date(name, when, minutes):
    assert ahead(name, datetime.fromisoformat(f"{when}T12:00:00+00:00")) == minutes


def test_summer_time_begins_at_its_minute():
    change = datetime(2023, 3, 26, 1, tzinfo=timezone.utc)
    assert ahead("Europe/Berlin", change - timedelta(seconds=1)) == 60
    assert ahead("Europe/Berlin", change) == 120


def test_a_moment_is_the_same_in_whatever_offset_it_is_stated():
    """Also the hour that comes twice: 2:30 on the night of the change is told apart by its offset."""
    first, second = (datetime.fromisoformat(f"2023-10-29T02:30:00{offset}") for offset in ("+02:00", "+01:00"))
    assert (ahead("Europe/Berlin", first), ahead("Europe/Berlin", second)) == (120, 60)
    assert ahead("Europe/Berlin", first.astimezone(timezone(timedelta(hours=-7)))) == 120


@given(st.datetimes(datetime(1850, 1, 1), datetime(9999, 12, 31, 23), timezones=st.just(timezone.utc)))
@settings(max_examples=40, deadline=None)
def test_offsets_are_those_of_the_earth_at_any_date(moment):
    found = zones.offsets(moment)
    known = found[found != zones.UNKNOWN]
    assert len(known) == len(found) or moment.year == 9999  # where local time may be past the calendar's end
    # before the date line ran where it does, Alaska and the Philippines were a day off
    assert known.min() >= -16 * 60 and known.max() <= 15.5 * 60
    if moment.year >= 1996:
        assert known.min() >= -12 * 60 and known.max() <= 14 * 60
        assert (known % 15 == 0).all()


def test_the_ends_of_the_calendar_are_unknown_and_not_an_error():
    for moment in (datetime.min, datetime.max):
        assert len(zones.offsets(moment.replace(tzinfo=timezone.utc))) == len(zones.zone_of_towns()[0])


def test_a_moment_without_an_offset_is_refused():
    with pytest.raises(InputError, match="2023-07-14T12:00:00: does not state how far it is from UTC"):
        zones.offsets(JULY.replace(tzinfo=None))


def test_local_time_in_a_zone():
    assert zones.local(JULY, "Pacific/Chatham").isoformat() == "2023-07-15T00:45:00+12:45"
    assert zones.local(datetime(2023, 7, 14, 12), "Europe/Lisbon").isoformat() == "2023-07-14T12:00:00+01:00"
    assert zones.local(datetime(2023, 10, 29, 2, 30), "Europe/Berlin").isoformat() == "2023-10-29T02:30:00+02:00"
    assert (
        zones.local(JULY, "Australia/Lord_Howe").isoformat() == "2023-07-14T22:30:00+10:30"
    )  # zones without a town too
    for name in ("Mars/Olympus", "../../etc/passwd", "/etc/passwd", "", "Europe", "Europe/Berlin\0"):
        assert zones.local(JULY, name) is None


def elsewhere(program):
    """What a program prints on a machine without a database of zones."""
    beginning = (
        "import sys; from datetime import datetime, timezone; from photoplanet.earth import zones;"
        "july = datetime(2023, 7, 14, 12, tzinfo=timezone.utc); names = zones.zone_of_towns()[0];"
    )
    run = subprocess.run(
        [sys.executable, "-c", beginning + program],
        env=os.environ | {"PYTHONTZPATH": ""}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return run.stdout.split()


def test_without_the_systems_rules_those_of_the_package_count():
    program = "o = zones.offsets(july); print((o == zones.UNKNOWN).sum(), o[names.index('Europe/Berlin')])"
    assert elsewhere(program) == ["0", "120"]


def test_without_any_rules_a_zone_is_unknown():
    program = (
        "sys.modules['tzdata'] = None;"
        "print((zones.offsets(july) == zones.UNKNOWN).all(), zones.local(july, 'Europe/Berlin'));"
        "print(zones.zones(52.5, 13.4))"
    )
    assert elsewhere(program) == ["True", "None", "['Europe/Berlin']"]


@pytest.mark.parametrize(
    ("point", "name"),
    [
        ((27.0, -5.0), "Africa/Algiers"),  # Morocco's towns are nearer
        ((21.0, 54.0), "Asia/Riyadh"),  # and here those of the Emirates
        ((72.0, -40.0), "America/Nuuk"),  # the ice
        ((-24.5, 125.0), "Australia/Perth"),
        ((66.5, 92.0), "Asia/Krasnoyarsk"),
        ((-78.0, 166.0), "Pacific/Auckland"),  # nobody's: the nearest town of all
    ],
)
def test_open_land_has_the_zone_of_its_own_country(point, name):
    assert zones.zones(*point) == [name]
    assert zones.zone_of_towns()[0][zones.zone_of_open_land(*point)[0]] == name


def test_the_grid_agrees_with_the_towns_that_lie_in_it():
    """By an independent way: towns are looked up as if they were open land."""
    data = gazetteer.read()
    _, rows = zones.zone_of_towns()
    ahead = zones.offsets(JULY)
    same = ahead[zones.zone_of_open_land(data.latitude, data.longitude)] == ahead[rows]
    assert same.mean() > 0.98  # the others lie within a quarter degree of a border


@given(st.floats(-90, 90), st.floats(-180, 180))
@settings(max_examples=200, deadline=None)
def test_any_point_has_a_zone(lat, lng):
    names, _ = zones.zone_of_towns()
    assert 0 <= zones.zone_of_open_land(lat, lng)[0] < len(names)


def test_points_off_the_earth_are_refused():
    with pytest.raises(InputError, match="row 1"):
        zones.zones([0, 91], [0, 0])


def test_no_points_no_zones():
    assert zones.zones([], []) == []


def test_either_side_of_the_date_line_sees_the_same_town():
    assert len(set(zones.zones([-16.5, -16.5], [180.0, -180.0]))) == 1
