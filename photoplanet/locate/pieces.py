"""The cells of a partition cut to an area: those inside, and of those that the border crosses the pieces inside."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import cells, geodesy
from photoplanet.earth.areas.area import HALF_CIRCUMFERENCE_KM, Area
from photoplanet.earth.partition.partition import Partition
from photoplanet.locate.credible_region import SPREAD

Floats = NDArray[np.float64]
Ids = NDArray[np.uint64]
Rows = NDArray[np.int64]

LEAST_SPLITS = 2  # of a crossed cell: pieces a quarter as wide
CROSSED_SHARE = 0.05  # of the area: crossed pieces that hold more are split on
MOST_PIECES = 20_000  # beyond, the smallest crossed cells stay as they are
FINEST = 18  # level: pieces some 40 m wide
EVEN = 0.1  # of a crossed cell's photos: spread evenly; the others lie around their mean as in SPREAD (docs/locate.md)
_LEAST_PART = 1 / 64  # of a piece of which only a hint shows that it is not all outside


class Pieces(NamedTuple):
    """n disjoint cells in an area, sorted: `ids` (n,), and the class of the whole partition that each is a part of.

    `shares` (n,): of that class's photos, those that lie in the piece and in the area; `means` and `centers` (n, 2)
    degrees: where its photos are taken to be, and a middle, both in the area.
    """

    ids: Ids
    parents: Rows
    shares: Floats
    means: Floats
    centers: Floats


class _Looked(NamedTuple):
    """n cells looked at in points: `inside` (n, 16) at `at` (n, 16, 2), the centres of their grandchildren, degrees.

    `all_in`, `any_in` (n,): there, in the middle, at hints and at the photos' mean; `spot` (n, 2): the point of these
    in the area that is nearest to the middle, NaN for none.
    """

    at: Floats
    inside: NDArray[np.bool_]
    all_in: NDArray[np.bool_]
    any_in: NDArray[np.bool_]
    spot: Floats


def cut(whole: Partition, area: Area) -> Pieces:
    """Cut a partition to an area; there may be no piece.

    A crossed cell is split at least `LEAST_SPLITS` times, and on while crossed pieces hold more than `CROSSED_SHARE` of
    the area, up to `MOST_PIECES` and to level `FINEST`. Pieces that are still crossed then reach beyond the border by
    less than their width; their means and centers do not.

    >>> from photoplanet.earth.areas.parse import area
    >>> found = cut(Partition.from_cells(cells.from_token(["47a1", "89c25"])), area("DE"))
    >>> set(found.parents.tolist()), bool(0 < found.shares.sum() < 1)
    ({0}, True)
    """
    rows, sure = _near(whole, area)
    hints = _Hints(area)
    looked = _look(area, hints, whole.ids[rows], whole.means[rows])
    # A cell of some metres is in the area where its photos are.
    small = cells.level(whole.ids[rows]) >= FINEST
    all_in = np.where(small, area.contains(*whole.means[rows].T), looked.all_in)
    sure = np.concatenate([sure, rows[all_in]])
    crossed = rows[looked.any_in & ~all_in & ~small]
    untouched = Pieces(whole.ids[sure], sure, np.ones(len(sure)), whole.means[sure], whole.centers[sure])
    made = _split(whole, area, hints, crossed, float(whole.areas_km2[sure].sum()))
    both = _joined([untouched, made])
    order = np.argsort(both.ids)
    return Pieces(both.ids[order], both.parents[order], both.shares[order], both.means[order], both.centers[order])


def _joined(some: list[Pieces]) -> Pieces:
    return Pieces(
        np.concatenate([each.ids for each in some]), np.concatenate([each.parents for each in some]),
        np.concatenate([each.shares for each in some]), np.concatenate([each.means for each in some]),
        np.concatenate([each.centers for each in some]),
    )  # fmt: skip


def _near(whole: Partition, area: Area) -> tuple[Rows, Rows]:
    """The classes that the border may cross, and those that lie wholly in the area, far from it."""
    if area.cap.km >= HALF_CIRCUMFERENCE_KM:
        return np.arange(len(whole)), np.arange(0)
    lat, lng = whole.centers.T
    away = geodesy.distance_km(lat, lng, area.cap.latitude, area.cap.longitude)
    far = away > area.cap.km + whole.center_reaches_km
    return np.flatnonzero(~far), np.flatnonzero(far & area.elsewhere)


def _split(whole: Partition, area: Area, hints: "_Hints", crossed: Rows, area_km2: float) -> Pieces:
    """The pieces of crossed classes that lie in the area, of which `area_km2` are in no crossed class."""
    parents, ids = np.repeat(crossed, 4), cells.children(whole.ids[crossed]).ravel()
    leaves: list[Pieces] = []
    left_out, splits, made = np.zeros(len(whole)), 1, len(ids)
    while len(ids):
        looked, size = _look(area, hints, ids, whole.means[parents]), cells.area_km2(ids)
        part = np.where(looked.any_in, np.maximum(looked.inside.mean(axis=1), _LEAST_PART), 0.0)
        mixed = looked.any_in & ~looked.all_in
        on = mixed & (cells.level(ids) < FINEST)
        open_ = float((part * size)[mixed].sum())
        area_km2 += float(size[looked.all_in].sum())
        if splits >= LEAST_SPLITS and open_ <= CROSSED_SHARE * (area_km2 + open_):
            on[:] = False
        on = _largest(on, size, (MOST_PIECES - made) // 4)
        weights = _weights(whole, looked.at, parents) * size[:, None]
        inner = np.maximum((weights * looked.inside).sum(axis=1), weights.sum(axis=1) * _LEAST_PART * looked.any_in)
        left_out += np.bincount(parents[~on], (weights.sum(axis=1) - inner)[~on], len(whole))
        kept = looked.any_in & ~on
        leaves.append(_settled(whole, area, looked, ids, parents, inner, kept))
        ids, parents = cells.children(ids[on]).ravel(), np.repeat(parents[on], 4)
        splits, made = splits + 1, made + len(ids)
    if not leaves:
        return Pieces(whole.ids[:0], crossed, np.zeros(0), np.zeros((0, 2)), np.zeros((0, 2)))
    found = _joined(leaves)
    total = np.bincount(found.parents, found.shares, len(whole)) + left_out
    return found._replace(shares=found.shares / total[found.parents])


def _largest(on: NDArray[np.bool_], size: Floats, most: int) -> NDArray[np.bool_]:
    """The `most` largest of those that are to be split."""
    rows = np.flatnonzero(on)
    kept = np.zeros_like(on)
    kept[rows[np.argsort(-size[rows], kind="stable")[: max(0, most)]]] = True
    return kept


def _weights(whole: Partition, at: Floats, parents: Rows) -> Floats:
    """The density of a class's photos (n, 16) at points (n, 16, 2), up to a factor for each class, km⁻²."""
    mean = whole.means[parents]
    away = geodesy.distance_km(at[..., 0], at[..., 1], mean[:, None, 0], mean[:, None, 1])
    area = whole.areas_km2[parents][:, None]
    density = np.full(away.shape, EVEN) / area
    for reach, share in SPREAD:
        density = density + (1 - EVEN) * share / (reach**2 * area) * (away <= reach * np.sqrt(area / np.pi))
    return np.asarray(density)


