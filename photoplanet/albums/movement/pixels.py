"""What a network saw in the photos of an album, for joining it with their times: each photo by those taken around it.

What counts is the logarithm of a cell's probability to its prior. Photos of one moment share what misleads a network:
a burst of near copies is one observation. Of the bursts of some hours the mean counts, the nearer in time the more,
and the more the more they say; how much all of it is worth, the library teaches (`weights`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums import album, outside
from photoplanet.albums.evidence import Evidence, blank
from photoplanet.albums.movement.joined import ASTRAY, Pixels
from photoplanet.earth.partition.partition import Partition

Floats = NDArray[np.float64]

MOMENT_HOURS = 1 / 30  # photos so near in time are a burst …
BURST_HOURS = 0.5  # … and those so near that look alike
ALIKE = 0.95  # the cosine of their embeddings
AROUND_HOURS = 3.0  # a burst so far away in time weighs exp(−1) of one's own
FARTHEST_HOURS = 24.0  # and none farther
LEAST_BITS = 0.05  # what a burst weighs that says nothing


@dataclass(frozen=True, eq=False)
class Heard:
    """What a network says of n photos: `ratios` (bursts, classes) float32 over `partition`; `burst` (n,), −1: nothing.

    `ratios` are logarithms of probability to prior; `bits` (bursts,): how much each says; `when` (bursts,) and `hours`
    (n,): when bursts and photos were taken, NaN for unknown.
    """

    partition: Partition
    ratios: NDArray[np.float32]
    bits: Floats
    when: Floats
    burst: NDArray[np.int64]
    hours: Floats

    def of(self, row: int, weight: float, outside: float = 1.0) -> Pixels | None:
        """What is said of one photo, by itself and by those around it; None where that is nothing.

        `weight`, `outside`: as `Pixels` has them.
        """
        apart = np.abs(self.when - self.hours[row])
        near = np.where(apart < FARTHEST_HOURS, np.exp(-np.nan_to_num(apart) / AROUND_HOURS), 0.0)
        if self.burst[row] >= 0:
            near[self.burst[row]] = 1.0
        rows = np.flatnonzero(near)
        if not len(rows) or weight <= 0:
            return None
        weights = near[rows] * (self.bits[rows] + LEAST_BITS)
        mean = (weights / weights.sum()).astype(np.float32) @ self.ratios[rows]
        return Pixels(self.partition, mean.astype(np.float64), weight, outside)


def heard(
    partition: Partition, seen: Evidence, times: NDArray[np.datetime64], ties: NDArray[np.int64] | None = None
) -> Heard:
    """What was seen in the photos of an album, n, burst by burst; `times` (n,), NaT unknown; `ties` as `album.order`.

    >>> from photoplanet.earth import cells
    >>> part = Partition.from_cells(cells.from_token(["47e66c", "60188c"]))  # Paris, Tokyo
    >>> seen = Evidence.flat(3, 2, 4)
    >>> seen.log_probabilities[:] = np.log([[0.9, 0.1], [0.9, 0.1], [0.5, 0.5]])
    >>> times = np.array(["2024-05-01T10:00:00", "2024-05-01T10:00:01", "2024-05-09T10:00:00"], "datetime64[s]")
    >>> said = heard(part, seen, times)
    >>> said.burst.tolist(), np.exp(said.of(0, 1.0).log_ratio).round(2).tolist(), said.of(2, 1.0)
    ([0, 0, -1], [1.76, 0.24], None)
    """
    rows = outside.softened(seen.log_probabilities, seen.unknown, partition)
    speaks = ~blank(seen.log_probabilities)
    prior = np.log(partition.prior).astype(np.float32)
    order = album.order(times, ties).rows
    order = order[speaks[order]]
    hours = np.where(np.isnat(times), np.nan, times.astype("datetime64[s]").astype(np.int64) / 3600.0)
    burst = np.full(len(times), -1, np.int64)
    burst[order] = _bursts(hours[order], seen.embeddings[order])
    count = int(burst.max(initial=-1)) + 1
    ratios = np.zeros((count, len(partition)), np.float32)
    bits, when = np.zeros(count), np.full(count, np.nan)
    for number in range(count):
        members = np.flatnonzero(burst == number)
        share = np.exp(rows[members] - prior)  # of each photo, astray in a few of them
        ratios[number] = np.log(np.float32(ASTRAY) + np.float32(1 - ASTRAY) * share).mean(axis=0)
        bits[number] = max(float(np.mean((np.exp(rows[members]) * (rows[members] - prior)).sum(axis=1))), 0.0)
        when[number] = hours[members].mean()
    return Heard(partition, ratios, bits, when, burst, hours)


def _bursts(hours: Floats, embeddings: NDArray[np.float32]) -> NDArray[np.int64]:
    """The number (n,) of each photo's burst; photos in time order, those without a time each by itself."""
    found = np.zeros(len(hours), np.int64)
    first = 0
    lengths = np.maximum(np.linalg.norm(embeddings, axis=1), 1e-12)
    for row in range(1, len(hours)):
        apart = hours[row] - hours[first]
        cosine = float(embeddings[row] @ embeddings[first]) / (lengths[row] * lengths[first])
        same = apart <= MOMENT_HOURS or (apart <= BURST_HOURS and cosine >= ALIKE)
        found[row] = found[row - 1] + (not same)
        first = first if same else row
    return found
