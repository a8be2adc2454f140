"""The time zone of each town of the gazetteer, and how far ahead of UTC its clocks are at a moment.

The file, zones.npz, is written by tools/make_zones.py from GeoNames. The rules of summer time, by place and date, are
those of the IANA database: of the system where it has one, else of the package tzdata, which also has the names that
are newer than an old system.
"""

from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from photoplanet.earth import gazetteer
from photoplanet.earth.geodesy import check, distance_km
from photoplanet.errors import InputError

Minutes = NDArray[np.int16]
Rows = NDArray[np.int16]  # of the names of zones

UNKNOWN = np.iinfo(np.int16).min  # instead of minutes, where the rules of a zone are nowhere to be found


@cache
def zone_of_towns() -> tuple[list[str], Rows]:
    """Return the names of the m zones (IANA), and the row of its zone for each town: (n,), in the gazetteer's order.

    >>> names, rows = zone_of_towns()
    >>> names[rows[gazetteer.nearest(27.7172, 85.324)[0]]]
    'Asia/Kathmandu'
    """
    names, rows = (_stored(key) for key in ("names", "rows"))
    rows = rows.astype(np.int16)
    rows.flags.writeable = False  # one copy for all
    return names.tobytes().decode().split("\n"), rows


def zones(lat: npt.ArrayLike, lng: npt.ArrayLike) -> list[str]:
    """Return the zone of points on land: degrees, any one shape → names, flat.

    Within 25 km of a town it is the town's, else that of the country's nearest. Right where people live; in empty land
    the line between two zones may lie elsewhere (docs/locate.md has how often). InputError for coordinates off the
    Earth.

    >>> zones([48.86, 40.71], [2.35, -74.01])
    ['Europe/Paris', 'America/New_York']
    """
    latitude, longitude = (np.atleast_1d(values).ravel() for values in check(lat, lng))
    names, of_towns = zone_of_towns()
    data = gazetteer.read()
    town = gazetteer.nearest(latitude, longitude)
    away = distance_km(latitude, longitude, data.latitude[town], data.longitude[town])
    rows = np.where(away <= gazetteer.IN_TOWN_KM, of_towns[town], zone_of_open_land(latitude, longitude))
    return [names[row] for row in rows.tolist()]


def zone_of_open_land(lat: npt.ArrayLike, lng: npt.ArrayLike) -> Rows:
    """Return the row of its zone for points far from towns, by a grid of quarter degrees: degrees (n,) → (n,).

    >>> int(zone_of_open_land(23.0, 5.0)[0]) == zone_of_towns()[0].index("Africa/Algiers")
    True
    """
    latitude, longitude = (np.atleast_1d(values).ravel() for values in check(lat, lng))
    grid = _grid()
    height, width = grid.shape
    down = np.minimum(((90 - latitude) / 180 * height).astype(np.int64), height - 1)
    along = np.minimum(((longitude + 180) / 360 * width).astype(np.int64), width - 1)
    rows: Rows = grid[down, along]
    return rows


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
def _grid() -> Rows:
    return _stored("grid").astype(np.int16)


def _stored(key: str) -> NDArray[Any]:
    with np.load(Path(__file__).with_name("zones.npz"), allow_pickle=False) as file:
        return np.asarray(file[key])


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
