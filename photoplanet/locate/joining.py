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
from typing import Any, NamedTuple

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
POSTER = 0.02  # how often a photo's text says nothing of where it was taken: fitted on 78 photos of signs
OUTSIDE = 0.05  # that a photo is from outside the cells, for models that cannot tell: so a plain sign outweighs them
LIKELIER = 0.5  # from this `unknown` on, the answer is over the whole Earth
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
    `shared`: the distribution holds the clues of other photos of the album, too. `cut`: what cuts the prediction to the
    area that a person knows (`locate.within`), after all that.

    >>> sites, codes = earth_ground.read(), gazetteer.read().country_codes
    >>> there = np.log(np.where(sites.country == codes.index("DK"), 1.0, 0.001)).astype(np.float32)
    >>> where = joined(world.nowhere(), [Clue("language", "Danish", (), there)])
    >>> found = where.evidence
    >>> found.countries[0][0], found.speaks_for(0), len(found.bits), len(found.kept)
    ('DK', 'DK', 1, 1)
    >>> found.conflicts, found.disagrees, found.discord, found.pointing.shape == found.mass.shape
    (False, False, (-1, 0.0), True)
    >>> found.without(0) == found.before, found.without_lines(0) == where, found.without_text("poster") == where
    (True, True, True)
    """

    clues: tuple[Clue, ...]
    reading: Reading | None
    struck: frozenset[int]
    conflict: float
    before: Prediction
    partition: Partition
    mass: NDArray[np.float32]
    shared: bool = False
    cut: Callable[[Prediction], Prediction] | None = None

    @cached_property
    def bits(self) -> tuple[float, ...]:
        """How much each clue speaks for the answer.

        That is the logarithm of how much likelier the clue is under the joined distribution than on the whole Earth, as
        people photograph it; 0 for a clue that is struck out.
        """
        joiner, found = _joiner(self.partition), [0.0] * len(self.clues)
        for number, clue in enumerate(self.clues):
            if number not in self.struck:
                likelihood = joiner.likelihood(_relative(clue.log_likelihood.astype(np.float64), joiner.ground))
                found[number] = float(np.log2(self.mass @ likelihood))
        return tuple(found)

    @cached_property
    def countries(self) -> list[tuple[str, float]]:
        """ISO codes and the joined probability of each country, the likeliest first."""
        joiner, codes = _joiner(self.partition), gazetteer.read().country_codes
        held = _sums(joiner.ground.country[joiner.sites], self._by_site(), len(codes))
        order = np.argsort(-held, kind="stable")
        return [(codes[row], float(held[row])) for row in order.tolist() if held[row] > 0]

    @cached_property
    def pointing(self) -> NDArray[np.float32]:
        """The mass (classes,) that the point is estimated from: without a model, that within the likeliest country.

        A language speaks for a country as a whole; the mean of all its readers would lie in a smaller one beside it.
        """
        if world.ground_of(self.partition) is None or not (self.kept or self.shared):
            return self.mass
        joiner, likeliest = _joiner(self.partition), gazetteer.read().country_codes.index(self.countries[0][0])
        there = self._by_site() * (joiner.ground.country[joiner.sites] == likeliest)
        mass: NDArray[np.float32] = (_sums(joiner.cells, there, len(self.mass)) / there.sum()).astype(np.float32)
        return mass

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
        """Whether the clues contradict the network, where that has an answer, or the place that is known otherwise."""
        answers = self.before.at is not None or not self.before.abstains
        return self.conflict >= CONFLICT_BITS and answers

    @cached_property
    def discord(self) -> tuple[int, float]:
        """The clue that contradicts the others most: its number, and by how many bits; (−1, 0.0) where none does.

        That is by how much it is less likely where the others speak for than on the whole Earth, at most as `POSTER`.
        """
        ground = _joiner(self.partition).ground
        kept = [number for number in range(len(self.clues)) if number not in self.struck]
        worst = -1, 0.0
        for number in kept if len(kept) > 1 else ():
            others = relative([self.clues[other] for other in kept if other != number], ground)
            bits = -float(np.log2((ground.weight * others) @ relative([self.clues[number]], ground)))
            worst = max(worst, (number, bits), key=lambda each: each[1])
        return worst

    @property
    def disagrees(self) -> bool:
        """Whether one clue contradicts the others: one of them is of another place, or misread."""
        return self.discord[1] >= CONFLICT_BITS

    def speaks_for(self, *numbers: int) -> str:
        """The ISO code of the country that these clues alone speak for; none given: all that are kept."""
        ground, codes = _joiner(self.partition).ground, gazetteer.read().country_codes
        rows = relative([self.clues[number] for number in numbers] or self.kept, ground)
        return codes[int(_sums(ground.country, ground.weight * rows, len(codes)).argmax())]

    def without(self, *numbers: int) -> Prediction:
        """The prediction as it is when these clues are left out, too ("that is a poster"); InputError for others.

        InputError also for a photo that was located with its album: strike what is wrong before the album is located.
        """
        if self.shared:
            raise InputError("this answer rests on the photos around it, too: locate the album again, with strike=…")
        for number in numbers:
            if not 0 <= number < len(self.clues):
                raise InputError(f"there is no evidence {number}: this photo has {len(self.clues)} pieces, from 0")
        found = joined(self.before, self.clues, self.reading, self.struck | set(numbers))
        return found if self.cut is None else self.cut(found)

    def without_lines(self, *lines: int) -> Prediction:
        """The prediction without every clue that rests on one of these lines of the text."""
        return self.without(*(n for n, clue in enumerate(self.clues) if set(clue.lines) & set(lines)))

    def without_text(self, *texts: str) -> Prediction:
        """The prediction without every clue that rests on a line that holds one of these texts, in any case."""
        return self.without(*holding(self.clues, self.reading, texts))


def holding(clues: Sequence[Clue], reading: Reading | None, texts: Collection[str]) -> frozenset[int]:
    """The numbers of the clues that rest on a line that holds one of `texts`; case and spaces do not matter.

    >>> holding([], None, ["poster"])
    frozenset()
    """
    wanted = [plain for plain in map(_plain, texts) if plain]
    lines = reading.lines if reading else ()
    hit = {row for row, line in enumerate(lines) if any(text in _plain(line.text) for text in wanted)}
    return frozenset(number for number, clue in enumerate(clues) if hit & set(clue.lines))


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
    found = weigh(before.probabilities, before.partition, kept, before.unknown)
    mass = (before.probabilities * found.likelihood / found.inside).astype(np.float32)
    if found.unknown < LIKELIER:
        new = None if before.unknown is None else found.unknown
        evidence = Evidence(*about, found.conflict, before, before.partition, mass)
        return replace(before, probabilities=mass, unknown=new, evidence=evidence)
    joiner, whole = _joiner(before.partition), _joiner(world.partition())
    labels = np.zeros(len(found.sites), np.int32)
    labels[whole.sites] = whole.cells
    looked = _sums(labels[joiner.sites], joiner.split(mass, found.sites), len(whole.partition))
    read = whole.partition.prior * whole.likelihood(found.sites)
    mass = (found.unknown * read / read.sum() + (1 - found.unknown) * looked).astype(np.float32)
    return replace(
        before, probabilities=mass, partition=whole.partition, unknown=None, sharpness=1.0, correction=None,
        evidence=Evidence(*about, found.conflict, before, whole.partition, mass),
    )  # fmt: skip


class Weighed(NamedTuple):
    """What clues make of a distribution: the likelihoods of `sites` and, of each cell, `likelihood` (classes,).

    `inside`: their mean under the distribution, 1 where it agrees with the clues as well as the whole Earth does;
    `unknown`: how likely the photo is from outside the cells, given the clues; `conflict`: as `Evidence` has it.
    """

    sites: NDArray[np.float64]
    likelihood: NDArray[np.float64]
    inside: float
    unknown: float
    conflict: float


def weigh(
    probabilities: NDArray[np.floating[Any]], partition: Partition, clues: Sequence[Clue], unknown: float | None = None
) -> Weighed:
    """Weigh a distribution (classes,) over a partition's cells by clues; `unknown` as `Prediction` has it.

    >>> weigh(world.nowhere().probabilities, world.partition(), []).unknown
    0.0
    """
    joiner, everywhere = _joiner(partition), world.ground_of(partition) is not None
    sites = relative(clues, joiner.ground)
    likelihood = joiner.likelihood(sites)
    inside = float(probabilities @ likelihood)
    given = 0.0 if everywhere else OUTSIDE if unknown is None else unknown
    doubt = given / (given + (1 - given) * inside)
    return Weighed(sites, likelihood, inside, doubt, 0.0 if everywhere else max(0.0, -float(np.log2(inside))))


def likelihood(partition: Partition, clues: Sequence[Clue]) -> NDArray[np.float64]:
    """How likely clues are from each cell (classes,) of a partition; 1 is their mean over the whole Earth.

    >>> bool((likelihood(world.partition(), []).round(9) == 1).all())
    True
    """
    joiner = _joiner(partition)
    return joiner.likelihood(relative(clues, joiner.ground))


def against(prediction: Prediction, clues: Sequence[Clue], struck: Collection[int] = ()) -> float:
    """The bits by which clues are less likely where a prediction is than on the whole Earth; 0 where they are not.

    >>> round(against(world.nowhere(), []), 6)
    0.0
    """
    kept = [clue for number, clue in enumerate(clues) if number not in struck]
    likelihood = weigh(prediction.probabilities, prediction.partition, kept).inside
    return max(0.0, -float(np.log2(likelihood)))


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


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _relative(rows: NDArray[np.float64], ground: Ground) -> NDArray[np.float64]:
    likelihood = np.exp(rows - rows.max())
    return np.asarray(likelihood / (ground.weight @ likelihood))


def _sums(rows: NDArray[np.integer[Any]], weights: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    return np.bincount(rows, weights, n).astype(np.float64)


def _joiner(partition: Partition) -> Joiner:
    """The joiner of a partition, made once and kept with it."""
    kept = vars(partition)
    if "_joiner" not in kept:
        kept["_joiner"] = Joiner(partition, world.ground_of(partition))
    joiner: Joiner = kept["_joiner"]
    return joiner
