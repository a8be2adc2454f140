"""A hidden Markov model whose transitions know the time between two photos and the distance between two cells.

What the paper's HMM leaves out (§4: "we do not incorporate time or distance into the transition probability"). The
transitions are `travel`'s mixture; its shares are fitted on training albums, or the default where a model has none, so
it needs no training.

On up to MAX_STATES classes all of it is exact. On more, an album's states are the MAX_STATES cells that hold most of
the photos' probability (and all anchors), plus one state for the rest of the Earth, whose mass keeps each photo's own
distribution. What is lost is the fine structure of that rest: the mean mass per photo in it before decoding bounds how
much of the evidence is taken for "elsewhere", and none of it is thrown away.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums import distance_kernels, transition_model
from photoplanet.albums.album import Album
from photoplanet.albums.evidence import Decoded, normalized, with_anchors
from photoplanet.albums.hmm import emissions
from photoplanet.albums.viterbi import Floats, forward_backward
from photoplanet.earth.partition.partition import Partition

MAX_STATES = 2048
# What a photo shows tells its neighbours less than itself: photos of one moment share what misleads the network, so
# taking them as independent makes it too sure. Chosen on validation albums (docs/experiments.md).
NEIGHBOURS = 0.5


class Timed:
    """The chain (a `viterbi.Chain`) of one album over `states` (k,) and, where they are not all classes, the rest."""

    def __init__(self, partition: Partition, states: NDArray[np.integer], shares: Floats):
        """`shares` (gaps, components): the mixture of each step."""
        self.shares = shares
        self.rest = len(states) < len(partition)
        self.scales = distance_kernels.scales(partition, states) if self.rest else _all_scales(partition)
        self.inside = transition_model.popularity(partition)[states]
        self.share = np.append(self.inside, max(1 - self.inside.sum(), 1e-12)) if self.rest else self.inside

    def forward(self, gap: int, mass: Floats) -> Floats:
        """As in `viterbi.Chain`."""
        stay, *weights, anywhere = self.shares[gap]
        k, total = len(self.inside), mass.sum()
        found = stay * mass + anywhere * total * self.share
        reached = np.zeros(k, np.float32)
        for scale, weight in zip(self.scales, weights, strict=True):
            if weight:
                sent = weight * mass[:k]
                reached += scale.forward(sent, distance_kernels.PRECISION * anywhere * total)
                if self.rest:  # what a part sends out of the states goes to the rest
                    found[-1] += sent @ scale.leaving
        found[:k] += reached * self.inside
        if self.rest:  # of where in the rest somebody is nothing is known, so wherever they go is by popularity
            found += sum(weights) * mass[-1] * self.share
        return found

    def backward(self, gap: int, worth: Floats) -> Floats:
        """As in `viterbi.Chain`."""
        stay, *weights, anywhere = self.shares[gap]
        k, expected = len(self.inside), self.share @ worth
        found = stay * worth + anywhere * expected
        wanted = worth[:k] * self.inside
        for scale, weight in zip(self.scales, weights, strict=True):
            if weight:
                found[:k] += scale.backward(weight * wanted, distance_kernels.PRECISION * anywhere * expected)
                if self.rest:
                    found[:k] += weight * worth[-1] * scale.leaving
        if self.rest:
            found[-1] += sum(weights) * expected
        return found


@lru_cache(maxsize=1)
def _all_scales_of(partition_ref: Any) -> list[distance_kernels.Spread]:
    return distance_kernels.scales(partition_ref.partition, np.arange(len(partition_ref.partition)))


class _ByIdentity:
    """A partition as a key: equal only to itself, since comparing cells would cost more than the spreads save."""

    def __init__(self, partition: Partition):
        self.partition = partition

    def __hash__(self) -> int:
        return id(self.partition)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and other.partition is self.partition


def _all_scales(partition: Partition) -> list[distance_kernels.Spread]:
    return _all_scales_of(_ByIdentity(partition))


def states_of(rows: NDArray, known: NDArray, limit: int = MAX_STATES) -> NDArray[np.int64]:
    """The classes (k,), sorted, that an album's chain runs over: all, or the `limit` of most mass and the anchors'."""
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
    log_probabilities: NDArray,
    embeddings: NDArray | None,
    album: Album,
    partition: Partition,
    learned: transition_model.Travel | None = None,
) -> Decoded:
    """Every slot's distribution by forward–backward; `learned`: the model's own travel shares, None for the default.

    Memory: twice the answer's at most, and 4 bytes per pair of states and scale.
    """
    if len(album) < 2:
        return Decoded(with_anchors(log_probabilities, album.known))
    log_share = np.log(transition_model.popularity(partition))
    states = states_of(log_probabilities, album.known)
    chain = Timed(partition, states, (learned or transition_model.default()).at(album.gaps))
    others = np.delete(np.arange(len(partition)), states)
    start = np.log(chain.share)
    seen = np.empty((len(album), len(start)), np.float32)
    pieces = transition_model.pieces(len(album), len(partition))
    for rows in pieces:
        emission = _told(log_probabilities[rows], log_share, album.known[rows])
        seen[rows, : len(states)] = emission[:, states]
        if chain.rest:  # its emission is the mean of its cells', by popularity
            seen[rows, -1] = _log_sum(emission[:, others] + log_share[others].astype(np.float32)) - start[-1]
    found, _ = forward_backward(start, seen, chain)
    answer = np.empty((len(album), len(partition)), np.float32)
    for rows in pieces:
        emission = _told(log_probabilities[rows], log_share, album.known[rows])
        joint = emission + log_share.astype(np.float32)
        if chain.rest:  # in which each photo keeps its own distribution
            joint += (found[rows, -1] - seen[rows, -1] - start[-1])[:, None].astype(np.float32)
        joint[:, states] = found[rows, : len(states)]
        # What a photo shows counts in full for itself.
        joint += emission * np.where(album.known[rows] < 0, np.float32(1 / NEIGHBOURS - 1), np.float32(0))[:, None]
        answer[rows] = normalized(joint)
    return Decoded(answer)


def _told(log_probabilities: NDArray, log_share: Floats, known: NDArray[np.int32]) -> NDArray[np.float32]:
    """What slots (m, classes) tell their neighbours: `hmm.emissions`, those of photos to the power NEIGHBOURS."""
    emission = emissions(log_probabilities, log_share, known)
    emission *= np.where(known < 0, np.float32(NEIGHBOURS), np.float32(1))[:, None]
    return emission


def _log_sum(rows: NDArray) -> NDArray[np.float32]:
    top = rows.max(axis=1)
    return top + np.log(np.exp(rows - top[:, None]).sum(axis=1, dtype=np.float64)).astype(np.float32)
