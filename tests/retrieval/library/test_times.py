"""What time says about matches: pinned speeds and spans, and clocks of two kinds."""

import numpy as np
import pytest

from photoplanet.retrieval.library.times import SAME_DAY, SAME_MINUTE, UNKNOWN, Moments, moment

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
    spans = [("10:01:00", SAME_MINUTE), ("10:01:01", SAME_MINUTE), ("22:00:00", SAME_DAY), ("22:00:01", SAME_DAY)]
    found = [bool(times.within(moment(f"2024-05-01T{clock}"), span)[0]) for clock, span in spans]
    assert found == [True, False, True, False]


@pytest.mark.parametrize("text", [None, "", "soon", "2024-13-01", "9999-99"])
def test_what_is_not_a_time_is_unknown(text):
    assert np.isnan(moment(text).seconds)
