"""The camera's clock as evidence: mild, by the rules of each zone and date, and none where the clock is wrong."""

from datetime import datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.clues import clock
from photoplanet.earth import gazetteer, ground, zones
from photoplanet.errors import InputError
from photoplanet.metadata.clock_facts import ClockFacts, Source
from photoplanet.metadata.exif_writer import gps_bytes
from photoplanet.metadata.sidecars import Sidecars

JULY, JANUARY = datetime(2023, 7, 14, 10), datetime(2023, 1, 14, 10)
NEARLY = 0.1  # bits: where clocks never change, nobody forgets to change one
SITES = {
    "Berlin": (52.52, 13.40), "Paris": (48.86, 2.35), "London": (51.51, -0.13), "Johannesburg": (-26.2, 28.04),
    "Sydney": (-33.87, 151.21), "Brisbane": (-27.47, 153.02), "New York": (40.71, -74.01), "Chicago": (41.85, -87.65),
    "Kathmandu": (27.72, 85.32), "Phoenix": (33.45, -112.07), "Denver": (39.74, -104.98), "Apia": (-13.83, -171.77),
    "Pago Pago": (-14.28, -170.70), "Accra": (5.56, -0.2), "Moscow": (55.75, 37.62), "St. John's": (47.56, -52.71),
}  # fmt: skip


@pytest.fixture(scope="module")
def earth():
    return ground.read()


def bits(clue, earth):
    """Of each of SITES, over the least likely site of the Earth."""
    rows = gazetteer.nearest(*zip(*SITES.values(), strict=True))
    found = (clue.log_likelihood - clue.log_likelihood.min()) / np.log(2)
    return dict(zip(SITES, found[rows].round(2).tolist(), strict=True))


def says(local, minutes, earth, source="offset"):
    [clue] = clock.clues(ClockFacts(local, minutes, source), earth)
    return clue


@pytest.mark.parametrize(
    ("local", "minutes", "best"),
    [
        (JULY, 120, {"Berlin", "Paris", "Johannesburg"}),
        (JANUARY, 60, {"Berlin", "Paris"}),
        (JULY, 60, {"London"}),
        (JANUARY, 0, {"London", "Accra"}),
        (JANUARY, 660, {"Sydney"}),
        (JULY, 600, {"Sydney", "Brisbane"}),
        (JULY, -420, {"Phoenix"}),
        (JULY, -360, {"Denver"}),
        (JANUARY, -420, {"Phoenix", "Denver"}),
        (JULY, 345, {"Kathmandu"}),
        (JULY, -150, {"St. John's"}),
        (datetime(2011, 12, 28, 10), -600, {"Apia"}),  # before Samoa changed sides of the date line
        (datetime(2012, 1, 3, 10), 840, {"Apia"}),
        (datetime(2010, 7, 14, 10), 240, {"Moscow"}),
        (datetime(2015, 7, 14, 10), 180, {"Moscow"}),
    ],
)  # fmt: skip
def test_the_likeliest_sites_are_those_whose_clocks_showed_it(earth, local, minutes, best):
    found = bits(says(local, minutes, earth), earth)
    assert {name for name, value in found.items() if value > max(found.values()) - NEARLY} == best


def test_by_an_independent_way_all_likeliest_sites_have_such_clocks(earth):
    """Towns drawn at random, by their zones' rules directly."""
    names, rows = zones.zone_of_towns()
    drawn = np.random.default_rng(0).integers(0, earth.towns, 300)
    for local, minutes in ((JULY, 120), (JANUARY, -300), (JULY, 330)):
        found = says(local, minutes, earth).log_likelihood
        for town in drawn.tolist():
            there = local.replace(tzinfo=ZoneInfo(names[rows[town]])).utcoffset() == timedelta(minutes=minutes)
            assert (found[town] > found.max() - NEARLY * np.log(2)) == there, names[rows[town]]


