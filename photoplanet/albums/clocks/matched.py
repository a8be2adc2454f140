"""A camera's clock by another's: photos that both took at one event, and that show the same.

A pair of photos that match was taken at nearly the same time, or is a false match, or one of another visit. The time
between the two clocks on which many pairs agree is the difference of these clocks. How many would agree by chance is
measured on the pairs themselves, by pairing them anew at random.
"""

from dataclasses import replace

import numpy as np

from photoplanet.albums.clocks import found
from photoplanet.albums.clocks.found import Found
from photoplanet.albums.clocks.on_track import in_pieces
from photoplanet.albums.clocks.pieces import Piece, fitted
from photoplanet.albums.clocks.readings import Floats, Rows

HOW = "matching photos"
SCALE, AGREE = 90.0, 300.0  # seconds between two photos of one moment: half are within, and no more than
SAME_MOMENT = 30.0  # seconds: one of two people may always be the later one
BURST = 120.0  # seconds between photos of one camera that are one witness
FEWEST = 4  # bursts of either camera that must agree
LEAD = 2.0  # times as much as any other offset
CHANCE = 0.01  # at most, that as many agree by chance
MOST_PAIRS = 600
_SHUFFLES = 199
_DRAWS = 200


def clock(shown: Floats, other: Floats, pairs: Rows, name: str | None = None) -> Found | None:
    """The clock of n readings in time order beside m `other` moments, by `pairs` (k, 2) of rows that match; or None.

    Seconds since 1970. `name`: of the other camera, where its own clock is not known.

    >>> other = np.array([0.0, 3000, 4000, 9000, 20000, 50000])
    >>> found = clock(other + 7110, other, np.array([[0, 0], [1, 1], [2, 2], [3, 3], [4, 4], [5, 5], [5, 1]]))
    >>> float(found.ahead[0]), found.used, bool(found.sure > 0.98)
    (7110.0, 6, True)
    """
    pairs = _witnesses(shown, other, pairs)
    at = shown[pairs[:, 0]]

    def find(rows: Rows) -> tuple[Piece, Rows, float] | None:
        return _agreed(shown, other, pairs, rows)

    clock_pieces, used, sure = in_pieces(find, np.arange(len(pairs)), at)
    if not clock_pieces:
        return None
    return replace(found.of_pieces(HOW, shown, clock_pieces, used, len(pairs), sure), other=name)


def _witnesses(shown: Floats, other: Floats, pairs: Rows) -> Rows:
    """Pairs of which no two are of the same two bursts, in time order."""
    if not len(pairs):
        return np.zeros((0, 2), np.int64)
    bursts = np.column_stack([_bursts(shown)[pairs[:, 0]], _bursts(other)[pairs[:, 1]]])
    _, first = np.unique(bursts, axis=0, return_index=True)
    kept = pairs[first]
    kept = kept[np.argsort(shown[kept[:, 0]], kind="stable")]
    some = np.unique(np.linspace(0, len(kept) - 1, min(MOST_PAIRS, len(kept))).round().astype(int))
    return np.asarray(kept[some])


def _bursts(seconds: Floats) -> Rows:
    order = np.argsort(seconds, kind="stable")
    number = np.zeros(len(seconds), np.int64)
    number[order] = np.cumsum(np.concatenate([[0], np.diff(seconds[order]) > BURST])[: len(seconds)])
    return number


def _agreed(shown: Floats, other: Floats, pairs: Rows, rows: Rows) -> tuple[Piece, Rows, float] | None:
    """The difference that most of the pairs in `rows` agree on, those that do, and one less the chance of an accident.

    None where fewer than four agree, where another difference has half as many, or where chance brings as many.
    """
    mine, theirs = shown[pairs[rows, 0]], other[pairs[rows, 1]]
    off = mine - theirs
    score = _scores(off)
    if not len(off):
        return None
    best = off[score.argmax()]
    agree = rows[np.abs(off - best) <= AGREE]
    if min(len(np.unique(pairs[agree, side])) for side in (0, 1)) < FEWEST:
        return None
    away = np.abs(off - best) > 2 * AGREE
    if away.any() and score[away].max() * LEAD > score.max():
        return None
    rng = np.random.default_rng(0)
    by_chance = [_scores(mine - rng.permutation(theirs)).max() for _ in range(_SHUFFLES)]
    chance = (1 + sum(each >= score.max() for each in by_chance)) / (1 + _SHUFFLES)
    if chance > CHANCE:
        return None
    return _piece(shown[pairs[agree, 0]], shown[pairs[agree, 0]] - other[pairs[agree, 1]]), agree, 1 - chance


def _scores(off: Floats) -> Floats:
    """How many differences (k,) are near each of them, near ones in full."""
    found: Floats = np.zeros(len(off))
    for start in range(0, len(off), 200):
        found[start : start + 200] = (1 / (1 + ((off[start : start + 200, None] - off) / SCALE) ** 2)).sum(axis=1)
    return found


def _piece(at: Floats, off: Floats) -> Piece:
    """The median difference, and its interval by drawing anew; with its drift where one is shown."""
    one = fitted(at, off)
    if len(one) == 1 and one[0].drift:
        return one[0]
    rng = np.random.default_rng(0)
    draws = np.median(off[rng.integers(0, len(off), (_DRAWS, len(off)))], axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    value = float(np.median(off))
    quarter = float(round(value / 900) * 900)
    value = quarter if low <= quarter <= high else value
    return Piece(float(at.min()), float(at.max()), value, float(min(low, value - SAME_MOMENT)),
                 float(max(high, value + SAME_MOMENT)), len(off))  # fmt: skip
