"""How finely places are printed: no finer than is known."""

from typing import Any

from photoplanet.errors import InputError

# precision -> what printed degrees are rounded to: about what is known within that radius
PRECISIONS = {"street": 0.0001, "city": 0.1, "region": 1.0, "country": 5.0}
DEFAULT_PRECISION = "city"
ANYWHERE_KM = 20_000.0  # no two places are more than 15 km farther apart


def rounded(degrees: float, precision: str) -> float:
    """Degrees rounded for printing at a precision of `PRECISIONS`; InputError lists the known ones.

    >>> rounded(48.8584, "city"), rounded(48.8584, "country")
    (48.9, 50.0)
    """
    if precision not in PRECISIONS:
        raise InputError(f"no precision is called {precision!r}; the precisions are {', '.join(PRECISIONS)}")
    step = PRECISIONS[precision]
    return round(round(degrees / step) * step, 4) + 0.0


def point(place: dict[str, Any], precision: str) -> str:
    """Return latitude and longitude of a record's place as text, with the digits that `precision` leaves.

    >>> point({"latitude": 48.9, "longitude": 2.4}, "city")
    '48.9, 2.4'
    """
    digits = 4 if precision == "street" else 1 if precision == "city" else 0
    return f"{place['latitude']:.{digits}f}, {place['longitude']:.{digits}f}"


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
