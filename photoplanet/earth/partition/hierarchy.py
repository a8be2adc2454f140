"""Nested partitions, coarse to fine, for losses and readouts that look at several scales at once."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import cells, geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError

# A default hierarchy splits cells that hold more than these shares of all photos: countries, then regions.
DEFAULT_SHARES = (1 / 30, 1 / 250)


def default_max_photos(part: Partition) -> tuple[int, ...]:
    """The `max_photos` of each coarser level, coarsest first, that `Hierarchy.default` takes for a partition.

    >>> lat, lng = np.linspace(-60, 60, 300), np.linspace(-170, 170, 300)
    >>> default_max_photos(Partition.uniform(lat, lng, level=5, min_photos=1))
    (10,)
    """
    total = int(_weights(part).sum())
    limits: list[int] = []
    fewer_than = len(part)
    for share in reversed(DEFAULT_SHARES):  # from fine to coarse: a level is worth having where it merges cells
        limit = max(1, round(total * share))
        count = len(_coarser(part, limit)[0])
        if count < fewer_than:
            limits.insert(0, limit)
            fewer_than = count
    return tuple(limits)


class Hierarchy:
    """`levels`: partitions, coarsest first; `parents[i]`: int32, class of the finest (the last) → class of level i.

    Every cell of a level is a union of whole cells of the next.

    >>> fine = Partition.from_cells(cells.children(cells.from_token("89c25")))
    >>> Hierarchy.from_partition(fine, max_photos=4).parents[0].tolist()
    [0, 0, 0, 0]
    """

    def __init__(self, levels: list[Partition], parents: list[NDArray[np.int32]]):
        self.levels, self.parents = levels, parents

    @classmethod
    def from_partition(cls, part: Partition, max_photos: int | Iterable[int]) -> "Hierarchy":
        """Coarser adaptive partitions above `part`, one for each limit, made of S2 cells that hold whole cells of it.

        From the six faces, a cell is split while it has more than the limit of photos in cells of `part` (all cells
        count the same where `part` has no photos) and is not a cell of `part` itself. Their means are those of the
        cells' means, weighted by photos. `InputError` for a limit below 1.

        >>> fine = Partition.from_cells(cells.children(cells.from_token("89c25")))
        >>> [len(level) for level in Hierarchy.from_partition(fine, [4, 1]).levels]
        [1, 4, 4]
        """
        limits = [max_photos] if isinstance(max_photos, (int, np.integer)) else list(max_photos)
        for limit in limits:
            if not isinstance(limit, (int, np.integer)) or limit < 1:
                raise InputError(f"hierarchy: max_photos {str(limit)[:40]} must be a positive integer")
        levels, parents = [], []
        for limit in sorted(map(int, limits), reverse=True):
            ids, parent = _coarser(part, limit)
            counts = np.zeros(len(ids), np.int64)
            np.add.at(counts, parent, part.photo_counts)
            made = {"method": "coarser", "max_photos": limit, "of": part.made}
            levels.append(Partition(ids, counts, _means(part, parent, len(ids)), made))
            parents.append(parent)
        return cls([*levels, part], [*parents, np.arange(len(part), dtype=np.int32)])

    @classmethod
    def default(cls, part: Partition) -> "Hierarchy":
        """Two coarser levels, of cells with at most 1/30 and 1/250 of the photos; fewer where `part` is coarse.

        >>> len(Hierarchy.default(Partition.from_cells(cells.from_token("89c25"))))
        1
        """
        return cls.from_partition(part, default_max_photos(part))

    def __len__(self) -> int:
        return len(self.levels)


def _weights(part: Partition) -> NDArray[np.int64]:
    return part.photo_counts if part.photo_counts.any() else np.ones(len(part), np.int64)


def _coarser(part: Partition, limit: int) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Ids of the coarser cells, sorted, and the row of the one above each cell of `part`."""
    before = np.concatenate([[0], np.cumsum(_weights(part))])
    own_level, chosen = cells.level(part.ids), np.zeros(len(part), np.uint64)
    for level in range(int(own_level.max()) + 1):
        above = cells.ancestor(part.ids, np.minimum(level, own_level))
        # Cells are sorted and disjoint, so those under one ancestor stand together.
        first = np.flatnonzero(np.concatenate([[True], above[1:] != above[:-1]]))
        last = np.append(first[1:], len(part))
        holds = np.repeat(before[last] - before[first], last - first)
        stop = (chosen == 0) & ((holds <= limit) | (own_level <= level))
        chosen[stop] = above[stop]
    ids, parent = np.unique(chosen, return_inverse=True)
    return ids, parent.astype(np.int32)


def _means(part: Partition, parent: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    vectors = geodesy.to_xyz(part.means[:, 0], part.means[:, 1]) * _mean_weights(part, parent, count)[:, None]
    sums = np.stack([np.bincount(parent, vectors[:, axis], count) for axis in range(3)], axis=-1)
    return np.stack(geodesy.from_xyz(sums), axis=-1)


def _mean_weights(part: Partition, parent: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """Photos per cell; in a coarser cell without any photo, its cells weigh the same."""
    empty = np.bincount(parent, part.photo_counts, count) == 0
    return np.where(empty[parent], 1.0, part.photo_counts)
