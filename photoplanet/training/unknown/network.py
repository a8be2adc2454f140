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
from photoplanet.locate.locator import softmax_at
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
    xyz, known = geodesy.to_xyz(seen.latitude, seen.longitude), geodesy.to_xyz(*bank_places)
    kept: dict[int, tuple[NDArray[np.bool_], Partition, Bank]] = {}

    def without(one: Round) -> tuple[NDArray[np.bool_], Partition, Bank]:
        if id(one) not in kept:
            kept.clear()
            cells = ~within(partition.xyz, xyz[one.unknown], FAR_KM)
            rest = Partition(partition.ids[cells], partition.photo_counts[cells], partition.means[cells])
            kept[id(one)] = cells, rest, bank.some(~within(known, xyz[one.unknown], FAR_KM))
        return kept[id(one)]

    def answer(one: Round, rows: NDArray[np.int64]) -> learn.Evidence:
        cells, rest, others = without(one)
        found = softmax_at(seen.log_probabilities[rows][:, cells], temperature)
        return evidence(found, rest, others.similarity(seen.embeddings[rows]))

    found = []
    for one in rounds(seen.latitude, seen.longitude, seen.groups, seed=seed):
        others = known[~within(known, xyz[one.unknown], FAR_KM)]
        cells = ~within(partition.xyz, xyz[one.unknown], FAR_KM)
        near = within(xyz, others, NEAR_KM) & ~within(xyz, xyz[one.unknown], FAR_KM)
        if cells.any() and near.any():
            found.append(Round(one.training, np.flatnonzero(near), one.unknown))
    return learn.learned(seen.latitude, seen.longitude, seen.groups, answer, seed, found)
