"""Exports of Google Timeline, old and new, Android's and the iPhone's; cut, odd, hostile."""

import json

import numpy as np
import pytest

from photoplanet.errors import InputError
from photoplanet.metadata.recordings import timeline

RECORDS = {
    "locations": [
        {"latitudeE7": 465000000, "longitudeE7": 72500000, "accuracy": 20, "source": "WIFI", "deviceTag": -1577,
         "timestamp": "2019-05-01T10:00:00.245Z", "activity": [{"activity": [{"type": "STILL", "confidence": 62}]}]},
        {"timestampMs": "1556704860000", "latitudeE7": 465100000, "longitudeE7": 72600000, "accuracy": 3000},
        {"timestamp": "2019-05-01T10:02:00Z", "latitudeE7": 3961967296, "longitudeE7": 4294867296, "deviceTag": 7},
        {"timestamp": "2019-05-01T10:03:00Z", "source": "CELL"},
    ]
}  # fmt: skip
MONTH = {
    "timelineObjects": [
        {"activitySegment": {
            "startLocation": {"latitudeE7": 465000000, "longitudeE7": 72500000},
            "endLocation": {"latitudeE7": 466000000, "longitudeE7": 72600000},
            "duration": {"startTimestamp": "2019-05-01T10:00:00Z", "endTimestamp": "2019-05-01T10:30:00.5Z"},
            "distance": 11000, "activityType": "IN_TRAIN",
            "simplifiedRawPath": {"points": [
                {"latE7": 465500000, "lngE7": 72550000, "accuracyMeters": 12, "timestamp": "2019-05-01T10:14:00Z"}]},
            "waypointPath": {"waypoints": [{"latE7": 1, "lngE7": 1}]}}},
        {"placeVisit": {
            "location": {"latitudeE7": 466000000, "longitudeE7": 72600000, "placeId": "ChIJ", "name": "A museum"},
            "duration": {"startTimestampMs": "1556706600000", "endTimestampMs": "1556708700000"},
            "childVisits": [{"location": {"latitudeE7": 1, "longitudeE7": 1}}], "centerLatE7": 466000100}},
        {"placeVisit": {"location": {"placeId": "x"}, "centerLatE7": 467000000, "centerLngE7": 72700000,
                        "duration": {"startTimestamp": "2019-05-01T12:00:00Z",
                                     "endTimestamp": "2019-05-01T12:05:00Z"}}},
    ]
}  # fmt: skip
ANDROID = {
    "semanticSegments": [
        {"startTime": "2024-05-01T12:00:00.000+02:00", "endTime": "2024-05-01T14:00:00.000+02:00",
         "timelinePath": [{"point": "46.5°, 7.25°", "time": "2024-05-01T12:10:00.000+02:00"},
                          {"point": "-46.51°, -7.26°", "time": "2024-05-01T12:20:00.000+02:00"}]},
        {"startTime": "2024-05-01T14:00:00.000+02:00", "endTime": "2024-05-01T14:20:00.000+02:00",
         "startTimeTimezoneUtcOffsetMinutes": 120,
         "visit": {"hierarchyLevel": 0, "probability": 0.9, "topCandidate": {
             "placeId": "x", "semanticType": "HOME", "placeLocation": {"latLng": "46.6°, 7.3°"}}}},
        {"startTime": "2024-05-01T14:00:00.000+02:00", "endTime": "2024-05-01T14:20:00.000+02:00",
         "visit": {"hierarchyLevel": 1, "topCandidate": {"placeLocation": {"latLng": "1°, 1°"}}}},
        {"startTime": "2024-05-01T15:00:00.000+02:00", "endTime": "2024-05-01T15:30:00.000+02:00",
         "activity": {"start": {"latLng": "46.7°, 7.4°"}, "end": {"latLng": "46.8°, 7.5°"}, "distanceMeters": 13.0}},
        {"startTime": "2024-05-01T00:00:00.000+02:00", "endTime": "2024-05-03T00:00:00.000+02:00",
         "timelineMemory": {"trip": {"distanceFromOriginKms": 3}}},
    ],
    "rawSignals": [
        {"position": {"LatLng": "46.9°, 7.6°", "accuracyMeters": 13, "altitudeMeters": 500.0, "source": "WIFI",
                      "timestamp": "2024-05-02T10:00:00.000+02:00", "speedMetersPerSecond": 0.0}},
        {"wifiScan": {"deliveryTime": "2024-05-02T10:00:00.000+02:00", "devicesRecords": []}},
    ],
    "userLocationProfile": {"frequentPlaces": [{"placeId": "x", "placeLocation": "46.6°, 7.3°", "label": "HOME"}]},
}  # fmt: skip
IPHONE = [
    {"endTime": "2024-05-01T12:20:00.000+02:00", "startTime": "2024-05-01T12:00:00.000+02:00",
     "visit": {"hierarchyLevel": "0", "topCandidate": {"probability": "0.9", "semanticType": "Home", "placeID": "x",
                                                       "placeLocation": "geo:46.600000,7.300000"}}},
    {"endTime": "2024-05-01T13:00:00.000+02:00", "startTime": "2024-05-01T12:20:00.000+02:00",
     "activity": {"start": "geo:46.6,7.3", "end": "geo:46.8,7.5", "topCandidate": {"type": "walking"}}},
    {"endTime": "2024-05-01T16:00:00.000Z", "startTime": "2024-05-01T14:00:00.000Z",
     "timelinePath": [{"point": "geo:46.7,7.4", "durationMinutesOffsetFromStartTime": "12"}]},
]  # fmt: skip


