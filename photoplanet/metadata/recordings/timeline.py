"""Google Timeline as it is and was exported: fixes, paths and visits, as points with their accuracy.

`Records.json` has the fixes of every device; the months of "Semantic Location History" and the phone's export of today
(`Timeline.json`; on iPhones a list) what Google made of them: visits of places, ways, paths. Read item by item.
"""

import math
import re
from collections.abc import Callable, Iterable
from typing import Any

from photoplanet.errors import InputError
from photoplanet.metadata.recordings.json_items import Items, decoded
from photoplanet.metadata.recordings.recording import UNTIMED, Gathering, Points, degrees, seconds

LIKE = rb"\s*[\[{]"
UNSTATED_M = 150.0  # of visits and paths, which have no accuracy: to some point of the place, or snapped to a road
_DEVICES = 1000  # numbers of tracks from here on are what Google made of the fixes
PATHS, STAYS = _DEVICES + 1, _DEVICES + 2
_TURN = 2**32  # old exports have degrees · 10⁷ that overflowed 32 bits
_PLACE = re.compile(r"\s*(?:geo:)?\s*([+-]?[\d.]+)\s*°?\s*,\s*([+-]?[\d.]+)\s*°?\s*", re.ASCII)
_LISTS = ("locations", "timelineObjects", "semanticSegments", "rawSignals")

Place = tuple[float, float]
NOWHERE = (math.nan, math.nan)


def scan(pieces: Iterable[bytes]) -> Points:
    """Read an export in pieces of bytes; memory is bounded whatever its length. InputError for other JSON.

    >>> scan([b'{"locations": [{"latitudeE7": 489000000, "longitudeE7": 23000000, "accuracy": 20, ',
    ...       b'"timestamp": "2019-05-01T10:00:00Z"}]}']).accuracy_m
    array([20.])
    """
    items = Items(decoded(pieces))
    reader = _Reader()
    known = False
    for key, value in items:
        if isinstance(value, dict) and (key in _LISTS or (not key and "startTime" in value)):
            known = True
            reader.take(key, value)
    if not known:
        why = f" (it {items.fault})" if items.fault else ""
        raise InputError(f"JSON, but not an export of Google Timeline{why}; convert it to GPX with points in <trkpt>")
    return reader.gathering.points(0, [items.fault] if items.fault else [])


