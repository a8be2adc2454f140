"""Local time: the offset of a zone's clocks from UTC, by what they show, and the zone of the place on the way.

The rules of zones and of their summer time are those of the IANA database, by `zoneinfo` (`earth.zones`); the zone of a
place is that of its town, or at sea the one that ships would keep, by the longitude.
"""

import difflib
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.clocks.readings import Floats, Rows
from photoplanet.earth import zones
from photoplanet.errors import InputError

LOCAL = "local"  # instead of a zone's name: that of the place on the way
ROUNDS = 4  # place → zone → UTC → place, until nothing changes
_QUARTER = 900.0  # seconds: zones change their clocks at whole ones, and are whole ones ahead of UTC
LEAST_AHEAD, MOST_AHEAD = -12 * 3600.0, 14 * 3600.0  # seconds that clocks which are set right may be ahead of UTC
QUARTERS = np.arange(LEAST_AHEAD, MOST_AHEAD + 1, _QUARTER)
_GRID = 0.05  # degrees within which the zone is the same, or a few kilometres wrong
_SEA_KM = 200.0  # from the nearest town; no place on land but in the Antarctic and the emptiest deserts is farther
_LONGEST = 40  # letters of a zone's name; the longest today has 32
_ZERO = datetime(1970, 1, 1)

Names = NDArray[np.str_]


@dataclass(frozen=True)
class Doubts:
    """Which readings (n,) came twice that night (`twice`), and which were left out by the clocks (`never`)."""

    twice: NDArray[np.bool_]
    never: NDArray[np.bool_]


def checked(name: str) -> str:
    """A zone's name as the IANA database writes it, or `LOCAL`; InputError, with names like it, for what is none.

    >>> checked("europe/lisbon"), checked("local")
    ('Europe/Lisbon', 'local')
    """
    known = available_timezones()
    if name in known or name == LOCAL:
        return name
    text = name.strip().replace(" ", "_").casefold()
    by_text = {each.casefold(): each for each in sorted(known)}
    if text == LOCAL or text in by_text:
        return by_text.get(text, LOCAL)
    cities: dict[str, str] = {}
    for folded, each in by_text.items():
        cities.setdefault(folded.rpartition("/")[2], each)
    wanted = text.rpartition("/")[2]
    alike = [cities[wanted]] if wanted in cities else []
    alike += [by_text[close] for close in difflib.get_close_matches(text[:100], list(by_text), 3, 0.75)]
    alike += [cities[close] for close in difflib.get_close_matches(wanted[:100], list(cities), 3, 0.75)]
    like = " or ".join(list(dict.fromkeys(alike))[:3]) or "Europe/Lisbon"
    raise InputError(f"the time zone {name[:100]!r} is not known; give a name such as {like}, or {LOCAL}")


def of_clock(shown: Floats, zone: str) -> tuple[Floats, Doubts]:
    """Seconds ahead of UTC (n,) of a zone's clocks when they showed `shown` (n,), and which of these are in doubt.

    An hour that comes twice is the first of the two; one that the clocks leave out is by the clock before the change.

    >>> ahead, doubts = of_clock(np.array([1698542999.0, 1698543000.0]), "Europe/Lisbon")  # 29 October 2023, 01:29:59
    >>> ahead.tolist(), doubts.twice.tolist()
    ([3600.0, 3600.0], [True, True])
    """
    rules = _rules(zone)
    quarter, rows = np.unique(np.floor(shown / _QUARTER), return_inverse=True)
    found = np.array([_ahead(rules, each * _QUARTER) for each in quarter.tolist()]).reshape(-1, 3)[rows]
    return found[:, 0], Doubts(found[:, 1] > 0, found[:, 2] > 0)


def of_moment(utc: Floats, zone: str) -> Floats:
    """Seconds ahead of UTC (n,) of a zone's clocks at moments in UTC (n,).

    >>> of_moment(np.array([0.0]), "Asia/Kathmandu").tolist()
    [19800.0]
    """
    rules = _rules(zone)
    quarter, rows = np.unique(np.floor(utc / _QUARTER), return_inverse=True)
    found = [_utc_ahead(rules, each * _QUARTER) for each in quarter.tolist()]
    return np.array(found, np.float64)[rows]


def zones_of(places: Floats) -> Names:
    """The zones (n,) of places (n, 2) degrees, a few kilometres either way, "" for NaN; at sea those of ships.

    >>> zones_of(np.array([[38.72, -9.14], [0.0, -140.0], [np.nan, 0.0]])).tolist()
    ['Europe/Lisbon', 'Etc/GMT+9', '']
    """
    from photoplanet.earth import gazetteer
    from photoplanet.earth.geodesy import distance_km

    known = ~np.isnan(places).any(axis=1)
    found = np.full(len(places), "", f"<U{_LONGEST}")
    if not known.any():
        return found
    some, rows = np.unique(np.round(places[known] / _GRID), axis=0, return_inverse=True)
    latitude, longitude = np.clip(some[:, 0] * _GRID, -90, 90), np.clip(some[:, 1] * _GRID, -180, 180)
    data, town = gazetteer.read(), gazetteer.nearest(latitude, longitude)
    far = distance_km(latitude, longitude, data.latitude[town], data.longitude[town]) > _SEA_KM
    hours = np.round(longitude / 15).astype(int)
    names = zones.zones(latitude, longitude)
    names = [_ship(int(hour)) if away else name for name, away, hour in zip(names, far, hours, strict=True)]
    found[known] = np.array(names)[rows.reshape(-1)]
    return found


