"""Evidence that needs no training, joined with what a network says: likelihoods times its distribution.

Every clue is a likelihood over the sites of `earth.ground`. A cell's likelihood is the mean over its sites, weighed by
where people photograph; times the network's probability it gives the joined one. Two things keep this honest. A text
may have nothing to do with the place (a poster, a T-shirt), so all clues together are at most so strong (`POSTER`). And
the place may lie outside the model's cells: what speaks for that (`unknown`) is weighed by the same evidence, and where
it prevails, the answer is over the whole Earth.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.clues.clue import Clue
from photoplanet.earth import gazetteer
from photoplanet.earth import ground as earth_ground
from photoplanet.earth.ground import Ground
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError
from photoplanet.locate import world
from photoplanet.locate.prediction import Prediction
from photoplanet.signs.line import Reading

TEMPER = 1.0  # the power of all clues together: they may repeat each other
POSTER = 0.03  # how often a photo's text says nothing of where it was taken
OUTSIDE = 0.02  # that a photo is from outside the model's cells, for models that cannot tell
CONFLICT_BITS = 3.0  # clues this much less likely where the network looks than on the whole Earth contradict it


class Joiner:
    """The sites of the ground within the cells of one partition, and how much each weighs in its cell.

    >>> joiner = Joiner(Partition.uniform([48.8], [2.3], level=5, min_photos=1))
    >>> joiner.likelihood(np.ones(len(joiner.ground.weight))).round(9)
    array([1.])
    """

    def __init__(self, partition: Partition, ground: Ground | None = None):
        self.partition = partition
        self.ground = ground or earth_ground.read()
        labels = partition.assign(self.ground.latitude, self.ground.longitude)
        sites = np.flatnonzero(labels >= 0)
        empty = np.flatnonzero(np.bincount(labels[sites], minlength=len(partition)) == 0)
        # a cell without any site is like the site nearest to where its photos are
        near = [int((self.ground.xyz @ point).argmax()) for point in partition.xyz[empty]]
        self.cells = np.concatenate([labels[sites], empty]).astype(np.int32)
        self.sites = np.concatenate([sites, np.array(near, np.int64)])
        weight = self.ground.weight[self.sites]
        self.share = weight / _sums(self.cells, weight, len(partition))[self.cells]

    def likelihood(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Likelihoods (sites,) → the likelihood (classes,) of each cell.

        >>> sites = earth_ground.read()
        >>> joiner = Joiner(Partition.adaptive(sites.latitude, sites.longitude, 10_000, 1), sites)
        >>> spain = sites.country == gazetteer.read().country_codes.index("ES")
        >>> found = joiner.likelihood(spain / (sites.weight @ spain))
        >>> round(float(found @ np.bincount(joiner.cells, sites.weight[joiner.sites])), 6)
        1.0
        """
        return _sums(self.cells, self.share * rows[self.sites], len(self.partition))

    def split(self, mass: NDArray[np.floating[Any]], rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """The mass of cells (classes,), over their sites (as `sites`,), by weight and likelihood; `rows` (sites,).

        >>> joiner = Joiner(Partition.uniform([48.8], [2.3], level=5, min_photos=1))
        >>> round(float(joiner.split(np.ones(1), np.ones(len(joiner.ground.weight))).sum()), 6)
        1.0
        """
        held = self.likelihood(rows)[self.cells]
        return np.asarray(mass[self.cells] * self.share * rows[self.sites] / held)


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a prediction rests on beside the network. `clues` as collected; `struck`: the numbers of those left out.

    `conflict`: the bits by which the clues are less likely where the network looks than on the whole Earth; 0 where
    they agree. `before`: the prediction without clues; `partition`, `mass`: the cells and distribution with them.
    `cut`: what cuts the prediction to the area that a person knows (`locate.within`), after all that.
    """

    clues: tuple[Clue, ...]
    reading: Reading | None
    struck: frozenset[int]
    conflict: float
    before: Prediction
    partition: Partition
    mass: NDArray[np.float32]
    cut: Callable[[Prediction], Prediction] | None = None

    @cached_property
    def bits(self) -> tuple[float, ...]:
        """How much each clue speaks for the answer.

        That is the logarithm of how much likelier the clue is under the joined distribution than on the whole Earth, as
        people photograph it; 0 for a clue that is struck out.
        """
        found = []
        for number, clue in enumerate(self.clues):
            joiner = _joiner(self.partition)
            likelihood = joiner.likelihood(_relative(clue.log_likelihood.astype(np.float64), joiner.ground))
            found.append(0.0 if number in self.struck else float(np.log2(self.mass @ likelihood)))
        return tuple(found)

    @cached_property
    def countries(self) -> list[tuple[str, float]]:
        """ISO codes and the joined probability of each country, the likeliest first."""
        joiner, codes = _joiner(self.partition), gazetteer.read().country_codes
        held = _sums(joiner.ground.country[joiner.sites], self._by_site, len(codes))
        order = np.argsort(-held, kind="stable")
        return [(codes[row], float(held[row])) for row in order.tolist() if held[row] > 0]

    @cached_property
    def pointing(self) -> NDArray[np.float32]:
        """The mass (classes,) that the point is estimated from: without a model, that within the likeliest country.

        A language speaks for a country as a whole; the mean of all its readers would lie in a smaller one beside it.
        """
        if not self.kept or self.partition is not world.partition():
            return self.mass
        joiner, likeliest = _joiner(self.partition), gazetteer.read().country_codes.index(self.countries[0][0])
        there = self._by_site * (joiner.ground.country[joiner.sites] == likeliest)
        mass: NDArray[np.float32] = (_sums(joiner.cells, there, len(self.mass)) / there.sum()).astype(np.float32)
        return mass

    @cached_property
    def _by_site(self) -> NDArray[np.float64]:
        """The mass of each of the joiner's sites."""
        joiner = _joiner(self.partition)
        return joiner.split(self.mass, relative(self.kept, joiner.ground))

    @property
    def kept(self) -> list[Clue]:
        """The clues that are not struck out."""
        return [clue for number, clue in enumerate(self.clues) if number not in self.struck]

    @property
    def conflicts(self) -> bool:
        """Whether the clues contradict the network: one of them is wrong, or the text is not of this place."""
        return self.conflict >= CONFLICT_BITS

    def without(self, *numbers: int) -> Prediction:
        """The prediction as it is when these clues are left out, too ("that is a poster"); InputError for others."""
        for number in numbers:
            if not 0 <= number < len(self.clues):
                raise InputError(f"there is no evidence {number}: this photo has {len(self.clues)} pieces, from 0")
        found = joined(self.before, self.clues, self.reading, self.struck | set(numbers))
        return found if self.cut is None else self.cut(found)

    def without_lines(self, *lines: int) -> Prediction:
        """The prediction without every clue that rests on one of these lines of the text."""
        return self.without(*(n for n, clue in enumerate(self.clues) if set(clue.lines) & set(lines)))


def joined(
    before: Prediction, clues: Sequence[Clue], reading: Reading | None = None, struck: Collection[int] = ()
) -> Prediction:
    """A prediction joined with clues over `earth.ground`, those numbered in `struck` left out.

    Without clues nothing changes. Where the evidence makes it likelier than not that the photo is from outside the
    model's cells, the answer is over `world`, and holds both: what the network says, and what the clues say by
    themselves.

    >>> joined(world.nowhere(), []).abstains
    True
    """
    about = tuple(clues), reading, frozenset(struck)
    kept = [clue for number, clue in enumerate(clues) if number not in struck]
    if not kept:
        same = Evidence(*about, 0.0, before, before.partition, before.probabilities)
        return replace(before, evidence=same)
    joiner = _joiner(before.partition)
    rows = relative(kept, joiner.ground)
    weighed = before.probabilities * joiner.likelihood(rows)
    inside = float(weighed.sum())
    mass: NDArray[np.float32] = (weighed / inside).astype(np.float32)
    everywhere = before.partition is world.partition()
    given = 0.0 if everywhere else OUTSIDE if before.unknown is None else before.unknown
    unknown = given / (given + (1 - given) * inside)
    conflict = 0.0 if everywhere else max(0.0, -float(np.log2(inside)))
    if unknown < 0.5:
        new = None if before.unknown is None else unknown
        found = Evidence(*about, conflict, before, before.partition, mass)
        return replace(before, probabilities=mass, unknown=new, evidence=found)
    whole = _joiner(world.partition())
    labels = np.zeros(len(rows), np.int32)
    labels[whole.sites] = whole.cells
    looked = _sums(labels[joiner.sites], joiner.split(mass, rows), len(whole.partition))
    read = whole.partition.prior * whole.likelihood(rows)
    mass = (unknown * read / read.sum() + (1 - unknown) * looked).astype(np.float32)
    return replace(
        before, probabilities=mass, partition=whole.partition, unknown=None, sharpness=1.0, correction=None,
        evidence=Evidence(*about, conflict, before, whole.partition, mass),
    )  # fmt: skip


def relative(clues: Sequence[Clue], ground: Ground) -> NDArray[np.float64]:
    """All clues together as likelihoods (sites,), where the mean over people's photos is 1, and `POSTER` the least.

    >>> sites = earth_ground.read()
    >>> bool((relative([], sites).round(9) == 1).all())
    True
    """
    rows = np.zeros(len(ground.weight))
    for clue in clues:
        rows += TEMPER * clue.log_likelihood
    return np.asarray(POSTER + (1 - POSTER) * _relative(rows, ground))


def _relative(rows: NDArray[np.float64], ground: Ground) -> NDArray[np.float64]:
    likelihood = np.exp(rows - rows.max())
    return np.asarray(likelihood / (ground.weight @ likelihood))


def _sums(rows: NDArray[np.integer[Any]], weights: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    return np.bincount(rows, weights, n).astype(np.float64)


def _joiner(partition: Partition) -> Joiner:
    """The joiner of a partition, made once and kept with it."""
    kept = vars(partition)
    if "_joiner" not in kept:
        kept["_joiner"] = Joiner(partition)
    joiner: Joiner = kept["_joiner"]
    return joiner
