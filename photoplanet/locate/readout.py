"""Readouts: a distribution over cells → one coordinate; all of them work on many photos at once."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.errors import InputError

if TYPE_CHECKING:
    from photoplanet.earth.partition import Partition

Points = tuple[NDArray[np.float64], NDArray[np.float64]]

DEFAULT_READOUT = "local"
LOCAL_KM = 150.0  # width of the kernel: mass this far from a place still speaks for it with weight exp(−1/2)
LOCAL_CELLS = 128  # the most probable cells hold nearly all the mass, whatever the number of classes
_PHOTOS_AT_A_TIME = 64  # × 128² cell pairs as float64: 8 MB


def center(probabilities: NDArray, partition: "Partition") -> Points:
    """The centre of the most probable cell, as in the paper; probabilities (n, classes) → degrees (n,), (n,)."""
    points = partition.centers[_checked(probabilities, partition).argmax(axis=1)]
    return points[:, 0], points[:, 1]


def mean(probabilities: NDArray, partition: "Partition") -> Points:
    """The mean position of the training photos of the most probable cell; probabilities (n, classes) → degrees."""
    points = partition.means[_checked(probabilities, partition).argmax(axis=1)]
    return points[:, 0], points[:, 1]


def local(probabilities: NDArray, partition: "Partition") -> Points:
    """The place with the most mass around it, averaged over that mass; probabilities (n, classes) → degrees (n,), (n,).

    Each of the `LOCAL_CELLS` most probable cells stands at the mean position m of its photos. The one that maximises
    Σ p_j·exp(−|m_i − m_j|² / 2·LOCAL_KM²) is chosen, and the spherical mean of the m_j under those weights is returned.
    """
    rows = _checked(probabilities, partition)
    kept = min(LOCAL_CELLS, rows.shape[1])
    latitude, longitude = np.empty(len(rows)), np.empty(len(rows))
    for start in range(0, len(rows), _PHOTOS_AT_A_TIME):
        part = rows[start : start + _PHOTOS_AT_A_TIME]
        cells = np.argpartition(part, -kept, axis=1)[:, -kept:]
        mass = np.take_along_axis(part, cells, axis=1).astype(np.float64)
        where = geodesy.to_xyz(*np.moveaxis(partition.means[cells], -1, 0))
        # Chords instead of arcs: at the kernel's width they differ by less than a metre in a kilometre.
        squared = 2 * geodesy.EARTH_RADIUS_KM**2 * (1 - where @ where.swapaxes(1, 2))
        weights = np.exp(squared / (-2 * LOCAL_KM**2)) * mass[:, None, :]
        summit = weights.sum(axis=2).argmax(axis=1)
        around = weights[np.arange(len(part)), summit]
        vectors = np.einsum("nj,njk->nk", around, where)
        stop = start + len(part)
        latitude[start:stop], longitude[start:stop] = geodesy.from_xyz(vectors)
    return latitude, longitude


READOUTS: dict[str, Callable[[NDArray, "Partition"], Points]] = {"center": center, "mean": mean, "local": local}


def get(name: str) -> Callable[[NDArray, "Partition"], Points]:
    """Return the readout called `name`; InputError lists the known ones."""
    if name not in READOUTS:
        raise InputError(f"no readout is called {name!r}; the readouts are {', '.join(READOUTS)}")
    return READOUTS[name]


def _checked(probabilities: NDArray, partition: "Partition") -> NDArray:
    rows = np.asarray(probabilities)
    if rows.ndim != 2 or rows.shape[1] != len(partition):
        raise InputError(f"probabilities have shape {rows.shape}; give (photos, {len(partition)}), a column per cell")
    return rows
