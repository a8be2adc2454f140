"""Point estimates (readouts): a distribution over cells → one coordinate; all work on many photos at once.

Top-k has one definition for all of them (the paper's Fig. 3): rank 1 is the readout's point, which stands for the cell
that holds it (or the nearest); the ranks from 2 are the other cells by descending probability, each at its `positions`.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import cells, geodesy
from photoplanet.errors import InputError

if TYPE_CHECKING:
    from photoplanet.earth.partition.partition import Partition

Rows = NDArray[np.floating[Any]]
Points = tuple[NDArray[np.float64], NDArray[np.float64]]

DEFAULT_READOUT = "expected"  # the best of these on the toy Earth: docs/experiments.md
LOCAL_KM = 150.0  # width of the kernel: mass this far from a place still speaks for it with weight exp(−1/2)
EXPECTED_KM = (5.0, 25.0, 200.0, 750.0)  # scales at which a guess is worth something: exp(−distance/scale), averaged
_CELLS = 128  # the most probable cells hold nearly all the mass, whatever the number of classes
_PHOTOS_AT_A_TIME = 4  # × 128² cell pairs as float64: half a megabyte, which a core keeps at hand


def center(probabilities: Rows, partition: "Partition") -> Points:
    """The centre of the most probable cell, as in the paper; probabilities (n, classes) → degrees (n,), (n,).

    >>> import photoplanet as pp
    >>> part = pp.Partition.uniform([48.85, 48.87, -33.9], [2.3, 2.4, 151.2], level=5, min_photos=1)
    >>> lat, lng = center(np.array([[0.3, 0.7]]), part)
    >>> [round(float(x[0])) for x in (lat, lng)]
    [-35, 150]
    """
    points = partition.centers[_checked(probabilities, partition).argmax(axis=1)]
    return points[:, 0], points[:, 1]


def mean(probabilities: Rows, partition: "Partition") -> Points:
    """The mean position of the training photos of the most probable cell; probabilities (n, classes) → degrees.

    >>> import photoplanet as pp
    >>> part = pp.Partition.uniform([48.85, 48.87, -33.9], [2.3, 2.4, 151.2], level=5, min_photos=1)
    >>> lat, lng = mean(np.array([[0.3, 0.7]]), part)
    >>> lat.round(2), lng.round(2)
    (array([-33.9]), array([151.2]))
    """
    points = partition.means[_checked(probabilities, partition).argmax(axis=1)]
    return points[:, 0], points[:, 1]


def local(probabilities: Rows, partition: "Partition") -> Points:
    """The place with the most mass around it, averaged over that mass; probabilities (n, classes) → degrees (n,), (n,).

    Each of the 128 most probable cells stands at the mean position m of its photos. The one that maximises
    Σ p_j·exp(−‖m_i − m_j‖² / 2·LOCAL_KM²) is chosen, and the spherical mean of the m_j under those weights is returned;
    in a partition that is cut to an area, m_i where that mean lies outside.

    >>> import photoplanet as pp
    >>> part = pp.Partition.uniform([48.85, 48.87, -33.9], [2.3, 2.4, 151.2], level=5, min_photos=1)
    >>> lat, lng = local(np.array([[0.3, 0.7]]), part)
    >>> lat.round(2), lng.round(2)
    (array([-33.9]), array([151.2]))
    """
    found = np.empty((2, len(probabilities)))
    for rows, mass, where, squared in _likely(probabilities, partition):
        weights = np.exp(squared / (-2 * LOCAL_KM**2)) * mass[:, None, :]
        best = weights.sum(axis=2).argmax(axis=1)
        around = weights[np.arange(len(mass)), best]
        points = np.stack(geodesy.from_xyz(np.einsum("nj,njk->nk", around, where)))
        if partition.area is not None:
            own = np.stack(geodesy.from_xyz(where[np.arange(len(mass)), best]))
            points = np.where(partition.area.contains(*points), points, own)
        found[:, rows] = points
    return found[0], found[1]


def expected(probabilities: Rows, partition: "Partition") -> Points:
    """The guess worth most on average; probabilities (n, classes) → degrees (n,), (n,).

    Of the mean positions m of the 128 most probable cells, the one that maximises Σ p_j·u(‖m_i − m_j‖), the expected
    value of a guess that is worth u(d) = mean over EXPECTED_KM of exp(−d/km): near is good at every scale, from street
    to country. With one scale of 1,492.7 km it would maximise the expected GeoScore.

    >>> import photoplanet as pp
    >>> part = pp.Partition.uniform([48.85, 48.87, -33.9], [2.3, 2.4, 151.2], level=5, min_photos=1)
    >>> lat, lng = expected(np.array([[0.3, 0.7]]), part)
    >>> lat.round(2), lng.round(2)
    (array([-33.9]), array([151.2]))
    """
    found = np.empty((2, len(probabilities)))
    for rows, mass, where, squared in _likely(probabilities, partition):
        away = np.sqrt(squared, dtype=np.float32, casting="same_kind")  # where exp takes an eighth of the time
        worth = sum(_worth(away, km) for km in EXPECTED_KM)
        # Not @: OpenBLAS would give half of so small a product to a second thread, which then spins for more.
        best = np.einsum("nij,nj->ni", worth, mass.astype(np.float32)).argmax(axis=1)
        found[:, rows] = geodesy.from_xyz(where[np.arange(len(mass)), best])
    return found[0], found[1]


def _worth(away: NDArray[np.float32], km: float) -> NDArray[np.float32]:
    """exp(−away/km), of 1e-35 at least: smaller numbers soon have no exponent of their own, and are slow to add."""
    exponents: NDArray[np.float32] = away * np.float32(-1 / km)
    np.maximum(exponents, np.float32(-80), out=exponents)
    np.exp(exponents, out=exponents)
    return exponents


def _likely(
    probabilities: Rows, partition: "Partition"
) -> Iterator[tuple[slice, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]]:
    """A few photos at a time: rows; the likeliest cells' mass (n, k), unit vectors (n, k, 3), km² apart (n, k, k)."""
    rows = _checked(probabilities, partition)
    kept = min(_CELLS, rows.shape[1])
    for start in range(0, len(rows), _PHOTOS_AT_A_TIME):
        few = slice(start, min(start + _PHOTOS_AT_A_TIME, len(rows)))
        cells = np.argpartition(rows[few], -kept, axis=1)[:, -kept:]
        mass = np.take_along_axis(rows[few], cells, axis=1).astype(np.float64)
        where = partition.xyz[cells]
        # Chords instead of arcs: at the kernels' widths they differ by less than a metre in a kilometre.
        # A copy, for with a mere view NumPy sees a matrix times itself and takes BLAS' slow way for that.
        squared = where @ where.swapaxes(1, 2).copy()
        np.subtract(1, squared, out=squared)
        squared *= 2 * geodesy.EARTH_RADIUS_KM**2
        yield few, mass, where, np.maximum(squared, 0, out=squared)


