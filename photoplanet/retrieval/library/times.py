"""When photos were taken, as evidence about matches: what time makes impossible, and what is no second witness."""

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy

SAME_MINUTE = 60.0  # seconds between photos of one moment, which are one witness
SAME_DAY = 12 * 3600.0  # seconds between photos that may well be of one place because it is the same day
KM_PER_HOUR, GRACE_HOURS, GRACE_KM = 900.0, 0.5, 100.0  # of an airliner; half an hour for clocks that differ a little


class Moment(NamedTuple):
    """Seconds since 1970, NaN where unknown; `zoned`: by UTC, else by the camera's clock, which says not of where."""

    seconds: float
    zoned: bool


UNKNOWN = Moment(float("nan"), False)


def moment(text: str | None) -> Moment:
    """Read a time in ISO 8601; unknown for what is not one.

    >>> moment("1970-01-02T00:00:00"), moment("1970-01-01T02:00:00+02:00"), moment("soon").zoned
    (Moment(seconds=86400.0, zoned=False), Moment(seconds=0.0, zoned=True), False)
    """
    if not text:
        return UNKNOWN
    try:
        found = datetime.fromisoformat(f"{text[:-1]}+00:00" if text.endswith("Z") else text)
        known = found if found.tzinfo else found.replace(tzinfo=timezone.utc)
        return Moment(known.timestamp(), found.tzinfo is not None)
    except (ValueError, OverflowError):
        return UNKNOWN


class Moments:
    """When the photos of a library were taken, row by row, compared with the moment of another.

    >>> times = Moments(["2024-05-01T10:00:00", "2024-05-01T18:00:00", ""])
    >>> times.within(moment("2024-05-01T10:00:30"), SAME_MINUTE).tolist()
    [True, False, False]
    """

    def __init__(self, texts: Iterable[str]):
        read = [moment(text) for text in texts]
        self.seconds = np.array([each.seconds for each in read], np.float64)
        self.zoned = np.array([each.zoned for each in read], bool)

    def __getitem__(self, row: int) -> Moment:
        return Moment(float(self.seconds[row]), bool(self.zoned[row]))

    def away(self, when: Moment) -> NDArray[np.float64]:
        """Seconds from each photo to a moment, float64 (n,); NaN where one is unknown, or by another kind of clock."""
        found: NDArray[np.float64] = np.abs(self.seconds - when.seconds)
        return np.where(self.zoned == when.zoned, found, np.nan)

    def within(self, when: Moment, seconds: float) -> NDArray[np.bool_]:
        """Return which photos were taken within so many seconds of a moment, bool (n,)."""
        return self.away(when) <= seconds

    def impossible(
        self, when: Moment, place: tuple[float, float], latitude: NDArray[np.float64], longitude: NDArray[np.float64]
    ) -> bool:
        """Return whether nobody can have been at a place (degrees) at a moment, since the library was elsewhere.

        By the photos nearest in time before and after, at 900 km/h, with half an hour and 100 km for clocks and places
        that are a little wrong. Only photos of the same kind of clock count, within half a day.

        >>> times, there = Moments(["2024-05-01T10:00:00"]), np.array([55.7])
        >>> at = moment("2024-05-01T10:05:00")
        >>> times.impossible(at, (55.7, 13.2), there, np.array([13.2]))
        False
        >>> times.impossible(at, (41.9, 12.5), there, np.array([13.2]))
        True
        """
        away = self.away(when)
        for side in (self.seconds <= when.seconds, self.seconds >= when.seconds):
            near = np.where(side & (away <= SAME_DAY), away, np.inf)
            row = int(near.argmin()) if len(near) else -1
            if row < 0 or not np.isfinite(near[row]):
                continue
            km = float(geodesy.distance_km(*place, latitude[row], longitude[row]))
            if km > GRACE_KM + KM_PER_HOUR * (near[row] / 3600 + GRACE_HOURS):
                return True
        return False
