"""Times as cameras, phones and scanners write them: read, or left empty; never passed through."""

from datetime import datetime, timedelta, timezone

import pytest

from photoplanet.metadata import exif_times


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019:05:01 12:00:00", "2019-05-01T12:00:00"),
        ("2019-05-01T12:00:00", "2019-05-01T12:00:00"),
        ("2019/05/01 12:00:00", "2019-05-01T12:00:00"),
        ("2019:05:01 12:00", "2019-05-01T12:00:00"),
        ("2019:5:1 9:05:07", "2019-05-01T09:05:07"),
        ("2019:05:01 01:00:00 PM", "2019-05-01T13:00:00"),
        ("2019:05:01 01:00:00pm", "2019-05-01T13:00:00"),
        ("2019:05:01 1:00:00 p.m.", "2019-05-01T13:00:00"),
        ("2019:05:01 12:10:00 AM", "2019-05-01T00:10:00"),
        ("2019:05:01 12:10:00 PM", "2019-05-01T12:10:00"),
        ("2019:05:01 13:10:00 PM", "2019-05-01T13:10:00"),
        ("2019:05:01 13:10:00 AM", None),
        ("2019:05:01 下午1:10:00", "2019-05-01T13:10:00"),
        ("2019:05:01 上午1:10:00", "2019-05-01T01:10:00"),
        ("2019-05-01T10:00:00Z", "2019-05-01T10:00:00+00:00"),
        ("2019:05:01 10:00:00+2:00", "2019-05-01T10:00:00+02:00"),
        ("2019:05:01 10:00:00-0330", "2019-05-01T10:00:00-03:30"),
        ("2019:05:01 10:00:00.25+02:00", "2019-05-01T10:00:00.250000+02:00"),
        ("2019:05:01 10:00:00 UTC", "2019-05-01T10:00:00+00:00"),
        ("2016:12:31 23:59:60", "2017-01-01T00:00:00"),
        ("2016:12:31 23:59:61", None),
        ("2019:05:01 24:00:00", None),
        ("2019:05:01 24:10:00", None),
        ("2019:13:01 10:00:00", None),
        ("2019:02:29 10:00:00", None),
        ("2020:02:29 10:00:00", "2020-02-29T10:00:00"),
        ("2019:05:01 10:61:00", None),
        ("0019:05:01 10:00:00", None),
        ("19:05:01 10:00:00", None),
        ("01:05:2019 10:00:00", None),
        ("0000:00:00 00:00:00", None),
        ("    :  :     :  :  ", None),
        ("2019:05:01", None),
        ("2019:05:01 12:00:00 XYZ", None),
        ("", None),
        (None, None),
    ],
)  # fmt: skip
def test_a_time_is_read_rightly_or_not_at_all(text, expected):
    assert exif_times.moment(text) == expected


@pytest.mark.parametrize(
    ("text", "hours"),
    [("+02:00", 2), ("+2:00", 2), ("+0200", 2), ("+02", 2), ("-3:30", -3.5), ("UTC+5", 5), ("Z", 0), ("+14:00", 14),
     ("+99:00", None), ("+02:75", None), ("   :  ", None), ("CET", None), ("", None), (None, None)],
)  # fmt: skip
def test_an_offset_is_read_or_unknown(text, hours):
    assert exif_times.zone_of(text) == (None if hours is None else timezone(timedelta(hours=hours)))


def test_the_offset_inside_the_value_counts_before_that_of_the_tag():
    assert exif_times.moment("2019:05:01 10:00:00Z", "+02:00") == "2019-05-01T10:00:00+00:00"
    assert exif_times.moment("2019:05:01 10:00:00", "junk") == "2019-05-01T10:00:00"


@pytest.mark.parametrize(("digits", "micro"), [("5", 500_000), ("10", 100_000), ("00", 0), ("05", 50_000), ("x", 0)])
def test_digits_of_a_second_are_a_fraction(digits, micro):
    assert datetime.fromisoformat(exif_times.moment("2019:05:01 10:00:00", None, digits)).microsecond == micro


def test_the_time_of_a_gps_receiver_is_utc():
    assert exif_times.from_gps("2017:05:06", (23.0, 59.0, 60.0)) == "2017-05-07T00:00:00+00:00"
    for clock in ((25.0, 0.0, 0.0), (1.0, 2.0), None, (float("nan"), 0.0, 0.0)):
        assert exif_times.from_gps("2017:05:06", clock) is None
