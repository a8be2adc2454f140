"""How far people get between two photos: a mixture of stays, walks, drives and flights whose shares change with time.

From cell i the next photo lies in cell j with probability Σ_k w_k(hours)·f_k(j | i), where f is one of

    stay      1 if j = i
    scale s   q_j·exp(−d_ij / s) / Σ_j' q_j'·exp(−d_ij' / s), for each s of SCALES_KM
    anywhere  q_j

with q the share of the partition's photos in a cell (`Partition.prior`) and d the great-circle km between the mean
positions of the cells' photos. The shares w are given at KNOTS and interpolated over the logarithm of time.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.viterbi import Floats
from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError, ModelError

KNOTS = (1 / 60, 0.25, 1.0, 6.0, 24.0, 168.0, 8760.0)  # hours: a minute, a quarter, an hour, … a week, a year
SCALES_KM = (10.0, 100.0, 1000.0)  # about a walk, a drive, a flight
SMALL = 2e-4
UNKNOWN_HOURS = 6.0  # what an unknown gap counts as
PIECE = 1 << 22  # pairs of cells at a time
_ROUNDS, _PRIOR_STEPS = 60, 1.0

# Judged, not fitted: for models without training albums. Rows: KNOTS; columns: stay, scales, anywhere.
DEFAULT_SHARES = (
    (0.970, 0.020, 0.007, 0.002, 0.001),
    (0.800, 0.150, 0.040, 0.009, 0.001),
    (0.550, 0.320, 0.110, 0.018, 0.002),
    (0.350, 0.350, 0.220, 0.070, 0.010),
    (0.200, 0.300, 0.250, 0.200, 0.050),
    (0.120, 0.230, 0.220, 0.280, 0.150),
    (0.080, 0.220, 0.200, 0.250, 0.250),
)


@dataclass(frozen=True)
class TransitionModel:
    """The shares w, (len(KNOTS), 2 + len(SCALES_KM)) float64, each row a distribution."""

    shares: NDArray[np.float64]

    def __post_init__(self) -> None:
        wanted = (len(KNOTS), 2 + len(SCALES_KM))
        if self.shares.shape != wanted or not np.isfinite(self.shares).all() or (self.shares < 0).any():
            raise ModelError(f"transition shares must be {wanted} numbers of 0 or more; fit them again")
        if not np.allclose(self.shares.sum(axis=1), 1, atol=1e-6):
            raise ModelError("transition shares must sum to 1 at each time; fit them again")

    def at(self, hours: Floats) -> Floats:
        """The shares (m, components) after `hours` (m,), NaN for unknown; "anywhere" is never 0: nothing is impossible.

        A share under SMALL goes to "anywhere": it would cost a product with a matrix and change next to nothing.
        """
        shares = interpolation(hours) @ self.shares
        shares[:, :-1][shares[:, :-1] < SMALL] = 0
        shares[:, -1] = np.maximum(1 - shares[:, :-1].sum(axis=1), SMALL)
        total: Floats = shares.sum(axis=1, keepdims=True)
        return shares / total


def default() -> TransitionModel:
    """The shares for a model that has none of its own.

    >>> default().at(np.array([24.0])).round(2).tolist()  # stay, 10 km, 100 km, 1,000 km, anywhere
    [[0.2, 0.3, 0.25, 0.2, 0.05]]
    """
    return TransitionModel(np.array(DEFAULT_SHARES))


def interpolation(hours: Floats) -> Floats:
    """Weights (m, len(KNOTS)) of the knots around each of `hours` (m,), linear in log time; outside: the end knot.

    >>> interpolation(np.array([6.0, 12.0]))[:, 3:5].round(2).tolist()  # the knots of 6 and 24 hours
    [[1.0, 0.0], [0.5, 0.5]]
    """
    known = np.where(np.isnan(hours), UNKNOWN_HOURS, hours)
    knots = np.log(KNOTS)
    place = np.interp(np.log(np.maximum(known, KNOTS[0])), knots, np.arange(len(knots)))
    low = np.minimum(place.astype(int), len(knots) - 2)
    weights = np.zeros((len(place), len(knots)))
    rows = np.arange(len(place))
    weights[rows, low] = 1 - (place - low)
    weights[rows, low + 1] = place - low
    return weights


def fit(albums: Iterable[tuple[NDArray[np.integer], Floats]], partition: Partition) -> TransitionModel:
    """Fit the shares to albums, each (true classes (n,), −1 outside; gaps (n − 1,) hours), by maximum likelihood.

    Expectation–maximisation of a mixture whose parts are fixed, so that the optimum is the only one; one pseudo-step a
    knot, divided as in `default`, holds knots that no step came near. InputError when no step lies inside the cells.

    >>> from photoplanet.earth import cells
    >>> partition = Partition.from_cells(cells.from_token(["47e66c", "60188c"]))
    >>> fitted = fit([(np.zeros(50, int), np.full(49, 24.0))], partition)  # somebody who never left
    >>> bool(fitted.at(np.array([24.0]))[0, 0] > default().at(np.array([24.0]))[0, 0])
    True
    """
    origin, target, hours = [], [], []
    for classes, gaps in albums:
        row = np.asarray(classes, np.int64)
        both = (row[:-1] >= 0) & (row[1:] >= 0)
        origin.append(row[:-1][both])
        target.append(row[1:][both])
        hours.append(np.asarray(gaps, float)[both])
    if not origin or not sum(map(len, origin)):
        raise InputError("no two neighbouring photos of the albums lie in cells of this model; no step can be fitted")
    near = interpolation(np.concatenate(hours))
    parts = _likelihoods(np.concatenate(origin), np.concatenate(target), partition)
    shares, prior = np.array(DEFAULT_SHARES), _PRIOR_STEPS * np.array(DEFAULT_SHARES)
    for _ in range(_ROUNDS):
        total = np.einsum("mt,tk,mk->m", near, shares, parts)
        steps = shares * np.einsum("mt,mk->tk", near / total[:, None], parts) + prior
        shares = steps / steps.sum(axis=1, keepdims=True)
    return TransitionModel(shares)


def _likelihoods(origin: NDArray[np.int64], target: NDArray[np.int64], partition: Partition) -> Floats:
    """f_k(target | origin) of each step and part: (m, components)."""
    share, xyz = partition.prior, geodesy.to_xyz(*partition.means.T)
    parts = np.empty((len(origin), 2 + len(SCALES_KM)))
    parts[:, 0] = origin == target
    parts[:, -1] = share[target]
    starts, which = np.unique(origin, return_inverse=True)
    by_start = np.argsort(which, kind="stable")
    edges = np.searchsorted(which[by_start], np.arange(len(starts) + 1))
    for rows in pieces(len(starts), len(share)):
        away = apart(xyz[starts[rows]], xyz)
        steps = by_start[edges[rows.start] : edges[rows.stop]]
        for number, scale in enumerate(SCALES_KM):
            weight = share * np.exp(away / np.float32(-scale))
            weight /= weight.sum(axis=1, keepdims=True)
            parts[steps, 1 + number] = weight[which[steps] - rows.start, target[steps]]
    return parts


def apart(here: Floats, there: Floats) -> NDArray[np.float32]:
    """Great-circle km (a, b) float32 between unit vectors: from their cosine, exact enough for kernels of kilometres.

    >>> apart(geodesy.to_xyz([48.85], [2.35]), geodesy.to_xyz([52.52], [13.41])).round(0).tolist()
    [[878.0]]
    """
    cosine = (here @ there.T).clip(-1, 1)
    km: NDArray[np.float32] = (geodesy.EARTH_RADIUS_KM * np.arccos(cosine)).astype(np.float32)
    return km


def pieces(rows: int, columns: int) -> list[slice]:
    """Slices of so many rows that rows × `columns` numbers fit a bounded memory.

    >>> pieces(3, 1 << 21)
    [slice(0, 2, None), slice(2, 3, None)]
    """
    step = max(1, PIECE // max(columns, 1))
    return [slice(start, min(start + step, rows)) for start in range(0, rows, step)]
