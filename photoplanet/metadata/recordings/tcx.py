"""The recorded points of a TCX file (Garmin's Training Center): `Trackpoint` of activities, not those of courses."""

from photoplanet.metadata.recordings import recording, tags

_FIELDS = ("Time", "LatitudeDegrees", "LongitudeDegrees")
_AROUND = ("Trackpoint", "Track", "Lap", "Activity", "Courses", "Course", "TrainingCenterDatabase")


class Reader(tags.Reader):
    """What has been read of a TCX file; the points of a course are a plan, whose times nobody was there at."""

    root, kind = "TrainingCenterDatabase", "recorded point (Trackpoint)"

    def __init__(self) -> None:
        super().__init__()
        self.course = False
        self.found: dict[str, str] = {}

    def start(self, name: str, rest: str) -> None:
        """Take the beginning of an element."""
        self.catching = ""
        if name in ("Activity", "Course"):
            self.course = name == "Course"
            self.track += 1
        elif name == "Trackpoint":
            self.marked += self.course
            self.found, self.inside = {}, not self.course
        elif self.inside and name in _FIELDS:
            self.catch(name)

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if self.inside and name in _FIELDS:
            text = self.text(name)
            if name in self.found:  # of two points, between which the end of one is lost
                self.broken()
            self.found[name] = text
        if name in _AROUND:
            if self.inside and name == "Trackpoint":
                self._add()
            self.broken()

    def _add(self) -> None:
        time, latitude, longitude = (self.found.get(name, "") for name in _FIELDS)
        if latitude or longitude:  # without: indoors, or before the first fix
            self.gathering.misread(latitude, longitude)
        self.gathering.add(
            recording.seconds(time), recording.degrees(latitude), recording.degrees(longitude), self.track
        )
