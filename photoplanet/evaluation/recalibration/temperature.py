"""The temperature that makes the truth's neighbourhood likeliest, for any cells, also ones of a few photos each.

The usual loss asks for the true cell. Where cells are as fine as the photos that made them, hardly any new photo lies
in one; so the mass within 200 km of the true place is asked for instead. Every temperature of a grid is tried on every
photo once, so that fits to many parts of the photos cost nothing more.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.locate import credible_region

NEAR_KM = geodesy.RADII_KM["region"]
GRID = 2.0 ** (np.arange(-24, 25) / 8)  # times the model's own: an eighth of a doubling is 9 %
_FAINT = 1e-6  # share of a cell that is near its photo by its label alone
_NUMBERS = 4_000_000  # of the distributions in work at a time


def near_masses(
    log_probabilities: NDArray[np.float32], places: npt.ArrayLike, labels: NDArray[np.integer], partition: Partition
) -> NDArray[np.float64]:
    """The logarithm (n, 49) of the mass within 200 km of n true places, at each temperature of `GRID`.

    `log_probabilities` (n, classes), `places` (n, 2) degrees, `labels` (n,): the cells that hold them, −1 for none. NaN
    in the rows of photos that no cell is near to: no temperature can help them.

    >>> import photoplanet as pp
    >>> part = pp.Partition.uniform([48.85, -33.9], [2.3, 151.2], level=8, min_photos=1)
    >>> rows = np.log(np.array([[0.1, 0.9], [0.1, 0.9]], np.float32))
    >>> masses = near_masses(rows, [[-33.9, 151.2], [0.0, 0.0]], np.array([1, -1]), part)
    >>> np.exp(masses[0, GRID == 1]).round(3), bool(np.isnan(masses[1]).all())
    (array([0.9]), True)
    """
    xyz = geodesy.to_xyz(*np.asarray(places, np.float64).reshape(-1, 2).T)
    found = np.full((len(xyz), len(GRID)), np.nan)
    for rows, total in _totals(log_probabilities):
        for row in range(rows.start, rows.stop):
            classes, shares = near_cells(xyz[row], int(labels[row]), partition)
            if classes.size:
                inner = log_probabilities[row, classes][None] / GRID[:, None] + np.log(shares)
                top = inner.max(axis=1)
                near = top + np.log(np.exp(inner - top[:, None]).sum(axis=1))
                found[row] = np.minimum(near - total[row - rows.start], 0.0)
    return found


def near_cells(
    xyz: NDArray[np.float64], label: int, partition: Partition
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The classes (k,) that reach within 200 km of a place, a unit vector (3,), and which share (k,) of each does.

    As `credible_region.SPREAD` has photos lie around the mean position of their cell; the cell that holds the place
    is always one.

    >>> import photoplanet as pp
    >>> part = pp.Partition.uniform([48.85, -33.9], [2.3, 151.2], level=8, min_photos=1)
    >>> near_cells(part.xyz[0], 0, part)
    (array([0]), array([1.]))
    """
    away = geodesy.between_km(np.broadcast_to(xyz, partition.xyz.shape), partition.xyz)
    sides = np.sqrt(partition.areas_km2 / np.pi)
    sizes, parts = np.array(credible_region.SPREAD).T
    classes = np.flatnonzero(away - sizes.max() * sides < NEAR_KM)
    shares = np.zeros(len(classes))
    for size, part in zip(sizes, parts, strict=True):
        shares += part * credible_region.overlap(away[classes], size * sides[classes], NEAR_KM)
    if label >= 0:
        if label not in classes:
            classes, shares = np.append(classes, label), np.append(shares, 0.0)
        shares[classes == label] = np.maximum(shares[classes == label], _FAINT)
    kept = shares > 0
    return classes[kept], np.minimum(1.0, shares[kept])


def best(near: NDArray[np.float64]) -> float:
    """The temperature of `GRID` at which the neighbourhoods of the truths are likeliest, of the rows that are not NaN.

    >>> near = np.tile(-np.abs(np.log(GRID / 2)), (3, 1))
    >>> best(near)
    2.0
    """
    known = near[~np.isnan(near[:, 0])]
    return float(GRID[np.maximum(known, -700.0).mean(axis=0).argmax()]) if len(known) else 1.0


def _totals(log_probabilities: NDArray[np.float32]) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Some rows at a time, and the logarithm (m, 49) of their whole mass at each temperature."""
    n, classes = log_probabilities.shape
    step = max(1, _NUMBERS // classes)
    for start in range(0, n, step):
        rows = slice(start, min(n, start + step))
        part = log_probabilities[rows]
        top = part.max(axis=1, keepdims=True)
        sums = [np.exp((part - top) / np.float32(each)).sum(axis=1, dtype=np.float64) for each in GRID]
        yield rows, np.log(np.stack(sums, axis=1)) + top / GRID
