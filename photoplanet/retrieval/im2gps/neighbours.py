"""From a photo's nearest neighbours to one place: exact k-NN, and the mode of a kernel density on the sphere."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photoplanet.earth import geodesy
from photoplanet.errors import InputError

BANDWIDTH_KM = 25.0  # one standard deviation of a neighbour's kernel
SHARPNESS = 10.0  # weight of a neighbour: (nearest distance / its distance) to this power
STEPS = 200
PRECISION = 1e-4  # of the bandwidth: a shorter step ends the search
_ELEMENTS = 1 << 21  # float64 in one temporary array
_SMALLEST_KM = 1e-3

Floats = NDArray[np.float64]


def nearest(library: NDArray[Any], queries: NDArray[Any], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return L2 distances and rows (q, k) of the k nearest of `library` (n, d) to `queries` (q, d), nearest first.

    Equal distances by row. InputError when shapes do not fit or k is not 1 … n. Memory: 100 MB beside the arguments.

    >>> distances, rows = nearest(np.array([[0.0], [5.0], [9.0]]), np.array([[6.0]]), k=2)
    >>> distances.tolist(), rows.tolist()
    ([[1.0, 3.0]], [[1, 2]])
    """
    library, queries = np.asarray(library), np.asarray(queries)
    if library.ndim != 2 or queries.ndim != 2 or library.shape[1] != queries.shape[1]:
        raise InputError(f"library {library.shape} and queries {queries.shape}: give (n, d) and (q, d)")
    if not 1 <= k <= len(library):
        raise InputError(f"k = {k} neighbours of {len(library):,} photos: give 1 to {len(library):,}")
    distances, rows = np.full((len(queries), k), np.inf, np.float32), np.full((len(queries), k), -1, np.int64)
    step = max(1, _ELEMENTS // max(1, library.shape[1]))
    for first in range(0, len(queries), 256):
        query = queries[first : first + 256].astype(np.float64)
        best, where = np.empty((len(query), 0)), np.empty((len(query), 0), np.int64)
        for start in range(0, len(library), min(step, 8192)):
            part = library[start : start + min(step, 8192)].astype(np.float64)
            squares = (query**2).sum(1)[:, None] - 2 * query @ part.T + (part**2).sum(1)
            candidates = np.broadcast_to(np.arange(start, start + len(part)), squares.shape)
            best, where = np.concatenate([best, squares], 1), np.concatenate([where, candidates], 1)
            order = np.argsort(best, axis=1, kind="stable")[:, :k]
            best, where = np.take_along_axis(best, order, 1), np.take_along_axis(where, order, 1)
        distances[first : first + 256], rows[first : first + 256] = np.sqrt(np.maximum(best, 0)), where
    return distances, rows


def kernel_density(
    distances: ArrayLike,
    latitude: ArrayLike,
    longitude: ArrayLike,
    bandwidth_km: float = BANDWIDTH_KM,
    sharpness: float = SHARPNESS,
) -> tuple[Floats, Floats]:
    """Return where the neighbours' kernel density is highest: latitude (q,) and longitude (q,) in degrees.

    `distances` (q, k): how far each neighbour's features are, ≥ 0; its position `latitude`, `longitude` (q, k) degrees.
    A neighbour's kernel is a Gaussian of `bandwidth_km` on the sphere (von Mises–Fisher), weighted by similarity:
    (nearest distance / distance)^sharpness; 0 weighs all alike. Infinite distances or NaN positions count as no
    neighbour; a query without any gets NaN. InputError for shapes that differ and values out of range. Source: Vo,
    Jacobs and Hays, ICCV 2017, §3; the mode is found by mean shift from every neighbour, so it is the global one
    unless it has no neighbour on its slope.

    >>> lat, lng = kernel_density([[1.0, 1.1, 1.1]], [[-22.9, 48.86, 48.86]], [[-43.2, 2.35, 2.36]], sharpness=0)
    >>> lat.round(2).tolist(), lng.round(3).tolist()
    ([48.86], [2.355])
    """
    away, lat, lng = (np.atleast_2d(np.asarray(values, np.float64)) for values in (distances, latitude, longitude))
    if away.ndim != 2 or away.shape != lat.shape or away.shape != lng.shape or not away.shape[1]:
        raise InputError(f"distances {away.shape}, positions {lat.shape}, {lng.shape}: give three arrays (q, k)")
    if not (bandwidth_km >= _SMALLEST_KM and np.isfinite(bandwidth_km) and sharpness >= 0 and np.isfinite(sharpness)):
        raise InputError(
            f"bandwidth {bandwidth_km} km, sharpness {sharpness}: give at least {_SMALLEST_KM} km and 0 or more"
        )
    there = np.isfinite(away) & np.isfinite(lat) & np.isfinite(lng)
    if (away[there] < 0).any():
        raise InputError("a neighbour's distance is negative: give distances, not similarities")
    geodesy.check(np.where(there, lat, 0), np.where(there, lng, 0), "neighbours")
    weights = similarity(np.where(there, away, np.inf), sharpness)
    points = geodesy.to_xyz(np.where(there, lat, 0), np.where(there, lng, 0))
    found = np.full((len(away), 3), np.nan)
    some = np.flatnonzero(there.any(axis=1))
    step = max(1, _ELEMENTS // (3 * away.shape[1] ** 2))
    for first in range(0, len(some), step):
        rows = some[first : first + step]
        found[rows] = _modes(points[rows], weights[rows], (geodesy.EARTH_RADIUS_KM / bandwidth_km) ** 2)
    return geodesy.from_xyz(found)


def similarity(distances: Floats, sharpness: float = SHARPNESS) -> Floats:
    """Return weights (q, k), the nearest neighbour's being 1: (nearest distance / distance)^sharpness, 0 for infinity.

    >>> similarity(np.array([[1.0, 2.0, np.inf]]), sharpness=2).tolist()
    [[1.0, 0.25, 0.0]]
    """
    low = distances.min(axis=1, keepdims=True)
    floor = np.finfo(np.float64).tiny  # a copy of the query has distance 0, and then only its like count
    known = np.isfinite(distances)
    ratio = np.maximum(np.where(np.isfinite(low), low, 1.0), floor) / np.where(known, np.maximum(distances, floor), 1.0)
    return np.where(known, ratio**sharpness, 0.0)


def density(at: Floats, points: Floats, weights: Floats, concentration: float) -> Floats:
    """Return Σ weight · exp(κ (cos angle − 1)) at unit vectors `at` (…, m, 3), of `points` (…, k, 3), `weights` (…, k).

    >>> density(np.eye(3)[:1], np.eye(3)[:2], np.array([2.0, 5.0]), concentration=100.0)
    array([2.])
    """
    return np.asarray((_kernels(at, points, concentration) @ weights[..., None])[..., 0], np.float64)


def _kernels(at: Floats, points: Floats, concentration: float) -> Floats:
    """(…, m, k); κ (1 − cos) by the chord, since 1 − cos of two places in one street is all rounding."""
    squares: Floats = (at[..., :, None, 0] - points[..., None, :, 0]) ** 2
    for axis in (1, 2):
        squares += (at[..., :, None, axis] - points[..., None, :, axis]) ** 2
    return np.exp(-0.5 * concentration * squares)


def _modes(points: Floats, weights: Floats, concentration: float) -> Floats:
    """(q, 3): mean shift on the sphere from every point; each step maximises a lower bound, so density never falls."""
    here = points.copy()
    shortest = (PRECISION**2) / concentration
    for _ in range(STEPS):
        pull = (_kernels(here, points, concentration) * weights[:, None]) @ points
        length = np.linalg.norm(pull, axis=-1, keepdims=True)
        there = np.where(length > 0, pull / np.where(length > 0, length, 1), here)
        moved = ((there - here) ** 2).sum(axis=-1).max()
        here = there
        if moved < shortest:
            break
    height = density(here, points, weights, concentration)
    height[weights == 0] = -1  # a start that stands for no neighbour
    return np.take_along_axis(here, height.argmax(axis=1)[:, None, None], axis=1)[:, 0]
