"""When photos were taken: what a text means, and what makes a time unusable."""

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from photoplanet.metadata.times import parse_times

NOW = datetime(2024, 6, 1, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2016-08-08T12:30:00", None),
        ("2016-08-08 12:30:00.250", None),
        (datetime(2016, 8, 8, 12, 30), None),
        (np.datetime64("2016-08-08T12:30:00"), None),
        ("1826-01-01T00:00:00", None),
        ("1825-12-31T23:59:59", "before photography"),
        ("1970-01-01T00:00:00", "clock never set"),
        ("1980-01-01T07:08:09", "clock never set"),
        ("1980-01-02T00:00:00", None),
        ("2024-06-02T12:00:00", None),  # somewhere it is tomorrow already
        ("2024-06-02T12:00:01", "in the future"),
        ("9999-12-31T23:59:59", "in the future"),
        ("yesterday", "no ISO 8601 time"),
        ("", "no usable time"),
        (None, "no usable time"),
        (np.datetime64("NaT"), "no usable time"),
    ],
)
def test_what_can_be_used_and_why_not(text, reason):
    times, report = parse_times([text], NOW)
    assert np.isnat(times[0]) == (reason is not None)
    assert report == ({} if reason is None else {reason: {"count": 1, "rows": [0]}})


def test_times_become_utc_where_all_state_their_offset_and_else_none_does():
    zoned = ["2020-01-01T12:00:00+02:00", "2020-01-01T12:00:00Z"]
    assert parse_times(zoned, NOW)[0].astype(str).tolist() == ["2020-01-01T10:00:00", "2020-01-01T12:00:00"]
    mixed = [zoned[0], "2020-01-01T12:00:00"]
    assert parse_times(mixed, NOW)[0].astype(str).tolist() == ["2020-01-01T12:00:00"] * 2


def test_a_report_counts_all_and_names_five_rows():
    _, report = parse_times(["x"] * 7 + ["2020-01-01"], NOW)
    assert report == {"no ISO 8601 time": {"count": 7, "rows": [0, 1, 2, 3, 4]}}


def test_without_a_given_now_it_is_the_clocks():
    now = datetime.now(timezone.utc)
    times, _ = parse_times([now, now + timedelta(days=2)])
    assert np.isnat(times).tolist() == [False, True]
