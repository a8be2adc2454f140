"""Predictions cut to an area that a person knows: what lies outside is left out, the rest is made whole again."""

from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth.areas.area import Area
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError
from photoplanet.locate import pieces
from photoplanet.locate.given_area import NOTHING_BELOW, GivenArea
from photoplanet.locate.prediction import Prediction

Floats = NDArray[np.float64]

_LEFT_OUTSIDE = 1e-9  # of what an album's photos say of cells outside the area


class CutPartition(Partition):
    """The cells of a partition that lie in an `area`; those on its border in pieces. Means and centers lie inside.

    `parents` (n,) int64: the class of the `whole` partition that each cell is, or is a piece of; `shares` (n,): how
    much of that class's photos it holds.

    >>> from photoplanet.earth import cells
    >>> from photoplanet.earth.areas.parse import area
    >>> part = CutPartition(Partition.from_cells(cells.from_token(["47a1", "89c25"])), area("DE"))
    >>> part.area.name, set(part.parents.tolist()), bool(part.area.contains(*part.means.T).all())
    ('Germany', {0}, True)
    """

    def __init__(self, whole: Partition, area: Area):
        found = pieces.cut(whole, area)
        if not len(found.ids):
            raise InputError(f"{area.name}: none of the {len(whole):,} cells that the model knows lies there; "
                             "give another area, or another model")  # fmt: skip
        counts = np.rint(whole.photo_counts[found.parents] * found.shares).astype(np.int64)
        super().__init__(found.ids, counts, found.means, {**whole.made, "within": area.name})
        self.area: Area = area
        self.centers, self.parents, self.shares = found.centers, found.parents, found.shares
        self._whole_prior = whole.prior
        for array in (self.centers, self.parents, self.shares):
            array.setflags(write=False)

    @cached_property
    def prior(self) -> Floats:
        """The share (n,) of photos in each cell: that of the whole partition, cut likewise."""
        mass: Floats = self._whole_prior[self.parents] * self.shares
        return np.asarray(mass / mass.sum())

    @cached_property
    def inside_any(self) -> float:
        """How much of the whole partition's prior lies in the area."""
        return float((self._whole_prior[self.parents] * self.shares).sum())

    def of_whole(self, mass: NDArray[np.float32]) -> NDArray[np.float32]:
        """Mass (classes,) of the whole partition → (n,) of these cells, as a whole again; all 0 where nothing is."""
        found = mass.astype(np.float64)[self.parents] * self.shares
        return np.asarray(found / max(float(found.sum()), NOTHING_BELOW), np.float32)

    def whole_mass(self, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities (n,) of these cells → of the whole partition's classes, float32."""
        return np.asarray(np.bincount(self.parents, probabilities, len(self._whole_prior)), np.float32)

    @cached_property
    def whole_shares(self) -> Floats:
        """How much of each of the whole partition's classes lies in the area, 0…1."""
        return np.asarray(np.bincount(self.parents, self.shares, len(self._whole_prior)), np.float64)


class Cut:
    """Cuts predictions to an area; made once for many predictions, most of them over the partition `whole`.

    InputError where none of its cells lies there.

    >>> import photoplanet as pp
    >>> from photoplanet.earth.areas.parse import area
    >>> toy = pp.load("toy")
    >>> cut = Cut(toy.partition, area("Germany"))
    >>> where = cut(toy.locate(np.zeros((64, 64, 3), np.uint8)))
    >>> where.top(1)[0].near.country_code, where.within.name, 0 < where.inside_before < 1
    ('DE', 'Germany', True)
    """

    def __init__(self, whole: Partition, area: Area):
        self.whole, self.area = whole, area
        self.partition = CutPartition(whole, area)
        self._other: tuple[Partition, CutPartition] | None = None

    def __call__(self, prediction: Prediction, inside_before: float | None = None) -> Prediction:
        """Return the prediction given that the photo is from the area; InputError for one that is cut.

        `inside_before`: how much lay inside where the prediction itself does not say it, as it has used the area.

        A known place (`at`) outside stays, with the whole distribution, and `within` says so. Where nothing of the
        distribution lies inside, what is left is the prior, and the prediction abstains. How likely the photo is from
        outside all that the model knows changes with what the area says, by Bayes' rule: of photos from there, as many
        as of all photos lie in the area.
        """
        if prediction.within is not None:
            raise InputError(f"this prediction is cut to {prediction.within.name} already; cut the one before")
        part = self._cut(prediction.partition)
        mass = _mass(prediction.probabilities, part)
        inside = _share(prediction.probabilities, part) if inside_before is None else inside_before
        at_outside = prediction.at is not None and not self.area.contains(*prediction.at)
        given = GivenArea(self.area.name, inside, part.inside_any, prediction.gain, bool(at_outside))
        evidence = None if prediction.evidence is None else replace(prediction.evidence, cut=self)
        if at_outside:
            return replace(prediction, within=given, evidence=evidence)
        if given.nothing:
            mass = part.prior
        return replace(
            prediction, probabilities=(mass / mass.sum()).astype(np.float32), partition=part, within=given,
            unknown=_unknown(prediction.unknown, inside, part.inside_any), evidence=evidence,
        )  # fmt: skip

    def _cut(self, whole: Partition) -> CutPartition:
        """The cells of a partition in the area; of another one than `whole`, as evidence may bring, they are kept."""
        if whole is self.whole:
            return self.partition
        if self._other is None or self._other[0] is not whole:
            self._other = whole, self.partition if whole == self.whole else CutPartition(whole, self.area)
        return self._other[1]

    def inside(self, probabilities: NDArray[np.float32]) -> float:
        """The share of a distribution (classes,) of the whole partition that lies in the area, 0…1."""
        return _share(probabilities, self.partition)

    def softly(self, log_probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log-probabilities (n, classes) given the area, over the whole partition, with hardly anything outside of it.

        That little keeps them finite for what is computed from them, an album's photos together.
        """
        found = log_probabilities + np.log(np.maximum(self.partition.whole_shares, _LEFT_OUTSIDE)).astype(np.float32)
        found -= found.max(axis=1, keepdims=True)
        found -= np.log(np.exp(found).sum(axis=1, keepdims=True))
        return np.asarray(found)


def _mass(probabilities: NDArray[np.float32], part: CutPartition) -> Floats:
    """The mass (n,) of each piece, of a distribution over the whole partition."""
    mass: Floats = probabilities.astype(np.float64)[part.parents] * part.shares
    return mass


def _share(probabilities: NDArray[np.float32], part: CutPartition) -> float:
    """How much of a distribution lies inside, 0…1."""
    return min(1.0, float(_mass(probabilities, part).sum()) / float(probabilities.sum(dtype=np.float64)))


def _unknown(unknown: float | None, inside: float, inside_any: float) -> float | None:
    if unknown is None or not 0 < unknown < 1:
        return unknown
    strange = unknown * inside_any
    return strange / (strange + (1 - unknown) * max(inside, NOTHING_BELOW))
