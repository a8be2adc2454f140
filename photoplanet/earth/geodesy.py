"""Geometry on the sphere, vectorised: great-circle distance, spherical mean and median, unit vectors.

Coordinates are degrees, latitude first, float64; distances are km on a sphere of radius 6371.0 km, as papers report.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photoplanet.errors import InputError

Floats = NDArray[np.float64]

EARTH_RADIUS_KM = 6371.0
# The radii at which accuracy is reported (PlaNet, Fig. 3; after Hays and Efros, Im2GPS).
RADII_KM = {"street": 1, "city": 25, "region": 200, "country": 750, "continent": 2500}

_MEDIAN_STEPS = 100
_MEDIAN_PRECISION = 1e-9  # radians: 6 mm
_CANCELLED = 1e-12  # a mean vector shorter than this (of 1) has no direction worth the name


def check(lat: ArrayLike, lng: ArrayLike, what: str = "coordinates", first_row: int = 0) -> tuple[Floats, Floats]:
    """Both as float64 arrays of one shape, degrees in −90…90 and −180…180; `InputError` names the first bad row.

    Rows count from `first_row`, for tables that are read in pieces; `what` starts the message, say a file's name.

    >>> check(91, 0)
    Traceback (most recent call last):
    photoplanet.errors.InputError: coordinates: latitude 91.0, longitude 0.0 is not a place on Earth ...
    """
    try:
        lat, lng = np.asarray(lat, np.float64), np.asarray(lng, np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{what}: latitude and longitude must be numbers in degrees ({error})") from None
    if lat.shape != lng.shape:
        raise InputError(f"{what}: {_count(lat)} for latitude but {_count(lng)} for longitude; give pairs")
    # A NaN makes min() NaN and every comparison false, so that two passes without a temporary array catch everything.
    if lat.size and not (lat.min() >= -90 and lat.max() <= 90 and lng.min() >= -180 and lng.max() <= 180):
        bad = ~((np.abs(lat) <= 90) & (np.abs(lng) <= 180)).ravel()
        row = int(np.flatnonzero(bad)[0])
        where, count = (f"row {first_row + row}: ", f" (bad rows: {int(bad.sum())})") if lat.ndim else ("", "")
        raise InputError(
            f"{what}: {where}latitude {lat.ravel()[row]}, longitude {lng.ravel()[row]} is not a place on Earth "
            f"(−90…90 and −180…180 degrees); remove or correct it{count}"
        )
    return lat, lng


def to_xyz(lat: ArrayLike, lng: ArrayLike) -> Floats:
    """Unit vectors, (…, 3) float64, of coordinates in degrees: x towards 0°N 0°E, y 0°N 90°E, z the north pole.

    >>> to_xyz([0, 90], [0, 0]).round(6).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    phi, theta = np.radians(np.asarray(lat, np.float64)), np.radians(np.asarray(lng, np.float64))
    cosine = np.cos(phi)
    return np.stack(np.broadcast_arrays(cosine * np.cos(theta), cosine * np.sin(theta), np.sin(phi)), axis=-1)


def from_xyz(xyz: ArrayLike) -> tuple[Any, Any]:
    """Latitude and longitude in degrees, two float64 arrays (…), of vectors (…, 3) of any length but zero.

    >>> [float(degrees) for degrees in from_xyz([0, 2, 0])]
    [0.0, 90.0]
    """
    x, y, z = np.moveaxis(np.asarray(xyz, np.float64), -1, 0)
    return np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))


def distance_km(lat1: ArrayLike, lng1: ArrayLike, lat2: ArrayLike, lng2: ArrayLike) -> Any:
    """Great-circle distance in km (float64, shapes broadcast), accurate from millimetres to antipodes; NaN in, NaN out.

    Kahan's formula: the angle between p and q is 2·atan2(‖p − q‖, ‖p + q‖).

    >>> round(float(distance_km(48.8566, 2.3522, 52.52, 13.405)), 1)  # Paris to Berlin
    877.5
    """
    return between_km(to_xyz(lat1, lng1), to_xyz(lat2, lng2))


def between_km(p: Floats, q: Floats) -> Any:
    """`distance_km` of unit vectors (…, 3).

    >>> round(float(between_km(to_xyz(0, 0), to_xyz(0, 180))), 1)
    20015.1
    """
    apart = sum((p[..., k] - q[..., k]) ** 2 for k in range(3))
    together = sum((p[..., k] + q[..., k]) ** 2 for k in range(3))
    return 2 * EARTH_RADIUS_KM * np.arctan2(np.sqrt(apart), np.sqrt(together))


def mean(lat: ArrayLike, lng: ArrayLike, weights: ArrayLike | None = None) -> tuple[float, float]:
    """Spherical mean (latitude, longitude) in degrees: the direction of the (weighted) mean unit vector.

    Points that cancel out, such as two antipodes, have none: the heaviest point is returned. `InputError` for no
    points, coordinates off the Earth, and weights that are negative, not finite or all zero.

    >>> [round(degrees, 6) for degrees in mean([0, 0], [179, -177])]
    [0.0, -179.0]
    """
    points, share = _weighted(lat, lng, weights)
    latitude, longitude = from_xyz(_mean_vector(points, share))
    return float(latitude), float(longitude)


