"""What a model says about one photo: a distribution over cells, and honest summaries of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import cells, geodesy
from photoplanet.errors import InputError
from photoplanet.locate import point_estimates
from photoplanet.locate.correction import Correction
from photoplanet.locate.credible_region import (
    REGION_SHARE,
    MassAround,
    Region,
    check_share,
    counts,
    descending,
    or_anywhere,
    share_of_cells,
    smallest,
)
from photoplanet.locate.given_area import GivenArea
from photoplanet.locate.place import Place, look_up, short
from photoplanet.locate.point_estimates import classes_at
from photoplanet.locate.precision import percent
from photoplanet.locate.unknown import LEAST_GAIN, gain

if TYPE_CHECKING:
    from photoplanet.earth.partition.partition import Partition
    from photoplanet.locate.joining import Evidence

KNOWN_AT = 0.5  # of the mass within a radius: what is likelier true than not may be said at that level
ABSTAIN_BELOW = 0.5  # of the mass within a country's radius (750 km): with less, no answer is printed
REGION_SHARES = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99)  # what a slider has
_CELLS_AT_A_TIME = 100_000  # of distributions that are summarised together: some 40 MB where they are flat


@dataclass(frozen=True, eq=False, repr=False)
class Prediction:
    """Where one photo may have been taken. `probabilities` (classes,) float32, calibrated, one per cell of `partition`.

    `embedding` (d,) float32 is the layer below the softmax; `readout` names the point estimate, how the distribution
    becomes `best`; the numbers here are exact, and are rounded only by `to_dict` and `to_geojson`. `at`: degrees of a
    place that is known otherwise, as by the camera's GPS within an album; then the point is there. `unknown`: how
    likely the photo is from outside all that the model knows (None: it cannot tell). Every confidence and radius counts
    it; only `probabilities` are those given that it is from inside. `sharpness`: the power of the distribution that the
    point is estimated from; `licence`: what that of the model's weights forbids, mostly nothing; `correction`: from
    mass to what is stated of it; `evidence`: the clues that the distribution was joined with (`locate.joining`);
    `within`: the area that it is cut to (`locate.within`). Two predictions are equal when all that they were made from
    is equal.

    >>> import photoplanet as pp
    >>> where = pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8))
    >>> where
    Prediction("...", ...% within ... km, ...% unknown, abstains=True, world="toy")
    >>> where.best.latitude == where.point[0], len(where.top(3)), round(where.credible_region(0.5).radius_km)
    (True, 3, 20015)
    >>> (where.top(1)[0].latitude, where.top(1)[0].cell) == (where.best.latitude, where.best.cell)
    True
    >>> bool(where.probabilities[where.order[0]] == where.probabilities.max()), list(where.confidence)
    (True, ['street', 'city', 'region', 'country', 'continent'])
    >>> where.inside + (where.unknown or 0.0), where.gain > 0, where.inside_before
    (1.0, True, None)
    >>> where.abstains == (where.confidence["country"] < ABSTAIN_BELOW or where.gain < LEAST_GAIN)
    True
    """

    probabilities: NDArray[np.float32]
    partition: "Partition"
    embedding: NDArray[np.float32] | None = None
    readout: str = point_estimates.DEFAULT_READOUT
    abstain_below: float = ABSTAIN_BELOW
    model: str = ""
    toy: bool = False
    at: tuple[float, float] | None = None
    unknown: float | None = None
    least_gain: float = LEAST_GAIN
    sharpness: float = 1.0
    licence: str = ""
    correction: Correction | None = None
    evidence: "Evidence | None" = None
    within: GivenArea | None = None

    def __repr__(self) -> str:
        """Where, and how sure: `Prediction("Lyon, Rhône-Alpes, France", 62 % within 25 km, abstains=False)`."""
        best, world = self.best, ', world="toy"' if self.toy else ""
        sure = f"{percent(best.confidence)} within {best.radius_km:g} km"
        sure += "" if self.unknown is None else f", {percent(self.unknown)} unknown"
        clues = len(self.evidence.kept) if self.evidence else 0
        sure += f", {clues} clue{'s' * (clues > 1)}" if clues else ""
        sure += f", {self.within.line()}" if self.within else ""
        return f'Prediction("{best.name}", {sure}, abstains={self.abstains}{world})'

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Prediction):
            return NotImplemented
        return (
            self._settings() == other._settings()
            and np.array_equal(self.probabilities, other.probabilities)
            and _same(self.embedding, other.embedding)
            and (self.partition is other.partition or self.partition == other.partition)
        )

    def __hash__(self) -> int:
        return hash((self._settings(), len(self.probabilities), float(self.probabilities.max(initial=0))))

    @cached_property
    def inside(self) -> float:
        """The probability that the photo is from where the model has cells: 1 − `unknown`; 1 where it cannot tell."""
        return 1.0 if self.unknown is None else 1.0 - self.unknown

    @property
    def inside_before(self) -> float | None:
        """How much of the distribution lay inside the area `within` before it was cut; None where nothing was cut."""
        return None if self.within is None else self.within.inside_before

    @cached_property
    def gain(self) -> float:
        """How much `probabilities` say over the model's prior, bits; over the prior in the area where they are cut."""
        return float(gain(self.probabilities[None], self.partition)[0])

    @cached_property
    def best(self) -> Place:
        """The point estimate, and the smallest of the five radii that holds half of the mass around it."""
        latitude, longitude = self.point
        cell = self.partition.tokens[self._class]
        found = [(share, float(geodesy.RADII_KM[name])) for name, share in self.confidence.items()]
        confidence, radius = next((each for each in found if each[0] >= KNOWN_AT), found[-1])
        return Place(latitude, longitude, confidence, radius, cell)

    @cached_property
    def point(self) -> tuple[float, float]:
        """Latitude and longitude of the point estimate, or of the known place, in degrees."""
        if self.at is not None:
            return self.at
        mass = point_estimates.sharpened(self._pointing[None], self.sharpness)
        latitude, longitude = point_estimates.get(self.readout)(mass, self.partition)
        return float(latitude[0]), float(longitude[0])

    @cached_property
    def order(self) -> NDArray[np.int32]:
        """The classes (classes,) by descending probability."""
        return descending(self.probabilities)

    def candidates(self, k: int = 5) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """The first `k` answers by rank (fewer where there are fewer cells): degrees (k, 2), and the classes (k,).

        Rank 1 is the point, which stands for the cell that holds it (or the nearest). The others are the most probable
        of the other cells, where the readout places each: at the centre for `center`, else at the mean position of its
        photos. Every list, file, figure and score of the best of k answers is made of these. InputError for k < 1.

        >>> import photoplanet as pp
        >>> where = pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8))
        >>> points, classes = where.candidates(3)
        >>> points.shape, bool((points[0] == where.point).all()), len(set(classes.tolist()))
        ((3, 2), True, 3)
        """
        if k < 1:
            raise InputError(f"top needs 1 place or more, not {k}")
        likely = self.order[:k]
        classes = np.concatenate([[self._class], likely[likely != self._class]])[:k].astype(np.int32)
        points = point_estimates.positions(self.readout, self.partition)[classes]
        points[0] = self.point
        return points, classes

    def top(self, k: int = 5) -> list[Place]:
        """The first `k` answers as `candidates` ranks them: the best point, then the most probable of the other cells.

        `confidence` is the cell's probability and `radius_km` the distance to its farthest corner.

        >>> import photoplanet as pp
        >>> where = pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8))
        >>> [place.confidence >= 0 for place in where.top(3)]
        [True, True, True]
        """
        points, classes = self.candidates(k)
        part, inside = self.partition, self.inside
        reaches = (part.center_reaches_km if self.readout == "center" else part.reaches_km)[classes]
        if self.at is not None or self.readout == "local":  # the first is no cell's own place
            reaches[0] = geodesy.distance_km(*points[0], *cells.vertices(part.ids[classes[0]]).T).max()
        shares, tokens = self.probabilities[classes].tolist(), [part.tokens[label] for label in classes.tolist()]
        return [
            Place(lat, lng, share * inside, reach, token)
            for (lat, lng), share, reach, token in zip(points.tolist(), shares, reaches.tolist(), tokens, strict=True)
        ]

    def credible_region(self, p: float = REGION_SHARE) -> Region:
        """The smallest set of cells that holds at least `p` (0 < p ≤ 1) of the probability; InputError for another p.

        Where all cells together hold less, since the photo may be from outside, it is all of them, with a radius of
        half the Earth's circumference: anywhere.

        >>> import photoplanet as pp
        >>> where = pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8))
        >>> len(where.credible_region(0.5)) <= len(where.credible_region(0.9))
        True
        """
        if p not in self._held:
            needed = share_of_cells(check_share(p), [self.inside])
            around = self._around()
            radii = or_anywhere(around.radius(needed), needed)
            kept = len(smallest(self.probabilities, self.order, float(around.mass_for(needed, radii)[0])))
            self._held[p] = kept, float(radii[0])
        kept, radius = self._held[p]
        classes = self.order[:kept]
        mass = self.probabilities[classes] * np.float32(self.inside)
        return Region(
            classes=classes,
            probabilities=mass,
            ids=self.partition.ids[classes],
            probability=self._stated(float(mass.sum(dtype=np.float64)), radius),
            area_km2=float(self.partition.areas_km2[classes].sum()),
            means=self.partition.means[classes],
            radius_km=radius,
        )

    def confidence_within(self, km: float) -> float:
        """The probability that the photo was taken within `km` of the best point.

        >>> import photoplanet as pp
        >>> where = pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8))
        >>> where.confidence_within(25.0) == where.confidence["city"]
        True
        """
        return float(self._around().within(float(km))[0]) * self.inside

    @cached_property
    def confidence(self) -> dict[str, float]:
        """The probability at the five radii: street 1, city 25, region 200, country 750, continent 2500 km."""
        around, inside = self._around(), self.inside
        return {name: float(around.within(km)[0]) * inside for name, km in geodesy.RADII_KM.items()}

    @property
    def abstains(self) -> bool:
        """Whether the evidence is too weak for an answer.

        Less than `abstain_below` of the probability lies within 750 km, or the distribution says less than `least_gain`
        bits over the prior: then it is no answer, whatever its mass. The bits are those of the whole distribution, also
        where it is cut to an area, since a small one leaves little to say; nothing inside is no answer.
        """
        given = self.within
        said, nothing = (self.gain, False) if given is None else (given.gain_before, given.nothing)
        return self.confidence["country"] < self.abstain_below or said < self.least_gain or nothing

    def to_dict(self, top: int = 5, region: float = REGION_SHARE, precision: str = "street") -> dict[str, Any]:
        """Plain values for JSON, coordinates rounded to `precision` (of `PRECISIONS`).

        >>> import photoplanet as pp
        >>> where = pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8))
        >>> sorted(where.to_dict())
        ['abstains', 'best', 'confidence', 'gain_bits', 'model', 'readout', 'region', 'top', 'unknown', 'world']
        """
        held, listed = self.credible_region(region), self.top(top)
        look_up(listed[1:] if self.at else [*listed, self.best], keep=True)
        if self.at:
            look_up([listed[0], self.best])  # never cache a camera's position
        return {
            "unknown": None if self.unknown is None else short(self.unknown),
            "best": self.best.to_dict(precision),
            "confidence": {name: short(value) for name, value in self.confidence.items()},
            "abstains": self.abstains,
            "gain_bits": short(self.gain),
            "region": held.to_dict(),
            "top": [place.to_dict(precision) for place in listed],
            "readout": self.readout,
            "model": self.model,
            "world": "toy" if self.toy else "real",
            **({} if self.within is None else {"within": self.within.to_dict()}),
        }

    def regions(self) -> list[dict[str, Any]]:
        """The `region` of `to_dict` for each of `REGION_SHARES`, with that `share`.

        >>> import photoplanet as pp
        >>> where = pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8))
        >>> [region["share"] for region in where.regions()][-1]
        0.99
        """
        return [{"share": share, **self.credible_region(share).to_dict()} for share in REGION_SHARES]

    def to_geojson(self, region: float = REGION_SHARE, precision: str = "street") -> dict[str, Any]:
        """A GeoJSON FeatureCollection: the best point, and the cells of the credible region with their probability.

        >>> import photoplanet as pp
        >>> where = pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8))
        >>> where.to_geojson()["features"][0]["geometry"]["type"]
        'Point'
        """
        from photoplanet.locate import geojson

        return {"type": "FeatureCollection", "features": geojson.features(self, "", region, precision)}

    @property
    def __geo_interface__(self) -> dict[str, Any]:
        """What GeoPandas, Folium and their like read: `to_geojson` with its default region."""
        return self.to_geojson()

    def _repr_html_(self) -> str:
        """What a notebook shows: a static map and short tables, rounded as `photoplanet locate` rounds."""
        from photoplanet.show import notebook

        return notebook.one(self)

    @property
    def _pointing(self) -> NDArray[np.float32]:
        """What the point is estimated from; of evidence that points somewhere, that, as far as it lies in the area."""
        if self.evidence is None or (self.within is not None and self.within.nothing):
            return self.probabilities
        mass = self.partition.of_whole(self.evidence.pointing)
        return mass if mass.any() else self.probabilities

    @cached_property
    def _class(self) -> int:
        """The class whose cell holds the point, else the one whose mean position is nearest."""
        return int(classes_at(np.array([self.point]), self.partition)[0])

    @cached_property
    def _held(self) -> dict[float, tuple[int, float]]:
        """Share of the mass → the classes of `order`, and the km around the point, that hold it: what was asked for."""
        return {}

    def _settings(self) -> tuple[object, ...]:
        return (
            self.readout, self.abstain_below, self.model, self.toy, self.at, self.unknown, self.least_gain,
            self.sharpness, self.licence, self.correction, self.within,
        )  # fmt: skip

    def _stated(self, held: float, km: float) -> float:
        """The probability that cells within `km` stand for which hold `held` of it before any correction."""
        if self.correction is None or not self.inside:
            return min(1.0, held)
        return float(self.correction.stated(held / self.inside, km)) * self.inside

    def _around(self) -> MassAround:
        """Not kept: over a flat distribution on many cells it is megabytes, and people keep lists of predictions."""
        points, rows = np.array([self.point]), self.probabilities[None]
        return MassAround(points, rows, self.partition, self.order[None], self.correction)


