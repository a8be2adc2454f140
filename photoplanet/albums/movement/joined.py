"""Where a photo may be by time, joined with what its pixels say: a likelihood over the Earth, times the law's mass.

What a network says counts by how much it differs from the network's prior, to a power that the library itself teaches
(`weights`), and a photo's looks may have nothing to do with its place (`ASTRAY`), so that no place is ruled out. How
likely places outside the network's cells stay, the library teaches, too. The point moves only as far as the evidence
moves what points are worth: where it says nothing, the answer is exactly that of time alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.movement import placing, reach, surroundings
from photoplanet.albums.movement.experience import Experienced
from photoplanet.albums.movement.placing import Found
from photoplanet.earth import cells, geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.locate import world
from photoplanet.locate.prediction import Prediction

Floats = NDArray[np.float64]

ASTRAY = 0.05  # how often looks say nothing of where a photo was taken
TOPS = 6  # cells of a network around which the answer's are as fine
SEARCHED = 64  # of its likeliest cells, among which those are looked for
FASTEST_KM_H, SLACK_KM = 1000.0, 50.0  # nobody gets farther; to where nobody gets, evidence counts for next to nothing
BEYOND = 1e-3  # what is left of the probability of places that nobody gets to: clocks are wrong now and then
SIGHT_KM = 25.0  # how near a match is, where it is right


class Evidence(Protocol):
    """What is said of one photo beside its time, as a likelihood over the Earth."""

    def likelihood(self, part: Partition, mass: Floats) -> Floats:
        """How much likelier (cells,) it is from each cell of `part` than `mass` (cells,) would be without it."""
        ...

    def centers(self, found: Found) -> tuple[Floats, Floats]:
        """Where it points: unit vectors (k, 3), and how fine (k,) it is there, km."""
        ...


@dataclass(frozen=True, eq=False)
class Pixels:
    """What a network says of one photo: `log_ratio` (classes,), of its probability to its prior, over `partition`.

    `weight`: the power that it is taken to; `outside`: how much likelier places outside its cells are than its prior.

    >>> part = Partition.from_cells(cells.from_token(["47e66c", "60188c"]))  # Paris, Tokyo
    >>> said = Pixels(part, np.log(np.array([1.8, 0.2])), 1.0)
    >>> said.ratios.round(2).tolist(), said.at(np.array([[48.86, 2.35], [0.0, 0.0]])).round(2).tolist()
    ([1.76, 0.24], [1.76, 1.0])
    """

    partition: Partition
    log_ratio: Floats
    weight: float
    outside: float = 1.0

    @cached_property
    def ratios(self) -> Floats:
        """How much likelier (classes,) the photo is from each cell; the mean over the prior is 1."""
        raised = self.weight * np.asarray(self.log_ratio, np.float64)
        raised = np.exp(raised - raised.max())
        return np.asarray(ASTRAY + (1 - ASTRAY) * raised / float(self.partition.prior @ raised))

    def at(self, places: Floats) -> Floats:
        """How much likelier (n,) it is from places (n, 2), degrees."""
        labels = self.partition.assign(*places.T)
        return np.where(labels >= 0, self.ratios[labels], self.outside)

    def likelihood(self, part: Partition, mass: Floats) -> Floats:
        """As `Evidence` has it: a cell that holds several of the network's has their mean, weighed by its prior."""
        inside, open_ = self.parts(part)
        return inside + self.outside * open_

    def parts(self, part: Partition) -> tuple[Floats, Floats]:
        """The likelihood (cells,) of what its own cells hold of those of `part`, and how much (cells,) is outside."""
        own = self.partition.ids
        first = np.searchsorted(own, cells.range_min(part.ids), "left")
        last = np.searchsorted(own, cells.range_max(part.ids), "right")
        labels = self.partition.assign(*part.centers.T)
        inside, open_ = np.where(labels >= 0, self.ratios[labels], 0.0), (labels < 0).astype(np.float64)
        holds = last > first
        first, last = first[holds], last[holds]
        held, area = _sums(self.partition)
        total = np.concatenate([[0.0], np.cumsum(self.partition.prior * self.ratios)])
        covered = np.minimum((area[last] - area[first]) / part.areas_km2[holds], 1.0)
        inside[holds] = covered * (total[last] - total[first]) / (held[last] - held[first])
        open_[holds] = 1 - covered
        return inside, open_

    def centers(self, found: Found) -> tuple[Floats, Floats]:
        """The means of the cells that are likely by both, and the sides of these."""
        some = np.argsort(-self.ratios, kind="stable")[:SEARCHED]
        likely = _density(found, self.partition.xyz[some], self.partition.areas_km2[some]) * self.ratios[some]
        tops = some[np.argsort(-likely, kind="stable")[:TOPS]]
        return self.partition.xyz[tops], np.sqrt(self.partition.areas_km2[tops]) / 2


