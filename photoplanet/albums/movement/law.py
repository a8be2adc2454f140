"""How far people are from where they were, so many hours later: few numbers, and one that each library sets itself.

The median distance grows with the time for the first hours of a journey, and with its square root from then on, as of
somebody who walks, drives or flies anew every day and sleeps between. Around the median the odds to be within a
distance rise in proportion to it, so that staying and flying are both possible, whatever the gap. How far a person gets
(`pace`) differs by a factor of a hundred between a traveller and somebody at home; so it comes from the library.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Median km after so many hours, of the pairs of trips.parquet with a time each: 1.2 (0.2 h), 8 (0.6), 24 (2), 64 (4.5),
# 149 (36), 346 (72), 325 (170), 540 (360), 920 (740).
SPEED_KM_H = 13.0
JOURNEY_HOURS = 5.0
SPOT_KM = 0.02  # two fixes of a receiver at one place
LEVELS = (np.arange(8) + 0.5) / 8
SPREAD = LEVELS / (1 - LEVELS)  # distances at these shares, in medians
MOST_PACE, LEAST_PACE = 50.0, 1e-4


def median_km(hours: Floats, pace: float = 1.0) -> Floats:
    """The distance within which half of all people are after `hours` (…).

    >>> median_km(np.array([0.0, 0.2, 2.0, 36.0, 720.0])).round(1).tolist()
    [0.0, 2.6, 22.0, 163.5, 777.3]
    """
    return np.asarray(SPOT_KM + pace * SPEED_KM_H * hours / np.sqrt(1 + hours / JOURNEY_HOURS))


def within(km: Floats, median: Floats) -> Floats:
    """The probability (…) to be within `km` (…) where half are within `median` (…).

    >>> within(np.array([5.0, 10.0, 90.0]), np.array(10.0)).round(2).tolist()
    [0.33, 0.5, 0.9]
    """
    return np.asarray(km / (km + median))


def stay(hours: Floats) -> Floats:
    """How likely (…) somebody is still, or again, where a photo was taken so many `hours` (…) before or after.

    As the pairs of trips.parquet: within a kilometre 20 % of a day, 6 % after a night, 1 % after two.

    >>> stay(np.array([0.0, 4.0, 18.0, 48.0])).round(2).tolist()
    [1.0, 0.19, 0.04, 0.01]
    """
    return np.asarray(1 / (1 + hours + (hours / 8) ** 2))


def looks_count(hours: Floats) -> Floats:
    """How much (…) of what looks say counts after so many `hours` (…): all within a few, little from day to day.

    Learned on days of trips.parquet without any known place, where looks that count in full make the choice worse.

    >>> looks_count(np.array([0.0, 4.0, 12.0, 48.0])).round(2).tolist()
    [1.0, 0.9, 0.5, 0.06]
    """
    return np.asarray(1 / (1 + (hours / 12) ** 2))


def pace(km: Floats, hours: Floats) -> float:
    """How far the person of these n gaps gets, in the medians of the law: their own median, and four gaps as the law.

    >>> round(pace(np.full(50, 0.5), np.full(50, 24.0)), 4)  # half a kilometre from day to day
    0.004
    >>> pace(np.array([]), np.array([]))
    1.0
    """
    given = np.maximum(km, 0.0) / (median_km(hours) + SPOT_KM)
    return float(np.clip(np.exp(np.median(np.concatenate([np.log(given + 1e-4), np.zeros(4)]))), LEAST_PACE, MOST_PACE))
