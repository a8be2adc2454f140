"""The classifier's training (paper, Sect. 3): photos in cells, as a task for the one loop."""

from collections.abc import Callable, Generator

import torch
from torch import Tensor

from photoplanet.core.progress import Say, silent
from photoplanet.errors import InputError
from photoplanet.photos.decode import Preprocessing
from photoplanet.training import augment, distributed, optimizer, precision, validation
from photoplanet.training.averaging import Average
from photoplanet.training.backbones import BACKBONES
from photoplanet.training.classifier import Classifier, Outputs
from photoplanet.training.cuda_decoding import CudaDecoding, nvjpeg
from photoplanet.training.data import AHEAD, Batch, Loader, default_threads
from photoplanet.training.dataset import Data
from photoplanet.training.distributed import Ranks
from photoplanet.training.features.head import Head
from photoplanet.training.objective import Objective
from photoplanet.training.recipes import Recipe
from photoplanet.training.task import Facts, Task

NAMED = 20  # unreadable photos that are named; the others are only counted
VALIDATIONS = 20  # in a run, at most: short epochs are validated together


class Classification(Task[Batch]):
    """The training of a recipe on prepared photos; `model` is trained, `average` is its averaged copy.

    `threads` or `processes` decode photos, as `Loader` has them, or with `decoder` "cuda" the GPU; `head`: the first
    weights of the last layer, where it is not to start at random. InputError for settings that cannot work here.
    """

    model: Classifier
    columns = ("loss", "top1")
    if_not_finite = "try a lower --learning-rate, --set clip_norm=1 or --precision float32"
    if_another_run = "give the same settings, another -o, or --resume never to start again"

    def __init__(
        self, data: Data, recipe: Recipe, ranks: Ranks, threads: int = 0, say: Say = silent, head: Head | None = None,
        processes: int | None = 0, decoder: str = "cpu",
    ):  # fmt: skip
        if recipe.batch_size < 2 * ranks.ranks:
            raise InputError(f"batch_size {recipe.batch_size}: {ranks.ranks} processes need {2 * ranks.ranks} or more")
        self.photos, self.settings, self.ranks, self.say = data, recipe, ranks, say
        self.total = recipe.total_steps(len(data.training))
        self.recipe, self.defaults, self.data = recipe.as_dict(), Recipe().as_dict(), data.facts["data"]
        self.clip_norm, self.photos_a_step = recipe.clip_norm, recipe.batch_size
        self.patience, self.keeps_best = recipe.patience, recipe.patience > 0
        if self.patience and not len(data.validation):
            raise InputError(
                f"patience={self.patience} needs photos to validate on; set validation over 0, give --validation, "
                "or set patience=0"
            )
        self.precision = precision.resolve(recipe.precision, ranks.device)
        self.unreadable = torch.zeros(len(data.training), dtype=torch.uint8)
        self._build_network(head)
        self.optimizer = optimizer.build(recipe, self.model)
        self.objective = Objective(recipe, data.partition.means, data.parents).to(ranks.device)
        cuda, gpu = ranks.device.type == "cuda", None
        if decoder == "cuda":
            gpu = CudaDecoding(ranks.device, nvjpeg(ranks.device), threads or default_threads())
        self.loader = Loader(
            data.training, recipe, self.model.preprocessing, (ranks.rank, ranks.ranks), threads,
            ahead=AHEAD if cuda else 0, pin=cuda, processes=processes, gpu=gpu,
        )  # fmt: skip

    def _build_network(self, head: Head | None) -> None:
        recipe, ranks = self.settings, self.ranks
        torch.manual_seed(recipe.seed)
        normalised = {"mean": kind.mean, "std": kind.std} if (kind := BACKBONES.get(recipe.backbone)) else {}
        preprocessing = Preprocessing(size=recipe.image_size, fit=recipe.fit, **normalised)
        classes, embedding = len(self.photos.partition), recipe.embedding or None
        model = Classifier(recipe.backbone, classes, preprocessing, recipe.width, embedding)
        if recipe.start != "random":
            model.backbone.start_from(recipe.start)
        if head is not None:
            with torch.no_grad():
                model.head.weight.copy_(torch.from_numpy(head.weights.T))
                model.head.bias.copy_(torch.from_numpy(head.bias))
        if ranks.ranks > 1 and recipe.sync_norm:
            model = distributed.synchronised(model)
        model.backbone.freeze(recipe.tuned_layers, recipe.frozen_norms)
        layout = torch.channels_last if recipe.channels_last else torch.contiguous_format
        self.model = model.to(ranks.device, memory_format=layout)  # type: ignore[call-overload]  # torch's stub lacks it
        self.average = Average(self.model, recipe.average) if recipe.average else None
        forward: Callable[[Tensor], Outputs] = torch.compile(self.model) if recipe.compile else self.model
        self.forward = ranks.parallel(forward)

    def batches(self, first: int, stop: int) -> Generator[Batch, None, None]:
        """Yield this rank's part of each batch; TrainingError when 200 photos in a row cannot be read."""
        return self.loader.batches(first, stop)

    def close(self) -> None:
        """End the threads or processes that decode."""
        self.loader.close()

    def backward(self, batch: Batch, step: int) -> Tensor:
        """Add a batch's gradients; note and name the photos that could not be read."""
        size, device = self.settings.batch_size, self.ranks.device
        self._note_unreadable(batch)
        batch = batch.to(device)
        pixels = augment.recolour(self.settings, batch.images, batch.draws)
        with precision.autocast(self.precision, device):
            outputs = self.forward(pixels)
        # Summed and divided by the global batch: each photo weighs the same, whichever rank has it.
        loss = self.objective(outputs, batch.classes, batch.positions).sum() / size
        torch.autograd.backward(loss * self.ranks.ranks)  # the ranks' gradients are averaged, and should be summed
        right = (outputs.logits.detach().argmax(dim=1) == batch.classes).sum() / size
        return torch.stack([loss.detach(), right]).double()

    def rate(self, step: int) -> float:
        """Return the recipe's learning rate."""
        return optimizer.learning_rate(self.settings, step, self.total)

    def ends_epoch(self, step: int) -> bool:
        """Return whether an epoch ends, or in short ones a twentieth of the run, that is not nearly the end of it.

        With patience, whose run ends nobody knows when, as often as the recipe says.
        """
        epoch = len(self.photos.training) / self.settings.batch_size
        if self.patience:
            return step % max(1, round(epoch * self.settings.patience_epochs)) == 0
        every = max(1, int(epoch), self.total // VALIDATIONS)
        return step % every == 0 and step + every / 2 < self.total

    def validate(self, step: int) -> Facts | None:
        """Return accuracy and loss of the averaged network on the photos held out."""
        if not len(self.photos.validation):
            return None
        return validation.validate(
            self.answering, self.photos.validation, self.photos.partition,
            self.model.preprocessing, self.ranks, self.precision, self.settings.batch_size, self.loader.decoded,
        )  # fmt: skip

    def summary(self, result: Facts) -> str:
        """Return top-1 and the accuracy at the radii."""
        if not result["photos"]:
            return ""
        shares = ", ".join(f"{name} {share:.1%}" for name, share in result["accuracy"].items())
        return f"validation top-1 {result['top1']:.1%}; {shares}"

    def is_better(self, result: Facts, best: Facts) -> bool:
        """Return whether top-1, the paper's accuracy, is higher."""
        return (result["top1"] or 0.0) > (best["top1"] or 0.0)

    def log_values(self, step: int) -> Facts:
        """Return the epoch, how long training waited for photos, and how many could not be read."""
        return {
            "epoch": step * self.settings.batch_size / len(self.photos.training),
            "waited_seconds": self.loader.waited,
            "unreadable": int(self.unreadable.sum()),
        }

    def state(self) -> tuple[dict[str, Tensor], Facts]:
        """Return the photos that no rank could read, and what `export` needs to rebuild the network."""
        merged = self.unreadable.to(self.ranks.device, torch.int32)
        self.unreadable = (self.ranks.sum(merged) > 0).to("cpu", torch.uint8)
        facts = {"precision": self.precision, "network": self.model.arguments(), "toy": self.photos.facts["toy"]}
        return {"unreadable": self.unreadable}, facts

    def restore(self, tensors: dict[str, Tensor], facts: Facts) -> None:
        """Take back the photos that could not be read."""
        self.unreadable = tensors["unreadable"]

    def _note_unreadable(self, batch: Batch) -> None:
        for photo, why in batch.unreadable.items():
            if not self.unreadable[photo] and int(self.unreadable.sum()) < NAMED:
                self.say(f"cannot be read, another photo takes its place: {why}")
            self.unreadable[photo] = 1
