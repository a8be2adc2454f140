"""S2 cell ids for whole arrays of coordinates, bit-equal to Google's s2geometry.

A cell id is a uint64: 3 bits of cube face, two bits per level along the Hilbert curve, then a 1 and zeros; a token is
its hexadecimal form without the zeros at its end. Level 0 is a face of the cube, level 30 (a leaf) about a square
centimetre. Every function takes an array or a single value and returns likewise; signed 64-bit ids, as databases keep
them, are understood. Coordinates are degrees, latitude first. `InputError` for coordinates off the Earth, for levels
outside 0…30 and for ids that are not a cell.
"""

import re
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photoplanet.core.workers import in_threads, slices
from photoplanet.earth import geodesy, hilbert, projection
from photoplanet.earth.projection import LEAVES
from photoplanet.errors import InputError

Ids = NDArray[np.uint64]
Floats = NDArray[np.float64]

MAX_LEVEL = 30
# Points at a time: their temporary arrays stay in the cache. Half of it is as fast on one core, but threads then hand
# Python's lock over twice as often, which takes them longer than the cache saves.
FEW = 32_768
_ONE = np.uint64(1)
_LEVEL_BITS = np.uint64(0x1555555555555555)  # where the lowest set bit of a valid id may stand

_TOKEN = re.compile("[0-9a-fA-F]{1,16}")


def from_latlng(lat: ArrayLike, lng: ArrayLike, level: int = MAX_LEVEL) -> Any:
    """Cell id (uint64, the shape of `lat`) at `level` of each point in degrees.

    >>> token(from_latlng(40.7484, -73.9857, level=8))
    '89c25'
    """
    level = one_level(level)
    lat, lng = geodesy.check(lat, lng)
    flat_lat, flat_lng = lat.ravel(), lng.ravel()
    ids = np.empty(flat_lat.shape, np.uint64)

    def work(part: slice) -> None:
        leaves = leaf_ids(flat_lat[part], flat_lng[part])
        ids[part] = leaves if level == MAX_LEVEL else ancestor(leaves, level)

    for _ in in_threads(work, slices(ids.size)):
        pass
    return ids.reshape(lat.shape)[()]


def parent(ids: ArrayLike, level: ArrayLike) -> Any:
    """The ancestor at `level` (one, or one per id) of each cell; `InputError` where that is finer than the cell.

    >>> token(parent(from_token("89c25"), 4))
    '89d'
    """
    cells = checked(ids)
    levels = _levels(level)
    if (levels > _level(cells)).any():
        raise InputError(f"cells: level {levels.max()} is finer than a given cell; `children` goes down")
    return ancestor(cells, levels)[()]


def level(ids: ArrayLike) -> Any:
    """Level 0…30 (int64) of each cell.

    >>> level(from_token(["89c25", "89d"])).tolist()
    [8, 4]
    """
    return _level(checked(ids))[()]


def token(ids: ArrayLike) -> Any:
    """Token of each cell: a `str` for one id, an array of `str` for many.

    >>> token(9926584489608216576)
    '89c25'
    """
    cells = checked(ids)
    if not cells.ndim:
        return f"{int(cells):016x}".rstrip("0")
    digits = cells.astype(">u8").reshape(-1, 1).view(np.uint8)
    text = np.frombuffer(b"0123456789abcdef", np.uint8)[np.stack([digits >> 4, digits & 15], -1)].reshape(-1, 16)
    length = 16 - (_low_bit_position(cells).ravel() >> 2)
    text[np.arange(16) >= length[:, None]] = 0  # NumPy's strings end at the first of the zero bytes at their end
    return text.view("S16").astype("U16").reshape(cells.shape)


def from_token(tokens: Any) -> Any:
    """Cell id (uint64) of each token, a `str` or an array of them; `InputError` names the first that is not a cell.

    >>> int(from_token("89c25"))
    9926584489608216576
    """
    names = np.asarray(tokens, object)
    ids = np.empty(names.shape, np.uint64)
    for row, name in enumerate(names.ravel()):
        number = int(name.ljust(16, "0"), 16) if isinstance(name, str) and _TOKEN.fullmatch(name) else 0
        if not is_valid(np.uint64(number)):
            where = f"row {row}: " if names.ndim else ""
            raise InputError(f"cells: {where}{str(name)[:40]!r} is not an S2 cell token (hexadecimal, such as '89c25')")
        ids.flat[row] = number
    return ids[()]


def is_valid(ids: ArrayLike) -> Any:
    """Whether each number is a cell id: a face below 6 and the closing 1 at a place that a level has.

    >>> is_valid([9926584489608216576, 2]).tolist()
    [True, False]
    """
    cells = _as_ids(ids)
    return (((cells >> np.uint64(61)) < 6) & ((_low_bit(cells) & _LEVEL_BITS) != 0))[()]


