"""Moments from what cameras and programs write of a time: ISO 8601, or None where that would be a guess."""

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from photoplanet.metadata.times import FIRST_YEAR

MAX_OFFSET_HOURS = 14  # Kiribati
_MOMENT = re.compile(
    r"(\d{4})[-:/.](\d\d?)[-:/.](\d\d?)(?:[ T]+|(?=\D))"  # 2019:05:01, and a blank or T
    r"(?P<before>[AaPp]\.?[Mm]\.?|上午|下午)? ?(\d\d?):(\d\d)(?::(\d\d))?(?:[.,](\d+))?"
    r" ?(?P<after>[AaPp]\.?[Mm]\.?|上午|下午)? ?(?P<zone>Z|UTC|[+-]\d\d?(?::?\d\d)?(?::?00)?)?$"
)
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d\d?)(?::?(\d\d))?(?::?00)?$")


def moment(text: str | None, offset: str | None = None, fraction: str | None = None) -> str | None:
    """Return ISO 8601 for a date and time as EXIF or XMP has it; None for what is not one, or cannot be the truth.

    12-hour clocks are read; an offset in the text itself counts before `offset`; `fraction`: digits of a second.
    Years before photography and after the next are None; a clock that was never set is for `times` to notice.

    >>> moment("2019:05:01 01:00:00 PM"), moment("2019-05-01T10:00:00Z"), moment("2019:05:01 12:00:00", "+2:00", "5")
    ('2019-05-01T13:00:00', '2019-05-01T10:00:00+00:00', '2019-05-01T12:00:00.500000+02:00')
    >>> moment("0000:00:00 00:00:00"), moment("2019:13:01 10:00:00"), moment("2019:05:01 24:10:00")
    (None, None, None)
    """
    found = _MOMENT.match((text or "").strip())
    if not found:
        return None
    year, month, day = (int(part) for part in found.group(1, 2, 3))
    hour, minute, second = (int(part or 0) for part in found.group(5, 6, 7))
    half = found.group("before") or found.group("after")
    if half and hour <= 12:  # past 12 the clock runs to 24 all the same
        hour = hour % 12 + (12 if half[0] in "pP下" else 0)
    elif half and half[0] not in "pP下":
        return None
    try:
        taken = datetime(year, month, day, hour, minute, min(second, 59))
    except ValueError:
        return None
    if second >= 60:  # a leap second, or 59.9 rounded
        if second > 60:
            return None
        taken += timedelta(seconds=1)
    if not FIRST_YEAR <= year <= datetime.now(timezone.utc).year + 1:
        return None
    digits = found.group(8) or (fraction or "").strip()
    if digits.isascii() and digits.isdigit():
        taken = taken.replace(microsecond=int(digits[:6].ljust(6, "0")))
    zone = found.group("zone")
    return taken.replace(tzinfo=zone_of(zone if zone else offset)).isoformat()


def zone_of(text: str | None) -> timezone | None:
    """Return the offset from UTC that a text states, "+02:00", "+2:00", "-0330", "Z"; None for what is not one.

    >>> zone_of("+2:00"), zone_of("Z"), zone_of("+99:00")
    (datetime.timezone(datetime.timedelta(seconds=7200)), datetime.timezone.utc, None)
    """
    sign = (text or "").strip().upper()
    if sign in ("Z", "UTC", "GMT"):
        return timezone.utc
    found = _OFFSET.match(sign)
    if not found:
        return None
    hours, minutes = int(found[2]), int(found[3] or 0)
    if hours > MAX_OFFSET_HOURS or minutes > 59:
        return None
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if found[1] == "-" else ahead)


def from_gps(day: str | None, clock: Any) -> str | None:
    """Return ISO 8601 in UTC of a GPS receiver's date and time of day (three numbers); None unless both are sound.

    >>> from_gps("2017:05:06", (23.0, 59.0, 58.5))
    '2017-05-06T23:59:58+00:00'
    """
    if not day or not isinstance(clock, tuple | list) or len(clock) != 3:
        return None
    try:
        hour, minute, second = (int(float(part)) for part in clock)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return moment(f"{day} {hour:02}:{minute:02}:{second:02}", "+00:00")
