"""Inception-v3 (Szegedy et al., "Rethinking the Inception Architecture", 2015), the network of PlaNet (Sect. 3)."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from photoplanet.errors import InputError
from photoplanet.training.backbones.layers import Backbone, scaled

AUXILIARY = 768
DROPOUT = 0.2  # Szegedy et al. keep 0.8 before the softmax
Size = int | tuple[int, int]


class Conv(nn.Module):
    """Convolution, batch norm, ReLU."""

    def __init__(
        self, inputs: int, outputs: int, kernel: Size, stride: int = 1, padding: Size = 0, deviation: float = 0.1
    ):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=padding, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=1e-3)
        nn.init.trunc_normal_(self.conv.weight, std=deviation, a=-2 * deviation, b=2 * deviation)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) → (n, outputs, h', w')."""
        return functional.relu(self.norm(self.conv(x)), inplace=True)


def row(inputs: int, outputs: int) -> Conv:
    """Return a 1×7 convolution.

    >>> row(8, 16).conv.kernel_size
    (1, 7)
    """
    return Conv(inputs, outputs, (1, 7), padding=(0, 3))


def column(inputs: int, outputs: int) -> Conv:
    """Return a 7×1 convolution.

    >>> column(8, 16).conv.kernel_size
    (7, 1)
    """
    return Conv(inputs, outputs, (7, 1), padding=(3, 0))


class Pooled(nn.Module):
    """3×3 average pooling, then a 1×1 convolution."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv = Conv(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) → (n, outputs, h, w)."""
        pooled: Tensor = self.conv(functional.avg_pool2d(x, 3, stride=1, padding=1))
        return pooled


class Split(nn.Module):
    """A stem, then 1×3 and 3×1 convolutions side by side (the widened blocks of the 8×8 grid)."""

    def __init__(self, stem: nn.Module, inputs: int, outputs: int):
        super().__init__()
        self.stem = stem
        self.row = Conv(inputs, outputs, (1, 3), padding=(0, 1))
        self.column = Conv(inputs, outputs, (3, 1), padding=(1, 0))

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) → (n, 2 · outputs, h, w)."""
        x = self.stem(x)
        return torch.cat([self.row(x), self.column(x)], dim=1)


class Branches(nn.Module):
    """Branches side by side, their channels concatenated."""

    def __init__(self, *branches: nn.Module):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) → (n, the branches' channels, h', w')."""
        return torch.cat([branch(x) for branch in self.branches], dim=1)


