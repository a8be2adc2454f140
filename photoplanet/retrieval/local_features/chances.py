"""The chance that a match is right, from its evidence: counted on a library's own photos, never falling.

What is counted also chooses from which evidence on matches are trusted, so the share of right ones among those would
flatter itself. It is therefore counted again on matches that had no part in the choice (`Chances.trusted`).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photoplanet.errors import InputError

TRUSTED = 0.95  # the chance from which on a match is called one
LEAST = 20  # matches that were counted, or too few were
BIN = 3  # matches whose share of right ones is counted together, at least, before neighbours are pooled
FLOOR = 8.0  # of evidence: less may agree by accident, and is never trusted
# where nothing is measured, and so nothing known of movable things: what fills over half of the photo is a place
RULE = (0.0, 8.0, 15.0, 30.0, 60.0, 120.0), (0.0, 0.1, 0.4, 0.8, 0.95, 0.98)
# before anything is counted in a library whose movable things were looked for (benchmarks/local_trust.py, seeds 1 to 7)
PRIOR = (0.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 30.0, 60.0), (0.0, 0.05, 0.2, 0.5, 0.75, 0.9, 0.94, 0.97, 0.98)
PRIOR_WEIGHT = 8.0  # matches that the prior counts as beside what is counted
FOLDS = 5  # parts of the matches, whole days and places, that are trusted by what the other parts say
BARS = (0.95, 0.97, 0.98, 0.99)  # chances from which on matches are trusted: the first by which 95 % of them are right
NEVER = 2.0  # where none does
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

    `bar`: matches of a level are trusted where its share is at least this; `right` of `total` matches that are trusted
    by what the others say were right.

    >>> Chances().of(60.0), round(Chances().of(20.0).share, 3)
    (Chance(share=0.95, right=0, total=0), 0.533)
    """

    levels: tuple[Level, ...] = ()
    count: int = 0
    bar: float = TRUSTED
    right: int = 0
    total: int = 0

    def of(self, value: float) -> Chance:
        """Return the chance that a match with so much evidence is right; at least `TRUSTED` where it is trusted."""
        if not self.levels:
            return Chance(rule_of_thumb(value))
        below = [level for level in self.levels if level.value <= value]
        level = below[-1] if below else self.levels[0]
        share = _at(level, value)
        if value < FLOOR or TRUSTED <= share < self.bar:  # too little, or not sure where it had no part in the choice
            return Chance(min(share, TRUSTED - 0.01), level.right, level.total)
        counted = (self.right, self.total) if share >= TRUSTED else (level.right, level.total)
        return Chance(share, *counted)

    @property
    def trusted(self) -> Chance | None:
        """How many matches that are trusted are right, None where none is: the figure that is printed."""
        if not self.levels or self.of(max(PRIOR[0][-1], self.levels[-1].value)).share < TRUSTED:
            return None
        return Chance(self.right / max(1, self.total), self.right, self.total)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, which `from_dict` reads."""
        held_out = {"bar": self.bar, "held_out": [self.right, self.total]}
        return {"count": self.count, "levels": [list(level) for level in self.levels], **held_out}


def rule_of_thumb(value: float) -> float:
    """Return the chance of a match with so much evidence where nothing is measured.

    >>> rule_of_thumb(59.0) < TRUSTED <= rule_of_thumb(60.0)
    True
    """
    return float(np.interp(value, *RULE))


def measure(values: ArrayLike, right: ArrayLike, groups: ArrayLike | None = None) -> Chances:
    """Count matches with known answers: evidence float (n,), bool (n,). Fewer than 20 are too few to count.

    Levels of at least 3 matches, joined until the chance never falls as the evidence rises (isotonic regression by
    pooling neighbours, Ayer et al. 1955). Of equal evidence all are in one level. Then every fifth of the matches is
    judged by levels of the other four; those of one of the `groups` int (n,), such as days, stay together.

    >>> found = measure([5.0] * 30 + [50.0] * 40, [False] * 30 + [True] * 40)
    >>> found.levels
    (Level(value=5.0, right=0, total=30), Level(value=50.0, right=40, total=40))
    >>> found.trusted
    Chance(share=1.0, right=40, total=40)
    >>> measure([5.0, 50.0], [False, True])
    Chances(levels=(), count=2, bar=0.95, right=0, total=0)
    """
    evidence, good = np.asarray(values, float), np.asarray(right, bool)
    if len(evidence) < LEAST:
        return Chances((), len(evidence))
    levels = _levels(evidence, good)
    held = _held_out(evidence, good, np.arange(len(evidence)) if groups is None else np.asarray(groups))
    for bar in BARS:
        trusted = held >= bar
        correct, total = int((trusted & good).sum()), int(trusted.sum())
        if correct >= TRUSTED * total:  # or too few to tell
            return Chances(levels, len(evidence), bar, correct, total)
    return Chances(levels, len(evidence), NEVER)


def from_dict(facts: Any) -> Chances:
    """Read what `to_dict` gave; InputError for anything else.

    >>> held_out = {"bar": 0.95, "held_out": [19, 20]}
    >>> from_dict({"count": 40, "levels": [[5.0, 1, 20], [30.0, 20, 20]], **held_out}).of(35.0).total
    20
    """
    try:
        levels = [Level(float(value), int(right), int(count)) for value, right, count in facts["levels"]]
        count, bar, (right, total) = int(facts["count"]), float(facts["bar"]), map(int, facts["held_out"])
    except (TypeError, ValueError, KeyError, OverflowError):
        raise InputError("the chances of matches are damaged; open the library again to rebuild its index") from None
    rising = [level.value for level in levels]
    sound = all(0 <= level.right <= level.total and level.total >= 1 and math.isfinite(level.value) for level in levels)
    sound = sound and TRUSTED <= bar <= NEVER and 0 <= right <= total <= count
    if not sound or len(levels) > MAX_LEVELS or rising != sorted(rising):
        raise InputError("the chances of matches are damaged; open the library again to rebuild its index")
    return Chances(tuple(levels), count, bar, right, total)


def _levels(evidence: NDArray[np.float64], good: NDArray[np.bool_]) -> tuple[Level, ...]:
    """The levels of matches, by rising evidence."""
    order = np.argsort(-evidence, kind="stable")  # from the top, so that the highest level is the purest
    levels: list[Level] = []
    start = 0
    for end in _ends(evidence[order]):
        rows = order[start:end]
        levels.append(Level(float(evidence[rows].min()), int(good[rows].sum()), len(rows)))
        start = end
    return tuple(_pooled(levels[::-1]))


def _held_out(evidence: NDArray[np.float64], good: NDArray[np.bool_], groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """The chance (n,) of each match by the levels of those in other folds; groups are dealt out, the largest first."""
    names, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    folds, load = np.zeros(len(names), np.int64), np.zeros(FOLDS)
    for name in np.argsort(-sizes, kind="stable"):
        folds[name] = load.argmin()
        load[folds[name]] += sizes[name]
    found = np.zeros(len(evidence))
    for number in range(FOLDS):
        out = folds[group] == number
        if out.any() and not out.all():
            others = Chances(_levels(evidence[~out], good[~out]))
            found[out] = [others.of(float(value)).share for value in evidence[out]]
    return found


def _ends(falling: NDArray[np.float64]) -> list[int]:
    """Where levels of at least 3 end in evidence that falls; what is left joins the last."""
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
    """Neighbouring levels joined until the share of right ones rises with the evidence, and the chance with it."""
    return _joined(_joined(levels, lambda level, _: level.right / level.total), _at)


def _joined(levels: Sequence[Level], share: Callable[[Level, float], float]) -> list[Level]:
    found: list[Level] = []
    for level in levels:
        found.append(level)
        while len(found) > 1 and share(found[-2], found[-1].value) >= share(found[-1], found[-1].value):
            upper, lower = found.pop(), found.pop()
            found.append(Level(lower.value, lower.right + upper.right, lower.total + upper.total))
    return found


def _at(level: Level, value: float) -> float:
    """The chance of a match of a level: its share of right ones, a little towards the prior of so much evidence."""
    prior = float(np.interp(value, *PRIOR))
    return (level.right + PRIOR_WEIGHT * prior) / (level.total + PRIOR_WEIGHT)
