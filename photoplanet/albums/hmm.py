"""'PlaNet HMM' of Table 2b: class priors and transitions counted on training albums, emissions by Bayes' rule.

Transitions are smoothed with pseudo-counts: from class i, with n_i steps counted, of which n_ij to j,

    P(j | i) = (n_ij + κ·(s·[i = j] + (1 − s)·π_j)) / (n_i + κ),

π the prior and s the share of all counted steps that stay. That is a sparse matrix plus one of rank 1, so a step of
Viterbi or of forward–backward over c classes takes O(counted pairs + c) operations, and is exact.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.album import Album
from photoplanet.albums.evidence import LogProbabilities, blank, with_anchors
from photoplanet.albums.viterbi import Floats, forward_backward, viterbi
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError, ModelError

PSEUDO_COUNTS = 1.0  # κ, chosen on validation albums
PSEUDO_PHOTOS = 0.5  # added to every class's photos, so that none is impossible


@dataclass(frozen=True)
class Counts:
    """What was counted: `photos` (c,) per class; steps from `origin` (m,) to `target` (m,), `steps` (m,) of each pair.

    Pairs are sorted by target, then origin, each at most once.
    """

    photos: NDArray[np.int64]
    origin: NDArray[np.int32]
    target: NDArray[np.int32]
    steps: NDArray[np.int64]

    def __post_init__(self) -> None:
        c = len(self.photos)
        pairs = self.target.astype(np.int64) * c + self.origin
        inside = all(len(each) == 0 or (each.min() >= 0 and each.max() < c) for each in (self.origin, self.target))
        lengths = len(self.origin) == len(self.target) == len(self.steps)
        if not (c and lengths and inside and (np.diff(pairs) > 0).all() and (self.photos >= 0).all()):
            raise ModelError("counted transitions do not fit together; count them again")
        if (self.steps < 1).any():
            raise ModelError("counted transitions: a pair was seen less than once; count them again")


def count(albums: Iterable[NDArray[np.integer]], classes: int) -> Counts:
    """Count priors and transitions on albums, each the true classes of its photos in time order, −1 where outside.

    A photo outside every cell is left out, and so are the steps into and out of it. InputError for classes outside
    −1 … `classes` − 1, or when there is no photo at all.

    >>> counts = count([np.array([0, 0, 1]), np.array([1])], classes=2)
    >>> counts.photos.tolist(), counts.steps.tolist()
    ([2, 2], [1, 1])
    """
    photos = np.zeros(classes, np.int64)
    keys: list[NDArray[np.int64]] = []
    for album in albums:
        row = np.asarray(album, np.int64)
        if row.size and (row.min() < -1 or row.max() >= classes):
            raise InputError(f"an album has class {row.max()} of {classes}; use the classes of this model's partition")
        np.add.at(photos, row[row >= 0], 1)
        both = (row[:-1] >= 0) & (row[1:] >= 0)
        keys.append(row[1:][both] * classes + row[:-1][both])
    if not photos.any():
        raise InputError("no photo of the albums lies in a cell of this model, so there is nothing to count")
    pairs, steps = np.unique(np.concatenate(keys), return_counts=True)
    target, origin = np.divmod(pairs, classes)
    return Counts(photos, origin.astype(np.int32), target.astype(np.int32), steps.astype(np.int64))


class CountedChain:
    """The smoothed chain of the module's text over all c classes (a `viterbi.PathChain`)."""

    def __init__(self, counts: Counts, pseudo_counts: float = PSEUDO_COUNTS):
        c = len(counts.photos)
        photos = counts.photos.astype(np.float64) + PSEUDO_PHOTOS
        self.prior: Floats = photos / photos.sum()
        stays = counts.steps[counts.origin == counts.target].sum()
        stay = (stays + 0.5) / (counts.steps.sum() + 1)
        left = np.bincount(counts.origin, counts.steps, minlength=c) + pseudo_counts  # n_i + κ
        self.jump: Floats = pseudo_counts * (1 - stay) / left  # the weight of the prior in each row
        # One self-loop per class is added, so that every target has an entry, as reduceat needs.
        origin = np.concatenate([counts.origin, np.arange(c, dtype=np.int32)])
        target = np.concatenate([counts.target, np.arange(c, dtype=np.int32)])
        weight = np.concatenate([counts.steps, np.full(c, pseudo_counts * stay)]) / left[origin]
        keys, place = np.unique(target.astype(np.int64) * c + origin, return_inverse=True)
        self.target, self.source = np.divmod(keys, c)  # int64: indices of another type are converted at every step
        self.weight = np.bincount(place, weight).astype(np.float64)
        self.first = np.searchsorted(self.target, np.arange(c))
        by_source = np.argsort(self.source, kind="stable")
        self.sent_to, self.sent_weight = self.target[by_source], self.weight[by_source]
        self.sent_first = np.searchsorted(self.source[by_source], np.arange(c))
        self._scratch: Floats = np.empty(len(self.weight))
        self.log_jump, self.log_prior = np.log(self.jump), np.log(self.prior)
        self.log_weight = np.log(self.weight + self.jump[self.source] * self.prior[self.target])

    def forward(self, gap: int, mass: Floats) -> Floats:
        """As in `viterbi.Chain`."""
        sent = np.multiply(self._of_pairs(mass, self.source), self.weight, out=self._scratch)
        found: Floats = np.add.reduceat(sent, self.first) + _dot(mass, self.jump) * self.prior
        return found

    def backward(self, gap: int, worth: Floats) -> Floats:
        """As in `viterbi.Chain`."""
        expected = np.multiply(self._of_pairs(worth, self.sent_to), self.sent_weight, out=self._scratch)
        found: Floats = np.add.reduceat(expected, self.sent_first) + self.jump * _dot(self.prior, worth)
        return found

    def best(self, gap: int, score: Floats) -> Floats:
        """As in `viterbi.PathChain`; a jump may also end on a counted pair, where it is never the larger of the two."""
        reached = np.add(self._of_pairs(score, self.source), self.log_weight, out=self._scratch)
        jumped = (score + self.log_jump).max() + self.log_prior
        found: Floats = np.maximum(np.maximum.reduceat(reached, self.first), jumped)
        return found

    def _of_pairs(self, values: Floats, rows: NDArray[np.int64]) -> Floats:
        # "clip" lets NumPy write into the array at once; no row is out of range.
        return np.take(values, rows, out=self._scratch, mode="clip")

    def origin(self, gap: int, score: Floats, state: int) -> int:
        """As in `viterbi.PathChain`."""
        stop = self.first[state + 1] if state + 1 < len(self.first) else len(self.target)
        inside = slice(self.first[state], stop)
        counted = score[self.source[inside]] + self.log_weight[inside]
        jumped = score + self.log_jump
        if counted.max() >= jumped.max() + self.log_prior[state]:
            return int(self.source[inside][counted.argmax()])
        return int(jumped.argmax())


