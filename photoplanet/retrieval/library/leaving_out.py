"""How often matches are right, measured by looking for a library's own photos among the others.

Each photo of a sample is looked for twice: among the photos of other days, and among those of its own day but not of
its own minute. What agrees with photos far away has moved, and is noted; what is left is evidence, and how often it
leads to within 25 km is counted. What was verified is kept by photo, so that a library that grows costs what is new.
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

Marks = dict[int, list[tuple[int, NDArray[np.int32]]]]  # row → (the photo elsewhere, details that it shows too)


class Measured(NamedTuple):
    """What leaving out says: movable `marks`, row → details int32; the chances of matches of other and the same day."""

    photos: int
    marks: dict[int, NDArray[np.int32]]
    other_days: Chances
    same_day: Chances


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
        near = moments.within(moments[row], times.SAME_DAY)
        near[row] = True
        burst = moments.within(moments[row], times.SAME_MINUTE)
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
    within 25 km of each other the one with most evidence counts, and of two photos that find each other one.

    >>> here = Places(np.zeros(0), np.zeros(0))
    >>> measure({}, lambda row: Features(*[np.zeros((0, 4))] * 2, 1, 1), here, times.Moments([])).photos
    0
    """
    marks = _marks(looked, places)
    counted: dict[bool, list[tuple[float, bool]]] = {True: [], False: []}
    seen: set[frozenset[int]] = set()
    for row, found in looked.items():
        day = moments.within(moments[row], times.SAME_DAY)
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
                    counted[same].append((values[best], right))
    joined = {row: np.unique(np.concatenate([each for _, each in parts])) for row, parts in marks.items()}
    other, same_day = (
        chances.measure([value for value, _ in counted[same]], [right for _, right in counted[same]])
        for same in (False, True)
    )
    return Measured(len(looked), joined, other, same_day)


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