def read(document, size=1 << 20):
    data = (document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)).encode()
    return timeline.scan(data[at : at + size] for at in range(0, len(data), size))


def rows(points):
    return [
        (str(time)[5:16], round(float(lat), 4), round(float(lng), 4), int(track))
        for time, lat, lng, track in zip(points.times, points.latitude, points.longitude, points.tracks, strict=True)
    ]


@pytest.mark.parametrize("size", [1, 50, 1 << 20])
def test_records_have_the_fixes_of_every_device(size):
    points = read(RECORDS, size)
    assert rows(points)[:3] == [
        ("05-01T10:00", 46.5, 7.25, 0), ("05-01T10:01", 46.51, 7.26, 1), ("05-01T10:02", -33.3, -0.01, 2)
    ]  # fmt: skip
    assert len(points.times) == 4 and np.isnan(points.latitude[3])
    np.testing.assert_array_equal(points.accuracy_m, [20, 3000, np.nan, np.nan])


def test_a_month_has_ways_paths_and_visits():
    points = read(MONTH)
    path, stays = timeline.PATHS, timeline.STAYS
    assert rows(points) == [
        ("05-01T10:14", 46.55, 7.255, path), ("05-01T10:00", 46.5, 7.25, stays), ("05-01T10:30", 46.6, 7.26, stays),
        ("05-01T10:30", 46.6, 7.26, stays), ("05-01T10:45", 46.6, 7.26, stays), ("05-01T11:00", 46.6, 7.26, stays),
        ("05-01T11:05", 46.6, 7.26, stays), ("05-01T12:00", 46.7, 7.27, stays), ("05-01T12:05", 46.7, 7.27, stays),
    ]  # fmt: skip
    assert points.accuracy_m.tolist() == [12.0] + [timeline.UNSTATED_M] * 8


def test_the_phones_export_of_today():
    points = read(ANDROID, 11)
    path, stays = timeline.PATHS, timeline.STAYS
    assert rows(points) == [
        ("05-01T10:10", 46.5, 7.25, path), ("05-01T10:20", -46.51, -7.26, path), ("05-01T12:00", 46.6, 7.3, stays),
        ("05-01T12:15", 46.6, 7.3, stays), ("05-01T12:20", 46.6, 7.3, stays), ("05-01T13:00", 46.7, 7.4, stays),
        ("05-01T13:30", 46.8, 7.5, stays), ("05-02T08:00", 46.9, 7.6, 0),
    ]  # fmt: skip
    assert points.accuracy_m[-1] == 13


def test_the_iphones_export():
    path, stays = timeline.PATHS, timeline.STAYS
    assert rows(read(IPHONE)) == [
        ("05-01T10:00", 46.6, 7.3, stays), ("05-01T10:15", 46.6, 7.3, stays), ("05-01T10:20", 46.6, 7.3, stays),
        ("05-01T10:20", 46.6, 7.3, stays), ("05-01T11:00", 46.8, 7.5, stays), ("05-01T14:12", 46.7, 7.4, path),
    ]  # fmt: skip


def test_a_cut_export_gives_what_it_holds():
    whole = json.dumps(RECORDS)
    for end in range(whole.index("activity"), len(whole) - 1):
        if whole[:end].count('"deviceTag": -1577') and "STILL" in whole[: end - 30]:
            points = read(whole[:end])
            assert points.fault == "ends early" and 1 <= len(points.times) <= 4


@pytest.mark.parametrize(
    "document",
    [
        "{}",
        "[]",
        '{"type": "FeatureCollection", "features": []}',
        '[{"a": 1}]',
        "[1, 2]",
        '{"locations": []}',
        "{",
        "[",
    ],
)
def test_other_json_is_refused(document):
    with pytest.raises(InputError, match="JSON, but not an export of Google Timeline"):
        read(document)


ODD = [
    None,
    True,
    "",
    "x",
    -1,
    1e400,
    float("nan"),
    10**30,
    [],
    {},
    [1],
    {"latLng": 3},
    "1e999°, 1°",
    "geo:,",
    "9" * 500,
]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("document", [RECORDS, MONTH, ANDROID, IPHONE])
def test_no_value_is_trusted(document, odd):
    """Each value of each item in turn becomes something else."""

    def changed(value):
        if isinstance(value, dict):
            for key in value:
                yield {**value, key: odd}
                yield from ({**value, key: each} for each in changed(value[key]))
        elif isinstance(value, list):
            for row, each in enumerate(value):
                yield [*value[:row], odd, *value[row + 1 :]]
                yield from ([*value[:row], new, *value[row + 1 :]] for new in changed(each))

    for each in changed(document):
        try:
            points = read(each)
        except InputError:
            continue
        assert len(points.times) == len(points.latitude) == len(points.tracks) < 500
