"""Bootstrap intervals that resample what was drawn: photographers, albums or days, and photos where none is known.

Photos of one person, album or day are right and wrong together, so resampling single photos makes intervals too narrow
(1.3 to 2 times on the toy Earth). Work goes with the number of groups, not of photos times resamples.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from photoplanet.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

RESAMPLES = 2000
FEW = 20  # groups: with fewer, bootstrap intervals are known to be too narrow
COLUMNS = ("photographer", "album", "taken_at")  # of the photo table, in the order of preference
BY = ("photographer", "album", "day", "photo")
_MOST = 2000  # units drawn one by one; more are first put together by chance, into as many
_UNKNOWN = (
    "intervals resample single photos, as the table names no photographer, album or day; "
    "where photos belong together they are too narrow"
)
_BINS = 1024  # ranks between which a median is not told apart
_AT_A_TIME = 100  # resamples
_TAIL = 2.5  # per cent on either side of a 95 % interval


@dataclass(frozen=True, eq=False)
class Units:
    """What is resampled as a whole: `name` in the singular, and the unit of each photo, `number` int (n,) from 0.

    `note`: why intervals by these are too narrow, where that is not seen in their number.

    >>> units = Units("album", np.array([0, 0, 1]))
    >>> units.count, units.described, units.warning
    (2, '2 albums resampled', 'only 2 albums to resample: with fewer than 20, intervals are too narrow')
    """

    name: str
    number: NDArray[np.int64]
    note: str = ""

    @cached_property
    def count(self) -> int:
        """How many units there are."""
        return int(self.number.max()) + 1 if self.number.size else 0

    @property
    def described(self) -> str:
        """What an interval says of itself."""
        return described(facts(self))

    @property
    def warning(self) -> str:
        """Why intervals are to be read with care, in one line; empty where there is no reason."""
        if not self.note and 0 < self.count < FEW:
            words = self.name if self.count == 1 else f"{self.name}s"
            return f"only {self.count:,} {words} to resample: with fewer than {FEW}, intervals are too narrow"
        return self.note

    def some(self, rows: NDArray[np.bool_]) -> "Units":
        """Return the units of some of the photos, bool (n,).

        >>> Units("album", np.array([0, 0, 1])).some(np.array([False, False, True])).number
        array([0])
        """
        return Units(self.name, np.unique(self.number[rows], return_inverse=True)[1].astype(np.int64), self.note)


def photos(count: int, note: str = "") -> Units:
    """Every photo by itself.

    >>> photos(3).described
    '3 photos resampled'
    """
    return Units("photo", np.arange(count), note)


def units(table: "pa.Table", by: str | None = None) -> Units:
    """Return what to resample for a photo table: `by` one of `BY`, or None for the best that is known.

    That is the first of photographer, album and day (of `taken_at`) of which there are at least `FEW`; else the one of
    which there are most; single photos where none is named twice or more. A photo without a value is a unit of its own.
    InputError for another `by`, or where no photo has it.

    >>> import pyarrow as pa
    >>> units(pa.table({"album": ["a", "a", "b", None]})).described
    '3 albums resampled'
    >>> units(pa.table({"album": ["a", "a", "b", None]}), "photo").described
    '4 photos resampled'
    """
    if by is not None and by not in BY:
        raise InputError(f"cannot resample by {by!r}; give one of {', '.join(BY)}")
    if by == "photo":
        return photos(len(table))
    if by is not None:
        found = _units(table, by)
        if found is None:
            raise InputError(f"no photo has a known {by}: resample by {' or '.join(each for each in BY if each != by)}")
        return found
    known = [each for each in (_units(table, name) for name in BY[:-1]) if each is not None and each.count > 1]
    enough = next((each for each in known if each.count >= FEW), None)
    if enough is None:
        return max(known, key=lambda each: each.count, default=photos(len(table), _UNKNOWN))
    if enough is not known[0]:
        whole = known[0]
        note = f"only {whole.count} {whole.name}s, so {enough.name}s are resampled: the intervals hold for these alone"
        return Units(enough.name, enough.number, note)
    return enough


def mean_intervals(
    values: npt.ArrayLike, of: Units, resamples: int = RESAMPLES, random: np.random.Generator | int = 0
) -> NDArray[np.float64]:
    """95 % intervals (m, 2) of the means over photos of `values` (n, m); each holds its mean.

    All NaN where there are no photos; infinite where there is only one unit, which says nothing of others.

    >>> low, high = mean_intervals(np.arange(100.0)[:, None], photos(100))[0]
    >>> bool(low < 49.5 < high)
    True
    """
    rows = np.asarray(values, np.float64)
    if not len(rows):
        return np.full((rows.shape[1], 2), np.nan)
    if of.count == 1:
        return np.tile([-np.inf, np.inf], (rows.shape[1], 1))
    number, count = _bundled(of)
    sums = np.stack([np.bincount(number, column, count) for column in (*rows.T, np.ones(len(rows)))], axis=1)
    means = np.concatenate([(drawn @ sums) for drawn in _drawn(count, resamples, random)])
    low, high = np.percentile(means[:, :-1] / means[:, -1:], [_TAIL, 100 - _TAIL], axis=0)
    middle = rows.mean(axis=0)
    return np.stack([np.minimum(low, middle), np.maximum(high, middle)], axis=1)


def share_intervals(
    hits: npt.ArrayLike, of: Units, resamples: int = RESAMPLES, random: np.random.Generator | int = 0
) -> NDArray[np.float64]:
    """95 % intervals (m, 2) of the shares 0…1 of `hits` bool (n, m); (0, 1) without photos or with one unit.

    Where all or none are hits every resample is the same, and the open end is the exact (Clopper–Pearson) bound for as
    many draws as there are units.

    >>> share_intervals(np.zeros((40, 1), bool), Units("album", np.arange(40) // 2)).round(3)
    array([[0.   , 0.168]])
    """
    rows = np.asarray(hits, np.float64)
    if not len(rows) or of.count == 1:
        return np.tile([0.0, 1.0], (rows.shape[1], 1))
    found, shares = mean_intervals(rows, of, resamples, random).clip(0, 1), rows.mean(axis=0)
    edge = (_TAIL / 100) ** (1 / of.count)
    found[shares == 0, 1], found[shares == 1, 0] = 1 - edge, edge
    return found


def median_interval(
    errors_km: npt.ArrayLike, of: Units, resamples: int = RESAMPLES, random: np.random.Generator | int = 0
) -> tuple[float, float]:
    """95 % interval (low, high) of the median of `errors_km` (n,), infinite where no prediction; NaN for no photos.

    Photos beyond 1,024 are counted by bins of equal size, so that a bound is right to a thousandth of the ranks.

    >>> low, high = median_interval(np.arange(101.0), Units("album", np.arange(101) // 5))
    >>> low < 50 < high
    True
    """
    errors = np.asarray(errors_km, np.float64)
    n = errors.size
    if n == 0:
        return float("nan"), float("nan")
    if of.count == 1:
        return 0.0, float("inf")
    number, count = _bundled(of)
    order = np.argsort(errors, kind="stable")
    bins = min(n, _BINS)
    place = np.arange(n) * bins // n
    held = np.bincount(number[order] * bins + place, minlength=count * bins).reshape(count, bins).astype(np.float64)
    starts = np.searchsorted(place, np.arange(bins))
    values = errors[order][(starts + np.append(starts[1:], n) - 1) // 2]
    medians = np.concatenate([_weighted_medians(values, drawn @ held) for drawn in _drawn(count, resamples, random)])
    medians.sort()  # whole ranks, since an interpolated percentile of infinities is NaN
    cut = int(resamples * _TAIL / 100)
    ordered = errors[order]
    middle = float((ordered[(n - 1) // 2] + ordered[n // 2]) / 2)
    return min(float(medians[cut]), middle), max(float(medians[resamples - 1 - cut]), middle)


def described(intervals: Mapping[str, Any]) -> str:
    """What `facts` says in words.

    >>> described({"resampled": "photographer", "units": 146})
    '146 photographers resampled'
    """
    count, name = intervals["units"], intervals["resampled"]
    return f"{count:,} {name if count == 1 else f'{name}s'} resampled"


def gains(
    ours: npt.ArrayLike, theirs: npt.ArrayLike, of: Units, resamples: int = RESAMPLES, seed: int = 0
) -> NDArray[np.float64]:
    """Mean of `ours` − `theirs` (n, m) over the same photos, and its 95 % interval: (m, 3). Paired, so it is narrow.

    >>> gains([[1.0], [1.0], [0.0]], [[0.0], [1.0], [0.0]], photos(3)).round(2)
    array([[0.33, 0.  , 1.  ]])
    """
    gain = np.asarray(ours, np.float64) - np.asarray(theirs, np.float64)
    return np.column_stack([gain.mean(axis=0), mean_intervals(gain, of, resamples, seed)])


def facts(of: Units) -> dict[str, Any]:
    """What JSON says of an interval: `resampled` (a name of `BY`), `units`, and a `warning` where there is reason.

    >>> facts(Units("album", np.arange(30)))
    {'resampled': 'album', 'units': 30}
    """
    found: dict[str, Any] = {"resampled": of.name, "units": of.count}
    return found | ({"warning": of.warning} if of.warning else {})


def _units(table: "pa.Table", name: str) -> Units | None:
    """The units of one column, None where no photo has a value."""
    import pyarrow as pa

    from photoplanet.photos import grouping

    column = "taken_at" if name == "day" else name
    if column not in table.column_names:
        return None
    values = grouping.days(table[column]) if name == "day" else table[column].cast(pa.string())
    codes = grouping.codes(values) if len(values) else np.empty(0, np.int64)
    if not (codes >= 0).any():
        return None
    alone = codes < 0
    codes[alone] = codes.max() + 1 + np.arange(alone.sum())
    return Units(name, np.unique(codes, return_inverse=True)[1].astype(np.int64))


def _bundled(of: Units) -> tuple[NDArray[np.int64], int]:
    """The unit of each photo and how many there are: at most `_MOST`, which hold equally many of the units by chance.

    Bundles drawn by chance are as independent as the units, so that the interval stays right.
    """
    if of.count <= _MOST:
        return of.number, of.count
    return np.random.default_rng(0).permutation(of.count)[of.number] % _MOST, _MOST


def _drawn(count: int, resamples: int, random: np.random.Generator | int) -> Iterator[NDArray[np.float64]]:
    """How often each of `count` units is in each resample, (at most 100, count) at a time."""
    generator = np.random.default_rng(random)
    for start in range(0, resamples, _AT_A_TIME):
        rows = min(_AT_A_TIME, resamples - start)
        picks = generator.integers(0, count, (rows, count)) + np.arange(rows)[:, None] * count
        yield np.bincount(picks.ravel(), minlength=rows * count).reshape(rows, count).astype(np.float64)


def _weighted_medians(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median of ascending `values` (bins,) under whole weights (resamples, bins)."""
    upto = np.cumsum(weights, axis=1)
    size = upto[:, -1:]
    lower = (upto >= (size + 1) // 2).argmax(axis=1)
    upper = (upto >= size // 2 + 1).argmax(axis=1)
    return np.asarray((values[lower] + values[upper]) / 2)
