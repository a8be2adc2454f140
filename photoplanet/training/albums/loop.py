"""Training an album network on the fixed CNN's answers: truncated back-propagation, best on validation albums."""

import copy
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from photoplanet.albums.networks import LSTMS, READINGS, Reading
from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError, TrainingError
from photoplanet.evaluation import accuracy
from photoplanet.models.folder import Bundle
from photoplanet.training import checkpoint, export, optimizer
from photoplanet.training.albums import data
from photoplanet.training.albums.attention import AlbumAttention
from photoplanet.training.albums.data import Answers, Batch
from photoplanet.training.albums.networks import AlbumLSTM
from photoplanet.training.logs import Log
from photoplanet.training.loop import Signals, Stopped
from photoplanet.training.recipes import Recipe
from photoplanet.training.validation import MOST_NUMBERS

Advance = Callable[..., None]
FINE = 1_000_000  # the learning rate's steps: the share of the run that is done, in millionths


@dataclass(frozen=True)
class AlbumRecipe:
    """What decides what an album network learns; two runs with equal recipes and answers learn the same weights."""

    method: str = "attention"
    units: int = 256
    epochs: int = 9
    batch_photos: int = 1024
    window: int = 100  # photos that back-propagation reaches back over (truncated), for networks that read one way
    longest: int = 400  # photos of an album read at a time in training, for networks that read both ways
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    dropout: float = 0.3
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in READINGS:
            raise InputError(f"no album network is called {self.method!r}; there are {', '.join(READINGS)}")
        for name in ("units", "epochs", "batch_photos", "window", "longest"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be 1 or more, not {getattr(self, name)}")
        if not 0 <= self.dropout < 1:
            raise InputError(f"dropout must be 0 or more and under 1, not {self.dropout}")
        if not (0 < self.learning_rate < 10 and 0 <= self.weight_decay < 10):
            raise InputError("learning_rate must be over 0 and weight_decay 0 or more, both under 10")

    @property
    def reading(self) -> Reading:
        """How the network reads an album."""
        return READINGS[self.method]

    @property
    def optimization(self) -> Recipe:
        """The same for `network.optimizer`: AdamW with one cycle."""
        return Recipe(learning_rate=self.learning_rate, weight_decay=self.weight_decay, warmup=0.1, clip_norm=1.0)


# What the toy Earth's albums wanted (docs/experiments.md); every other setting is the dataclass's.
RECIPES: dict[str, dict[str, Any]] = {
    "attention": {"units": 32, "epochs": 3, "batch_photos": 512, "learning_rate": 1e-2, "dropout": 0.2}
}


def recipe(method: str, **settings: Any) -> AlbumRecipe:
    """The recipe of a method with some settings changed, those that are not None; InputError for an unknown method."""
    chosen = {name: value for name, value in settings.items() if value is not None}
    return AlbumRecipe(method, **{**RECIPES.get(method, {}), **chosen})


@dataclass
class Position:
    """Where a run stands: epochs and batches done, and seconds spent: in all, and in laying out batches."""

    epoch: int = 0
    batch: int = 0
    seconds: float = 0.0
    reading: float = 0.0


class AlbumTrainer:
    """One run: network, the best so far, optimizer, position. `run` trains to the end, or to a signal (`Stopped`).

    `head`: the CNN's softmax layer with its temperature divided out, needed where the network's reading has context.
    `network` has `inputs(answers, batch, window)` and `forward(*inputs, state) → (logits, state)`. `folder` takes
    checkpoints and the log. InputError for a checkpoint of another run.
    """

    def __init__(
        self, training: Answers, validation: Answers, partition: Partition, recipe: AlbumRecipe, folder: Path,
        head: tuple[Tensor, Tensor] | None = None, say: Callable[[str], None] = lambda line: None,
    ):  # fmt: skip
        if not (training.classes >= 0).any():
            raise InputError("no photo of the training albums lies in a cell of this model; nothing can be learned")
        self.training, self.validation, self.partition = training, validation, partition
        self.recipe, self.folder, self.say = recipe, folder, say
        torch.manual_seed(recipe.seed)
        size = training.embeddings.shape[1]
        self.network = build(recipe, size, partition, head)
        self.network.set_scale(*_moments(training))
        self.best = copy.deepcopy(self.network)
        self.optimizer = optimizer.build(recipe.optimization, self.network)
        self.at, self.history = Position(), list[dict[str, Any]]()

    @property
    def best_epoch(self) -> dict[str, Any] | None:
        """The validation of the best epoch so far: the one of least loss."""
        return min(self.history, key=lambda result: result["loss"]) if self.history else None

    def run(self, advance: Advance = lambda count=1, note="": None, curves: bool = False) -> None:
        """Train from where the run stands to its end; every epoch ends with a validation and a checkpoint."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with Signals() as signals:
            self._resume()
            advance(self.at.epoch)
            log = Log(self.folder, self.at.epoch, curves)
            try:
                while self.at.epoch < self.recipe.epochs:
                    loss = self._epoch(signals)
                    self.at.epoch, self.at.batch = self.at.epoch + 1, 0
                    result = self._validate()
                    log.write("epoch", self.at.epoch, training_loss=loss, seconds=self.at.seconds, **result)
                    self.save()
                    advance(1, f"loss {loss:.3f}, validation {result['loss']:.3f}")
            finally:
                log.close()

    def _epoch(self, signals: Signals) -> float:
        some = epoch_batches(self.training, self.recipe, self.at.epoch)
        losses, photos = 0.0, 0
        self.network.train()
        for number in range(self.at.batch, len(some)):
            started = time.perf_counter()
            done = (self.at.epoch + number / len(some)) / self.recipe.epochs
            for group in self.optimizer.param_groups:
                group["lr"] = optimizer.learning_rate(self.recipe.optimization, int(done * FINE), FINE)
            # Dropout's masks come from the position, so that nothing of them needs saving.
            torch.manual_seed((self.recipe.seed << 40) + (self.at.epoch << 20) + number)
            batch = data.read(some[number], self.recipe.reading)
            loss = self._step(batch)
            if loss != loss or loss == float("inf"):
                raise TrainingError(
                    f"the loss is not finite in epoch {self.at.epoch + 1} (rate {self.recipe.learning_rate:g}); "
                    "try a lower --learning-rate"
                )
            losses, photos = losses + loss * batch.photos, photos + batch.photos
            self.at.seconds += time.perf_counter() - started
            if signals.number:
                self.at.batch = number + 1
                self.save()
                raise Stopped(signals.number)
        return losses / max(photos, 1)

    def _step(self, batch: Batch) -> float:
        """One step of the optimizer on a batch: its mean loss over the photos in a cell."""
        recipe = self.recipe
        reach = len(batch.rows) if recipe.reading.both_ways else recipe.window
        labelled = int((self._classes(batch, slice(None)) >= 0).sum())
        if not labelled:
            return 0.0
        self.optimizer.zero_grad(set_to_none=True)
        state, total = None, 0.0
        for window in data.windows(batch, reach):
            started = time.perf_counter()
            classes = torch.from_numpy(self._classes(batch, window))
            inputs = self.network.inputs(self.training, batch, window)
            self.at.reading += time.perf_counter() - started
            asked = classes >= 0
            # A window that nothing is asked of (the first of two passes) only carries the state on.
            with torch.set_grad_enabled(bool(asked.any())):
                logits, state = self.network(*inputs, state)
            if asked.any():
                loss = nn.functional.cross_entropy(logits[asked], classes[asked], reduction="sum") / labelled
                loss.backward()
                total += loss.item()
            state = None if state is None else (state[0].detach(), state[1].detach())
        nn.utils.clip_grad_norm_(self.network.parameters(), recipe.optimization.clip_norm)
        self.optimizer.step()
        return total

    def _classes(self, batch: Batch, window: slice) -> NDArray[np.int64]:
        """The true classes (steps, albums) of a window's targets, −1 for padding and outside every cell."""
        targets = batch.targets[window]
        return np.where(targets >= 0, self.training.classes[np.maximum(targets, 0)], -1).astype(np.int64)

    def _validate(self) -> dict[str, Any]:
        result = validate(self.network, self.validation, self.partition, self.recipe)
        if self.best_epoch is None or result["loss"] <= self.best_epoch["loss"]:
            self.best.load_state_dict(self.network.state_dict())
        self.history.append({"epoch": self.at.epoch, **result})
        shares = ", ".join(f"{name} {share:.1%}" for name, share in result["accuracy"].items())
        self.say(f"epoch {self.at.epoch}: validation loss {result['loss']:.3f}; {shares}")
        return result

    def save(self) -> None:
        """Write a checkpoint of this moment."""
        facts = {"recipe": asdict(self.recipe), "data": self._data(), "at": asdict(self.at), "history": self.history}
        checkpoint.write(self.folder, checkpoint.gather(self.network, self.best, self.optimizer), facts)

    def _resume(self) -> None:
        found = checkpoint.read(self.folder)
        if found is None:
            return
        tensors, facts, note = found
        if note:
            self.say(note)
        if facts.get("recipe") != asdict(self.recipe) or facts.get("data") != self._data():
            raise InputError(
                f"{self.folder}: the run there has other settings or albums; remove it, or give the same ones again"
            )
        checkpoint.restore(tensors, self.network, self.best, self.optimizer)
        self.at, self.history = Position(**facts["at"]), list(facts["history"])
        self.say(f"going on from epoch {self.at.epoch}, batch {self.at.batch}")

    def _data(self) -> list[int]:
        return [len(self.training), len(self.training.starts), len(self.validation), len(self.partition)]


def build(recipe: AlbumRecipe, embedding: int, partition: Partition, head: tuple[Tensor, Tensor] | None) -> Any:
    """The fresh network of a recipe; InputError where it needs the CNN's softmax layer and `head` is None."""
    if recipe.method in LSTMS:
        return AlbumLSTM(recipe.reading, embedding, len(partition), recipe.units, recipe.dropout)
    if head is None:
        raise InputError(f"{recipe.method} starts from the CNN's own softmax layer: give its weights")
    return AlbumAttention(partition, head, recipe.units, recipe.dropout)


def softmax_of(model: Bundle) -> tuple[Tensor, Tensor]:
    """The CNN's softmax layer, weight (classes, d) and bias (classes,), with the model's temperature divided out."""
    layer = export.load_classifier(model).head
    return layer.weight.detach() / model.info.temperature, layer.bias.detach() / model.info.temperature


def epoch_batches(answers: Answers, recipe: AlbumRecipe, epoch: int) -> list[NDArray[np.int64]]:
    """The batches of an epoch, as `album_data.batches`."""
    longest = recipe.longest if recipe.reading.both_ways else 0
    return data.batches(answers.starts, recipe.reading, longest, recipe.batch_photos, recipe.seed, epoch)


@torch.inference_mode()
def predictions(network: Any, answers: Answers, recipe: AlbumRecipe):
    """Yield rows (k,) of photos and their log-probabilities (k, classes) float32, every photo once."""
    was_training = network.training
    network.eval()
    for some in epoch_batches(answers, recipe, 0):
        batch = data.read(some, recipe.reading)
        reach, state = len(batch.rows) if recipe.reading.both_ways else recipe.window, None
        for window in data.windows(batch, reach):
            logits, state = network(*network.inputs(answers, batch, window), state)
            asked = batch.targets[window] >= 0
            yield batch.targets[window][asked], logits[torch.from_numpy(asked)].log_softmax(dim=1).numpy()
    network.train(was_training)


def validate(network: Any, answers: Answers, partition: Partition, recipe: AlbumRecipe) -> dict[str, Any]:
    """Mean loss and top-1 over photos in a cell; accuracy at the radii over all, at the best cell's mean."""
    best, loss = np.zeros(len(answers), np.int64), np.zeros(len(answers))
    for rows, log_p in predictions(network, answers, recipe):
        best[rows] = log_p.argmax(axis=1)
        loss[rows] = -log_p[np.arange(len(rows)), np.maximum(answers.classes[rows], 0)]
    inside = answers.classes >= 0
    errors = geodesy.distance_km(answers.latitude, answers.longitude, *partition.means[best].T)
    return {
        "photos": len(answers),
        "loss": float(loss[inside].mean()) if inside.any() else float("inf"),
        "top1": float((best == answers.classes)[inside].mean()) if inside.any() else 0.0,
        "accuracy": accuracy.accuracy(errors),
    }


def log_probabilities(
    network: Any, answers: Answers, recipe: AlbumRecipe
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Log-probabilities (m, classes) and true classes (m,) of photos in a cell, 200 MB at most: for the temperature."""
    most = max(1, MOST_NUMBERS // network.classes)
    found, truth, count = [np.zeros((0, network.classes), np.float32)], [np.zeros(0, np.int32)], 0
    for rows, log_p in predictions(network, answers, recipe):
        inside = answers.classes[rows] >= 0
        found.append(log_p[inside][: most - count])
        truth.append(answers.classes[rows][inside][: most - count])
        count += len(truth[-1])
    return np.concatenate(found), np.concatenate(truth)


def _moments(answers: Answers) -> tuple[Tensor, Tensor]:
    """Mean and deviation (d,) of the embeddings, of 100,000 photos spread over all."""
    rows = np.unique(np.linspace(0, len(answers) - 1, 100_000).astype(np.int64), return_counts=True)[0]
    values = answers.embeddings[rows].astype(np.float32)
    return torch.from_numpy(values.mean(axis=0)), torch.from_numpy(values.std(axis=0))
