"""Clues in the photos of an album: put under what the network saw, and the same sign of one moment counted once.

Photos of one moment show the same sign, and what misreads it in one misreads it in all. So of the clues that say the
same within a minute only one counts for the photos around them, that of the photo with the most clues.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums import outside, timed_hmm
from photoplanet.albums.album import Album, order
from photoplanet.albums.evidence import Evidence, LogProbabilities, normalized
from photoplanet.albums.transition_model import UNKNOWN_HOURS
from photoplanet.clues.clue import Clue
from photoplanet.clues.collect import Found
from photoplanet.locate import joining
from photoplanet.locate.locator import Locator
from photoplanet.locate.prediction import Prediction

MOMENT_S = 60  # seconds in which the same claim is the same sign
# The timed HMM takes what a photo shows to the power NEIGHBOURS; a sign counts in full for the photos around it.
POWERS = {"timed-hmm": 1 / timed_hmm.NEIGHBOURS}

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
    if np.isnat(times[[first, row]]).any():
        return position[row] - position[last] == 1
    return bool(times[row] - times[first] < np.timedelta64(MOMENT_S, "s"))


def likelihoods(locator: Locator, clues: Mapping[int, Sequence[Clue]]) -> dict[int, NDArray[np.float32]]:
    """Photos' rows → the logarithm (classes,) of how likely their clues are from each cell; not where there are none.

    >>> import photoplanet as pp
    >>> likelihoods(pp.load("toy"), {0: []})
    {}
    """
    return {
        row: np.log(joining.likelihood(locator.partition, own)).astype(np.float32) for row, own in clues.items() if own
    }


def unknown(locator: Locator, seen: Evidence, clues: Mapping[int, Sequence[Clue]]) -> NDArray[np.float64]:
    """How likely each photo (n,) is from outside the cells, given its clues, too; NaN where nothing tells.

    Where the model cannot tell, a sign tells only that a photo is from outside.

    >>> import photoplanet as pp
    >>> unknown(pp.load("toy"), Evidence.flat(2, 1044, 8), {})
    array([nan, nan])
    """
    found: NDArray[np.float64] = seen.unknown.copy()
    for row, own in clues.items():
        if own:
            told = None if np.isnan(found[row]) else float(found[row])
            share = joining.weigh(np.exp(seen.log_probabilities[row]), locator.partition, own, told).unknown
            found[row] = np.nan if told is None and share < joining.LIKELIER else share
    return found


def near(
    network: NDArray[np.float64], told: NDArray[np.float64], album: Album, away: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """What `outside.joined` makes of `told` (n slots), each slot's own; `album`, `away` as there.

    Where the `network` (photos) tells nothing of it, signs do, but only for photos up to an hour away; else NaN.

    >>> told, nobody = np.array([0.9, np.nan, np.nan]), np.full(3, -1, np.int32)
    >>> near(np.full(3, np.nan), told, Album(np.array([0.5, 2.0]), nobody), nobody >= 0).round(2)
    array([0.9, 0.9, nan])
    """
    joined = outside.joined(told, album, away)
    if not np.isnan(network).all():
        return joined
    when = np.append(0.0, np.cumsum(np.where(np.isnan(album.gaps), UNKNOWN_HOURS, album.gaps)))
    apart = np.full(len(told), np.inf)
    for moment in when[~np.isnan(told)]:
        apart = np.minimum(apart, np.abs(when - moment))
    return np.asarray(np.where((apart <= outside.PHOTO_HOURS) & (joined >= joining.LIKELIER), joined, np.nan))


def weighed(rows: LogProbabilities, logs: Mapping[int, NDArray[np.float32]], power: float) -> LogProbabilities:
    """Rows (n, classes) weighed by likelihoods to a power, each shifted so that its exponentials sum to 1.

    >>> rows = np.log(np.float32([[0.5, 0.5], [0.5, 0.5]]))
    >>> np.exp(weighed(rows, {1: np.log(np.float32([1, 3]))}, 1.0)).round(2).tolist()
    [[0.5, 0.5], [0.25, 0.75]]
    """
    if not logs or not power:
        return rows
    found = np.array(rows, np.float32)
    for row, log in logs.items():
        found[row] = normalized((found[row] + np.float32(power) * log)[None])[0]
    return found


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
