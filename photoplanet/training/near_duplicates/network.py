"""The network of the binary codes, and the loss that pulls near-duplicates together (paper, Sect. 3)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

SIZE = 64  # pixels: the network's input
BITS = 256
WIDTHS = (24, 48, 88, 128, 48)
TEMPERATURE = 0.1
QUANTISATION = 0.1  # weight of the pull of each output towards −1 or 1


class Coder(nn.Module):
    """uint8 (n, 64, 64, 3) → float32 (n, BITS), whose signs are the code; the mirrored photo has the same."""

    def __init__(self, bits: int = BITS, widths: Sequence[int] = WIDTHS):
        super().__init__()
        a, b, c, d, e = widths
        self.features = nn.Sequential(
            _conv(3, a, 2), _conv(a, b, 2), _conv(b, c, 2), ResidualPair(c), _conv(c, d, 2), _conv(d, e, 1, kernel=1),
        )  # fmt: skip
        self.head = nn.Linear(e * (SIZE // 16) ** 2, bits, bias=False)
        self.balance = nn.BatchNorm1d(bits, affine=False)  # each bit is on for half of the photos

    def forward(self, photos: Tensor) -> Tensor:
        """Return the code's numbers."""
        codes: Tensor = self.balance(self.both_sided(photos))
        return codes

    def both_sided(self, photos: Tensor) -> Tensor:
        """Return the sum over the photo and its mirror image, before the balance."""
        pixels = _pixels(photos)
        return self._raw(pixels) + self._raw(pixels.flip(3))

    def one_sided(self, photos: Tensor) -> Tensor:
        """Return `forward` of the photo one way round: half the cost, and training makes it mirror-proof by itself."""
        codes: Tensor = self.balance(self._raw(_pixels(photos)))
        return codes

    def _raw(self, pixels: Tensor) -> Tensor:
        found: Tensor = self.head(self.features(pixels).flatten(1))
        return found


class ResidualPair(nn.Module):
    """Two convolutions and a way around them."""

    def __init__(self, width: int):
        super().__init__()
        self.first, self.second = _conv(width, width, 1), _conv(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, h, w) → the same shape."""
        changed: Tensor = self.second(self.first(x))
        return x + changed


def contrastive_loss(first: Tensor, second: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Return the cross-entropy of finding each photo's copy among all others (NT-Xent, Chen et al. 2020).

    `first`, `second`: (n, bits) of the photos and of their copies.

    >>> codes = torch.tensor([[3.0, 3.0], [3.0, -3.0]])
    >>> bool(contrastive_loss(codes, codes) < contrastive_loss(codes, codes.flip(0)))
    True
    """
    soft = torch.cat([first, second]).tanh()
    near = functional.normalize(soft, dim=1)
    near = (near @ near.T / temperature).fill_diagonal_(float("-inf"))
    n = len(first)
    copies = torch.arange(2 * n, device=first.device).roll(n)
    return functional.cross_entropy(near, copies) + QUANTISATION * (1 - soft.abs()).square().mean()


def _pixels(photos: Tensor) -> Tensor:
    return photos.permute(0, 3, 1, 2).float() / 127.5 - 1


def _conv(inputs: int, outputs: int, stride: int, kernel: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(True)
    )
