"""How finely places are given: as they are to programs, with their radius, and to people no finer than is known."""

import math
from typing import Any

from photoplanet.errors import InputError

# precision -> what printed degrees are rounded to: about what is known within that radius
PRECISIONS = {"street": 0.0001, "city": 0.1, "region": 1.0, "country": 5.0}
AUTO = "auto"  # to programs as finely as "street"; to people by the radius that holds the answer
CHOICES = (AUTO, *PRECISIONS)
DEFAULT_PRECISION = AUTO
FINEST = 4  # digits after the point, some 10 m
_HALF_STEP_KM = 78.6  # what rounding to whole degrees moves a point at most, at the equator
_MOVED = 0.25  # of the radius, that rounding moves a point at most
ANYWHERE_KM = 20_000.0  # no two places are more than 15 km farther apart


def finest(precision: str) -> str:
    """The finest name that a precision of `CHOICES` allows, one of `PRECISIONS`.

    >>> finest("auto"), finest("region")
    ('street', 'region')
    """
    return "street" if precision == AUTO else precision


def rounded(degrees: float, precision: str) -> float:
    """Degrees rounded to a precision of `CHOICES`, "auto" as "street"; InputError lists the known ones.

    >>> rounded(48.8584, "city"), rounded(48.8584, "country"), rounded(48.85837, "auto")
    (48.9, 50.0, 48.8584)
    """
    if precision not in CHOICES:
        raise InputError(f"no precision is called {precision!r}; the precisions are {', '.join(CHOICES)}")
    step = PRECISIONS[finest(precision)]
    return round(round(degrees / step) * step, 4) + 0.0


def rounded_within(degrees: float, radius_km: float) -> float:
    """Degrees with the `digits` that a point known within a radius deserves.

    >>> rounded_within(48.8584, 100)
    48.9
    """
    return round(degrees, digits(radius_km)) + 0.0


def digits(radius_km: float) -> int:
    """How many digits of degrees a point deserves that is known within a radius: rounding moves it by a quarter of it.

    >>> [digits(km) for km in (0.1, 1, 10, 100, 1000)]
    [4, 3, 2, 1, 0]
    """
    return min(FINEST, max(0, math.ceil(math.log10(_HALF_STEP_KM / (_MOVED * max(radius_km, 1e-3))))))


def point(place: dict[str, Any], precision: str, radius_km: float) -> str:
    """Return latitude and longitude of a record's place as text, with the digits that `precision` or the radius leave.

    >>> point({"latitude": 48.9, "longitude": 2.4}, "city", 1.0)
    '48.9, 2.4'
    >>> point({"latitude": 48.8584, "longitude": 2.2945}, "auto", 100.0)
    '48.9, 2.3'
    """
    count = {"street": FINEST, "city": 1, AUTO: digits(radius_km)}.get(precision, 0)
    return f"{place['latitude'] + 0.0:.{count}f}, {place['longitude'] + 0.0:.{count}f}"


def percent(share: float) -> str:
    """Return a probability as people read it: never 0 % and never 100 %.

    >>> percent(0.0004), percent(0.25), percent(0.9999)
    ('<1 %', '25 %', '>99 %')
    """
    return "<1 %" if share < 0.01 else ">99 %" if share > 0.99 else f"{100 * share:.0f} %"


def fine_percent(share: float) -> str:
    """Return a measured share to three digits: what hiding a part of a photo changes may be far under 1 %.

    >>> fine_percent(0.00123456), fine_percent(3e-28)
    ('0.123 %', '<0.001 %')
    """
    return "<0.001 %" if share < 1e-5 else f"{100 * share:.3g} %"


def radius(km: float) -> str:
    """Return a radius in whole kilometres; never 0 km, which would claim an exact place.

    >>> radius(0.3), radius(39.2), radius(3543.1)
    ('<1 km', '39 km', '3,543 km')
    """
    return "<1 km" if km < 1 else f"{km:,.0f} km"


def within(km: float) -> str:
    """Return the radius of a region in whole kilometres, or "anywhere" where it is the whole Earth.

    >>> within(39.2), within(20015.1)
    ('39 km', 'anywhere')
    """
    return radius(km) if km < ANYWHERE_KM else "anywhere"
