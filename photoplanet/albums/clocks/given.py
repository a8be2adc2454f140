"""What a person says of clocks: how far they were ahead of UTC, all or one camera's, or what time zone they showed."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from photoplanet.albums.clocks import local_time
from photoplanet.albums.clocks.readings import DAY, Floats
from photoplanet.errors import InputError

OFFSET = "[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9](?::?[0-5][0-9])?"  # beside Z and UTC: less than a day
# The same in parts; days for clocks whose date was never set
_OFFSET = re.compile(r"([+-])(?:(\d{1,6})d ?)?([01]\d|2[0-3]):?([0-5]\d)(?::?([0-5]\d))?", re.ASCII | re.IGNORECASE)
_LIKE = "must look like +02:00, -05:30 or +01:58:30: how far the clock is ahead of UTC"
_NAMED = 5  # cameras in a message


@dataclass(frozen=True)
class Given:
    """`ahead`: seconds ahead of UTC of clocks that name no zone; `by_camera`: of one camera; `zone`: what they showed.

    None for what was not given; a `zone` is a name of the IANA database, or "local".
    """

    ahead: float | None = None
    by_camera: dict[str, float] = field(default_factory=dict)
    zone: str | None = None

    def of_cameras(self, names: Sequence[str]) -> dict[int, float]:
        """Seconds ahead of UTC by the row of the camera in `names`; InputError where none or several have the name.

        >>> Given(by_camera={"eos": 7110.0}).of_cameras(["Canon EOS 80D 123", "Apple iPhone 12"])
        {0: 7110.0}
        """
        found = {}
        for wanted, ahead in self.by_camera.items():
            fits = [row for row, name in enumerate(names) if _plain(wanted) in _plain(name)]
            exact = [row for row in fits if _plain(wanted) == _plain(names[row])]
            fits = exact or fits
            if len(fits) != 1:
                listed = [names[row] for row in fits] if fits else list(names)
                text = ", ".join(listed[:_NAMED]) + (", …" if len(listed) > _NAMED else "")
                why = f"fits {len(fits)} cameras ({text}); write more of its name" if fits else (
                    f"is the name of no camera here; there are {text}" if text else "is the name of no camera here"
                )  # fmt: skip
                raise InputError(f"the time offset of {wanted[:100]!r}: this {why}")
            found[fits[0]] = ahead
        return found

    def of_tracks(self) -> Callable[[Floats, Floats], Floats] | None:
        """Seconds ahead of UTC (n,) of the clocks of tracks, by what they showed (n,) at places (n, 2); None if unsaid.

        >>> read(zone="local").of_tracks()(np.array([1.7e9]), np.array([[48.858, 2.294]])).tolist()
        [3600.0]
        """
        if self.ahead is None and self.zone is None:
            return None
        return self._of_track

    def _of_track(self, shown: Floats, places: Floats) -> Floats:
        if self.ahead is not None:
            return np.full(len(shown), self.ahead)
        if self.zone is not None and self.zone != local_time.LOCAL:
            return local_time.of_clock(shown, self.zone)[0]
        return local_time.in_zones(local_time.zones_of(places), shown, by_clock=True)


def read(offsets: Sequence[str] = (), zone: str | None = None) -> Given:
    """What a person wrote: offsets as "+02:00" or "CAMERA=+01:58:30", and a zone's name; InputError for what is none.

    >>> read(["+02:00", "EOS 80D=+01:58:30"])
    Given(ahead=7200.0, by_camera={'EOS 80D': 7110.0}, zone=None)
    """
    ahead: float | None = None
    by_camera: dict[str, float] = {}
    for text in offsets:
        camera, equals, offset = text.rpartition("=")
        if not equals:
            if ahead is not None and ahead != seconds(offset):
                raise InputError(f"two time offsets for all cameras; write CAMERA={offset.strip()} for one of them")
            ahead = seconds(offset)
        elif not _plain(camera):
            raise InputError(f"the time offset {text[:100]!r} names no camera before the equals sign")
        else:
            by_camera[camera.strip()] = seconds(offset)
    if ahead is not None and zone is not None:
        raise InputError("a time offset and a time zone contradict each other; give one of them, or CAMERA=OFFSET")
    return Given(ahead, by_camera, None if zone is None else local_time.checked(zone))


def seconds(text: str) -> float:
    """Seconds ahead of UTC of "+02:00", "-0530", "+01:58:30", "-8401d 03:00:00" or "Z"; InputError for anything else.

    >>> seconds("-0530"), seconds("Z")
    (-19800.0, 0.0)
    """
    plain = text.strip()
    if plain.upper() in ("Z", "UTC"):
        return 0.0
    found = _OFFSET.fullmatch(plain)
    if not found:
        raise InputError(f"the time offset {text[:100]!r} {_LIKE}")
    days, hours, minutes, rest = (int(part or 0) for part in found.group(2, 3, 4, 5))
    size = days * DAY + hours * 3600 + minutes * 60 + rest
    return float(-size if found[1] == "-" else size)


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
