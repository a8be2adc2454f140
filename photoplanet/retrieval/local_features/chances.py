"""The chance that a match is right, from its evidence: counted on a library's own photos, never falling."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photoplanet.errors import InputError

TRUSTED = 0.95  # the chance from which on a match is called one
LEAST = 20  # matches that were counted, or too few were
BIN = 5  # matches whose share of right ones is counted together, at least, before neighbours are pooled
RULE_VALUES = (0.0, 8.0, 15.0, 25.0, 30.0, 60.0, 120.0)  # of evidence, and the chance where nothing is measured:
RULE_CHANCES = (0.0, 0.2, 0.7, 0.9, 0.95, 0.98, 0.99)  # a cautious rule of thumb, not measured anywhere
RULE_WEIGHT = 4.0  # matches that the rule of thumb counts as beside what is measured
MAX_LEVELS = 1000  # of a file; more is a damaged one


class Chance(NamedTuple):
    """`share`: the chance that a match is right; `right` of `total` matches like it were, (0, 0) where unmeasured."""

    share: float
    right: int = 0
    total: int = 0


class Level(NamedTuple):
    """Matches whose evidence is at least `value` (and below that of the next level): how many, how many were right."""

    value: float
    right: int
    total: int


@dataclass(frozen=True)
class Chances:
    """What was counted, by rising evidence; without levels there was too little to count, and `count` says how much.

    >>> Chances().of(30.0), round(Chances().of(20.0).share, 3)
    (Chance(share=0.95, right=0, total=0), 0.8)
    """

    levels: tuple[Level, ...] = ()
    count: int = 0

    def of(self, value: float) -> Chance:
        """Return the chance that a match with so much evidence is right."""
        below = [level for level in self.levels if level.value <= value]
        if not self.levels:
            return Chance(rule_of_thumb(value))
        level = below[-1] if below else self.levels[0]
        return Chance(_shrunk(level), level.right, level.total)

    @property
    def trusted(self) -> Chance | None:
        """The chance over all levels that are trusted, None without any: the figure that is printed."""
        good = [level for level in self.levels if _shrunk(level) >= TRUSTED]
        if not good:
            return None
        right, total = sum(level.right for level in good), sum(level.total for level in good)
        return Chance(right / total, right, total)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, which `from_dict` reads."""
        return {"count": self.count, "levels": [list(level) for level in self.levels]}


def rule_of_thumb(value: float) -> float:
    """Return the chance of a match with so much evidence where nothing is measured.

    >>> rule_of_thumb(29.0) < TRUSTED <= rule_of_thumb(30.0)
    True
    """
    return float(np.interp(value, RULE_VALUES, RULE_CHANCES))


def measure(values: ArrayLike, right: ArrayLike) -> Chances:
    """Count matches with known answers: evidence float (n,), bool (n,). Fewer than 20 are too few to count.

    Levels of at least 5 matches, joined until the chance never falls as the evidence rises (isotonic regression by
    pooling neighbours, Ayer et al. 1955). Of equal evidence all are in one level.

    >>> measure([5.0] * 30 + [50.0] * 40, [False] * 30 + [True] * 40).levels
    (Level(value=5.0, right=0, total=30), Level(value=50.0, right=40, total=40))
    >>> measure([5.0, 50.0], [False, True])
    Chances(levels=(), count=2)
    """
    evidence, good = np.asarray(values, float), np.asarray(right, bool)
    if len(evidence) < LEAST:
        return Chances((), len(evidence))
    order = np.argsort(-evidence, kind="stable")  # from the top, so that the highest level is the purest
    levels: list[Level] = []
    start = 0
    for end in _ends(evidence[order]):
        rows = order[start:end]
        levels.append(Level(float(evidence[rows].min()), int(good[rows].sum()), len(rows)))
        start = end
    return Chances(tuple(_pooled(levels[::-1])), len(evidence))


def from_dict(facts: Any) -> Chances:
    """Read what `to_dict` gave; InputError for anything else.

    >>> from_dict({"count": 40, "levels": [[5.0, 1, 20], [9.0, 19, 20]]}).of(10).total
    20
    """
    try:
        levels = [Level(float(value), int(right), int(count)) for value, right, count in facts["levels"]]
        count = int(facts["count"])
    except (TypeError, ValueError, KeyError, OverflowError):
        raise InputError("the chances of matches are damaged; open the library again to rebuild its index") from None
    rising = [level.value for level in levels]
    sound = all(0 <= level.right <= level.total and level.total >= 1 and math.isfinite(level.value) for level in levels)
    if not sound or len(levels) > MAX_LEVELS or rising != sorted(rising) or count < 0:
        raise InputError("the chances of matches are damaged; open the library again to rebuild its index")
    return Chances(tuple(levels), count)


def _ends(falling: NDArray[np.float64]) -> list[int]:
    """Where levels of at least 5 end in evidence that falls; what is left joins the last."""
    ends: list[int] = []
    start = 0
    for row in range(1, len(falling) + 1):
        if row - start >= BIN and (row == len(falling) or falling[row] < falling[row - 1]):
            ends.append(row)
            start = row
    if not ends:
        return [len(falling)]
    ends[-1] = len(falling) if len(falling) - start < BIN else ends[-1]
    return ends


def _pooled(levels: Sequence[Level]) -> list[Level]:
    """Neighbouring levels joined until the chance rises with the evidence."""
    found: list[Level] = []
    for level in levels:
        found.append(level)
        while len(found) > 1 and _shrunk(found[-2]) >= _shrunk(found[-1]):
            upper, lower = found.pop(), found.pop()
            found.append(Level(lower.value, lower.right + upper.right, lower.total + upper.total))
    return found


def _shrunk(level: Level) -> float:
    """The share of right ones, a little towards the rule of thumb: 20 of 20 are not certainty."""
    return (level.right + RULE_WEIGHT * rule_of_thumb(level.value)) / (level.total + RULE_WEIGHT)
