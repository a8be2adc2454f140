"""Degrees from what EXIF and XMP write of a place: right, or not at all; a contradiction is never resolved by guess."""

import math
from collections.abc import Sequence
from typing import Any

from photoplanet.photos.coordinate_faults import UNREADABLE as UNREADABLE
from photoplanet.photos.coordinate_faults import coordinate_fault

Place = tuple[float | None, float | None, str | None]  # degrees, both or neither; and if neither, why
_WORDS = {"N": ("N", "NORTH"), "S": ("S", "SOUTH"), "E": ("E", "EAST"), "W": ("W", "WEST")}
_WHOLE = 1e-9  # how far a number of degrees or minutes may be from a whole one where smaller units follow


def place(latitude: Any, latitude_ref: str | None, longitude: Any, longitude_ref: str | None) -> Place:
    """Return (latitude, longitude, fault) of EXIF's values: degrees, or None twice and why.

    A value is one to three numbers (degrees, minutes, seconds); a reference is a hemisphere, as text.

    >>> place((48.0, 51.0, 30.0), "N", (2.0, 15.0, 0.0), "W")
    (48.858333333333334, -2.25, None)
    >>> place((48.0, 51.0, 30.0), None, (2.0, 15.0, 0.0), "W")
    (None, None, 'GPS unreadable')
    """
    if latitude is None and longitude is None:
        return None, None, "no GPS"
    return checked(degrees(latitude, latitude_ref, "NS"), degrees(longitude, longitude_ref, "EW"))


def checked(latitude: float | None, longitude: float | None) -> Place:
    """Return a stated place, or why it cannot be used; None for a half that could not be read.

    >>> checked(48.9, 2.4), checked(0.0, 0.0)
    ((48.9, 2.4, None), (None, None, 'exactly 0, 0'))
    """
    if latitude is None or longitude is None:
        return None, None, UNREADABLE
    fault = coordinate_fault(latitude, longitude)
    return (None, None, fault) if fault else (latitude, longitude, None)


def degrees(value: Any, reference: str | None, letters: str, signed: bool = False) -> float | None:
    """Return signed degrees from one to three numbers and a hemisphere ("NS" or "EW"); None unless all is sound.

    A minus sign in any part stands for the whole value, and must agree with the hemisphere. Without a hemisphere a
    positive value is unknown, unless the source writes `signed` values. Seconds of 0/0 mean "not measured".

    >>> degrees((-12.0, 30.0, 0.0), "S", "NS"), degrees((-12.0, 30.0, 0.0), "N", "NS"), degrees((12.5,), "", "NS")
    (-12.5, None, None)
    """
    if value is None:
        return None
    parts = list(value) if isinstance(value, tuple | list) else [value]
    numbers = _numbers(parts)
    if numbers is None:
        return None
    lead = next((at for at, number in enumerate(numbers) if number or math.copysign(1, number) < 0), 0)
    negative = math.copysign(1, numbers[lead]) < 0
    finer = numbers[lead + 1 :]
    if any(number < 0 for number in finer) and not (negative and all(number <= 0 for number in finer)):
        return None
    size = math.fsum(abs(number) / 60**unit for unit, number in enumerate(numbers))
    positive_letter, negative_letter = (_WORDS[letter] for letter in letters)
    hemisphere = (reference or "").strip(" .\t").upper()
    if hemisphere in negative_letter:
        return -size
    if hemisphere in positive_letter:
        return None if negative and size else size
    if hemisphere:
        return None
    if negative or signed or size == 0:  # a signed value says its own hemisphere
        return -size if negative else size
    return None  # no hemisphere: half the globe away is worse than unknown


def _numbers(parts: Sequence[Any]) -> list[float] | None:
    """Degrees, minutes and seconds as finite numbers that make one value together."""
    if not 1 <= len(parts) <= 3:
        return None
    numbers: list[float] = []
    for place, part in enumerate(parts):
        try:
            number = float(part)
        except (TypeError, ValueError, ZeroDivisionError, OverflowError):
            number = math.nan
        if place and math.isnan(number) and getattr(part, "numerator", None) == 0:
            number = 0.0 if place == 2 or numbers[0] % 1 else math.nan
        if not math.isfinite(number) or (place and abs(number) > 60):
            return None
        numbers.append(number)
    for number, finer in zip(numbers, (numbers[1:], numbers[2:]), strict=False):
        if any(finer) and abs(number - round(number)) > _WHOLE:
            return None  # 48.8584° 51': the same fraction twice, or something else; whoever adds them up is wrong
    return numbers
