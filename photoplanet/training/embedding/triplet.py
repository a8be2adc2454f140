"""The triplet loss of the paper's retrieval embedding (§3): which photos make triplets, and what a triplet costs."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from photoplanet.earth import cells, geodesy
from photoplanet.errors import TrainingError
from photoplanet.training.placement import sent

NUMBERS = 256  # of the embedding; one byte each once quantised (paper §3)
PLACE_LEVEL = 13  # S2 cells of about 1 km: photos of one may be a positive pair


@dataclass(frozen=True)
class Settings:
    """How the embedding is trained: pairs, loss, batches of `places` × `each` photos, and AdamW's rate.

    >>> Settings().margin
    0.2
    """

    near_km: float = 1.0  # positives lie within
    far_km: float = 25.0  # negatives lie beyond; what lies between is neither
    margin: float = 0.2  # of squared distances between unit vectors (FaceNet)
    places: int = 64
    each: int = 4
    steps: int = 1000
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    seed: int = 0


class Head(nn.Module):
    """The classifier's embedding (n, d) → unit vectors (n, 256); standardises its inputs by `mean` and `deviation`."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, embedding_size: int, numbers: int = NUMBERS):
        super().__init__()
        self.register_buffer("mean", torch.zeros(embedding_size))
        self.register_buffer("deviation", torch.ones(embedding_size))
        self.linear = nn.Linear(embedding_size, numbers)

    def fit_inputs(self, embeddings: NDArray[np.floating[Any]]) -> None:
        """Take mean and deviation from the library's embeddings (n, d), so that every number starts with equal say."""
        rows = np.asarray(embeddings, np.float32)
        self.mean.copy_(torch.from_numpy(rows.mean(axis=0)))
        self.deviation.copy_(torch.from_numpy(rows.std(axis=0)).clamp(min=1e-3))

    def forward(self, embedding: Tensor) -> Tensor:
        """(n, d) → unit vectors (n, 256)."""
        vectors: Tensor = self.linear((embedding - self.mean) / self.deviation)
        unit: Tensor = vectors / vectors.norm(dim=1, keepdim=True).clamp(min=1e-12)
        return unit


class PlaceSampler:
    """Draws batches in which photos have others of their place: row numbers, `places` × `each` of them.

    A place is an S2 cell of level 13 with photos of at least two photographers (−1: unknown, each its own), drawn with
    the square root of its photos, so that neither the famous nor the lonely ones rule. TrainingError with fewer than 2.
    """

    def __init__(
        self, latitude: NDArray[np.float64], longitude: NDArray[np.float64], photographer: NDArray[np.int64],
        settings: Settings,
    ):  # fmt: skip
        self.settings = settings
        cell = np.unique(cells.parent(cells.from_latlng(latitude, longitude), PLACE_LEVEL), return_inverse=True)[1]
        order = np.argsort(cell, kind="stable")
        groups = np.split(order, np.flatnonzero(np.diff(cell[order])) + 1)
        self.groups = [rows for rows in groups if _several(photographer[rows])]
        if len(self.groups) < 2:
            raise TrainingError(
                f"{len(self.groups)} places of a kilometre have photos by two photographers; the triplet loss needs "
                "two such places or more: give more photos, or a table with the column photographer filled in"
            )
        weight = np.sqrt([len(rows) for rows in self.groups])
        self._share = weight / weight.sum()

    def batch(self, step: int) -> NDArray[np.int64]:
        """Return the rows of one step, a function of seed and step alone."""
        random = np.random.default_rng([self.settings.seed, step])
        count = min(self.settings.places, len(self.groups))
        chosen = random.choice(len(self.groups), count, replace=False, p=self._share)
        each = self.settings.each
        drawn = [random.choice(self.groups[one], min(each, len(self.groups[one])), replace=False) for one in chosen]
        return np.concatenate(drawn)


def _several(photographer: NDArray[np.int64]) -> bool:
    """Whether two of these photos may be a pair: two photographers, or two photos whose photographers are unknown."""
    known = photographer[photographer >= 0]
    return len(np.unique(known)) + len(photographer) - len(known) >= 2


