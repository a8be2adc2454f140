"""Areas that a few numbers say: a circle around a place, and a box between two parallels and two meridians."""

from dataclasses import dataclass, field

import numpy as np

from photoplanet.earth import geodesy
from photoplanet.earth.areas.area import EVERYWHERE, HALF_CIRCUMFERENCE_KM, Area, Bools, Cap, Floats, Points
from photoplanet.errors import InputError

_AROUND = 96  # hints on the border of a circle
_ALONG = 64  # hints along each side of a box
CIRCLE = "a circle is 'lat,lng,km', such as 48.2,16.4,50"
BOX = "a box is 'south,west,north,east', such as 45,6,48,14 (west may be over east: across ±180°)"


@dataclass(frozen=True, repr=False)
class Circle(Area):
    """All within `km` of a place in degrees; InputError for numbers that are not a circle.

    >>> Circle(48.2, 16.4, 50).contains(48.1, 17.1), Circle(48.2, 16.4, 60).contains(48.1, 17.1)
    (np.False_, np.True_)
    """

    latitude: float
    longitude: float
    km: float
    name: str = field(init=False, compare=False)
    cap: Cap = field(init=False, compare=False)

    def __post_init__(self) -> None:
        try:
            geodesy.check(self.latitude, self.longitude)
        except InputError:
            raise InputError(
                f"{self.latitude:g}, {self.longitude:g} is not a place on Earth (−90…90 and −180…180 degrees); {CIRCLE}"
            ) from None
        if not 0 < self.km <= HALF_CIRCUMFERENCE_KM + 1:
            raise InputError(f"a radius of {self.km:g} km must be over 0 and at most 20,015 km; {CIRCLE}")
        set_ = object.__setattr__  # of a frozen dataclass
        set_(self, "name", f"{self.km:g} km around {self.latitude:g}, {self.longitude:g}")
        set_(self, "cap", Cap(self.latitude, self.longitude, min(self.km, HALF_CIRCUMFERENCE_KM)))

    def _holds(self, lat: Floats, lng: Floats) -> Bools:
        away = geodesy.distance_km(lat, lng, self.latitude, self.longitude)
        return np.asarray(away <= self.km)

    def _hints(self) -> Points:
        """The middle, and points just inside the border."""
        turn = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)
        middle = geodesy.to_xyz(self.latitude, self.longitude)
        east = geodesy.to_xyz(0.0, self.longitude + 90)
        north = np.cross(middle, east)
        angle = 0.999 * self.km / geodesy.EARTH_RADIUS_KM
        ring = np.cos(angle) * middle + np.sin(angle) * (np.outer(np.cos(turn), east) + np.outer(np.sin(turn), north))
        lat, lng = geodesy.from_xyz(ring)
        return np.append(lat, self.latitude), np.append(lng, self.longitude)


@dataclass(frozen=True, repr=False)
class Box(Area):
    """All between two parallels and two meridians, the borders included; `west` over `east`: across ±180°.

    InputError for numbers that are not a box.

    >>> Box(-20.0, 170.0, -10.0, -170.0).contains([-17.0, -17.0], [178.0, 10.0]).tolist()
    [True, False]
    """

    south: float
    west: float
    north: float
    east: float
    name: str = field(init=False, compare=False)
    cap: Cap = field(init=False, compare=False)

    def __post_init__(self) -> None:
        if not -90 <= self.south < self.north <= 90:
            raise InputError(
                f"south {self.south:g} and north {self.north:g} must be from −90 to 90, south first; {BOX}"
            )
        if not (abs(self.west) <= 180 and abs(self.east) <= 180 and self.west != self.east):
            raise InputError(f"west {self.west:g} and east {self.east:g} must be two longitudes, −180…180; {BOX}")
        name = f"the box {self.south:g}, {self.west:g}, {self.north:g}, {self.east:g}"
        object.__setattr__(self, "name", name)
        lat, lng = self._border()
        middle = (self.south + self.north) / 2, float(_turned(self.west + self.width / 2))
        far = float(geodesy.distance_km(lat, lng, *middle).max())
        # From a point of a parallel, the farthest of a wide box may be a pole's other side: then it is anywhere.
        cap = Cap(*middle, min(1.02 * far, HALF_CIRCUMFERENCE_KM)) if self.width < 180 else EVERYWHERE
        object.__setattr__(self, "cap", cap)

    @property
    def width(self) -> float:
        """From west to east, degrees."""
        return (self.east - self.west) % 360 or 360.0

    def _holds(self, lat: Floats, lng: Floats) -> Bools:
        inside = self._between(lng) | ((np.abs(lng) == 180) & self._between(-lng))  # −180° and 180° are one meridian
        return np.asarray((lat >= self.south) & (lat <= self.north) & inside)

    def _between(self, lng: Floats) -> Bools:
        east_of, west_of = lng >= self.west, lng <= self.east
        return np.asarray(east_of & west_of if self.west < self.east else east_of | west_of)

    def _hints(self) -> Points:
        """The middle, and points on the border."""
        lat, lng = self._border()
        middle = (self.south + self.north) / 2
        return np.append(lat, middle), np.append(lng, _turned(self.west + self.width / 2))

    def _border(self) -> Points:
        share = np.linspace(0, 1, _ALONG)
        down, along = self.south + share * (self.north - self.south), _turned(self.west + share * self.width)
        one = np.ones(_ALONG)
        lat = np.concatenate([down, down, one * self.south, one * self.north])
        return lat, np.concatenate([one * self.west, one * self.east, along, along])


def _turned(longitude: Floats | float) -> Floats:
    return np.asarray(np.mod(np.asarray(longitude) + 180, 360) - 180)
