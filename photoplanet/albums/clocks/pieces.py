"""How far a clock was ahead of UTC, fitted to readings whose UTC is known: by pieces, since people set clocks anew.

Within a piece the clock goes evenly. It may gain or lose (drift), which is only believed where the interval of the
slope leaves out zero. Single readings that say otherwise are passed over: a receiver that has no fix yet writes the
time of its last one.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from photoplanet.albums.clocks.readings import DAY, Floats, Rows

SAME = 60.0  # seconds: readings closer than this may be of one setting of the clock
CLOSE = 5.0  # seconds around the commonest value within which readings count for the estimate
ROUNDED = 3.0  # seconds: both clocks cut off fractions, and a fix is a second old when it is written
UNCERTAIN = 300.0  # seconds, for one or two readings: a fix may be minutes old
FEWEST = 3  # readings that one piece needs beside others
MOST_LEFT_OUT = 0.4  # of all readings; with more, they contradict each other
DRIFT_FEWEST, DRIFT_DAYS, DRIFT_LEAST = 8, 2.0, 3.0  # readings, days and seconds of change that a drift needs
MOST_DRIFT = 20.0  # seconds a day; a clock that is worse is broken
REACH = 31 * DAY  # so far from its readings a piece is believed
_SLOPES = 400  # readings whose pairs are looked at for the slope
_Z = 1.96


@dataclass(frozen=True)
class Piece:
    """A clock from `start` to `end` (what it showed, seconds): `offset` seconds ahead of UTC in the middle of these.

    `low` and `high` hold the offset in 19 of 20 cases. `drift`: seconds gained a day, 0 where none is shown, with
    `drift_low` and `drift_high`. `count`: the readings it rests on.
    """

    start: float
    end: float
    offset: float
    low: float
    high: float
    count: int
    drift: float = 0.0
    drift_low: float = 0.0
    drift_high: float = 0.0

    def at(self, shown: Floats) -> Floats:
        """Seconds ahead of UTC (…) when the clock showed `shown` (…)."""
        return np.asarray(self.offset + self.drift * (shown - (self.start + self.end) / 2) / DAY)


def fitted(shown: Floats, offset: Floats) -> list[Piece]:
    """The pieces of a clock, in time order, by n readings: what it showed, and how far it was ahead of UTC, in seconds.

    None at all where too many readings contradict the others.

    >>> shown = np.arange(6) * 86400.0
    >>> [(piece.offset, piece.count) for piece in fitted(shown, np.array([7200.0, 7201, 7200, 3600, 3600, 3600]))]
    [(7200.0, 3), (3600.0, 3)]
    """
    order = np.argsort(shown, kind="stable")
    shown, offset = shown[order], offset[order]
    setting = _settings(shown, offset)
    count = np.bincount(setting, minlength=1)
    likely = np.flatnonzero((count[setting] >= FEWEST) | (2 * count[setting] > count.max()))
    runs = [likely[run] for run in _runs(setting[likely])]
    counted = sum(len(run) for run in runs)
    if not counted or counted < (1 - MOST_LEFT_OUT) * len(shown):
        return []
    return [_piece(shown[run], offset[run]) for run in runs]


def ahead(pieces: list[Piece], shown: Floats) -> Floats:
    """Seconds ahead of UTC (n,) by the piece nearest to what the clock showed (n,); NaN a month or more from all.

    >>> pieces = fitted(np.arange(4) * 86400.0, np.full(4, 3600.0))
    >>> ahead(pieces, np.array([0.0, 9e9])).tolist()
    [3600.0, nan]
    """
    found, best = np.full(len(shown), np.nan), np.full(len(shown), np.inf)
    for piece in pieces:
        away = np.maximum(np.maximum(piece.start - shown, shown - piece.end), 0)
        nearer = (away < best) & (away <= REACH)
        found[nearer] = piece.at(shown[nearer])
        best = np.where(nearer, away, best)
    return found


def between(pieces: list[Piece], shown: Floats) -> int:
    """How many readings (n,) lie between two pieces, where nobody knows when the clock was set.

    >>> shown = np.arange(6) * 86400.0
    >>> between(fitted(shown, np.array([7200.0, 7200, 7200, 3600, 3600, 3600])), np.array([0.0, 2.5, 4.0]) * 86400)
    1
    """
    total = 0
    for one, other in pairwise(pieces):
        total += int(((shown > one.end) & (shown < other.start)).sum())
    return total


def _settings(shown: Floats, offset: Floats) -> Rows:
    """Which setting of the clock each reading (n,) may be of: those whose offsets form a chain without a gap."""
    slope, _, _ = _slope(shown, offset)
    level = offset - slope * (shown - shown[:1].sum()) / DAY
    if len(level) and np.ptp(level) > np.ptp(offset):
        level = offset
    order = np.argsort(level, kind="stable")
    number = np.zeros(len(level), np.int64)
    number[order] = np.cumsum(np.concatenate([[0], np.diff(level[order]) > SAME])[: len(level)])
    return number


def _runs(setting: Rows) -> list[Rows]:
    """Rows of readings in time order → those of each piece; readings that stand alone among others are left out."""
    kept = np.arange(len(setting))
    for least in range(1, FEWEST):
        starts = np.flatnonzero(np.concatenate([[True], np.diff(setting[kept]) != 0])[: len(kept)])
        sizes = np.diff(np.concatenate([starts, [len(kept)]]))
        if len(sizes) > 1:
            kept = kept[np.repeat(sizes, sizes) > least]
    if not len(kept):
        return []
    return np.split(kept, np.flatnonzero(np.diff(setting[kept])) + 1)


def _piece(shown: Floats, offset: Floats) -> Piece:
    drift, low, high = _slope(shown, offset)
    middle = (shown[0] + shown[-1]) / 2
    level = offset - drift * (shown - middle) / DAY
    near = np.sort(level[np.abs(level - _commonest(level)) <= CLOSE])
    n = len(near)
    rank = int(np.floor(n / 2 - _Z * np.sqrt(n) / 2))
    bounds = (near[rank], near[-rank - 1]) if rank >= 0 and n > 5 else (level.min(), level.max())
    value = float(np.median(near))
    count = int((np.abs(level - value) <= SAME).sum())
    least = ROUNDED if count >= FEWEST else UNCERTAIN
    return Piece(float(shown[0]), float(shown[-1]), value, float(min(bounds[0], value - least)),
                 float(max(bounds[1], value + least)), count, drift, low, high)  # fmt: skip


def _commonest(level: Floats) -> float:
    """The middle of the densest few seconds."""
    values = np.sort(level)
    count = np.searchsorted(values, values + 2 * CLOSE, side="right") - np.arange(len(values))
    first = int(count.argmax())
    return float(np.median(values[first : first + count[first]]))


def _slope(shown: Floats, offset: Floats) -> tuple[float, float, float]:
    """The drift in seconds a day and its interval, by the median of the slopes of all pairs (Theil 1950, Sen 1968).

    Zeros where it is not shown: too few readings or days, too little change, zero inside the interval, or readings that
    are farther from the line than from each other.
    """
    nothing = (0.0, 0.0, 0.0)
    if len(shown) < DRIFT_FEWEST or shown[-1] - shown[0] < DRIFT_DAYS * DAY:
        return nothing
    some = np.unique(np.linspace(0, len(shown) - 1, min(_SLOPES, len(shown))).round().astype(int))
    days, value = shown[some] / DAY, offset[some]
    one, other = np.triu_indices(len(some), 1)
    apart = days[other] - days[one]
    far = apart > 0.25
    slopes = np.sort((value[other] - value[one])[far] / apart[far])
    if len(slopes) < DRIFT_FEWEST:
        return nothing
    n = len(some)
    half = _Z * np.sqrt(n * (n - 1) * (2 * n + 5) / 18) * len(slopes) / (n * (n - 1) / 2)
    ranks = np.clip([(len(slopes) - half) / 2, (len(slopes) + half) / 2], 0, len(slopes) - 1).astype(int)
    low, middle, high = float(slopes[ranks[0]]), float(np.median(slopes)), float(slopes[ranks[1]])
    changed = abs(middle) * (days[-1] - days[0])
    left = value - middle * days
    fits = np.median(np.abs(left - np.median(left))) <= CLOSE
    if low <= 0 <= high or changed < DRIFT_LEAST or abs(middle) > MOST_DRIFT or not fits:
        return nothing
    return middle, low, high
