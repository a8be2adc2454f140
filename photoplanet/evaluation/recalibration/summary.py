"""How honest stated answers are, in figures: reliability at the five radii, the region, sure answers, abstention."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth.geodesy import RADII_KM
from photoplanet.evaluation import calibration, resampling
from photoplanet.evaluation.recalibration.answers import Stated
from photoplanet.evaluation.recalibration.fitting import log_loss

BINS = 5  # of confidence: enough to see a curve, few enough for some photos in each
SURE_KM = RADII_KM["country"]  # an answer with a smaller radius is a sure one
OFF_KM = (RADII_KM["country"], RADII_KM["continent"])  # by which a sure answer should not be off


def summary(stated: Stated, region: float, units: resampling.Units) -> dict[str, Any]:
    """Return what a set of answers is worth, as plain values for JSON; every share with its 95 % interval.

    `region`: the share that the radii claim to hold. Keys: `log_loss` (mean over photos and radii), `confidence` (by
    radius: mean `stated`, share `right`, `expected_calibration_error`, and the `bins`), `region` (`probability`,
    `held`, `median_radius_km`), `abstained`, `given` (answers that were not withheld and are right within 750 km),
    `sure` (share of answers given with a radius under 750 km, and how many of them are over 750 and 2500 km off).

    >>> one = Stated(np.full((4, 5), 0.5), np.full(4, 600.0), np.zeros(4, bool), np.array([1.0, 2.0, 900.0, 9000.0]))
    >>> found = summary(one, 0.9, resampling.photos(4))
    >>> found["region"]["held"], found["sure"]["off"]["750"]["share"]
    (0.5, 0.5)
    """
    given = ~stated.abstains
    sure = given & (stated.radius < SURE_KM)
    right = stated.km[:, None] <= np.array(list(RADII_KM.values()))
    found: dict[str, Any] = {"photos": len(stated.km), "log_loss": float(log_loss(stated.confidence, right).mean())}
    found["confidence"] = {
        name: {"km": km, **_reliability(stated.confidence[:, k], right[:, k], units)}
        for k, (name, km) in enumerate(RADII_KM.items())
    }
    held = _share(stated.km <= stated.radius, units)
    found["region"] = {"probability": region, "held": held["share"], "interval": held["interval"],
                       "median_radius_km": float(np.median(stated.radius))}  # fmt: skip
    found["abstained"] = _share(stated.abstains, units)
    found["given"] = {"answers": int(given.sum()), "right": _share(stated.km <= SURE_KM, units, given)}
    off = {f"{km:g}": _share(stated.km > km, units, sure) for km in OFF_KM}
    found["sure"] = {"answers": int(sure.sum()), **_share(sure, units), "off": off}
    return found


def gain(before: Stated, after: Stated, units: resampling.Units) -> dict[str, Any]:
    """Return by how much the log loss of the same photos fell, with its paired 95 % interval.

    >>> low, high = (Stated(np.full((4, 5), p), np.ones(4), np.zeros(4, bool), np.ones(4)) for p in (0.5, 0.9))
    >>> round(gain(low, high, resampling.photos(4))["log_loss"], 2)
    0.59
    """
    losses = [
        log_loss(each.confidence, each.km[:, None] <= np.array(list(RADII_KM.values()))).mean(axis=1)
        for each in (before, after)
    ]
    value, low, high = resampling.gains(losses[0][:, None], losses[1][:, None], units)[0].tolist()
    finite = np.isfinite([low, high]).all()
    return {"log_loss": value, "interval": [low, high] if finite else None}


def _reliability(stated: NDArray[np.float64], right: NDArray[np.bool_], units: resampling.Units) -> dict[str, Any]:
    table = calibration.reliability(stated, right, BINS)
    which = np.clip(np.searchsorted(table["upper"], stated, side="left"), 0, BINS - 1)
    bins = []
    for number in range(BINS):
        rows = which == number
        if rows.any():
            bins.append(
                {"lower": float(table["lower"][number]), "upper": float(table["upper"][number]),
                 "photos": int(rows.sum()), "stated": float(stated[rows].mean()), **_right(right, units, rows)}
            )  # fmt: skip
    return {
        "stated": float(stated.mean()),
        **_right(right, units, np.ones(len(right), np.bool_)),
        "expected_calibration_error": calibration.expected_calibration_error(stated, right, BINS),
        "bins": bins,
    }


def _right(right: NDArray[np.bool_], units: resampling.Units, rows: NDArray[np.bool_]) -> Mapping[str, Any]:
    found = _share(right, units, rows)
    return {"right": found["share"], "interval": found["interval"]}


def _share(
    hits: NDArray[np.bool_], units: resampling.Units, rows: NDArray[np.bool_] | None = None
) -> dict[str, Any]:  # fmt: skip
    """The share of hits (among some rows) and its interval; None where there are no rows."""
    used = np.ones(len(hits), np.bool_) if rows is None else rows
    if not used.any():
        return {"share": None, "interval": None}
    interval = resampling.share_intervals(hits[used, None], units.some(used))[0].tolist()
    return {"share": float(hits[used].mean()), "interval": interval}
