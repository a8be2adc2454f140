"""`mobile`: a small residual CNN that trains on a CPU within hours and locates a photo there in about a millisecond.

The choices, each measured (docs/models.md): dense convolutions, since depthwise ones are slow to train on a CPU;
channel counts that are multiples of 32, which bf16 matrix units want; one coarse but overlapping first convolution,
since most of the time would go into the large grids before it; narrow 3×3 convolutions between 1×1 ones, but full
3×3 ones from grid to grid: 2×2 ones there learn markedly more slowly.
"""

from torch import Tensor, nn

from photoplanet.training.backbones.layers import Backbone, scaled

CHANNELS = (32, 64, 128, 256)  # on grids of 1/4, 1/8, 1/16 and 1/32 of the photo's side
BLOCKS = (1, 2, 2, 0)
EMBEDDING = 192


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int = 0) -> list[nn.Module]:
    """Return a convolution and its batch norm.

    >>> [type(layer).__name__ for layer in convolution(3, 8, 3)]
    ['Conv2d', 'BatchNorm2d']
    """
    conv = nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=padding, bias=False)
    nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
    return [conv, nn.BatchNorm2d(outputs)]


class Residual(nn.Module):
    """1×1 down to half the channels, 3×3, 1×1 up again, and a shortcut; (n, c, h, w) → (n, c, h, w)."""

    def __init__(self, channels: int):
        super().__init__()
        half = max(8, channels // 2)
        self.body = nn.Sequential(
            *convolution(channels, half, 1), nn.ReLU(inplace=True),
            *convolution(half, half, 3, padding=1), nn.ReLU(inplace=True),
            *convolution(half, channels, 1),
        )  # fmt: skip
        self.last = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Return the shortcut plus what the convolutions add."""
        added: Tensor = self.last(self.body(x) + x)
        return added


class Mobile(Backbone):
    """(n, 3, h, w) float, from 32 px up → (embedding (n, d), None: there is no auxiliary head).

    `width` scales the channel counts; `embedding` is d, 192 when left out.
    """

    minimum_size = 32

    def __init__(self, width: float = 1.0, embedding: int | None = None):
        super().__init__()
        self.embedding = embedding or EMBEDDING
        channels = [scaled(count, width) for count in CHANNELS]
        layers: list[nn.Module] = [*convolution(3, channels[0], 8, stride=4, padding=2), nn.ReLU(inplace=True)]
        for i, (count, blocks) in enumerate(zip(channels, BLOCKS, strict=True)):
            if i:
                layers += [*convolution(channels[i - 1], count, 3, stride=2, padding=1), nn.ReLU(inplace=True)]
            layers += [Residual(count) for _ in range(blocks)]
        self.features = nn.Sequential(*layers)
        self.neck = nn.Sequential(
            nn.Linear(channels[-1], self.embedding, bias=False), nn.BatchNorm1d(self.embedding), nn.ReLU(inplace=True)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, None]:
        """Return the embedding."""
        return self.neck(self.features(x).mean(dim=(2, 3))), None