def median(lat: ArrayLike, lng: ArrayLike, weights: ArrayLike | None = None) -> tuple[float, float]:
    """Geometric median (latitude, longitude) in degrees: the point with the least (weighted) sum of distances.

    Newton's steps in the tangent plane from the spherical mean and, where one would not help, Weiszfeld's, which always
    do (Fletcher et al. 2009); errors as in `mean`. Far outliers hardly move it. Of points spread over more than a
    hemisphere it may be a local optimum.

    >>> [round(degrees, 2) + 0.0 for degrees in median([0, 0, 0, 60], [10, 11, 12, 100])]
    [0.0, 11.0]
    """
    points, share = _weighted(lat, lng, weights)
    here = _mean_vector(points, share)
    best = share @ _angles(points, here)
    for _ in range(_MEDIAN_STEPS):
        nearest = points[np.argmin(_angles(points, here))]
        if (share @ _angles(points, nearest)) < best:  # the median may be a point, where the slope has a kink
            here, best = nearest, share @ _angles(points, nearest)
        for step in _median_steps(points, share, here):
            total = share @ _angles(points, _moved(here, step))
            if total < best:
                break
        else:
            break  # neither step is downhill
        while (further := share @ _angles(points, _moved(here, 2 * step))) < total:
            step, total = 2 * step, further  # Weiszfeld's are short where a point nearly holds on, as one of a line may
        finished = best - total < _MEDIAN_PRECISION**2
        here, best = _moved(here, step), total
        if finished:
            break
    latitude, longitude = from_xyz(here)
    return float(latitude), float(longitude)


def _median_steps(points: Floats, share: Floats, here: Floats) -> Iterator[Floats]:
    """Newton's and Weiszfeld's step, tangent vectors, towards a smaller sum of distances."""
    tangents = _tangents(points, here)
    angles = _angles(points, here)
    away = angles > _MEDIAN_PRECISION
    directions = tangents[away] / angles[away, None]
    downhill = share[away] @ directions
    here_pull = share[~away].sum()  # points right here hold on with their whole weight
    slope = np.linalg.norm(downhill)
    if slope <= here_pull:
        return
    downhill *= 1 - here_pull / slope
    # A distance bends across its own direction only, by the cotangent of its angle.
    bend = share[away] / np.tan(np.minimum(angles[away], np.pi / 2))
    curvature = bend.sum() * (np.eye(3) - np.outer(here, here)) - (directions * bend[:, None]).T @ directions
    curvature += np.outer(here, here) + 1e-12 * np.eye(3)
    yield np.linalg.solve(curvature, downhill)
    yield downhill / (share[away] / angles[away]).sum()


def _moved(here: Floats, step: Floats) -> Floats:
    """The point at the end of a great-circle step of length |step| ≤ 90°."""
    length = min(float(np.linalg.norm(step)), np.pi / 2)
    there = np.cos(length) * here + np.sinc(length / np.pi) * step if length < np.pi / 2 else step
    moved: Floats = there / np.linalg.norm(there)
    return moved


def _count(values: Floats) -> str:
    return f"{values.size} values" if values.ndim <= 1 else f"an array of shape {values.shape}"


def _weighted(lat: ArrayLike, lng: ArrayLike, weights: ArrayLike | None) -> tuple[Floats, Floats]:
    """Unit vectors (n, 3) and weights (n,) that sum to 1."""
    lat, lng = check(lat, lng)
    if not lat.size:
        raise InputError("coordinates: no point given, so there is no mean or median; give at least one")
    points = to_xyz(lat.ravel(), lng.ravel())
    if weights is None:
        return points, np.full(len(points), 1 / len(points))
    try:
        share = np.asarray(weights, np.float64).ravel()
    except (TypeError, ValueError) as error:
        raise InputError(f"weights: they must be numbers ({error})") from None
    if share.size != len(points):
        raise InputError(f"weights: {share.size} values for {len(points)} points; give one per point")
    if not (np.isfinite(share).all() and (share >= 0).all() and share.max() > 0):
        raise InputError("weights: they must be finite, not negative, and not all zero")
    share = share / share.max()  # first by the maximum: a sum of huge or tiny weights may overflow or vanish
    return points, share / share.sum()


def _mean_vector(points: Floats, share: Floats) -> Floats:
    total = share @ points
    length = np.linalg.norm(total)
    middle: Floats = points[np.argmax(share)] if length < _CANCELLED else total / length
    return middle


def _angles(points: Floats, here: Floats) -> Floats:
    angles: Floats = 2 * np.arctan2(np.linalg.norm(points - here, axis=-1), np.linalg.norm(points + here, axis=-1))
    return angles


def _tangents(points: Floats, here: Floats) -> Floats:
    """Unit tangent vectors (n, 3) × angle at `here` towards each point (the logarithm map); 0 where there is none."""
    flat = points - (points @ here)[:, None] * here
    length = np.linalg.norm(flat, axis=-1)
    scale = np.divide(_angles(points, here), length, out=np.zeros_like(length), where=length > 0)
    tangents: Floats = flat * scale[:, None]
    return tangents
