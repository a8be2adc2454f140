"""The finer ground of maps that are zoomed in: coasts and borders (Natural Earth, 1:10 million) in pieces.

coast.npz, written by tools/make_coast.py, holds the pieces' `bytes` one after another, and where each one `ends`. Piece
by piece from 180° W, 90° N, eastwards, then southwards: `COLUMNS` × `ROWS` squares of `SIDE` degrees. A piece is a row
of whole numbers (seven bits a byte, the lowest first; the lowest bit of all is the sign): how many rings of land, then
of each how many points, and how far each is from the one before, eastwards and southwards in `UNIT` degrees, the first
from the piece's north-western corner; then borders in the same way, as open lines. Rings reach `MARGIN` units beyond
the square, so that neighbours overlap. show/map/coast.js reads them.
"""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photoplanet.earth import geodesy

SIDE = 5  # degrees
COLUMNS, ROWS = 360 // SIDE, 180 // SIDE
UNIT = 1 / 400  # degrees: 280 m, finer than the outline itself
MARGIN = 8  # units


def piece(number: int) -> bytes:
    """One piece's bytes; IndexError beyond the last.

    >>> [int(byte) for byte in piece(0)]  # the Arctic Ocean: no land, no border
    [0, 0]
    """
    data, ends = _pieces()
    if not 0 <= number < len(ends):
        raise IndexError(f"there are {len(ends)} pieces of coast, and none is number {number}")
    return data[ends[number - 1] if number else 0 : ends[number]].tobytes()


def near(latitude: ArrayLike, longitude: ArrayLike, most_bytes: int, most_km: float = 1500) -> list[int]:
    """The pieces nearest to any of these points (n,) in degrees: nearest first, of `most_bytes` at most in all.

    Those that hold points come first, then those around them, as far as `most_km` from middle to middle.

    >>> near([38.7], [-9.1], 20_000)[0] == 10 * COLUMNS + 34
    True
    """
    lat, lng = np.atleast_1d(np.asarray(latitude, float)), np.atleast_1d(np.asarray(longitude, float))
    if not len(lat):
        return []
    rows = np.clip((90 - lat) // SIDE, 0, ROWS - 1)
    columns = np.clip((lng + 180) // SIDE, 0, COLUMNS - 1)
    held = np.unique((rows * COLUMNS + columns).astype(int))
    middle_lat, middle_lng = _centres()
    each = (geodesy.distance_km(middle_lat[k], middle_lng[k], middle_lat, middle_lng) for k in held)
    away = np.min(list(each), axis=0)
    found: list[int] = []
    room = most_bytes
    sizes = np.diff(_pieces()[1], prepend=0)
    for number in np.argsort(away, kind="stable").tolist():
        room -= sizes[number]
        if room < 0 or away[number] > most_km:
            break
        found.append(number)
    return found


@cache
def _pieces() -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    with np.load(Path(__file__).with_name("coast.npz"), allow_pickle=False) as file:
        return file["bytes"], file["ends"]


@cache
def _centres() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitude and longitude of the middle of every piece."""
    rows, columns = np.divmod(np.arange(ROWS * COLUMNS), COLUMNS)
    return 90.0 - SIDE * (rows + 0.5), SIDE * (columns + 0.5) - 180.0
