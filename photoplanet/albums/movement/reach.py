"""How likely somebody is within so many kilometres of a point, who was at a place so far from it: from a table."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_AWAY = np.linspace(-7.0, 7.0, 57)  # logarithms of the way to the place, in the radius asked for
_MEDIAN = np.linspace(-9.0, 9.0, 73)  # and of the law's median
_LEVELS = (np.arange(64) + 0.5) / 64
_TURNS = np.cos((np.arange(24) + 0.5) / 24 * np.pi)


def is_within(distances: Floats, km: float) -> Floats:
    """1 within, 0 beyond, and between where it is within a fifth of `km` of it, so that no step decides.

    >>> is_within(np.array([0.0, 25.0, 60.0]), 25.0).round(2).tolist()
    [0.99, 0.5, 0.0]
    """
    return np.asarray(1 / (1 + np.exp(np.minimum((distances / km - 1) * 5, 50.0))))


def share(away: Floats, medians: Floats, km: float) -> Floats:
    """How likely (p, k) somebody is within `km` of points that are `away` (p, k) from where they were.

    `medians` (k,): how far half of all people are by then. Of a table, by linear interpolation of logarithms.

    >>> share(np.array([[0.0, 100.0]]), np.array([0.1, 25.0]), 25.0).round(2).tolist()
    [[0.99, 0.01]]
    """
    low, high = np.exp(_AWAY[0]), np.exp(_AWAY[-1])
    row = (np.log(np.clip(away / km, low, high)) - _AWAY[0]) / (_AWAY[1] - _AWAY[0])
    least, most = np.exp(_MEDIAN[0]), np.exp(_MEDIAN[-1])
    column = (np.log(np.clip(medians / km, least, most)) - _MEDIAN[0]) / (_MEDIAN[1] - _MEDIAN[0])
    i = np.minimum(row.astype(int), len(_AWAY) - 2)
    j = np.minimum(column.astype(int), len(_MEDIAN) - 2)
    part, other = row - i, column - j
    table = _table()
    return np.asarray(
        (table[i, j] * (1 - part) + table[i + 1, j] * part) * (1 - other)
        + (table[i, j + 1] * (1 - part) + table[i + 1, j + 1] * part) * other
    )


@cache
def _table() -> Floats:
    odds = _LEVELS / (1 - _LEVELS)
    away, found = np.exp(_AWAY)[:, None, None], np.empty((len(_AWAY), len(_MEDIAN)))
    for column, median in enumerate(np.exp(_MEDIAN)):
        radii = (median * odds)[None, :, None]
        distances = np.sqrt(np.maximum(away**2 + radii**2 - 2 * away * radii * _TURNS, 0))
        found[:, column] = is_within(distances, 1.0).mean(axis=(1, 2))
    return found


def density(away: Floats, medians: Floats, least: Floats | float) -> Floats:
    """How much of what the law spreads is on a km², so far `away` (…, k) from the places; at most that of `least` km.

    >>> density(np.array([1.0, 10.0]), np.array(10.0), 0.1).round(4).tolist()
    [0.0132, 0.0004]
    """
    far = np.maximum(away, least)
    return np.asarray(medians / (far + medians) ** 2 / (2 * np.pi * far))
