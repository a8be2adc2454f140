"""Resamples of whole rounds: one person saw all photos of a round, and errs in it as people do."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth.geodesy import RADII_KM
from photoplanet.evaluation import accuracy

_AT_A_TIME = 100  # resamples


def figures(
    errors: NDArray[np.float64], number: NDArray[np.int64], resamples: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return median (resamples,), mean GeoScore (resamples,) and shares by radius (resamples, 5) of resampled rounds.

    `errors` (n,) km; `number` (n,): the round of each photo, from 0.

    >>> middle, score, shares = figures(np.array([1.0, 9.0]), np.array([0, 1]), resamples=50)
    >>> sorted(set(middle.tolist())), shares.shape
    ([1.0, 5.0, 9.0], (50, 5))
    """
    per_photo = np.column_stack([accuracy.geoscore(errors), *(errors <= radius for radius in RADII_KM.values())])
    middles, means = [], []
    for drawn in resampled(number, resamples):
        middles.append(medians(errors, drawn))
        means.append(drawn @ per_photo / drawn.sum(axis=1, keepdims=True))
    mean = np.concatenate(means)
    return np.concatenate(middles), mean[:, 0], mean[:, 1:]


def resampled(number: NDArray[np.int64], resamples: int) -> Iterator[NDArray[np.int64]]:
    """How often each photo is in each resample of whole rounds, (at most 100, n) at a time; the same each call.

    >>> (drawn,) = resampled(np.array([0, 0, 1]), resamples=20)
    >>> bool((drawn[:, 0] == drawn[:, 1]).all()), bool((drawn[:, 1] + drawn[:, 2] == 2).all())
    (True, True)
    """
    random, rounds = np.random.default_rng(0), int(number.max()) + 1
    for start in range(0, resamples, _AT_A_TIME):
        size = min(_AT_A_TIME, resamples - start)
        yield random.multinomial(rounds, np.full(rounds, 1 / rounds), size=size)[:, number]


def medians(errors: NDArray[np.float64], drawn: NDArray[np.int64]) -> NDArray[np.float64]:
    """The median of `errors` in each resample.

    >>> medians(np.array([1.0, 9.0]), np.array([[2, 0], [1, 1]]))
    array([1., 5.])
    """
    order = np.argsort(errors)
    ordered, upto = errors[order], np.cumsum(drawn[:, order], axis=1)
    size = upto[:, -1:]
    lower = (upto >= (size + 1) // 2).argmax(axis=1)  # the first rank that reaches the (lower) middle
    upper = (upto >= size // 2 + 1).argmax(axis=1)
    return np.asarray((ordered[lower] + ordered[upper]) / 2)
