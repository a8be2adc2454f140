"""The classifier's training (paper, Sect. 3): photos in cells, as a task for the one loop."""

from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

import torch
from torch import Tensor

from photoplanet.core.progress import Say, silent
from photoplanet.errors import InputError, TrainingError
from photoplanet.photos.decode import Preprocessing
from photoplanet.training import compiling, distributed, flops, optimizer, precision, validation
from photoplanet.training.averaging import Average
from photoplanet.training.backbones import BACKBONES
from photoplanet.training.classifier import Classifier
from photoplanet.training.compile_cache import CompileCache
from photoplanet.training.cuda_decoding import CudaDecoding, nvjpeg
from photoplanet.training.data import AHEAD, Batch, Loader, default_threads
from photoplanet.training.dataset import Data
from photoplanet.training.distributed import Ranks
from photoplanet.training.features.head import Head
from photoplanet.training.learning import Learning
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
        precision.apply(self.precision)
        self.compiled: Facts | None = None  # once decided: whether it is, and what was measured
        self._cache: CompileCache | None = None
        self.unreadable = torch.zeros(len(data.training), dtype=torch.uint8)
        self._build_network(head)
        self.flops_a_photo = flops.a_photo(self.model)
        self.optimizer = optimizer.build(recipe, self.model)
        objective = Objective(recipe, data.partition.means, data.parents).to(ranks.device)
        self.learning = Learning(recipe, self.model, objective, self.precision)
        self._learn: Callable[..., tuple[Tensor, Tensor]] = ranks.parallel(self.learning)
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

    def start(self, folder: Path | None, step: int) -> None:
        """Compile what the recipe says should be; what was decided for a run stays decided when it is resumed.

        InputError where it cannot be, and should be whatever it gains; TrainingError where torch.compile fails, or the
        folder cannot be written.
        """
        wanted, decided = self.settings.compile, self.compiled
        if not wanted or (wanted == "auto" and decided is not None and not decided["compiled"]):
            return
        why = compiling.impossible(self.ranks.device)
        if wanted == "auto" and self.ranks.ranks > 1:
            why = "auto measures in one process only; --compile compiles in several, too"
        if why and wanted != "auto":
            raise InputError(f"compile: {why}; leave --compile out")
        if why:
            self.say(f"not compiled: {why}")
            self.compiled = {"compiled": False}
        elif self.ranks.ranks > 1:  # nothing is timed, which each process would judge by its own clock
            compiling.compile_in_place(self.learning.regions())
        else:
            self._compile(folder, step, wanted == "auto" and decided is None)

    def _compile(self, folder: Path | None, step: int, decide: bool) -> None:
        self._cache = CompileCache(folder)
        try:
            self._cache.open()
        except OSError as error:
            raise TrainingError(f"{folder}: cannot be written ({error.strerror}); choose another -o") from error
        with closing(self.loader.batches(step, step + 1)) as stream:
            batch = next(stream).to(self.ranks.device)
        steps = self.total - step if decide else None
        verdict = compiling.decided(self.learning, batch, steps, self._cache, self.say)
        self.compiled = {"compiled": verdict.compiled, **verdict.facts}
        self.say(verdict.line)
        if verdict.compiled:
            self._cache.keep()

    def peak_flops(self) -> float:
        """Return what all ranks' devices can do in the run's number format."""
        return self.ranks.ranks * flops.peak(self.ranks.device, self.precision).flops

    def batches(self, first: int, stop: int) -> Generator[Batch, None, None]:
        """Yield this rank's part of each batch; TrainingError when 200 photos in a row cannot be read."""
        return self.loader.batches(first, stop)

    def close(self) -> None:
        """End the threads or processes that decode; remove what torch compiled into, which the cache keeps."""
        self.loader.close()
        if self._cache:
            self._cache.close()

    def backward(self, batch: Batch, step: int) -> Tensor:
        """Add a batch's gradients; note and name the photos that could not be read."""
        self._note_unreadable(batch)
        loss, right = self._learn(*batch.to(self.ranks.device).tensors)
        torch.autograd.backward(loss * self.ranks.ranks)  # the ranks' gradients are averaged, and should be summed
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
        with compiling.eagerly(self.learning):
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
        if self.compiled is not None:
            facts["compiled"] = self.compiled
        return {"unreadable": self.unreadable}, facts

    def restore(self, tensors: dict[str, Tensor], facts: Facts) -> None:
        """Take back the photos that could not be read, and whether steps are compiled."""
        self.unreadable = tensors["unreadable"]
        self.compiled = facts.get("compiled")

    def _note_unreadable(self, batch: Batch) -> None:
        for photo, why in batch.unreadable.items():
            if not self.unreadable[photo] and int(self.unreadable.sum()) < NAMED:
                self.say(f"cannot be read, another photo takes its place: {why}")
            self.unreadable[photo] = 1
