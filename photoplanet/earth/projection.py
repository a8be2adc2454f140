"""From degrees to squares on the faces of a cube, as S2 does it (s2coords.h): quickly, and still exact to the bit.

The sine and cosine of a whole array take NumPy longer than all the rest together. Here they come from a table of
eighths of a degree and three terms of a series, right to 2e-13, which moves no point by half a thousandth of a leaf
cell. Where a point is a thousandth from a side of its leaf, and only there (1 in 250), s2geometry's own operations
in its own order decide.
"""

from math import pi

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAVES = 1 << 30  # leaf cells along the side of a face
_DOUBT = 1e-3  # leaves; the quick way errs by less than half of this
_STEPS = 8  # table entries per degree
_ANGLES = np.arange(-180 * _STEPS, 180 * _STEPS + 1) / _STEPS
_SINES, _COSINES = np.sin(np.radians(_ANGLES)), np.cos(np.radians(_ANGLES))
_SIGN = np.int64(-(2**63))  # the sign bit of a float64


def unit_vectors(lat: Floats, lng: Floats) -> tuple[Floats, Floats, Floats]:
    """x, y, z of checked coordinates in degrees, right to 2e-13 (a micrometre on the ground)."""
    z, across = _sine_and_cosine(lat)
    y, x = _sine_and_cosine(lng)
    x *= across
    y *= across
    return x, y, z


def leaf_squares(
    lat: Floats, lng: Floats, vectors: tuple[Floats, Floats, Floats]
) -> tuple[NDArray[np.int8], NDArray[np.int32], NDArray[np.int32]]:
    """Face, column and row of the leaf cell of checked coordinates in degrees, bit-equal to s2geometry's.

    `vectors` are the `unit_vectors` of the same coordinates.
    """
    face, across, up = _on_cube(*vectors)
    column, row = across.astype(np.int32), up.astype(np.int32)
    # A point on an edge between faces has a column or row of 0 or 2^30, so that this finds doubtful faces as well.
    doubt = np.minimum(np.abs(across - np.rint(across)), np.abs(up - np.rint(up))) < _DOUBT
    where = np.flatnonzero(doubt)
    if where.size:
        phi, theta = lat.take(where) * (pi / 180), lng.take(where) * (pi / 180)
        cosine = np.cos(phi)
        face[where], across, up = _on_cube(np.cos(theta) * cosine, np.sin(theta) * cosine, np.sin(phi))
        column[where], row[where] = np.minimum(across, LEAVES - 1), np.minimum(up, LEAVES - 1)
    return face, column, row


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


def _on_cube(x: Floats, y: Floats, z: Floats) -> tuple[NDArray[np.int8], Floats, Floats]:
    """Face, and column and row in leaves as float64 0…2^30, of unit vectors, by the operations of s2geometry.

    Which axis is longest is unpredictable, so that np.where would guess its branches wrongly and take ten times longer;
    the choices are bit operations. They cost no exactness: S2's −x / y is −(x / y), and opposite faces swap u and v.
    """
    ax, ay, az = np.abs(x), np.abs(y), np.abs(z)
    x_over_y = ax > ay
    on_x, on_y = x_over_y & (ax > az), ~x_over_y & (ay > az)
    mask_x, mask_y = _mask(on_x), _mask(on_y)
    mask_z = ~(mask_x | mask_y)
    xs, ys, zs = x.view(np.int64), y.view(np.int64), z.view(np.int64)
    longest = _either(mask_x, xs, _either(mask_y, ys, zs)).view(np.float64)
    u = _either(mask_x, ys, xs).view(np.float64)
    v = _either(mask_z, ys, zs).view(np.float64)
    u /= longest
    v /= longest
    u.view(np.int64)[:] ^= ~mask_x & _SIGN
    v.view(np.int64)[:] ^= mask_z & _SIGN
    back = longest < 0
    across, up = _leaves(u), _leaves(v)
    swap = (across.view(np.int64) ^ up.view(np.int64)) & _mask(back)
    across.view(np.int64)[:] ^= swap
    up.view(np.int64)[:] ^= swap
    return 2 - 2 * on_x.view(np.int8) - on_y.view(np.int8) + 3 * back.view(np.int8), across, up


def _leaves(u: Floats) -> Floats:
    """Leaves 0…2^30 from the side of the face, of a coordinate −1…1 on the cube: S2's quadratic projection."""
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
    root *= LEAVES
    return root


def _mask(condition: NDArray[np.bool_]) -> Ints:
    """All bits set where true."""
    return np.negative(condition.view(np.int8)).astype(np.int64)


def _either(mask: Ints, chosen: Ints, other: Ints) -> Ints:
    """`chosen` where the mask is set, else `other`."""
    result = chosen ^ other
    result &= mask
    result ^= other
    return result
