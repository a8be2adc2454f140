"""Albums as methods see them (slots in time order), and how photos become albums: order, bad times, gaps, cameras."""

import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.names import natural_key
from photoplanet.errors import InputError

MAX_PHOTOS = 2000  # memory grows with an album; a longer one is cut at its longest pauses
GAP_HOURS = 72.0  # a longer pause between two photos starts another album, where no column says what an album is

_FRACTION = re.compile(r"(?<=:\d\d)\.\d+")  # of a second
Times = NDArray[np.datetime64]


@dataclass(frozen=True)
class Album:
    """n slots in time order, each a photo (read or not) or a point of a track.

    `gaps` (n − 1,) float64: hours from each slot to the next, 0 or more, NaN where unknown. `known` (n,) int32: the
    class of a slot whose place is known (an anchor), −1 elsewhere.

    >>> len(Album(gaps=np.array([0.5]), known=np.array([-1, 7], np.int32)))
    2
    """

    gaps: NDArray[np.float64]
    known: NDArray[np.int32]

    def __post_init__(self) -> None:
        if len(self.gaps) != max(len(self.known) - 1, 0):
            raise InputError(
                f"{len(self.known)} slots have {len(self.known) - 1} gaps between them, not {len(self.gaps)}"
            )
        if (self.gaps < 0).any():
            raise InputError("an album's slots must be in time order, but a gap is under 0 hours; sort them by time")

    def __len__(self) -> int:
        return len(self.known)


@dataclass(frozen=True)
class TimeOrder:
    """Slots in time order: `rows` (n,) int64, which of the given photos each is; `gaps` (n − 1,) hours, NaN unknown."""

    rows: NDArray[np.int64]
    gaps: NDArray[np.float64]


def ties(taken_at: Sequence[Any], names: Sequence[Any]) -> NDArray[np.int64]:
    """Return ranks (n,) that order photos of the same second, as in a burst: by fractions of it, then by names.

    `taken_at`: ISO 8601 or datetimes; `names`: of files, IMG_8 before IMG_10; what is no text keeps its order.

    >>> ties(["12:00:00.5", "12:00:00.25", "12:00:00.25"], ["a.jpg", "IMG_10.jpg", "IMG_8.jpg"]).tolist()
    [2, 1, 0]
    """
    keys = [
        (_fraction(text), natural_key(name) if isinstance(name, str) else ([], ""), row)
        for row, (text, name) in enumerate(zip(taken_at, names, strict=True))
    ]
    ranks = np.empty(len(keys), np.int64)
    ranks[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
    return ranks


def _fraction(moment: Any) -> float:
    if isinstance(moment, datetime):
        return moment.microsecond / 1e6
    found = _FRACTION.search(moment) if isinstance(moment, str) else None
    return float(found[0]) if found else 0.0


def order(times: Times, ties: NDArray[np.int64] | None = None) -> TimeOrder:
    """Put photos (n,) datetime64[s], NaT unknown, into time order; equal times by `ties` (n,), else as given.

    A photo without a time stays behind the one it was given after (the first ones: before all), and the gap around it
    is shared out evenly; before the first and after the last timed photo its gaps are unknown.

    >>> found = order(np.array(["2024-05-01T12:00", "2024-05-01T09:30"], "datetime64[s]"))
    >>> found.rows.tolist(), found.gaps.tolist()
    ([1, 0], [2.5])
    """
    n = len(times)
    timed = ~np.isnat(times)
    # Each untimed photo goes with the timed one before it in the given order: sort by that one's time, then by row.
    leader = np.maximum.accumulate(np.where(timed, np.arange(n), -1))
    seconds = np.where(timed, times, np.datetime64(0, "s")).astype("datetime64[s]").astype(np.int64)
    given = np.arange(n)
    place = np.empty(n, np.int64)
    place[np.lexsort((given, given if ties is None else ties, seconds))] = given
    rows = np.lexsort((given, np.where(leader >= 0, place[leader], -1)))
    known = np.flatnonzero(timed[rows])
    gaps = np.full(max(n - 1, 0), np.nan)
    if len(known):
        hours = np.interp(np.arange(n), known, (seconds[rows[known]] - seconds[rows[known[0]]]) / 3600.0)
        gaps[known[0] : known[-1]] = np.diff(hours)[known[0] : known[-1]].clip(0)
    return TimeOrder(rows, gaps)


def form(
    times: Times,
    albums: Sequence[Hashable | None] | None = None,
    photographers: Sequence[Hashable | None] | None = None,
    cameras: Sequence[Hashable | None] | None = None,
    gap_hours: float = GAP_HOURS,
    max_photos: int = MAX_PHOTOS,
    ties: NDArray[np.int64] | None = None,
) -> list[TimeOrder]:
    """Form albums of n photos: each a `TimeOrder` over the rows given, in the order of their first rows.

    Photos with the same value in `albums` are one album. Where it is missing, those of one photographer and one camera
    are put in time order and cut where the pause is longer than `gap_hours`; cameras are kept apart since their clocks
    differ (leave `cameras` out to have them together). Albums of more than `max_photos` are cut at the longest pause in
    their middle half, again and again. `ties` as for `order`. InputError for columns of different lengths.

    >>> days = np.array(["2024-05-01", "2024-05-02", "2024-06-01"], "datetime64[s]")
    >>> [album.rows.tolist() for album in form(days)]
    [[0, 1], [2]]
    """
    n = len(times)
    for name, column in (("albums", albums), ("photographers", photographers), ("cameras", cameras)):
        if column is not None and len(column) != n:
            raise InputError(f"{name} has {len(column)} values for {n} photos; give one per photo")
    if not gap_hours > 0:
        raise InputError(f"gap_hours must be more than 0, not {gap_hours}")
    if max_photos < 2:
        raise InputError(f"max_photos must be 2 or more, not {max_photos}")
    groups: dict[tuple[Hashable, ...], list[int]] = {}
    for row in range(n):
        named = albums[row] if albums is not None else None
        who = (photographers[row] if photographers else None, cameras[row] if cameras else None)
        groups.setdefault(("album", named) if named not in (None, "") else ("who", *who), []).append(row)
    found: list[TimeOrder] = []
    for key, members in groups.items():
        rows = np.array(members)
        inside = order(times[rows], None if ties is None else ties[rows])
        whole = TimeOrder(rows[inside.rows], inside.gaps)
        pauses = np.flatnonzero(whole.gaps > gap_hours).tolist() if key[0] == "who" else []
        found += [piece for part in _cut(whole, pauses) for piece in _halved(part, max_photos)]
    return sorted(found, key=lambda each: int(each.rows.min()))


def _cut(whole: TimeOrder, pauses: Iterable[int]) -> list[TimeOrder]:
    edges = [0, *(int(gap) + 1 for gap in pauses), len(whole.rows)]
    return [TimeOrder(whole.rows[start:stop], whole.gaps[start : stop - 1]) for start, stop in pairwise(edges)]


def _halved(part: TimeOrder, max_photos: int) -> list[TimeOrder]:
    n = len(part.rows)
    if n <= max_photos:
        return [part]
    middle = np.nan_to_num(part.gaps[n // 4 : n - n // 4 - 1], nan=0.0)
    longest = np.flatnonzero(middle == middle.max()) + n // 4
    nearest = longest[np.abs(longest - (n // 2 - 1)).argmin()]  # of equal pauses, the one in the middle
    return [piece for half in _cut(part, [nearest]) for piece in _halved(half, max_photos)]
