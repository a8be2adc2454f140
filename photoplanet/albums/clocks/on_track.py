"""A camera's clock by a track: the offset with which photos whose places are known lie on it."""

from collections.abc import Callable

import numpy as np

from photoplanet.albums.clocks import found, passes, pieces, voting
from photoplanet.albums.clocks.found import Found
from photoplanet.albums.clocks.local_time import QUARTERS
from photoplanet.albums.clocks.passes import NEAR_KM, Line
from photoplanet.albums.clocks.pieces import Piece
from photoplanet.albums.clocks.readings import DAY, Floats, Rows
from photoplanet.albums.clocks.voting import Vote

HOW = "track"
MOST = 300  # photos that vote
SURE = 0.95
SETTINGS = 4  # times that a clock may have been set on the way
AROUND = 180  # seconds around the vote that are looked at one by one
MOVING_KM_S = 0.001  # 3.6 km/h: where the device moved, a photo's place says when it was there
ERROR_KM = 0.01  # between offsets that are as good: receivers are not better
_Z = 1.96

Find = Callable[[Rows], tuple[Piece, Rows, float] | None]  # rows → the clock, the rows that agree, how sure


def clock(shown: Floats, places: Floats, line: Line) -> Found | None:
    """The clock of n readings in time order (seconds since 1970) whose places (n, 2) are known, or NaN.

    None where fewer than three places agree on an offset, or another is nearly as likely.

    >>> times = np.datetime64("2024-05-01T10:00", "s") + 60 * np.arange(61)
    >>> track = passes.Track(times, np.linspace(48, 48.1, 61) ** 1.0, np.full(61, 2.0))
    >>> shown = times[5::10].astype(np.int64) + 7200.0
    >>> places = np.column_stack([track.latitude, track.longitude])[5::10]
    >>> found = clock(shown, places, Line(track))
    >>> abs(found.pieces[0].offset - 7200) < 5, found.used, found.sure > 0.99
    (True, 6, True)
    """
    known = np.flatnonzero(~np.isnan(places).any(axis=1))
    votes = known[passes.thinned(shown[known], places[known], MOST)]
    spans = {int(row): line.passes(*places[row]) for row in votes}
    votes = np.array([row for row in votes if len(spans[int(row)])], np.int64)

    def find(rows: Rows) -> tuple[Piece, Rows, float] | None:
        vote = voting.best([shown[row] - spans[int(row)][:, ::-1] for row in rows])
        if vote is None or vote.sure < SURE:
            return None
        agree = np.array([row for row in rows if _allows(shown[row] - spans[int(row)], vote)], np.int64)
        return _fine(shown[agree], places[agree], line, vote), agree, vote.sure

    fitted, used, sure = in_pieces(find, votes, shown)
    return found.of_pieces(HOW, shown, fitted, used, len(known), sure) if fitted else None


def in_pieces(find: Find, rows: Rows, shown: Floats) -> tuple[list[Piece], int, float]:
    """What `find` finds in `rows`, and again in those before and after these: pieces in time order, votes, how sure.

    >>> in_pieces(lambda rows: None, np.arange(9), np.arange(9.0))
    ([], 0, 1.0)
    """
    fitted: list[Piece] = []
    waiting, used, sure = [rows], 0, 1.0
    while waiting and len(fitted) < SETTINGS:
        some = waiting.pop(0)
        one = find(some) if len(some) >= voting.FEWEST else None
        if one is None:
            continue
        piece, agree, certain = one
        fitted.append(piece)
        used, sure = used + len(agree), min(sure, certain)
        waiting += [some[shown[some] < shown[agree].min()], some[shown[some] > shown[agree].max()]]
    return sorted(fitted, key=lambda piece: piece.start), used, sure


def _allows(spans: Floats, vote: Vote) -> bool:
    return bool(((spans.min(axis=1) <= vote.offset) & (vote.offset <= spans.max(axis=1))).any())


def _fine(shown: Floats, places: Floats, line: Line, vote: Vote) -> Piece:
    """The offset to the second, by how near the device was to each photo's place.

    The interval holds those at which it was not farther away, but for what may be chance: two standard errors.
    """
    tried = vote.offset + np.arange(-AROUND, AROUND + 1.0)
    km = np.array(
        [
            np.minimum(line.km(float(place[0]), float(place[1]), at - tried), NEAR_KM)
            for at, place in zip(shown, places, strict=True)
        ]
    )
    drift = _drift(shown, km, tried, line)
    if drift is not None:
        return drift
    best = _least(km.mean(axis=0))
    farther = km - km[:, best : best + 1]
    few = 1 + 2 / (len(km) - 1)  # how much wider Student's distribution is, roughly
    slack = ERROR_KM + few * _Z * farther.std(axis=0) / np.sqrt(len(km))
    as_good = tried[farther.mean(axis=0) <= slack]
    low, high = float(as_good[0]), float(as_good[-1])
    value = float(tried[best])
    quarter = float(QUARTERS[np.abs(QUARTERS - value).argmin()])
    value = quarter if low <= quarter <= high and high - low > 20 else value
    return Piece(float(shown[0]), float(shown[-1]), value, min(low, value - 1), max(high, value + 1), len(km))


def _drift(shown: Floats, km: Floats, tried: Floats, line: Line) -> Piece | None:
    """The clock with its drift, where photos taken on the move show one."""
    nearest = np.array([tried[_least(each)] for each in km])
    sharp = (line.km_s(shown - nearest) > MOVING_KM_S) & (km.min(axis=1) < NEAR_KM / 3)
    fitted = pieces.fitted(shown[sharp], nearest[sharp]) if sharp.sum() >= pieces.DRIFT_FEWEST else []
    return fitted[0] if len(fitted) == 1 and fitted[0].drift and shown[-1] - shown[0] > DAY else None


def _least(km: Floats) -> int:
    """Where a curve is lowest; of a flat bottom the middle."""
    return int(np.median(np.flatnonzero(km <= km.min() + 1e-6)))
