"""The Hilbert curve on a face of the cube: (i, j) of a leaf ↔ its position along the curve, 8 levels a step.

S2 numbers its cells along this curve (s2geometry, s2cell_id.cc). `i` and `j` are the column and row of a leaf cell, 30
bits each; a position has 60 bits. The curve has four orientations: one bit for swapped axes, one for both inverted.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.uint64]
Ints = NDArray[np.int64]

_SWAP, _INVERT = 1, 2
# orientation, position 0…3 along the curve -> quadrant 2·i + j; and what the quadrant does to the orientation
_QUADRANT = ((0, 1, 3, 2), (0, 2, 3, 1), (3, 2, 0, 1), (3, 1, 0, 2))
_TURN = (_SWAP, 0, 0, _INVERT | _SWAP)
# Orientation in which the curve enters each face: bit 0 of the face. 30 levels, or 14, are steps of eight less two;
# those two stay at position 0 and end in the orientation they begin in, since two swaps cancel.
_BEGIN = np.array([0, 1, 0, 1, 0, 1], np.uint8)


def positions(face: NDArray[np.int8], i: NDArray[np.int32], j: NDArray[np.int32]) -> Ids:
    """Position along the curve (60 bits) of the leaf in column `i` and row `j` (30 bits each) of `face`; uint64.

    >>> corners = np.array([0, 1, 1, 0], np.int32), np.array([0, 0, 1, 1], np.int32)
    >>> positions(np.zeros(4, np.int8), *corners).tolist()
    [0, 1, 2, 3]
    """
    return _positions(face, i.astype("<i4", copy=False), j.astype("<i4", copy=False)).astype(np.uint64, copy=False)


def short_positions(face: NDArray[np.int8], i: NDArray[np.int16], j: NDArray[np.int16]) -> NDArray[np.uint32]:
    """Position along the curve (28 bits) of the cell of level 14 in column `i` and row `j` (14 bits each); uint32.

    >>> short_positions(np.zeros(1, np.int8), np.array([1], np.int16), np.array([1], np.int16)).tolist()
    [2]
    """
    return _positions(face, i.astype("<i2", copy=False), j.astype("<i2", copy=False)).astype(np.uint32, copy=False)


def _positions(face: NDArray[np.int8], i: NDArray[Any], j: NDArray[Any]) -> NDArray[Any]:
    """Positions of squares whose columns and rows, of two bits less than their type holds, are given.

    Eight levels a step are one byte of `i`, one of `j` and two of the position, so that bytes are moved, not shifted.
    """
    table, size = _byte_table(), i.itemsize
    i_bytes, j_bytes = (np.ascontiguousarray(side).view(np.uint8).reshape(-1, size) for side in (i, j))
    index = np.zeros((len(i), 4), np.uint8)  # the bytes of a table index: j, i, orientation, 0
    index[:, 2] = _BEGIN.take(face)
    position = np.empty((len(i), size), "<u2")
    for byte in reversed(range(size)):
        index[:, 0], index[:, 1] = j_bytes[:, byte], i_bytes[:, byte]
        found = table.take(index.view("<u4").ravel()).view(np.uint8).reshape(-1, 4)
        position[:, byte] = found.view("<u2")[:, 0]
        index[:, 2] = found[:, 2]
    return position.view(f"<u{2 * size}").ravel()


def columns_and_rows(face: Ints, position: Ints) -> tuple[Ints, Ints]:
    """Column `i` and row `j` (30 bits each) of the leaf at `position` (60 bits) of `face`; inverse of `positions`.

    >>> [axis.tolist() for axis in columns_and_rows(np.array([0, 0]), np.array([2, 3]))]
    [[1, 0], [1, 1]]
    """
    steps, first = backward_table(8), backward_table(6)
    state = first.take(((position >> 48) << 2) | (face & 1)).astype(np.int64)
    i, j = state >> 8, (state >> 2) & 63
    for shift in (32, 16, 0):
        state = steps.take((((position >> shift) & 65535) << 2) | (state & 3)).astype(np.int64)
        i, j = (i << 8) | (state >> 10), (j << 8) | ((state >> 2) & 255)
    return i, j


@cache
def _byte_table() -> NDArray[np.uint32]:
    """`forward_table(8)` by bytes: index j, i, orientation; entry two bytes of position, orientation."""
    table = forward_table(8).reshape(1 << 16, 4).T.ravel()
    entries: NDArray[np.uint32] = ((table >> 2) | ((table & 3) << 16)).astype("<u4")
    return entries


@cache
def forward_table(bits: int) -> NDArray[np.uint32]:
    """(i, j, orientation) → (position, orientation), `bits` levels at once; orientation in the lowest two bits.

    >>> len(forward_table(2))
    64
    """
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
    joined: NDArray[np.uint32] = ((above >> 2) << (2 * low + 2) | below).astype(np.uint32).ravel()
    return joined


@cache
def backward_table(bits: int) -> NDArray[np.uint32]:
    """(position, orientation) → (i, j, orientation), `bits` levels at once: the inverse of `forward_table`.

    >>> len(backward_table(2))
    64
    """
    forward = forward_table(bits)
    source = np.arange(len(forward), dtype=np.uint32)
    table = np.empty_like(forward)
    table[(forward & ~np.uint32(3)) | (source & 3)] = (source & ~np.uint32(3)) | (forward & 3)
    return table
