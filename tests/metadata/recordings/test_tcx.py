"""TCX files: Garmin's and others', cut and damaged; and courses, which nobody recorded."""

import numpy as np
import pytest

from photoplanet.metadata.recordings import tags, tcx

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<TrainingCenterDatabase xmlns:ns3="http://www.garmin.com/xmlschemas/Acti'
    'vityExtension/v2" xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"><Activities><Activity '
    'Sport="Biking"><Id>2019-05-01T09:59:00.000Z</Id><Lap StartTime="2019-05-01T10:00:00.000Z"><TotalTimeSeconds>60'
    "</TotalTimeSeconds><Track>"
)
TAIL = "</Track></Lap></Activity></Activities></TrainingCenterDatabase>"


def point(minute, place=True):
    where = f"<Position><LatitudeDegrees>46.{minute}</LatitudeDegrees><LongitudeDegrees>7.{minute}</LongitudeDegrees>"
    return (
        f"<Trackpoint><Time>2019-05-01T10:0{minute}:00.000Z</Time>{where + '</Position>' if place else ''}"
        "<AltitudeMeters>540.2</AltitudeMeters><HeartRateBpm><Value>120</Value></HeartRateBpm><Extensions><ns3:TPX><ns3:Speed>3.1"
        "</ns3:Speed></ns3:TPX></Extensions></Trackpoint>"
    )


WHOLE = HEAD + point(1) + point(2) + point(3) + TAIL


def read(text, size=None):
    pieces = [text] if size is None else [text[at : at + size] for at in range(0, len(text), size)]
    return tags.scan(pieces, tcx.Reader)[0]


def found(points):
    return {
        (str(time)[15], lat, lng)
        for time, lat, lng in zip(points.times, points.latitude, points.longitude, strict=True)
    }


ALL = {("1", 46.1, 7.1), ("2", 46.2, 7.2), ("3", 46.3, 7.3)}


@pytest.mark.parametrize("size", [1, 7, None])
@pytest.mark.parametrize(
    "change",
    [lambda text: text, lambda text: text.replace("<Track>", "<Track> <!-- <Trackpoint><Time>1</Time> -->"),
     lambda text: text.replace("<Pos", "<t:Pos").replace("</Pos", "</t:Pos"),
     lambda text: text.replace("><", ">\r\n  <"),
     lambda text: text.replace(".000Z", "Z"), lambda text: text.replace("Biking", "Other & <3")],
)  # fmt: skip
def test_points_of_activities(change, size):
    points = read(change(WHOLE), size)
    assert found(points) == ALL and points.fault == ""


def test_a_point_without_a_position_has_none():
    points = read(HEAD + point(1) + point(2, place=False) + TAIL)
    assert len(points.times) == 2 and np.isnan(points.latitude[1]) and points.unreadable == ""


def test_each_activity_is_a_track_and_a_course_is_not_one():
    second = '<Activity Sport="Running"><Lap><Track>' + point(4) + "</Track></Lap></Activity>"
    points = read(WHOLE.replace("</Activities>", f"{second}</Activities>"))
    assert points.tracks.tolist() == [1, 1, 1, 2]
    planned = f"<Courses><Course><Name>a</Name><Track>{point(5)}{point(6)}</Track></Course></Courses>"
    points = read(WHOLE.replace("</Activities>", f"</Activities>{planned}"))
    assert found(points) == ALL and points.marked == 2


def test_a_file_may_be_cut_anywhere_and_gives_its_whole_points():
    for end in range(len(HEAD), len(WHOLE)):
        points = read(WHOLE[:end])
        assert len(points.times) == WHOLE[:end].count("</Trackpoint>") and points.fault == "ends early"


@pytest.mark.parametrize("hole", [1, 7, 40, 160, 400])
def test_a_hole_never_gives_a_point_the_time_of_another(hole):
    for start in range(len(HEAD), len(WHOLE) - hole - len(TAIL)):
        points = read(WHOLE[:start] + "\0" * hole + WHOLE[start + hole :])
        whole = np.flatnonzero(~np.isnat(points.times) & ~np.isnan(points.latitude + points.longitude))
        got = {(str(points.times[row])[15], points.latitude[row], points.longitude[row]) for row in whole}
        assert got <= ALL, start