def range_min(ids: ArrayLike) -> Any:
    """The first leaf id inside each cell; a leaf is in a cell when `range_min <= leaf <= range_max`.

    >>> leaf, cell = from_latlng(40.7484, -73.9857), from_token("89c25")
    >>> bool(range_min(cell) <= leaf <= range_max(cell))
    True
    """
    cells = checked(ids)
    return (cells - (_low_bit(cells) - _ONE))[()]


def range_max(ids: ArrayLike) -> Any:
    """The last leaf id inside each cell.

    >>> token(range_max(from_token("89c25")))
    '89c25fffffffffff'
    """
    cells = checked(ids)
    return (cells + (_low_bit(cells) - _ONE))[()]


def children(ids: ArrayLike) -> Ids:
    """The four children (…, 4) of each cell in curve order; `InputError` for a leaf, which has none.

    >>> token(children(from_token("89c25"))).tolist()
    ['89c244', '89c24c', '89c254', '89c25c']
    """
    cells = checked(ids)
    if (_level(cells) == MAX_LEVEL).any():
        raise InputError(f"cells: a cell of level {MAX_LEVEL} has no children")
    quarter = _low_bit(cells) >> np.uint64(2)
    first = cells - (quarter << np.uint64(2)) + quarter
    found: Ids = first[..., None] + np.arange(4, dtype=np.uint64) * (quarter[..., None] << _ONE)
    return found


def center(ids: ArrayLike) -> tuple[Any, Any]:
    """Centre (latitude, longitude) in degrees of each cell: the middle of its square on the cube, as S2 defines it.

    >>> [round(float(degrees), 3) for degrees in center(from_token("89c25"))]
    [40.643, -74.03]
    """
    cells = checked(ids)
    face, i, j, size = squares(cells)
    half = size / 2
    return geodesy.from_xyz(_face_xyz(face, _u_of((i + half) / LEAVES), _u_of((j + half) / LEAVES)))


def vertices(ids: ArrayLike) -> Floats:
    """The four corners (…, 4, 2) of each cell, (latitude, longitude) in degrees, anticlockwise seen from above.

    >>> vertices(from_token("89c25")).round(1).tolist()
    [[40.8, -74.2], [40.5, -74.2], [40.5, -73.8], [40.8, -73.8]]
    """
    face, i, j, size = squares(checked(ids))
    u0, u1, v0, v1 = (_u_of(edge / LEAVES) for edge in (i, i + size, j, j + size))
    corners = [_face_xyz(face, u, v) for u, v in ((u0, v0), (u1, v0), (u1, v1), (u0, v1))]
    return np.stack(geodesy.from_xyz(np.stack(corners, axis=-2)), axis=-1)


def area_km2(ids: ArrayLike) -> Any:
    """Area of each cell in km² on the sphere of radius 6371.0 km, exact to rounding at every level.

    Two triangles by Van Oosterom and Strackee (1983), tan(Ω/2) = a·(b×c) / (…); on a face of the cube the triple
    product is the plane area Δu·Δv, so that nothing cancels in small cells.

    >>> round(float(area_km2(from_token("1"))))  # a face: a sixth of the Earth
    85010745
    """
    _, i, j, size = squares(checked(ids))
    u0, u1, v0, v1 = (_u_of(edge / LEAVES) for edge in (i, i + size, j, j + size))
    plane = _width(i, size) * _width(j, size)
    angle = _solid_angle(plane, (u0, v0), (u1, v0), (u1, v1)) + _solid_angle(plane, (u0, v0), (u1, v1), (u0, v1))
    return (angle * geodesy.EARTH_RADIUS_KM**2)[()]


def ancestor(ids: Ids, level: Any) -> Ids:
    """`parent` without checks, for ids known to be valid and at `level` or finer.

    >>> token(ancestor(from_token(["89c25"]), 4)).tolist()
    ['89d']
    """
    bit = _ONE << (2 * (MAX_LEVEL - np.asarray(level))).astype(np.uint64)
    found: Ids = (ids & np.negative(bit)) | bit
    return found


def squares(ids: Ids) -> tuple[Any, Any, Any, Any]:
    """Face, first column, first row and side (in leaves) of each cell, all int64; for ids known to be valid.

    >>> [int(number) for number in squares(from_token("b"))]
    [5, 0, 0, 1073741824]
    """
    low = _low_bit(ids)
    position = ((ids - low) >> _ONE).astype(np.int64)
    face = position >> 60
    i, j = hilbert.columns_and_rows(face, position & ((1 << 60) - 1))
    size = np.int64(1) << (MAX_LEVEL - _level(ids))
    return face, i & -size, j & -size, size


