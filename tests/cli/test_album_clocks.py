"""`photoplanet album` and the clocks of cameras: what is found, given, said, and refused."""

import json
from datetime import datetime, timedelta
from functools import partial

import pytest
from pictures import scene, view
from PIL import Image

START = datetime(2023, 7, 14, 8, 0)  # UTC


@pytest.fixture
def run(run):
    """A function: `run(…)` → exit status, stdout, stderr of `photoplanet album …` without a model."""
    return partial(run, "album", "--model", "none", "--no-signs")


def snap(path, picture, minutes, ahead, make, place=None, receiver=False, offset=None):
    """A JPEG taken so many minutes after the start, by a camera whose clock is `ahead` seconds of UTC."""
    tags, utc = Image.Exif(), START + timedelta(minutes=minutes)
    tags[0x010F] = make
    details, gps = tags.get_ifd(0x8769), tags.get_ifd(0x8825)
    details[0x9003] = (utc + timedelta(seconds=ahead)).strftime("%Y:%m:%d %H:%M:%S")
    if offset:
        details[0x9011] = offset
    if place:
        gps.update({1: "N", 2: (place[0], 0.0, 0.0), 3: "E", 4: (place[1], 0.0, 0.0)})
    if receiver:
        gps.update({29: utc.strftime("%Y:%m:%d"), 7: (float(utc.hour), float(utc.minute), float(utc.second))})
    picture.save(path, exif=tags, quality=92)


@pytest.fixture
def trip(tmp_path):
    """Seven scenes, each taken by a phone that states its zone and place, and by a camera that is 2:02:05 ahead."""
    folder = tmp_path / "trip"
    folder.mkdir()
    for number, minutes in enumerate((0, 35, 50, 120, 185, 260, 400)):
        snap(
            folder / f"IMG_{number}.jpg",
            scene(number),
            minutes,
            7200,
            "Phone",
            (46.5 + number / 9, 7.25),
            offset="+02:00",
        )
        snap(folder / f"DSC_{number}.jpg", view(number), minutes, 7325, "Camera")
    return folder


def test_a_camera_that_matches_a_phone_is_put_on_its_clock_and_both_are_one_album(run, trip):
    status, out, err = run(trip)
    assert status == 0 and "album 1 of 1: trip, 2 cameras, 2023-07-14, 14 photos" in out
    assert "clock of Camera: +02:02:05 ahead of UTC (± 30 s), by 7 of " in err
    assert "clock of Phone: +02:00 ahead of UTC, as its 7 photos say" in err
    names = [line.split()[2] for line in out.splitlines()[2:]]
    assert sorted(names[:2]) == ["DSC_0.jpg", "IMG_0.jpg"] and sorted(names[-2:]) == ["DSC_6.jpg", "IMG_6.jpg"]
    assert "2023-07-14 10:35" in out  # local time, as people know it
    page = json.loads(run(trip, "--json")[1])
    (camera,) = (clock for clock in page["clocks"] if clock["camera"] == "Camera")
    assert camera["found"] == "matching photos" and camera["seconds_ahead"] == [7325, 7325] and camera["known"] == 7
    assert camera["settings"][0]["interval"] == [7295, 7355] and camera["sure"] >= 0.99
    taken = {photo["file"][-9:]: photo["taken_at"] for photo in page["albums"][0]["photos"]}
    assert taken["DSC_0.jpg"] == taken["IMG_0.jpg"] == "2023-07-14T10:00:00+02:00"


def test_cameras_are_compared_before_anything_is_placed_and_not_where_each_is_by_itself(run, trip):
    _, out, err = run(trip, "--each-camera")
    assert "album 2 of 2" in out and "comparing" not in err
    assert "clock of Camera: unknown; its 7 photos count as of local time" in err
    lines = run(trip)[2].splitlines()
    clocks, placed = (next(at for at, line in enumerate(lines) if line.startswith(begin))
                      for begin in ("clock of", "no model: located by"))  # fmt: skip
    assert clocks < placed


def test_cameras_that_do_not_match_are_apart_and_that_is_said(run, tmp_path):
    for number in range(3):
        snap(tmp_path / f"a{number}.jpg", scene(number), number, 7200, "Phone", (46.5, 7.25), offset="+02:00")
        snap(tmp_path / f"b{number}.jpg", scene(100 + number), number, 0, "Camera")
    _, out, err = run(tmp_path)
    assert "album 2 of 2" in out and "--one-camera puts those of a folder together" in err
    _, out, err = run(tmp_path, "--one-camera")
    assert "album 1 of 1" in out and "puts those" not in err
    _, out, err = run(tmp_path, "--time-offset", "camera=+00:00")
    assert "album 1 of 1" in out and "clock of Camera: +00:00 ahead of UTC, as given" in err


def test_gps_times_set_a_clock_so_that_a_track_places_its_photos(run, tmp_path):
    folder = tmp_path / "trip"
    folder.mkdir()
    for minutes in range(5):
        snap(folder / f"{minutes}.jpg", scene(1), minutes, 7110, "Camera", receiver=minutes < 3)
    (tmp_path / "track.gpx").write_text(
        '<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>'
        '<trkpt lat="48.0" lon="2.0"><time>2023-07-14T08:00:00Z</time></trkpt>'
        '<trkpt lat="48.1" lon="2.0"><time>2023-07-14T08:10:00Z</time></trkpt></trkseg></trk></gpx>'
    )
    status, out, err = run(folder, "--track", tmp_path / "track.gpx")
    assert (
        status == 0 and "clock of Camera: +01:58:30 ahead of UTC (± 3 s), by the GPS time of 3 of its 5 photos" in err
    )
    assert "48.0400, 2.0000" in out and "2023-07-14 10:04" in out
    _, _, err = run(folder, "--track", tmp_path / "track.gpx", "--time-offset", "+05:00")
    assert "the GPS time of 3 photos says +01:58:30, not what is given" in err


@pytest.mark.parametrize("zone", ["Europe/Paris", "local"])
def test_a_time_zone_makes_local_times_utc(run, tmp_path, zone):
    for minutes in (0, 4):
        snap(tmp_path / f"{minutes}.jpg", scene(1), minutes, 7200, "Camera")
    snap(tmp_path / "9.jpg", scene(1), 9, 7200, "Phone", (48, 2), offset="+02:00")
    page = json.loads(run(tmp_path, "--time-zone", zone, "--json")[1])
    assert len(page["albums"]) == 1
    assert [photo["taken_at"] for photo in page["albums"][0]["photos"]] == [
        f"2023-07-14T10:0{minutes}:00+02:00" for minutes in (0, 4, 9)
    ]


def test_bad_offsets_and_zones_take_one_line(run, trip):
    for options, why in (
        (["--time-zone", "Europe/Lisbonn"], "Europe/Lisbon"), (["--time-offset", "Leica=+01:00"], "Camera, Phone"),
        (["--time-offset", "+1"], "+02:00"), (["--time-offset", "+01:00", "--time-zone", "local"], "contradict"),
        (["--time-zone", "local", "--no-anchors", "--each-camera"], "no place is known"),
    ):  # fmt: skip
        status, out, err = run(trip, *options)
        assert status == 2 and out == "" and why in err.splitlines()[-1], options
