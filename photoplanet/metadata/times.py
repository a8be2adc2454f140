"""When photos were taken: ISO 8601 texts to moments, and what makes one unusable."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

import numpy as np
from numpy.typing import NDArray

FIRST_YEAR = 1826  # Niépce
LAST_YEAR = 9999  # of Python's calendar
# what a clock shows that was never set: the days from which computers count, also as seen west of Greenwich
NEVER_SET = ("1904-01-01", "1969-12-31", "1970-01-01", "1979-12-31", "1980-01-01")
FUTURE = np.timedelta64(1, "D")  # a photo may come from a time zone that is ahead of ours
_FRACTION = re.compile(r"(?<=:\d\d)\.\d+")
_NAT = np.datetime64("NaT", "s")


def parse_times(
    texts: Iterable[Any], now: datetime | None = None
) -> tuple[NDArray[np.datetime64], dict[str, dict[str, Any]]]:
    """Read ISO 8601 texts, datetimes, datetime64 or None (n) as datetime64[s] (n,), NaT where unusable, and say why.

    The report is {reason: {"count": n, "rows": [first row numbers, from 0]}} with the reasons "no usable time", "no
    ISO 8601 time", "clock never set" (`NEVER_SET`), "before photography" and "in the future". Times of day
    are UTC where every one of them states its offset; else all offsets are dropped, so that one clock orders them all.

    >>> times, report = parse_times(["2016-08-08T12:30:00+02:00", "1980-01-01T00:00:00Z"])
    >>> times.astype(str).tolist(), list(report)
    (['2016-08-08T10:30:00', 'NaT'], ['clock never set'])
    """
    moments: list[datetime | None] = []
    why: dict[int, str] = {}
    for row, text in enumerate(texts):
        moment, fault = _moment(text)
        moments.append(moment)
        if fault:
            why[row] = fault
    utc = all(moment is None or moment.tzinfo is not None for moment in moments)
    today = (now or datetime.now(timezone.utc)).astimezone(timezone.utc).replace(tzinfo=None)
    latest = np.datetime64(today, "s") + FUTURE
    times = np.full(len(moments), _NAT)
    for row, moment in enumerate(moments):
        if moment is None:
            continue
        fault = _fault(moment)
        if not fault:
            wall = moment.astimezone(timezone.utc) if utc else moment
            times[row] = np.datetime64(wall.replace(tzinfo=None), "s")
            fault = "in the future" if times[row] > latest else ""
        if fault:
            why[row], times[row] = fault, _NAT
    report = {
        reason: {"count": count, "rows": [row for row in why if why[row] == reason][:5]}
        for reason, count in Counter(why.values()).items()
    }
    return times, report


def usable(times: NDArray[np.datetime64], now: datetime | None = None) -> NDArray[np.bool_]:
    """Which of the moments in UTC (n,) datetime64[s] may be those of photos, by the rules of `parse_times`; not NaT.

    >>> usable(np.array(["2016-08-08T12:30:00", "1980-01-01T00:13:00", "NaT"], "datetime64[s]"))
    array([ True, False, False])
    """
    today = (now or datetime.now(timezone.utc)).astimezone(timezone.utc).replace(tzinfo=None)
    set_once = ~np.isin(times.astype("datetime64[D]"), np.array(NEVER_SET, "datetime64[D]"))
    after = times >= np.datetime64(f"{FIRST_YEAR}-01-01", "s")
    return np.asarray(set_once & after & (times <= np.datetime64(today, "s") + FUTURE))


def never_set(text: str | None) -> bool:
    """Whether an ISO 8601 text is what a clock shows that was never set.

    >>> never_set("1980-01-01T00:13:00"), never_set("2020-01-01T00:13:00")
    (True, False)
    """
    return text is not None and text[:10] in NEVER_SET


def _moment(text: Any) -> tuple[datetime | None, str]:
    if text is None or text == "" or (isinstance(text, np.datetime64) and np.isnat(text)):
        return None, "no usable time"
    if isinstance(text, datetime):
        return text, ""
    if isinstance(text, np.datetime64):
        text = np.datetime_as_string(text.astype("datetime64[s]"))
    try:
        # Python 3.10 reads neither "Z" nor parts of a second of any length; whole seconds are enough.
        return datetime.fromisoformat(_FRACTION.sub("", str(text).strip()).replace("Z", "+00:00")), ""
    except ValueError:
        return None, "no ISO 8601 time"


def _fault(moment: datetime) -> str:
    if str(moment.date()) in NEVER_SET:
        return "clock never set"
    if moment.year < FIRST_YEAR:
        return "before photography"
    return "in the future" if moment.year >= LAST_YEAR else ""  # where another zone may be past the calendar's end
