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

from photoplanet.albums import travel
from photoplanet.albums.album import Album
from photoplanet.albums.decoded import Decoded, normalized, with_anchors
from photoplanet.albums.hmm import emissions
from photoplanet.albums.viterbi import Floats, forward_backward
from photoplanet.earth.partition import Partition

MAX_STATES = 2048
# What a photo shows tells its neighbours less than itself: photos of one moment share what misleads the network, so
# taking them as independent makes it too sure. Chosen on validation albums (docs/experiments.md).
NEIGHBOURS = 0.5


class Timed:
    """The chain (a `viterbi.Chain`) of one album over `states` (k,) and, where they are not all classes, the rest."""

    def __init__(self, partition: Partition, states: NDArray[np.integer], shares: Floats):
        """`shares` (gaps, components): the mixture of each step."""
        self.shares = shares
        every = len(states) == len(partition)
        self.kernels = _all_kernels(partition) if every else travel.kernels(partition, states)
        share = travel.popularity(partition)[states]
        self.share: Floats = share if every else np.append(share, max(1 - share.sum(), 1e-12))
        self.rest = not every
        # What a part sends out of the states goes to the rest: its rows sum to 1 with it.
        self.leaving = 1 - self.kernels.sum(axis=2, dtype=np.float64) if self.rest else None

    def forward(self, gap: int, mass: Floats) -> Floats:
        """As in `viterbi.Chain`."""
        stay, *scales, anywhere = self.shares[gap]
        inside = mass[:-1] if self.rest else mass
        found = stay * mass + anywhere * mass.sum() * self.share
        here = inside.astype(np.float32)
        reached = found[:-1] if self.rest else found
        for number, weight in enumerate(scales):
            if weight:
                reached += weight * (here @ self.kernels[number])
                if self.leaving is not None:
                    found[-1] += weight * (inside @ self.leaving[number])
        if self.rest:  # of where in the rest somebody is nothing is known, so wherever they go is by popularity
            found += sum(scales) * mass[-1] * self.share
        return found

    def backward(self, gap: int, worth: Floats) -> Floats:
        """As in `viterbi.Chain`."""
        stay, *scales, anywhere = self.shares[gap]
        found = stay * worth + anywhere * (self.share @ worth)
        there = (worth[:-1] if self.rest else worth).astype(np.float32)
        reached = found[:-1] if self.rest else found
        for number, weight in enumerate(scales):
            if weight:
                reached += weight * (self.kernels[number] @ there)
                if self.leaving is not None:
                    reached += weight * self.leaving[number] * worth[-1]
        if self.rest:
            found[-1] += sum(scales) * (self.share @ worth)
        return found


@lru_cache(maxsize=1)
def _all_kernels_of(partition_ref: Any) -> NDArray[np.float32]:
    return travel.kernels(partition_ref.partition, np.arange(len(partition_ref.partition)))


class _ByIdentity:
    """A partition as a key: equal only to itself, since comparing cells would cost more than the kernels save."""

    def __init__(self, partition: Partition):
        self.partition = partition

    def __hash__(self) -> int:
        return id(self.partition)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and other.partition is self.partition


def _all_kernels(partition: Partition) -> NDArray[np.float32]:
    return _all_kernels_of(_ByIdentity(partition))


def states_of(rows: NDArray, known: NDArray, limit: int = MAX_STATES) -> NDArray[np.int64]:
    """The classes (k,), sorted, that an album's chain runs over: all, or the `limit` of most mass and the anchors'."""
    if rows.shape[1] <= limit:
        return np.arange(rows.shape[1])
    total = np.zeros(rows.shape[1])
    for row in rows:
        total += np.exp(row, dtype=np.float64)
    anchors = np.unique(known[known >= 0])
    total[anchors] = np.inf
    count = max(limit, len(anchors))
    return np.sort(np.argpartition(-total, count - 1)[:count])


def decode(
    log_probabilities: NDArray,
    embeddings: NDArray | None,
    album: Album,
    partition: Partition,
    learned: travel.Travel | None = None,
) -> Decoded:
    """Every slot's distribution by forward–backward; `learned`: the model's own travel shares, None for the default.

    Memory: the evidence twice, and 12 bytes per pair of states.
    """
    rows = with_anchors(log_probabilities, album.known)
    if len(album) < 2:
        return Decoded(rows)
    log_share = np.log(travel.popularity(partition))
    states = states_of(rows, album.known)
    photos = (album.known < 0)[:, None]
    emission = emissions(rows, log_share, album.known)
    emission *= np.where(photos, np.float32(NEIGHBOURS), np.float32(1))
    chain = Timed(partition, states, (learned or travel.default()).at(album.gaps))
    if chain.rest:
        found = _with_rest(chain, states, emission, log_share)
    else:
        found = forward_backward(log_share, emission, chain)[0]
    # What a photo shows counts in full for itself.
    found += emission * np.where(photos, np.float32(1 / NEIGHBOURS - 1), np.float32(0))
    return Decoded(normalized(found))


def _with_rest(
    chain: Timed, states: NDArray[np.integer], emission: NDArray[np.float32], log_share: Floats
) -> NDArray[np.float32]:
    """As `forward_backward`, over all classes: the rest's emission is the mean of its cells', by popularity."""
    joint = emission + log_share.astype(np.float32)
    others = np.setdiff1d(np.arange(joint.shape[1]), states)
    mass = _log_sum(joint[:, others])
    observed = np.column_stack([emission[:, states], mass - np.log(chain.share[-1])])
    found, _ = forward_backward(np.log(chain.share), observed, chain)
    joint[:, others] += (found[:, -1] - mass)[:, None]
    joint[:, states] = found[:, :-1]
    return joint


def _log_sum(rows: NDArray) -> NDArray[np.float32]:
    top = rows.max(axis=1)
    return top + np.log(np.exp(rows - top[:, None]).sum(axis=1, dtype=np.float64)).astype(np.float32)
