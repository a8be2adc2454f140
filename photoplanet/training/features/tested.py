"""How good a model on features is, and which blend and temperature it should have: measured on held-out groups.

Photos of a group (an album, a day) are never on both sides. Everything is learned anew on the photos of the other
folds, the cells too, so that what is measured is what a new album would see.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.progress import Advance, ignore
from photoplanet.earth import geodesy
from photoplanet.earth.geodesy import RADII_KM
from photoplanet.earth.partition.partition import Partition
from photoplanet.evaluation import accuracy, calibration, resampling
from photoplanet.evaluation import prior as against_prior
from photoplanet.locate import point_estimates
from photoplanet.photos import splits
from photoplanet.training.features.blend import BLENDS, BY_NAME
from photoplanet.training.features.fitted import Fitted, learned
from photoplanet.training.features.settings import Settings

Array = NDArray[np.float32]
Floats = NDArray[np.float64]

TEMPERATURES = tuple(np.geomspace(0.5, 8.0, 17).round(3).tolist())
UNTESTED = 3.0  # the temperature where nothing can be held out: a usual one, since untempered blends are too sure
MOST_NUMBERS = 20_000_000  # held-out photos times cells that are looked at
MOST_PHOTOS = 1000  # held-out photos that are looked at
ONE_FOLD = 10_000  # photos above which one fold is held out, and not each in turn
AT_A_TIME = 32  # photos
COPY = 0.95  # cosine: of lite0, smaller JPEGs of a photo are above 0.97, other photos of its place below 0.93
COUNTRY = list(RADII_KM).index("country")  # the radius whose confidence the card reports on
_CLIP = 1e-4  # a confidence of 0 or 1 is not to cost everything


@dataclass(frozen=True)
class Tested:
    """The `blend`'s name, what goes into model.json, and the held-out photos' numbers and errors in km (m,)."""

    blend: str
    calibration: dict[str, Any]
    facts: dict[str, Any] = field(default_factory=dict)
    rows: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    km: Floats = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True, eq=False)
class _Side:
    """A fit on the photos of all folds but one, and held-out photos: rows (m,), features, places, who is a copy."""

    fitted: Fitted
    rows: NDArray[np.int64]
    features: Array
    latitude: Floats
    longitude: Floats
    copies: NDArray[np.bool_]

    def pieces(self) -> Iterator[tuple[slice, tuple[Array, Array, Array]]]:
        for at in range(0, len(self.rows), AT_A_TIME):
            some = slice(at, at + AT_A_TIME)
            yield some, self.fitted.parts(self.features[some])

    def km(self, points: tuple[Floats, Floats], some: slice = slice(None)) -> Floats:
        found: Floats = geodesy.distance_km(*points, self.latitude[some], self.longitude[some])
        return found


def held_out(
    features: Array, latitude: Floats, longitude: Floats, groups: NDArray[np.int64], settings: Settings,
    advance: Advance = ignore, fold: NDArray[np.int64] | None = None,
) -> Tested:  # fmt: skip
    """Measure on held-out groups; where there is one group only, return the usual blend, and that it is not tested.

    `fold` int (n,): the fold in which each photo is held out, −1 for never; None: folds of whole groups.

    >>> found = held_out(np.eye(4, dtype=np.float32), np.zeros(4), np.zeros(4), np.zeros(4, int), Settings())
    >>> found.blend, found.facts["tested"]
    ('all', 'not tested: all photos belong to one group')
    """
    given = fold is not None
    fold = splits.folds(groups, latitude, longitude, settings.folds, settings.seed) if fold is None else fold
    if fold.max() == 0 and not given:
        return Tested(
            settings.blend or BLENDS[0].name, _calibration(UNTESTED),
            {
                "tested": "not tested: all photos belong to one group", "validation": None,
                "against_prior": against_prior.compared([], [], resampling.photos(0)),
            },
        )  # fmt: skip
    sides = []
    for side in _sides(features, latitude, longitude, groups, fold, settings):
        sides.append(side)
        advance(1)
    rows = np.concatenate([side.rows for side in sides])
    km = {name: np.concatenate(found) for name, found in _errors(sides, settings, advance).items()}
    units, copies = _units(groups[rows]), np.concatenate([side.copies for side in sides])
    chosen = settings.blend or _chosen(km, units)
    prior = np.concatenate([side.km(_constant(side)) for side in sides])
    temperature, sure = _temperature(sides, chosen, km[chosen])
    right = km[chosen] <= RADII_KM["country"]
    regions = np.unique(splits.regions(latitude[rows], longitude[rows])).size
    facts = {
        "tested": f"{len(sides)} fold{'s' * (len(sides) > 1)} of whole groups: {len(rows):,} photos, {units.count:,} "
        f"groups, {regions:,} region{'s' * (regions > 1)} held out",
        "held_out_in_unseen_regions": _unseen(sides, latitude, longitude, fold),
        "held_out_like_copies": int(copies.sum()),
        "blend": chosen,
        "validation": {**accuracy.summary(km[chosen], units=units), **_beside(km, prior, chosen, units)},
        "against_prior": _against_prior(km[chosen], prior, groups[rows], copies),
    }  # fmt: skip
    before, after = (
        round(calibration.expected_calibration_error(sure[value][:, COUNTRY].clip(0, 1), right), 4)
        for value in (1.0, temperature)
    )
    error = {
        "calibrated": "confidence within the five radii; its error is that within 750 km", "photos": len(rows),
        "expected_calibration_error_before": before, "expected_calibration_error": after,
    }  # fmt: skip
    return Tested(chosen, {**_calibration(temperature), **error}, facts, rows, km[chosen])


def _calibration(temperature: float) -> dict[str, Any]:
    """The point is estimated from the distribution as it is without the temperature, which is sharper."""
    return {"temperature": temperature, "readout_sharpness": temperature}


def _sides(
    features: Array, latitude: Floats, longitude: Floats, groups: NDArray[np.int64], fold: NDArray[np.int64],
    settings: Settings,
) -> Iterator[_Side]:  # fmt: skip
    count = 1 if len(features) > ONE_FOLD else int(fold.max()) + 1
    for number in range(count):
        held = fold == number
        fitted = learned(features[~held], latitude[~held], longitude[~held], groups[~held], settings)
        most = max(AT_A_TIME, min(MOST_PHOTOS, MOST_NUMBERS // len(fitted.partition)) // count)
        rows = np.flatnonzero(held)
        rows = rows[np.arange(min(most, len(rows))) * len(rows) // min(most, len(rows))]
        copies = _copies(features[rows], features[~held])
        yield _Side(fitted, rows, features[rows], latitude[rows], longitude[rows], copies)


def _copies(features: Array, known: Array) -> NDArray[np.bool_]:
    """Which photos look like a copy of one of the `known` ones, as do the scaled exports in another album."""
    each = [(features[at : at + AT_A_TIME] @ known.T).max(axis=1) for at in range(0, len(features), AT_A_TIME)]
    return np.concatenate(each) > COPY


def _unseen(sides: list[_Side], latitude: Floats, longitude: Floats, fold: NDArray[np.int64]) -> int:
    """How many held-out photos are over 200 km from all that was learned from when they were held out."""
    known = [fold != number for number in range(len(sides))]
    return sum(
        int(splits.unseen(latitude[rows], longitude[rows], side.latitude, side.longitude).sum())
        for rows, side in zip(known, sides, strict=True)
    )


def _errors(sides: list[_Side], settings: Settings, advance: Advance) -> dict[str, list[Floats]]:
    """Distances in km from each held-out photo to the point of each blend."""
    names = [settings.blend] if settings.blend else list(BY_NAME)
    found: dict[str, list[Floats]] = {name: [] for name in names}
    for side in sides:
        for some, parts in side.pieces():
            for name in names:
                mass = np.exp(side.fitted.blended(BY_NAME[name], *parts))
                found[name].append(side.km(point_estimates.expected(mass, side.fitted.partition), some))
        advance(1)
    return found


def _units(groups: NDArray[np.int64]) -> resampling.Units:
    return resampling.Units("group", np.unique(groups, return_inverse=True)[1].astype(np.int64))


def _against_prior(km: Floats, prior: Floats, groups: NDArray[np.int64], copies: NDArray[np.bool_]) -> dict[str, Any]:
    """The comparison on which the default model rests, without photos whose copies were learned from."""
    new = ~copies
    found = against_prior.compared(km[new], prior[new], _units(groups[new]))
    return found if new.any() else {**found, "copies": True}


def _worth(km: Floats) -> Floats:
    return np.asarray(sum(np.exp(-km / scale) for scale in point_estimates.EXPECTED_KM) / 4, np.float64)


def _chosen(km: dict[str, Floats], units: resampling.Units) -> str:
    """The blend whose points are worth most, if it beats the first one beyond doubt (95 %, paired); else the first."""
    first = BLENDS[0].name
    best = max(km, key=lambda name: float(_worth(km[name]).mean()))
    [(_, low, _)] = resampling.gains(_worth(km[best])[:, None], _worth(km[first])[:, None], units)
    return best if low > 0 else first


def _constant(side: _Side) -> tuple[Floats, Floats]:
    """The prior's point: the guess that is worth most without looking at the photo."""
    partition: Partition = side.fitted.partition
    latitude, longitude = point_estimates.expected(
        partition.photo_counts[None] / partition.photo_counts.sum(), partition
    )
    return latitude, longitude


