"""The Hilbert curve on a face of the cube: (i, j) of a leaf ↔ its position along the curve, 8 levels a step.

S2 numbers its cells along this curve (s2geometry, s2cell_id.cc). `i` and `j` are the column and row of a leaf cell, 30
bits each; a position has 60 bits. The curve has four orientations: one bit for swapped axes, one for both inverted.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_SWAP, _INVERT = 1, 2
# orientation, position 0…3 along the curve -> quadrant 2·i + j; and what the quadrant does to the orientation
_QUADRANT = ((0, 1, 3, 2), (0, 2, 3, 1), (3, 2, 0, 1), (3, 1, 0, 2))
_TURN = (_SWAP, 0, 0, _INVERT | _SWAP)


def positions(face: Ints, i: Ints, j: Ints) -> Ints:
    """Position along the curve (60 bits) of the leaf in column `i` and row `j` (30 bits each) of `face`; int64 (n,)."""
    steps, first = forward_table(8), forward_table(6)
    state = first.take(((((i >> 24) << 6) | (j >> 24)) << 2) | (face & 1)).astype(np.int64)
    position = state >> 2
    for shift in (16, 8, 0):
        square = (((i >> shift) & 255) << 8) | ((j >> shift) & 255)
        state = steps.take((square << 2) | (state & 3)).astype(np.int64)
        position <<= 16
        position |= state >> 2
    return position


def columns_and_rows(face: Ints, position: Ints) -> tuple[Ints, Ints]:
    """Column `i` and row `j` (30 bits each) of the leaf at `position` (60 bits) of `face`; inverse of `positions`."""
    steps, first = backward_table(8), backward_table(6)
    state = first.take(((position >> 48) << 2) | (face & 1)).astype(np.int64)
    i, j = state >> 8, (state >> 2) & 63
    for shift in (32, 16, 0):
        state = steps.take((((position >> shift) & 65535) << 2) | (state & 3)).astype(np.int64)
        i, j = (i << 8) | (state >> 10), (j << 8) | ((state >> 2) & 255)
    return i, j


@cache
def forward_table(bits: int) -> NDArray[np.uint32]:
    """(i, j, orientation) → (position, orientation), `bits` levels at once; orientation in the lowest two bits."""
    if bits == 1:
        table = np.empty(16, np.uint32)
        for turned in range(4):
            for position in range(4):
                table[_QUADRANT[turned][position] << 2 | turned] = position << 2 | (turned ^ _TURN[position])
        return table
    low = bits // 2
    high = bits - low
    i, j, orientation = np.ogrid[: 1 << bits, : 1 << bits, :4]
    mask = (1 << low) - 1
    above = forward_table(high)[((i >> low) << high | (j >> low)) << 2 | orientation]
    below = forward_table(low)[((i & mask) << low | (j & mask)) << 2 | (above & 3)]
    return ((above >> 2) << (2 * low + 2) | below).astype(np.uint32).ravel()


@cache
def backward_table(bits: int) -> NDArray[np.uint32]:
    """(position, orientation) → (i, j, orientation), `bits` levels at once: the inverse of `forward_table`."""
    forward = forward_table(bits)
    source = np.arange(len(forward), dtype=np.uint32)
    table = np.empty_like(forward)
    table[(forward & ~np.uint32(3)) | (source & 3)] = (source & ~np.uint32(3)) | (forward & 3)
    return table
