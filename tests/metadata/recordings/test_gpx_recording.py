"""The recorded points in a GPX file that is damaged: all that is whole, and never a place with another point's time."""

import numpy as np
import pytest

from photoplanet.errors import InputError
from photoplanet.metadata.recordings import gpx, recording

HEAD = '<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>'
TAIL = "</trkseg></trk></gpx>"


def point(number, inside=""):
    return f'<trkpt lat="46.{number}" lon="7.{number}">{inside}<time>2019-05-01T10:0{number}:00Z</time></trkpt>'


WHOLE = HEAD + point(1) + point(2) + point(3) + TAIL


def found(text, size=None):
    """(minute, latitude) of the points with a time, and the fault; `text` in pieces of `size`."""
    pieces = [text] if size is None else [text[at : at + size] for at in range(0, len(text), size)]
    points = gpx.scan(pieces)
    timed = ~np.isnat(points.times)
    minutes = [str(each)[14:16] for each in points.times[timed]]
    return list(zip(minutes, points.latitude[timed].tolist(), strict=True)), points.fault


ALL = [("01", 46.1), ("02", 46.2), ("03", 46.3)]


@pytest.mark.parametrize("size", [1, 2, 5, 64, None])
def test_a_whole_file_in_pieces_of_any_size(size):
    text = WHOLE.replace(
        "<trk>", "<!-- <trkpt lat='1' lon='2'> --><trk><name><![CDATA[<trkpt lat='1' lon='2'>]]></name>"
    )
    assert found(text, size) == (ALL, "")


def test_a_file_may_be_cut_anywhere_and_gives_what_it_holds():
    for end in range(len(HEAD), len(WHOLE)):
        points, fault = found(WHOLE[:end])
        assert points == ALL[: WHOLE[:end].count("</time>")], end
        assert fault == "ends early"


@pytest.mark.parametrize("hole", [1, 7, 40, 90, 200])
def test_a_hole_never_gives_a_point_the_time_of_another(hole):
    text = HEAD + point(1, "<ele>1</ele>") + point(2, "<ele>2</ele>") + point(3, "<ele>3</ele>") + TAIL
    for start in range(len(HEAD), len(text) - hole - len(TAIL)):
        for filling in ("\0" * hole, "�" * hole):
            points = gpx.scan([text[:start] + filling + text[start + hole :]])
            whole = np.flatnonzero(~np.isnat(points.times) & ~np.isnan(points.latitude + points.longitude))
            got = {(str(points.times[row])[15], points.latitude[row], points.longitude[row]) for row in whole}
            assert got <= {("1", 46.1, 7.1), ("2", 46.2, 7.2), ("3", 46.3, 7.3)} or filling[0] != "\0", start
        points, fault = found(text[:start] + "\0" * hole + text[start + hole :])
        assert f"holds {hole} NUL bytes" in fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (WHOLE + "\0" * 200, "holds 200 NUL bytes"),
        (WHOLE + "\n\n", ""),
        (WHOLE + "<!-- by some tool -->", ""),
        (WHOLE + "left over from a longer file</gpx>", "has more after its end"),
        (WHOLE + "<trkpt ", "has more after its end"),
        ("\n" + WHOLE, ""),
        (HEAD + point(1) + TAIL + HEAD + point(2) + point(3) + TAIL, ""),  # two files, one behind the other
        (WHOLE.replace("<trkseg>", "<name>Tom & Jerry &nbsp; <3 \x0b</name><trkseg>"), ""),
        (WHOLE.replace("</trkseg></trk>", ""), ""),
        (WHOLE.replace("</trkpt>", ""), ""),
        (WHOLE.replace('"', "'"), ""),
        (WHOLE.replace("gpx", "g:gpx").replace("trk", "g:trk").replace("time", "g:time"), ""),
        (WHOLE.replace("<time>", "<time >").replace("</time>", "</time\n>"), ""),
        (WHOLE.replace("2019", "<!-- when -->2019"), ""),
        (WHOLE.replace("<time>", "<time><![CDATA[").replace("</time>", "]]></time>"), ""),
        (WHOLE.replace("<trkpt ", "<trkpt note=\" lat='1' > lon='2'\" "), ""),
        (WHOLE.replace("46.1", " 46.1 ").replace("46.2", "+46.2").replace("46.3", "4.63e1"), ""),
    ],
)
def test_faults_of_real_files_cost_no_point(text, fault):
    assert found(text) == (ALL, fault)