class _Reader:
    def __init__(self) -> None:
        self.gathering = Gathering()
        self.devices: dict[Any, int] = {}
        self.kinds: dict[str, Callable[[dict[str, Any]], None]] = {
            "locations": self._fix, "timelineObjects": self._old_segment, "semanticSegments": self._segment,
            "rawSignals": self._signal, "": self._segment,
        }  # fmt: skip

    def take(self, key: str, item: dict[str, Any]) -> None:
        """Take one item of the list `key`."""
        self.kinds[key](item)

    def _fix(self, item: dict[str, Any]) -> None:
        """A fix of Records.json; each device is a track, since two are not always together."""
        tag = item.get("deviceTag")
        device = self.devices.setdefault(str(tag)[:20], min(len(self.devices), _DEVICES - 1))
        self.gathering.add(_time(item), *_e7(item), device, _metres(item.get("accuracy")))

    def _signal(self, item: dict[str, Any]) -> None:
        position = _inside(item, "position")
        if position:
            place = _place(position.get("LatLng", position.get("latLng")))
            self.gathering.add(_time(position), *place, 0, _metres(position.get("accuracyMeters")))

    def _segment(self, item: dict[str, Any]) -> None:
        """A segment of the phone's export: a path, a visit, or a way from here to there."""
        begin, end = _moment(item.get("startTime")), _moment(item.get("endTime"))
        path = item.get("timelinePath")
        for point in path if isinstance(path, list) else []:
            if isinstance(point, dict):
                moment = _moment(point.get("time"))
                if moment == UNTIMED and begin != UNTIMED:
                    minutes = _number(point.get("durationMinutesOffsetFromStartTime"))
                    moment = begin + round(60 * minutes) if abs(minutes) < 1e6 else UNTIMED
                self.gathering.add(moment, *_place(point.get("point")), PATHS, UNSTATED_M)
        if (visit := _inside(item, "visit")) and not _number(visit.get("hierarchyLevel")) > 0:
            at = _inside(visit, "topCandidate").get("placeLocation")
            self._stay(begin, end, _place(at.get("latLng") if isinstance(at, dict) else at))
        if way := _inside(item, "activity"):
            for moment, name in ((begin, "start"), (end, "end")):
                at = way.get(name)
                self._end(moment, _place(at.get("latLng") if isinstance(at, dict) else at))

    def _old_segment(self, item: dict[str, Any]) -> None:
        """An object of a month: a visit or a way, both perhaps with a path."""
        for name in ("placeVisit", "activitySegment"):
            part = _inside(item, name)
            duration = _inside(part, "duration")
            begin, end = _time(duration, "startTimestamp"), _time(duration, "endTimestamp")
            if not part:
                continue
            path = _inside(part, "simplifiedRawPath").get("points")
            for point in path if isinstance(path, list) else []:
                if isinstance(point, dict):
                    accuracy = _metres(point.get("accuracyMeters"))
                    place = _e7(point, "latE7", "lngE7")
                    self.gathering.add(_time(point), *place, PATHS, UNSTATED_M if accuracy != accuracy else accuracy)
            if name == "placeVisit":
                place = _e7(_inside(part, "location"))
                self._stay(begin, end, place if place[0] == place[0] else _e7(part, "centerLatE7", "centerLngE7"))
            else:
                self._end(begin, _e7(_inside(part, "startLocation")))
                self._end(end, _e7(_inside(part, "endLocation")))

    def _stay(self, begin: int, end: int, place: Place) -> None:
        self.gathering.stay(begin, end, *place, STAYS, UNSTATED_M)

    def _end(self, moment: int, place: Place) -> None:
        """Either end of a way: many have none, and the visits before and after say the same."""
        if place[0] == place[0]:
            self.gathering.add(moment, *place, STAYS, UNSTATED_M)


def _inside(item: dict[str, Any], name: str) -> dict[str, Any]:
    found = item.get(name)
    return found if isinstance(found, dict) else {}


def _number(value: Any) -> float:
    """A number, perhaps written as text; NaN for another value."""
    if isinstance(value, str):
        return degrees(value[:40])
    return float(value) if isinstance(value, int | float) and abs(value) < 1e18 else math.nan


def _metres(value: Any) -> float:
    found = _number(value)
    return found if found > 0 else math.nan


def _e7(item: dict[str, Any], latitude: str = "latitudeE7", longitude: str = "longitudeE7") -> Place:
    """Degrees of numbers that are 10⁷ times larger."""
    lat, lng = _number(item.get(latitude)), _number(item.get(longitude))
    lat, lng = (value - _TURN if value > most else value for value, most in ((lat, 900000000), (lng, 1800000000)))
    return lat / 1e7, lng / 1e7


def _place(text: Any) -> Place:
    """Degrees of "48.9°, 2.3°" and of "geo:48.9,2.3"."""
    found = _PLACE.fullmatch(text[:100]) if isinstance(text, str) else None
    return (degrees(found[1]), degrees(found[2])) if found else NOWHERE


def _moment(text: Any) -> int:
    return seconds(text[:60]) if isinstance(text, str) else UNTIMED


def _time(item: dict[str, Any], name: str = "timestamp") -> int:
    """A moment as text, or in older exports as milliseconds since 1970 under a name that ends in Ms."""
    if isinstance(item.get(name), str):
        return _moment(item[name])
    milliseconds = _number(item.get(f"{name}Ms"))
    return math.floor(milliseconds / 1000) if abs(milliseconds) < 1e15 else UNTIMED
