"""Clues in the photos of an album: put under what the network saw, and the same sign of one moment counted once.

Photos of one moment show the same sign, and what misreads it in one misreads it in all. So of the clues that say the
same within a minute only one counts for the photos around them, that of the photo with the most clues.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums import timed_hmm
from photoplanet.albums.album import order
from photoplanet.albums.evidence import Evidence, LogProbabilities, normalized
from photoplanet.clues.clue import Clue
from photoplanet.clues.collect import Found
from photoplanet.locate import joining
from photoplanet.locate.locator import Locator
from photoplanet.locate.prediction import Prediction

MOMENT_S = 60  # seconds in which the same claim is the same sign

Kept = dict[int, list[Clue]]  # a photo's row → its clues that count


def kept(locator: Locator, seen: Evidence, places: NDArray[np.float64]) -> Kept:
    """The clues (row → list) of an album's photos that are not struck out; none of photos whose place is known.

    `places` (n, 2) degrees, NaN for unknown.

    >>> import photoplanet as pp
    >>> kept(pp.load("toy"), Evidence.flat(2, 4, 8), np.full((2, 2), np.nan))
    {}
    """
    found: Kept = {}
    for row, each in seen.found.items():
        if np.isnan(places[row]).any():
            struck = locator.struck(each)
            clues = [clue for number, clue in enumerate(each.clues) if number not in struck]
            found |= {row: clues} if clues else {}
    return found


def once(
    found: Mapping[int, Sequence[Clue]], times: NDArray[np.datetime64], ties: NDArray[np.int64] | None = None
) -> Kept:
    """The clues (row → list) of which each says something of its own moment; `times`, `ties` as for `album.order`.

    Two clues are one where kind and words are the same, and their photos are less than MOMENT_S apart, or next to each
    other where a time is unknown. It stays with the photo that has the most clues, the first of several.

    >>> clue = Clue("language", "Danish", (0,), np.zeros(3, np.float32))
    >>> moments = np.array(["2024-05-01T10:00:00", "2024-05-01T10:00:30", "2024-05-01T10:05:00"], "datetime64[s]")
    >>> [len(clues) for clues in once({0: [clue], 1: [clue], 2: [clue]}, moments).values()]
    [1, 0, 1]
    """
    groups: dict[tuple[str, str], list[list[int]]] = {}
    position = {row: place for place, row in enumerate(order(times, ties).rows.tolist())}
    for row in sorted(found, key=position.__getitem__):
        for key in dict.fromkeys((clue.kind, clue.says) for clue in found[row]):
            known = groups.setdefault(key, [])
            if known and _same_moment(times, position, known[-1], row):
                known[-1].append(row)
            else:
                known.append([row])
    holder = {
        (key, row): max(group, key=lambda each: len(found[each]))
        for key, all_groups in groups.items()
        for group in all_groups
        for row in group
    }
    return {row: [clue for clue in clues if holder[(clue.kind, clue.says), row] == row] for row, clues in found.items()}


def _same_moment(times: NDArray[np.datetime64], position: Mapping[int, int], group: Sequence[int], row: int) -> bool:
    first, last = group[0], group[-1]
    if np.isnat(times[[first, last, row]]).any():
        return position[row] - position[last] == 1
    return bool(times[row] - times[first] < np.timedelta64(MOMENT_S, "s"))


def under(locator: Locator, seen: Evidence, clues: Mapping[int, Sequence[Clue]]) -> Evidence:
    """What the network saw, each photo's row and `unknown` weighed by its clues; the same where there are none.

    Where the model cannot tell what is unknown, but a sign speaks for a place outside its cells, every photo has an
    `unknown`: `joining.OUTSIDE` where nothing else is said.

    >>> import photoplanet as pp
    >>> seen = Evidence.flat(1, 1044, 8)
    >>> under(pp.load("toy"), seen, {}) is seen
    True
    """
    if not any(clues.values()):
        return seen
    rows, unknown = seen.log_probabilities.copy(), seen.unknown.copy()
    for row, own in clues.items():
        if own:
            told = None if np.isnan(unknown[row]) else float(unknown[row])
            found = joining.weigh(np.exp(rows[row]), locator.partition, own, told)
            rows[row] += np.log(found.likelihood / found.inside).astype(np.float32)
            unknown[row] = found.unknown if told is not None or found.unknown >= joining.LIKELIER else np.nan
    if np.isnan(seen.unknown).all() and not np.isnan(unknown).all():
        unknown[np.isnan(unknown)] = joining.OUTSIDE
    return replace(seen, log_probabilities=rows, unknown=unknown)


def in_full(
    locator: Locator, answer: LogProbabilities, own: Mapping[int, Sequence[Clue]], counted: Mapping[int, Sequence[Clue]]
) -> LogProbabilities:
    """Rows (n, classes) of the timed HMM, in which a photo's own clues count in full where they counted elsewhere.

    From the photo of the same moment that holds them came their likelihood to the power `timed_hmm.NEIGHBOURS`; this
    adds the rest. A new array where anything changes.

    >>> import photoplanet as pp
    >>> rows = Evidence.flat(1, 1044, 8).log_probabilities
    >>> in_full(pp.load("toy"), rows, {}, {}) is rows
    True
    """
    less = [row for row, clues in own.items() if len(counted[row]) < len(clues)]
    if not less:
        return answer
    answer, even = answer.copy(), np.full(answer.shape[1], 1 / answer.shape[1])
    for row in less:
        whole, part = (
            np.log(joining.weigh(even, locator.partition, some).likelihood) for some in (own[row], counted[row])
        )
        answer[row] += ((1 - timed_hmm.NEIGHBOURS) * (whole - part)).astype(np.float32)
        answer[row] = normalized(answer[row : row + 1])[0]
    return answer


def interned(found: Found, known: dict[bytes, NDArray[np.float32]]) -> Found:
    """The same, with likelihoods that were there before shared: all of an album are kept, and one is most of a MB.

    >>> clue = Clue("language", "Danish", (0,), np.zeros(3, np.float32))
    >>> known = {}
    >>> first = interned(Found(None, (clue,)), known)
    >>> copied = Found(None, (replace(clue, log_likelihood=np.zeros(3, np.float32)),))
    >>> interned(copied, known).clues[0].log_likelihood is first.clues[0].log_likelihood
    True
    """
    clues = []
    for clue in found.clues:
        digest = hashlib.blake2b(clue.log_likelihood.tobytes(), digest_size=16).digest()
        clues.append(replace(clue, log_likelihood=known.setdefault(digest, clue.log_likelihood)))
    return replace(found, clues=tuple(clues))


def explained(
    locator: Locator, alone: Prediction, found: Found, together: Prediction, shared: bool = True
) -> Prediction:
    """A photo's prediction with its evidence: `together` with its album, `alone` by the network; `found` in the photo.

    `shared`: other photos' clues are in `together`.

    Where its own sign speaks for a place outside the model's cells, the photo is located by itself.

    >>> import photoplanet as pp
    >>> where = pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8))
    >>> explained(pp.load("toy"), where, Found(None, ()), where).evidence.shared
    True
    """
    struck = locator.struck(found)
    own = joining.joined(alone, found.clues, found.reading, struck)
    if own.partition is not together.partition and together.at is None:
        return own
    conflict = own.evidence.conflict if own.evidence else 0.0
    if together.at is not None:
        conflict = joining.against(together, found.clues, struck)
    before = alone if together.at is None else replace(together, evidence=None)
    evidence = joining.Evidence(
        found.clues, found.reading, struck, conflict, before, together.partition, together.probabilities, shared
    )
    return replace(together, evidence=evidence)