def _dot(a: Floats, b: Floats) -> float:
    # Not BLAS, whose threads wait for one another at each of these small products, for milliseconds on a busy machine.
    return float(np.einsum("i,i", a, b))


def emissions(log_probabilities: LogProbabilities, log_prior: Floats, known: NDArray[np.int32]) -> NDArray[np.float32]:
    """Give log p(photo | class) up to a constant per photo (n, classes): Bayes' rule, the posterior over the prior.

    Anchors are not divided: their row says where the photo was taken, not what it looks like. A flat row, of a photo
    that could not be read, is as likely everywhere: all 0.

    >>> emissions(np.log([[0.5, 0.5], [0.9, 0.1]]), np.log([0.9, 0.1]), np.array([-1, -1])).round(3).tolist()
    [[0.0, 0.0], [0.0, 0.0]]
    """
    rows = with_anchors(log_probabilities, known)
    rows[known < 0] -= log_prior.astype(np.float32)
    rows[blank(log_probabilities) & (known < 0)] = 0
    return rows


def decode(
    log_probabilities: LogProbabilities,
    embeddings: NDArray[np.float32] | None,
    album: Album,
    partition: Partition | None,
    parameters: Counts | None = None,
) -> LogProbabilities:
    """Every slot's distribution by forward–backward over all classes.

    ModelError without counted transitions, or with those of another partition. Takes O(n·(pairs + classes)) time and,
    beside the answer, twice its memory.

    >>> counts = count([np.array([0, 0, 0, 0, 1, 1, 1, 1])], classes=2)  # people stay where they are
    >>> rows = np.log(np.float32([[0.9, 0.1], [0.45, 0.55]]))
    >>> decode(rows, None, Album(np.array([1.0]), np.array([-1, -1])), None, counts).argmax(axis=1).tolist()
    [0, 0]
    """
    chain = _chain(parameters, log_probabilities.shape[1])
    if len(album) < 2:
        return with_anchors(log_probabilities, album.known)
    emission = emissions(log_probabilities, chain.log_prior, album.known)
    return forward_backward(chain.log_prior, emission, chain)[0]


def path(log_probabilities: LogProbabilities, album: Album, parameters: Counts | None) -> NDArray[np.int32]:
    """The paper's answer (§4): the classes (n,) of the most probable path, by Viterbi; errors and cost as `decode`.

    >>> counts = count([np.array([0, 0, 0, 0, 1, 1, 1, 1])], classes=2)
    >>> rows = np.log(np.float32([[0.9, 0.1], [0.45, 0.55]]))
    >>> path(rows, Album(np.array([1.0]), np.array([-1, -1])), counts).tolist()
    [0, 0]
    """
    chain = _chain(parameters, log_probabilities.shape[1])
    if len(album) < 2:
        alone: NDArray[np.int32] = with_anchors(log_probabilities, album.known).argmax(axis=1).astype(np.int32)
        return alone
    return viterbi(chain.log_prior, emissions(log_probabilities, chain.log_prior, album.known), chain)[0]


def _chain(parameters: Counts | None, classes: int) -> CountedChain:
    """The chain of what was counted, checked; ModelError as `decode` says."""
    if parameters is None:
        raise ModelError(
            "method 'hmm' needs transitions counted on training albums, and this model has none; "
            "`photoplanet train-album` counts them"
        )
    if len(parameters.photos) != classes:
        raise ModelError(
            f"transitions between {len(parameters.photos)} classes for a model of {classes}; count them with this model"
        )
    return CountedChain(parameters)
