"""What a model says about one photo: a distribution over cells, and honest summaries of it."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import cells, geodesy
from photoplanet.errors import InputError
from photoplanet.locate import point_estimates as readouts
from photoplanet.locate.credible_region import (
    REGION_SHARE,
    MassAround,
    Region,
    check_share,
    counts,
    descending,
    smallest,
)
from photoplanet.locate.precision import rounded

if TYPE_CHECKING:
    from photoplanet.earth.gazetteer import Place as NamedPlace
    from photoplanet.earth.partition.partition import Partition

KNOWN_AT = 0.5  # of the mass within a radius: what is likelier true than not may be said at that level
LEVELS, _LEVELS_KM = list(geodesy.RADII_KM), list(geodesy.RADII_KM.values())
ABSTAIN_BELOW = 0.5  # of the mass within a country's radius (750 km): less is no answer worth printing
REGION_SHARES = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99)  # what a slider has
_CELLS_AT_A_TIME = 100_000  # of distributions that are summarised together: some 40 MB where they are flat
_MOST_NAMED = 20_000  # places whose names are remembered


_named: dict[tuple[float, float], "NamedPlace"] = {}


@dataclass(frozen=True)
class Place:
    """A point in degrees, and the probability that the photo was taken within `radius_km` of it; `cell` is a token."""

    latitude: float
    longitude: float
    confidence: float
    radius_km: float
    cell: str

    @cached_property
    def near(self) -> "NamedPlace":
        """The town, state, country and continent here, looked up offline when first asked for."""
        from photoplanet.earth import gazetteer

        return gazetteer.name(self.latitude, self.longitude)[0]

    @property
    def level(self) -> str:
        """The finest of street, city, region, country and continent whose radius is not under `radius_km`."""
        return LEVELS[min(bisect_left(_LEVELS_KM, self.radius_km), len(LEVELS) - 1)]

    @property
    def name(self) -> str:
        """The place in one line, no finer than `level`: "Lyon, Rhône-Alpes, France", or only "France"."""
        return self.near.text(self.level)

    def to_dict(self, precision: str = "street") -> dict[str, Any]:
        """Plain values for JSON, coordinates rounded to `precision`, the name no finer than it or than `level`."""
        level = self.level
        return {
            "latitude": rounded(self.latitude, precision),
            "longitude": rounded(self.longitude, precision),
            "confidence": _short(self.confidence),
            "radius_km": _short(self.radius_km),
            "cell": self.cell,
            "place": self.near.text(max(precision, level, key=LEVELS.index)),
            "level": level,
            "country_code": self.near.country_code,
        }


@dataclass(frozen=True)
class Prediction:
    """Where one photo may have been taken. `probabilities` (classes,) float32, calibrated, one per cell of `partition`.

    `embedding` (d,) float32 is the layer below the softmax; `readout` names how the distribution becomes `best`; the
    numbers here are exact, and are rounded only by `to_dict` and `to_geojson`. `at`: degrees of a place that is known
    otherwise, as by the camera's GPS within an album; the point stands there instead of where the readout says.
    """

    probabilities: NDArray[np.float32] = field(repr=False)
    partition: "Partition" = field(repr=False)
    embedding: NDArray[np.float32] | None = field(default=None, repr=False)
    readout: str = readouts.DEFAULT_READOUT
    abstain_below: float = ABSTAIN_BELOW
    model: str = ""
    toy: bool = False
    at: tuple[float, float] | None = None

    @cached_property
    def best(self) -> Place:
        """The point of the readout, and the smallest of the five radii that holds half of the mass around it."""
        latitude, longitude = self.point
        cell = self.partition.tokens[self._class]
        found = [(share, float(geodesy.RADII_KM[name])) for name, share in self.confidence.items()]
        confidence, radius = next((each for each in found if each[0] >= KNOWN_AT), found[-1])
        return Place(latitude, longitude, confidence, radius, cell)

    @cached_property
    def point(self) -> tuple[float, float]:
        """Latitude and longitude of the readout, or of the known place, in degrees."""
        if self.at is not None:
            return self.at
        latitude, longitude = readouts.get(self.readout)(self.probabilities[None], self.partition)
        return float(latitude[0]), float(longitude[0])

    @cached_property
    def order(self) -> NDArray[np.int32]:
        """The classes (classes,) by falling probability."""
        return descending(self.probabilities)

    def top(self, k: int = 5) -> list[Place]:
        """The `k` most probable cells (fewer where there are fewer), each at the mean position of its photos.

        `confidence` is the cell's probability and `radius_km` the distance to its farthest corner.
        """
        if k < 1:
            raise InputError(f"top needs 1 place or more, not {k}")
        classes, part = self.order[:k], self.partition
        means, reaches = part.means[classes].tolist(), part.reaches_km[classes].tolist()
        shares, tokens = self.probabilities[classes].tolist(), [part.tokens[label] for label in classes.tolist()]
        return [
            Place(lat, lng, share, reach, token)
            for (lat, lng), share, reach, token in zip(means, shares, reaches, tokens, strict=True)
        ]

    def credible_region(self, p: float = REGION_SHARE) -> Region:
        """The smallest set of cells that holds at least `p` (0 < p ≤ 1) of the mass; InputError for another p."""
        if p not in self._held:
            kept = len(smallest(self.probabilities, self.order, check_share(p)))
            self._held[p] = kept, float(self._around().radius(p)[0])
        kept, radius = self._held[p]
        classes = self.order[:kept]
        mass = self.probabilities[classes]
        return Region(
            classes=classes,
            probabilities=mass,
            ids=self.partition.ids[classes],
            probability=float(min(1.0, mass.sum(dtype=np.float64))),
            area_km2=float(self.partition.areas_km2[classes].sum()),
            means=self.partition.means[classes],
            radius_km=radius,
        )

    def confidence_within(self, km: float) -> float:
        """The probability that the photo was taken within `km` of the best point."""
        return float(self._around().within(float(km))[0])

    @cached_property
    def confidence(self) -> dict[str, float]:
        """The probability at the five radii: street 1, city 25, region 200, country 750, continent 2500 km."""
        around = self._around()
        return {name: float(around.within(km)[0]) for name, km in geodesy.RADII_KM.items()}

    @property
    def abstains(self) -> bool:
        """Whether the evidence is too weak for an answer: less than `abstain_below` of the mass within 750 km."""
        return self.confidence["country"] < self.abstain_below

    def to_dict(self, top: int = 5, region: float = REGION_SHARE, precision: str = "street") -> dict[str, Any]:
        """Plain values for JSON, coordinates rounded to `precision` (of `PRECISIONS`)."""
        held, listed = self.credible_region(region), self.top(top)
        name_all(listed if self.at else [*listed, self.best], keep=True)
        if self.at:
            name_all([self.best])  # where a camera was is nobody's to remember
        return {
            "best": self.best.to_dict(precision),
            "confidence": {name: _short(value) for name, value in self.confidence.items()},
            "abstains": self.abstains,
            "region": _facts(held),
            "top": [place.to_dict(precision) for place in listed],
            "readout": self.readout,
            "model": self.model,
            "world": "toy" if self.toy else "real",
        }

    def regions(self) -> list[dict[str, Any]]:
        """The `region` of `to_dict` for each of `REGION_SHARES`, with that `share`."""
        return [{"share": share, **_facts(self.credible_region(share))} for share in REGION_SHARES]

    def to_geojson(self, region: float = REGION_SHARE, precision: str = "street") -> dict[str, Any]:
        """A GeoJSON FeatureCollection: the best point, and the cells of the credible region with their probability."""
        from photoplanet.locate import geojson

        return {"type": "FeatureCollection", "features": geojson.features(self, "", region, precision)}

    def _repr_html_(self) -> str:
        """What a notebook shows: a static map and short tables, rounded as `photoplanet locate` rounds."""
        from photoplanet.show import notebook

        return notebook.one(self)

    @cached_property
    def _class(self) -> int:
        """The class whose cell holds the point, else the most probable one."""
        return int(_classes_at(np.array([self.point]), self.partition, self.order[None])[0])

    @cached_property
    def _held(self) -> dict[float, tuple[int, float]]:
        """Share of the mass → the classes of `order`, and the km around the point, that hold it: what was asked for."""
        return {}

    def _around(self) -> MassAround:
        """Not kept: over a flat distribution on many cells it is megabytes, and people keep lists of predictions."""
        return MassAround(np.array([self.point]), self.probabilities[None], self.partition, self.order[None])


class Predictions(list):
    """A list of predictions (or of the errors that stand for unreadable photos), which a notebook shows on one map."""

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return Predictions(found) if isinstance(index, slice) else found

    def _repr_html_(self) -> str:
        from photoplanet.show import notebook

        return notebook.many(self)


def prepare(predictions: Sequence[Prediction], region: float = REGION_SHARE) -> None:
    """Work out what `to_dict` tells of predictions by one model, all together: a fifth of the time of one by one."""
    few = max(1, _CELLS_AT_A_TIME // len(predictions[0].partition)) if predictions else 1
    for start in range(0, len(predictions), few):
        some = predictions[start : start + few]
        part, rows = some[0].partition, np.stack([each.probabilities for each in some])
        orders = descending(rows)
        points = np.column_stack(readouts.get(some[0].readout)(rows, part))
        for number, each in enumerate(some):
            points[number] = points[number] if each.at is None else each.at
        around, classes = MassAround(points, rows, part, orders), _classes_at(points, part, orders)
        within = {name: around.within(km) for name, km in geodesy.RADII_KM.items()}
        radii = around.radius(region, {geodesy.RADII_KM[name]: held for name, held in within.items()})
        kept = counts(rows, orders, region)
        for number, each in enumerate(some):  # where cached_property keeps them
            vars(each).update(
                order=orders[number], point=(float(points[number, 0]), float(points[number, 1])),
                confidence={name: float(shares[number]) for name, shares in within.items()},
                _class=int(classes[number]),
            )  # fmt: skip
            each._held[region] = int(kept[number]), float(radii[number])


def name_all(found: list[Place], keep: bool = False) -> None:
    """Look up `near` of many places at once, which takes hardly longer than one.

    `keep` remembers the names: the readouts give the same places, those of cells, again and again.
    """
    from photoplanet.earth import gazetteer

    at = [(place.latitude, place.longitude) for place in found]
    names = {each: _named.get(each) for each in at}
    new = [each for each, known in names.items() if known is None]
    if new:
        names.update(zip(new, gazetteer.name([lat for lat, _ in new], [lng for _, lng in new]), strict=True))
    for place, where in zip(found, at, strict=True):
        vars(place)["near"] = names[where]  # where cached_property keeps it
    if keep and new:
        if len(_named) > _MOST_NAMED:
            _named.clear()
        _named.update((each, near) for each in new if (near := names[each]) is not None)


def _classes_at(points: NDArray, partition: "Partition", orders: NDArray) -> NDArray[np.int32]:
    """The class (n,) whose cell holds each point (n, 2), else the first of `orders`; for few, quicker than `assign`."""
    leaves = cells.from_latlng(*points.T)[:, None]
    near = np.clip(np.searchsorted(partition.ids, leaves) + np.array([-1, 0]), 0, len(partition) - 1)
    ids = partition.ids[near]
    inside = (cells.range_min(ids) <= leaves) & (leaves <= cells.range_max(ids))
    held = near[np.arange(len(near)), inside.argmax(axis=1)]
    return np.where(inside.any(axis=1), held, orders[:, 0]).astype(np.int32)


def _facts(held: Region) -> dict[str, Any]:
    return {
        "probability": _short(held.probability),
        "radius_km": _short(held.radius_km),
        "area_km2": _short(held.area_km2),
        "cells": len(held),
    }


def _short(value: float) -> float:
    """Four significant digits: what is printed claims no more than it knows."""
    return float(f"{value:.4g}")
