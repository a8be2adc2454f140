"""The timed places of a KML file: `gx:Track`, and places and lines with the time or the span that they were true.

Google Earth, Garmin and loggers write the first, and the second beside it; Google's own Timeline exported spans.
"""

from photoplanet.errors import InputError
from photoplanet.metadata.recordings import recording, tags

LOOSE = 1 << 20  # the number of the track of what is outside a gx:Track: those count first
_VIEWS = ("LookAt", "Camera")  # of whoever looks at the map, with times of their own
_SHAPES = ("Point", "LineString")
_TEXTS = ("when", "begin", "end", "coord", "coordinates")
_MOST_TEXT = 1 << 20  # characters of the coordinates of one line


class Reader(tags.Reader):
    """What has been read of a KML file."""

    root, kind, most_caught = "kml", "place with a time (gx:Track, TimeStamp or TimeSpan)", _MOST_TEXT

    def __init__(self) -> None:
        super().__init__()
        self.shape = self.view = ""
        self.tracking = False
        self.whens: list[str] = []
        self.coords: list[str] = []
        self.times: dict[str, str] = {}
        self.places: list[tuple[str, str]] = []

    def start(self, name: str, rest: str) -> None:
        """Take the beginning of an element."""
        self.catching = ""
        if name in _VIEWS:
            self.view = name
        elif name == "Placemark":
            self.times, self.places, self.inside = {}, [], True
        elif name == "Track":
            self.whens, self.coords, self.tracking = [], [], self.inside
            self.track += 1
        elif name in _SHAPES:
            self.shape = name
        elif name in _TEXTS and self.inside and not self.view:
            self.catch(name)

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if name == self.view:
            self.view = ""
        elif name == self.shape:
            self.shape = ""
        elif name == "Track":
            self._track(whole=True)
        elif name == "Placemark":
            if self.inside:
                self._placemark()
            self.inside = False
        elif name == self.catching:
            self._take(name, self.text(name))

    def broken(self) -> None:
        """A hole: nothing says any more which of the times a place has."""
        super().broken()
        self.tracking = False
        self.whens, self.coords = [], []

    def finish(self) -> None:
        """The file ends: a gx:Track that was cut has its places in the order of its times."""
        self._track(whole=False)

    def _take(self, name: str, text: str) -> None:
        if name == "coordinates":
            if self.shape and text:
                places = text.split()
                self.places.append((self.shape, places[0]))
                self.places.append((self.shape, places[-1] if len(text) < _MOST_TEXT else ""))
        elif not self.tracking:
            self.times.setdefault(name, text)
        elif name in ("when", "coord"):
            kept = self.whens if name == "when" else self.coords
            if len(kept) >= recording.MAX_POINTS:
                raise InputError(f"it has more than {recording.MAX_POINTS:,} points; split it")
            kept.append(text)

    def _track(self, whole: bool) -> None:
        """Add the points of a gx:Track, which has all its times before its places, or one after another."""
        paired = len(self.whens) == len(self.coords) or not whole
        for row, coord in enumerate(self.coords[: None if whole else len(self.whens)]):
            when = recording.seconds(self.whens[row]) if paired else recording.UNTIMED
            self._add(when, coord, " ", self.track)
        self.whens, self.coords, self.tracking = [], [], False

    def _placemark(self) -> None:
        """Add the place of a Placemark that says when somebody was there; others are marks on a map."""
        begin, end = (recording.seconds(self.times.get(name, "")) for name in ("begin", "end"))
        when = recording.seconds(self.times.get("when", ""))
        shapes = {shape for shape, _ in self.places}
        if len(self.places) != 2 or (when == recording.UNTIMED and recording.UNTIMED in (begin, end)):
            self.marked += len(self.places) > 0
        elif shapes == {"Point"} and when != recording.UNTIMED:
            self._add(when, self.places[0][1], ",", LOOSE)
        elif shapes == {"Point"} and when == recording.UNTIMED:
            self.gathering.stay(begin, end, *_degrees(self.places[0][1], ","), LOOSE)
        elif shapes == {"LineString"} and when == recording.UNTIMED:
            for moment, (_, place) in zip((begin, end), self.places, strict=True):
                self._add(moment, place, ",", LOOSE)
        else:
            self.marked += 1

    def _add(self, moment: int, place: str, comma: str, track: int) -> None:
        latitude, longitude = _degrees(place, comma)
        if latitude != latitude or longitude != longitude:
            self.gathering.misread(place, "")
        self.gathering.add(moment, latitude, longitude, track)


def _degrees(place: str, comma: str) -> tuple[float, float]:
    """The latitude and longitude of "longitude,latitude,altitude"; NaN for what is not written so."""
    parts = [*(place.split() if comma == " " else place.split(comma)), "", ""]
    return recording.degrees(parts[1].strip()), recording.degrees(parts[0].strip())
