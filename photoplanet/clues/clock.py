"""The camera's clock as evidence: in which zones clocks were as far ahead of UTC at that moment.

How often a clock is right was not measured, for want of photos whose clocks and places are both known. `ASSUMED` says
what is assumed instead, on the cautious side, and bounds what any clock can say.
"""

from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.clues.clue import Clue
from photoplanet.earth import ground as earth_ground
from photoplanet.earth import zones
from photoplanet.earth.ground import Ground
from photoplanet.metadata import clock_facts, facts
from photoplanet.metadata.clock_facts import LEAST_OFFSET, MOST_OFFSET, STEP, ClockFacts
from photoplanet.metadata.sidecars import Sidecars
from photoplanet.photos.decode import Source

KIND = "clock"


class Assumed(NamedTuple):
    """How often a clock shows what, in shares of photos, together 1; and the most that it can say.

    `right`: the place's own time; `season`: its time of the other season, since nobody changed the clock; `home`: that
    of another place, from which the camera came or where a program ran, drawn from where people photograph; `unset`:
    UTC, since nobody chose a zone; `odd`: any quarter of an hour. `most_bits`: of the likeliest site over the least
    likely.
    """

    right: float
    season: float
    home: float
    unset: float
    odd: float
    most_bits: float


_CAMERA = Assumed(right=0.70, season=0.04, home=0.12, unset=0.12, odd=0.02, most_bits=4.0)
_PROGRAM = Assumed(right=0.50, season=0.06, home=0.28, unset=0.12, odd=0.04, most_bits=2.5)
ASSUMED: dict[clock_facts.Source, Assumed] = {
    "offset": _CAMERA,
    "GPS time": _CAMERA,
    "XMP": _PROGRAM,
    "Google": _PROGRAM,
}

_WHOSE: dict[clock_facts.Source, str] = {"XMP": "by the photo's XMP, ", "Google": "by Google's time, "}
_SEASONS = tuple(timedelta(days=days) for days in (-182, -91, 91, 182))
_EXAMPLES = 3  # zones that are named
_WORTH_NAMING = 0.01  # of the photos where clocks are the same: a continent with less has no zone among them


def clues(said: ClockFacts | None, ground: Ground) -> list[Clue]:
    """Return what a camera's clock says of each site, as one clue, or none.

    None where nothing is known of the clock, and where no place on Earth had such clocks at that moment: the clock is
    then wrong.

    >>> from datetime import datetime
    >>> from photoplanet.earth import ground
    >>> [clue] = clues(ClockFacts(datetime(2023, 7, 14, 10), 345, "offset"), ground.read())
    >>> clue.says
    "the camera's clock was 5 h 45 min ahead of UTC on 2023-07-14, as in Asia/Kathmandu"
    >>> clues(ClockFacts(datetime(2023, 7, 14, 10), 75, "offset"), ground.read())
    []
    """
    if said is None:
        return []
    ahead = zones.offsets(said.utc.replace(tzinfo=timezone.utc))
    zone = zone_of_sites(ground)
    weight = np.asarray(np.bincount(zone, ground.weight, minlength=len(ahead)), np.float64)
    if not weight[ahead == said.offset_minutes].sum():
        return []
    by_zone = likelihood(said, ahead, _in_other_seasons(said.utc.date()), weight)
    least = by_zone.max() / 2 ** ASSUMED[said.source].most_bits
    log_likelihood = np.log(np.maximum(by_zone, least)).astype(np.float32)
    return [Clue(KIND, _says(said, ahead, weight), (), log_likelihood[zone])]


def of_photo(photo: Source, ground: Ground | None = None, beside: Sidecars | None = None) -> list[Clue]:
    """Return what a photo's own time facts say, as `clues` does, over the sites of `ground` (None: the Earth's).

    `beside` finds the sidecars of paths, and saves listing a folder again for each of its photos. InputError for what
    is not a photo.

    >>> of_photo(np.zeros((8, 8, 3), np.uint8))
    []
    """
    found = facts.of(photo, beside).clock
    return [] if found is None else clues(found, ground or earth_ground.read())


