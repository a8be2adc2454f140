"""What time says about matches: pinned speeds and spans, and clocks of two kinds."""

import numpy as np
import pytest

from photoplanet.retrieval.library.times import UNKNOWN, Moments, moment, one_witness, stated_or_named

KM = 1 / 111.1949  # degrees of longitude on the equator


def impossible(minutes, km):
    times = Moments(["2024-05-01T10:00:00"])
    when = moment(f"2024-05-01T{10 + minutes // 60:02}:{minutes % 60:02}:00")
    return times.impossible(when, (0.0, km * KM), np.zeros(1), np.zeros(1))


@pytest.mark.parametrize(("minutes", "km", "never"), [
    (0, 549, False), (0, 551, True), (60, 1449, False), (60, 1451, True), (10, 1000, True),
])  # fmt: skip
def test_nobody_is_faster_than_an_airliner(minutes, km, never):
    assert impossible(minutes, km) == never


def test_half_a_day_later_all_is_possible():
    assert impossible(719, 19_000) and not impossible(721, 19_000)


def test_the_photo_before_and_the_one_after_count():
    times, where = Moments(["2024-05-01T10:00:00", "2024-05-01T11:00:00"]), np.array([0.0, 40.0])
    assert times.impossible(moment("2024-05-01T10:01:00"), (40.0, 0.0), where, np.zeros(2))  # from the first
    assert times.impossible(moment("2024-05-01T10:59:00"), (0.0, 0.0), where, np.zeros(2))  # to the second


def test_unknown_times_and_other_kinds_of_clocks_make_nothing_impossible():
    at = moment("2024-05-01T10:00:00")
    for times in (Moments([]), Moments([""]), Moments(["2024-05-01T10:00:00+00:00"])):
        places = np.zeros(len(times.seconds))
        assert not times.impossible(at, (50.0, 50.0), places, places)
    assert not Moments(["2024-05-01T10:00:00"]).impossible(UNKNOWN, (50.0, 50.0), np.zeros(1), np.zeros(1))


def test_a_minute_and_half_a_day():
    times = Moments(["2024-05-01T10:00:00"])
    at = [moment(f"2024-05-01T{clock}") for clock in ("10:01:00", "10:01:01", "22:00:00", "22:00:01")]
    assert [bool(times.same_minute(each)[0]) for each in at] == [True, False, False, False]
    assert [bool(times.same_day(each)[0]) for each in at] == [True, True, True, False]
    assert [one_witness(times[0], each) for each in at] == [True, False, False, False]


def test_days_are_compared_by_the_clocks_where_photos_were_taken():
    times = Moments(["2024-05-01", "2024-05-01T23:30:00", "2024-05-01T23:30:00+09:00", "2024-05-02", ""])
    for text in ("2024-05-01", "2024-05-01T15:00:00", "2024-05-01T15:00:00-07:00"):
        assert times.same_day(moment(text)).tolist() == [True, True, True, False, False]
    assert not times.same_minute(moment("2024-05-01")).any()  # a date is no moment
    assert not times.same_day(UNKNOWN).any() and times.known.tolist() == [True] * 4 + [False]


def test_a_date_makes_nothing_impossible():
    for known, asked in (("2024-05-01", "2024-05-01T12:00:00"), ("2024-05-01T12:00:00", "2024-05-01")):
        assert not Moments([known]).impossible(moment(asked), (50.0, 50.0), np.zeros(1), np.zeros(1))


@pytest.mark.parametrize(("stated", "path", "found"), [
    ("2024-05-01T10:00:00", "2020-01-01.jpg", "2024-05-01T10:00:00"),
    ("", "IMG_20200530_143334.jpg", "2020-05-30T14:33:34"),
    (None, "2020-05-30 Lisbon/7.jpg", "2020-05-30"), ("", "DSC0001.jpg", ""),
])  # fmt: skip
def test_a_name_says_when_where_nothing_else_does(stated, path, found):
    assert stated_or_named(stated, path) == found


@pytest.mark.parametrize("text", [None, "", "soon", "2024-13-01", "9999-99"])
def test_what_is_not_a_time_is_unknown(text):
    assert np.isnan(moment(text).seconds)
