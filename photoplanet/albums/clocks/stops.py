"""A clock by a track without a single known place: the whole quarter of an hour that suits the track's stops best.

People take photos where they stand or walk, while they carry the device, and by daylight; how much likelier is written
below, as an assumption on the cautious side. Before that, clocks that show the track's local time are the likeliest.
"""

from typing import NamedTuple

import numpy as np

from photoplanet.albums.clocks.found import Found
from photoplanet.albums.clocks.local_time import QUARTERS, Way
from photoplanet.albums.clocks.passes import Line
from photoplanet.albums.clocks.readings import DAY, Floats

HOW = "stops of the track"
RIGHT, SEASON, UNSET, HOUR, ODD = 0.70, 0.04, 0.12, 0.12, 0.02  # local time, of the other season, UTC, hours, quarters
STANDS, DRIVES, OFF, NIGHT = 3.0, 0.5, 1.0, 0.3  # how much likelier a photo is at each
WALK_KM_S = 0.002  # 7 km/h
DAYLIGHT = (6.0, 20.0)  # of solar time
APART = 1800.0  # seconds between photos that count as two
MOST = 200
SHARE = 0.5  # of what each says that counts, since what people do in one hour they do in the next
SURE = 0.95
NAMED = 3


class Zone(NamedTuple):
    """An offset in seconds, and how likely it is."""

    ahead: float
    chance: float


def likely(shown: Floats, line: Line, way: Way) -> tuple[Found | None, list[Zone]]:
    """The clock of n readings in time order (seconds since 1970), None where that is not sure; the likeliest offsets.

    >>> from photoplanet.metadata.track import Track
    >>> times = np.datetime64("2024-05-01T06:00", "s") + 600 * np.arange(80)
    >>> track = Track(times, np.full(80, 48.86), np.full(80, 2.35))
    >>> way = Way(times.astype(float), np.full(80, "Europe/Paris"))
    >>> [round(zone.ahead / 3600) for zone in likely(np.array([1.714560e9]), Line(track), way)[1]][0]
    2
    """
    if not len(shown) or not len(line.utc) or not len(way):
        return None, []
    some = shown[_some(shown)]
    tried = [some - ahead for ahead in QUARTERS]
    by_place = some - way.ahead_of_clock(some)[0]
    rates = np.array([_rate(utc, line) for utc in (*tried, by_place)])
    score = SHARE * np.log(rates / rates[:-1].mean(axis=0)).sum(axis=1)
    before = np.concatenate([_before(way, by_place), [RIGHT]])
    chance = before * np.exp(score - score.max())
    chance /= chance.sum()
    ahead = some - by_place
    same = np.flatnonzero(ahead[0] == QUARTERS) if np.ptp(ahead) == 0 else np.array([], np.int64)
    local = float(chance[-1] + chance[same].sum())
    best = [Zone(float(QUARTERS[row]), float(chance[row])) for row in range(len(QUARTERS)) if row not in same]
    best.append(Zone(float(np.median(ahead)), local))
    best.sort(key=lambda zone: -zone.chance)
    if best[0].chance < SURE:
        return None, best[:NAMED]
    follows = best[0].chance == local
    value = way.ahead_of_clock(shown)[0] if follows else np.full(len(shown), best[0].ahead)
    return Found(HOW, value, len(some), len(shown), local=follows, sure=best[0].chance), best[:NAMED]


def _some(shown: Floats) -> list[int]:
    kept: list[int] = []
    for row, at in enumerate(shown.tolist()):
        if not kept or at - shown[kept[-1]] >= APART:
            kept.append(row)
    return [kept[at] for at in np.unique(np.linspace(0, len(kept) - 1, min(MOST, len(kept))).round().astype(int))]


def _rate(utc: Floats, line: Line) -> Floats:
    """How likely (n,) photos are at moments in UTC, beside an average one."""
    speed = line.km_s(utc)
    rate = np.where(np.isnan(speed), OFF, np.where(speed <= WALK_KM_S, STANDS, DRIVES))
    where = line.at(utc)
    solar = (utc / 3600 + np.degrees(np.arctan2(where[:, 1], where[:, 0])) / 15) % 24
    return np.asarray(rate * np.where((solar >= DAYLIGHT[0]) & (solar < DAYLIGHT[1]), 1.0, NIGHT))


def _before(way: Way, utc: Floats) -> Floats:
    """How likely each of the quarters is for a clock that does not show the local time."""
    found = np.full(len(QUARTERS), ODD / len(QUARTERS))
    hours = QUARTERS % 3600 == 0
    found[hours] += HOUR / hours.sum()
    found[QUARTERS == 0] += UNSET
    season = np.median(way.ahead(utc + DAY * 182))
    found[np.abs(QUARTERS - season).argmin()] += SEASON
    return found