def test_a_clock_that_was_not_changed_with_the_season_is_likelier_than_one_from_elsewhere(earth):
    found = bits(says(JULY, 60, earth), earth)
    assert found["London"] > found["Berlin"] > found["New York"]
    assert found["New York"] == found["Johannesburg"], "which knows no summer time"
    assert found["Berlin"] < 2


def test_a_clock_left_on_home_time_is_likelier_where_many_have_that_time(earth):
    """A traveller is oftener from where people photograph: Central Europe's time says less than Nepal's would."""
    _, rows = zones.zone_of_towns()
    ahead = zones.offsets(JULY.astimezone(ZoneInfo("UTC")))
    weight = np.bincount(rows, minlength=len(ahead)).astype(float)
    likely = [clock.likelihood(ClockFacts(JULY, minutes, "offset"), ahead, ahead[None], weight).min()
              for minutes in (120, 345)]  # fmt: skip
    assert likely[0] > 3 * likely[1]


@pytest.mark.parametrize("source", get_args(Source))
@pytest.mark.parametrize("local", [JULY, JANUARY, datetime(1975, 7, 14), datetime(2024, 2, 29, 23, 59)])
def test_no_clock_says_more_than_its_bound_or_names_a_country(earth, source, local):
    """The bound is 4 bits for a camera and 2.5 for what a program wrote; no country then has over two thirds."""
    most = 4 if source in ("offset", "GPS time") else 2.5
    for minutes in range(-12 * 60, 14 * 60 + 1, 15):
        for clue in clock.clues(ClockFacts(local, minutes, source), earth):
            found = clue.log_likelihood.astype(float) / np.log(2)
            assert 1 < np.ptp(found) <= most + 1e-5
            share = np.bincount(earth.country, earth.weight * 2**found)
            assert share.max() / share.sum() < 2 / 3


def test_utc_is_weaker_than_other_offsets_since_many_clocks_were_never_set(earth):
    assert np.ptp(says(JANUARY, 0, earth).log_likelihood) < 0.8 * np.ptp(says(JANUARY, 60, earth).log_likelihood)


def test_what_a_program_wrote_is_weaker_than_what_the_camera_wrote(earth):
    camera, program = (np.ptp(says(JULY, 120, earth, source).log_likelihood) for source in ("GPS time", "XMP"))
    assert program < 0.7 * camera


@pytest.mark.parametrize("minutes", [75, 135, -45, -675, 37, 1, 599])
def test_clocks_that_nobody_had_say_nothing(earth, minutes):
    assert clock.clues(ClockFacts(JULY, minutes, "GPS time"), earth) == []


def test_without_facts_there_is_no_clue(earth):
    assert clock.clues(None, earth) == []


def test_hostile_offsets_never_become_facts():
    for minutes in (-13 * 60, 15 * 60, 99 * 60 + 99, 2**63):
        with pytest.raises(InputError, match="give an offset of -12 to"):
            ClockFacts(JULY, minutes, "offset")


@pytest.mark.parametrize(
    ("local", "minutes", "source", "text"),
    [
        (JULY, 120, "offset", "the camera's clock was 2 h ahead of UTC on 2023-07-14, as in zones such as "
         "Europe/Madrid, Europe/Paris, Africa/Johannesburg"),
        (JULY, -150, "GPS time", "the camera's clock was 2 h 30 min behind UTC on 2023-07-14, as in America/St_Johns"),
        (JULY, 0, "offset", "the camera's clock showed UTC on 2023-07-14, as in zones such as Atlantic/Reykjavik, "
         "Africa/Dakar, Atlantic/Azores"),
        (JULY, 345, "XMP", "by the photo's XMP, the camera's clock was 5 h 45 min ahead of UTC on 2023-07-14, as in "
         "Asia/Kathmandu"),
        (JULY, 330, "Google", "by Google's time, the camera's clock was 5 h 30 min ahead of UTC on 2023-07-14, as in "
         "Asia/Kolkata, Asia/Colombo"),
    ],
)  # fmt: skip
def test_a_person_reads_what_was_seen(earth, local, minutes, source, text):
    clue = says(local, minutes, earth, source)
    assert (clue.kind, clue.says, clue.lines) == ("clock", text, ())
    assert clue.log_likelihood.shape == earth.weight.shape and clue.log_likelihood.dtype == np.float32


