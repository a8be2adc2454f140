"""When photos were taken, as spans of hours: a second where a clock says so, a day's waking hours where a name does.

A file's name and the camera may disagree by days: names are given by people and by the phone that took the photo, while
the time in a file may be that of a scanner, an editor or a clock that was never set. So the name is believed, unless
the library itself shows otherwise (`trust`). Photos of a day without any time are in the order of their names, as far
as the library shows that to be so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.movement import named_dates
from photoplanet.core.names import natural_key

WAKING = (8.0, 20.0)  # hours of the day that hold nine tenths of the photos of trips.parquet that state a time
AGREE_HOURS = 26.0  # between a time and the noon of the named day: half a day, and as much as zones differ
ORDERED = 0.8  # how much of a day the order of names narrows down; the best of 0, 0.5, 0.8 and 1
_STEPS = (np.arange(5) + 0.5) / 5  # of a span, for the mean of the hours between two

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """When n photos were taken: `start` and `end` (n,) hours since 1970 by one clock, NaN for unknown.

    `camera` (n,) is the time in the file (NaN for none) where it contradicts `start` and `end`, which are the name's.
    `who` (n,): whose they are, as `movers.numbered` has it; by default nobody's in particular.
    """

    start: Floats
    end: Floats
    camera: Floats
    who: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        if len(self.who) != len(self.start):
            object.__setattr__(self, "who", np.zeros(len(self.start), np.int64))

    def __len__(self) -> int:
        return len(self.start)

    @property
    def middle(self) -> Floats:
        """The middle (n,) of each span."""
        return (self.start + self.end) / 2

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which (n,) have a time or a date."""
        return ~np.isnan(self.start)

    @property
    def days(self) -> Floats:
        """The day (n,) of each middle, since 1970."""
        return np.floor(self.middle / 24)

    def take(self, rows: NDArray[np.integer]) -> "Moments":
        """Those of some photos."""
        return Moments(self.start[rows], self.end[rows], self.camera[rows], self.who[rows])

    def joined(self, others: "Moments") -> "Moments":
        """These, and behind them the others."""
        pairs = [(self.start, others.start), (self.end, others.end), (self.camera, others.camera)]
        start, end, camera = (np.concatenate(pair) for pair in pairs)
        return Moments(start, end, camera, np.concatenate([self.who, others.who]))

    def trusting_cameras(self) -> "Moments":
        """The same, with the camera's time where it contradicts the name."""
        other = ~np.isnan(self.camera)
        return replace(self, start=np.where(other, self.camera, self.start), end=np.where(other, self.camera, self.end))

    def ordered(self, names: Sequence[str], share: float = ORDERED) -> "Moments":
        """The same, with the spans of photos of one day narrowed by `share` towards where their names stand in order.

        >>> day = of(["2020-05-30"] * 3, ["3.jpg", "1.jpg", "2.jpg"])
        >>> [round(float(hour) % 24, 1) for hour in day.ordered(["3.jpg", "1.jpg", "2.jpg"], 1.0).middle]
        [18.0, 10.0, 14.0]
        """
        start, end = self.start.copy(), self.end.copy()
        spans: dict[float, list[int]] = {}
        for row in np.flatnonzero(self.end > self.start).tolist():
            spans.setdefault(float(self.start[row]), []).append(row)
        for rows in spans.values():
            inside = sorted(rows, key=lambda row: natural_key(names[row]))
            n, length = len(inside), float(self.end[inside[0]] - self.start[inside[0]])
            width = max(1 / n, 1 - share)
            for place, row in enumerate(inside):
                low = min(max((place + 0.5) / n - width / 2, 0.0), 1 - width)
                start[row] = self.start[row] + length * low
                end[row] = start[row] + length * width
        return replace(self, start=start, end=end)


def of(taken_at: Sequence[object], names: Sequence[str], times: NDArray[np.datetime64] | None = None) -> Moments:
    """Moments of n photos by what is stated of them and by the names of their files.

    `taken_at` (n): ISO 8601 or None; `times` (n,): the same as datetime64[s], NaT for what cannot be used, by default
    as `metadata.times.parse_times` reads them. What states only a date is that day.

    >>> found = of(["2020-05-30T14:33:34", None, None], ["1.jpg", "IMG-20200601-WA0003.jpg", "x.jpg"])
    >>> (found.end - found.start).tolist(), found.known.tolist()
    ([0.0, 12.0, nan], [True, True, False])
    >>> of(["2020-12-17T19:26:22"], ["2020-09-03.jpg"]).middle[0] < of(["2020-09-05"], [""]).middle[0]
    np.True_
    """
    if times is None:
        from photoplanet.metadata.times import parse_times

        times, _ = parse_times(taken_at)
    stated = _hours(times)
    only_date = np.array([isinstance(text, str) and len(text.strip()) <= len("2020-05-30") for text in taken_at], bool)
    moments, exact = named_dates.columns(names)
    named = _hours(moments)
    day = np.floor(named / 24) * 24
    timed = ~np.isnan(stated) & ~only_date
    apart = timed & (np.abs(stated - day - 12) > AGREE_HOURS)
    by_name = ~np.isnan(named) & (~timed | apart)
    stated_day = np.floor(stated / 24) * 24
    span = np.where(by_name, day, stated_day)
    start, end = span + WAKING[0], span + WAKING[1]
    moment = np.where(by_name & exact, named, stated)
    point = np.where(by_name, exact, timed)
    start, end = np.where(point, moment, start), np.where(point, moment, end)
    return Moments(start, end, np.where(apart, stated, np.nan))


def apart(one: Moments, others: Moments) -> Floats:
    """The mean hours (n, m) between moments evenly within the spans of `one` (n) and `others` (m).

    >>> at = of(["2020-05-30T10:00:00", "2020-05-30T16:30:00", "2020-05-30"], [""] * 3)
    >>> apart(at, at).round(1).tolist()
    [[0.0, 6.5, 4.3], [6.5, 0.0, 3.4], [4.3, 3.4, 3.8]]
    """
    first = one.start[:, None] + (one.end - one.start)[:, None] * _STEPS
    second = others.start[:, None] + (others.end - others.start)[:, None] * _STEPS
    total = np.zeros((len(one), len(others)))
    for column in first.T:
        for other in second.T:
            total += np.abs(column[:, None] - other)
    return total / len(_STEPS) ** 2


def _hours(times: NDArray[np.datetime64]) -> Floats:
    seconds = times.astype("datetime64[s]").astype(np.int64) / 3600.0
    return np.where(np.isnat(times), np.nan, seconds)