def _settled(
    whole: Partition, area: Area, looked: _Looked, ids: Ids, parents: Rows, inner: Floats, kept: NDArray[np.bool_]
) -> Pieces:
    """The pieces that are `kept`: photos are where those of their class are if that is here, else in the middle."""
    ids, parents, spot = ids[kept], parents[kept], looked.spot[kept]
    means = whole.means[parents]
    leaves = cells.from_latlng(*means.T)
    own = (cells.range_min(ids) <= leaves) & (leaves <= cells.range_max(ids))
    own[own] = area.contains(*means[own].T)
    return Pieces(ids, parents, inner[kept], np.where(own[:, None], means, spot), spot)


class _Hints:
    """The area's hints by the cells that they lie in."""

    def __init__(self, area: Area):
        lat, lng, inside = area.hints()
        leaves = cells.from_latlng(lat, lng)
        order = np.argsort(leaves)
        self.leaves, self.at = leaves[order], np.column_stack([lat, lng])[order]
        self.seen = np.concatenate([[0], np.cumsum(inside[order])])  # how many of those before are inside
        self.rows_in = np.flatnonzero(inside[order])

    def of(self, ids: Ids) -> tuple[Rows, Rows, Floats]:
        """How many hints (n,) lie in each cell, how many of them in the area, and one of these (n, 2), NaN for none."""
        first = np.searchsorted(self.leaves, cells.range_min(ids))
        last = np.searchsorted(self.leaves, cells.range_max(ids), side="right")
        inside = self.seen[last] - self.seen[first]
        one = np.full((len(ids), 2), np.nan)
        some = np.flatnonzero(inside)
        one[some] = self.at[self.rows_in[self.seen[first[some]]]]
        return last - first, inside, one


def _look(area: Area, hints: _Hints, ids: Ids, means: Floats) -> _Looked:
    """Look at cells; `means` (n, 2): where the photos of their class are, which counts where it lies in the cell."""
    at, middle = _points(ids), np.stack(cells.center(ids), axis=-1)
    leaves = cells.from_latlng(*means.T)
    own = (cells.range_min(ids) <= leaves) & (leaves <= cells.range_max(ids))
    every = np.concatenate([at, middle[:, None], np.where(own[:, None], means, middle)[:, None]], axis=1)
    inside = area.contains(every[..., 0], every[..., 1])
    hinted, hinted_in, hint = hints.of(ids)
    away = geodesy.distance_km(every[..., 0], every[..., 1], middle[:, None, 0], middle[:, None, 1])
    best = np.where(inside, away, np.inf)
    nearest, rows = best.argmin(axis=1), np.arange(len(ids))
    spot = np.where(np.isfinite(best[rows, nearest])[:, None], every[rows, nearest], hint)
    any_in = np.asarray(np.isfinite(spot).all(axis=1))
    return _Looked(at, inside[:, : at.shape[1]], inside.all(axis=1) & (hinted == hinted_in), any_in, spot)


def _points(ids: Ids) -> Floats:
    """The centres (n, 16, 2) of each cell's grandchildren, degrees; its own of one that is too fine to have any."""
    found = np.repeat(np.stack(cells.center(ids), axis=-1)[:, None], 16, axis=1)
    rows = np.flatnonzero(cells.level(ids) <= cells.MAX_LEVEL - 2)
    grandchildren = cells.children(cells.children(ids[rows])).reshape(len(rows), 16)
    found[rows] = np.stack(cells.center(grandchildren), axis=-1)
    return found
