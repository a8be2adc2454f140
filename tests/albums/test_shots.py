"""What a photo says of itself: its table's row wins over its EXIF, and a place that cannot be right says nothing."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photoplanet.albums import trips
from photoplanet.albums.known_places import from_photo
from photoplanet.albums.shots import read_shot, read_shots
from photoplanet.metadata import exif_writer

CAMERA, MODEL, DETAILS, SERIAL = 0x010F, 0x0110, 0x8769, 0xA431
GPS, METHOD = 0x8825, 27


def jpeg(path, block):
    Image.new("RGB", (20, 20), (90, 90, 90)).save(path, exif=block)
    return str(path)


def taken_with(path, serial):
    block = Image.Exif()
    block[CAMERA], block[MODEL] = "Maker", "Model"
    block.get_ifd(DETAILS)[SERIAL] = serial
    return jpeg(path, block)


def test_a_tables_time_and_place_win_over_the_files(tmp_path):
    path = jpeg(tmp_path / "a.jpg", exif_writer.gps_bytes(48.0, 2.0, taken_at="2020-01-01T10:00:00"))
    bare = read_shot(path, {})
    assert bare.taken_at == "2020-01-01T10:00:00" and bare.place == pytest.approx((48.0, 2.0))
    listed = read_shot(path, {"taken_at": "2021-05-05T05:05:05", "latitude": 10.0, "longitude": 20.0})
    assert listed.taken_at == "2021-05-05T05:05:05" and listed.place == (10.0, 20.0)
    for latitude in (95.0, float("nan"), None):  # off the Earth, unreadable, half a place
        assert read_shot(path, {"latitude": latitude, "longitude": 20.0}).place is None, "the file's must not stand in"
    assert read_shot(path, {"taken_at": ""}).taken_at is None, "a time that the table states and nobody can read"
    assert read_shot(path, {"taken_at": None}).taken_at == "2020-01-01T10:00:00"


def test_an_estimate_that_was_written_earlier_is_not_a_known_place(tmp_path):
    block = Image.Exif()
    block.get_ifd(GPS).update({1: "N", 2: (48.0, 0.0, 0.0), 3: "E", 4: (2.0, 0.0, 0.0)})
    assert read_shot(jpeg(tmp_path / "measured.jpg", block), {}).place == (48.0, 2.0)
    block.get_ifd(GPS)[METHOD] = b"ASCII\0\0\0photoplanet: estimate"
    path = jpeg(tmp_path / "estimated.jpg", block)
    assert read_shot(path, {}).place is None and from_photo(path)[1] is None


def test_gps_that_cannot_be_right_is_not_a_known_place(tmp_path):
    path = jpeg(tmp_path / "a.jpg", exif_writer.gps_bytes(0.0, 0.0, taken_at="2020-01-01T10:00:00"))
    assert read_shot(path, {}).place is None
    assert from_photo(path) == ("2020-01-01T10:00:00", None)


def test_two_bodies_of_one_camera_model_are_two_cameras(tmp_path):
    shots = [read_shot(taken_with(tmp_path / f"{name}.jpg", name[0]), {}) for name in ("1a", "2a", "1b")]
    assert [shot.camera for shot in shots] == ["Maker Model 1", "Maker Model 2", "Maker Model 1"]
    assert [len(trip.shots) for trip in trips.split(shots)[0]] == [2, 1]


def test_a_file_that_cannot_be_opened_keeps_what_its_table_says(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"not a photo")
    shot = read_shot(str(tmp_path / "a.jpg"), {"taken_at": "2020-01-01", "latitude": 1.0, "longitude": 2.0})
    assert shot.unreadable and shot.taken_at == "2020-01-01" and shot.place == (1.0, 2.0)


def test_a_day_without_a_time_stays_that_day_in_utc():
    shots = [read_shot(b"not a photo", {"taken_at": "2020-05-02"}, "a.jpg")]
    (trip,), _, utc = trips.split(shots, to_utc=True)
    assert utc and trip.times.tolist() == [np.datetime64("2020-05-02T00:00:00").astype(object)]


def test_what_a_receiver_and_programs_say_of_a_clock_is_kept_unless_a_table_states_the_time(tmp_path):
    tags = Image.Exif()
    tags.get_ifd(0x8769)[0x9003] = "2023:07:14 10:00:07"
    tags.get_ifd(0x8825).update({29: "2023:07:14", 7: (8.0, 0.0, 5.0)})
    Image.new("RGB", (8, 8)).save(tmp_path / "1.jpg", exif=tags)
    assert read_shot(str(tmp_path / "1.jpg"), {}).receiver_at == "2023-07-14T08:00:05+00:00"
    assert read_shot(str(tmp_path / "1.jpg"), {"taken_at": "2023-07-14T10:00:07"}).receiver_at is not None
    assert read_shot(str(tmp_path / "1.jpg"), {"taken_at": "2023-07-15T10:00:07"}).receiver_at is None
    tags = Image.Exif()
    tags.get_ifd(0x8769)[0x9003] = "2023:07:14 10:00:00"
    Image.new("RGB", (8, 8)).save(tmp_path / "2.jpg", exif=tags)
    moment = int(np.datetime64("2023-07-14T08:00:00").astype(np.int64))
    (tmp_path / "2.jpg.json").write_text(f'{{"photoTakenTime": {{"timestamp": "{moment}"}}}}')
    assert read_shot(str(tmp_path / "2.jpg"), {}).ahead_minutes == 120


def test_photos_named_as_a_shell_lists_them_come_in_the_order_of_their_numbers(tmp_path):
    for number in (1, 9, 10):
        jpeg(tmp_path / f"scan_{number}.jpg", b"")
    listed = sorted(str(path) for path in tmp_path.iterdir())
    names = [shot.name[len(str(tmp_path)) + 1 :] for shot in read_shots(listed)]
    assert names == ["scan_1.jpg", "scan_9.jpg", "scan_10.jpg"]
    assert [shot.name for shot in read_shots(listed[::-1])] == listed[::-1], "an order of one's own stays"


def test_a_file_under_two_names_is_one_shot(tmp_path):
    jpeg(tmp_path / "a.jpg", b"")
    (tmp_path / "b.jpg").hardlink_to(tmp_path / "a.jpg")
    (tmp_path / "c.jpg").symlink_to(tmp_path / "a.jpg")
    lines = []
    shots = read_shots([str(tmp_path), str(tmp_path / "." / "a.jpg")], say=lines.append)
    assert [Path(shot.name).name for shot in shots] == ["a.jpg"]
    assert [line.partition(": ")[2][:28] for line in lines] == [
        "2 left out: duplicate path (",
        "1 left out: duplicate path (",
    ]
