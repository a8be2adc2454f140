"""Backbones: networks from pixels to an embedding, one file each; `BACKBONES` lists them by name.

To add one, write a file of its name after this template and add it to `BACKBONES`. Then
`photoplanet train --backbone tiny` trains it and the export to ONNX takes it along; nothing else has to change.

>>> import torch
>>> class Tiny(Backbone):
...     minimum_size = 8  # pixels of the photo's side
...
...     def __init__(self, width=1.0, embedding=None):
...         super().__init__()
...         self.embedding = embedding or scaled(16, width)
...         self.layer = torch.nn.Conv2d(3, self.embedding, 8, stride=8)
...
...     def forward(self, x):  # (n, 3, h, w) → (n, embedding), and no features for an auxiliary head
...         return self.layer(x).relu().mean(dim=(2, 3)), None
>>> Tiny()(torch.zeros(2, 3, 32, 32))[0].shape
torch.Size([2, 16])
"""

from photoplanet.training.backbones.inception import Inception
from photoplanet.training.backbones.layers import Backbone, scaled
from photoplanet.training.backbones.lite import Lite0, Lite1, Lite2
from photoplanet.training.backbones.mobile import Mobile

__all__ = ["BACKBONES", "Backbone", "scaled"]

BACKBONES: dict[str, type[Backbone]] = {
    "inception": Inception, "lite0": Lite0, "lite1": Lite1, "lite2": Lite2, "mobile": Mobile,
}  # fmt: skip
