"""NMEA: what receivers send, in loggers' files: checksums, no fix, days from ZDA, cut lines, other talkers."""

import numpy as np
import pytest

from photoplanet.errors import InputError
from photoplanet.metadata import track_files
from photoplanet.metadata.recordings import nmea, recording


def line(body):
    total = 0
    for letter in body:
        total ^= ord(letter)
    return f"${body}*{total:02X}\r\n"


def rmc(clock, lat="4630.000,N", lng="00715.000,E", day="010519", status="A", talker="GP"):
    return line(f"{talker}RMC,{clock},{status},{lat},{lng},0.5,54.7,{day},,,A")


def read(text, size=1 << 20):
    data = text.encode()
    return nmea.scan(data[at : at + size] for at in range(0, len(data), size))


def test_the_published_sentences():
    """RMC as gpsd's and the Wikipedia article's examples have it; checked with pynmea2 1.19."""
    found = read(
        "$GPRMC,081836,A,3751.65,S,14507.36,E,000.0,360.0,130998,011.3,E*62\r\n"
        "$GPRMC,225446,A,4916.45,N,12311.12,W,000.5,054.7,191194,020.3,E*68\r\n"
    )
    np.testing.assert_allclose(found.latitude, [-37.860833, 49.274167], atol=1e-6)
    np.testing.assert_allclose(found.longitude, [145.122667, -123.185333], atol=1e-6)
    assert found.times.astype(str).tolist() == ["1998-09-13T08:18:36", "1994-11-19T22:54:46"]


@pytest.mark.parametrize("size", [1, 10, 1000])
def test_lines_in_pieces(size):
    found = read(rmc("100000.000") + "$GPGSV,3,1,11,03,03,111,00*74\r\n" + rmc("100001", talker="GN"), size)
    assert found.times.astype(str).tolist() == ["2019-05-01T10:00:00", "2019-05-01T10:00:01"] and found.fault == ""


def test_no_fix_is_none_and_a_wrong_checksum_is_left_out():
    good = rmc("100000")
    found = read(good + rmc("100001", status="V") + good.replace("4630", "4631"))
    assert len(found.times) == 1 and found.fault == "holds 1 lines with a wrong checksum"
    assert len(read(good.partition("*")[0] + "\r\n").times) == 1  # older devices send none


@pytest.mark.parametrize(
    ("lat", "lng"),
    [("4660.000,N", "00715.000,E"), ("4630.000,X", "00715.000,E"), ("4630.000,", "00715.000,E"), (",", ","),
     ("46.5,N", "00715,E"), ("nan,N", "inf,E"), ("4630.000,N", "00715.000,N"), ("-4630.000,N", "00715,E")],
)  # fmt: skip
def test_what_is_not_written_as_degrees_and_minutes_is_no_place(lat, lng):
    found = read(rmc("100000", lat, lng))
    assert np.isnan(found.latitude[0] + found.longitude[0])


@pytest.mark.parametrize(("clock", "day"), [("250000", "010519"), ("100000", "320519"), ("", "010519"), ("100000", "")])
def test_what_is_not_a_moment_has_no_time(clock, day):
    assert np.isnat(read(rmc(clock, day=day)).times).all()


def test_a_file_of_gga_has_its_days_from_zda():
    text = line("GPGGA,095900,4630.000,N,00715.000,E,1,08,0.9,545.4,M,46.9,M,,")
    text += line("GPZDA,100000.00,01,05,2019,00,00")
    text += line("GPGGA,100001,4630.000,N,00715.000,E,1,08,0.9,545.4,M,46.9,M,,")
    text += line("GPGGA,100002,,,,,0,00,,,M,,M,,")
    assert read(text).times.astype(str).tolist() == ["NaT", "2019-05-01T10:00:01"]
    assert len(read(text + rmc("110000")).times) == 1  # a file with RMC needs no GGA


def test_a_cut_line_counts_only_with_its_checksum():
    text = rmc("100000") + rmc("100001")
    for end in range(len(text) - 40, len(text) - 2):
        found = read(text[:end])
        assert len(found.times) == 1 and found.fault == "ends early"
    assert len(read(text[:-2]).times) == 2


def test_a_file_is_known_by_its_lines(tmp_path):
    for head in ("", "@Sonygps/ver5.0/wgs-84/20190501/\r\n", "1556704800,", "\r\n"):
        (tmp_path / "a.log").write_text(head + rmc("100000") + rmc("100001"))
        assert len(track_files.read([tmp_path]).track.times) >= 1
    (tmp_path / "a.log").write_text("2019-05-01 INFO started\n")
    with pytest.raises(InputError, match="no usable track in it"):
        track_files.read([tmp_path])


def test_lines_and_points_are_bounded(monkeypatch):
    long = "$GPRMC," + "1" * 3_000_000
    assert len(read(rmc("100000") + long + "\r\n" + rmc("100001"), 1000).times) == 2
    monkeypatch.setattr(recording, "MAX_POINTS", 1)
    with pytest.raises(InputError, match="more than 1 points"):
        read(rmc("100000") + rmc("100001"))
