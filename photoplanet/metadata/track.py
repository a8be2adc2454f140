"""The points of a GPS track in time order, and several tracks as one."""

import heapq
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.errors import InputError

MAX_APART_HOURS = 0.25  # points closer in time than this were recorded without a pause


@dataclass(frozen=True)
class Track:
    """Points of a GPS track in time order: `times` (m,) datetime64[s] by the photos' clock, degrees (m,).

    `accuracy_m` (m,): the radius in metres around each in which the device was with 68 %, NaN where it is not stated;
    None where no point states any. InputError for places off the Earth, and for times that are missing or out of order.

    >>> times = np.array(["2023-05-01T10:00", "2023-05-01T10:05"], "datetime64[s]")
    >>> str(Track(times, np.array([48.8, 48.9]), np.array([2.3, 2.4])).shifted(hours=2).times[0])
    '2023-05-01T12:00:00'
    """

    times: NDArray[np.datetime64]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    accuracy_m: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        geodesy.check(self.latitude, self.longitude, "track")
        if len(self.times) != len(self.latitude) or np.isnat(self.times).any():
            raise InputError("track: every point needs a time, a latitude and a longitude")
        if self.accuracy_m is not None and len(self.accuracy_m) != len(self.times):
            raise InputError("track: give an accuracy for every point, NaN where it is unknown, or none at all")
        if (np.diff(self.times) < np.timedelta64(0, "s")).any():
            raise InputError("track: its points must be in time order; sort them by time")

    def shifted(self, hours: float) -> "Track":
        """Return the track by a clock that is `hours` ahead; tracks are in UTC, a camera's clock seldom is."""
        return replace(self, times=self.times + np.timedelta64(round(hours * 3600), "s"))


def joined(
    times: NDArray[np.datetime64], latitude: NDArray[np.float64], longitude: NDArray[np.float64],
    order: NDArray[np.int64], accuracy_m: NDArray[np.float64] | None = None,
) -> tuple[Track, int]:  # fmt: skip
    """Join the points (n,) of several tracks into one, and count those that are left out.

    `accuracy_m` (n,) as in `Track`. `order` (n,): the number of the track that each is of. While a track was being
    recorded, points of tracks with higher numbers are left out: two devices that were not together would else draw
    zigzags. InputError as `Track`.

    >>> times = np.array(["2023-05-01T10:00", "2023-05-01T10:10", "2023-05-01T10:05"], "datetime64[s]")
    >>> track, left_out = joined(times, np.array([1.0, 2.0, 50.0]), np.array([1.0, 2.0, 50.0]), np.array([0, 0, 1]))
    >>> track.latitude, left_out
    (array([1., 2.]), 1)
    """
    rows = np.lexsort((np.arange(len(times)), order, times))
    if len(rows) and (order[0] != order).any():
        seconds = times.astype("datetime64[s]").astype(np.int64)
        starts, first = _first_recorded(seconds, order)
        when = seconds[rows]
        at = np.searchsorted(starts, when, side="right") - 1
        new = np.concatenate([[True], when[1:] != when[:-1]])
        of_this_second = order[rows][np.maximum.accumulate(np.where(new, np.arange(len(rows)), 0))]
        rows = rows[(order[rows] <= first[at]) & (order[rows] == of_this_second)]
    stated = None if accuracy_m is None or np.isnan(accuracy_m[rows]).all() else accuracy_m[rows]
    return Track(times[rows], latitude[rows], longitude[rows], stated), len(times) - len(rows)


def _first_recorded(
    seconds: NDArray[np.int64], order: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:  # fmt: skip
    """From when on (m,), in seconds, which track (m,) is the first being recorded; for none, the highest int."""
    rows = np.lexsort((seconds, order))
    when, which = seconds[rows], order[rows]
    apart = (np.diff(when) > MAX_APART_HOURS * 3600) | (np.diff(which) != 0)
    begins = when[np.concatenate([[True], apart])]
    ends = when[np.concatenate([apart, [True]])]
    of = which[np.concatenate([[True], apart])]
    long = begins < ends
    begins, ends, of = begins[long], ends[long], of[long]
    starts, first = [np.iinfo(np.int64).min], [np.iinfo(np.int64).max]
    running: list[tuple[int, int]] = []  # (track, its end), those that ended not yet taken out
    by_begin, next_begin = np.argsort(begins, kind="stable"), 0
    for moment in np.unique(np.concatenate([begins, ends + 1])).tolist():
        while next_begin < len(by_begin) and begins[by_begin[next_begin]] <= moment:
            row = by_begin[next_begin]
            heapq.heappush(running, (int(of[row]), int(ends[row])))
            next_begin += 1
        while running and running[0][1] < moment:
            heapq.heappop(running)
        starts.append(moment)
        first.append(running[0][0] if running else np.iinfo(np.int64).max)
    return np.array(starts, np.int64), np.array(first, np.int64)