Item = TypeVar("Item", bound="Prediction | InputError")


class Predictions(list[Item]):
    """A list of predictions (or of the errors that stand for unreadable photos), which a notebook shows on one map."""

    @overload
    def __getitem__(self, index: SupportsIndex) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> "Predictions[Item]": ...
    def __getitem__(self, index: SupportsIndex | slice) -> "Item | Predictions[Item]":
        return Predictions(super().__getitem__(index)) if isinstance(index, slice) else super().__getitem__(index)

    @property
    def __geo_interface__(self) -> dict[str, Any]:
        """The features of all predictions; each says in `photo` which it belongs to, counted from 1."""
        from photoplanet.locate import geojson

        features = [
            feature
            for number, each in enumerate(self, start=1)
            if isinstance(each, Prediction)
            for feature in geojson.features(each, str(number), precision="street")
        ]
        return {"type": "FeatureCollection", "features": features}

    def _repr_html_(self) -> str:
        from photoplanet.show import notebook

        return notebook.many(self)


def prepare(predictions: Sequence[Prediction], region: float = REGION_SHARE) -> None:
    """Work out what `to_dict` reports of predictions by one model, all together: a fifth of the time of one by one.

    `region`: the share of the mass whose credible region is worked out.

    >>> import photoplanet as pp
    >>> found = [pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8))]
    >>> prepare(found, 0.9)
    """
    for some in _alike(predictions):
        part, rows = some[0].partition, np.stack([each.probabilities for each in some])
        orders = descending(rows)
        pointing = rows if all(each.evidence is None for each in some) else np.stack([each._pointing for each in some])
        mass = point_estimates.sharpened(pointing, some[0].sharpness)
        points = np.column_stack(point_estimates.get(some[0].readout)(mass, part))
        for number, each in enumerate(some):
            points[number] = points[number] if each.at is None else each.at
        around, classes = MassAround(points, rows, part, orders, some[0].correction), classes_at(points, part)
        within = {name: around.within(km) for name, km in geodesy.RADII_KM.items()}
        inside = [each.inside for each in some]
        needed = share_of_cells(region, inside)
        radii = around.radius(needed, {geodesy.RADII_KM[name]: held for name, held in within.items()})
        radii = or_anywhere(radii, needed)
        kept = counts(rows, orders, around.mass_for(needed, radii))
        for number, each in enumerate(some):  # where cached_property keeps them
            vars(each).update(
                order=orders[number], point=(float(points[number, 0]), float(points[number, 1])),
                confidence={name: float(shares[number]) * inside[number] for name, shares in within.items()},
                _class=int(classes[number]),
            )  # fmt: skip
            each._held[region] = int(kept[number]), float(radii[number])


def _alike(predictions: Sequence[Prediction]) -> Iterator[list[Prediction]]:
    """Those that can be worked out together, a few at a time: known places have no correction, and cuts other cells."""
    alike: dict[tuple[bool, int], list[Prediction]] = {}
    for each in predictions:
        alike.setdefault((each.correction is None, id(each.partition)), []).append(each)
    for some in alike.values():
        few = max(1, _CELLS_AT_A_TIME // len(some[0].partition))
        yield from (some[start : start + few] for start in range(0, len(some), few))


def _same(one: NDArray[np.float32] | None, other: NDArray[np.float32] | None) -> bool:
    return one is other or (one is not None and other is not None and np.array_equal(one, other))
