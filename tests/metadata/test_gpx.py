"""GPX tracks: what is read, in which order, and what is refused."""

import io
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from photoplanet.errors import InputError
from photoplanet.metadata import gpx
from photoplanet.metadata.recordings import recording

TRACK = """<?xml version="1.0"?>
<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><metadata><time>2030-01-01T00:00:00Z</time></metadata>
<wpt lat="10" lon="20"/>
<trk><trkseg>
<trkpt lat="48.86" lon="2.36"><ele>35</ele><time>2023-05-01T10:02:00Z</time></trkpt>
<trkpt lat="48.85" lon="2.35"><time>2023-05-01T10:00:00.500Z</time></trkpt>
<trkpt lat="99" lon="2.35"><time>2023-05-01T10:01:00Z</time></trkpt>
<trkpt lat="x" lon="2.35"><time>2023-05-01T10:01:00Z</time></trkpt>
<trkpt lat="48.87" lon="2.37"><time>2023-05-01T12:03:00+02:00</time></trkpt>
</trkseg></trk></gpx>"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "track.gpx"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_timed_points_come_in_time_order_by_the_photos_clock(written):
    track, left_out = gpx.read(written(TRACK), hours=2)
    assert left_out == 2
    assert [str(time) for time in track.times] == ["2023-05-01T12:00:00", "2023-05-01T12:02:00", "2023-05-01T12:03:00"]
    np.testing.assert_array_equal(track.latitude, [48.85, 48.86, 48.87])
    np.testing.assert_array_equal(track.longitude, [2.35, 2.36, 2.37])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<loc></loc>", "starts with <loc>"),
        ("not xml", "not a track"),
        (TRACK.partition("T10:02")[0], "no point with a time among 1.*ends early"),
        ('<!DOCTYPE gpx [<!ENTITY a "aaaa">]><gpx>&a;</gpx>', "document type"),
        ("<gpx>" + "<a>" * 300 + "</a>" * 300 + "</gpx>", "no recorded point"),
        ('<gpx><wpt lat="1" lon="2"><time>2019-05-01T10:00:00Z</time></wpt></gpx>', "only 1 waypoints"),
        (TRACK.replace('lat="48.', 'lat="48,'), "no readable place among 5 points .the first: 48,86, 2.36"),
        ('<gpx><trk><trkpt lat="1" lon="2"/></trk></gpx>', "no point with a time among 1"),
    ],
)
def test_what_is_no_track_is_refused(written, text, why):
    with pytest.raises(InputError, match=why):
        gpx.read(written(text))


def test_a_missing_file_and_too_many_points_are_named(written, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="give a track: GPX, KML"):
        gpx.read(tmp_path / "none.gpx")
    monkeypatch.setattr(recording, "MAX_POINTS", 3)
    with pytest.raises(InputError, match="more than 3 points"):
        gpx.read(written(TRACK))


def test_a_prefix_that_a_device_does_not_declare_is_no_fault(written):
    track, _ = gpx.read(written(TRACK.replace("<ele>35</ele>", "<extensions><gpxtpx:hr>120</gpxtpx:hr></extensions>")))
    assert len(track.times) == 3


def test_what_is_written_is_read_back_and_is_gpx_for_others():
    """As another parser reads it: waypoints with names, one track in the trip's order, times in UTC."""
    points = [
        (48.85, 2.35, "2023-05-01T12:00:00+02:00", "a<b>.jpg", "an estimate & more"),
        (-33.9, 151.2, None, "b.jpg", ""),
        (1.0, 2.0, "2023-05-01T12:00:00", "no zone", "\x07bell"),
    ]
    file = io.StringIO()
    gpx.write(file, points, "trip")
    root = ElementTree.fromstring(file.getvalue())
    waypoints = root.findall("{*}wpt")
    assert [point.findtext("{*}name") for point in waypoints] == ["a<b>.jpg", "b.jpg", "no zone"]
    assert [point.findtext("{*}desc") for point in waypoints] == ["an estimate & more", "", "?bell"]
    steps = root.findall("{*}trk/{*}trkseg/{*}trkpt")
    assert [(float(point.get("lat")), float(point.get("lon"))) for point in steps] == [each[:2] for each in points]
    assert [point.findtext("{*}time") for point in steps] == ["2023-05-01T10:00:00Z", None, None]
    track, left_out = gpx.parse(file.getvalue().encode(), "trip.gpx")
    assert track.latitude.tolist() == [48.85] and left_out == 2