def _beside(km: dict[str, Floats], prior: Floats, chosen: str, units: resampling.Units) -> dict[str, Any]:
    """The prior's accuracy, by how much the model is ahead of it (with its interval), and the other blends'."""
    radii = np.array(list(RADII_KM.values()))
    gains = resampling.gains(km[chosen][:, None] <= radii, prior[:, None] <= radii, units)
    return {
        "prior_accuracy": accuracy.accuracy(prior),
        "ahead_of_prior": {name: gain.round(4).tolist() for name, gain in zip(RADII_KM, gains, strict=True)},
        "blends": {name: accuracy.accuracy(found) for name, found in km.items()},
    }


def _temperature(sides: list[_Side], name: str, km: Floats) -> tuple[float, dict[float, Floats]]:
    """The temperature under which the confidences at the five radii are likeliest, and these, (n, 5), by temperature.

    The usual likelihood of the true class says nothing here, where most photos are from a cell that has no other photo.
    """
    radii = np.array(list(RADII_KM.values()))
    parts: dict[float, list[Floats]] = {value: [] for value in TEMPERATURES}
    for side in sides:
        partition = side.fitted.partition
        for _, given in side.pieces():
            logs = side.fitted.blended(BY_NAME[name], *given)
            point = geodesy.to_xyz(*point_estimates.expected(np.exp(logs), partition))
            away = np.digitize(geodesy.between_km(point[:, None], partition.xyz[None]), radii, right=True)
            for value in TEMPERATURES:
                mass = np.exp(calibration.apply_temperature(logs, value))
                shells = np.stack([(mass * (away == shell)).sum(axis=1) for shell in range(len(radii))], axis=1)
                parts[value].append(shells.cumsum(axis=1))
    sure = {value: np.concatenate(found) for value, found in parts.items()}
    right = km[:, None] <= radii

    def loss(value: float) -> float:
        mass = sure[value].clip(_CLIP, 1 - _CLIP)
        return float(-(np.log(np.where(right, mass, 1 - mass))).sum())

    return min(TEMPERATURES, key=loss), sure