@dataclass(frozen=True, eq=False)
class Sighting:
    """A known photo that shows the same things: its `place` (3,), and the measured `chance` that it is within 25 km."""

    place: Floats
    chance: float

    def likelihood(self, part: Partition, mass: Floats) -> Floats:
        """As `Evidence` has it: with its chance, all is within 25 km of it, and near to it rather than far from it."""
        away = geodesy.between_km(part.xyz, self.place)
        near = np.where(away <= SIGHT_KM, (1 + away) ** -2.0, 0.0)
        return np.asarray(1 - self.chance + self.chance * near / max(float(mass @ near), 1e-12))

    def centers(self, found: Found) -> tuple[Floats, Floats]:
        """Its place, and a twentieth of the radius."""
        return self.place[None], np.array([SIGHT_KM / 20])


def _sums(partition: Partition) -> tuple[Floats, Floats]:
    """The prior and the areas of a partition's cells, summed up to each (classes + 1,); kept with it."""
    kept = vars(partition)
    if "_sums" not in kept:
        kept["_sums"] = tuple(
            np.concatenate([[0.0], np.cumsum(each)]) for each in (partition.prior, partition.areas_km2)
        )
    found: tuple[Floats, Floats] = kept["_sums"]
    return found


def reachable(found: Found, part: Partition, mass: Floats) -> Floats:
    """`mass` (cells,), of which next to nothing is left where nobody gets to from the photo nearest in time.

    >>> from photoplanet.albums.movement import experience, moments
    >>> known = placing.known(np.array([[48.86, 2.35]]), moments.of(["2024-05-01T12:00:00"], [""]))
    >>> there = placing.place(known, moments.of(["2024-05-01T13:00:00"], [""]))
    >>> part, mass = surroundings.spread(there, experience.gathered(known).at(1.0))
    >>> tokyo = part.assign(np.array([35.68]), np.array([139.69]))
    >>> (reachable(there, part, mass)[tokyo] / mass[tokyo]).round(4).tolist()
    [0.001]
    """
    away = geodesy.between_km(part.xyz, found.xyz[0]) - part.reaches_km
    return mass * np.where(away > SLACK_KM + FASTEST_KM_H * found.hours, BEYOND, 1.0)


def prediction(found: Found, experienced: Experienced, said: Sequence[Evidence]) -> Prediction:
    """As `surroundings.prediction`, given all that is `said` of the photo.

    >>> from photoplanet.albums.movement import experience, moments
    >>> known = placing.known(np.array([[48.86, 2.35]]), moments.of(["2024-05-01"], [""]))
    >>> there = placing.place(known, moments.of(["2024-05-09"], [""]))
    >>> lyon = Sighting(geodesy.to_xyz(np.array(45.76), np.array(4.84)), 0.9)
    >>> where = prediction(there, experience.gathered(known).at(there.hours), [lyon])
    >>> bool(geodesy.distance_km(*where.point, 45.76, 4.84) < 5), 0.6 < where.confidence["city"] < 0.95
    (True, True)
    """
    part, mass, point = join(found, experienced, said)
    latitude, longitude = geodesy.from_xyz(point)
    return Prediction(mass.astype(np.float32), part, model=world.NAME, at=(float(latitude), float(longitude)))


def join(found: Found, experienced: Experienced, said: Sequence[Evidence]) -> tuple[Partition, Floats, Floats]:
    """The cells, the probability (cells,) of each given all that is `said`, and the point (3,) that is worth most.

    >>> from photoplanet.albums.movement import experience, moments
    >>> known = placing.known(np.array([[48.86, 2.35]]), moments.of(["2024-05-01"], [""]))
    >>> there = placing.place(known, moments.of(["2024-05-02"], [""]))
    >>> part, mass, point = join(there, experience.gathered(known).at(24.0), [Sighting(known.xyz[0], 0.95)])
    >>> 0.95 <= float(mass[geodesy.between_km(part.xyz, point) < 25].sum()) < 0.97
    True
    """
    tops = [each.centers(found) for each in said]
    also, sizes = np.concatenate([each[0] for each in tops]), np.concatenate([each[1] for each in tops])
    part, alone = surroundings.spread(found, experienced, also, sizes)
    reached = reachable(found, part, alone)
    reached /= reached.sum()
    mass = reached.copy()
    for each in said:
        mass *= each.likelihood(part, reached)
    mass /= mass.sum()
    return part, mass, _point(found, part, alone, mass, also)


def _point(found: Found, part: Partition, alone: Floats, mass: Floats, also: Floats) -> Floats:
    """Of the candidates of time and of the evidence, what is worth most: time's worth, and what the evidence adds."""
    points = np.concatenate([found.points, also])
    away = geodesy.between_km(points[:, None], part.xyz[None])
    before, after = np.zeros(len(points)), np.zeros(len(points))
    for km, value in placing.WORTH:
        within = value * reach.is_within(away, km)
        before, after = before + within @ alone, after + within @ mass
    worth = np.concatenate([found.worth, before[len(found.points) :]]) + after - before
    labels = part.assign(*geodesy.from_xyz(found.xyz))
    here = mass[labels] / np.maximum(alone[labels], 1e-12)
    worth[: len(found.points)] += found.same @ here
    return np.asarray(points[int(worth.argmax())])


def _density(found: Found, xyz: Floats, areas: Floats) -> Floats:
    """How much (n,) of what the law spreads is in cells with these means (n, 3) and areas, roughly."""
    away = geodesy.between_km(xyz[:, None], found.xyz[None])
    return np.asarray((reach.density(away, found.medians, np.sqrt(areas)[:, None] / 2) @ found.weights) * areas)
