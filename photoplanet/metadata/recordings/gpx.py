"""The recorded points (`trkpt`) of a GPX file; waypoints and routes say where something is, not where one was."""

import html
import re
from collections.abc import Iterable

from photoplanet.metadata.recordings import recording, tags

_MARKED = ("wpt", "rtept")
_AROUND = ("trkpt", "trkseg", "trk", "gpx")  # whose end ends a point
_DAMAGE = re.compile("[\0\ufffd]")
_ATTRIBUTE = re.compile(r"""(?<![\w:.-])([\w:.-]+)\s*=\s*("[^"]*"|'[^']*')""")


def scan(text: Iterable[str]) -> recording.Points:
    """Read the recorded points in pieces of text; memory is bounded whatever the file's length.

    Times without a zone are UTC. InputError as `tags.scan`.

    >>> found = scan(['<gpx><trk><trkpt lat="48.9" lon="2.3"><time>2023-05-01T10:00:00Z</time></tr', 'kpt>'])
    >>> found.latitude, found.fault
    (array([48.9]), 'ends early')
    """
    return tags.scan(text, Reader)[0]


class Reader(tags.Reader):
    """What has been read of a GPX file."""

    root, kind = "gpx", "recorded point (trkpt)"

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0

    def start(self, name: str, rest: str) -> None:
        """Take the beginning of an element."""
        if name == "trkpt":
            self.broken()
            if not _DAMAGE.search(rest):  # else its two numbers may be of two points
                self._open(rest)
        elif self.inside:
            self.depth += 1
            self.catching = ""
            if name == "time" and self.depth == 1 and self.gathering.seconds[-1] == recording.UNTIMED:
                self.catch(name)
        elif name == "trk":
            self.track += 1
        elif name in _MARKED:
            self.marked += 1

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if name in _AROUND:
            self.broken()
        if self.inside:
            if text := self.text(name):
                self.gathering.seconds[-1] = recording.seconds(text)
            self.depth = max(0, self.depth - 1)

    def _open(self, rest: str) -> None:
        found = {key: html.unescape(value[1:-1]).strip() for key, value in reversed(_ATTRIBUTE.findall(rest))}
        latitude, longitude = found.get("lat", ""), found.get("lon", "")
        self.gathering.misread(latitude, longitude)
        self.gathering.add(recording.UNTIMED, recording.degrees(latitude), recording.degrees(longitude), self.track)
        self.inside, self.depth = True, 0