def leaf_ids(lat: Floats, lng: Floats) -> Ids:
    """`from_latlng` at level 30 without checks and threads, for flat float64 arrays.

    >>> bool(leaf_ids(np.array([40.7484]), np.array([-73.9857]))[0] == from_latlng(40.7484, -73.9857))
    True
    """
    ids = np.empty(lat.shape, np.uint64)
    for start in range(0, ids.size, FEW):
        part = slice(start, start + FEW)
        face, column, row = projection.leaf_squares(lat[part], lng[part])
        ids[part] = hilbert.positions(face, column, row)
        ids[part] |= face.astype(np.uint64) << np.uint64(60)
    ids <<= _ONE
    ids |= _ONE
    return ids


def _u_of(s: Any) -> Any:
    """Coordinate −1…1 on the cube's face of a share 0…1 of the face's leaves: S2's quadratic projection, backwards."""
    return np.where(s >= 0.5, (4 * s * s - 1) / 3, (1 - 4 * (1 - s) * (1 - s)) / 3)


def _width(first: Any, size: Any) -> Any:
    """Width on the cube's face of the leaves `first` … `first + size`, without cancellation."""
    s0, s1 = first / LEAVES, (first + size) / LEAVES
    return np.where(size == LEAVES, 2.0, 4 / 3 * (s1 - s0) * np.where(s0 >= 0.5, s0 + s1, 2 - s0 - s1))


def _face_xyz(face: Any, u: Any, v: Any) -> Floats:
    """Vectors (…, 3), not of unit length, through the points (u, v) of the cube's faces."""
    one = np.ones_like(u)
    sides = ((one, u, v), (-u, one, v), (-u, -v, one), (-one, -v, -u), (v, -one, -u), (v, u, -one))
    return np.stack([np.choose(face, [side[axis] for side in sides]) for axis in range(3)], axis=-1)


def _solid_angle(volume: Any, *corners: tuple[Any, Any]) -> Any:
    """Solid angle of the triangle of three points (u, v) of a face; `volume` is the triple product of (1, u, v)."""
    lengths = [np.sqrt(1 + u * u + v * v) for u, v in corners]
    rest = lengths[0] * lengths[1] * lengths[2]
    for k in range(3):
        (u, v), (s, t) = corners[k - 1], corners[k - 2]
        rest = rest + (1 + u * s + v * t) * lengths[k]
    return 2 * np.arctan2(volume, rest)


def one_level(level: int) -> int:
    """The level, checked to be one integer 0…30.

    >>> one_level(12)
    12
    """
    levels = _levels(level)
    if levels.ndim:
        raise InputError("cells: give one level for all")
    return int(levels)


def _levels(level: ArrayLike) -> NDArray[np.int64]:
    levels = np.asarray(level)
    if levels.dtype.kind not in "iu" or (levels.size and not (levels.min() >= 0 and levels.max() <= MAX_LEVEL)):
        raise InputError(f"cells: level {str(level)[:40]} must be an integer from 0 (a face) to {MAX_LEVEL} (a leaf)")
    return levels.astype(np.int64)


def _as_ids(ids: ArrayLike) -> Ids:
    try:
        cells = np.asarray(ids)
        if cells.dtype.kind in "fO" and all(isinstance(number, int) for number in np.asarray(ids, object).flat):
            cells = np.asarray(ids, np.uint64)  # NumPy makes floats of a list that mixes small and huge integers
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"cells: ids must be 64-bit integers ({error})") from None
    if cells.size and cells.dtype.kind not in "iu":
        raise InputError(f"cells: ids must be 64-bit integers, not {cells.dtype}; `from_token` reads tokens")
    return cells.astype(np.uint64, copy=False)


def checked(ids: ArrayLike) -> Ids:
    """The ids as a uint64 array; `InputError` names the first that is not a cell.

    >>> checked([9926584489608216576]).dtype
    dtype('uint64')
    """
    cells = _as_ids(ids)
    valid = np.asarray(is_valid(cells))
    if not valid.all():
        row = int(np.flatnonzero(~valid.ravel())[0])
        where = f"row {row}: " if cells.ndim else ""
        raise InputError(f"cells: {where}{int(cells.ravel()[row])} is not an S2 cell id")
    return cells


def _low_bit(ids: Ids) -> Ids:
    return np.bitwise_and(ids, np.negative(ids))  # not `&` and `-`, which warn of overflow when given a single id


def _low_bit_position(ids: Ids) -> NDArray[np.int64]:
    return np.frexp(_low_bit(ids).astype(np.float64))[1].astype(np.int64) - 1  # exact: a power of two


def _level(ids: Ids) -> NDArray[np.int64]:
    return MAX_LEVEL - (_low_bit_position(ids) >> 1)
