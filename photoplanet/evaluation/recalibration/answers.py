"""A model's answers to photos whose places are known, kept so that other calibrations can be tried on them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.evaluation.recalibration import temperature
from photoplanet.locate.correction import Correction
from photoplanet.locate.credible_region import REGION_SHARE, MassAround, descending
from photoplanet.locate.prediction import Prediction, prepare
from photoplanet.locate.seen import softmax_at
from photoplanet.models.calibration_facts import KNOTS_KM

Floats = NDArray[np.float64]

_FAINTEST = np.float32(1e-38)  # stands for 0 in logarithms
_NUMBERS = 2_000_000  # of the distributions in work at a time


@dataclass(frozen=True)
class Settings:
    """A calibration to try: `temperature` times the model's own, its `correction`, the unknown's added `bias`.

    `abstain_below`: as in `Prediction`; None: the model's own.

    >>> Settings().temperature
    1.0
    """

    temperature: float = 1.0
    correction: Correction | None = None
    bias: float = 0.0
    abstain_below: float | None = None


@dataclass(frozen=True, eq=False)
class Stated:
    """What n answers state: `confidence` (n, 5) at the five radii, `radius` (n,) km of the credible region, `abstains`.

    `km` (n,): how far the points are from the truth.
    """

    confidence: Floats
    radius: Floats
    abstains: NDArray[np.bool_]
    km: Floats


@dataclass(frozen=True, eq=False)
class Answers:
    """A model's predictions for n photos, their true places (n, 2) in degrees, and the group (n,) of each.

    Photos of one group (an album, say) are right and wrong together.

    >>> import photoplanet as pp
    >>> found = pp.load("toy").locate([np.full((64, 64, 3), grey, np.uint8) for grey in (0, 255)])
    >>> answers = Answers(found, np.array([[48.86, 2.35], [-33.87, 151.21]]), np.arange(2))
    >>> answers.stated(answers.restated(Settings(temperature=2.0))).confidence.shape
    (2, 5)
    """

    predictions: Sequence[Prediction]
    places: Floats
    groups: NDArray[np.integer]
    _tried: dict[float, Floats] = field(default_factory=dict, repr=False)

    @property
    def partition(self) -> Partition:
        """The model's cells."""
        return self.predictions[0].partition

    @cached_property
    def log_probabilities(self) -> NDArray[np.float32]:
        """(n, classes) at the model's own temperature."""
        rows = np.stack([each.probabilities for each in self.predictions])
        return np.asarray(np.log(np.maximum(rows, _FAINTEST, out=rows), out=rows))

    @cached_property
    def points(self) -> Floats:
        """The points (n, 2), degrees: the same under every calibration."""
        return np.array([each.point for each in self.predictions]).reshape(-1, 2)

    @cached_property
    def km(self) -> Floats:
        """How far the points are from the truth (n,)."""
        return np.asarray(geodesy.distance_km(*self.points.T, *self.places.T))

    @cached_property
    def unknown(self) -> Floats | None:
        """The probability (n,) of unknown; None for a model that cannot tell."""
        if any(each.unknown is None for each in self.predictions):
            return None
        return np.array([each.unknown for each in self.predictions], np.float64)

    @cached_property
    def labels(self) -> NDArray[np.integer]:
        """The cell (n,) of each true place; −1: none."""
        return np.asarray(self.partition.assign(*self.places.T))

    @cached_property
    def near(self) -> Floats:
        """`temperature.near_masses` (n, 49) of the true places."""
        return temperature.near_masses(self.log_probabilities, self.places, self.labels, self.partition)

    @cached_property
    def covered(self) -> NDArray[np.bool_]:
        """Whether a cell reaches within 200 km of each true place (n,)."""
        return ~np.isnan(self.near[:, 0])

    def restated(self, settings: Settings, rows: npt.ArrayLike | None = None) -> list[Prediction]:
        """Return the predictions (of some rows) as they would be under another calibration, with the same points."""
        chosen = np.arange(len(self.predictions)) if rows is None else np.flatnonzero(np.asarray(rows))
        found = []
        for row in chosen.tolist():
            before = self.predictions[row]
            mass = np.exp(softmax_at(self.log_probabilities[row : row + 1], settings.temperature))[0]
            sharpness = before.sharpness * settings.temperature
            found.append(
                replace(
                    before,
                    probabilities=mass,
                    sharpness=sharpness,
                    correction=settings.correction,
                    unknown=shifted(before.unknown, settings.bias),
                    abstain_below=before.abstain_below if settings.abstain_below is None else settings.abstain_below,
                )
            )
        prepare(found)
        return found

    def stated(
        self, predictions: Sequence[Prediction], rows: npt.ArrayLike | None = None, region: float = REGION_SHARE
    ) -> Stated:
        """Return what predictions for these photos (for some rows of them) state, and how far off they are."""
        places = self.places if rows is None else self.places[np.flatnonzero(np.asarray(rows))]
        points = np.array([each.point for each in predictions]).reshape(-1, 2)
        return Stated(
            confidence=np.array([list(each.confidence.values()) for each in predictions]).reshape(-1, 5),
            radius=np.array([each.credible_region(region).radius_km for each in predictions]),
            abstains=np.array([each.abstains for each in predictions], np.bool_),
            km=np.asarray(geodesy.distance_km(*points.T, *places.T)),
        )

    def masses(self, times: float) -> Floats:
        """The mass (n, 16) within each of `KNOTS_KM` of the points, uncorrected, at `times` the model's temperature."""
        if times not in self._tried:
            n, classes = self.log_probabilities.shape
            found = np.empty((n, len(KNOTS_KM)))
            step = max(1, _NUMBERS // classes)
            for start in range(0, n, step):
                rows = slice(start, min(n, start + step))
                mass = np.exp(softmax_at(self.log_probabilities[rows], times))
                around = MassAround(self.points[rows], mass, self.partition, descending(mass))
                found[rows] = np.stack([around.within(float(km)) for km in KNOTS_KM], axis=1)
            self._tried[times] = found
        return self._tried[times]


def shifted(unknown: float | None, bias: float) -> float | None:
    """Return a probability with `bias` added to its log odds; None for None.

    >>> shifted(0.5, 0.0), shifted(None, 1.0)
    (0.5, None)
    """
    if unknown is None or not 0 < unknown < 1:
        return unknown
    odds = np.log(unknown) - np.log1p(-unknown) + bias
    return float(1 / (1 + np.exp(-odds)))
