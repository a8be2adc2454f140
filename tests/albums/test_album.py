"""Order, bad times and the forming of albums."""

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoplanet.albums import album, trips
from photoplanet.albums.shots import Shot
from photoplanet.errors import InputError
from photoplanet.metadata.times import parse_times

NOW = datetime(2024, 6, 1, tzinfo=timezone.utc)


def times(*texts):
    return parse_times(texts, NOW)[0]


def test_times_that_cannot_be_true_are_named_and_left_out():
    texts = [None, "yesterday", "1970-01-01T00:00:00", "1980-01-01T00:13:00", "1066-10-14", "2031-01-01", "2023-05-01"]
    found, report = parse_times(texts, NOW)
    assert np.isnat(found).tolist() == [True] * 6 + [False]
    assert report == {
        "no usable time": {"count": 1, "rows": [0]},
        "no ISO 8601 time": {"count": 1, "rows": [1]},
        "clock never set": {"count": 2, "rows": [2, 3]},
        "before photography": {"count": 1, "rows": [4]},
        "in the future": {"count": 1, "rows": [5]},
    }


def test_times_from_a_zone_ahead_of_ours_are_no_future():
    assert not np.isnat(times("2024-06-01T13:00:00")).any()


def test_offsets_count_where_every_photo_has_one_and_else_the_clock_on_the_wall_orders():
    both = times("2024-05-01T12:00:00+02:00", "2024-05-01T11:00:00Z")
    assert album.order(both).rows.tolist() == [0, 1] and album.order(both).gaps.tolist() == [1.0]
    mixed = times("2024-05-01T12:00:00+02:00", "2024-05-01T11:00:00")
    assert album.order(mixed).rows.tolist() == [1, 0]
    assert not np.isnat(times("2024-05-01T11:00:00.1Z", "2024-05-01T11:00:00.123456789")).any()
    assert str(times(np.datetime64("2024-05-01T12:00:00"), datetime(2024, 5, 2))[1]) == "2024-05-02T00:00:00"


@pytest.mark.parametrize("extreme", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_the_edges_of_the_calendar_are_bad_times_and_no_fault(extreme):
    found, report = parse_times([extreme], NOW)
    assert np.isnat(found).all() and sum(entry["count"] for entry in report.values()) == 1


def test_equal_times_keep_the_given_order_and_untimed_photos_stay_behind_the_one_before():
    found = album.order(times("2024-01-02", "2024-01-01", None, "2024-01-01", None))
    assert found.rows.tolist() == [1, 2, 3, 4, 0]
    np.testing.assert_allclose(found.gaps, [0, 0, 12, 12])


def test_gaps_outside_the_known_times_are_unknown():
    found = album.order(times(None, "2024-01-01T00:00:00", "2024-01-01T06:00:00", None))
    assert found.rows.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(found.gaps, [np.nan, 6, np.nan])
    assert np.isnan(album.order(times(None, None)).gaps).all()
    assert album.order(times()).rows.size == 0


@given(st.lists(st.one_of(st.none(), st.integers(0, 50)), max_size=30))
def test_order_is_a_permutation_in_time_order(hours):
    base = datetime(2024, 1, 1)
    given_times = times(*[None if hour is None else base + timedelta(hours=hour) for hour in hours])
    found = album.order(given_times)
    assert sorted(found.rows.tolist()) == list(range(len(hours)))
    known = [hours[row] for row in found.rows if hours[row] is not None]
    assert known == sorted(known)
    if known:
        assert np.nansum(found.gaps) == pytest.approx(known[-1] - known[0])


def test_a_column_says_what_an_album_is_and_else_long_pauses_do():
    when = times("2024-01-01", "2024-01-02", "2024-02-01", "2024-02-02", "2024-02-03")
    found = album.form(when, albums=["a", None, "a", None, None])
    assert [each.rows.tolist() for each in found] == [[0, 2], [1], [3, 4]]
    assert [each.rows.tolist() for each in album.form(when, gap_hours=1000)] == [[0, 1, 2, 3, 4]]


def test_cameras_and_photographers_are_kept_apart_unless_told_otherwise():
    when = times("2024-01-01T10:00:00", "2024-01-01T11:00:00", "2024-01-01T12:00:00")
    cameras, people = ["Canon", "Nikon", "Canon"], ["ann", "ann", "bob"]
    assert [each.rows.tolist() for each in album.form(when, cameras=cameras)] == [[0, 2], [1]]
    assert [each.rows.tolist() for each in album.form(when, photographers=people)] == [[0, 1], [2]]
    assert len(album.form(when)) == 1


def test_very_long_albums_are_cut_at_their_longest_pauses():
    start = datetime(2024, 1, 1)
    hours = np.cumsum([1.0] * 50 + [30.0] + [1.0] * 49)
    when = times(*[start + timedelta(hours=float(hour)) for hour in hours])
    found = album.form(when, albums=["one"] * 100, max_photos=80)
    assert [len(each.rows) for each in found] == [50, 50]
    assert all(len(each.gaps) == len(each.rows) - 1 for each in found)
    assert max(len(each.rows) for each in album.form(times(*[None] * 1000), max_photos=64)) <= 64


def test_of_equal_pauses_the_one_in_the_middle_is_cut():
    when = times(*[datetime(2024, 1, 1) + timedelta(hours=hour) for hour in range(100)])
    assert [len(each.rows) for each in album.form(when, max_photos=60)] == [50, 50]


def test_bad_arguments_are_refused():
    with pytest.raises(InputError, match="albums has 1 values for 2 photos"):
        album.form(times(None, None), albums=["a"])
    with pytest.raises(InputError, match="gap_hours"):
        album.form(times(None), gap_hours=0)
    with pytest.raises(InputError, match="1 gaps"):
        album.Album(np.zeros(3), np.zeros(2, np.int32))
    with pytest.raises(InputError, match="time order"):
        album.Album(np.array([-1.0]), np.zeros(2, np.int32))


def test_a_burst_goes_by_fractions_of_the_second_and_then_by_names():
    names = ["IMG_10.jpg", "IMG_9.jpg", "IMG_8.jpg", "IMG_11.jpg", "a.jpg"]
    taken_at = ["12:00:00", "12:00:00", "12:00:00.5", "12:00:00.25", None]
    times = np.array(["2024-05-01T12:00:00"] * 4 + ["NaT"], "datetime64[s]")
    found = album.order(times, album.ties(taken_at, names))
    assert [names[row] for row in found.rows] == ["IMG_9.jpg", "IMG_10.jpg", "IMG_11.jpg", "a.jpg", "IMG_8.jpg"]
    assert found.gaps.tolist() == [0, 0, 0, 0]
    assert album.order(times).rows.tolist() == [0, 1, 2, 3, 4], "without names, as given"
    [one] = album.form(times, ["x"] * 5, ties=album.ties(taken_at, names))
    assert one.rows.tolist() == found.rows.tolist()


def test_photos_of_one_time_named_in_a_shells_order_come_in_that_of_their_numbers():
    shots = [Shot(name, name, taken_at="2024-05-01T12:00:00") for name in ("IMG_1.jpg", "IMG_10.jpg", "IMG_2.jpg")]
    [trip], _, _ = trips.split(shots)
    assert [shot.name for shot in trip.shots] == ["IMG_1.jpg", "IMG_2.jpg", "IMG_10.jpg"]
