"""The points of a GPS track in time order."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.errors import InputError


@dataclass(frozen=True)
class Track:
    """Points of a GPS track in time order: `times` (m,) datetime64[s] by the photos' clock, degrees (m,).

    InputError for places off the Earth, and for times that are missing or out of order.

    >>> times = np.array(["2023-05-01T10:00", "2023-05-01T10:05"], "datetime64[s]")
    >>> str(Track(times, np.array([48.8, 48.9]), np.array([2.3, 2.4])).shifted(hours=2).times[0])
    '2023-05-01T12:00:00'
    """

    times: NDArray[np.datetime64]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]

    def __post_init__(self) -> None:
        geodesy.check(self.latitude, self.longitude, "track")
        if len(self.times) != len(self.latitude) or np.isnat(self.times).any():
            raise InputError("track: every point needs a time, a latitude and a longitude")
        if (np.diff(self.times) < np.timedelta64(0, "s")).any():
            raise InputError("track: its points must be in time order; sort them by time")

    def shifted(self, hours: float) -> "Track":
        """Return the track by a clock that is `hours` ahead; GPX files are in UTC, a camera's clock seldom is."""
        return Track(self.times + np.timedelta64(round(hours * 3600), "s"), self.latitude, self.longitude)
