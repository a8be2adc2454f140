"""Lines over the Earth as GeoJSON: the short way from point to point, cut at ±180° (RFC 7946, section 3.1.9)."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_DIGITS = 9  # 0.1 mm


def shape(latitude: Sequence[float], longitude: Sequence[float]) -> dict[str, Any]:
    """The GeoJSON geometry of a line through points in degrees: a LineString, or a MultiLineString where it is cut.

    >>> shape([-16.0, -17.0], [179.0, -179.0])["coordinates"]
    [[[179.0, -16.0], [180.0, -16.5]], [[-180.0, -16.5], [-179.0, -17.0]]]
    """
    pieces = [np.round(piece, _DIGITS).tolist() for piece in cut(latitude, longitude)]
    if len(pieces) == 1:
        return {"type": "LineString", "coordinates": pieces[0]}
    return {"type": "MultiLineString", "coordinates": pieces}


def cut(latitude: ArrayLike, longitude: ArrayLike) -> list[NDArray[np.float64]]:
    """The pieces (k, 2) of a line inside −180…180°, longitude first, of points in degrees (n,), at least two.

    Between two points it goes the short way round the Earth and is straight in degrees, as GeoJSON has it; a piece ends
    at exactly ±180, and the next begins there on the other side.

    >>> [piece.tolist() for piece in cut([0, 0], [170, 180])]
    [[[170.0, 0.0], [180.0, 0.0]]]
    """
    lat, lng = np.asarray(latitude, float), np.asarray(longitude, float)
    turns = np.diff(lng)
    beyond = lng[0] + np.concatenate([[0.0], np.cumsum(turns - 360 * np.round(turns / 360))])  # goes on beyond ±180
    lng = np.round(beyond, _DIGITS)  # so that what is on the meridian is exactly there
    pieces: list[list[tuple[float, float]]] = []
    zone = None
    for start, end in itertools.pairwise(zip(lng.tolist(), lat.tolist(), strict=True)):
        edge = 360 * np.floor((max(start[0], end[0]) + 180) / 360) - 180
        steps = [start, end]
        if min(start[0], end[0]) < edge < max(start[0], end[0]):
            share = (edge - start[0]) / (end[0] - start[0])
            steps.insert(1, (edge, start[1] + share * (end[1] - start[1])))
        for one, other in itertools.pairwise(steps):
            middle = ((one[0] + other[0]) / 2 + 180) / 360
            here = zone if zone is not None and middle in (zone, zone + 1) else int(np.floor(middle))
            if here != zone:
                pieces.append([(one[0] - 360 * here, one[1])])
            zone = here
            pieces[-1].append((other[0] - 360 * here, other[1]))
    return [np.clip(np.array(piece), (-180, -90), (180, 90)) for piece in pieces]
