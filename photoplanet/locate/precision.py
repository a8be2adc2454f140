"""How finely places are printed: no finer than is known."""

from photoplanet.errors import InputError

# precision -> what printed degrees are rounded to: about what is known within that radius
PRECISIONS = {"street": 0.0001, "city": 0.1, "region": 1.0, "country": 5.0}
DEFAULT_PRECISION = "city"


def rounded(degrees: float, precision: str) -> float:
    """Degrees rounded for printing at a precision of `PRECISIONS`; InputError lists the known ones.

    >>> rounded(48.8584, "city"), rounded(48.8584, "country")
    (48.9, 50.0)
    """
    if precision not in PRECISIONS:
        raise InputError(f"no precision is called {precision!r}; the precisions are {', '.join(PRECISIONS)}")
    step = PRECISIONS[precision]
    return round(round(degrees / step) * step, 4) + 0.0
