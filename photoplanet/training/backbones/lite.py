"""EfficientNet-Lite 0, 1 and 2 in torch: the nets of `encoders.lite`, for training from random weights or from theirs.

Tensors have the names that the packages and `encoders.lite.graph` use, so weights go either way unchanged.
EfficientNet's blocks (Tan & Le 2019, Table 1) without squeeze-and-excitation, with ReLU6, TensorFlow's "same" padding,
and batch norm with ε = 1e-3.
"""

from math import ceil

import torch
from torch import Tensor, nn
from torch.nn import functional

from photoplanet.encoders import lite
from photoplanet.errors import ModelError
from photoplanet.training.backbones import pretrained
from photoplanet.training.backbones.layers import Backbone, scaled

STEM, HEAD = 32, 1280  # channels, the same in all three
STAGES = (  # repeats, kernel, expansion, channels; the first and last stage are never deepened
    (1, 3, 1, 16), (2, 3, 6, 24), (2, 5, 6, 40), (3, 3, 6, 80), (3, 5, 6, 112), (4, 5, 6, 192), (1, 3, 6, 320),
)  # fmt: skip
MOMENTUM = 0.01  # TensorFlow's 0.99
LEAST = 1e-8  # of a feature before its square root: a slope at 0 would be infinite


class SameConv(nn.Conv2d):
    """A convolution without bias that pads as TensorFlow's "same": (n, c, h, w) → (n, c', ⌈h/stride⌉, ⌈w/stride⌉)."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1):
        super().__init__(inputs, outputs, kernel, stride, groups=groups, bias=False)
        nn.init.kaiming_normal_(self.weight, mode="fan_out" if groups == 1 else "fan_in", nonlinearity="relu")

    def forward(self, input: Tensor) -> Tensor:
        """Return the convolved grid."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        high, wide = (max(0, (side - 1) // stride * stride + kernel - side) for side in input.shape[2:])
        if high % 2 or wide % 2:  # one more below and to the right
            padded = functional.pad(input, (wide // 2, wide - wide // 2, high // 2, high - high // 2))
            return functional.conv2d(padded, self.weight, self.bias, self.stride, 0, 1, self.groups)
        around = (high // 2, wide // 2)
        return functional.conv2d(input, self.weight, self.bias, self.stride, around, 1, self.groups)


def norm(channels: int) -> nn.BatchNorm2d:
    """Return a batch norm as TensorFlow's.

    >>> norm(8).eps
    0.001
    """
    return nn.BatchNorm2d(channels, eps=lite.EPSILON, momentum=MOMENTUM)


class Block(nn.Module):
    """1×1 up to `expansion` times the channels, a depthwise convolution, 1×1 down, and a shortcut where one fits."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int):
        super().__init__()
        between = inputs * expansion
        self.expands, self.shortcut = expansion > 1, stride == 1 and inputs == outputs
        if self.expands:
            self._expand_conv = SameConv(inputs, between, 1)
            self._bn0 = norm(between)
        self._depthwise_conv = SameConv(between, between, kernel, stride, groups=between)
        self._bn1 = norm(between)
        self._project_conv = SameConv(between, outputs, 1)
        self._bn2 = norm(outputs)

    def forward(self, given: Tensor) -> Tensor:
        """(n, inputs, h, w) → (n, outputs, h', w')."""
        x = functional.relu6(self._bn0(self._expand_conv(given))) if self.expands else given
        x = functional.relu6(self._bn1(self._depthwise_conv(x)))
        x = self._bn2(self._project_conv(x))
        narrow: Tensor = x + given if self.shortcut else x
        return narrow


class Lite(Backbone):
    """(n, 3, h, w) float, from 32 px up → (embedding (n, 1280·width), None: there is no auxiliary head).

    The embedding is the last layer averaged, as `encoders.lite` compares it: its square root, of length 1. `width`
    scales all channel counts (paper, Fig. 9b); another `embedding` size that of the last layer.
    """

    minimum_size = 32
    mean, std = (lite.MEAN / 255,) * 3, (lite.SCALE / 255,) * 3
    wider, deeper = 1.0, 1.0  # than EfficientNet-B0

    def __init__(self, width: float = 1.0, embedding: int | None = None):
        super().__init__()
        inside = scaled(STEM, width)
        self._conv_stem, self._bn0 = SameConv(3, inside, 3, 2), norm(inside)
        blocks = []
        for (repeats, kernel, expansion, channels), stride in zip(STAGES, lite.STRIDES, strict=True):
            outputs = scaled(scaled(channels, self.wider), width)
            for repeat in range(repeats if repeats == 1 else ceil(repeats * self.deeper)):
                blocks.append(Block(inside, outputs, kernel, 1 if repeat else stride, expansion))
                inside = outputs
        self._blocks = nn.ModuleList(blocks)
        self.embedding = embedding or scaled(HEAD, width)
        self._conv_head, self._bn1 = SameConv(inside, self.embedding, 1), norm(self.embedding)

    def forward(self, x: Tensor) -> tuple[Tensor, None]:
        """Return the embedding."""
        averages = self.features(x)
        roots = torch.where(averages > LEAST, averages.clamp(min=LEAST).sqrt(), 0.0)
        return functional.normalize(roots, dim=1), None

    def features(self, x: Tensor) -> Tensor:
        """Return the last layer's averages (n, embedding): the features of the encoder."""
        x = functional.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        x = functional.relu6(self._bn1(self._conv_head(x)))
        averages: Tensor = x.float().mean(dim=(2, 3))
        return averages

    def layers(self) -> list[nn.Module]:
        """Return what can be tuned, from the photo to the features: the stem, each block, the last layer."""
        stem, last = nn.ModuleList([self._conv_stem, self._bn0]), nn.ModuleList([self._conv_head, self._bn1])
        return [stem, *self._blocks, last]

    def start_from(self, start: str) -> None:
        """Take the weights of the encoder of the same name; ModelError where they do not fit, others as `tensors`."""
        found, own = pretrained.tensors(start, type(self).__name__.lower()), self.state_dict()
        for name, value in own.items():
            if name not in found or found[name].shape != value.shape:
                raise ModelError(f"start={start}: weights of another network ({name}); use start={pretrained.PACKAGE}")
        self.load_state_dict({name: torch.from_numpy(found[name]) for name in own})


class Lite0(Lite):
    """EfficientNet-Lite0: 3.4 million weights, 224 px."""


class Lite1(Lite):
    """EfficientNet-Lite1: 4.1 million weights, 240 px."""

    deeper = 1.1


class Lite2(Lite):
    """EfficientNet-Lite2: 4.8 million weights, 260 px."""

    wider, deeper = 1.1, 1.2