@pytest.mark.parametrize(
    "place", ['lat="46,1" lon="7"', 'lat="nan" lon="7"', 'lat="inf" lon="7"', 'lat="٤٦" lon="7"', 'lat="4_6" lon="7"',
              'lat="" lon="7"', 'lon="7"', 'lat="46° 1" lon="7"', "lat=46 lon=7", 'lat="46.1.2" lon="7"',
              'lat="0x2e" lon="7"', 'xlat="46" lon="7"']
)  # fmt: skip
def test_coordinates_that_are_no_plain_number_are_unreadable(place):
    points = gpx.scan([HEAD + f"<trkpt {place}><time>2019-05-01T10:00:00Z</time></trkpt>" + TAIL])
    assert np.isnan(points.latitude) and not np.isnat(points.times) and points.unreadable


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2019-05-01T10:00:00Z", "10:00:00"), ("2019-05-01T10:00:00z", "10:00:00"),
        ("2019-05-01t10:00:00Z", "10:00:00"),
        ("2019-05-01T10:00:00", "10:00:00"), ("2019-05-01 10:00:00", "10:00:00"), ("2019-05-01T10:00Z", "10:00:00"),
        ("2019-05-01T10:00:00.999Z", "10:00:00"), ("2019-05-01T10:00:00,5Z", "10:00:00"),
        ("2019-05-01T10:00:00.123456789Z", "10:00:00"), ("2019-05-01T10:00:00.Z", "10:00:00"),
        ("2019-05-01T12:00:00+02:00", "10:00:00"), ("2019-05-01T12:00:00+0200", "10:00:00"),
        ("2019-05-01T12:00:00+02", "10:00:00"), ("2019-05-01T12:00:00 +02:00", "10:00:00"),
        ("2019-05-01T04:30:00-05:30", "10:00:00"), ("2019-05-01T10:00:00 UTC", "10:00:00"),
        ("2019-5-1T9:00:00Z", "09:00:00"),
        ("\n 2019-05-01T10:00:00Z \n", "10:00:00"), ("2019-05-01T23:59:60Z", "23:59:59"),
        ("2019-05-01T10:00:00&#x5A;", "10:00:00"),
        ("2019-05-01", None), ("10:00:00", None), ("01/05/2019 10:00:00", None), ("1556704800", None), ("", None),
        ("2019-02-30T10:00:00Z", None), ("2019-05-01T25:00:00Z", None), ("2019-05-01T10:00:00+99:00", None),
        ("1970-01-01T00:00:00Z", None), ("2999-01-01T00:00:00Z", None), ("٢٠١٩-05-01T10:00:00Z", None),
    ],
)  # fmt: skip
def test_times_are_utc_unless_they_say_otherwise(text, utc):
    points = gpx.scan([HEAD + f'<trkpt lat="1" lon="2"><time>{text}</time></trkpt>' + TAIL])
    assert str(points.times[0])[11:] == (utc or "") if utc else np.isnat(points.times[0])


def test_only_the_time_of_the_point_itself_counts():
    inside = "<extensions><x:fix><time>2001-01-01T00:00:00Z</time></x:fix></extensions>"
    assert found(HEAD + point(1, inside) + TAIL) == (ALL[:1], "")
    late = point(1).replace("</trkpt>", "<time>2001-01-01T00:00:00Z</time></trkpt>")
    assert found(HEAD + late + TAIL) == (ALL[:1], "")


def test_places_that_were_marked_are_no_recording():
    marked = '<wpt lat="1" lon="2"><time>2019-05-01T10:00:00Z</time></wpt><rte><rtept lat="1" lon="2"/></rte>'
    points = gpx.scan([WHOLE.replace("<trk>", marked + "<trk>")])
    assert points.latitude.tolist() == [46.1, 46.2, 46.3] and points.marked == 2


def test_each_track_of_a_file_has_a_number():
    points = gpx.scan([WHOLE.replace(TAIL, "</trkseg></trk><trk><trkseg>" + point(4) + TAIL)])
    assert points.tracks.tolist() == [1, 1, 1, 2]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<kml></kml>", "starts with <kml>"), ("not xml", "no track"), ("", "no track"),
        ('<!DOCTYPE gpx [<!ENTITY a "aaaa">]><gpx>&a;</gpx>', "document type"),
        ('<!doctype gpx SYSTEM "file:///etc/passwd"><gpx/>', "document type"),
        ('<gpx><!ENTITY a SYSTEM "http://127.0.0.1/"></gpx>', "document type"),
    ],
)  # fmt: skip
def test_what_is_not_gpx_is_refused(text, why):
    with pytest.raises(InputError, match=why):
        gpx.scan([text])


def test_the_number_of_points_is_bounded(monkeypatch):
    assert recording.MAX_POINTS == 5_000_000
    monkeypatch.setattr(recording, "MAX_POINTS", 2)
    with pytest.raises(InputError, match="more than 2 points"):
        gpx.scan([WHOLE])


@pytest.mark.parametrize("junk", ["<!--", "<?", "<", '<a "', "<![CDATA[", "<a:", "<a b='c' ", "\0", "a", "<!-", "' "])
def test_no_junk_takes_longer_than_its_length(junk):
    """Any time that is quadratic in the length would be hours here."""
    text = HEAD + point(1) + junk * 1_000_000 + "<a " + "b" * 1_000_000
    assert len(gpx.scan(text[at : at + 100_000] for at in range(0, len(text), 100_000)).times) == 1
