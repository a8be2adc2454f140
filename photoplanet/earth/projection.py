"""From degrees to squares on the faces of a cube, as S2 does it (s2coords.h): quickly, and still exact to the bit.

The sine and cosine of a whole array take NumPy longer than all the rest together. Here they come from a table of
eighths of a degree and three terms of a series, right to 2e-13, which moves no point by half a thousandth of a leaf
cell. Where a point is a thousandth from a side of its leaf, and only there (1 in 250), s2geometry's own operations
in its own order decide.
"""

from math import pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAVES = 1 << 30  # leaf cells along the side of a face
_DOUBT = 1e-3  # leaves; the quick way errs by less than half of this
_ROUGH_DOUBT = 2.6e-7  # of a face's side; seven roundings to 24 bits add up to 2.5e-7 at most
_STEPS = 8  # table entries per degree
_ANGLES = np.arange(-180 * _STEPS, 180 * _STEPS + 1) / _STEPS
_SINES, _COSINES = np.sin(np.radians(_ANGLES)), np.cos(np.radians(_ANGLES))


def unit_vectors(lat: Floats, lng: Floats) -> tuple[Floats, Floats, Floats]:
    """x, y, z of checked coordinates in degrees, right to 2e-13 (a micrometre on the ground).

    >>> [round(float(axis[0]), 9) for axis in unit_vectors(np.array([90.0]), np.array([0.0]))]
    [0.0, 0.0, 1.0]
    """
    z, across = _sine_and_cosine(lat)
    y, x = _sine_and_cosine(lng)
    x *= across
    y *= across
    return x, y, z


def leaf_squares(lat: Floats, lng: Floats) -> tuple[NDArray[np.int8], NDArray[np.int32], NDArray[np.int32]]:
    """Face, column and row of the leaf cell of checked coordinates in degrees, bit-equal to s2geometry's.

    >>> [axis.tolist() for axis in leaf_squares(np.array([0.0]), np.array([0.0]))]
    [[0], [536870912], [536870912]]
    """
    face, across, up = _on_cube(*unit_vectors(lat, lng), LEAVES)
    column, row = across.astype(np.int32), up.astype(np.int32)
    where = _near_a_side(across, up, _DOUBT)
    if where.size:
        phi, theta = lat.take(where) * (pi / 180), lng.take(where) * (pi / 180)
        cosine = np.cos(phi)
        face[where], across, up = _on_cube(np.cos(theta) * cosine, np.sin(theta) * cosine, np.sin(phi), LEAVES)
        column[where], row[where] = np.minimum(across, LEAVES - 1), np.minimum(up, LEAVES - 1)
    return face, column, row


def rough_squares(
    vectors: tuple[Floats, Floats, Floats], level: int
) -> tuple[NDArray[np.int8], NDArray[np.int16], NDArray[np.int16], Ints]:
    """Face, column and row at `level`, at most 14, in single precision, and which points that leaves in doubt.

    >>> [part.tolist() for part in rough_squares(unit_vectors(np.array([10.0]), np.array([10.0])), level=4)]
    [[0], [9], [9], []]
    """
    x, y, z = (axis.astype(np.float32) for axis in vectors)
    face, across, up = _on_cube(x, y, z, 1 << level)
    return face, across.astype(np.int16), up.astype(np.int16), _near_a_side(across, up, (1 << level) * _ROUGH_DOUBT)


def _near_a_side(across: Floats, up: Floats, doubt: float) -> Ints:
    """Which points are nearer than `doubt` to a side of their square."""
    # A point on an edge between faces has a column or row of 0 or 2^level, so that this finds doubtful faces as well.
    nearest = np.abs(across - np.rint(across))
    np.minimum(nearest, np.abs(up - np.rint(up)), out=nearest)
    return np.flatnonzero(nearest < doubt)


def _sine_and_cosine(degrees: Floats) -> tuple[Floats, Floats]:
    """Sine and cosine of −180…180 degrees by the angle sum: of the nearest table entry and of the small rest."""
    nearest = np.rint(degrees * _STEPS)
    rest = nearest * (-1 / _STEPS)
    rest += degrees
    rest *= pi / 180
    entry = nearest.astype(np.int64)
    entry += 180 * _STEPS
    sine, cosine = _SINES.take(entry), _COSINES.take(entry)
    cosine_less_one = rest * rest  # 1 − r²/2 less 1; the next term, r⁴/24, is below 6e-14
    cosine_less_one *= -0.5
    term = cosine_less_one * rest
    term *= 1 / 3
    rest += term  # r − r³/6, its sine
    more_sine, more_cosine = sine * cosine_less_one, cosine * cosine_less_one
    more_sine += np.multiply(cosine, rest, out=term)
    more_cosine -= np.multiply(sine, rest, out=term)
    sine += more_sine
    cosine += more_cosine
    return sine, cosine


def _on_cube(x: Any, y: Any, z: Any, squares: int) -> tuple[NDArray[np.int8], Any, Any]:
    """Face, and column and row as floats 0…`squares`, of unit vectors (float64 or 32), as s2geometry has them.

    Which axis is longest is unpredictable, so that np.where would guess its branches wrongly and take ten times longer;
    the choices are bit operations. They cost no exactness: S2's −x / y is −(x / y), and opposite faces swap u and v.
    """
    kind, bits = x.dtype, np.dtype(f"i{x.itemsize}")
    sign = np.array(-0.0, kind).view(bits)
    ax, ay, az = np.abs(x), np.abs(y), np.abs(z)
    x_over_y = ax > ay
    on_x, on_y = x_over_y & (ax > az), ~x_over_y & (ay > az)
    mask_x, mask_y = _mask(on_x, bits), _mask(on_y, bits)
    mask_z = ~(mask_x | mask_y)
    xs, ys, zs = x.view(bits), y.view(bits), z.view(bits)
    longest = _either(mask_x, xs, _either(mask_y, ys, zs)).view(kind)
    u = _either(mask_x, ys, xs).view(kind)
    v = _either(mask_z, ys, zs).view(kind)
    u /= longest
    v /= longest
    u.view(bits)[:] ^= ~mask_x & sign
    v.view(bits)[:] ^= mask_z & sign
    back = longest < 0
    across, up = _squares(u, squares), _squares(v, squares)
    swap = (across.view(bits) ^ up.view(bits)) & _mask(back, bits)
    across.view(bits)[:] ^= swap
    up.view(bits)[:] ^= swap
    return 2 - 2 * on_x.view(np.int8) - on_y.view(np.int8) + 3 * back.view(np.int8), across, up


def _squares(u: Any, squares: int) -> Any:
    """Squares 0…`squares` from the side of the face, of a coordinate −1…1 on the cube: S2's quadratic projection."""
    # s2geometry has 0.5·√(1 + 3u) for u ≥ 0 and 1 − 0.5·√(1 − 3u) below; this is the same without a branch, to the bit,
    # because taking ½ from a number between ½ and 1 is exact.
    root = np.abs(u)
    root *= 3
    root += 1
    np.sqrt(root, out=root)
    root *= 0.5
    root -= 0.5
    np.copysign(root, u, out=root)
    root += 0.5
    root *= squares
    return root


def _mask(condition: NDArray[np.bool_], bits: np.dtype[Any]) -> Any:
    """All bits set where true."""
    return np.negative(condition.view(np.int8)).astype(bits)


def _either(mask: Any, chosen: Any, other: Any) -> Any:
    """`chosen` where the mask is set, else `other`."""
    result = chosen ^ other
    result &= mask
    result ^= other
    return result
