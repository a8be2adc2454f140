"""The ground of every map here: land, borders between countries (Natural Earth, 1:110 million), and towns (GeoNames).

The file, land.json, is written by tools/make_land.py, which says what it holds. Finer outlines: earth/coast.py.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Line = tuple[NDArray[np.float64], NDArray[np.float64]]  # latitude (n,), longitude (n,) in degrees


@cache
def text() -> str:
    """The ground as it lies on disk, for pages that draw it by themselves (JSON, 110 KB).

    >>> sorted(json.loads(text()))
    ['borders', 'land', 'scale', 'towns']
    """
    return Path(__file__).with_name("land.json").read_text(encoding="utf-8")


@cache
def outlines() -> tuple[list[Line], list[Line]]:
    """(land, borders): lists of (latitude, longitude) arrays in degrees; land rings are closed, and cut at ±180°.

    >>> land, borders = outlines()
    >>> latitude, longitude = land[0]
    >>> bool(latitude[0] == latitude[-1] and longitude[0] == longitude[-1])
    True
    """
    data = json.loads(text())

    def lines(listed: list[list[int]], closed: bool) -> list[Line]:
        found = []
        for steps in listed:
            points = np.cumsum(np.reshape(steps, (-1, 2)), axis=0) / data["scale"]
            points = np.concatenate([points, points[:1]]) if closed else points
            found.append((points[:, 1], points[:, 0]))
        return found

    return lines(data["land"], True), lines(data["borders"], False)
