"""A camera's clock beside the clock of a GPS receiver, in photos that have both times."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.clocks import found, local_time, pieces
from photoplanet.albums.clocks.found import Found
from photoplanet.albums.clocks.local_time import Names, Way
from photoplanet.albums.clocks.pieces import Piece
from photoplanet.albums.clocks.readings import DAY, Floats

HOW = "GPS time"
ROLLOVER = 1024 * 7 * DAY  # receivers count weeks in ten bits, and old ones begin anew
LOCAL_LEAST = 300.0  # seconds; a GPS time that is the clock's own within this may be local time in the wrong field
RIGHT = 60.0  # seconds: a clock that states its zone and is no more off is left as it is
_PIECE_COSTS = 3  # readings that one more piece must explain


def clock(
    shown: Floats, stated: Floats, receiver: Floats, zones: Callable[[], Names], way: Callable[[], Way]
) -> Found | None:
    """The clock of n readings in time order, by those that have a receiver's time; None where they say nothing.

    Seconds since 1970 (n,), `stated` seconds ahead of UTC (n,), NaN where not there; `zones` gives the places' own.
    Clocks that were not set on the way stay ahead of UTC by the same; those that were follow the local time of the
    place, with an error of their own. Whichever explains more readings with fewer settings is taken, of two that are
    equal the former. Readings that state their zone are only corrected where they are over a minute off.

    >>> nan = np.full(4, np.nan)
    >>> at = np.arange(4) * 3600.0
    >>> found = clock(at + 7110, nan, at, lambda: np.full(4, ""), lambda: Way(nan, np.full(4, "")))
    >>> found.ahead.tolist(), found.used
    ([7110.0, 7110.0, 7110.0, 7110.0], 4)
    """
    off = unrolled(shown - receiver)
    both = np.flatnonzero(~np.isnan(off))
    if not len(both):
        return None
    zone = np.where(np.isnan(stated), local_time.in_zones(zones(), receiver, by_clock=False), stated)
    says = both[~((np.abs(off[both]) < LOCAL_LEAST) & ~(np.abs(zone[both]) < LOCAL_LEAST))]
    if not len(says):
        return None
    zoned = ~np.isnan(stated)
    if zoned[says].all():
        return _corrected(shown, stated, off, says, zoned)
    fixed = pieces.fitted(shown[says], off[says])
    following = says[~np.isnan(zone[says])]
    by_place = pieces.fitted(shown[following], (off - zone)[following])
    if _cost(by_place, len(says)) < _cost(fixed, len(says)):
        error = pieces.ahead(by_place, shown)
        ahead = _following(shown, error, zones(), way) + error
        return _unless_stated(Found(HOW, ahead, _used(by_place), len(shown), tuple(by_place), True), stated)
    if not fixed or (_used(fixed) < pieces.FEWEST and not all(found.plausible(piece.offset) for piece in fixed)):
        return None
    return _unless_stated(found.of_pieces(HOW, shown, fixed, _used(fixed), len(shown)), stated)


def unrolled(off: Floats) -> Floats:
    """Seconds (n,) between two clocks, without the 1,024 weeks (or twice as many) that a receiver has lost.

    >>> unrolled(np.array([ROLLOVER + 7200.0, 400 * 86400.0])).tolist()
    [7200.0, 34560000.0]
    """
    rest = off - np.round(off / ROLLOVER) * ROLLOVER
    return np.where(np.abs(rest) <= 15 * 3600, rest, off)


def says_nothing(shown: Floats, receiver: Floats) -> int:
    """How many readings (n,) have a GPS time that is the clock's own, which may be local time in the wrong field.

    >>> says_nothing(np.array([0.0, 7200.0]), np.array([1.0, 0.0]))
    1
    """
    return int((np.abs(shown - receiver) < LOCAL_LEAST).sum())


def _corrected(
    shown: Floats, stated: Floats, off: Floats, says: NDArray[np.int64], zoned: NDArray[np.bool_]
) -> Found | None:
    """A clock that states its zone, where receivers show that it is wrong all the same."""
    errors = pieces.fitted(shown[says], (off - stated)[says])
    if _used(errors) < pieces.FEWEST or all(abs(piece.offset) <= RIGHT for piece in errors):
        return None
    error = pieces.ahead(errors, shown)
    wrong = zoned & (np.abs(error) > RIGHT)
    return Found(HOW, np.where(wrong, stated + error, stated), _used(errors), len(shown), tuple(errors), True)


def _unless_stated(clock: Found, stated: Floats) -> Found:
    """The same; what states its zone and is no more than a minute off keeps that."""
    keep = np.abs(clock.ahead - stated) <= RIGHT
    return replace(clock, ahead=np.where(keep | np.isnan(clock.ahead), stated, clock.ahead))


def _following(shown: Floats, error: Floats, zone: Names, way: Callable[[], Way]) -> Floats:
    """Seconds ahead of UTC (n,) of the local time that a clock follows with an `error` (n,)."""
    own = local_time.in_zones(zone, shown - error, by_clock=True)
    open_ = np.isnan(own) & ~np.isnan(error)
    if open_.any() and len(way()):
        own[open_] = way().ahead_of_clock((shown - error)[open_])[0]
    return own


def _cost(fitted: list[Piece], readings: int) -> float:
    return readings - _used(fitted) + _PIECE_COSTS * len(fitted) if fitted else np.inf


def _used(fitted: list[Piece]) -> int:
    return sum(piece.count for piece in fitted)