def pairs(
    latitude: NDArray[np.float64], longitude: NDArray[np.float64], photographer: NDArray[np.int64], settings: Settings
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which of n photos are positives and which negatives of each other, two symmetric masks (n, n).

    Positives lie within `near_km` and are not by one photographer, whose photos of one walk are alike for other
    reasons; negatives lie beyond `far_km`.

    >>> positive, negative = pairs(np.array([0, 0, 40.0]), np.zeros(3), np.array([1, 2, 1]), Settings())
    >>> positive[0].tolist(), negative[0].tolist()
    ([False, True, False], [False, False, True])
    """
    km = geodesy.distance_km(latitude[:, None], longitude[:, None], latitude[None], longitude[None])
    same = (photographer[:, None] == photographer[None]) & (photographer >= 0)
    np.fill_diagonal(same, True)
    return (km <= settings.near_km) & ~same, km > settings.far_km


def loss(vectors: Tensor, positive: Tensor, negative: Tensor, margin: float) -> Tensor:
    """Return the mean triplet loss over all positive pairs (a, p): max(0, |a − p|² − |a − n|² + margin), a scalar.

    n is the hardest of the semi-hard negatives, those farther from a than p is, and where there is none the easiest of
    all (Schroff et al., FaceNet, 2015, §3.2): the very hardest, which the loss begins with, would pull all vectors
    into one point. `vectors` (n, d) are of unit length; masks (n, n) as `pairs` makes them, on the processor: which
    pairs there are is found there, so that nothing waits for the vectors. 0 without any triplet.

    >>> vectors = torch.tensor([[1.0, 0], [1, 0], [-1, 0]])
    >>> positive = torch.tensor([[0, 1, 0], [1, 0, 0], [0, 0, 0]], dtype=torch.bool)
    >>> negative = torch.tensor([[0, 0, 1], [0, 0, 1], [1, 1, 0]], dtype=torch.bool)
    >>> loss(vectors, positive, negative, 0.2).item()
    0.0
    """
    anchor, other = (positive & negative.any(dim=1, keepdim=True)).nonzero(as_tuple=True)
    if not len(anchor):
        return vectors.sum() * 0
    anchor, other, negative = (sent(part, vectors.device) for part in (anchor, other, negative[anchor]))
    squared = (2 - 2 * vectors @ vectors.T).clamp(min=0)
    near = squared[anchor, other]
    away = squared[anchor].masked_fill(~negative, float("nan"))
    semi = torch.where(away > near[:, None], away, torch.inf).min(dim=1).values
    easiest = away.nan_to_num(nan=-1.0).max(dim=1).values
    far = torch.where(semi.isfinite(), semi, easiest)
    return (near - far + margin).clamp(min=0).mean()


def recall(
    library: NDArray[np.float32], library_places: NDArray[np.float64], queries: NDArray[np.float32],
    query_places: NDArray[np.float64], radii_km: tuple[float, ...],
) -> dict[str, float]:  # fmt: skip
    """Return recall@1: the share of queries whose nearest library vector was taken within each radius.

    Unit vectors float32 (n, d), (q, d); places (n, 2), (q, 2) in degrees. All 0 where either side is empty.

    >>> library, places = np.eye(2, dtype=np.float32), np.array([[0, 0], [50, 50.0]])
    >>> recall(library, places, np.eye(1, 2, dtype=np.float32), np.array([[0, 0.1]]), (1.0, 25.0))
    {'1 km': 0.0, '25 km': 1.0}
    """
    best = np.zeros(len(queries), np.int64)
    if len(library):
        for start in range(0, len(queries), 256):
            best[start : start + 256] = (queries[start : start + 256] @ library.T).argmax(axis=1)
        km = geodesy.distance_km(*library_places[best].T, *query_places.T)
    else:
        km = np.full(len(queries), np.inf)
    return {f"{radius:g} km": float((km <= radius).mean()) if len(km) else 0.0 for radius in radii_km}
