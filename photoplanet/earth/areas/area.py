"""What an area is: whether it holds a point, what it is called, and how areas are joined."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.errors import InputError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Points = tuple[Floats, Floats]  # latitude (n,), longitude (n,) in degrees

HALF_CIRCUMFERENCE_KM = float(np.pi * geodesy.EARTH_RADIUS_KM)


class Cap(NamedTuple):
    """A circle on the Earth: its middle in degrees, and its radius in km."""

    latitude: float
    longitude: float
    km: float


EVERYWHERE = Cap(0.0, 0.0, HALF_CIRCUMFERENCE_KM)


class Area(ABC):
    """A part of the Earth.

    `name`: for people; `cap`: a circle beyond which every point is like every other, in the area where `elsewhere`.

    >>> from photoplanet.earth.areas.parse import area
    >>> alps = area("45, 6, 48, 14")
    >>> alps.contains([46.0, 52.5], [10.0, 13.4]).tolist()
    [True, False]
    """

    name: str
    cap: Cap
    elsewhere: bool = False

    def contains(self, lat: npt.ArrayLike, lng: npt.ArrayLike) -> Any:
        """Whether each point lies in the area (bool, the shape of `lat`); InputError for coordinates off the Earth."""
        latitude, longitude = geodesy.check(lat, lng)
        flat_lat, flat_lng = latitude.ravel(), longitude.ravel()
        found = np.full(flat_lat.shape, self.elsewhere)
        around = self.cap
        near = np.arange(flat_lat.size)
        if around.km < HALF_CIRCUMFERENCE_KM:
            away = geodesy.distance_km(flat_lat, flat_lng, around.latitude, around.longitude)
            near = np.flatnonzero(away <= around.km)
        if near.size:
            found[near] = self._holds(flat_lat[near], flat_lng[near])
        return found.reshape(latitude.shape)[()]

    @abstractmethod
    def _holds(self, lat: Floats, lng: Floats) -> Bools:
        """As `contains`, for checked flat arrays of points within the cap."""

    @abstractmethod
    def _hints(self) -> Points:
        """Points near the border and inside, close enough together that no part of the area is overlooked."""

    def hints(self) -> tuple[Floats, Floats, Bools]:
        """Points to look at, so that no part of the area is overlooked: degrees (n,), (n,), and whether inside (n,)."""
        lat, lng = self._hints()
        return lat, lng, np.asarray(self.contains(lat, lng))

    def __repr__(self) -> str:
        return f"<Area: {self.name}>"


class _Joined(Area):
    """Areas that are looked at together."""

    def __init__(self, areas: Sequence[Area]):
        self.areas = tuple(areas)

    def _hints(self) -> Points:
        found = [each._hints() for each in self.areas]
        return np.concatenate([lat for lat, _ in found]), np.concatenate([lng for _, lng in found])

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.areas == getattr(other, "areas", None)

    def __hash__(self) -> int:
        return hash((type(self), self.areas))


class Union(_Joined):
    """What lies in any of several areas."""

    def __init__(self, areas: Sequence[Area], name: str = ""):
        super().__init__(areas)
        self.name = name or _listed([each.name for each in areas], "or")
        self.cap = _around([each.cap for each in areas])

    def _holds(self, lat: Floats, lng: Floats) -> Bools:
        found = np.zeros(lat.shape, np.bool_)
        for each in self.areas:
            rest = np.flatnonzero(~found)
            found[rest] = each.contains(lat[rest], lng[rest])
        return found


class Outside(_Joined):
    """What lies in none of several areas."""

    elsewhere = True

    def __init__(self, areas: Sequence[Area]):
        super().__init__(areas)
        self.name = f"outside {_listed([each.name for each in areas], 'and')}"
        self.cap = _around([each.cap for each in areas])

    def _holds(self, lat: Floats, lng: Floats) -> Bools:
        found = np.ones(lat.shape, np.bool_)
        for each in self.areas:
            rest = np.flatnonzero(found)
            found[rest] = ~each.contains(lat[rest], lng[rest])
        return found


class Both(_Joined):
    """What lies in one area and in another, such as Europe `Outside` France."""

    def __init__(self, one: Area, other: Area):
        super().__init__([one, other])
        self.name = f"{one.name}, {other.name}"
        self.cap = one.cap

    def _holds(self, lat: Floats, lng: Floats) -> Bools:
        one, other = self.areas
        found = np.array(one.contains(lat, lng))
        rest = np.flatnonzero(found)
        found[rest] = other.contains(lat[rest], lng[rest])
        return found


def joined(within: Sequence[Area], not_within: Sequence[Area] = ()) -> Area | None:
    """Return the area of what lies in any of `within` (none: anywhere) and in none of `not_within`; None for neither.

    >>> from photoplanet.earth.areas.parse import area
    >>> joined([area("AT"), area("CH")], [area("48.2, 16.4, 50")]).name
    'Austria or Switzerland, outside 50 km around 48.2, 16.4'
    """
    inner = within[0] if len(within) == 1 else Union(within) if within else None
    outer = Outside(not_within) if not_within else None
    if inner is None or outer is None:
        return inner or outer
    return Both(inner, outer)


def numbers(text: str, what: str) -> list[float]:
    """Read numbers between commas; InputError with `what` they should be where one is not a finite number.

    >>> numbers("48.2, 16.4", "a place")
    [48.2, 16.4]
    """
    found = []
    for part in text.split(","):
        try:
            found.append(float(part))
        except ValueError:
            raise InputError(f"{part.strip()[:40]!r} is not a number; {what}") from None
    if not np.isfinite(found).all():
        raise InputError(f"{text[:60]!r} must be finite numbers; {what}")
    return found


def _listed(names: Sequence[str], word: str) -> str:
    """Names as people list them; of many the first."""
    if len(names) > 6:
        return f"{', '.join(names[:5])} {word} {len(names) - 5} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


def _around(caps: Sequence[Cap]) -> Cap:
    """A cap that holds all of them."""
    if len(caps) == 1:
        return caps[0]
    middle = geodesy.to_xyz([cap.latitude for cap in caps], [cap.longitude for cap in caps]).mean(axis=0)
    if not middle.any():
        return EVERYWHERE
    latitude, longitude = geodesy.from_xyz(middle)
    far = max(float(geodesy.distance_km(latitude, longitude, cap.latitude, cap.longitude)) + cap.km for cap in caps)
    return Cap(float(latitude), float(longitude), min(far * (1 + 1e-9), HALF_CIRCUMFERENCE_KM))
