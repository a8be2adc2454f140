"""FIT files: what devices write, in either byte order, cut, in a row, and what is not a recording."""

import struct

import fit_files
import numpy as np
import pytest

from photoplanet.errors import InputError
from photoplanet.metadata.recordings import fit

POINTS = [(0, (46.5, 7.25), 3), (7, (46.5001, 7.2502), None), (40, (-33.9, -151.2), 12)]


def read(data, size=1 << 20):
    return fit.scan(data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("size", [1, 13, 1 << 20])
def test_points_are_read_in_either_byte_order(big, size):
    found = read(fit_files.activity(POINTS, big=big), size)
    assert found.times.astype(str).tolist() == ["2021-09-08T01:46:40", "2021-09-08T01:46:47", "2021-09-08T01:47:20"]
    np.testing.assert_allclose(found.latitude, [46.5, 46.5001, -33.9], atol=1e-7)
    np.testing.assert_allclose(found.longitude, [7.25, 7.2502, -151.2], atol=1e-7)
    np.testing.assert_array_equal(found.accuracy_m, [3, np.nan, 12])
    assert found.fault == "" and found.tracks.tolist() == [0, 0, 0]


def test_compressed_times_go_on_over_their_five_bits():
    points = [(after, (46.5, 7.25), None) for after in (0, 7, 30, 31, 60, 90)]
    assert (np.diff(read(fit_files.compressed(points)).times).astype(int) == [7, 23, 1, 29, 30]).all()


def test_no_fix_and_a_clock_that_was_not_set_yet_give_no_place_and_no_time():
    found = read(fit_files.activity([(0, None, None), *POINTS]))
    assert np.isnan(found.latitude[0]) and len(found.times) == 4
    assert np.isnat(read(fit_files.activity(POINTS, begin=500)).times).all()


def test_files_in_a_row_are_tracks_of_their_own():
    found = read(fit_files.activity(POINTS) + fit_files.activity(POINTS, begin=1_000_090_000))
    assert found.tracks.tolist() == [0, 0, 0, 1, 1, 1] and found.fault == ""


def test_a_file_that_was_not_finished_is_read_to_its_end():
    whole = fit_files.activity(POINTS)
    body = whole[14:-2]
    for unfinished in (fit_files.whole(body, size=0)[:-2], fit_files.whole(body, header=12)):
        assert len(read(unfinished).times) == 3 and read(unfinished).fault == ""
    record = 1 + 4 + 4 + 4 + 1 + 1
    for lost in range(3, len(body)):
        found = read(whole[: len(whole) - lost])
        assert len(found.times) == max(0, 3 - (lost - 2 + record - 1) // record) and found.fault == "ends early"


def test_damage_gives_what_comes_before_it():
    whole = bytearray(fit_files.activity(POINTS))
    at = len(whole) - 2 - 15
    whole[at] = 0x0E  # a message that nothing defines
    found = read(bytes(whole))
    assert len(found.times) == 2 and found.fault == f"is damaged from byte {at:,}"
    assert read(fit_files.activity(POINTS) + bytes(64)).fault == ""
    assert "is damaged" in read(fit_files.activity(POINTS) + b"something else").fault


def test_a_course_is_a_plan():
    with pytest.raises(InputError, match="it is a course, which is a plan"):
        read(fit_files.activity(POINTS, kind=6))


def test_a_field_of_another_length_is_not_read():
    body = fit_files.file_id() + fit_files.definition(1, 20, [(253, 4, 0x86), (0, 2, 0x83), (1, 4, 0x85)])
    body += struct.pack("<BIhi", 1, 1_000_000_000, 1, 1)
    assert np.isnan(read(fit_files.whole(body)).latitude).all()


def test_size_is_bounded(monkeypatch):
    assert fit.MAX_BYTES == 64 << 20
    monkeypatch.setattr(fit, "MAX_BYTES", 50)
    with pytest.raises(InputError, match="split the track"):
        read(fit_files.activity(POINTS), 10)
