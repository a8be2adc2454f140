"""What the backbones share."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from photoplanet.errors import InputError

NARROWEST, WIDEST = 0.05, 8  # width factors


class Backbone(nn.Module, ABC):
    """A network (n, 3, h, w) float → (embedding (n, d), features of the auxiliary head (n, a) or None).

    Made from a `width` factor on its channel counts (paper, Fig. 9b) and an `embedding` size (None: its own). It has
    the attributes `embedding` (d), `auxiliary` (a, 0 for none) and `minimum_size` (pixels of the photos' side).
    """

    minimum_size: int
    embedding: int
    auxiliary: int = 0

    def __init__(self, width: float = 1.0, embedding: int | None = None):
        super().__init__()

    @abstractmethod
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the embedding and, while training and where there is such a head, the auxiliary features."""


def scaled(channels: int, width: float) -> int:
    """Return `channels` times the width factor, to the nearest multiple of 8, at least 8; unchanged at 1.

    InputError for a factor outside 0.05 to 8.

    >>> scaled(80, 0.5), scaled(80, 1), scaled(8, 0.1)
    (40, 80, 8)
    """
    if not NARROWEST <= width <= WIDEST:
        raise InputError(
            f"width {width}: the width factor lies between {NARROWEST} and {WIDEST}; 1 is the full network"
        )
    return channels if width == 1 else max(8, int(channels * width / 8 + 0.5) * 8)
