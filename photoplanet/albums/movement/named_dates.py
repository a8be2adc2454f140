"""Dates in the names of files and folders: IMG_20200530_143334.jpg, 2020-05-30 Lisbon, IMG-20200530-WA0001.jpg."""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from photoplanet.metadata.times import NEVER_SET

MOST_LETTERS = 255  # of a name that are looked at: file systems take no more
_DATE = re.compile(
    r"(?<!\d)(?P<year>(?:18|19|20)\d\d)(?P<mark>[-_. ]?)(?P<month>0[1-9]|1[0-2])(?P=mark)(?P<day>0[1-9]|[12]\d|3[01])"
    r"(?:(?:[-_. T]|\sat\s|_at_){0,3}(?P<hour>[01]\d|2[0-3])(?P<colon>[-_.:h]?)(?P<minute>[0-5]\d)"
    r"(?:(?P=colon)(?P<second>[0-5]\d))\d{0,3})?(?!\d)", re.ASCII)  # fmt: skip


def read(name: str) -> tuple[datetime, bool] | None:
    """The first date that a name holds, and whether it goes to the second; None where it holds none.

    Only year, month, day in this order, since 03-04-2020 may be either; a date that no calendar has, one that stands
    where a clock was never set, and one in the future are none.

    >>> read("IMG_20200530_143334.jpg"), read("2020-05-30 Lisbon (3).jpg")
    ((datetime.datetime(2020, 5, 30, 14, 33, 34), True), (datetime.datetime(2020, 5, 30, 0, 0), False))
    >>> read("IMG_1234.jpg"), read("20201332.jpg"), read("1234567890123456.jpg")
    (None, None, None)
    """
    for found in _DATE.finditer(name[:MOST_LETTERS]):
        day = [int(found[part]) for part in ("year", "month", "day")]
        clock = [int(found[part]) for part in ("hour", "minute", "second")] if found["hour"] else []
        try:
            moment = datetime(*day, *clock)  # type: ignore[arg-type]
        except ValueError:
            continue
        if str(moment.date()) not in NEVER_SET and moment.timestamp() < datetime.now().timestamp() + 86400:
            return moment, bool(clock)
    return None


def columns(paths: Sequence[str]) -> tuple[NDArray[np.datetime64], NDArray[np.bool_]]:
    """What each path (n) says: datetime64[s] (n,), NaT for nothing, and whether it goes to the second (n,).

    The file's own name is asked first, then its folder's, which says no more than the day.

    >>> columns(["2020-05-30 Lisbon/IMG_7.jpg", "a.jpg"])[0].astype(str).tolist()
    ['2020-05-30T00:00:00', 'NaT']
    """
    moments = np.full(len(paths), np.datetime64("NaT"), "datetime64[s]")
    exact = np.zeros(len(paths), np.bool_)
    for row, text in enumerate(paths):
        path = PurePath(text)
        if found := read(path.name):
            moments[row], exact[row] = np.datetime64(found[0], "s"), found[1]
        elif found := read(path.parent.name):
            moments[row] = np.datetime64(found[0].date(), "s")
    return moments, exact
