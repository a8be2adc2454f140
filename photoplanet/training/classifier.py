"""A backbone with one output per cell: photos as bytes go in, logits over the cells and an embedding come out."""

import dataclasses
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from photoplanet.errors import InputError, ModelError
from photoplanet.photos.decode import Preprocessing
from photoplanet.training.backbones import BACKBONES

MAX_CLASSES = 10_000_000
MAX_EMBEDDING = 65_536


class Outputs(NamedTuple):
    """Logits (n, classes), embedding (n, d), float32; auxiliary logits (n, classes) in training if it has a head."""

    logits: Tensor
    embedding: Tensor
    auxiliary_logits: Tensor | None


def normalised(images: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Return uint8 (n, h, w, 3) as float32, each channel times `scale` (3,) plus `shift` (3,).

    >>> grey = torch.full((1, 1, 1, 3), 128, dtype=torch.uint8)
    >>> normalised(grey, torch.full((3,), 1 / 256), torch.full((3,), -1.0)).flatten().tolist()
    [-0.5, -0.5, -0.5]
    """
    # One factor per value of a row, not per channel: inner loops over rows are three times as fast as over triples.
    row = (images.shape[2], 3)
    return torch.addcmul(shift.expand(row).contiguous(), images.to(scale.dtype), scale.expand(row).contiguous())


class Classifier(nn.Module):
    """uint8 RGB (n, h, w, 3) → `Outputs`; one output per cell, and normalisation inside (paper, Sect. 3).

    Float pixels are taken for normalised already (by `pixel_scale` and `pixel_shift`, as `augment.recolour` does).

    `width` scales every channel count (Fig. 9b); `embedding` overrides the backbone's own embedding size. The photos
    are expected at `preprocessing.size`. Raises InputError for an unknown backbone or a size under its minimum.

    >>> Classifier("mobile", 5, Preprocessing(size=32))(torch.zeros(2, 32, 32, 3, dtype=torch.uint8)).logits.shape
    torch.Size([2, 5])
    """

    pixel_scale: Tensor
    pixel_shift: Tensor

    def __init__(
        self,
        backbone: str,
        classes: int,
        preprocessing: Preprocessing,
        width: float = 1.0,
        embedding: int | None = None,
    ):
        super().__init__()
        if backbone not in BACKBONES:
            raise InputError(f"backbone {backbone!r}: unknown; the backbones are {', '.join(BACKBONES)}")
        if not 1 <= classes <= MAX_CLASSES:
            raise InputError(f"classes {classes}: a model has between 1 and {MAX_CLASSES} cells")
        if embedding is not None and not 1 <= embedding <= MAX_EMBEDDING:
            raise InputError(f"embedding {embedding}: its size lies between 1 and {MAX_EMBEDDING}")
        if preprocessing.size < BACKBONES[backbone].minimum_size:
            least = BACKBONES[backbone].minimum_size
            raise InputError(f"size {preprocessing.size}: {backbone} needs photos of {least} px or more")
        self.name, self.classes, self.width, self.preprocessing = backbone, classes, width, preprocessing
        self.backbone = BACKBONES[backbone](width=width, embedding=embedding)
        self.embedding_size: int = self.backbone.embedding
        self.head = nn.Linear(self.backbone.embedding, classes)
        self.auxiliary_head = nn.Linear(self.backbone.auxiliary, classes) if self.backbone.auxiliary else None
        mean, std = torch.tensor(preprocessing.mean), torch.tensor(preprocessing.std)
        self.register_buffer("pixel_scale", 1 / (255 * std), persistent=False)
        self.register_buffer("pixel_shift", -mean / std, persistent=False)

    def forward(self, images: Tensor) -> Outputs:
        """Return logits, embedding and, while training, the auxiliary head's logits."""
        pixels = images if images.is_floating_point() else normalised(images, self.pixel_scale, self.pixel_shift)
        # A permuted (n, h, w, 3) array IS channels-last memory: no copy, and the fastest layout for convolutions.
        embedding, auxiliary = self.backbone(pixels.permute(0, 3, 1, 2))
        logits = self.head(embedding).float()
        if auxiliary is None or self.auxiliary_head is None:
            return Outputs(logits, embedding.float(), None)
        return Outputs(logits, embedding.float(), self.auxiliary_head(auxiliary).float())

    def log_probabilities(self, images: Tensor) -> Tensor:
        """Return log-probabilities (n, classes) at temperature 1, float32, of uint8 RGB (n, h, w, 3)."""
        outputs: Outputs = self(images)
        return outputs.logits.log_softmax(dim=1)

    def arguments(self) -> dict[str, Any]:
        """Return what `from_arguments` needs to rebuild the same network; plain values, kept in model.json."""
        return {
            "backbone": self.name,
            "classes": self.classes,
            "width": self.width,
            "embedding": self.backbone.embedding,
            "preprocessing": dataclasses.asdict(self.preprocessing),
        }

    @classmethod
    def from_arguments(cls, arguments: Any) -> "Classifier":
        """Return the network, with fresh weights, that `arguments` (from outside: checked) describe; ModelError."""
        try:
            given = dict(arguments)
            preprocessing = Preprocessing.from_dict(given["preprocessing"])
            return cls(
                str(given["backbone"]),
                int(given["classes"]),
                preprocessing,
                width=float(given.get("width", 1.0)),
                embedding=None if given.get("embedding") is None else int(given["embedding"]),
            )
        except KeyError as error:
            raise ModelError(f"network arguments: {error.args[0]!r} is missing; export the model again") from error
        except (TypeError, ValueError, InputError) as error:
            raise ModelError(f"network arguments: {error}; export the model again") from error
