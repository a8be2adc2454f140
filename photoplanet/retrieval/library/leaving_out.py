"""How often matches are right, measured by looking for a library's own photos among the others.

Each photo of a sample is looked for twice: among the photos of other days, and among those of its own day but not of
its own minute. What agrees with photos far away has moved, and is noted; what is left is evidence, and how often it
leads to within 25 km is counted, apart for photos of the same day, of other days, and of a day that is not known. What
was verified is kept by photo, so that a library that grows costs what is new.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.cache import Entry, Key
from photoplanet.retrieval.library import times, voting
from photoplanet.retrieval.library.voting import Candidate, Places
from photoplanet.retrieval.local_features import chances, movable, search
from photoplanet.retrieval.local_features.chances import Chances
from photoplanet.retrieval.local_features.root_sift import Features

SAMPLE = 300  # photos that are left out and looked for, at most; bounds the time, some 0.2 s a photo on a core
SAME_DAY_CANDIDATES = 6  # verified of the photo's own day, beside the 20 of other days
MAX_CANDIDATES = 64  # of a photo, in what was kept
VERSION = 2  # of what is verified; what was kept of another is verified anew

Marks = dict[int, list[tuple[int, NDArray[np.int32]]]]  # row → (the photo elsewhere, details that it shows too)


KINDS = ("other_days", "same_day", "unknown_day")  # of matches, by what is known of both photos' days


class Measured(NamedTuple):
    """What leaving out says: movable `marks`, row → details int32; `chances`: of matches of each of `KINDS`."""

    photos: int
    marks: dict[int, NDArray[np.int32]]
    chances: Mapping[str, Chances]

    def of(self, kind: str) -> Chances:
        """The chances of a kind of matches; those of other days, which are right least often, where too few are known.

        >>> Measured(0, {}, {"other_days": Chances(), "same_day": Chances(), "unknown_day": Chances()}).of("same_day")
        Chances(levels=(), count=0, bar=0.95, right=0, total=0)
        """
        found = self.chances[kind]
        return found if found.levels else self.chances["other_days"]


def sample(keys: Sequence[Key]) -> list[int]:
    """Return the rows of the photos to leave out, at most 300, by their keys: most stay the same as a library grows.

    >>> few, many = ([(f"{row}.jpg", "") for row in range(count)] for count in (1000, 1100))
    >>> len(sample(few)), len(set(sample(few)) & set(sample(many))) > 240
    (300, True)
    """
    ranks = [hashlib.sha256(key[0].encode("utf-8", "surrogatepass")).digest() for key in keys]
    return sorted(sorted(range(len(keys)), key=ranks.__getitem__)[:SAMPLE])


def look_for(
    rows: Iterator[int], index: search.LocalIndex, keys: Sequence[Key], moments: times.Moments
) -> Iterator[Entry]:
    """Yield what is verified of each row: arrays of pairs, and a record [key, pairs, matched] for each candidate.

    >>> from photoplanet.retrieval.local_features import root_sift
    >>> noise = np.random.default_rng(0).integers(0, 255, (30, 40, 3), np.uint8).repeat(9, 0).repeat(9, 1)
    >>> photos = [root_sift.extract(part) for part in (noise, noise[30:, 40:])]
    >>> index, names = search.build(photos.__getitem__, photos=2), [("a.jpg", ""), ("b.jpg", "")]
    >>> found = look_for(iter([0, 1]), index, names, times.Moments(["", ""]))
    >>> [entry.record[0][0] for entry in found]
    ['b.jpg', 'a.jpg']
    """
    for row in rows:
        features = index.features_of(row)
        near = moments.same_day(moments[row])
        near[row] = True
        burst = moments.same_minute(moments[row])
        burst[row] = True
        parts = index.search(features, search.CANDIDATES, exclude=np.flatnonzero(near).tolist())
        if (near & ~burst).any():
            others = np.flatnonzero(~near | burst).tolist()
            parts += index.search(features, SAME_DAY_CANDIDATES, SAME_DAY_CANDIDATES, others)
        parts = [part for part in parts if part.inliers]
        pairs = [part.pairs for part in parts]
        record = [[keys[part.row][0], len(part.pairs), part.matched] for part in parts]
        yield Entry({"pairs": np.concatenate([np.zeros((0, 2), np.int32), *pairs])}, record)


def candidates(entry: Entry, rows: Mapping[str, int]) -> list[Candidate]:
    """Return what was kept of a photo, of the candidates that are still there; none for what is not sound.

    >>> kept = Entry({"pairs": np.zeros((2, 2), np.int32)}, [["a.jpg", 1, 9], ["gone.jpg", 1, 9]])
    >>> [(each.row, len(each.pairs), each.matched) for each in candidates(kept, {"a.jpg": 7})]
    [(7, 1, 9)]
    """
    pairs, found, start = entry.arrays["pairs"], [], 0
    record = entry.record if isinstance(entry.record, list) else []
    for part in record[:MAX_CANDIDATES]:
        if not (isinstance(part, list) and len(part) == 3 and isinstance(part[0], str)):
            return []
        if not all(type(number) is int and 0 <= number <= len(pairs) + (1 << 20) for number in part[1:]):
            return []
        if part[0] in rows:
            found.append(Candidate(rows[part[0]], np.array(pairs[start : start + part[1]]), part[2]))
        start += part[1]
    return found


def measure(
    looked: Mapping[int, Sequence[Candidate]], features_of: Callable[[int], Features], places: Places,
    moments: times.Moments,
) -> Measured:  # fmt: skip
    """Count how often the matches of photos left out are right, by what `look_for` verified of each.

    A photo's own matches, and those of its day, mark nothing where it is itself looked for. Of several candidates
    within 25 km of each other the one with most evidence counts, and of two photos that find each other one. Matches of
    photos of one day at one place are left out together where the chances are tried.

    >>> here = Places(np.zeros(0), np.zeros(0))
    >>> measure({}, lambda row: Features(*[np.zeros((0, 4))] * 2, 1, 1), here, times.Moments([])).photos
    0
    """
    marks = _marks(looked, places)
    stays = _stays(places, moments)
    counted: dict[str, list[tuple[float, bool, int]]] = {kind: [] for kind in KINDS}
    seen: set[frozenset[int]] = set()
    for row, found in looked.items():
        day = moments.same_day(moments[row])
        day[row] = True

        def known(other: int, day: NDArray[np.bool_] = day) -> list[NDArray[np.int32]]:
            return [details for source, details in marks.get(other, []) if not day[source]]

        for same in (False, True):
            group = [each for each in found if same or not day[each.row]]
            weighed = voting.count(features_of(row), group, features_of, places, known)
            values = {each.row: one.value for each, one in zip(group, weighed, strict=True) if day[each.row] == same}
            for best in _best_of_places(values, places):
                if frozenset((row, best)) not in seen:
                    seen.add(frozenset((row, best)))
                    right = float(places.km(row, [best])[0]) <= voting.RIGHT_KM
                    counted[kind_of(moments, moments[row], best)].append((values[best], right, stays[row]))
    joined = {row: np.unique(np.concatenate([each for _, each in parts])) for row, parts in marks.items()}
    found_chances = {kind: chances.measure(*_columns(matches)) for kind, matches in counted.items()}
    return Measured(len(looked), joined, found_chances)


def kind_of(moments: times.Moments, when: times.Moment, row: int) -> str:
    """Which of `KINDS` a match of a photo of the moment `when` with one of the library is.

    >>> days = times.Moments(["2024-05-01T10:00:00", "2024-05-03", ""])
    >>> [kind_of(days, times.moment("2024-05-01T18:00:00"), row) for row in range(3)]
    ['same_day', 'other_days', 'unknown_day']
    """
    if np.isnan(moments.wall[row]) or np.isnan(when.wall):
        return "unknown_day"
    return "same_day" if moments.same_day(when)[row] else "other_days"


def _columns(counted: Sequence[tuple[float, bool, int]]) -> tuple[list[float], list[bool], list[int]]:
    return tuple(list(column) for column in zip(*counted, strict=True)) or ([], [], [])  # type: ignore[return-value]


def _stays(places: Places, moments: times.Moments) -> list[int]:
    """A number for each photo, the same for those of one day within 25 km of the first of them."""
    found: list[int] = []
    firsts: dict[float, list[int]] = {}
    for row, wall in enumerate(moments.wall):
        others = firsts.setdefault(float(wall // 86400), []) if not np.isnan(wall) else []
        first = next((other for other in others if places.km(row, [other])[0] <= voting.RIGHT_KM), row)
        if first == row:
            others.append(row)
        found.append(first)
    return found


def _marks(looked: Mapping[int, Sequence[Candidate]], places: Places) -> Marks:
    """What agrees between photos taken far apart, on both sides."""
    found: Marks = {}
    for row, group in looked.items():
        strong = [each for each in group if len(each.pairs) >= movable.LEAST]
        away = places.km(row, [each.row for each in strong])
        for each, km in zip(strong, away, strict=True):
            if km > voting.MOVED_KM:
                found.setdefault(each.row, []).append((row, each.pairs[:, 1]))
                found.setdefault(row, []).append((each.row, each.pairs[:, 0]))
    return found


def _best_of_places(values: Mapping[int, float], places: Places) -> list[int]:
    """The rows with most evidence, none within 25 km of a better one; rows without evidence are left out."""
    best: list[int] = []
    for row in sorted((row for row, value in values.items() if value > 0), key=lambda row: (-values[row], row)):
        if not best or (places.km(row, best) > voting.RIGHT_KM).all():
            best.append(row)
    return best
