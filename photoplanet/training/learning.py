"""What a step computes from a batch, in one module: colours, the network, the loss. It is what gets compiled."""

import torch
from torch import Tensor, nn

from photoplanet.training import augment, precision
from photoplanet.training.classifier import Classifier, Outputs
from photoplanet.training.objective import Objective
from photoplanet.training.recipes import Recipe


class Learning(nn.Module):
    """Photos (n, h, w, 3) uint8 with classes, unit vectors and random numbers, as in `data.Batch` → (loss, right).

    `loss`: summed over the photos and divided by the global batch, so that each photo weighs the same, whichever rank
    has it; `right`: the share of the global batch whose best cell is theirs. Both float32 scalars on the device, and
    nothing in between waits for it.

    >>> import numpy as np
    >>> from photoplanet.photos.preprocessing import Preprocessing
    >>> recipe, network = Recipe(batch_size=2), Classifier("mobile", 2, Preprocessing(size=32))
    >>> learning = Learning(recipe, network, Objective(recipe, np.array([[48.9, 2.3], [51.5, -0.1]]), []), "float32")
    >>> photos, classes = torch.zeros((2, 32, 32, 3), dtype=torch.uint8), torch.tensor([0, 1])
    >>> loss, right = learning(photos, classes, learning.objective.means, torch.zeros(2, augment.DRAWS).double())
    >>> loss.requires_grad, 0 <= right.item() <= 1
    (True, True)
    """

    def __init__(self, recipe: Recipe, model: Classifier, objective: Objective, number_format: str):
        super().__init__()
        self.recipe, self.model, self.objective, self.number_format = recipe, model, objective, number_format

    def forward(self, images: Tensor, classes: Tensor, positions: Tensor, draws: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss, with its graph, and the share that is right."""
        with torch.no_grad():
            pixels = augment.recolour(self.recipe, images, draws, self.model.pixel_scale, self.model.pixel_shift)
        with precision.autocast(self.number_format, images.device):
            outputs: Outputs = self.model(pixels)
        loss = self.objective(outputs, classes, positions).sum() / self.recipe.batch_size
        right = (outputs.logits.detach().argmax(dim=1) == classes).sum() / self.recipe.batch_size
        return loss, right

    def regions(self) -> list[nn.Module]:
        """Return what is compiled, one after the other: the backbone's regions and the objective, or else all of it."""
        parts = self.model.backbone.regions()
        return [*parts, self.objective] if parts else [self]
