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
from photoplanet.retrieval.library import times, voting
from photoplanet.retrieval.library.backends import Facts, Hit, checked_file
from photoplanet.retrieval.library.leaving_out import Measured
from photoplanet.retrieval.library.times import Moment, Moments
from photoplanet.retrieval.library.voting import Candidate, Places
from photoplanet.retrieval.local_features import chances
from photoplanet.retrieval.local_features.chances import LEAST, TRUSTED
from photoplanet.retrieval.local_features.root_sift import Features
from photoplanet.retrieval.local_features.search import LocalMatch

MAX_MARKS = 1 << 24  # movable details of a file
NOTHING: tuple[NDArray[np.int32], ...] = ()


class Trust:
    """What a library knows about its own matches; `marks`: row → its movable details.

    >>> here = Places(np.array([55.7]), np.array([13.2]))
    >>> from photoplanet.retrieval.local_features.chances import Chances
    >>> Trust(Measured(0, {}, Chances(), Chances()), here, Moments([""])).lines()[0]
    'too few of its own photos match each other to measure how often that is right (0 of 20); a rule of thumb decides'
    """

    def __init__(self, measured: Measured, places: Places, moments: Moments):
        self.measured, self.places, self.moments = measured, places, moments

    def judge(
        self, query: Features, when: Moment, found: Sequence[LocalMatch], features_of: Callable[[int], Features]
    ) -> list[Hit]:
        """Return all verified candidates of a query with their chances: trusted first, then by details, then by score.

        `when`: the moment of the query. A match that time makes impossible has the chance 0.
        """
        candidates = [Candidate(each.row, each.pairs, each.matched) for each in found]
        weighed = voting.count(query, candidates, features_of, self.places, self._marked)
        same_day = self.moments.within(when, times.SAME_DAY)
        hits = []
        for each, evidence in zip(found, weighed, strict=True):
            place = float(self.places.latitude[each.row]), float(self.places.longitude[each.row])
            impossible = self.moments.impossible(when, place, *self.places)
            measured = self.measured.same_day if same_day[each.row] else self.measured.other_days
            chance = chances.Chance(0.0) if impossible else measured.of(evidence.value)
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
        for days, measured in (("", self.measured.other_days), (" of the same day", self.measured.same_day)):
            best = measured.trusted
            if best is not None:
                found.append(f"photos left out: {best.right:,} of {best.total:,} matches{days} that are trusted were "
                             f"within {voting.RIGHT_KM:g} km")  # fmt: skip
            elif measured.levels:
                found.append(f"photos left out: no kind of match{days} was within {voting.RIGHT_KM:g} km in "
                             f"{TRUSTED:.0%} of the cases; none is trusted")  # fmt: skip
            elif not days:
                found.append("too few of its own photos match each other to measure how often that is right "
                             f"({measured.count} of {LEAST}); a rule of thumb decides")  # fmt: skip
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: how many photos were left out, and what was counted."""
        return {
            "left_out": self.measured.photos, "trusted_from": TRUSTED, "within_km": voting.RIGHT_KM,
            "other_days": self.measured.other_days.to_dict(), "same_day": self.measured.same_day.to_dict(),
        }  # fmt: skip

    def _marked(self, row: int) -> Sequence[NDArray[np.int32]]:
        marks = self.measured.marks.get(row)
        return NOTHING if marks is None else (marks,)


def save(measured: Measured, path: Path) -> Facts:
    """Write what was measured; return its facts for the manifest.

    >>> from photoplanet.retrieval.local_features.chances import Chances
    >>> path = getfixture("tmp_path") / "movable.npy"
    >>> facts = save(Measured(9, {4: np.array([1, 5], np.int32)}, Chances(), Chances()), path)
    >>> load(path.parent, facts, 5).marks
    {4: array([1, 5], dtype=int32)}
    """
    rows = sorted(measured.marks)
    parts = [np.stack([np.full(len(measured.marks[row]), row), measured.marks[row]], axis=1) for row in rows]
    table = np.concatenate([np.zeros((0, 2), np.int64), *parts]).astype(np.int32)
    with open_replacing(path, "wb") as file:
        np.save(file, table, allow_pickle=False)
    return {
        "file": path.name, "sha256": sha256(path), "photos": measured.photos,
        "other_days": measured.other_days.to_dict(), "same_day": measured.same_day.to_dict(),
    }  # fmt: skip


def load(folder: Path, facts: Mapping[str, Any], photos: int) -> Measured:
    """Read what `save` wrote for a library of so many photos; InputError for damaged files.

    >>> from photoplanet.retrieval.local_features.chances import Chances
    >>> facts = save(Measured(7, {}, Chances(), Chances()), getfixture("tmp_path") / "movable.npy")
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
    both = (chances.from_dict(facts.get(name)) for name in ("other_days", "same_day"))
    return Measured(int(facts["photos"]), marks, *both)