READOUTS: dict[str, Callable[[Rows, "Partition"], Points]] = {
    "center": center,
    "mean": mean,
    "local": local,
    "expected": expected,
}


def get(name: str) -> Callable[[Rows, "Partition"], Points]:
    """Return the point estimate called `name`; InputError lists the known ones.

    >>> get("center") is center
    True
    """
    if name not in READOUTS:
        raise InputError(f"no readout is called {name!r}; the readouts are {', '.join(READOUTS)}")
    return READOUTS[name]


def sharpened(probabilities: Rows, sharpness: float) -> Rows:
    """Return distributions (n, classes) to the power of `sharpness`, normalised; 1 changes nothing.

    A point wants the few best cells, the mass around it wants honest doubt: a model whose `readout_sharpness` is over 1
    estimates points from a sharper distribution than the one that it states.

    >>> sharpened(np.array([[0.25, 0.75]]), 2.0).round(3).tolist()
    [[0.1, 0.9]]
    """
    if sharpness == 1:
        return probabilities
    with np.errstate(divide="ignore"):
        logs = np.log(np.asarray(probabilities, np.float64)) * sharpness
    powers = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def positions(name: str, partition: "Partition") -> NDArray[np.float64]:
    """Where the readout `name` places a single cell, degrees (n, 2): `center` at its centre, all others at its mean.

    With `center` and `mean`, the points of the k most probable cells are therefore exactly the first k ranks. Any other
    name will do, since retrieval has a readout of its own, whose point is known already.

    >>> import photoplanet as pp
    >>> part = pp.Partition.uniform([48.85, 48.87, -33.9], [2.3, 2.4, 151.2], level=5, min_photos=1)
    >>> positions("center", part).round().tolist(), positions("expected", part).round().tolist()
    ([[49.0, 1.0], [-35.0, 150.0]], [[49.0, 2.0], [-34.0, 151.0]])
    """
    return partition.centers if name == "center" else partition.means


def _checked(probabilities: Rows, partition: "Partition") -> Rows:
    rows = np.asarray(probabilities)
    if rows.ndim != 2 or rows.shape[1] != len(partition):
        raise InputError(f"probabilities have shape {rows.shape}; give (photos, {len(partition)}), a column per cell")
    return rows


def classes_at(points: NDArray[np.float64], partition: "Partition") -> NDArray[np.int32]:
    """The class (n,) whose cell holds each point (n, 2), else the nearest mean's; for few, quicker than `assign`.

    >>> import photoplanet as pp
    >>> part = pp.Partition.uniform([48.85, -33.9], [2.3, 151.2], level=5, min_photos=1)
    >>> classes_at(np.array([[48.9, 2.4], [-30.0, 140.0]]), part).tolist()
    [0, 1]
    """
    leaves = cells.from_latlng(*points.T)[:, None]
    near = np.clip(np.searchsorted(partition.ids, leaves) + np.array([-1, 0]), 0, len(partition) - 1)
    ids = partition.ids[near]
    inside = (cells.range_min(ids) <= leaves) & (leaves <= cells.range_max(ids))
    held = near[np.arange(len(near)), inside.argmax(axis=1)].astype(np.int32)
    for row in np.flatnonzero(~inside.any(axis=1)):  # one by one: rare, and memory stays that of one photo
        held[row] = (partition.xyz @ geodesy.to_xyz(*points[row])).argmax()
    return np.asarray(held)
