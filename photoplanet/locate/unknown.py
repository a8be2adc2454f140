"""How likely a photo is from outside everything that a model knows, or shows nothing of a place.

A network that never saw a region still spreads its answer over the cells that it has. What gives such photos away: they
are unlike every training photo, and their distribution says little that the prior does not say. A logistic model weighs
this evidence; `calibration["unknown"]` of model.json holds its weights.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.locate.correction import share_of
from photoplanet.models.calibration_facts import EVIDENCE

if TYPE_CHECKING:
    from photoplanet.earth.partition.partition import Partition

Floats = NDArray[np.floating[Any]]

LEAST_GAIN = 0.1  # bits: what says less than this over the prior is no answer; how it was chosen: docs/locate.md
_TINY = np.float32(1e-38)  # stands for 0 in logarithms: p·log p is 0 there
_LEAST_MASS = 1e-4


def gain(probabilities: Floats, partition: "Partition") -> NDArray[np.float64]:
    """How much rows (n, classes) of probabilities say over the model's prior: KL(p ‖ `Partition.prior`) (n,) in bits.

    >>> import photoplanet as pp
    >>> part = pp.Partition.uniform([48.85, -33.9], [2.3, 151.2], level=8, min_photos=1)
    >>> gain(np.array([[0.5, 0.5], [1.0, 0.0]]), part)
    array([0., 1.])
    """
    ratio = np.log2(np.maximum(probabilities, _TINY)) - np.log2(partition.prior).astype(probabilities.dtype)
    bits: NDArray[np.float64] = (probabilities * ratio).sum(axis=1, dtype=np.float64)
    return np.maximum(bits, 0.0)


def evidence(
    log_probabilities: NDArray[np.float32], partition: "Partition", similarity: Floats | None = None
) -> dict[str, NDArray[np.float64]]:
    """What speaks for or against a known place: name of `EVIDENCE` → (n,), from calibrated rows (n, classes).

    `similarity`: the mean cosine of the nearest training photos (n,), left out where the network gives none; `gain`
    and `spread`: the distribution's KL(p ‖ prior) and its entropy, bits; `peak`: the log-odds of its mass within 750 km
    of the likeliest cell (1e-4 … 1 − 1e-4); `surprise`: how many bits likelier that cell is than by the prior.

    >>> import photoplanet as pp
    >>> part = pp.Partition.uniform([48.85, -33.9], [2.3, 151.2], level=8, min_photos=1)
    >>> found = evidence(np.log(np.array([[0.75, 0.25]], np.float32)), part)
    >>> {name: round(float(values[0]), 2) for name, values in found.items()}
    {'gain': 0.19, 'spread': 0.81, 'peak': 1.1, 'surprise': 0.58}
    """
    mass = np.exp(log_probabilities)
    bits = np.log2(np.maximum(mass, _TINY))
    best, rows = mass.argmax(axis=1), np.arange(len(mass))
    cosine = np.cos(geodesy.RADII_KM["country"] / geodesy.EARTH_RADIUS_KM)
    # One by one, so that memory stays that of one photo.
    around = [
        row[partition.xyz @ partition.xyz[k] >= cosine].sum(dtype=np.float64) for row, k in zip(mass, best, strict=True)
    ]
    found = {} if similarity is None else {"similarity": np.clip(similarity.astype(np.float64), -1, 1)}
    return found | {
        "gain": gain(mass, partition),
        "spread": np.maximum(-(mass * bits).sum(axis=1, dtype=np.float64), 0.0),
        "peak": _log_odds(np.array(around)),
        "surprise": bits[rows, best] - np.log2(partition.prior[best]),
    }


def _log_odds(mass: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where sure answers differ most is near 1, which a logarithm alone does not tell apart."""
    kept = np.clip(mass, _LEAST_MASS, 1 - _LEAST_MASS)
    odds: NDArray[np.float64] = np.log(kept / (1 - kept))
    return odds


def probability(evidence: Mapping[str, Floats], facts: Mapping[str, Any]) -> NDArray[np.float64]:
    """The probability (n,) of "unknown": 1 / (1 + exp(−(bias + Σ weight·evidence))), by `calibration["unknown"]`.

    Where `facts` hold `unlike`, a photo that is less similar than `below` (as hardly any known photo is) gets `weight`
    times the rest on top: no photo of the training's kind teaches what to make of a wholly different one. `facts` as
    `models.calibration_facts.check` lets them through; KeyError where weighed evidence is not there.

    >>> probability({"gain": np.array([0.0, 8.0])}, {"bias": 2.0, "weights": {"gain": -1.0}}).round(3)
    array([0.881, 0.002])
    """
    (n,) = next(iter(evidence.values())).shape
    logit = np.full(n, float(facts["bias"]))
    for name, weight in facts["weights"].items():
        logit += weight * evidence[name]
    if unlike := facts.get("unlike"):
        logit += unlike["weight"] * np.maximum(unlike["below"] - evidence["similarity"], 0)
    return share_of(logit)


__all__ = ["EVIDENCE", "LEAST_GAIN", "evidence", "gain", "probability"]
