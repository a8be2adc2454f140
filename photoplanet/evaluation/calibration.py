"""Calibrated confidence: one temperature for the softmax, and how far confidence and accuracy are apart."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from photoplanet.errors import InputError

LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.05, 20.0
BINS = 15  # as in Guo et al. 2017, so that the error can be compared with published ones

CHUNK = 2_000_000  # numbers of the distribution in work at a time: 16 MB as float64
_LOG_ZERO = -1e4  # stands for log 0, so that 0·log 0 is 0 and one impossible label does not make the loss infinite


def fit_temperature(log_probabilities: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """The temperature T in 0.05…20 that minimises the negative log-likelihood of `labels` under softmax(log p / T).

    `log_probabilities` is (n, c) float at temperature 1, `labels` (n,) int; photos with label −1 (outside every cell)
    are left out. InputError on other shapes, labels ≥ c, NaN, or no labelled photo. Source: Guo et al., "On
    Calibration of Modern Neural Networks", ICML 2017, §4.2.

    >>> rows = np.log([[0.9, 0.1]] * 4)  # right three times of four: 90 % was too sure
    >>> round(fit_temperature(rows, [0, 0, 0, 1]), 3)
    2.0
    """
    values, truth = _checked(log_probabilities, labels)
    # The loss is convex in b = 1/T, so its slope rises with b: Newton's step, bisection where it leaves the bracket.
    low, high = 1 / HIGHEST_TEMPERATURE, 1 / LOWEST_TEMPERATURE
    if _slope(values, truth, low)[0] >= 0:
        return HIGHEST_TEMPERATURE
    if _slope(values, truth, high)[0] <= 0:
        return LOWEST_TEMPERATURE
    b = 1.0
    for _ in range(60):
        slope, curvature = _slope(values, truth, b)
        low, high = (b, high) if slope < 0 else (low, b)
        step = b - slope / curvature if curvature > 0 else np.inf
        following = step if low < step < high else (low * high) ** 0.5
        if abs(following - b) <= 1e-7 * b:
            break
        b = following
    return float(1 / following)


def apply_temperature(log_probabilities: npt.ArrayLike, temperature: float) -> NDArray[np.floating[Any]]:
    """Log-probabilities (…, c) at `temperature`: log softmax(log p / T) along the last axis, in the dtype given.

    InputError when the temperature is not a positive finite number.

    >>> np.exp(apply_temperature(np.log([0.9, 0.1]), 2.0))
    array([0.75, 0.25])
    """
    if not (np.isfinite(temperature) and temperature > 0):
        raise InputError(f"temperature is {temperature}: give a positive number; 1 changes nothing")
    values = np.asarray(log_probabilities)
    if not np.issubdtype(values.dtype, np.floating):
        values = values.astype(np.float64)
    flat = values.reshape(-1, values.shape[-1]) if values.size else values.reshape(0, values.shape[-1])
    out = np.empty_like(flat)
    for rows in _chunks(*flat.shape):
        scaled = flat[rows].astype(np.float64) / temperature
        scaled -= scaled.max(axis=1, keepdims=True)
        out[rows] = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
    return out.reshape(values.shape)


def expected_calibration_error(confidence: npt.ArrayLike, correct: npt.ArrayLike, bins: int = BINS) -> float:
    """Mean of `|accuracy − confidence|` over equal bins of confidence, weighted by photos; 0…1, 0 for no photos.

    `confidence` is (n,) in 0…1, `correct` (n,) bool. InputError as `reliability`. Source: Guo et al. 2017, eq. 3.

    >>> round(expected_calibration_error([0.9, 0.9], [True, False]), 3)
    0.4
    """
    table = reliability(confidence, correct, bins)
    used = table["count"] > 0
    gaps = np.abs(table["accuracy"][used] - table["confidence"][used])
    return float((gaps * table["count"][used]).sum() / max(1, table["count"].sum()))


def reliability(confidence: npt.ArrayLike, correct: npt.ArrayLike, bins: int = BINS) -> dict[str, NDArray[Any]]:
    """The reliability table: how accurate the photos of each bin of confidence are.

    Arrays (bins,): `lower`, `upper` (a bin is lower < confidence ≤ upper), `count`, and the mean `confidence` and
    `accuracy` (0…1) of each bin, NaN where it is empty. InputError when lengths differ, a confidence is outside 0…1 or
    NaN, or bins < 1.

    >>> reliability([0.9, 0.95], [True, False], bins=2)["count"]
    array([0, 2])
    """
    sure = np.asarray(confidence, dtype=np.float64).ravel()
    right = np.asarray(correct).ravel().astype(bool)
    if sure.shape != right.shape:
        raise InputError(f"{sure.size} confidences but {right.size} verdicts: give one of each per photo")
    if bins < 1:
        raise InputError(f"bins is {bins}: give at least 1")
    bad = np.flatnonzero(~((sure >= 0) & (sure <= 1 + 1e-6)))
    if bad.size:
        raise InputError(f"confidence in row {bad[0]} is {sure[bad[0]]}: confidences are 0…1")
    edges = np.linspace(0, 1, bins + 1)
    which = np.clip(np.searchsorted(edges, sure, side="left") - 1, 0, bins - 1)
    count = np.bincount(which, minlength=bins)
    some = np.where(count > 0, count, np.nan)
    return {
        "lower": edges[:-1],
        "upper": edges[1:],
        "count": count,
        "confidence": np.bincount(which, weights=sure, minlength=bins) / some,
        "accuracy": np.bincount(which, weights=right, minlength=bins) / some,
    }


def _slope(values: NDArray[Any], truth: NDArray[Any], b: float) -> tuple[float, float]:
    """First and second derivative of the summed loss by b: Σ(E[z] − z_label) and Σ Var[z] under softmax(b·z)."""
    slope = curvature = 0.0
    labelled = np.flatnonzero(truth >= 0)
    for part in _chunks(labelled.size, values.shape[1]):
        rows = labelled[part]
        z = np.maximum(values[rows].astype(np.float64), _LOG_ZERO)
        z -= z.max(axis=1, keepdims=True)
        target = z[np.arange(rows.size), truth[rows]]
        p = np.exp(b * z)
        p /= p.sum(axis=1, keepdims=True)
        first = np.einsum("ij,ij->i", p, z)
        slope += float((first - target).sum())
        curvature += float((np.einsum("ij,ij,ij->i", p, z, z) - first**2).sum())
    return slope, curvature


def _checked(log_probabilities: npt.ArrayLike, labels: npt.ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    values, truth = np.asarray(log_probabilities), np.asarray(labels)
    if values.ndim != 2 or truth.shape != values.shape[:1] or values.shape[1] == 0:
        raise InputError(f"log-probabilities {values.shape} and labels {truth.shape}: give (n, c) and (n,)")
    if not np.issubdtype(truth.dtype, np.integer):
        raise InputError(f"labels are {truth.dtype}: give class numbers as integers")
    if not (truth >= 0).any():
        raise InputError("no photo with a label: a temperature needs validation photos inside the cells")
    if truth.max() >= values.shape[1]:
        raise InputError(f"label {truth.max()} but only {values.shape[1]} classes: labels and partition do not match")
    for rows in _chunks(*values.shape):
        bad = np.flatnonzero(~(values[rows] < np.inf).all(axis=1))
        if bad.size:
            raise InputError(f"log-probabilities of row {rows.start + bad[0]} hold NaN or infinity: check the model")
    return values, truth


def _chunks(n: int, c: int) -> Iterator[slice]:
    rows = max(1, CHUNK // max(1, c))
    for start in range(0, n, rows):
        yield slice(start, min(n, start + rows))
