"""When photos were taken, as evidence about matches: what time makes impossible, and what is no second witness."""

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.movement import named_dates
from photoplanet.earth import geodesy

SAME_MINUTE = 60.0  # seconds between photos of one moment, which are one witness
SAME_DAY = NOON = 12 * 3600.0  # seconds between photos that may well be of one place because it is the same day
KM_PER_HOUR, GRACE_HOURS, GRACE_KM = 900.0, 0.5, 100.0  # of an airliner; half an hour for clocks that differ a little


class Moment(NamedTuple):
    """Seconds since 1970, NaN where unknown; `zoned`: by UTC, else by the camera's clock, which says not of where.

    `wall`: by the clock where it was taken, as far as that is known; `exact`: a time of day is known, not only the day
    (then both are its noon).
    """

    seconds: float
    zoned: bool
    wall: float
    exact: bool = True


UNKNOWN = Moment(float("nan"), False, float("nan"), False)


def moment(text: str | None) -> Moment:
    """Read a time or a date in ISO 8601; unknown for what is not one.

    >>> moment("1970-01-02T00:00:00")
    Moment(seconds=86400.0, zoned=False, wall=86400.0, exact=True)
    >>> moment("1970-01-01T02:00:00+02:00")
    Moment(seconds=0.0, zoned=True, wall=7200.0, exact=True)
    >>> moment("1970-01-01"), moment("soon").exact
    (Moment(seconds=43200.0, zoned=False, wall=43200.0, exact=False), False)
    """
    if not text:
        return UNKNOWN
    try:
        found = datetime.fromisoformat(f"{text[:-1]}+00:00" if text.endswith("Z") else text)
        wall = found.replace(tzinfo=timezone.utc).timestamp()
        if len(text) == len("1970-01-01"):
            return Moment(wall + NOON, False, wall + NOON, False)
        return Moment(found.timestamp() if found.tzinfo else wall, found.tzinfo is not None, wall)
    except (ValueError, OverflowError):
        return UNKNOWN


def stated_or_named(taken_at: str | None, path: str) -> str:
    """Return when a photo was taken, ISO 8601: as stated, else the date in the name of its file or folder, else "".

    >>> stated_or_named("", "2020-05-30 Lisbon/IMG-20200601-WA0003.jpg"), stated_or_named(None, "a.jpg")
    ('2020-06-01', '')
    """
    if taken_at:
        return taken_at
    moments, exact = named_dates.columns([path])
    if np.isnat(moments[0]):
        return ""
    return str(moments[0]) if exact[0] else str(moments[0].astype("datetime64[D]"))


def one_witness(one: Moment, other: Moment) -> bool:
    """Return whether two photos were taken within a minute by the same kind of clock: a burst proves nothing twice.

    >>> one_witness(moment("2024-05-01T10:00:00"), moment("2024-05-01T10:01:00"))
    True
    >>> one_witness(moment("2024-05-01"), moment("2024-05-01"))
    False
    """
    comparable = one.zoned == other.zoned and one.exact and other.exact
    return comparable and abs(one.seconds - other.seconds) <= SAME_MINUTE


class Moments:
    """When the photos of a library were taken, row by row, compared with the moment of another.

    >>> times = Moments(["2024-05-01T10:00:00", "2024-05-01T18:00:00", "2024-05-01", ""])
    >>> at = moment("2024-05-01T10:00:30")
    >>> times.same_minute(at).tolist(), times.same_day(at).tolist(), times.known.tolist()
    ([True, False, False, False], [True, True, True, False], [True, True, True, False])
    """

    def __init__(self, texts: Iterable[str]):
        read = [moment(text) for text in texts]
        self.seconds = np.array([each.seconds for each in read], np.float64)
        self.wall = np.array([each.wall for each in read], np.float64)
        self.zoned = np.array([each.zoned for each in read], bool)
        self.exact = np.array([each.exact for each in read], bool)

    def __getitem__(self, row: int) -> Moment:
        return Moment(float(self.seconds[row]), bool(self.zoned[row]), float(self.wall[row]), bool(self.exact[row]))

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which (n,) have a time or a date."""
        return ~np.isnan(self.wall)

    def away(self, when: Moment) -> NDArray[np.float64]:
        """Seconds from each photo to a moment (n,), NaN where one is not exact, or by another kind of clock."""
        found: NDArray[np.float64] = np.abs(self.seconds - when.seconds)
        return np.where((self.zoned == when.zoned) & self.exact & when.exact, found, np.nan)

    def same_minute(self, when: Moment) -> NDArray[np.bool_]:
        """Return which photos are one witness with one of a moment, bool (n,)."""
        return self.away(when) <= SAME_MINUTE

    def same_day(self, when: Moment) -> NDArray[np.bool_]:
        """Return which photos (n,) were taken within half a day of a moment, or on its day, by the clocks there."""
        return self.same_minute(when) | (np.abs(self.wall - when.wall) <= SAME_DAY)

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
