"""KML files as Google Earth, Garmin, loggers and Google's old Timeline write them; cut, damaged, and mere maps."""

import numpy as np
import pytest

from photoplanet.metadata.recordings import kml, tags

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2" '
    'xmlns:gx="http://www.google.com/kml/ext/2.2"><Document><name>A &amp; B</name>'
)
TAIL = "</Document></kml>"
WHENS = [f"<when>2019-05-01T10:0{minute}:00Z</when>" for minute in (1, 2, 3)]
COORDS = [f"<gx:coord>7.{minute} 46.{minute} 540.5</gx:coord>" for minute in (1, 2, 3)]
ALL = {("1", 46.1, 7.1), ("2", 46.2, 7.2), ("3", 46.3, 7.3)}
FIRST_TIMES = "".join(WHENS + COORDS)
IN_TURN = "".join(when + coord for when, coord in zip(WHENS, COORDS, strict=True))


def track(inside):
    return f"<Placemark><name>Tour</name><gx:Track><altitudeMode>absolute</altitudeMode>{inside}</gx:Track></Placemark>"


def placemark(inside):
    return f"<Placemark><name>P</name><description><![CDATA[<b>1</b>]]></description>{inside}</Placemark>"


def read(text, size=None):
    pieces = [text] if size is None else [text[at : at + size] for at in range(0, len(text), size)]
    return tags.scan(pieces, kml.Reader)[0]


def found(points):
    rows = np.flatnonzero(~np.isnat(points.times) & ~np.isnan(points.latitude + points.longitude))
    return {(str(points.times[row])[15], points.latitude[row], points.longitude[row]) for row in rows}


@pytest.mark.parametrize("size", [1, 7, None])
@pytest.mark.parametrize("inside", [FIRST_TIMES, IN_TURN])
def test_tracks_with_all_times_first_or_in_turn(inside, size):
    points = read(HEAD + track(inside) + TAIL, size)
    assert found(points) == ALL and points.fault == "" and len(points.times) == 3


def test_each_gx_track_has_a_number_and_what_is_loose_comes_after():
    loose = placemark(
        "<TimeStamp><when>2019-05-01T10:09:00Z</when></TimeStamp><Point><coordinates>7,46,1</coordinates></Point>"
    )
    both = "<Placemark><gx:MultiTrack>" + "".join(
        f"<gx:Track>{WHENS[row]}{COORDS[row]}</gx:Track>" for row in (0, 1)
    ) + "</gx:MultiTrack></Placemark>"  # fmt: skip
    points = read(HEAD + loose + both + TAIL)
    assert points.tracks.tolist() == [kml.LOOSE, 1, 2]


@pytest.mark.parametrize(
    ("inside", "places"),
    [
        ("<TimeStamp><when>2019-05-01T10:01:00Z</when></TimeStamp><Point><coordinates> 7.1,46.1,0 "
         "</coordinates></Point>",
         [("10:01", 46.1)]),
        ("<Point><coordinates>7.1,46.1</coordinates></Point><TimeStamp><when>2019-05-01T12:01:00+02:00"
         "</when></TimeStamp>",
         [("10:01", 46.1)]),
        ("<TimeSpan><begin>2019-05-01T10:00:00Z</begin><end>2019-05-01T10:20:00Z</end></TimeSpan><Point><coordinates>"
         "7.1,46.1,0</coordinates></Point>", [("10:00", 46.1), ("10:15", 46.1), ("10:20", 46.1)]),
        ("<LineString><coordinates>7.1,46.1,0 9,9,0\n7.3,46.3,0</coordinates></LineString><TimeSpan><begin>2019-05-01T"
         "10:00:00.000Z</begin><end>2019-05-01T10:20:00Z</end></TimeSpan>", [("10:00", 46.1), ("10:20", 46.3)]),
        ("<LookAt><gx:TimeStamp><when>2019-05-01T10:01:00Z</when></gx:TimeStamp></LookAt><Point><coordinates>7,46"
         "</coordinates></Point>", []),
        ("<Point><coordinates>7.1,46.1,0</coordinates></Point>", []),
        ("<TimeStamp><when>2019-05-01</when></TimeStamp><Point><coordinates>7.1,46.1,0</coordinates></Point>", []),
        ("<TimeStamp><when>2019-05-01T10:01:00Z</when></TimeStamp><LineString><coordinates>7,46 8,47</coordinates>"
         "</LineString>", []),
        ("<TimeSpan><begin>2019-05-01T10:00:00Z</begin><end>2019-05-01T10:20:00Z</end></TimeSpan><Polygon><outerBoundary"
         "Is><LinearRing><coordinates>7,46 8,47 7,46</coordinates></LinearRing></outerBoundaryIs></Polygon>", []),
    ],
)  # fmt: skip
def test_places_and_lines_with_a_time_or_a_span(inside, places):
    points = read(HEAD + placemark(inside) + TAIL)
    got = [
        (str(time)[11:16], lat) for time, lat in zip(points.times, points.latitude, strict=True) if str(time) != "NaT"
    ]
    assert got == places
    assert points.marked == (not places and "LinearRing" not in inside)


def test_a_stay_of_weeks_has_only_its_ends():
    span = "<TimeSpan><begin>2019-05-01T10:00:00Z</begin><end>2019-05-{}T10:00:00Z</end></TimeSpan>"
    at = "<Point><coordinates>7.1,46.1,0</coordinates></Point>"
    assert len(read(HEAD + placemark(span.format("08") + at) + TAIL).times) == 7 * 96 + 1
    assert len(read(HEAD + placemark(span.format("09") + at) + TAIL).times) == 2


@pytest.mark.parametrize("inside", [FIRST_TIMES, IN_TURN])
def test_a_file_may_be_cut_anywhere(inside):
    whole = HEAD + track(inside) + TAIL
    for end in range(len(HEAD), len(whole)):
        points = read(whole[:end])
        assert len(points.times) == whole[:end].count("</gx:coord>") and found(points) <= ALL
        assert points.fault == "ends early"


@pytest.mark.parametrize("hole", [1, 7, 30, 61, 150])
@pytest.mark.parametrize("inside", [FIRST_TIMES, IN_TURN])
def test_a_hole_never_gives_a_place_the_time_of_another(inside, hole):
    whole = HEAD + track(inside) + track(inside) + TAIL
    for start in range(len(HEAD), len(whole) - hole - len(TAIL)):
        assert found(read(whole[:start] + "\0" * hole + whole[start + hole :])) <= ALL, start


def test_places_that_outnumber_their_times_are_of_no_known_time():
    points = read(HEAD + track(FIRST_TIMES.replace(WHENS[1], "")) + TAIL)
    assert len(points.times) == 3 and np.isnat(points.times).all()
