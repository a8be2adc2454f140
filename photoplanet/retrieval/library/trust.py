"""Whether to believe a match: its evidence, the chance that such matches are right, and what time makes impossible."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core import regular
from photoplanet.core.atomic import open_replacing
from photoplanet.errors import InputError
from photoplanet.models.folder import sha256
from photoplanet.retrieval.library import voting
from photoplanet.retrieval.library.backends import Facts, Hit, checked_file
from photoplanet.retrieval.library.leaving_out import KINDS, Measured, kind_of
from photoplanet.retrieval.library.times import Moment, Moments
from photoplanet.retrieval.library.voting import Candidate, Places
from photoplanet.retrieval.local_features import chances
from photoplanet.retrieval.local_features.chances import FLOOR, LEAST, TRUSTED
from photoplanet.retrieval.local_features.root_sift import Features
from photoplanet.retrieval.local_features.search import LocalMatch

VERSION = 2  # of how evidence is weighed and counted; an index of another is measured anew
MAX_MARKS = 1 << 24  # movable details of a file
NOTHING: tuple[NDArray[np.int32], ...] = ()
NOTHING_MEASURED = Measured(0, {}, dict.fromkeys(KINDS, chances.Chances()))
TOO_FEW = "too few to know"
WORDS = {"other_days": "of other days", "same_day": "of the same day", "unknown_day": "whose days are not known"}


class Trust:
    """What a library knows about its own matches; `marks`: row → its movable details.

    >>> here = Places(np.array([55.7]), np.array([13.2]))
    >>> Trust(NOTHING_MEASURED, here, Moments([""])).lines()
    ['too few of its own photos match each other to know how often that is right (0 of 20); a rule of thumb decides']
    """

    def __init__(self, measured: Measured, places: Places, moments: Moments):
        self.measured, self.places, self.moments = measured, places, moments

    def judge(
        self, query: Features, when: Moment, found: Sequence[LocalMatch], features_of: Callable[[int], Features]
    ) -> list[Hit]:
        """Return all verified candidates of a query with their chances: trusted first, then by details, then by score.

        `when`: the moment of the query. A match that time makes impossible has the chance 0. What is at one place is
        right together, as it was measured: a match has the chance of the surest within 25 km, if it has evidence.
        """
        candidates = [Candidate(each.row, each.pairs, each.matched) for each in found]
        weighed = voting.count(query, candidates, features_of, self.places, self._marked)
        given, never = [], []
        for each, evidence in zip(found, weighed, strict=True):
            place = float(self.places.latitude[each.row]), float(self.places.longitude[each.row])
            never.append(self.moments.impossible(when, place, *self.places))
            measured = self.measured.of(kind_of(self.moments, when, each.row))
            given.append(chances.Chance(0.0) if never[-1] else measured.of(evidence.value))
        rows = [each.row for each in found]
        hits = []
        for each, evidence, chance, impossible in zip(found, weighed, given, never, strict=True):
            if evidence.value >= FLOOR and not impossible:
                near = np.flatnonzero(self.places.km(each.row, rows) <= voting.RIGHT_KM)
                chance = max((given[row] for row in near), key=lambda one: one.share)
            hits.append(Hit(
                each.row, each.score, each.inliers, None, chance.share >= TRUSTED, each.pairs, evidence.details, chance,
                impossible,
            ))  # fmt: skip
        return sorted(
            hits, key=lambda hit: (not hit.trusted, -(hit.details or 0), -(hit.inliers or 0), -hit.score, hit.row)
        )

    def lines(self) -> list[str]:
        """What a person should know of how far matches can be trusted, a line for each kind that was measured."""
        found = []
        for kind, which in WORDS.items():
            measured = self.measured.chances[kind]
            best, km = measured.trusted, f"within {voting.RIGHT_KM:g} km"
            if best is not None and not best.total:
                found.append(f"photos left out: {TOO_FEW} how often trusted matches {which} are right")
            elif best is not None:
                few = f"; {TOO_FEW}" if best.total < LEAST else ""
                found.append(
                    f"photos left out: {best.right:,} of {best.total:,} trusted matches {which} were {km}{few}"
                )
            elif measured.levels:
                found.append(f"photos left out: no kind of match {which} was {km} in {TRUSTED:.0%} of the cases; none "
                             "is trusted")  # fmt: skip
        if not found:
            count = max(measured.count for measured in self.measured.chances.values())
            found.append("too few of its own photos match each other to know how often that is right "
                         f"({count} of {LEAST}); a rule of thumb decides")  # fmt: skip
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: how many photos were left out, and what was counted."""
        kinds = {kind: measured.to_dict() for kind, measured in self.measured.chances.items()}
        return {"left_out": self.measured.photos, "trusted_from": TRUSTED, "within_km": voting.RIGHT_KM, **kinds}

    def _marked(self, row: int) -> Sequence[NDArray[np.int32]]:
        marks = self.measured.marks.get(row)
        return NOTHING if marks is None else (marks,)


def such(chance: chances.Chance) -> str:
    """Say how often matches like one were right, as far as that is known.

    >>> such(chances.Chance(0.97, 57, 59)), such(chances.Chance(0.96, 7, 7))
    ('57 of 59 such matches were within 25 km', '7 of 7 such matches were within 25 km (too few to know)')
    >>> such(chances.Chance(0.96))
    'by a rule of thumb'
    """
    if not chance.total:
        return "by a rule of thumb"
    few = f" ({TOO_FEW})" if chance.total < LEAST else ""
    return f"{chance.right:,} of {chance.total:,} such matches were within {voting.RIGHT_KM:g} km{few}"


def save(measured: Measured, path: Path) -> Facts:
    """Write what was measured; return its facts for the manifest.

    >>> path = getfixture("tmp_path") / "movable.npy"
    >>> facts = save(NOTHING_MEASURED._replace(marks={4: np.array([1, 5], np.int32)}), path)
    >>> load(path.parent, facts, 5).marks
    {4: array([1, 5], dtype=int32)}
    """
    rows = sorted(measured.marks)
    parts = [np.stack([np.full(len(measured.marks[row]), row), measured.marks[row]], axis=1) for row in rows]
    table = np.concatenate([np.zeros((0, 2), np.int64), *parts]).astype(np.int32)
    with open_replacing(path, "wb") as file:
        np.save(file, table, allow_pickle=False)
    kinds = {kind: each.to_dict() for kind, each in measured.chances.items()}
    return {"file": path.name, "sha256": sha256(path), "photos": measured.photos, **kinds}


def load(folder: Path, facts: Mapping[str, Any], photos: int) -> Measured:
    """Read what `save` wrote for a library of so many photos; InputError for damaged files.

    >>> facts = save(NOTHING_MEASURED._replace(photos=7), getfixture("tmp_path") / "movable.npy")
    >>> load(getfixture("tmp_path"), facts, photos=7).photos
    7
    """
    path = checked_file(folder, facts)
    wrong = InputError(f"{path}: not the movable details of a library; open the library again to rebuild it")
    try:
        with regular.open_regular(path) as file:
            table = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        raise wrong from None
    if not isinstance(table, np.ndarray) or table.dtype != np.int32 or table.shape[1:] != (2,):
        raise wrong
    if len(table) > MAX_MARKS or (len(table) and (table.min() < 0 or table[:, 0].max() >= photos)):
        raise wrong
    rows, starts = np.unique(table[:, 0], return_index=True)
    marks = dict(zip(rows.tolist(), np.split(table[:, 1], starts[1:]) if len(rows) else [], strict=True))
    return Measured(int(facts["photos"]), marks, {kind: chances.from_dict(facts.get(kind)) for kind in KINDS})
