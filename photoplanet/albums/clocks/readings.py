"""What the clocks of cameras showed: shots → arrays in seconds, camera by camera."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.shots import Shot
from photoplanet.metadata.times import FIRST_YEAR, never_set
from photoplanet.photos.coordinate_faults import coordinate_fault

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

DAY = 86400.0  # seconds
NO_CAMERA = "photos that name no camera"
_ONLY_DATE = len("2020-05-01")
_FRACTION = re.compile(r"(?<=:\d\d)\.\d+")
_ZERO = datetime(1970, 1, 1)


@dataclass(frozen=True)
class Readings:
    """The clocks of n photos, in seconds since 1970, NaN where nothing is known.

    `shown` (n,): what the camera's clock showed, by itself; `stated` (n,): how far ahead of UTC the photo says that
    was; `receiver` (n,): what a GPS receiver's clock showed, in UTC; `beside` (n,): how far ahead of UTC a program says
    the clock was. `places` (n, 2) degrees. `camera` (n,): row of `names`, −1 where nothing is shown; cameras of two
    photographers are two.
    """

    shown: Floats
    stated: Floats
    receiver: Floats
    beside: Floats
    places: Floats
    camera: Rows
    names: list[str]

    def __len__(self) -> int:
        return len(self.shown)

    def by_camera(self) -> list[Rows]:
        """The photos (k,) of each camera, in the order of what its clock showed."""
        order = np.lexsort((self.shown, self.camera))
        return np.split(order, np.searchsorted(self.camera[order], np.arange(len(self.names))))[1:]


def read(shots: Sequence[Shot], use_places: bool = True) -> Readings:
    """The readings of n shots. A date without a time of day is no reading; nor is what is no time.

    Of a clock that was never set, each start is another; there a receiver's time counts instead, where there is one.

    >>> found = read([Shot("a", "a", taken_at="1970-01-02T02:00:00+02:00", camera="A"), Shot("b", "b")])
    >>> found.shown.tolist(), found.stated.tolist(), found.camera.tolist(), found.names
    ([93600.0, nan], [7200.0, nan], [0, -1], ['A'])
    """
    n = len(shots)
    shown, stated, receiver, beside = (np.full(n, np.nan) for _ in range(4))
    places, camera = np.full((n, 2), np.nan), np.full(n, -1, np.int64)
    numbers: dict[tuple[str | None, str | None], int] = {}
    for row, shot in enumerate(shots):
        if use_places and shot.place is not None and coordinate_fault(*shot.place) is None:
            places[row] = shot.place
        shown[row], stated[row] = _reading(shot.receiver_at if never_set(shot.taken_at) else shot.taken_at)
        if np.isnan(shown[row]):
            continue
        camera[row] = numbers.setdefault((shot.camera, shot.photographer), len(numbers))
        wall, ahead = _reading(shot.receiver_at)
        receiver[row] = wall - ahead
        if shot.ahead_minutes is not None:
            beside[row] = shot.ahead_minutes * 60.0
    return Readings(shown, stated, receiver, beside, places, camera, _names(list(numbers)))


def written(utc: float, ahead: float) -> str | None:
    """A moment in UTC, in seconds since 1970, as ISO 8601 by clocks `ahead` seconds of it, to the minute.

    None where photography was not invented yet, and for what is yet to come.

    >>> written(0.0, 7200.0), written(-1e11, 0.0)
    ('1970-01-01T02:00:00+02:00', None)
    """
    try:
        moment = _ZERO.replace(tzinfo=timezone.utc) + timedelta(seconds=round(utc))
        if moment.year < FIRST_YEAR or moment > datetime.now(timezone.utc) + timedelta(days=1):
            return None
        return moment.astimezone(timezone(timedelta(minutes=round(ahead / 60)))).isoformat()
    except (OverflowError, ValueError):
        return None


def _reading(text: str | None) -> tuple[float, float]:
    """What a clock showed, and how far ahead of UTC it says that was, both in seconds; NaN for what is not said."""
    if not isinstance(text, str) or len(text) <= _ONLY_DATE:
        return np.nan, np.nan
    try:
        found = datetime.fromisoformat(_FRACTION.sub("", text.strip()).replace("Z", "+00:00"))
    except ValueError:
        return np.nan, np.nan
    offset = found.utcoffset()
    seconds = (found.replace(tzinfo=None) - _ZERO).total_seconds()
    return seconds, np.nan if offset is None else offset.total_seconds()


def _names(keys: list[tuple[str | None, str | None]]) -> list[str]:
    """What each camera is called: with its photographer where two have one of that name."""
    often = Counter(camera for camera, _ in keys)
    return [
        " of ".join(filter(None, (camera or NO_CAMERA, who if often[camera] > 1 else None))) for camera, who in keys
    ]
