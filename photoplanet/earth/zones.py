"""The time zone of each town of the gazetteer, and how far ahead of UTC its clocks are at a moment.

The file, zones.npz, is written by tools/make_zones.py from GeoNames. The rules of summer time, by place and date, are
those of the IANA database: of the system where it has one, else of the package tzdata, which also has the names that
are newer than an old system.
"""

from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from photoplanet.earth import gazetteer
from photoplanet.errors import InputError

Minutes = NDArray[np.int16]

UNKNOWN = np.iinfo(np.int16).min  # instead of minutes, where the rules of a zone are nowhere to be found


@cache
def zone_of_towns() -> tuple[list[str], NDArray[np.int16]]:
    """Return the names of the m zones (IANA), and the row of its zone for each town: (n,), in the gazetteer's order.

    >>> names, rows = zone_of_towns()
    >>> names[rows[gazetteer.nearest(27.7172, 85.324)[0]]]
    'Asia/Kathmandu'
    """
    with np.load(Path(__file__).with_name("zones.npz"), allow_pickle=False) as file:
        names, rows = file["names"].tobytes().decode().split("\n"), file["rows"].astype(np.int16)
    rows.flags.writeable = False  # one copy for all
    return names, rows


def zones(lat: npt.ArrayLike, lng: npt.ArrayLike) -> list[str]:
    """Return the zone of points on land, that of the nearest town: degrees, any one shape → names, flat.

    Right where people live; in empty land, and at sea, the line between two zones may lie elsewhere (docs/locate.md
    has how often). InputError for coordinates off the Earth.

    >>> zones([48.86, 40.71], [2.35, -74.01])
    ['Europe/Paris', 'America/New_York']
    """
    names, rows = zone_of_towns()
    return [names[row] for row in rows[gazetteer.nearest(lat, lng)]]


def offsets(moment: datetime) -> Minutes:
    """Return how many minutes ahead of UTC the clocks of each zone are at `moment`, which states its own offset: (m,).

    `UNKNOWN` where neither the system nor tzdata has the zone. Offsets from before there were zones are rounded to the
    minute. InputError for a moment without an offset.

    >>> names, _ = zone_of_towns()
    >>> when = datetime(2023, 7, 14, 10, 0, tzinfo=timezone.utc)
    >>> [int(offsets(when)[names.index(name)]) for name in ("Europe/Berlin", "Africa/Johannesburg", "Asia/Kathmandu")]
    [120, 120, 345]
    """
    if moment.utcoffset() is None:
        raise InputError(f"{moment.isoformat()}: does not state how far it is from UTC; add its offset")
    return np.array([_minutes(rules, moment) for rules in _rules()], np.int16)


def local(moment: datetime, zone: str) -> datetime | None:
    """Return a moment by the clocks of a zone; None where neither the system nor tzdata has the zone.

    A `moment` without an offset is taken as what these clocks showed: it gains the offset that the rules give it; an
    hour that comes twice is the first of the two.

    >>> local(datetime(2023, 7, 14, 10, 0, tzinfo=timezone.utc), "Asia/Kathmandu").isoformat()
    '2023-07-14T15:45:00+05:45'
    >>> local(datetime(2023, 1, 14, 10, 0), "Europe/Lisbon").isoformat()
    '2023-01-14T10:00:00+00:00'
    """
    rules = _read(zone)
    if rules is None:
        return None
    return moment.replace(tzinfo=rules) if moment.utcoffset() is None else moment.astimezone(rules)


@cache
def _rules() -> tuple[ZoneInfo | None, ...]:
    return tuple(_read(name) for name in zone_of_towns()[0])


@cache
def _read(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # not there, not a name, not a file of rules
        return None


def _minutes(rules: ZoneInfo | None, moment: datetime) -> int:
    if rules is None:
        return UNKNOWN
    try:
        ahead = moment.astimezone(timezone.utc).astimezone(rules).utcoffset()
    except OverflowError:  # the first or last hours of Python's calendar
        ahead = None
    return UNKNOWN if ahead is None else round(ahead / timedelta(minutes=1))
