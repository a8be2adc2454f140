"""What the backbones share."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from photoplanet.errors import InputError

NARROWEST, WIDEST = 0.05, 8  # width factors


class Backbone(nn.Module, ABC):
    """A network (n, 3, h, w) float → (embedding (n, d), features of the auxiliary head (n, a) or None).

    Made from a `width` factor on its channel counts (paper, Fig. 9b) and an `embedding` size (None: its own). It has
    the attributes `embedding` (d), `auxiliary` (a, 0 for none), `minimum_size` (pixels of the photos' side), and `mean`
    and `std`: what it takes from pixels in 0 … 1, and divides them by.
    """

    minimum_size: int
    embedding: int
    auxiliary: int = 0
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)

    def __init__(self, width: float = 1.0, embedding: int | None = None):
        super().__init__()
        self.fixed: list[nn.Module] = []  # parts that never leave eval mode; see `freeze`

    @abstractmethod
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the embedding and, while training and where there is such a head, the auxiliary features."""

    def layers(self) -> list[nn.Module]:
        """Return its layers, from the photo to the embedding, for rates and freezing layer by layer: by default one."""
        return [self]

    def regions(self) -> list[nn.Module]:
        """Return the parts that are compiled one by one, so that compiling can stop between two; none: as a whole."""
        return []

    def freeze(self, learning: int, norms: bool) -> None:
        """Let only the last `learning` layers learn (0: all); with `norms`, no batch norm's statistics change either.

        Weights that do not learn get no gradient, and their batch norms use the statistics that they have.

        >>> from photoplanet.training.backbones.mobile import Mobile
        >>> network = Mobile()
        >>> network.freeze(0, norms=True)
        >>> network.train().neck[1].training
        False
        """
        layers = self.layers()
        still = layers[:-learning] if learning else []
        for layer in still:
            layer.requires_grad_(False)
        everywhere = [module for module in self.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
        self.fixed = [*still, *(everywhere if norms else [])]
        self.train(self.training)

    def train(self, mode: bool = True) -> "Backbone":
        """Set train or eval mode, but for what is fixed."""
        super().train(mode)
        for module in self.fixed:
            module.eval()
        return self

    def start_from(self, start: str) -> None:
        """Take weights from elsewhere (a recipe's `start`); InputError where there are none for this backbone."""
        raise InputError(f"start={start}: {type(self).__name__.lower()} has no pretrained weights; use start=random")


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
