"""`mobile`: a small residual CNN that trains on a CPU within hours and runs there in about a millisecond a photo."""

from torch import Tensor, nn

from photoplanet.network.layers import scaled

CHANNELS = (48, 96, 192)
BLOCKS = (1, 2, 1)
EMBEDDING = 256


class Residual(nn.Module):
    """Two 3×3 convolutions with batch norm and a shortcut; (n, c, h, w) → (n, c, h, w)."""

    def __init__(self, channels: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )
        self.last = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.body(x) + x)


class Mobile(nn.Module):
    """(n, 3, h, w) float, from 32 px up → ((n, embedding), None: it has no auxiliary head)."""

    minimum_size = 32
    auxiliary = 0

    def __init__(self, width: float = 1.0, embedding: int | None = None):
        super().__init__()
        self.embedding = embedding or EMBEDDING
        channels = [scaled(count, width) for count in CHANNELS]
        layers: list[nn.Module] = [nn.Conv2d(3, channels[0], 6, stride=4, padding=1, bias=False)]
        layers += [nn.BatchNorm2d(channels[0]), nn.ReLU(inplace=True)]
        for i, (count, blocks) in enumerate(zip(channels, BLOCKS, strict=True)):
            if i:
                layers += [nn.Conv2d(channels[i - 1], count, 3, stride=2, padding=1, bias=False)]
                layers += [nn.BatchNorm2d(count), nn.ReLU(inplace=True)]
            layers += [Residual(count) for _ in range(blocks)]
        self.features = nn.Sequential(*layers)
        self.neck = nn.Sequential(
            nn.Linear(channels[-1], self.embedding, bias=False), nn.BatchNorm1d(self.embedding), nn.ReLU(inplace=True)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, None]:
        return self.neck(self.features(x).mean(dim=(2, 3))), None
