"""What names and clocks say of when photos were taken, and which of them a library believes."""

from datetime import datetime

import numpy as np
import pytest

from photoplanet.albums.movement import moments, named_dates, trust


@pytest.mark.parametrize(
    ("name", "moment", "exact"),
    [
        ("IMG_20200530_143334.jpg", datetime(2020, 5, 30, 14, 33, 34), True),
        ("PXL_20200530_143334123.MP.jpg", datetime(2020, 5, 30, 14, 33, 34), True),
        ("2020-05-30 14.33.34.jpg", datetime(2020, 5, 30, 14, 33, 34), True),
        ("Screenshot 2020-05-30 at 14.33.34.png", datetime(2020, 5, 30, 14, 33, 34), True),
        ("signal-2020-05-30-143334.jpg", datetime(2020, 5, 30, 14, 33, 34), True),
        ("IMG-20200530-WA0007.jpg", datetime(2020, 5, 30), False),
        ("2020.05.30 Lisbon.tif", datetime(2020, 5, 30), False),
        ("18870214_0003.jpg", datetime(1887, 2, 14), False),
    ],
)
def test_dates_in_names(name, moment, exact):
    assert named_dates.read(name) == (moment, exact)


@pytest.mark.parametrize(
    "name",
    ["IMG_1234.jpg", "DSC00042.JPG", "20201345.jpg", "2021-02-30.jpg", "12345678901234567890.jpg", "03-04-2020.jpg",
     "1970-01-01.jpg", "2999-01-01.jpg", "", "٢٠٢٠٠٥٣٠.jpg", "2020-0530.jpg", "a" * 100_000 + "2020-05-30.jpg"],
)  # fmt: skip
def test_names_without_a_date(name):
    assert named_dates.read(name) is None


def test_a_folders_date_counts_where_the_files_name_has_none():
    times, exact = named_dates.columns(["2020-05-30 12.00.00/IMG_7.jpg", "2020-05-30/20200601_101112.jpg"])
    assert times.astype(str).tolist() == ["2020-05-30T00:00:00", "2020-06-01T10:11:12"]
    assert exact.tolist() == [False, True]


def test_a_date_is_the_waking_hours_of_its_day():
    found = moments.of([None, "2020-05-30"], ["2020-05-30 x.jpg", "x.jpg"])
    assert ((found.start % 24).tolist(), (found.end % 24).tolist()) == ([8.0, 8.0], [20.0, 20.0])
    assert found.days[0] == found.days[1]


def test_a_time_a_zone_away_from_its_name_is_the_time():
    found = moments.of(["2020-05-31T03:00:00"], ["20200530_160000.jpg"])
    assert found.middle[0] % 24 == 3.0 and np.isnan(found.camera[0])


def test_a_camera_that_contradicts_the_name_is_kept_aside():
    found = moments.of(["2020-12-17T19:26:22"], ["2020-09-03.jpg"])
    named, camera = moments.of(["2020-09-03", "2020-12-17"], ["", ""]).days
    assert found.days[0] == named and np.floor(found.camera[0] / 24) == camera
    assert found.trusting_cameras().days[0] == camera


def test_the_hours_between_two_spans_are_their_mean():
    rng = np.random.default_rng(0)
    at = moments.of(["2024-05-01", "2024-05-02", "2024-05-02T15:00:00", "2024-05-02"], [""] * 4).ordered(list("abcd"))
    drawn = rng.uniform(at.start, at.end, (200_000, 4))
    other = rng.uniform(at.start, at.end, (200_000, 4))
    found = moments.apart(at, at)
    for one in range(4):
        for two in range(4):
            assert found[one, two] == pytest.approx(np.abs(drawn[:, one] - other[:, two]).mean(), abs=0.25)


def library(contradicting_by, names_in_order):
    """Thirty days at thirty places, two photos each: one timed, one whose camera says another day than its name."""
    days = np.arange(30)
    taken = [f"2024-05-{day + 1:02}T12:00:00" for day in days]
    wrong = [f"2024-05-{(day + 15) % 30 + 1:02}T12:00:00" for day in days]
    named = [f"2024-05-{day + 1:02}.jpg" for day in (days if contradicting_by == "camera" else (days + 15) % 30)]
    camera = wrong if contradicting_by == "camera" else taken
    places = np.column_stack([days * 1.0, days * 0.0])
    found = moments.of([*taken, *camera], [*[""] * 30, *named])
    return found, [*[f"{row}.jpg" for row in days], *names_in_order], np.concatenate([places, places])


@pytest.mark.parametrize("wrong", ["camera", "name"])
def test_a_library_shows_whether_its_names_or_its_cameras_are_right(wrong):
    found, names, places = library(wrong, [f"z{row}.jpg" for row in range(30)])
    right = moments.of([f"2024-05-{day + 1:02}T12:00:00" for day in range(30)], [""] * 30).days
    assert trust.settled(found, names, places).days[30:].tolist() == right.tolist()


@pytest.mark.parametrize("ordered", [True, False])
def test_a_library_shows_whether_the_order_of_names_is_that_of_the_day(ordered):
    taken = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        days, rows = np.repeat(np.arange(20), 10), np.tile(np.arange(10), 20)
        names = [f"IMG_{row if ordered else rng.integers(1000)}.jpg" for row in rows]
        found = moments.of([f"2024-05-{day + 1:02}" for day in days], names)
        settled = trust.settled(found, names, np.column_stack([days * 3.0, rows * 0.5]))
        taken += bool(settled.middle[:10].max() > settled.middle[:10].min())
    assert taken == 8 if ordered else taken <= 3


def test_no_time_and_no_date_stay_unknown():
    found = moments.of([None, "not a time", "1980-01-01T00:00:00"], ["a.jpg", "b.jpg", "c.jpg"])
    assert not found.known.any() and np.isnan(moments.apart(found, found)).all()