class Auxiliary(nn.Module):
    """(n, channels, ≥5, ≥5) → (n, features): the head beside the 17×17 grid, used while training only."""

    def __init__(self, inputs: int, width: float):
        super().__init__()
        between, self.features = scaled(128, width), scaled(AUXILIARY, width)
        self.reduce = Conv(inputs, between, 1)
        self.conv = Conv(between, self.features, 5, deviation=0.01)

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) → (n, features)."""
        x = functional.avg_pool2d(x, 5, stride=3) if min(x.shape[2:]) >= 17 else functional.adaptive_avg_pool2d(x, 5)
        grid: Tensor = self.conv(self.reduce(x))
        return grid.mean(dim=(2, 3))


def grid35(inputs: int, pooled: int, width: float) -> Branches:
    """Figure 5 of Szegedy et al. with the first 3×3 pair kept as a 5×5, as in the published Inception-v3.

    >>> len(grid35(192, 32, 1).branches)
    4
    """
    c32, c48, c64, c96 = (scaled(c, width) for c in (pooled, 48, 64, 96))
    return Branches(
        Conv(inputs, c64, 1),
        nn.Sequential(Conv(inputs, c48, 1), Conv(c48, c64, 5, padding=2)),
        nn.Sequential(Conv(inputs, c64, 1), Conv(c64, c96, 3, padding=1), Conv(c96, c96, 3, padding=1)),
        Pooled(inputs, c32),
    )


def grid17(inputs: int, seven: int, width: float) -> Branches:
    """Figure 6 of Szegedy et al., n = 7: 7×7 convolutions factored into 1×7 and 7×1.

    >>> len(grid17(768, 128, 1).branches)
    4
    """
    c7, c = scaled(seven, width), scaled(192, width)
    return Branches(
        Conv(inputs, c, 1),
        nn.Sequential(Conv(inputs, c7, 1), row(c7, c7), column(c7, c)),
        nn.Sequential(Conv(inputs, c7, 1), column(c7, c7), row(c7, c7), column(c7, c7), row(c7, c)),
        Pooled(inputs, c),
    )


def grid8(inputs: int, width: float) -> Branches:
    """Figure 7 of Szegedy et al.: the widened blocks before the embedding.

    >>> len(grid8(1280, 1).branches)
    4
    """
    c192, c320, c384, c448 = (scaled(c, width) for c in (192, 320, 384, 448))
    return Branches(
        Conv(inputs, c320, 1),
        Split(Conv(inputs, c384, 1), c384, c384),
        Split(nn.Sequential(Conv(inputs, c448, 1), Conv(c448, c384, 3, padding=1)), c384, c384),
        Pooled(inputs, c192),
    )


def reduce17(inputs: int, width: float) -> Branches:
    """35×35 → 17×17 (Figure 10 of Szegedy et al.).

    >>> len(reduce17(288, 1).branches)
    3
    """
    c64, c96, c384 = (scaled(c, width) for c in (64, 96, 384))
    double = nn.Sequential(Conv(inputs, c64, 1), Conv(c64, c96, 3, padding=1), Conv(c96, c96, 3, stride=2))
    return Branches(Conv(inputs, c384, 3, stride=2), double, nn.MaxPool2d(3, stride=2))


def reduce8(inputs: int, width: float) -> Branches:
    """17×17 → 8×8 (Figure 10 of Szegedy et al.).

    >>> len(reduce8(768, 1).branches)
    3
    """
    c, c320 = scaled(192, width), scaled(320, width)
    seven = nn.Sequential(Conv(inputs, c, 1), row(c, c), column(c, c), Conv(c, c, 3, stride=2))
    return Branches(nn.Sequential(Conv(inputs, c, 1), Conv(c, c320, 3, stride=2)), seven, nn.MaxPool2d(3, stride=2))


class Inception(Backbone):
    """(n, 3, h, w) float, from 96 px up → (embedding (n, 2048·width), auxiliary (n, 768·width) or None).

    The auxiliary features are there while training. Szegedy et al. use 299 px. `width` scales all channel counts (paper
    Fig. 9b), each rounded to a multiple of 8. The embedding is the average over the last grid, so its size follows
    from the width; another `embedding` adds a linear layer.
    """

    minimum_size = 96

    def __init__(self, width: float = 1.0, embedding: int | None = None):
        super().__init__()
        c32, c64, c80, c192 = (scaled(c, width) for c in (32, 64, 80, 192))
        self.stem = nn.Sequential(
            Conv(3, c32, 3, stride=2), Conv(c32, c32, 3), Conv(c32, c64, 3, padding=1), nn.MaxPool2d(3, stride=2),
            Conv(c64, c80, 1), Conv(c80, c192, 3), nn.MaxPool2d(3, stride=2),
        )  # fmt: skip
        c256, c288 = (sum(scaled(c, width) for c in (64, 64, 96, last)) for last in (32, 64))
        c768 = scaled(384, width) + scaled(96, width) + c288
        self.grid35 = nn.Sequential(grid35(c192, 32, width), grid35(c256, 64, width), grid35(c288, 64, width))
        self.reduce17 = reduce17(c288, width)
        seventeen = 4 * c192
        blocks = [grid17(c768 if i == 0 else seventeen, c, width) for i, c in enumerate((128, 160, 160, 192))]
        self.grid17 = nn.Sequential(*blocks)
        self.auxiliary_branch = Auxiliary(seventeen, width)
        self.auxiliary = self.auxiliary_branch.features
        self.reduce8 = reduce8(seventeen, width)
        c1280, last = scaled(320, width) + c192 + seventeen, scaled(320, width) + 4 * scaled(384, width) + c192
        self.grid8 = nn.Sequential(grid8(c1280, width), grid8(last, width))
        self.embedding = embedding or last
        self.dropout = nn.Dropout(DROPOUT)
        self.project = nn.Identity() if self.embedding == last else nn.Linear(last, self.embedding)

    def regions(self) -> list[nn.Module]:
        """Return the stem and the blocks: what repeats is compiled once."""
        return [self.stem, *self.grid35, self.reduce17, *self.grid17, self.reduce8, *self.grid8]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the embedding, and the auxiliary features while training."""
        if min(x.shape[2:]) < self.minimum_size:
            raise InputError(f"photos of {tuple(x.shape[2:])} px: inception needs {self.minimum_size} px or more")
        x = self.grid17(self.reduce17(self.grid35(self.stem(x))))
        auxiliary = self.auxiliary_branch(x) if self.training else None
        embedding = self.project(self.grid8(self.reduce8(x)).mean(dim=(2, 3)))
        return self.dropout(embedding), auxiliary
