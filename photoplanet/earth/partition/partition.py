"""Partitions of the Earth into disjoint S2 cells, the classes of the model (paper, §3 and Table 1b)."""

import json
import math
from collections.abc import Iterable, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photoplanet.core import tables_extra
from photoplanet.core.atomic import write_text
from photoplanet.core.progress import Advance, ignore
from photoplanet.core.workers import in_threads, slices, threads
from photoplanet.earth import cells, geodesy
from photoplanet.earth.partition import cell_splitting
from photoplanet.earth.partition.lookup import Lookup
from photoplanet.earth.partition.points import Source, keyed, locate, unlocated
from photoplanet.errors import InputError

if TYPE_CHECKING:
    from photoplanet.earth.areas.area import Area

Paths = str | Path | Iterable[str | Path]

PIECE = 1 << 24  # points in memory that a thread sorts at a time: the more, the fewer keys come up twice

MAX_PHOTOS = 10_000  # the paper's t1
MIN_PHOTOS = 50  # the paper's t2
PSEUDO_PHOTOS = 0.5  # added to every cell's photos in the prior, so that no cell is impossible


class Partition:
    """Disjoint S2 cells, sorted by id; a class is the row of a cell.

    `ids` (n,) uint64; `photo_counts` (n,) int64; `centers` and `means` (n, 2) float64, degrees, latitude first: the
    middle of each cell, and the spherical mean of its photos (the middle where it has none). `made` says how it was
    made: `method` and its parameters. All arrays are read-only.

    >>> partition = Partition.from_cells(cells.from_token(["89c25", "89c27"]))
    >>> partition.tokens, partition.xyz.shape
    (['89c25', '89c27'], (2, 3))
    >>> partition.areas_km2.round().tolist(), partition.reaches_km.round().tolist()
    ([1118.0, 1120.0], [26.0, 26.0])
    >>> (partition.center_reaches_km == partition.reaches_km).tolist()  # no photos: the mean is the centre
    [True, True]
    >>> partition.prior.tolist()
    [0.5, 0.5]
    """

    area: "Area | None" = None  # what it is cut to (`locate.within`): then points lie in it

    def __init__(
        self,
        ids: NDArray[np.uint64],
        photo_counts: ArrayLike | None = None,
        means: ArrayLike | None = None,
        made: Mapping[str, Any] | None = None,
    ):
        self.ids = _disjoint(ids)
        self.centers = np.stack(cells.center(self.ids), axis=-1)
        counts = np.zeros(len(self.ids), np.int64) if photo_counts is None else np.array(photo_counts, np.int64)
        middle = self.centers.copy() if means is None else np.array(means, np.float64)
        if counts.shape != self.ids.shape or middle.shape != self.centers.shape:
            raise InputError(f"partition: counts and means do not match its {len(self.ids)} cells")
        if (counts < 0).any():
            raise InputError("partition: a cell has fewer than 0 photos")
        geodesy.check(middle[:, 0], middle[:, 1], "partition: mean positions")
        self.photo_counts, self.means = counts, middle
        self.made: dict[str, Any] = dict(made or {"method": "cells"})
        self._lookup: Lookup | None = None
        for array in (self.ids, self.photo_counts, self.centers, self.means):
            array.setflags(write=False)

    @cached_property
    def xyz(self) -> NDArray[np.float64]:
        """The unit vectors (n, 3) of `means`."""
        return geodesy.to_xyz(*self.means.T)

    @cached_property
    def tokens(self) -> list[str]:
        """The S2 token of each cell."""
        names: list[str] = cells.token(self.ids).tolist()
        return names

    @cached_property
    def areas_km2(self) -> NDArray[np.float64]:
        """The area (n,) of each cell in km²."""
        areas: NDArray[np.float64] = cells.area_km2(self.ids)
        return areas

    @cached_property
    def prior(self) -> NDArray[np.float64]:
        """The share (n,) of photos in each cell, smoothed by PSEUDO_PHOTOS; uniform where no cell has a count."""
        photos = self.photo_counts + PSEUDO_PHOTOS
        share: NDArray[np.float64] = photos / photos.sum()
        return share

    @cached_property
    def reaches_km(self) -> NDArray[np.float64]:
        """From each cell's mean position to its farthest corner (n,), km."""
        return self._reaches(self.means)

    @cached_property
    def center_reaches_km(self) -> NDArray[np.float64]:
        """From each cell's centre to its farthest corner (n,), km."""
        return self._reaches(self.centers)

    def _reaches(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        corners = cells.vertices(self.ids)
        away: NDArray[np.float64] = geodesy.distance_km(points[:, :1], points[:, 1:], corners[..., 0], corners[..., 1])
        farthest: NDArray[np.float64] = away.max(axis=1)
        return farthest

    def of_whole(self, mass: NDArray[np.float32]) -> NDArray[np.float32]:
        """Mass (classes,) of the partition that this one was cut from → (n,) of its own cells; here it is the same.

        >>> Partition.from_cells(cells.from_token(["89c25"])).of_whole(np.ones(1, np.float32))
        array([1.], dtype=float32)
        """
        return mass

    @classmethod
    def adaptive(
        cls,
        lat: ArrayLike,
        lng: ArrayLike,
        max_photos: int = MAX_PHOTOS,
        min_photos: int = MIN_PHOTOS,
        advance: Advance = ignore,
        max_level: int = cells.MAX_LEVEL,
    ) -> "Partition":
        """Split cells while they hold more than `max_photos` of the points, then drop those under `min_photos` (§3).

        `lat`, `lng` (n,) in degrees. Splitting stops at `max_level`. `InputError` for bad coordinates or limits, and
        where no cell is left.

        >>> Partition.adaptive([48.1, 48.2, 48.3, 35.7], [2.1, 2.2, 2.3, 139.7], max_photos=2, min_photos=1)
        <Partition of 3 cells holding 4 photos>
        """
        return _adaptive(_in_memory(lat, lng), max_photos, min_photos, advance, cells.one_level(max_level))

    @classmethod
    def adaptive_from_parquet(
        cls,
        paths: Paths,
        max_photos: int = MAX_PHOTOS,
        min_photos: int = MIN_PHOTOS,
        advance: Advance = ignore,
        latitude_column: str | None = None,
        longitude_column: str | None = None,
        skip_bad: bool = False,
    ) -> "Partition":
        r"""The same partition as `adaptive`, of points in tables (Parquet, CSV) larger than memory, in a few passes.

        Rows without coordinates, off the Earth, or at exactly 0, 0 are counted in `made` and left out with `skip_bad`;
        without it the first that is not a place on Earth is an `InputError` that names the file and the row. The
        columns are found by their names, as in every photo table, unless they are named.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "photos.csv")
        ...     _ = path.write_text("latitude,longitude\n48.1,2.1\n48.2,2.2\n48.3,2.3\n35.7,139.7\n")
        ...     Partition.adaptive_from_parquet(path, max_photos=2, min_photos=1)
        <Partition of 3 cells holding 4 photos>
        """
        with tables_extra.needed():
            from photoplanet.earth.partition.point_reader import Tables

        return _adaptive(Tables(paths, latitude_column, longitude_column, skip_bad), max_photos, min_photos, advance)

    @classmethod
    def uniform(
        cls, lat: ArrayLike, lng: ArrayLike, level: int, min_photos: int = MIN_PHOTOS, advance: Advance = ignore
    ) -> "Partition":
        """All cells of `level` (0…30) that hold at least `min_photos` of the points; the paper's Fig. 1 has level 4.

        >>> Partition.uniform([48.1, 48.2, 35.7], [2.1, 2.2, 139.7], level=4, min_photos=1).photo_counts.tolist()
        [2, 1]
        """
        return _uniform(_in_memory(lat, lng), level, min_photos, advance)

    @classmethod
    def uniform_from_parquet(
        cls,
        paths: Paths,
        level: int,
        min_photos: int = MIN_PHOTOS,
        advance: Advance = ignore,
        latitude_column: str | None = None,
        longitude_column: str | None = None,
        skip_bad: bool = False,
    ) -> "Partition":
        r"""The same partition as `uniform`, of points in tables (Parquet, CSV) larger than memory; bad rows as above.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "photos.csv")
        ...     _ = path.write_text("latitude,longitude\n48.1,2.1\n48.2,2.2\n0,0\n")
        ...     partition = Partition.uniform_from_parquet(path, level=4, min_photos=1, skip_bad=True)
        >>> partition, partition.made["left_out"]
        (<Partition of 1 cells holding 2 photos>, 1)
        """
        with tables_extra.needed():
            from photoplanet.earth.partition.point_reader import Tables

        return _uniform(Tables(paths, latitude_column, longitude_column, skip_bad), level, min_photos, advance)

    @classmethod
    def from_cells(cls, ids: ArrayLike) -> "Partition":
        """A partition of any disjoint cells in any order; `InputError` names an invalid or two overlapping ones.

        >>> Partition.from_cells(cells.from_token(["89c25", "5"])).tokens
        ['5', '89c25']
        """
        return cls(np.sort(np.atleast_1d(cells.checked(ids)).ravel()))

    @classmethod
    def load(cls, path: str | Path) -> "Partition":
        """Read what `save` wrote; `InputError` for anything else, damaged, or of a newer format.

        >>> from photoplanet.models import installed
        >>> len(Partition.load(installed.resolve("toy") / "cells.parquet"))
        1044
        """
        from photoplanet.earth.partition import files

        return cls(*files.read(Path(path)))

    def save(self, path: str | Path) -> None:
        """Write a Parquet file, atomically: `id`, `photos`, centre and mean, and in its metadata how it was made.

        >>> import tempfile
        >>> partition = Partition.from_cells(cells.from_token("89c25"))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     partition.save(Path(folder, "cells.parquet"))
        ...     Partition.load(Path(folder, "cells.parquet")) == partition
        True
        """
        from photoplanet.earth.partition import files

        files.write(Path(path), self.ids, self.photo_counts, self.centers, self.means, self.made)

    def __len__(self) -> int:
        return len(self.ids)

    def __eq__(self, other: object) -> bool:
        """Whether cells, counts and means are the same, however they were made."""
        if not isinstance(other, Partition):
            return NotImplemented
        return (
            np.array_equal(self.ids, other.ids)
            and np.array_equal(self.photo_counts, other.photo_counts)
            and np.array_equal(self.means, other.means)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Partition of {len(self):,} cells holding {int(self.photo_counts.sum()):,} photos>"

    def assign(self, lat: ArrayLike, lng: ArrayLike) -> Any:
        """Class (int32, the shape of `lat`) of each point in degrees, −1 outside every cell.

        >>> Partition.from_cells(cells.from_token(["89c25"])).assign([40.75, 48.86], [-73.99, 2.35]).tolist()
        [0, -1]
        """
        lat, lng = geodesy.check(lat, lng)
        flat_lat, flat_lng = lat.ravel(), lng.ravel()
        if self._lookup is None:
            self._lookup = Lookup(self.ids)
        lookup, rows = self._lookup, np.empty(flat_lat.shape, np.int32)

        def work(part: slice) -> None:
            rows[part] = keyed(flat_lat[part], flat_lng[part]).rows(lookup)

        for _ in in_threads(work, slices(len(rows))):
            pass
        return rows.reshape(lat.shape)[()]

    def to_geojson(self) -> dict[str, Any]:
        """A GeoJSON FeatureCollection, one polygon per class, cut at the antimeridian (RFC 7946, §3.1.9).

        >>> Partition.from_cells(cells.from_token("89c25")).to_geojson()["features"][0]["geometry"]["type"]
        'Polygon'
        """
        from photoplanet.earth import outline

        columns = zip(
            cells.token(self.ids).tolist(),
            cells.level(self.ids).tolist(),
            self.photo_counts.tolist(),
            self.centers.round(7).tolist(),
            self.means.round(7).tolist(),
            outline.shapes(self.ids),
            strict=True,
        )
        features = []
        for row, (token, level, photos, center, mean, shape) in enumerate(columns):
            facts = {"class": row, "token": token, "level": level, "photos": photos, "center": center, "mean": mean}
            features.append({"type": "Feature", "id": row, "properties": facts, "geometry": shape})
        return {"type": "FeatureCollection", "features": features}

    def save_geojson(self, path: str | Path) -> None:
        """Write `to_geojson()` to a file, atomically; `center` and `mean` are (latitude, longitude) there as well.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Partition.from_cells(cells.from_token("89c25")).save_geojson(Path(folder, "cells.geojson"))
        ...     json.loads(Path(folder, "cells.geojson").read_text())["features"][0]["properties"]["token"]
        '89c25'
        """
        write_text(path, json.dumps(self.to_geojson(), separators=(",", ":")))

    def summary(self) -> dict[str, Any]:
        """The facts of Table 1b: cells, photos in them, cells per level, areas in km², median photos per cell.

        >>> Partition.from_cells(cells.from_token("89c25")).summary()["levels"]
        {'8': 1}
        """
        levels, count = np.unique(cells.level(self.ids), return_counts=True)
        area = cells.area_km2(self.ids)
        return {
            "cells": len(self),
            "photos": int(self.photo_counts.sum()),
            "median_photos_per_cell": float(np.median(self.photo_counts)),
            "levels": {str(level): int(n) for level, n in zip(levels, count, strict=True)},
            "area_km2": {"min": float(area.min()), "median": float(np.median(area)), "max": float(area.max())},
            "made": dict(self.made),
        }


def _in_memory(lat: ArrayLike, lng: ArrayLike) -> Source:
    """The points of two arrays, located once for all passes: at most 24 bytes a point besides the arrays."""
    lat, lng = geodesy.check(lat, lng)
    everything = unlocated(lat.ravel(), lng.ravel())._replace(known=np.zeros(lat.size, np.uint64))
    for _ in in_threads(lambda some: locate(everything.part(some)), slices(lat.size)):
        pass
    piece = min(PIECE, max(1, math.ceil(lat.size / threads())))
    return lambda: (partial(everything.part, some) for some in slices(lat.size, piece))


def _adaptive(
    source: Source, max_photos: int, min_photos: int, advance: Advance, max_level: int = cells.MAX_LEVEL
) -> Partition:
    max_photos, min_photos = _at_least_one(max_photos, "max_photos"), _at_least_one(min_photos, "min_photos")
    if min_photos > max_photos:
        raise InputError(f"partition: min_photos {min_photos} is above max_photos {max_photos}, which leaves no cell")
    made: dict[str, Any] = {"method": "adaptive", "max_photos": max_photos, "min_photos": min_photos}
    if max_level < cells.MAX_LEVEL:
        made["max_level"] = max_level
    return _finish(source, cell_splitting.split(source, max_photos, max_level, advance), made, advance)


def _uniform(source: Source, level: int, min_photos: int, advance: Advance) -> Partition:
    level, min_photos = cells.one_level(level), _at_least_one(min_photos, "min_photos")
    made = {"method": "uniform", "level": level, "min_photos": min_photos}
    return _finish(source, cell_splitting.split(source, 0, level, advance), made, advance)


def _finish(source: Source, found: cell_splitting.Counted, made: dict[str, Any], advance: Advance) -> Partition:
    """Drop the cells under `min_photos`, find the mean of the photos in the others."""
    ids, counts = found
    total, most = int(counts.sum()), int(counts.max(initial=0))
    enough = counts >= made["min_photos"]
    if not enough.any():
        raise InputError(
            f"partition: none of the cells holds min_photos {made['min_photos']} of the {total:,} photos "
            f"(the fullest has {most:,}); lower it, or give more photos"
        )
    ids, counts = ids[enough], counts[enough]
    seen, sums = cell_splitting.vector_sums(source, ids, advance)
    if seen != total:
        raise InputError("partition: the photo tables changed while they were read; run it again")
    made = {**made, "photos": total, "left_out": getattr(source, "left_out", 0)}
    return Partition(ids, counts, np.stack(geodesy.from_xyz(sums), axis=-1), made)


def _at_least_one(number: int, name: str) -> int:
    if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < 1:
        raise InputError(f"partition: {name} {str(number)[:40]} must be a positive integer")
    return int(number)


def _disjoint(ids: ArrayLike) -> NDArray[np.uint64]:
    """The ids, checked to be valid, sorted and disjoint."""
    ids = np.array(cells.checked(ids))
    if ids.ndim != 1 or not ids.size:
        raise InputError("partition: it needs at least one cell, in a list")
    if (ids[1:] < ids[:-1]).any():
        raise InputError("partition: its cells are not sorted; `Partition.from_cells` sorts them")
    overlap = np.flatnonzero(cells.range_max(ids)[:-1] >= cells.range_min(ids)[1:])
    if overlap.size:
        one, other = cells.token(ids[overlap[0] : overlap[0] + 2])
        raise InputError(f"partition: cells {one} and {other} overlap; give disjoint cells (overlaps: {overlap.size})")
    return ids
