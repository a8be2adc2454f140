"""Train and validation without leaks: groups of photos stay whole, and each region is on both sides where it can be.

Photos in a region that training has not seen measure something else than photos of new days in known places, so both
are never mixed in silence: `facts` counts them, and `lines` says so.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from photoplanet.earth import cells, geodesy
from photoplanet.errors import InputError
from photoplanet.photos.grouping import Grouping, grouping, groups

__all__ = ["facts", "folds", "groups", "held_out", "lines", "regions", "split", "unseen", "validation_mask"]

REGION_LEVEL = 5  # S2 cells some 290 km wide
UNSEEN_KM = geodesy.RADII_KM["region"]
_NAMES = ("photo_id", "album", "photographer", "taken_at")  # what a grouping looks at
_MOST = 2.0  # times the share that are held out at most, so that small regions are on both sides
_SEEN_LEVEL = 7  # cells in which no two places are 200 km apart
_EXACT, _COARSE_LEVEL = 100_000, 10  # training photos; of more, one a cell (8 km) stands for all in it
_AT_A_TIME = 4_000_000  # distances
UNGROUPED = (
    "no album, photographer or day tells the photos apart, so photos of one moment may be on both sides and the model "
    "look better than it is; `photoplanet duplicates` finds near-duplicates"
)


def split(table: pa.Table, validation: float = 0.1, seed: int = 0) -> tuple[pa.Table, pa.Table]:
    """Return (train, validation) tables in the rows' order; see `validation_mask`.

    >>> rows = pa.table({"photo_id": ["1", "2", "3", "4"], "album": ["a", "a", "b", "b"]})
    >>> sorted(part["album"].to_pylist() for part in split(rows, 0.5))
    [['a', 'a'], ['b', 'b']]
    """
    mask = validation_mask(table, validation, seed)
    return table.filter(pa.array(~mask)), table.filter(pa.array(mask))


def validation_mask(table: pa.Table, validation: float = 0.1, seed: int = 0) -> NDArray[np.bool_]:
    """Return for each row whether it is for validation, bool (n,).

    Whole groups (`grouping`) go to validation, in the order of a hash of their smallest photo_id and `seed`, so the
    rows' order plays no part: in each region (an S2 cell of level 5) as many as fit into the share `validation` of its
    photos, and never a region's last one. A region from which none fits gives its smallest group, as long as that is
    at most half of its photos and no more than twice the share is held out in all. Where so few groups can be held
    out that not half of the share is reached, others follow in regions that training then lacks; `facts` counts
    these photos. With two groups or more each side gets one. InputError for a share outside 0 … 1.

    >>> validation_mask(pa.table({"photo_id": ["1", "2", "3"], "album": ["a", "a", "b"]}), 0.34).tolist()
    [False, False, True]
    """
    if not 0 <= validation < 1:
        raise InputError(f"validation share {validation}: must be at least 0 and below 1")
    number = groups(table)
    if validation == 0 or not number.size or not number.max():
        return np.zeros(len(table), bool)
    choice = _Choice(number, _regions_of(table), _ranks(table, number, seed), validation)
    choice.by_region()
    choice.small_regions()
    choice.unseen_regions()
    mask: NDArray[np.bool_] = choice.chosen[number]
    return mask


def folds(groups: ArrayLike, latitude: ArrayLike, longitude: ArrayLike, count: int, seed: int = 0) -> NDArray[np.int64]:
    """Return a fold for each photo, int64 (n,) in 0 … count − 1: folds of like size, no group in two of them.

    Each region's groups are dealt out over as many folds as there can be, so that what a fold holds out has been seen
    by the others wherever a region has two groups or more. With fewer groups than `count`, as many folds as groups.
    Equal groups and places give equal folds in any order of the rows. InputError for a count under 2.

    >>> folds([0, 0, 1, 1, 2, 2], [48.9] * 4 + [-33.9] * 2, [2.3] * 4 + [151.2] * 2, 2)
    array([1, 1, 0, 0, 1, 1])
    """
    if count < 2:
        raise InputError(f"folds {count}: must be 2 or more")
    number = np.unique(np.asarray(groups), return_inverse=True)[1].astype(np.int64).ravel()
    if not number.size:
        return number
    group, region, photos = _pairs(number, regions(latitude, longitude))
    starts = np.append(np.flatnonzero(np.diff(group, prepend=-1)), group.size)
    size = np.bincount(number)
    count = min(count, size.size)
    held = np.zeros((int(region.max()) + 1, count))
    total = np.zeros(count)
    fold_of = np.empty(size.size, np.int64)
    by_chance = np.random.default_rng(seed).permutation(size.size)
    for each in np.lexsort((by_chance, -size)).tolist():  # the largest first: what is left fits into the gaps
        pairs = slice(starts[each], starts[each + 1])
        crowd = photos[pairs] @ held[region[pairs]]
        fold = int(np.lexsort((total, crowd))[0])
        held[region[pairs], fold] += photos[pairs]
        total[fold] += size[each]
        fold_of[each] = fold
    return fold_of[number]


def regions(latitude: ArrayLike, longitude: ArrayLike) -> NDArray[np.int64]:
    """Return the region of each place in degrees, int64 (n,) from 0: S2 cells of level 5, some 290 km wide.

    Places that are not known (NaN) are one region.

    >>> regions([48.9, 48.8, -33.9], [2.3, 2.4, 151.2]).tolist()
    [0, 0, 1]
    """
    lat, lng = np.asarray(latitude, np.float64).ravel(), np.asarray(longitude, np.float64).ravel()
    known = np.isfinite(lat) & np.isfinite(lng)
    ids = np.zeros(lat.size, np.uint64)
    ids[known] = cells.from_latlng(lat[known], lng[known], REGION_LEVEL)
    return np.unique(ids, return_inverse=True)[1].astype(np.int64)


def unseen(
    training_latitude: ArrayLike, training_longitude: ArrayLike, latitude: ArrayLike, longitude: ArrayLike
) -> NDArray[np.bool_]:
    """Return whether each place (n,) is over 200 km from every training photo; all are, where there is none.

    Of more than 100,000 training photos one in each 8 km stands for the others.

    >>> unseen([48.9], [2.3], [49.4, -33.9], [1.1, 151.2])
    array([False,  True])
    """
    lat, lng = np.asarray(training_latitude, np.float64), np.asarray(training_longitude, np.float64)
    their_lat, their_lng = np.asarray(latitude, np.float64), np.asarray(longitude, np.float64)
    found = ~np.isin(cells.from_latlng(their_lat, their_lng, _SEEN_LEVEL), cells.from_latlng(lat, lng, _SEEN_LEVEL))
    if lat.size > _EXACT:
        kept = np.unique(cells.from_latlng(lat, lng, _COARSE_LEVEL), return_index=True)[1]
        lat, lng = lat[kept], lng[kept]
    known, asked = geodesy.to_xyz(lat, lng), np.flatnonzero(found)
    rows = max(1, _AT_A_TIME // max(1, len(known)))
    for start in range(0, asked.size if len(known) else 0, rows):
        some = asked[start : start + rows]
        nearest = (geodesy.to_xyz(their_lat[some], their_lng[some]) @ known.T).max(axis=1)
        found[some] = nearest < np.cos(UNSEEN_KM / geodesy.EARTH_RADIUS_KM)
    return np.asarray(found)


def held_out(training: pa.Table, validation: pa.Table) -> Grouping:
    """Return the groups of the validation photos, as they are among all photos of both tables.

    >>> both = pa.table({"photo_id": ["1", "2", "3"], "album": ["a", "b", "b"]})
    >>> held_out(both.slice(0, 1), both.slice(1)).number
    array([0, 0])
    """
    named = [part.select([name for name in _NAMES if name in part.column_names]) for part in (training, validation)]
    whole = grouping(pa.concat_tables(named, promote_options="default"))
    own = np.unique(whole.number[len(training) :], return_inverse=True)[1]
    return Grouping(own.astype(np.int64), whole.kinds)


def facts(training: pa.Table, validation: pa.Table, own: Grouping | None = None) -> dict[str, Any]:
    """Return how photos were split, as JSON holds it, for two photo tables with places.

    `own`: what `held_out` returned, where it is known. Keys: `photos` and `regions` (S2 cells of level 5) of training,
    `validation_photos`, `validation_groups`, `validation_regions`, `validation_unseen` (photos over 200 km from every
    training photo), and `grouped_by`, some of `grouping.KINDS`.

    >>> rows = {"photo_id": ["1", "2"], "latitude": [48.9, 48.8], "longitude": [2.3, 2.4], "album": ["a", "b"]}
    >>> facts(pa.table(rows).slice(0, 1), pa.table(rows).slice(1))["validation_unseen"]
    0
    """
    own = held_out(training, validation) if own is None else own
    places = [[part[name].to_numpy() for name in ("latitude", "longitude")] for part in (training, validation)]
    return {
        "photos": len(training), "regions": np.unique(regions(*places[0])).size,
        "validation_photos": len(validation), "validation_groups": own.count,
        "validation_regions": np.unique(regions(*places[1])).size,
        "validation_unseen": int(unseen(*places[0], *places[1]).sum()), "grouped_by": list(own.kinds),
    }  # fmt: skip


def lines(found: dict[str, Any]) -> Iterator[str]:
    """Say what `facts` found: how many photos, groups and regions are held out, and how many in regions unseen.

    >>> found = {"photos": 810, "regions": 14, "validation_photos": 90, "validation_groups": 12}
    >>> found |= {"validation_regions": 10, "validation_unseen": 12, "grouped_by": ["album"]}
    >>> for line in lines(found):
    ...     print(line)
    held out: 90 of 900 photos (12 groups, by album) in 10 regions; training has 14 regions
    12 of 90 validation photos are in regions without training photos: these measure places the model never saw
    """
    held_out, every = found["validation_photos"], found["photos"] + found["validation_photos"]
    if not held_out:
        yield f"no photo is held out of {every:,}, so how good the model is stays unknown"
        return
    yield (
        f"held out: {held_out:,} of {every:,} photos ({_counted(found['validation_groups'], 'group')}, by "
        f"{', '.join(found['grouped_by'])}) in {_counted(found['validation_regions'], 'region')}; "
        f"training has {_counted(found['regions'], 'region')}"
    )
    if found["grouped_by"] == ["photo"]:
        yield UNGROUPED
    if found["validation_unseen"]:
        yield (
            f"{found['validation_unseen']:,} of {held_out:,} validation photos are in regions without training photos: "
            "these measure places the model never saw"
        )


def _counted(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"


class _Choice:
    """The groups that are held out: `chosen` bool (groups,), filled by one rule after the other.

    `number`: the group of each photo; `region`: its region; `order`: all groups, those to hold out first at the front.
    """

    def __init__(self, number: NDArray[np.int64], region: NDArray[np.int64], order: NDArray[np.int64], share: float):
        self.size = np.bincount(number)
        self.chosen = np.zeros(self.size.size, bool)
        self.held_out, self.share, self.photos, self.order = 0, share, number.size, order
        self.total = np.bincount(region)
        self.left, self.tested = self.total.copy(), np.zeros(self.total.size, bool)
        self.group, self.region, self.count = _pairs(number, region)
        self.starts = np.append(np.flatnonzero(np.diff(self.group, prepend=-1)), self.group.size)
        # the groups by their main region, in `order` within each
        main = self.region[np.lexsort((self.count, self.group))[self.starts[1:] - 1]]
        place = np.argsort(main[order], kind="stable")
        self.of_region = np.split(order[place], np.searchsorted(main[order][place], np.arange(1, self.total.size)))
        self.largest_first = np.argsort(-self.total, kind="stable").tolist()

    def by_region(self) -> None:
        """As many groups of each region as fit into its share; what is left of one share goes to the next region."""
        room = 0.0
        for region in self.largest_first:
            room += self.share * self.total[region]
            for group in self.of_region[region].tolist():
                if room < 1:
                    break
                if self.size[group] <= room + 1e-9 and self._others_stay(group):
                    self._hold_out(group)
                    room -= self.size[group]

    def small_regions(self) -> None:
        """One group of each region that has none yet: the smallest, while no more than twice the share is held out."""
        for region in self.largest_first:
            if self.tested[region]:
                continue
            free = [group for group in self.of_region[region].tolist() if self._others_stay(group)]
            if not free:
                continue
            group = min(free, key=self.size.__getitem__)
            fits = self.held_out + self.size[group] <= _MOST * self.share * self.photos
            if fits and self.size[group] <= self.total[region] / 2:
                self._hold_out(group)

    def unseen_regions(self) -> None:
        """Where too little was found: more groups, also the last of their regions; at least one, the smallest."""
        room = self.share * self.photos
        if self.held_out >= room / 2 and self.held_out:
            return
        for group in self.order.tolist():
            if not self.chosen[group] and self.held_out + self.size[group] <= room:
                self._hold_out(group)
        if not self.held_out:  # every group is larger than the share: the smallest is the least wrong
            self._hold_out(min(self.order.tolist(), key=self.size.__getitem__))

    def _pairs(self, group: int) -> slice:
        return slice(self.starts[group], self.starts[group + 1])

    def _others_stay(self, group: int) -> bool:
        """Whether the group is not held out yet, and each of its regions keeps other photos to learn from."""
        pairs = self._pairs(group)
        return bool(not self.chosen[group] and (self.left[self.region[pairs]] > self.count[pairs]).all())

    def _hold_out(self, group: int) -> None:
        pairs = self._pairs(group)
        self.chosen[group] = True
        self.held_out += int(self.size[group])
        self.left[self.region[pairs]] -= self.count[pairs]
        self.tested[self.region[pairs]] = True


def _pairs(
    number: NDArray[np.int64], region: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Each pair of a group and a region that it has photos in, by group: (group, region, photos), int64 (pairs,)."""
    width = int(region.max()) + 1
    pairs, photos = np.unique(number * width + region, return_counts=True)
    return pairs // width, pairs % width, photos


def _regions_of(table: pa.Table) -> NDArray[np.int64]:
    if not {"latitude", "longitude"} <= set(table.column_names):
        return np.zeros(len(table), np.int64)
    lat, lng = (pc.fill_null(table[name].cast(pa.float64()), np.nan).to_numpy() for name in ("latitude", "longitude"))
    return regions(lat, lng)


def _ranks(table: pa.Table, number: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """The groups in the order of a hash of their smallest photo_id, so that new photos change little."""
    names = table["photo_id"] if "photo_id" in table.column_names else pa.array(map(str, number))
    found = pa.table({"group": number, "name": names}).group_by("group").aggregate([("name", "min")]).sort_by("group")
    hashes = [_hash(name or "", seed) for name in found["name_min"].to_pylist()]
    return np.array(sorted(range(len(hashes)), key=hashes.__getitem__), np.int64)


def _hash(text: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}:{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