def test_open_land_is_weighed_too(earth):
    """The ice of Greenland and the Sahara of Algeria, by their countries' clocks."""
    found = says(JANUARY, 60, earth).log_likelihood[earth.towns :]
    lat, lng = earth.latitude[earth.towns :], earth.longitude[earth.towns :]
    sahara = np.hypot(lat - 25, lng - 3).argmin()
    ice = np.hypot(lat - 72, lng + 40).argmin()
    assert found[sahara] == found.max() > found[ice] + 2


@given(st.integers(-2, 2).map(lambda quarters: 15 * quarters), st.integers(1, 4), st.sampled_from(get_args(Source)))
@settings(max_examples=40, deadline=None)
def test_likelihoods_of_all_offsets_together_are_one(shift, zones_, source):
    """In zones with summer time and without: the mixture is a distribution over what a clock may show."""
    ahead = (np.arange(zones_) * 60 + shift).astype(np.int16)
    others = np.stack([ahead, ahead + 60 * (np.arange(zones_) % 2)]).astype(np.int16)
    weight = np.arange(1.0, zones_ + 1)
    total = sum(
        clock.likelihood(ClockFacts(JULY, minutes, source), ahead, others, weight)
        for minutes in range(-12 * 60, 14 * 60 + 1, 15)
    )
    assert total == pytest.approx(np.ones(zones_))


def test_a_zone_without_rules_is_as_likely_as_the_average():
    ahead = np.array([120, 60, zones.UNKNOWN], np.int16)
    weight = np.array([0.25, 0.25, 0.5])
    found = clock.likelihood(ClockFacts(JULY, 120, "offset"), ahead, ahead[None], weight)
    assert found[2] == pytest.approx((found[0] + found[1]) / 2)


def test_without_any_rules_there_is_no_clue(earth, monkeypatch):
    unknown = np.full(len(zones.zone_of_towns()[0]), zones.UNKNOWN, np.int16)
    monkeypatch.setattr(zones, "offsets", lambda _: unknown)
    assert clock.clues(ClockFacts(JULY, 120, "offset"), earth) == []
    flat = clock.likelihood(ClockFacts(JULY, 120, "offset"), unknown, unknown[None], np.ones(len(unknown)))
    assert np.ptp(flat) == 0


def test_a_photo_on_disk_speaks_by_its_exif_or_its_sidecar(earth, make, tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(make.encoded(make.scene(size=(40, 30)), exif=gps_bytes(1, 2, "2023-07-14T10:00:00+05:45")))
    [clue] = clock.of_photo(path)
    assert clue.says.endswith("5 h 45 min ahead of UTC on 2023-07-14, as in Asia/Kathmandu")
    assert np.array_equal(clue.log_likelihood, says(JULY, 345, earth).log_likelihood)
    path.write_bytes(make.encoded(make.scene(size=(40, 30)), exif=gps_bytes(1, 2, "2023-07-14T10:00:00")))
    assert clock.of_photo(path) == []
    time = 'exif:DateTimeOriginal="2023-07-14T10:00:00+05:45"'
    (tmp_path / "a.xmp").write_bytes(make.xmp(1, 2, time))
    [beside] = clock.of_photo(path, earth, Sidecars())
    assert beside.says.startswith("by the photo's XMP, ")
    assert clock.of_photo(path.read_bytes()) == [], "bytes have no sidecars"
    with pytest.raises(InputError):
        clock.of_photo(tmp_path / "a.xmp")
