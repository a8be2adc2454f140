"""What the network minimises: cross-entropy against one-hot or softened labels, on the cells and on coarser ones."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from photoplanet.earth import geodesy
from photoplanet.training.classifier import Outputs
from photoplanet.training.recipes import Recipe


def softened(positions: Tensor, classes: Tensor, means: Tensor, label_km: float, nearest: int) -> tuple[Tensor, Tensor]:
    """Return softened labels: cells (n, k) and their weights (n, k), which sum to 1; q_c ∝ exp(−(d(x, c) − d_min)/τ).

    `positions` (n, 3) of the photos and `means` (classes, 3) of the cells are float64 or float32 unit vectors, d is the
    great-circle distance in km and τ `label_km`; only the k = `nearest` nearest cells and the photo's own share. After
    the haversine smoothing of PIGEON (Haas et al. 2024, Sect. 3.2), normalised to a distribution.

    >>> means = torch.from_numpy(geodesy.to_xyz(np.array([0.0, 0.0]), np.array([0.0, 1.0])))
    >>> cells, weights = softened(means[:1], torch.tensor([0]), means, label_km=100, nearest=2)
    >>> cells.tolist(), [round(weight, 2) for weight in weights[0].tolist()]
    ([[0, 1]], [0.75, 0.25])
    """
    near = (positions @ means.T).topk(min(nearest, len(means)), dim=1).indices
    missing = ~(near == classes[:, None]).any(dim=1)
    near[:, -1] = torch.where(missing, classes, near[:, -1])
    chord = (means[near] - positions[:, None, :]).norm(dim=2)
    km = 2 * geodesy.EARTH_RADIUS_KM * torch.asin((chord / 2).clamp(max=1))
    return near, torch.softmax(-km / label_km, dim=1).float()


def coarser(log_probabilities: Tensor, parents: Tensor, count: int) -> Tensor:
    """Return log-probabilities (n, count) of coarser cells: the log-sum-exp over the finer cells in each.

    >>> log_p = torch.tensor([[0.5, 0.25, 0.25]]).log()
    >>> coarser(log_p, torch.tensor([0, 1, 1]), 2).exp().tolist()
    [[0.5, 0.5]]
    """
    index = parents.expand(len(log_probabilities), -1)
    lowest = log_probabilities.new_full((len(log_probabilities), count), -torch.inf)
    peak = lowest.scatter_reduce(1, index, log_probabilities.detach(), "amax")
    total = torch.zeros_like(peak).scatter_add(1, index, (log_probabilities - peak.gather(1, index)).exp())
    return total.log() + peak


class Objective(nn.Module):
    """The loss of a recipe over given cells; a module, so that its constant tensors move with `.to(device)`.

    `means` (classes, 2): latitude and longitude of the cells' mean photos, degrees; `parents`: for each coarser level
    (coarsest first) the int32 (classes,) map from cells to the level's cells.
    """

    means: Tensor

    def __init__(self, recipe: Recipe, means: NDArray[np.float64], parents: list[NDArray[np.int32]]):
        super().__init__()
        self.recipe = recipe
        self.register_buffer("means", torch.from_numpy(geodesy.to_xyz(means[:, 0], means[:, 1])))
        self.counts = [int(level.max()) + 1 for level in parents]
        for i, level in enumerate(parents):
            self.register_buffer(f"parents_{i}", torch.from_numpy(level.astype(np.int64)))

    def targets(self, classes: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Targets, as cells (n, k) and their weights (n, k), of photos in `classes` (n,) at unit vectors (n, 3)."""
        recipe = self.recipe
        if recipe.label_km == 0 or recipe.label_share == 0:
            return classes[:, None], torch.ones_like(classes, dtype=torch.float32)[:, None]
        cells, weights = softened(positions, classes, self.means, recipe.label_km, recipe.label_cells)
        own = (cells == classes[:, None]).float()
        return cells, recipe.label_share * weights + (1 - recipe.label_share) * own

    def forward(self, outputs: Outputs, classes: Tensor, positions: Tensor) -> Tensor:
        """Losses (n,) of the photos: own cells + Σ weight · coarser level + auxiliary head (on the own cells alone)."""
        cells, weights = self.targets(classes, positions)
        log_probabilities = outputs.logits.log_softmax(dim=1)
        loss = -(weights * log_probabilities.gather(1, cells)).sum(dim=1)
        for i, weight in enumerate(self.recipe.hierarchy[: len(self.counts)]):
            parents = getattr(self, f"parents_{i}")
            level = coarser(log_probabilities, parents, self.counts[i])
            loss = loss - weight * (weights * level.gather(1, parents[cells])).sum(dim=1)
        if outputs.auxiliary_logits is not None:
            auxiliary = outputs.auxiliary_logits.log_softmax(dim=1).gather(1, cells)
            loss = loss - self.recipe.auxiliary * (weights * auxiliary).sum(dim=1)
        return loss
