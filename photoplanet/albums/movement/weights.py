"""How much pixels count in one library: learned on its known photos, a whole day of which is left out at a time.

Beside known places of the same hours, time says nearly all, and a network that helps on days of which nothing is known
may do harm; so there are two weights. A day is one observation, however many photos it has.
What counts is how much likelier the true places become, beside time alone; a network that gains nothing, or loses, gets
the weight 0. Photos that a network was trained on say too much for it; where there are no others, it gets a weight that
costs little where it is wrong.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.movement import joined, placing, surroundings
from photoplanet.albums.movement.experience import Experience
from photoplanet.albums.movement.joined import Pixels
from photoplanet.albums.movement.placing import Known
from photoplanet.earth import geodesy

Floats = NDArray[np.float64]

POWERS = (0.0, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
OUTSIDE = (1.0, 0.3, 0.1, 0.03)  # how much likelier places outside the network's cells are than its prior
GRID = tuple((power, outside) for power in POWERS for outside in OUTSIDE)
FAR_HOURS = 6.0  # from where on a photo is far from all known ones
LEFT_OUT_HOURS = 0.25  # around a photo, where one is left out that is near to others
CAREFUL = 0.2  # far from known photos, of networks that the library cannot judge; the best of own ones on trips.parquet
LEAST_DAYS = 5  # left out, before a network is believed more than that
MOST_PHOTOS = 200  # that are left out, evenly spread over those given
MOST_GAIN = 3.0  # nats that one day counts at most, for or against: a wrong clock is no network's fault


@dataclass(frozen=True)
class Weight:
    """The power that a network's answers are taken to, and how likely places `outside` its cells are (`Pixels`).

    `days`: over how many, each left out, this was learned; `gain`: how much likelier the truth became with it, in nats
    a day. `seen`: these days were in its training.
    """

    power: float
    outside: float = 1.0
    days: int = 0
    gain: float = 0.0
    seen: bool = False


@dataclass(frozen=True)
class Weights:
    """How a network counts for photos `near` to known ones in time, and `far` from all.

    >>> Weights(Weight(0.0), Weight(0.5)).at(24.0).power, bool(Weights(Weight(0.0), Weight(0.0)))
    (0.5, False)
    """

    near: Weight = Weight(0.0)
    far: Weight = Weight(0.0)

    def __bool__(self) -> bool:
        return bool(self.near.power or self.far.power)

    def to_dict(self) -> dict[str, float]:
        """The two powers, for JSON."""
        return {"near": self.near.power, "far": self.far.power}

    def at(self, hours: float) -> Weight:
        """The weight for a photo so many hours from the nearest known one."""
        return self.near if hours < FAR_HOURS else self.far


def learned(
    known: Known,
    experience: Experience,
    said: Iterable[tuple[int, Pixels]],
    trained_on: NDArray[np.int64] | None = None,
) -> Weights:
    """The weights of a network, by what it says (`Pixels` of any weight) of known photos, by their rows.

    `trained_on`: rows of photos that it was, or may have been, trained on; of those nothing is learned but that it is
    bad.

    >>> from photoplanet.albums.movement import experience, moments
    >>> known = placing.known(np.array([[48.86, 2.35]]), moments.of(["2024-05-01"], [""]))
    >>> found = learned(known, experience.gathered(known), [])
    >>> found.near.power, found.far
    (0.0, Weight(power=0.2, outside=1.0, days=0, gain=0.0, seen=False))
    """
    number = {int(row): place for place, row in enumerate(known.rows)}
    listed = [(number[row], row, pixels) for row, pixels in said if row in number]
    taught = set() if trained_on is None else set(trained_on.tolist())
    fresh = [each for each in listed if each[1] not in taught]
    days, gains = _by_day(known, experience, fresh, far=True)
    if days < LEAST_DAYS:
        far = _careful(_best(*_by_day(known, experience, listed, far=True)))
        return Weights(Weight(0.0), replace(far, seen=bool(taught)))
    near = _best(*_by_day(known, experience, fresh, far=False), none=0.0, outside=1)
    return Weights(near, _best(days, gains))


def _careful(weight: Weight) -> Weight:
    return replace(weight, power=min(weight.power, CAREFUL), outside=1.0)


def _best(days: int, gains: Floats, none: float = CAREFUL, outside: int = len(OUTSIDE)) -> Weight:
    """The weight with the greatest gain (days, GRID), where that is beyond its error; `none`: without any day.

    Of OUTSIDE, the first `outside` are tried.

    A network has to gain over its own cells, too, which say where people are at all; what those alone gain is no merit
    of what it sees.
    """
    if not days:
        return Weight(none)
    cells_alone = gains[:, :outside]
    over = gains - cells_alone[:, [int(cells_alone.mean(axis=0).argmax())]]
    tried = np.flatnonzero(np.arange(len(GRID)) % len(OUTSIDE) < outside)[outside:]
    mean = over.mean(axis=0)
    error = over.std(axis=0, ddof=1) / np.sqrt(days) if days > 1 else np.abs(mean)
    best = int(tried[(mean - error / 2)[tried].argmax()])
    total = float(gains[:, best].mean())
    if mean[best] <= error[best] or total <= 0:
        return Weight(0.0, 1.0, days, total)
    return Weight(*GRID[best], days, total)


def _by_day(
    known: Known, experience: Experience, listed: list[tuple[int, int, Pixels]], far: bool
) -> tuple[int, Floats]:
    """The number of days, and how many nats (days, GRID) each weight gains on each, left out as a whole where `far`."""
    some = np.unique(np.linspace(0, len(listed) - 1, min(MOST_PHOTOS, len(listed))).round().astype(int))
    days = known.moments.days
    found: dict[float, list[Floats]] = {}
    for number, _, pixels in (listed[each] for each in some.tolist()):
        at = known.moments.take(np.array([number]))
        keep = days != days[number] if far else placing.away(known, at) > LEFT_OUT_HOURS
        there = placing.place(known.without(keep), at)
        if there is not None and (there.hours >= FAR_HOURS) == far:
            gain = gained(there, experience, pixels, known.xyz[number])
            found.setdefault(float(days[number]), []).append(gain)
    gains = [np.mean(each, axis=0).clip(-MOST_GAIN, MOST_GAIN) for each in found.values()]
    return len(gains), np.array(gains).reshape(-1, len(GRID))


def gained(there: placing.Found, experience: Experience, pixels: Pixels, truth: Floats) -> Floats:
    """How much likelier (GRID,), in nats, the `truth` (3,) is with the pixels than by time alone, for each weight.

    >>> from photoplanet.albums.movement import experience, moments
    >>> from photoplanet.earth.partition.partition import Partition
    >>> known = placing.known(np.array([[48.86, 2.35]]), moments.of(["2024-05-01"], [""]))
    >>> there = placing.place(known, moments.of(["2024-05-09"], [""]))
    >>> part = Partition.uniform([48.86, 45.76], [2.35, 4.84], level=6, min_photos=1)
    >>> right = Pixels(part, np.log([1.9, 0.1] if part.assign([48.86], [2.35])[0] == 0 else [0.1, 1.9]), 1.0)
    >>> gains = dict(zip(GRID, gained(there, experience.gathered(known), right, known.xyz[0]), strict=True))
    >>> bool(gains[0.5, 1.0] > gains[0.1, 1.0] > gains[0.0, 1.0])
    True
    """
    part, alone = surroundings.spread(there, experience.at(there.hours), *replace(pixels, weight=1.0).centers(there))
    mass = joined.reachable(there, part, alone)
    mass /= mass.sum()
    label = int(pixels.partition.assign(*geodesy.from_xyz(truth[None]))[0])
    found: list[float] = []
    for power in POWERS:
        weighed = replace(pixels, weight=power)
        inside, open_ = (float(mass @ each) for each in weighed.parts(part))
        here = float(weighed.ratios[label]) if label >= 0 else 0.0
        found += [np.log((here + outside * (label < 0)) / (inside + outside * open_)) for outside in OUTSIDE]
    return np.array(found)
