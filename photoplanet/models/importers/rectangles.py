"""Rectangles in latitude and longitude, as quadtrees have them, as S2 cells: the mass of each is kept.

Each rectangle stands for `POINTS` points, spread evenly over its ground; the cells are an adaptive partition of the
points of all rectangles, in which a cell holds at most about half of a rectangle. A rectangle's mass goes to the cells
that hold its points.
"""

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from photoplanet.core import regular
from photoplanet.errors import InputError, ModelError

if TYPE_CHECKING:
    from photoplanet.earth.partition.partition import Partition

Floats = NDArray[np.float64]

SIDE = 8  # points each way in a rectangle
POINTS = SIDE * SIDE
CELL_POINTS = POINTS // 2  # at most, in a cell
COLUMNS = ("min_lat", "min_lon", "max_lat", "max_lon", "mean_lat", "mean_lon")
NUMBER = "cluster_id"
MAX_BYTES, MAX_RECTANGLES = 64 << 20, 100_000
TOLERANCE = 1e-4  # degrees, 11 m: what float32 may have rounded
_AT_ONCE = 512  # rectangles that are compared with all others


@dataclass(frozen=True)
class Rectangles:
    """n rectangles: `low`, `high` and `mean` (n, 2) in degrees, latitude first; the mean is that of their photos.

    ModelError for what is no such thing: not on Earth, without ground, overlapping, or a mean outside.

    >>> len(Rectangles(np.array([[0.0, 0.0]]), np.array([[10.0, 10.0]]), np.array([[5.0, 5.0]])))
    1
    """

    low: Floats
    high: Floats
    mean: Floats

    def __post_init__(self) -> None:
        for name in ("low", "high", "mean"):
            values = np.asarray(getattr(self, name), np.float64)
            if values.ndim != 2 or values.shape[1] != 2 or not 0 < len(values) <= MAX_RECTANGLES:
                raise ModelError(f"rectangles: {name} has the shape {values.shape}, not (1 … {MAX_RECTANGLES}, 2)")
            object.__setattr__(self, name, values)
        if not len(self.low) == len(self.high) == len(self.mean):
            raise ModelError("rectangles: their corners and means are not as many")
        everything = np.concatenate([self.low, self.high, self.mean], axis=1)
        off = ~np.isfinite(everything).all(axis=1)
        with np.errstate(invalid="ignore"):
            off |= (np.abs(everything) > np.tile([90 + TOLERANCE, 180 + TOLERANCE], 3)).any(axis=1)
            flat = (self.high - self.low <= TOLERANCE).any(axis=1)
            away = ((self.mean < self.low - TOLERANCE) | (self.mean > self.high + TOLERANCE)).any(axis=1)
        for wrong, what in ((off, "is not on Earth"), (flat, "has no ground"), (away, "has its mean outside")):
            if wrong.any():
                raise ModelError(f"rectangle {int(wrong.argmax())} {what}; get the file again")
        self._check_overlaps()

    def __len__(self) -> int:
        return len(self.low)

    def _check_overlaps(self) -> None:
        """Compare all pairs: 0.5 s for 11,399 rectangles."""
        low, high = self.low + TOLERANCE, self.high - TOLERANCE
        for start in range(0, len(self), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            shared = np.ones((len(low[some]), len(low)), bool)
            for axis in range(2):
                shared &= low[some, axis, None] < high[None, :, axis]
                shared &= low[None, :, axis] < high[some, axis, None]
            shared[np.arange(len(shared)), np.arange(start, start + len(shared))] = False
            if shared.any():
                one, other = np.argwhere(shared)[0]
                raise ModelError(f"rectangles {start + one} and {other} overlap; get the file again")


@dataclass(frozen=True)
class Cover:
    """S2 cells for n rectangles. A row of the rest is a pair of a rectangle and a cell that shares points with it.

    `rectangle`, `cell` (pairs,) int64, sorted by rectangle; `share` (pairs,) float32: of the rectangle's ground, 1 in
    all for each; `where` (pairs, 2) float32: the middle of what they share, latitude first, in the coordinates of the
    rectangle: 0 at its photos' mean, −1 and 1 at its edges.
    """

    partition: "Partition"
    rectangle: NDArray[np.int64]
    cell: NDArray[np.int64]
    share: NDArray[np.float32]
    where: NDArray[np.float32]


def read(path: Path) -> Rectangles:
    r"""Read a quadtree's CSV: a row per rectangle, `cluster_id` from 0 up in any order, and `COLUMNS` in degrees.

    ModelError for a file that is missing, too large, or lacks a row, has one twice, or holds no such rectangles.

    >>> path = getfixture("tmp_path") / "tree.csv"
    >>> _ = path.write_text("cluster_id,min_lat,min_lon,max_lat,max_lon,mean_lat,mean_lon\n0,0,0,10,20,5,6\n")
    >>> read(path).high.tolist()
    [[10.0, 20.0]]
    """
    try:
        text = regular.read_regular(path, MAX_BYTES).decode("utf-8-sig")
        rows = csv.DictReader(io.StringIO(text), strict=True)
        missing = [name for name in (NUMBER, *COLUMNS) if name not in (rows.fieldnames or ())]
        if missing:
            raise ModelError(f"{path}: the column {missing[0]} is missing; get the file again")
        found: dict[int, list[float]] = {}
        for line, row in enumerate(rows, start=2):
            number, values = _row(row)
            if number in found or len(found) >= MAX_RECTANGLES:
                raise ModelError(f"{path}: line {line}: {NUMBER} {number} is there twice; get the file again")
            found[number] = values
    except (OSError, InputError) as error:
        raise ModelError(
            f"{path}: cannot be read ({getattr(error, 'strerror', None) or error}); get it again"
        ) from None
    except (ValueError, TypeError, csv.Error):
        raise ModelError(f"{path}: not a table of rectangles; get the file again") from None
    if sorted(found) != list(range(len(found))):
        lost = next(number for number in range(len(found) + 1) if number not in found)
        raise ModelError(f"{path}: {NUMBER} {lost} is missing; get the file again")
    table = np.array([found[number] for number in range(len(found))], np.float64).reshape(-1, 6)
    try:
        return Rectangles(table[:, 0:2], table[:, 2:4], table[:, 4:6])
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None


def _row(row: dict[str, str]) -> tuple[int, list[float]]:
    number, values = int(row[NUMBER]), [float(row[name]) for name in COLUMNS]
    if number < 0 or not all(map(math.isfinite, values)):
        raise ValueError("not a rectangle")
    return number, values


def cover(rectangles: Rectangles) -> Cover:
    """Find the cells of the module's rule.

    >>> made = cover(Rectangles(np.array([[0.0, 0.0]]), np.array([[10.0, 10.0]]), np.array([[5.0, 5.0]])))
    >>> len(made.partition), float(made.share.sum())
    (4, 1.0)
    """
    from photoplanet.earth.partition.partition import Partition

    steps = (np.arange(SIDE) + 0.5) / SIDE
    up, along = (each.ravel() for each in np.meshgrid(steps, steps, indexing="ij"))
    south, north = np.sin(np.radians(np.clip([rectangles.low[:, :1], rectangles.high[:, :1]], -90, 90)))
    lat = np.degrees(np.arcsin(south + (north - south) * up))  # (n, POINTS): bands of the same ground
    lng = rectangles.low[:, 1:] + (rectangles.high - rectangles.low)[:, 1:] * along
    partition = Partition.adaptive(lat.ravel(), lng.ravel(), max_photos=CELL_POINTS, min_photos=1)
    partition.made = {"method": "rectangles", "rectangles": len(rectangles), "points": POINTS}
    cell = partition.assign(lat, lng).astype(np.int64)
    where = _relative(rectangles, np.stack([lat, lng], axis=-1))
    pairs, back, count = np.unique(
        np.arange(len(rectangles))[:, None] * len(partition) + cell, return_inverse=True, return_counts=True
    )
    back = back.ravel()
    middle = np.stack([np.bincount(back, where[..., axis].ravel()) for axis in range(2)], axis=-1) / count[:, None]
    return Cover(
        partition, pairs // len(partition), pairs % len(partition), (count / POINTS).astype(np.float32),
        middle.astype(np.float32),
    )  # fmt: skip


def _relative(rectangles: Rectangles, points: Floats) -> Floats:
    """Points (n, m, 2) in their rectangles' coordinates: 0 at the mean, ±1 at the edges, 0 where mean and edge meet."""
    off = points - rectangles.mean[:, None]
    size = np.where(off > 0, (rectangles.high - rectangles.mean)[:, None], (rectangles.mean - rectangles.low)[:, None])
    return np.divide(off, size, out=np.zeros_like(off), where=size > TOLERANCE)
