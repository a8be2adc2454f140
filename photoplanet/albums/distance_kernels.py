"""One scale of the transition model in a chain: sums Σ_i v_i·exp(−d_ij / s) over the cells near enough to count.

The matrix exp(−d / s) is symmetric, so one serves both directions of a chain. Cells further apart than some multiple of
s add next to nothing and are left out, and so is probability that is next to none: both would fill the sums with
subnormal numbers, which take a processor ten times as long. States are in the order of their cells' ids, a curve on
which neighbours lie close, so that few columns are near a block of rows.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums import transition_model
from photoplanet.albums.viterbi import Floats
from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition

PRECISION = 1e-6  # what is left out of a step, for either reason, relative to the share that goes anywhere
BLOCK = 64  # rows: few enough to have few columns near, enough to outweigh the call
DENSE = 0.5  # of the columns: with more of them near than this, all of them at once take less time


@dataclass(frozen=True)
class DistanceKernel:
    """f(j | i) = q_j·exp(−d_ij / s) / Z_i between k states, Z_i over all cells: `total` (k,), without the q_j.

    `blocks`: BLOCK rows each of exp(−d / s), of the `columns` that are near; or one block of all. `leaving` (k,): what
    goes from a state to cells that are not states.
    """

    total: Floats
    leaving: Floats
    blocks: list[NDArray[np.float32]]
    columns: list[NDArray[np.intp]] | None

    def forward(self, mass: Floats, spare: float) -> NDArray[np.float32]:
        """Σ_i mass_i·f(j | i) / q_j for each j, at most `spare` too small, and what is far away."""
        return self._sums(mass / self.total, spare)

    def backward(self, worth: Floats, spare: float) -> Floats:
        """Σ_j f(j | i)·worth_j for each i, as little too small; `worth` is given times q."""
        return self._sums(worth, spare * self.total.min()) / self.total

    def _sums(self, values: Floats, spare: float) -> NDArray[np.float32]:
        some = np.where(values > spare / len(values), values, 0).astype(np.float32)
        if self.columns is None:
            # Not @: BLAS would give half of so small a product to a second thread, which then spins for more.
            used = some.nonzero()[0]
            few = len(used) < len(some) / 4
            factors, block = (some[used], self.blocks[0][used]) if few else (some, self.blocks[0])
            total: NDArray[np.float32] = np.einsum("i,ij->j", factors, block)
            return total
        found = np.zeros(len(some), np.float32)
        for number, (block, columns) in enumerate(zip(self.blocks, self.columns, strict=True)):
            found[columns] += some[number * BLOCK : (number + 1) * BLOCK] @ block
        return found


def kernels(partition: Partition, states: NDArray[np.integer]) -> list[DistanceKernel]:
    """The kernels between `states` (k,), ascending, one for each of `transition_model.SCALES_KM`.

    >>> from photoplanet.earth import cells
    >>> partition = Partition.from_cells(cells.from_token(["47e66c", "60188c"]))  # Paris, Tokyo: 9,700 km
    >>> found = kernels(partition, np.array([0, 1]))
    >>> [kernel.total.round(2).tolist() for kernel in found[:2]]  # neither is near the other
    [[0.5, 0.5], [0.5, 0.5]]
    """
    share = partition.prior
    xyz = geodesy.to_xyz(*partition.means.T)
    away = np.empty((len(states), len(states)), np.float32)
    totals = np.empty((len(transition_model.SCALES_KM), len(states)))
    for rows in transition_model.pieces(len(states), len(share)):
        everywhere = transition_model.apart(xyz[states[rows]], xyz)
        away[rows] = everywhere[:, states]
        for number, scale in enumerate(transition_model.SCALES_KM):
            totals[number, rows] = np.exp(everywhere / np.float32(-scale)) @ share.astype(np.float32)
    return [
        _kernel(away, total, scale, share[states])
        for total, scale in zip(totals, transition_model.SCALES_KM, strict=True)
    ]


def _kernel(away: NDArray[np.float32], total: Floats, scale: float, share: Floats) -> DistanceKernel:
    """One scale; further away than `reach` even all of the probability would add under PRECISION of "anywhere"."""
    reach = -scale * np.log(PRECISION * transition_model.SMALL * total.min())
    near = np.exp(away / np.float32(-scale))
    near[away > reach] = 0
    leaving = (1 - near @ share / total).clip(0)
    rows = [slice(start, start + BLOCK) for start in range(0, len(away), BLOCK)]
    columns = [near[some].any(axis=0).nonzero()[0] for some in rows]
    if sum(map(len, columns)) > DENSE * len(rows) * len(away):
        return DistanceKernel(total, leaving, [near], None)
    blocks = [near[some][:, each] for some, each in zip(rows, columns, strict=True)]
    return DistanceKernel(total, leaving, blocks, columns)
