"""What a model says about one photo: a distribution over cells, and honest summaries of it."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import cells, geodesy
from photoplanet.errors import InputError
from photoplanet.locate import readout as readouts
from photoplanet.locate.region import MassAround, Region, check_share, smallest

if TYPE_CHECKING:
    from photoplanet.earth.partition import Partition
    from photoplanet.earth.places import Place as NamedPlace

KNOWN_AT = 0.5  # of the mass within a radius: what is likelier true than not may be said at that level
ABSTAIN_BELOW = 0.5  # of the mass within a country's radius (750 km): less is no answer worth printing
REGION_SHARE = 0.9
# precision -> what printed degrees are rounded to: about what that radius can tell
PRECISIONS = {"street": 0.0001, "city": 0.1, "region": 1.0, "country": 5.0}
DEFAULT_PRECISION = "city"
MAX_OUTLINES = 200  # cells of a region that GeoJSON draws; a shapeless region would be megabytes a photo


def rounded(degrees: float, precision: str) -> float:
    """Degrees rounded for printing at a precision of `PRECISIONS`; InputError lists the known ones."""
    if precision not in PRECISIONS:
        raise InputError(f"no precision is called {precision!r}; the precisions are {', '.join(PRECISIONS)}")
    step = PRECISIONS[precision]
    return round(round(degrees / step) * step, 4) + 0.0


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
        from photoplanet.earth import places

        return places.name(self.latitude, self.longitude)[0]

    @property
    def level(self) -> str:
        """The finest of street, city, region, country and continent whose radius is not under `radius_km`."""
        return next((name for name, km in geodesy.RADII_KM.items() if self.radius_km <= km), "continent")

    @property
    def name(self) -> str:
        """The place in one line, no finer than `level`: "Lyon, Rhône-Alpes, France", or only "France"."""
        return self.near.text(self.level)

    def to_dict(self, precision: str = "street") -> dict[str, Any]:
        """Plain values for JSON, coordinates rounded to `precision`, the name no finer than it or than `level`."""
        levels = list(geodesy.RADII_KM)
        return {
            "latitude": rounded(self.latitude, precision),
            "longitude": rounded(self.longitude, precision),
            "confidence": _short(self.confidence),
            "radius_km": _short(self.radius_km),
            "cell": self.cell,
            "place": self.near.text(max(precision, self.level, key=levels.index)),
            "level": self.level,
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
        cell = cells.token(self.partition.ids[self._class_at(latitude, longitude)])
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
        return np.argsort(-self.probabilities, kind="stable").astype(np.int32)

    def top(self, k: int = 5) -> list[Place]:
        """The `k` most probable cells (fewer where there are fewer), each at the mean position of its photos.

        `confidence` is the cell's probability and `radius_km` the distance to its farthest corner.
        """
        if k < 1:
            raise InputError(f"top needs 1 place or more, not {k}")
        classes = self.order[:k]
        means, corners = self.partition.means[classes], cells.vertices(self.partition.ids[classes])
        tokens = cells.token(self.partition.ids[classes]).tolist()
        reach = geodesy.distance_km(means[:, :1], means[:, 1:], corners[..., 0], corners[..., 1]).max(axis=1)
        return [
            Place(float(lat), float(lng), float(self.probabilities[label]), float(radius), token)
            for label, (lat, lng), radius, token in zip(classes, means, reach, tokens, strict=True)
        ]

    def credible_region(self, p: float = REGION_SHARE) -> Region:
        """The smallest set of cells that holds at least `p` (0 < p ≤ 1) of the mass; InputError for another p."""
        classes = smallest(self.probabilities, self.order, check_share(p))
        mass = self.probabilities[classes]
        means = self.partition.means[classes]
        return Region(
            classes=classes,
            probabilities=mass,
            ids=self.partition.ids[classes],
            probability=float(min(1.0, mass.sum(dtype=np.float64))),
            area_km2=float(cells.area_km2(self.partition.ids[classes]).sum()),
            center=geodesy.mean(means[:, 0], means[:, 1], mass),
            radius_km=self._around().radius(p),
        )

    def confidence_within(self, km: float) -> float:
        """The probability that the photo was taken within `km` of the best point."""
        return self._around().within(float(km))

    @cached_property
    def confidence(self) -> dict[str, float]:
        """The probability at the five radii: street 1, city 25, region 200, country 750, continent 2500 km."""
        around = self._around()
        return {name: around.within(km) for name, km in geodesy.RADII_KM.items()}

    @property
    def abstains(self) -> bool:
        """Whether the evidence is too weak for an answer: less than `abstain_below` of the mass within 750 km."""
        return self.confidence["country"] < self.abstain_below

    def to_dict(self, top: int = 5, region: float = REGION_SHARE, precision: str = "street") -> dict[str, Any]:
        """Plain values for JSON, coordinates rounded to `precision` (of `PRECISIONS`)."""
        held, listed = self.credible_region(region), self.top(top)
        name_all([self.best, *listed])
        return {
            "best": self.best.to_dict(precision),
            "confidence": {name: _short(value) for name, value in self.confidence.items()},
            "abstains": self.abstains,
            "region": {
                "probability": _short(held.probability),
                "radius_km": _short(held.radius_km),
                "area_km2": _short(held.area_km2),
                "cells": len(held),
            },
            "top": [place.to_dict(precision) for place in listed],
            "readout": self.readout,
            "model": self.model,
            "world": "toy" if self.toy else "real",
        }

    def to_geojson(self, region: float = REGION_SHARE, precision: str = "street") -> dict[str, Any]:
        """A GeoJSON FeatureCollection: the best point, and the cells of the credible region with their probability."""
        from photoplanet.locate import geojson

        return {"type": "FeatureCollection", "features": geojson.features(self, "", region, precision)}

    def _repr_html_(self) -> str:
        """What a notebook shows: a static map and short tables, rounded as `photoplanet locate` rounds."""
        from photoplanet.locate import notebook

        return notebook.one(self)

    def _around(self) -> MassAround:
        """Not kept: over a flat distribution on many cells it is megabytes, and people keep lists of predictions."""
        return MassAround(self.point, self.probabilities, self.partition, self.order)

    def _class_at(self, latitude: float, longitude: float) -> int:
        """The class whose cell holds a point, else the most probable one; for one point, quicker than `assign`."""
        leaf = cells.from_latlng(latitude, longitude)
        near = np.searchsorted(self.partition.ids, leaf) + np.array([-1, 0])
        near = near[(near >= 0) & (near < len(self.partition))]
        ids = self.partition.ids[near]
        inside = near[(cells.range_min(ids) <= leaf) & (leaf <= cells.range_max(ids))]
        return int(inside[0] if inside.size else self.order[0])


class Predictions(list):
    """A list of predictions (or of the errors that stand for unreadable photos), which a notebook shows on one map."""

    def _repr_html_(self) -> str:
        from photoplanet.locate import notebook

        return notebook.many(self)


def name_all(found: list[Place]) -> None:
    """Look up `near` of many places at once, which takes hardly longer than one."""
    from photoplanet.earth import places

    names = places.name([place.latitude for place in found], [place.longitude for place in found])
    for place, near in zip(found, names, strict=True):
        vars(place)["near"] = near  # where cached_property keeps it


def _short(value: float) -> float:
    """Four significant digits: what is printed claims no more than it knows."""
    return float(f"{value:.4g}")
