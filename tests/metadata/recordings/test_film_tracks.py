"""A GoPro's film as a track: every fix of its telemetry, in UTC; and films whose tables are damaged or hostile."""

import io
import random
import struct

import drone_files
import film_files
import numpy as np
import pytest
from film_files import box
from gopro_files import hero5, hero11

from photoplanet.errors import InputError
from photoplanet.metadata import track_files
from photoplanet.photos import film_samples


@pytest.mark.parametrize(("wide", "in_chunk"), [(False, 1), (True, 1), (False, 3), (True, 4)])
def test_all_fixes_of_the_receiver_count(wide, in_chunk, tmp_path):
    samples = [hero5(0, 1, 1), *(hero5(3, 46.5 + n / 100, 7.25, second=n) for n in range(40))]
    (tmp_path / "GX010001.MP4").write_bytes(drone_files.film(samples, wide=wide, in_chunk=in_chunk))
    found = track_files.read([tmp_path / "GX010001.MP4"])
    assert len(found.track.times) == 40 and found.left_out == 0 and not found.notes
    np.testing.assert_allclose(found.track.latitude, 46.5 + np.arange(40) / 100)
    assert str(found.track.times[39]) == "2024-05-01T10:15:39"


def test_in_a_folder_films_with_a_track_count_and_others_are_none(tmp_path):
    (tmp_path / "GX010001.MP4").write_bytes(drone_files.film([hero5(3, 46.5, 7.25, second=n) for n in range(4)]))
    (tmp_path / "IMG_0001.MOV").write_bytes(film_files.film(film_files.apple(film_files.APPLE)))
    (tmp_path / "spoken.mp4").write_bytes(drone_files.film([b"\0\5hello"], b"tx3g"))
    (tmp_path / "text.mp4").write_bytes(b"not a film")
    found = track_files.read([tmp_path])
    assert len(found.track.times) == 4 and found.notes == []


def test_later_cameras_state_the_time_of_each_fix():
    data = drone_files.film([hero11(3, rows=12), hero11(0), hero11(3, rows=3, second=20)])
    found = track_files.parse([("a.mp4", data)])
    assert [str(time)[-8:] for time in found.track.times] == ["10:15:00", "10:15:01", "10:15:20"]


def test_films_without_telemetry_are_refused_in_a_line():
    for data in (film_files.film(), drone_files.film([hero5(0)]), drone_files.film([b"\0\5hello"], b"tx3g")):
        with pytest.raises(InputError, match=r"^a\.mp4: .*") as refused:
            track_files.parse([("a.mp4", data)], ahead=lambda shown, places: shown * 0)
        assert "\n" not in str(refused.value)
    with pytest.raises(InputError, match="a photo or video without telemetry that is read"):
        track_files.parse([("a.mp4", film_files.film())])


def test_what_is_read_is_bounded(monkeypatch):
    data = drone_files.film([hero5(3, second=n) for n in range(50)])
    with pytest.raises(InputError, match=r"a\.mp4: over 0 MiB of telemetry"):
        track_files.parse([("a.mp4", data)], most=4000)
    monkeypatch.setattr(film_samples, "MAX_SAMPLES", 20)
    with pytest.raises(InputError, match="more than 20 samples of telemetry; cut the film"):
        track_files.parse([("a.mp4", data)])


def hostile(sizes, runs, offsets):
    table = box(b"stbl", box(b"stsd", bytes(4), struct.pack(">I", 1), box(b"gpmd", bytes(8))), box(b"stsz", sizes),
                box(b"stsc", runs), box(b"co64", offsets))  # fmt: skip
    return film_files.film(box(b"trak", box(b"mdia", box(b"minf", table))))


def test_tables_that_say_too_much_end_soon(monkeypatch):
    monkeypatch.setattr(film_samples, "MAX_SAMPLES", 1000)
    most = 2**32 - 1
    everywhere = struct.pack(">IIQQ", 0, most, 2**64 - 1, 0)
    for size in (1, most):
        data = hostile(struct.pack(">III", 0, size, most), struct.pack(">IIIII", 0, most, 1, most, 1), everywhere)
        _, samples = film_samples.find(io.BytesIO(data), [b"gpmd"], 1 << 20)
        with pytest.raises(InputError, match="telemetry"):
            list(samples)


def test_damage_is_refused_or_read_as_far_as_it_goes():
    rng = random.Random(7)
    whole = drone_files.film([hero5(3, second=n) for n in range(3)])
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(rng.randrange(1, 8)):
            data[rng.randrange(16, len(data))] = rng.randrange(256)
        try:
            track_files.parse([("a", bytes(data[: rng.randrange(20, len(data))]))])
        except InputError as error:
            assert "\n" not in str(error)
