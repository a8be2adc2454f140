"""The training of an album network on the fixed CNN's embeddings: truncated back-propagation, the best epoch kept."""

import time
from collections.abc import Generator
from dataclasses import asdict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from photoplanet.albums.networks import LSTMS
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError
from photoplanet.models.folder import Bundle
from photoplanet.training import export, optimizer
from photoplanet.training.albums import data, validation
from photoplanet.training.albums.attention import AlbumAttention
from photoplanet.training.albums.data import AlbumBatch, AlbumPhotos
from photoplanet.training.albums.networks import AlbumLSTM, AlbumNetwork
from photoplanet.training.albums.recipes import AlbumRecipe
from photoplanet.training.distributed import CPU, Ranks
from photoplanet.training.placement import sent
from photoplanet.training.task import Facts, Task

RATE_STEPS = 1_000_000  # the learning rate follows the share of the run that is done, in millionths
MOMENTS_PHOTOS = 100_000  # of which the embeddings' mean and deviation are taken


class AlbumTask(Task[AlbumBatch]):
    """The training of a recipe on albums; `reading_seconds`: how long batches took to lay out.

    `head`: the CNN's softmax layer with its temperature divided out, needed where the network's reading has context.
    On a GPU (`device`) the network, its optimizer and the loss stay there; embeddings are read and sent by batch.
    InputError when no photo of the training albums lies in a cell.
    """

    model: AlbumNetwork
    keeps_best = True
    if_another_run = "give the same settings, another -o, or remove that folder to start anew"

    def __init__(
        self, training: AlbumPhotos, held_out: AlbumPhotos, partition: Partition, recipe: AlbumRecipe,
        head: tuple[Tensor, Tensor] | None = None, device: torch.device = CPU,
    ):  # fmt: skip
        if not (training.classes >= 0).any():
            raise InputError("no photo of the training albums lies in a cell of this model; nothing can be learned")
        self.training, self.held_out, self.partition, self.settings = training, held_out, partition, recipe
        self.recipe, self.defaults = asdict(recipe), asdict(AlbumRecipe())
        self.data = [len(training), len(training.starts), len(held_out), len(partition)]
        torch.manual_seed(recipe.seed)
        self.model = build(recipe, training.embeddings.shape[1], partition, head)
        self.model.set_scale(*_moments(training))
        self.model.to(device)
        self.ranks = Ranks(device=device)
        self.optimizer = optimizer.build(recipe.optimization, self.model)
        self.clip_norm, self.photos_a_step = recipe.optimization.clip_norm, recipe.batch_photos
        sizes = [len(data.epoch_batches(training, recipe, epoch)) for epoch in range(recipe.epochs)]
        self._first = np.cumsum([0, *sizes])  # step of each epoch, and the end
        self.total = int(self._first[-1])
        self.reading_seconds = 0.0
        self._losses, self._photos = torch.zeros((), dtype=torch.float64, device=device), 0  # since the last validation

    def batches(self, first: int, stop: int) -> Generator[AlbumBatch, None, None]:
        """Yield the batches, epoch by epoch."""
        while first < stop:
            epoch, number, _ = self._position(first)
            for some in data.epoch_batches(self.training, self.settings, epoch)[number:][: stop - first]:
                yield data.read(some, self.settings.reading)
            first = int(self._first[epoch + 1])

    def backward(self, batch: AlbumBatch, step: int) -> Tensor:
        """Add the gradients of a batch's mean loss over its photos in a cell."""
        recipe = self.settings
        reach = len(batch.rows) if recipe.reading.both_ways else recipe.window
        labelled = int((self._classes(batch, slice(None)) >= 0).sum())
        state, total = None, torch.zeros((), dtype=torch.float64, device=self.ranks.device)
        for window in data.windows(batch, reach) if labelled else ():
            started = time.perf_counter()
            classes = self._classes(batch, window).ravel()
            asked = np.flatnonzero(classes >= 0)
            inputs = self.model.inputs(self.training, batch, window)
            where, wanted = (sent(torch.from_numpy(each), self.ranks.device) for each in (asked, classes[asked]))
            self.reading_seconds += time.perf_counter() - started
            # A window that nothing is asked of (the first of two passes) only carries the state on.
            with torch.set_grad_enabled(bool(len(asked))):
                logits, state = self.model(*inputs, state)
            if len(asked):
                # By number, not by mask: how many are chosen must not be asked of the device, which would be to wait.
                chosen = logits.flatten(0, 1).index_select(0, where)
                loss = nn.functional.cross_entropy(chosen, wanted, reduction="sum") / labelled
                torch.autograd.backward(loss)
                total = total + loss.detach()
            state = None if state is None else (state[0].detach(), state[1].detach())
        self._losses, self._photos = self._losses + total * batch.photos, self._photos + batch.photos
        return total.view(1)

    def rate(self, step: int) -> float:
        """Return one cycle's learning rate, at the share of the run that is done."""
        epoch, number, count = self._position(step)
        done = (epoch + number / count) / self.settings.epochs
        return optimizer.learning_rate(self.settings.optimization, int(done * RATE_STEPS), RATE_STEPS)

    def seed(self, step: int) -> int:
        """Return a seed for dropout's masks from epoch and batch."""
        epoch, number, _ = self._position(step)
        return (self.settings.seed << 40) + (epoch << 20) + number

    def ends_epoch(self, step: int) -> bool:
        """Return whether an epoch ends here."""
        return step in self._first

    def validate(self, step: int) -> Facts:
        """Return loss and accuracy on the validation albums, and the mean training loss since the last time."""
        loss = float(self._losses) / max(self._photos, 1)
        self._losses, self._photos = torch.zeros_like(self._losses), 0
        epoch = int(np.searchsorted(self._first, step))
        result = validation.validate(self.model, self.held_out, self.partition, self.settings)
        return {"epoch": epoch, "training_loss": loss, **result}

    def summary(self, result: Facts) -> str:
        """Return loss and accuracy at the radii."""
        shares = ", ".join(f"{name} {share:.1%}" for name, share in result["accuracy"].items())
        return f"epoch {result['epoch']}, validation loss {result['loss']:.3f}; {shares}"

    def is_better(self, result: Facts, best: Facts) -> bool:
        """Return whether the loss is no larger."""
        return bool(result["loss"] <= best["loss"])

    def log_values(self, step: int) -> Facts:
        """Return the epoch, and how long batches took to lay out."""
        epoch, number, count = self._position(step - 1)
        return {"epoch": epoch + (number + 1) / count, "reading_seconds": self.reading_seconds}

    def state(self) -> tuple[dict[str, Tensor], Facts]:
        """Return how long batches took to lay out."""
        return {}, {"reading_seconds": self.reading_seconds}

    def restore(self, tensors: dict[str, Tensor], facts: Facts) -> None:
        """Take it back."""
        self.reading_seconds = float(facts["reading_seconds"])

    def _position(self, step: int) -> tuple[int, int, int]:
        """Epoch of a step, number of its batch in it, and how many batches the epoch has."""
        epoch = min(int(np.searchsorted(self._first, step, "right")) - 1, self.settings.epochs - 1)
        first, end = self._first[epoch], self._first[epoch + 1]
        return epoch, int(step - first), int(end - first)

    def _classes(self, batch: AlbumBatch, window: slice) -> NDArray[np.int64]:
        """The true classes (steps, albums) of a window's targets, −1 for padding and outside every cell."""
        targets = batch.targets[window]
        return np.where(targets >= 0, self.training.classes[np.maximum(targets, 0)], -1).astype(np.int64)


