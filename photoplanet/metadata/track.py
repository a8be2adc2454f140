"""The points of a GPS track in time order."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.errors import InputError


@dataclass(frozen=True)
class Track:
    """Points of a GPS track in time order: `times` (m,) datetime64[s] by the photos' clock, degrees (m,)."""

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
        """The same track by a clock that is `hours` ahead; GPX files are in UTC, a camera's clock seldom is."""
        return Track(self.times + np.timedelta64(round(hours * 3600), "s"), self.latitude, self.longitude)