def likelihood(
    said: ClockFacts, ahead: zones.Minutes, others: NDArray[np.int16], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how likely it is in each of m zones that a clock shows what it showed: (m,), before any bound.

    `ahead` (m,), `others` (k, m): minutes ahead of UTC then, and in other seasons; `weight` (m,): shares of people's
    photos. Where `ahead` is unknown, it is as likely as on average.

    >>> from datetime import datetime
    >>> when = ClockFacts(datetime(2023, 7, 14, 10), 120, "offset")
    >>> ahead, others = np.array([120, 60], np.int16), np.array([[60, 60]], np.int16)
    >>> likelihood(when, ahead, others, np.array([0.5, 0.5])).round(3).tolist()
    [0.76, 0.06]
    """
    assumed, shown = ASSUMED[said.source], said.offset_minutes
    known, same = ahead != zones.UNKNOWN, ahead == shown
    total = weight[known].sum()
    home = weight[same].sum() / total if total else 0.0
    changes = ((others != ahead) & (others != zones.UNKNOWN)).any(axis=0)
    season = np.where(changes, (others == shown).any(axis=0) & ~same, same)  # no change to forget: the clock is right
    found = assumed.right * same + assumed.season * season
    found += assumed.home * home + assumed.unset * (shown == 0)
    found += assumed.odd * STEP / (MOST_OFFSET - LEAST_OFFSET + STEP) * (shown % STEP == 0)
    found[~known] = np.average(found[known], weights=weight[known]) if total else 1.0
    return np.asarray(found, np.float64)


def zone_of_sites(ground: Ground) -> NDArray[np.int16]:
    """Return the row of each site's zone, as in `zones.zone_of_towns`: (sites,).

    >>> from photoplanet.earth import ground
    >>> zone_of_sites(ground.read()).shape == ground.read().weight.shape
    True
    """
    _, towns = zones.zone_of_towns()
    open_land = zones.zone_of_open_land(ground.latitude[ground.towns :], ground.longitude[ground.towns :])
    return np.concatenate([towns[: ground.towns], open_land])


@lru_cache(maxsize=512)  # days: the photos of an album share them
def _in_other_seasons(day: date) -> zones.Minutes:
    """Minutes ahead of UTC of each zone a quarter and half a year before and after a day: (4, m)."""
    noon = datetime.combine(day, time(12), timezone.utc)
    return np.stack([zones.offsets(noon + away) for away in _SEASONS])


def _says(said: ClockFacts, ahead: zones.Minutes, weight: NDArray[np.float64]) -> str:
    hours, minutes = divmod(abs(said.offset_minutes), 60)
    amount = " ".join(([f"{hours} h"] if hours else []) + ([f"{minutes} min"] if minutes else []))
    showed = f"was {amount} {'ahead of' if said.offset_minutes > 0 else 'behind'} UTC" if amount else "showed UTC"
    named, all_named = _examples(np.where(ahead == said.offset_minutes, weight, 0))
    such = "as in" if all_named else "as in zones such as"
    whose = _WHOSE.get(said.source, "")
    return f"{whose}the camera's clock {showed} on {said.local.date()}, {such} {', '.join(named)}"


def _examples(weight: NDArray[np.float64]) -> tuple[list[str], bool]:
    """The zones to name, most photographed first, one of each continent if it can be; and whether these are all."""
    names, _ = zones.zone_of_towns()
    rows = [row for row in np.argsort(-weight, kind="stable").tolist() if weight[row]]
    continents: dict[str, int] = {}
    for row in rows:
        if weight[row] >= _WORTH_NAMING * weight.sum():
            continents.setdefault(names[row].partition("/")[0], row)
    chosen = [*continents.values()][:_EXAMPLES]
    chosen += [row for row in rows if row not in chosen][: _EXAMPLES - len(chosen)]
    return [names[row] for row in rows if row in chosen], len(chosen) == len(rows)