def build(
    recipe: AlbumRecipe, embedding: int, partition: Partition, head: tuple[Tensor, Tensor] | None
) -> AlbumNetwork:
    """Return the fresh network of a recipe; InputError where it needs the CNN's softmax layer and `head` is None.

    >>> from photoplanet.earth import cells
    >>> partition = Partition.from_cells(cells.from_token(["89c25", "89c27"]))
    >>> build(AlbumRecipe("lstm", units=8), embedding=4, partition=partition, head=None).classes
    2
    """
    if recipe.method in LSTMS:
        return AlbumLSTM(recipe.reading, embedding, len(partition), recipe.units, recipe.dropout)
    if head is None:
        raise InputError(f"{recipe.method} starts from the CNN's softmax layer, and this model has none; train an LSTM")
    return AlbumAttention(partition, head, recipe.units, recipe.dropout)


def softmax_of(model: Bundle) -> tuple[Tensor, Tensor]:
    """Return the CNN's softmax layer, weight (classes, d) and bias (classes,), with its temperature divided out.

    >>> from photoplanet.models import folder, installed
    >>> model = folder.read(installed.resolve("toy"))
    >>> softmax_of(model)[0].shape == (model.info.classes, model.info.embedding_size)
    True
    """
    layer = export.load_classifier(model).head
    return layer.weight.detach() / model.info.temperature, layer.bias.detach() / model.info.temperature


def _moments(photos: AlbumPhotos) -> tuple[Tensor, Tensor]:
    """Mean and deviation (d,) of the embeddings, of photos spread over all."""
    rows = np.unique(np.linspace(0, len(photos) - 1, MOMENTS_PHOTOS).astype(np.int64), return_counts=True)[0]
    values = photos.embeddings[rows].astype(np.float32)
    return torch.from_numpy(values.mean(axis=0)), torch.from_numpy(values.std(axis=0))