class Way:
    """Where the library was when: in `zone` (m,), "" for unknown, at moments `utc` (m,), seconds since 1970.

    >>> way = Way(np.array([0.0, 86400.0]), np.array(["Europe/Paris", "America/New_York"]))
    >>> way.zones(np.array([3600.0, 90000.0]))
    ['Europe/Paris', 'America/New_York']
    """

    def __init__(self, utc: Floats, zone: Names):
        known = np.flatnonzero(~np.isnan(utc) & (zone != ""))
        order = known[np.argsort(utc[known], kind="stable")]
        self.utc = utc[order]
        self._names, self._zone = np.unique(zone[order], return_inverse=True)

    def __len__(self) -> int:
        return len(self.utc)

    @property
    def names(self) -> list[str]:
        """The zones that the way goes through."""
        return [str(name) for name in self._names]

    def zones(self, utc: Floats) -> list[str]:
        """The zone (n,) of the place that is known nearest to each moment."""
        return [str(name) for name in self._names[self._zone[self._nearest(utc)]]]

    def ahead(self, utc: Floats) -> Floats:
        """Seconds ahead of UTC (n,) of the clocks on the way at moments in UTC."""
        found, zone = np.full(len(utc), np.nan), self._zone[self._nearest(utc)]
        for number in np.unique(zone).tolist():
            here = zone == number
            found[here] = of_moment(utc[here], str(self._names[number]))
        return found

    def ahead_of_clock(self, shown: Floats) -> tuple[Floats, Doubts]:
        """Seconds ahead of UTC (n,) of clocks that were set on the way, when they showed `shown` (n,); and doubts.

        The zone depends on the place, that on the moment in UTC, and that on the zone: found by turns, from the zone
        that one comes to when the clock is taken for UTC.
        """
        found, doubts = np.zeros(len(shown)), Doubts(np.zeros(len(shown), bool), np.zeros(len(shown), bool))
        zone = np.full(len(shown), -1)
        for _ in range(ROUNDS):
            new = self._zone[self._nearest(shown - found)]
            if (new == zone).all():
                break
            zone = new
            for number in np.unique(zone).tolist():
                here = np.flatnonzero(zone == number)
                found[here], some = of_clock(shown[here], str(self._names[number]))
                doubts.twice[here], doubts.never[here] = some.twice, some.never
        return found, doubts

    def _nearest(self, utc: Floats) -> Rows:
        after = np.clip(np.searchsorted(self.utc, utc), 1, max(len(self.utc) - 1, 1))
        before = after - 1
        after = np.minimum(after, len(self.utc) - 1)
        return np.where(utc - self.utc[before] <= self.utc[after] - utc, before, after)


def in_zones(zone: Names, seconds: Floats, by_clock: bool) -> Floats:
    """Seconds ahead of UTC (n,) of the clocks in a zone (n,), when they showed `seconds`, or by UTC; NaN for unknown.

    >>> in_zones(np.array(["Europe/Paris", ""]), np.zeros(2), by_clock=False).tolist()
    [3600.0, nan]
    """
    found, known = np.full(len(zone), np.nan), np.flatnonzero((zone != "") & ~np.isnan(seconds))
    names = zone[known]
    for name in np.unique(names).tolist():
        rows = known[names == name]
        found[rows] = of_clock(seconds[rows], name)[0] if by_clock else of_moment(seconds[rows], name)
    return found


@cache
def _rules(zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise InputError(f"{zone}: neither this system nor the package tzdata has the rules of this zone") from None


def _ship(hour: int) -> str:
    return f"Etc/GMT{-hour:+}" if hour else "Etc/GMT"


def _ahead(rules: ZoneInfo, shown: float) -> tuple[float, bool, bool]:
    """Seconds ahead of UTC where the clocks show this, and whether they do so twice, or never."""
    try:
        wall = _ZERO + timedelta(seconds=shown)
        first, second = (_seconds(wall.replace(tzinfo=rules, fold=fold)) for fold in (0, 1))
        there_again = (wall.replace(tzinfo=rules).astimezone(timezone.utc)).astimezone(rules).replace(tzinfo=None)
    except (OverflowError, ValueError):
        return 0.0, False, False
    return first, first > second, there_again != wall


def _utc_ahead(rules: ZoneInfo, utc: float) -> float:
    try:
        return _seconds((_ZERO + timedelta(seconds=utc)).replace(tzinfo=timezone.utc).astimezone(rules))
    except (OverflowError, ValueError):
        return 0.0


def _seconds(moment: datetime) -> float:
    offset = moment.utcoffset()
    return 0.0 if offset is None else float(round(offset.total_seconds() / 60) * 60)
