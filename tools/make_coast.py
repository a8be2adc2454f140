"""Write photoplanet/earth/coast.npz, the finer ground where a map is zoomed in, from the npm package world-atlas.

    npm pack world-atlas@2 && tar xzf world-atlas-2.*.tgz                            # Natural Earth, public domain
    python tools/make_coast.py package/countries-10m.json

The Earth is cut into pieces of `coast.SIDE` degrees, each a little larger (`coast.MARGIN`), so that no seam shows.
photoplanet/earth/coast.py says what a piece's bytes mean.
Points that move a line by less than half a unit are left out.
"""

import sys
from pathlib import Path

import numpy as np
from natural_earth import borders, clip, clip_line, cut, land, read

from photoplanet.earth.coast import COLUMNS, MARGIN, ROWS, SIDE, UNIT

TARGET = Path(__file__).parents[1] / "photoplanet" / "earth" / "coast.npz"
EDGE = MARGIN * UNIT  # degrees


def pieces_of(ring: np.ndarray, columns: range, rows: range, found: dict[int, list[np.ndarray]]) -> None:
    """Put the parts of a ring into the pieces of these columns and rows that it touches, halved until one is left."""
    if len(ring) < 3 or not np.ptp(ring, axis=0).all():
        return
    (west, south), (east, north) = ring.min(axis=0), ring.max(axis=0)
    columns = touched(columns, west + 180, east + 180)
    rows = touched(rows, 90 - north, 90 - south)
    if len(columns) == len(rows) == 1:
        inside = clip(ring, 0, columns[0] * SIDE - 180 - EDGE, columns[0] * SIDE - 180 + SIDE + EDGE)
        inside = clip(inside, 1, 90 - (rows[0] + 1) * SIDE - EDGE, 90 - rows[0] * SIDE + EDGE)
        found.setdefault(rows[0] * COLUMNS + columns[0], []).append(inside)
    elif len(columns) >= len(rows):
        for part in halves(columns):
            inside = clip(ring, 0, part[0] * SIDE - 180 - EDGE, part[-1] * SIDE - 180 + SIDE + EDGE)
            pieces_of(inside, part, rows, found)
    else:
        for part in halves(rows):
            inside = clip(ring, 1, 90 - (part[-1] + 1) * SIDE - EDGE, 90 - part[0] * SIDE + EDGE)
            pieces_of(inside, columns, part, found)


def touched(part: range, least: float, most: float) -> range:
    """Those of some columns or rows that degrees from the first one's start to `most` touch, their margins included."""
    first = max(part[0], int((least - EDGE) // SIDE))
    return range(first, max(first, min(part[-1], int((most + EDGE) // SIDE))) + 1)


def halves(part: range) -> tuple[range, range]:
    half = len(part) // 2
    return part[:half], part[half:]


def lines_of(line: np.ndarray, found: dict[int, list[np.ndarray]]) -> None:
    """Put an open line into every piece that it touches."""
    west, east = line[:, 0].min(), line[:, 0].max()
    for column in range(max(0, int((west + 180) // SIDE)), min(COLUMNS, int((east + 180) // SIDE) + 1)):
        for within in clip_line(line, 0, column * SIDE - 180, column * SIDE - 180 + SIDE):
            north, south = within[:, 1].max(), within[:, 1].min()
            for row in range(max(0, int((90 - north) // SIDE)), min(ROWS, int((90 - south) // SIDE) + 1)):
                for part in clip_line(within, 1, 90 - (row + 1) * SIDE, 90 - row * SIDE):
                    found.setdefault(row * COLUMNS + column, []).append(part)


def units(line: np.ndarray, piece: int, closed: bool) -> np.ndarray:
    """Degrees → units from the piece's north-western corner, east and south, without points that add nothing."""
    row, column = divmod(piece, COLUMNS)
    points = (line - [column * SIDE - 180, 90 - row * SIDE]) * [1, -1] / UNIT
    points = np.round(points).astype(int)
    points = points[np.r_[True, (np.diff(points, axis=0) != 0).any(axis=1)]]
    if closed and len(points) > 1 and (points[0] == points[-1]).all():
        points = points[:-1]
    ends = [points, points[:1]] if closed else [points]
    kept = thinned(np.vstack(ends))
    return kept[:-1] if closed else kept


def thinned(points: np.ndarray, most: float = 0.5) -> np.ndarray:
    """A line by Douglas and Peucker: what lies within `most` of the line between those kept is left out."""
    kept = np.zeros(len(points), bool)
    kept[[0, -1]] = True
    waiting = [(0, len(points) - 1)]
    while waiting:
        start, end = waiting.pop()
        if end - start < 2:
            continue
        a, between = points[start], points[start + 1 : end] - points[start]
        along = points[end] - a
        length = np.hypot(*along)
        away = np.abs(along[0] * between[:, 1] - along[1] * between[:, 0]) / length if length else np.hypot(*between.T)
        farthest = int(np.argmax(away))
        if away[farthest] > most:
            middle = start + 1 + farthest
            kept[middle] = True
            waiting += [(start, middle), (middle, end)]
    return points[kept]


def varints(values: np.ndarray) -> bytes:
    """Whole numbers, signed, seven bits a byte, the lowest first; the sign is the lowest bit."""
    coded = np.where(values < 0, -2 * values - 1, 2 * values)
    out = bytearray()
    for value in coded.tolist():
        while value > 127:
            out.append(value & 127 | 128)
            value >>= 7
        out.append(value)
    return bytes(out)


def packed(rings: list[np.ndarray], lines: list[np.ndarray]) -> bytes:
    """One piece as bytes: how many rings, then each: how many points, the first, the steps; then the lines alike."""
    out = b""
    for listed in (rings, lines):
        out += varints(np.array([len(listed)]))
        for points in listed:
            steps = np.vstack([points[:1], np.diff(points, axis=0)])
            out += varints(np.array([len(points)])) + varints(steps.ravel())
    return out


def main() -> None:
    document = read(Path(sys.argv[1]))
    shores: dict[int, list[np.ndarray]] = {}
    between: dict[int, list[np.ndarray]] = {}
    for ring in land(document):
        for part in cut(ring, 2 * EDGE):
            pieces_of(part, range(COLUMNS), range(ROWS), shores)
    for line in borders(document):
        lines_of(line, between)
    listed = []
    for piece in range(ROWS * COLUMNS):
        rings = [points for ring in shores.get(piece, []) if len(points := units(ring, piece, True)) > 2]
        lines = [points for line in between.get(piece, []) if len(points := units(line, piece, False)) > 1]
        listed.append(packed(rings, lines))
    ends = np.cumsum([len(piece) for piece in listed]).astype(np.int32)
    np.savez_compressed(TARGET, bytes=np.frombuffer(b"".join(listed), np.uint8), ends=ends)
    sizes = np.diff(ends, prepend=0)
    print(
        f"{TARGET}: {TARGET.stat().st_size:,} bytes; {len(listed)} pieces of {sizes.sum():,}, at most {sizes.max():,}"
    )


if __name__ == "__main__":
    main()
