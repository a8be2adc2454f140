"""Accuracy at the field's radii, median error and GeoScore with bootstrap intervals, top-k and error curves.

Everything starts from `errors_km` (n,), the great-circle distance between prediction and truth of each photo. NaN or
infinity means "no prediction", which is wrong at every radius, scores 0 and counts in the median as infinitely far.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from photoplanet.core.workers import slices
from photoplanet.earth.geodesy import RADII_KM, distance_km
from photoplanet.errors import InputError
from photoplanet.evaluation import resampling

GEOSCORE_BEST, GEOSCORE_SCALE_KM = 5000.0, 1492.7  # OSV-5M (Astruc et al., CVPR 2024), as in the game GeoGuessr
FARTHEST_KM = 20_038.0  # half a great circle, rounded up
RESAMPLES = resampling.RESAMPLES
_AT_A_TIME = 1 << 20  # photos, so that what is in between takes no more memory than the result
_TAIL = 2.5  # per cent on either side of a 95 % interval


def accuracy(errors_km: npt.ArrayLike, radii: Mapping[str, float] = RADII_KM) -> dict[str, float]:
    """Share of photos (0…1) whose error is at most each radius in km; all 0 when there are no photos.

    >>> accuracy([0.5, 30.0, 3000.0])["city"]
    0.3333333333333333
    """
    errors = _checked(errors_km)
    return {name: float((errors <= radius).mean()) if errors.size else 0.0 for name, radius in radii.items()}


def geoscore(errors_km: npt.ArrayLike) -> NDArray[np.float64]:
    """5000·exp(−km / 1492.7) per photo (n,), 0 for a photo without prediction. Source: OSV-5M, §4.

    >>> geoscore([0.0, 1492.7, float("nan")]).round()
    array([5000., 1839.,    0.])
    """
    return np.asarray(GEOSCORE_BEST * np.exp(-_checked(errors_km) / GEOSCORE_SCALE_KM))


def summary(
    errors_km: npt.ArrayLike,
    radii: Mapping[str, float] = RADII_KM,
    resamples: int = RESAMPLES,
    seed: int = 0,
    units: resampling.Units | None = None,
) -> dict[str, Any]:
    """All figures of one set of photos, ready for JSON, with 95 % percentile bootstrap intervals.

    `units`: what is resampled, as `resampling.units` finds it in a photo table; None for single photos.

    Keys: `photos`, `predicted`, `radii_km`, `accuracy` and `accuracy_interval` by radius (shares 0…1), `median_km` and
    `median_km_interval` (None stands for infinity: half of the photos have no prediction), `geoscore` (mean, 0…5000)
    and `geoscore_interval`, `intervals` (`resampling.facts`). With no photos at all the median, its interval and the
    score are None. InputError on a negative error, or units of another number of photos.

    >>> found = summary([10.0, 100.0, 1000.0])
    >>> found["median_km"], round(found["geoscore"]), found["intervals"]["resampled"]
    (100.0, 4067, 'photo')
    """
    errors = _checked(errors_km)
    of = resampling.photos(errors.size) if units is None else units
    if of.number.size != errors.size:
        raise InputError(f"{errors.size} errors but {of.number.size} photos to resample: give a unit for each photo")
    random = np.random.default_rng(seed)
    shares, scores = accuracy(errors, radii), geoscore(errors)
    median = float(_middle(np.sort(errors))) if errors.size else None
    if of.count == errors.size:  # each by itself: the same intervals without resampling
        low, high = median_interval(errors, resamples, random)
        bounds = [share_interval(share, errors.size, resamples, random) for share in shares.values()]
    else:
        low, high = resampling.median_interval(errors, of, resamples, random)
        hits = errors[:, None] <= np.array(list(radii.values()))
        bounds = [(float(a), float(b)) for a, b in resampling.share_intervals(hits, of, resamples, random)]
    score = resampling.mean_intervals(scores[:, None], of, resamples, random)[0].clip(0, GEOSCORE_BEST).tolist()
    return {
        "photos": int(errors.size),
        "predicted": int(np.isfinite(errors).sum()),
        "radii_km": {name: float(radius) for name, radius in radii.items()},
        "accuracy": shares,
        "accuracy_interval": {name: list(each) for name, each in zip(shares, bounds, strict=True)},
        "median_km": _finite(median),
        "median_km_interval": [_finite(low), _finite(high)],
        "geoscore": float(scores.mean()) if errors.size else None,
        "geoscore_interval": score if errors.size else None,
        "intervals": resampling.facts(of),
    }


def share_interval(
    share: float, n: int, resamples: int = RESAMPLES, random: np.random.Generator | int = 0
) -> tuple[float, float]:
    """95 % interval (low, high) of a share 0…1 of n photos; (0, 1) when n is 0.

    The count of hits in a resample of n photos is Binomial(n, share): drawing from it is the bootstrap, without the
    resampling. At 0 and n hits every resample is the same and the bootstrap would claim certainty; there the open end
    is the exact (Clopper–Pearson) bound.

    >>> share_interval(0.5, 100)
    (0.4, 0.6)
    """
    if n == 0:
        return 0.0, 1.0
    draws = np.random.default_rng(random).binomial(n, share, size=resamples) / n
    low, high = np.percentile(draws, [_TAIL, 100 - _TAIL])
    edge = (_TAIL / 100) ** (1 / n)
    return float(min(low, share) if share < 1 else edge), float(max(high, share) if share > 0 else 1 - edge)


def median_interval(
    errors_km: npt.ArrayLike, resamples: int = RESAMPLES, random: np.random.Generator | int = 0
) -> tuple[float, float]:
    """95 % bootstrap interval (low, high) of the median in km, infinite where no prediction; NaN for no photos.

    A resample takes the photos of n uniform ranks, so its median is the photo at the median rank, and that rank is
    Beta distributed: one draw per resample instead of n.

    >>> low, high = median_interval(range(101))
    >>> low < 50 < high
    True
    """
    errors = np.sort(_checked(errors_km))
    n = errors.size
    if n == 0:
        return float("nan"), float("nan")
    generator = np.random.default_rng(random)
    k = (n + 1) // 2  # the (lower) middle of n ranks
    lower = generator.beta(k, n + 1 - k, size=resamples)
    upper = lower
    if n % 2 == 0:  # the next rank is the smallest of the n − k that are left above
        upper = lower + (1 - lower) * generator.beta(1, n - k, size=resamples)
    picks = [errors[np.minimum((rank * n).astype(np.int64), n - 1)] for rank in (lower, upper)]
    medians = np.sort((picks[0] + picks[1]) / 2)
    # whole ranks, since an interpolated percentile of infinities is NaN
    cut = int(resamples * _TAIL / 100)
    point = float(_middle(errors))
    return min(float(medians[cut]), point), max(float(medians[resamples - 1 - cut]), point)


def top_k_errors(
    latitude: npt.ArrayLike, longitude: npt.ArrayLike, true_latitude: npt.ArrayLike, true_longitude: npt.ArrayLike
) -> NDArray[np.float64]:
    """(n, k) km: column j is the error of the best of the first j + 1 candidates (the paper's Fig. 3).

    `latitude` and `longitude` are (n, k) degrees, best candidate first, NaN for "no candidate"; the truth is (n,)
    degrees. Infinity until the first candidate. InputError when shapes differ.

    >>> top_k_errors([[0.0, 1.0]], [[0.0, 0.0]], [1.0], [0.0]).round(1)
    array([[111.2,   0. ]])
    """
    lat, lng = np.asarray(latitude, np.float64), np.asarray(longitude, np.float64)
    true_lat, true_lng = np.asarray(true_latitude, np.float64), np.asarray(true_longitude, np.float64)
    if lat.ndim != 2 or lat.shape != lng.shape or true_lat.shape != lat.shape[:1] or true_lng.shape != true_lat.shape:
        raise InputError(f"candidates {lat.shape}, {lng.shape}, truth {true_lat.shape}: give (n, k), (n, k) and (n,)")
    errors = np.full(lat.shape, np.inf)
    for some in slices(len(lat), _AT_A_TIME):
        known = np.isfinite(lat[some]) & np.isfinite(lng[some])
        row = np.nonzero(known)[0]
        errors[some][known] = distance_km(lat[some][known], lng[some][known], true_lat[some][row], true_lng[some][row])
        np.minimum.accumulate(errors[some], axis=1, out=errors[some])
    return errors


def error_curve(
    errors_km: npt.ArrayLike, distances: npt.ArrayLike | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(distances in km, share of photos 0…1 within each): the localisation curve.

    Default distances: 200, evenly spaced in log from 0.1 km to half the Earth's circumference.

    >>> error_curve([10.0, 100.0], [1.0, 50.0, 500.0])[1]
    array([0. , 0.5, 1. ])
    """
    errors = np.sort(_checked(errors_km))
    grid = np.geomspace(0.1, FARTHEST_KM, 200) if distances is None else np.asarray(distances, np.float64)
    return grid, np.searchsorted(errors, grid, side="right") / max(1, errors.size)


def by_group(
    errors_km: npt.ArrayLike,
    groups: npt.ArrayLike,
    radii: Mapping[str, float] = RADII_KM,
    seed: int = 0,
    units: resampling.Units | None = None,
) -> dict[str, dict[str, Any]]:
    """`summary` for each value of `groups` (n,), most photos first, equal ones by name; `units` as there.

    >>> [(name, found["photos"]) for name, found in by_group([1.0, 2.0, 3.0], ["a", "b", "b"]).items()]
    [('b', 2), ('a', 1)]
    """
    errors, names = _checked(errors_km), np.asarray(groups).astype(str)
    if names.shape != errors.shape:
        raise InputError(f"{errors.size} errors but {names.size} groups: give one group per photo")
    found, number, count = np.unique(names, return_inverse=True, return_counts=True)
    return {
        str(found[i]): summary(
            errors[number == i], radii, seed=seed, units=None if units is None else units.some(number == i)
        )
        for i in sorted(range(found.size), key=lambda i: -count[i])
    }


def _middle(ordered: NDArray[np.float64]) -> float:
    return float((ordered[(ordered.size - 1) // 2] + ordered[ordered.size // 2]) / 2)


def _finite(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def _checked(errors_km: npt.ArrayLike) -> NDArray[np.float64]:
    errors = np.array(errors_km, dtype=np.float64).ravel()
    errors[np.isnan(errors)] = np.inf
    if (errors < 0).any():
        row = int(np.flatnonzero(errors < 0)[0])
        raise InputError(f"error in row {row} is {errors[row]} km: a distance cannot be negative")
    return errors
