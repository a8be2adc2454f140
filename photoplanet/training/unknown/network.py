"""What a trained network does not know: its answers without the cells and the embeddings of whole regions.

The network itself is not trained again, which takes hours. So photos of a left-out region are known to it a little,
and it is a little too sure of what it does not know; a bank of embeddings from elsewhere makes up for some of that.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.locate.seen import softmax_at
from photoplanet.locate.unknown import evidence
from photoplanet.training.unknown import learn
from photoplanet.training.unknown.bank import Bank
from photoplanet.training.unknown.left_out import FAR_KM, NEAR_KM, Round, rounds, within

Array = NDArray[np.float32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Seen:
    """Held-out photos: places in degrees (n,), groups (n,), log-probabilities (n, classes), embeddings (n, d)."""

    latitude: Floats
    longitude: Floats
    groups: NDArray[np.int64]
    log_probabilities: Array
    embeddings: Array


def facts(
    seen: Seen, partition: Partition, temperature: float, bank: Bank, bank_places: tuple[Floats, Floats], seed: int = 0
) -> tuple[dict[str, Any] | None, str]:
    """Return `calibration["unknown"]` (None where it cannot be learned) of a network, and a line about it.

    `temperature`: what its log-probabilities are divided by; `bank`: some of its training photos, which were taken at
    `bank_places`, degrees (m,), (m,).

    >>> part = Partition.uniform([48.85, -33.9], [2.3, 151.2], level=8, min_photos=1)
    >>> two = Seen(*part.means.T, np.arange(2), np.log(np.eye(2, dtype=np.float32) + 0.5), np.eye(2, dtype=np.float32))
    >>> from photoplanet.training.unknown import bank
    >>> facts(two, part, 1.0, bank.of(two.embeddings), tuple(part.means.T))[1]
    'what is unknown cannot be learned: 2 photos of held-out groups, 20 are needed'
    """
    kept: dict[int, tuple[NDArray[np.bool_], Partition, Bank]] = {}  # of the last round, which is asked for twice

    def answer(one: Round, rows: NDArray[np.int64]) -> learn.Evidence:
        if id(one) not in kept:
            kept.clear()
            kept[id(one)] = without(seen, one, partition, bank, bank_places)
        cells, rest, others = kept[id(one)]
        found = softmax_at(seen.log_probabilities[rows][:, cells], temperature)
        return evidence(found, rest, others.similarity(seen.embeddings[rows]))

    found = left_out(seen, partition, bank_places, seed)
    return learn.learned(seen.latitude, seen.longitude, seen.groups, answer, seed, found)


def left_out(seen: Seen, partition: Partition, bank_places: tuple[Floats, Floats], seed: int = 0) -> list[Round]:
    """Return the rounds of `left_out.rounds` in which cells remain; known are all photos within 200 km of the bank's.

    >>> part = Partition.uniform([48.85, -33.9], [2.3, 151.2], level=8, min_photos=1)
    >>> two = Seen(*part.means.T, np.arange(2), np.zeros((2, 2), np.float32), np.zeros((2, 2), np.float32))
    >>> left_out(two, part, tuple(part.means.T))
    []
    """
    xyz, known = geodesy.to_xyz(seen.latitude, seen.longitude), geodesy.to_xyz(*bank_places)
    found = []
    for one in rounds(seen.latitude, seen.longitude, seen.groups, seed=seed):
        away = xyz[one.unknown]
        near = within(xyz, known[~within(known, away, FAR_KM)], NEAR_KM) & ~within(xyz, away, FAR_KM)
        if near.any() and not within(partition.xyz, away, FAR_KM).all():
            found.append(Round(one.training, np.flatnonzero(near), one.unknown))
    return found


def without(
    seen: Seen, one: Round, partition: Partition, bank: Bank, bank_places: tuple[Floats, Floats]
) -> tuple[NDArray[np.bool_], Partition, Bank]:
    """Return which cells (classes,) remain without a round's unknown places, these as a partition, and the bank's rest.

    >>> from photoplanet.training.unknown import bank
    >>> part = Partition.uniform([48.85, -33.9], [2.3, 151.2], level=8, min_photos=1)
    >>> rows = np.eye(2, dtype=np.float32)
    >>> two = Seen(*part.means.T, np.arange(2), rows, rows)
    >>> one = Round(np.array([False, True]), np.array([1]), np.array([0]))
    >>> cells, rest, others = without(two, one, part, bank.of(rows), tuple(part.means.T))
    >>> cells.tolist(), len(rest), len(others.values)
    ([False, True], 1, 1)
    """
    away = geodesy.to_xyz(seen.latitude[one.unknown], seen.longitude[one.unknown])
    cells = ~within(partition.xyz, away, FAR_KM)
    rest = Partition(partition.ids[cells], partition.photo_counts[cells], partition.means[cells])
    return cells, rest, bank.some(~within(geodesy.to_xyz(*bank_places), away, FAR_KM))
