"""What photos give away together: a home, one camera in several folders, a journey as a whole."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.audit.finding import Audited, Finding
from photoplanet.earth import gazetteer, geodesy

HOME_KM = 0.3  # photos so near each other are of one home
HOME_DAYS, HOME_WEEKS = 4, 3  # evenings, nights and days of weekends there, and in how many weeks, at least
MOST_HOMES = 3
_NIGHT_FROM, _NIGHT_TO = 20, 7  # hours of the camera's clock
_NAMED_TOWNS = 5


class Known(NamedTuple):
    """A photo whose place is known, in degrees, and when its clock showed what."""

    latitude: float
    longitude: float
    moment: datetime | None


def findings(audits: Sequence[Audited]) -> list[Finding]:
    """Return what the photos give away together.

    >>> findings([])
    []
    """
    known = [each for audited in audits if (each := _known(audited))]
    return [*homes(known), *_journey(known), *_cameras(audits)]


def homes(known: Sequence[Known]) -> list[Finding]:
    """Return where evenings, nights and weekends cluster, the clearest first: likely a home, or a place of work.

    By the camera's clock, from 20 to 7 o'clock, and Saturdays and Sundays. A place counts from HOME_DAYS such days in
    HOME_WEEKS different weeks on, so that a stay of some days is not a home.

    >>> days = [Known(48.86, 2.29, datetime(2023, month, 3, 22)) for month in (1, 2, 3, 4)]
    >>> homes(days)[0].kind
    'home'
    """
    free = [each for each in known if each.moment is not None and _is_free(each.moment)]
    if len(free) < HOME_DAYS:
        return []
    points = geodesy.to_xyz([each.latitude for each in free], [each.longitude for each in free])
    days = np.array([each.moment.toordinal() for each in free if each.moment])
    left = np.ones(len(free), bool)
    found: list[Finding] = []
    while len(found) < MOST_HOMES and left.any():
        best = _densest(points, days, left)
        here = left & (geodesy.between_km(points, points[best]) <= HOME_KM)
        count, weeks = len(np.unique(days[here])), len(np.unique((days[here] - 1) // 7))
        if count < HOME_DAYS or weeks < HOME_WEEKS:
            break
        latitude, longitude = geodesy.mean(*(np.array(each) for each in geodesy.from_xyz(points[here])))
        name = gazetteer.name(latitude, longitude)[0].text("city")
        says = (
            f"{count:,} evenings, nights or weekend days in {weeks:,} weeks lie within 300 m of "
            f"{latitude:.4f}, {longitude:.4f} ({name}): likely a home"
        )
        found.append(Finding("place", "home", "all photos", says, False, latitude, longitude))
        left &= geodesy.between_km(points, points[best]) > 2 * HOME_KM
    return found


def _densest(points: NDArray[np.float64], days: NDArray[np.int64], left: NDArray[np.bool_]) -> int:
    """The first row of the cube of HOME_KM in which there are days of the most weeks, and of these the most days."""
    cubes = np.floor(points * (geodesy.EARTH_RADIUS_KM / HOME_KM)).astype(np.int64)
    held: dict[tuple[int, ...], set[int]] = defaultdict(set)
    rows: dict[tuple[int, ...], int] = {}
    for row in np.flatnonzero(left).tolist():
        cube = tuple(cubes[row].tolist())
        held[cube].add(int(days[row]))
        rows.setdefault(cube, row)
    return rows[max(held, key=lambda cube: (len({(day - 1) // 7 for day in held[cube]}), len(held[cube]), cube))]


def _is_free(moment: datetime) -> bool:
    return moment.weekday() >= 5 or moment.hour >= _NIGHT_FROM or moment.hour < _NIGHT_TO


def _known(audited: Audited) -> Known | None:
    place = next((each for each in audited.findings if each.latitude is not None and each.level == "place"), None)
    if place is None or place.latitude is None or place.longitude is None:
        return None
    moment = None if audited.taken_at is None else datetime.fromisoformat(audited.taken_at).replace(tzinfo=None)
    return Known(place.latitude, place.longitude, moment)


def _journey(known: Sequence[Known]) -> list[Finding]:
    """All known places as one journey: its days, its towns."""
    if len(known) < 2:
        return []
    places = gazetteer.name([each.latitude for each in known], [each.longitude for each in known])
    towns = list(dict.fromkeys(place.text("city") for place in places))
    if len(towns) < 2:
        return []
    days = sorted(str(each.moment.date()) for each in known if each.moment)
    when = f", {days[0]} – {days[-1]}" if days and days[0] != days[-1] else f", {days[0]}" if days else ""
    named = "; ".join(towns[:_NAMED_TOWNS]) + ("; …" if len(towns) > _NAMED_TOWNS else "")
    says = f"{len(known):,} photos tell of a journey through {len(towns):,} places{when}: {named}"
    return [Finding("place", "journey", "all photos", says)]


def _cameras(audits: Sequence[Audited]) -> list[Finding]:
    """Serial numbers and owners that several photos share."""
    photos: dict[str, list[str]] = defaultdict(list)
    for audited in audits:
        for serial in sorted(audited.serials):
            photos[serial].append(audited.file)
    found = []
    for serial, files in sorted(photos.items(), key=lambda each: (-len(each[1]), each[0])):
        folders = len({str(Path(file).parent) for file in files})
        if len(files) > 1:
            where = f" in {folders:,} folders" if folders > 1 else ""
            says = f"{serial} stands in {len(files):,} photos{where}: whoever sees two knows that they belong together"
            found.append(Finding("link", "same camera or owner", "all photos", says))
    return found
