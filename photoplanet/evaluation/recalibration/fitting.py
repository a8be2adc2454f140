"""Fitting a calibration: each part stays as it is unless the change holds on photos that it was not fitted to."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from photoplanet.core import progress
from photoplanet.earth import geodesy
from photoplanet.evaluation.recalibration import temperature
from photoplanet.evaluation.recalibration.answers import Answers, Settings, Stated
from photoplanet.locate.correction import Correction, log_odds
from photoplanet.locate.credible_region import REGION_SHARE
from photoplanet.locate.prediction import ABSTAIN_BELOW
from photoplanet.models.calibration_facts import KNOTS_KM, LEAST_SLOPE

Floats = NDArray[np.float64]
Rows = NDArray[np.bool_]

PRIORS = (100.0, 20.0, 5.0, 1.0)  # photos' worth of belief that a mass is right as it is; the most cautious first
FEWEST_OUTSIDE = 10  # photos that no cell is near to, before the unknown's bias is fitted
_STEEPEST = 20.0  # slope of a correction
_EDGE = 1e-3  # a stated probability is scored as if it were within this of 0 and 1 at most
_KNOTS = np.array(KNOTS_KM, np.float64)


def fit(answers: Answers, folds: NDArray[np.integer], rows: Rows | None = None) -> Settings:
    """Fit temperature, unknown's bias, correction and abstention to some rows of answers, bool (n,).

    `folds` (n,): no group of photos is in two of them; three folds or more. One after the other is left out to see what
    fits to the others are worth there: the model's own temperature or the best, without a correction or with more and
    more daring ones. Each has to gain more than its standard error over groups. With a correction, answers are withheld
    where they are likelier wrong than right.

    >>> import photoplanet as pp
    >>> photos = [np.full((64, 64, 3), grey, np.uint8) for grey in range(0, 250, 25)]
    >>> answers = Answers(pp.load("toy").locate(photos), np.tile([48.86, 2.35], (10, 1)), np.arange(10))
    >>> found = fit(answers, np.arange(10) % 5)  # all wrong, and too sure
    >>> found.correction is None and found.temperature == 1
    False
    """
    used = np.ones(len(folds), np.bool_) if rows is None else rows
    known = used & answers.covered
    basis = used if answers.unknown is None else known
    right = answers.km[basis, None] <= _KNOTS
    best = temperature.best(answers.near[known])
    own = answers.predictions[0].correction
    stated = answers.masses(1.0)[basis] if own is None else own.at_knots(answers.masses(1.0)[basis])
    chosen, least = Settings(correction=own), log_loss(stated, right).mean(axis=1)
    for prior in (None, *PRIORS):
        for times in sorted({1.0, best}):
            mass = answers.masses(times)[basis]
            losses = log_loss(_left_out(mass, right, folds[basis], prior), right).mean(axis=1)
            if _surely_less(losses, least, answers.groups[basis]):
                found = None if prior is None else correction(mass, right, prior)
                chosen, least = Settings(times, found, 0.0, None if found is None else ABSTAIN_BELOW), losses
    if answers.unknown is None:
        return chosen
    return replace(chosen, bias=fit_bias(answers.unknown[used], ~answers.covered[used], answers.groups[used]))


def cross_fitted(
    answers: Answers,
    folds: NDArray[np.integer],
    region: float = REGION_SHARE,
    advance: progress.Advance = progress.ignore,
) -> tuple[Stated, list[Settings]]:
    """What n answers state under calibrations that were fitted to all folds but their own, and these calibrations.

    >>> import photoplanet as pp
    >>> photos = [np.full((64, 64, 3), grey, np.uint8) for grey in range(0, 250, 50)]
    >>> answers = Answers(pp.load("toy").locate(photos), np.tile([48.86, 2.35], (5, 1)), np.arange(5))
    >>> stated, fitted = cross_fitted(answers, np.arange(5))
    >>> stated.confidence.shape, len(fitted)
    ((5, 5), 5)
    """
    n, fitted = len(folds), []
    confidence, radius = np.empty((n, len(geodesy.RADII_KM))), np.empty(n)
    km, abstains = np.empty(n), np.zeros(n, np.bool_)
    for fold in np.unique(folds):
        rows = folds == fold
        fitted.append(fit(answers, folds, ~rows))
        part = answers.stated(answers.restated(fitted[-1], rows), rows, region)
        confidence[rows], radius[rows] = part.confidence, part.radius
        km[rows], abstains[rows] = part.km, part.abstains
        advance(1)
    return Stated(confidence, radius, abstains, km), fitted


def correction(mass: Floats, right: Rows, prior: float) -> Correction:
    """Fit a correction to all of masses (n, 16) and verdicts (n, 16), by penalised maximum likelihood at each distance.

    `prior`: how many photos' worth of belief holds it to no change.

    >>> mass = np.tile(np.linspace(0.01, 0.99, 400)[:, None], (1, 16))
    >>> found = correction(mass, mass > 0.5, 1e9)
    >>> found.shift[0] == 0, found.slope[0] == 1
    (True, True)
    """
    shift, slope = np.round(_logistic(log_odds(mass), right, prior), 4)
    return Correction(tuple(shift.tolist()), tuple(np.clip(slope, LEAST_SLOPE, _STEEPEST).tolist()))


def surely_better(before: Stated, after: Stated, groups: NDArray[np.integer]) -> bool:
    """Whether the log loss of the same photos at the five radii is less after, by more than its standard error.

    `groups` (n,): whole ones are drawn for the standard error.

    >>> low, high = (Stated(np.full((4, 5), p), np.ones(4), np.zeros(4, bool), np.ones(4)) for p in (0.5, 0.9))
    >>> surely_better(low, high, np.arange(4)), surely_better(low, low, np.arange(4))
    (True, False)
    """
    radii = np.array(list(geodesy.RADII_KM.values()))
    losses = [log_loss(each.confidence, each.km[:, None] <= radii).mean(axis=1) for each in (after, before)]
    return _surely_less(losses[0], losses[1], groups)


def fit_bias(unknown: Floats, outside: Rows, groups: NDArray[np.integer]) -> float:
    """Fit what is added to the log odds of `unknown` (n,), so that they say how many photos were `outside` (n,).

    A person's photos are outside the cells more often, or less, than those that the model learned it from. 0 where
    fewer than 10 of either kind are there, or where the gain is no more than its standard error over `groups` (n,).

    >>> fit_bias(np.full(80, 0.5), np.arange(80) % 8 == 0, np.arange(80) // 8)
    -1.9459
    """
    if min(outside.sum(), (~outside).sum()) < FEWEST_OUTSIDE:
        return 0.0
    odds = log_odds(unknown)
    bias = round(_shift(odds, outside), 4)
    moved = log_loss(1 / (1 + np.exp(-(odds + bias))), outside)
    return bias if _surely_less(moved, log_loss(unknown, outside), groups) else 0.0


def log_loss(stated: Floats, right: NDArray[np.bool_]) -> Floats:
    """−log of the probability given to what was the case (…), of `stated` probabilities (…) of being `right` (…).

    >>> log_loss(np.array([0.5, 1.0]), np.array([True, False])).round(2)
    array([0.69, 6.91])
    """
    inner = np.clip(stated, _EDGE, 1 - _EDGE)
    return np.asarray(-np.log(np.where(right, inner, 1 - inner)))


def _left_out(mass: Floats, right: Rows, folds: NDArray[np.integer], prior: float | None) -> Floats:
    """What corrections that were fitted to the other folds state of each fold's masses (n, 16)."""
    if prior is None:
        return mass
    found = np.empty_like(mass)
    for fold in np.unique(folds):
        left_out = folds == fold
        found[left_out] = correction(mass[~left_out], right[~left_out], prior).at_knots(mass[left_out])
    return found


def _surely_less(ours: Floats, theirs: Floats, groups: NDArray[np.integer]) -> bool:
    """Whether losses (n,) are less by more than the standard error of the difference, whole groups (n,) being drawn."""
    gain = np.bincount(np.unique(groups, return_inverse=True)[1], theirs - ours)
    return bool(gain.sum() > np.sqrt(len(gain)) * gain.std()) if len(gain) > 1 else False


def _logistic(odds: Floats, right: Rows, prior: float) -> Floats:
    """The a and b (2, k) that make σ(a + b·odds) likeliest, (n, k) each, held to 0 and 1 by `prior`.

    Each of the k has one peak, which Newton's steps find; 2 × 2 equations are solved by hand, for all k at once.
    """
    a, b = np.zeros(odds.shape[1]), np.ones(odds.shape[1])
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(a + b * odds, -30, 30)))
        miss, weight = right - p, p * (1 - p)
        slope_a, slope_b = miss.sum(axis=0) - prior * a, (miss * odds).sum(axis=0) - prior * (b - 1)
        aa, bb = weight.sum(axis=0) + prior, (weight * odds**2).sum(axis=0) + prior
        ab = (weight * odds).sum(axis=0)
        determinant = aa * bb - ab**2
        step_a, step_b = (bb * slope_a - ab * slope_b) / determinant, (aa * slope_b - ab * slope_a) / determinant
        size = np.maximum(np.abs(step_a), np.abs(step_b))
        a, b = a + step_a / np.maximum(1.0, size), b + step_b / np.maximum(1.0, size)
        if size.max() < 1e-6:
            break
    return np.stack([a, b])


def _shift(odds: Floats, outside: Rows) -> float:
    """The b at which the mean of σ(odds + b) is the share that was outside, by bisection."""
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        mean = (1 / (1 + np.exp(-(odds + middle)))).mean()
        low, high = (middle, high) if mean < outside.mean() else (low, middle)
    return (low + high) / 2
