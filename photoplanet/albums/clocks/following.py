"""Was a clock set on the way, from zone to zone, or left as it was? What its own evidence says of that."""

from dataclasses import replace

import numpy as np

from photoplanet.albums.clocks.found import Found
from photoplanet.albums.clocks.readings import Floats

SAME = 300.0  # seconds: clocks that people set by hand are as near as this to the right time, as a rule


def decided(clock: Found, shown: Floats, local: Floats, wanted: bool) -> Found:
    """A clock of n readings by its pieces, or by `local` time (n,) (seconds ahead of UTC, NaN unknown) with its error.

    Where one setting of the clock goes through zones that differ, it was not set on the way. Where several settings
    all show the local time, with one error, it was. Where the evidence lies in one zone and other readings do not,
    nothing says which of both it is: not set, and a remark, unless the local time is `wanted`.

    >>> shown = np.arange(4) * 86400.0
    >>> from photoplanet.albums.clocks.pieces import Piece
    >>> there = Found("track", np.full(4, 7200.0), 3, 3, (Piece(0.0, 9e4, 7200.0, 7199.0, 7201.0, 3),))
    >>> decided(there, shown, np.array([7200.0, 7200, -14400, -14400]), wanted=True).ahead.tolist()
    [7200.0, 7200.0, -14400.0, -14400.0]
    """
    if clock.local or not clock.pieces or np.isnan(local).all():
        return clock
    errors, crossed = [], False
    for piece in clock.pieces:
        here = local[(shown >= piece.start) & (shown <= piece.end) & ~np.isnan(local)]
        if not len(here):
            return clock
        crossed |= float(np.ptp(here)) > SAME
        errors.append(piece.offset - float(np.median(here)))
    if crossed or np.ptp(errors) > SAME or abs(np.median(errors)) > SAME:
        return clock
    by_place = local + _error(clock, errors, shown)
    if len(clock.pieces) > 1 or wanted:
        return replace(clock, ahead=np.where(np.isnan(by_place), clock.ahead, by_place), local=True, remarks=())
    elsewhere = int((np.abs(by_place - clock.ahead) > SAME).sum())
    if not elsewhere:
        return clock
    remark = (f"{elsewhere:,} photos are of other time zones, and nothing says whether the clock was set there: they "
              "count as if it was not; --time-zone local is for one that was")  # fmt: skip
    return replace(clock, remarks=(*clock.remarks, remark))


def _error(clock: Found, errors: list[float], shown: Floats) -> Floats:
    """How far off the local time the clock was (n,), by the nearest of its pieces, without a bound in time."""
    middles = np.array([(piece.start + piece.end) / 2 for piece in clock.pieces])
    return np.asarray(np.array(errors)[np.abs(shown[:, None] - middles).argmin(axis=1)])
