"""What one source of evidence says of one camera's clock."""

from dataclasses import dataclass, field

import numpy as np

from photoplanet.albums.clocks import pieces
from photoplanet.albums.clocks.local_time import LEAST_AHEAD, MOST_AHEAD
from photoplanet.albums.clocks.pieces import Piece
from photoplanet.albums.clocks.readings import Floats


@dataclass(frozen=True)
class Found:
    """How far ahead of UTC (or of `other`, another camera) a clock was, seconds at each of its n readings, NaN unknown.

    `how`: by what it was found. `pieces`: the clock where it went evenly, without the local time that it follows
    (`local`). `used`: photos that say so, of `asked`. `sure`: how likely it is to be right, None for what is measured,
    stated or given. `remarks`: what else a person should know.
    """

    how: str
    ahead: Floats
    used: int
    asked: int
    pieces: tuple[Piece, ...] = ()
    local: bool = False
    sure: float | None = None
    other: str | None = None
    remarks: tuple[str, ...] = field(default=())


def of_pieces(how: str, shown: Floats, fitted: list[Piece], used: int, asked: int, sure: float | None = None) -> Found:
    """The clock of n readings by its pieces.

    >>> fitted = pieces.fitted(np.zeros(3), np.full(3, 3600.0))
    >>> of_pieces("GPS time", np.array([60.0]), fitted, 3, 3).ahead.tolist()
    [3600.0]
    """
    remarks: tuple[str, ...] = ()
    if doubtful := pieces.between(fitted, shown):
        remarks = (f"{doubtful:,} photos lie between two settings of the clock, and count for the nearer one",)
    return Found(how, pieces.ahead(fitted, shown), used, asked, tuple(fitted), sure=sure, remarks=remarks)


def plausible(offset: float, slack: float = 300.0) -> bool:
    """Whether a clock that people set by the one on a wall may be so many seconds ahead of UTC, or a little off that.

    >>> plausible(7080.0), plausible(6670.0), plausible(86400.0)
    (True, False, False)
    """
    off = abs(offset - np.round(offset / 900) * 900)
    return bool(off <= slack and LEAST_AHEAD - slack <= offset <= MOST_AHEAD + slack)
