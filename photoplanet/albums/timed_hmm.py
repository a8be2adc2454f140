"""A hidden Markov model whose transitions know the time between two photos and the distance between two cells.

What the paper's HMM leaves out (§4: "we do not incorporate time or distance into the transition probability"). The
transitions are the mixture of `transition_model`. Its shares are fitted on training albums, or the default where a
model has none, so it needs no training.

On up to MAX_STATES classes all of it is exact. On more, an album's states are the MAX_STATES cells that hold most of
the photos' probability (and all anchors), plus one state for the rest of the Earth, whose mass keeps each photo's own
distribution. What is lost is the fine structure of that rest: the mean mass per photo in it before decoding bounds how
much of the evidence is taken for "elsewhere", and none of it is thrown away.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums import distance_kernels, transition_model
from photoplanet.albums.album import Album
from photoplanet.albums.evidence import LogProbabilities, normalized, with_anchors
from photoplanet.albums.hmm import emissions
from photoplanet.albums.viterbi import Floats, forward_backward
from photoplanet.earth.partition.partition import Partition

MAX_STATES = 2048
# What a photo shows says less about its neighbours than about itself: photos of one moment share what misleads the
# network, so taking them as independent makes it too sure. Chosen on validation albums (docs/experiments.md).
NEIGHBOURS = 0.5


class TimedChain:
    """The chain (a `viterbi.Chain`) of one album over `states` (k,) and, where they are not all classes, the rest."""

    def __init__(self, partition: Partition, states: NDArray[np.integer], shares: Floats):
        """`shares` (gaps, components): the mixture of each step."""
        self.shares = shares
        self.rest = len(states) < len(partition)
        self.kernels = (
            distance_kernels.kernels(partition, states) if self.rest else _all_kernels(_ByIdentity(partition))
        )
        self.inside = partition.prior[states]
        self.share = np.append(self.inside, max(1 - self.inside.sum(), 1e-12)) if self.rest else self.inside

    def forward(self, gap: int, mass: Floats) -> Floats:
        """As in `viterbi.Chain`."""
        stay, *weights, anywhere = self.shares[gap]
        k, total = len(self.inside), mass.sum()
        found: Floats = stay * mass + anywhere * total * self.share
        reached = np.zeros(k, np.float32)
        for kernel, weight in zip(self.kernels, weights, strict=True):
            if weight:
                sent = weight * mass[:k]
                reached += kernel.forward(sent, distance_kernels.PRECISION * anywhere * total)
                if self.rest:  # what a part sends out of the states goes to the rest
                    found[-1] += sent @ kernel.leaving
        found[:k] += reached * self.inside
        if self.rest:  # where in the rest somebody is, is not known: from there people go by popularity
            found += sum(weights) * mass[-1] * self.share
        return found

    def backward(self, gap: int, worth: Floats) -> Floats:
        """As in `viterbi.Chain`."""
        stay, *weights, anywhere = self.shares[gap]
        k, expected = len(self.inside), self.share @ worth
        found: Floats = stay * worth + anywhere * expected
        wanted = worth[:k] * self.inside
        for kernel, weight in zip(self.kernels, weights, strict=True):
            if weight:
                found[:k] += kernel.backward(weight * wanted, distance_kernels.PRECISION * anywhere * expected)
                if self.rest:
                    found[:k] += weight * worth[-1] * kernel.leaving
        if self.rest:
            found[-1] += sum(weights) * expected
        return found


class _ByIdentity:
    """A partition as a key: equal only to itself, since comparing cells would cost more than the kernels save."""

    def __init__(self, partition: Partition):
        self.partition = partition

    def __hash__(self) -> int:
        return id(self.partition)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and other.partition is self.partition


@lru_cache(maxsize=1)
def _all_kernels(key: _ByIdentity) -> list[distance_kernels.DistanceKernel]:
    return distance_kernels.kernels(key.partition, np.arange(len(key.partition)))


def states_of(rows: LogProbabilities, known: NDArray[np.int32], limit: int = MAX_STATES) -> NDArray[np.int64]:
    """The classes (k,), sorted, that an album's chain runs over: all, or the `limit` of most mass and the anchors'.

    >>> states_of(np.log(np.float32([[0.1, 0.6, 0.1, 0.2]])), np.array([-1]), limit=2).tolist()
    [1, 3]
    """
    if rows.shape[1] <= limit:
        return np.arange(rows.shape[1])
    total = np.zeros(rows.shape[1])
    for row in np.flatnonzero(known < 0):
        total += np.exp(rows[row])
    anchors = np.unique(known[known >= 0])
    total[anchors] = np.inf
    count = max(limit, len(anchors))
    return np.sort(np.argpartition(-total, count - 1)[:count])


def decode(
    log_probabilities: LogProbabilities,
    embeddings: NDArray[np.float32] | None,
    album: Album,
    partition: Partition,
    parameters: transition_model.TransitionModel | None = None,
) -> LogProbabilities:
    """Every slot's distribution by forward–backward; `parameters`: the model's own transitions, None for the default.

    Memory: twice the answer's at most, and 4 bytes per pair of states and scale.

    >>> from photoplanet.earth import cells
    >>> partition = Partition.from_cells(cells.from_token(["47e66c", "60188c"]))  # Paris, Tokyo
    >>> rows = np.log(np.float32([[0.9, 0.1], [0.3, 0.7]]))
    >>> nobody = np.array([-1, -1])
    >>> decode(rows, None, Album(np.array([0.1]), nobody), partition).argmax(axis=1).tolist()  # six minutes later
    [0, 0]
    >>> decode(rows, None, Album(np.array([9000.0]), nobody), partition).argmax(axis=1).tolist()  # a year later
    [0, 1]
    """
    if len(album) < 2:
        return with_anchors(log_probabilities, album.known)
    log_share = np.log(partition.prior)
    states = states_of(log_probabilities, album.known)
    chain = TimedChain(partition, states, (parameters or transition_model.default()).at(album.gaps))
    others = np.delete(np.arange(len(partition)), states)
    start = np.log(chain.share)
    seen = np.empty((len(album), len(start)), np.float32)
    pieces = transition_model.pieces(len(album), len(partition))
    for rows in pieces:
        emission = _shared(log_probabilities[rows], log_share, album.known[rows])
        seen[rows, : len(states)] = emission[:, states]
        if chain.rest:  # its emission is the mean of its cells', by popularity
            seen[rows, -1] = _log_sum(emission[:, others] + log_share[others].astype(np.float32)) - start[-1]
    found, _ = forward_backward(start, seen, chain)
    answer = np.empty((len(album), len(partition)), np.float32)
    for rows in pieces:
        emission = _shared(log_probabilities[rows], log_share, album.known[rows])
        joint = emission + log_share.astype(np.float32)
        if chain.rest:  # in which each photo keeps its own distribution
            joint += (found[rows, -1] - seen[rows, -1] - start[-1])[:, None].astype(np.float32)
        joint[:, states] = found[rows, : len(states)]
        # What a photo shows counts in full for itself.
        joint += emission * np.where(album.known[rows] < 0, np.float32(1 / NEIGHBOURS - 1), np.float32(0))[:, None]
        answer[rows] = normalized(joint)
    return answer


def _shared(log_probabilities: LogProbabilities, log_share: Floats, known: NDArray[np.int32]) -> NDArray[np.float32]:
    """What slots (m, classes) say of their neighbours: `hmm.emissions`, those of photos to the power NEIGHBOURS."""
    emission = emissions(log_probabilities, log_share, known)
    emission *= np.where(known < 0, np.float32(NEIGHBOURS), np.float32(1))[:, None]
    return emission


def _log_sum(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    top: NDArray[np.float32] = rows.max(axis=1)
    total: NDArray[np.float64] = np.exp(rows - top[:, None]).sum(axis=1, dtype=np.float64)
    return top + np.log(total).astype(np.float32)
