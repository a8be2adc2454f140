"""The training loop: photos and a recipe in, a trained network and its checkpoints out, resumable at any moment."""

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from photoplanet.errors import InputError, TrainingError
from photoplanet.photos.decode import Preprocessing
from photoplanet.training import augment, checkpoint, distributed, optimizer, precision, validation
from photoplanet.training.averaging import Average
from photoplanet.training.classifier import Classifier
from photoplanet.training.data import AHEAD, Batch, Loader
from photoplanet.training.dataset import Data
from photoplanet.training.distributed import Ranks
from photoplanet.training.logs import Log
from photoplanet.training.objective import Objective
from photoplanet.training.recipes import Recipe
from photoplanet.training.sampling import uniforms

Advance = Callable[..., None]
NAMED = 20  # unreadable photos that are named; the others are only counted
VALIDATIONS = 20  # in a run, at most: short epochs are validated together


@dataclass(frozen=True)
class Options:
    """How a run is carried out; nothing here changes what it learns."""

    resume: str = "auto"  # auto: go on where there is a checkpoint; must: there has to be one; never: start anew
    device: str = "auto"
    threads: int = 0  # decoding threads; 0: one per core
    log_every: int = 20  # steps
    checkpoint_minutes: float = 10.0
    checkpoint_steps: int = 0  # over 0: also every so many steps
    validate_every: int = 0  # steps; 0: every epoch, 20 times in a run at most
    curves: bool = True  # TensorBoard


class Stopped(BaseException):
    """A signal asked the run to stop, and the checkpoint is written; `number` is the signal's."""

    def __init__(self, number: int):
        super().__init__(f"signal {number}")
        self.number = number


class Trainer:
    """One run in one process: network, averaged network, optimizer, position; `run` trains to the end.

    `folder` takes the checkpoints and logs. Raises InputError for settings that cannot work here, ModelError for
    checkpoints of another run, TrainingError when training cannot go on.
    """

    def __init__(
        self, data: Data, recipe: Recipe, folder: Path, options: Options, ranks: Ranks,
        say: Callable[[str], None] = lambda line: None,
    ):  # fmt: skip
        if recipe.batch_size < 2 * ranks.ranks:
            raise InputError(f"batch_size {recipe.batch_size}: {ranks.ranks} processes need {2 * ranks.ranks} or more")
        self.data, self.recipe, self.folder, self.options, self.ranks = data, recipe, folder, options, ranks
        self.say = say
        self.total = recipe.total_steps(len(data.training))
        self.precision = precision.resolve(recipe.precision, ranks.device)
        self.step, self.seconds = 0, 0.0
        self.unreadable = torch.zeros(len(data.training), dtype=torch.uint8)
        self.pending: list[Tensor] = []  # of each step since the last agreement: loss, gradient norm, right answers
        self.history: list[dict[str, Any]] = []
        self._build()

    def _build(self) -> None:
        recipe, device = self.recipe, self.ranks.device
        torch.manual_seed(recipe.seed)
        preprocessing = Preprocessing(size=recipe.image_size, fit=recipe.fit)
        classes, embedding = len(self.data.partition), recipe.embedding or None
        model = Classifier(recipe.backbone, classes, preprocessing, recipe.width, embedding)
        if self.ranks.ranks > 1 and recipe.sync_norm:
            model = distributed.synchronised(model)  # type: ignore[assignment]
        layout = torch.channels_last if recipe.channels_last else torch.contiguous_format
        self.model: Classifier = model.to(device, memory_format=layout)  # type: ignore[call-overload]
        self.average = Average(self.model, recipe.average) if recipe.average else None
        self.optimizer = optimizer.build(recipe, self.model)
        self.objective = Objective(recipe, self.data.partition.means, self.data.parents).to(device)
        self.forward: Callable[[Tensor], Any] = torch.compile(self.model) if recipe.compile else self.model
        if self.ranks.ranks > 1:
            self.forward = distributed.parallel(self.forward)
        self.loader = Loader(
            self.data.training, recipe, preprocessing, (self.ranks.rank, self.ranks.ranks), self.options.threads,
            ahead=AHEAD if device.type == "cuda" else 0, pin=device.type == "cuda",
        )  # fmt: skip

    @property
    def best_model(self) -> Classifier:
        """The averaged network where there is one, else the network itself."""
        return self.average.model if self.average else self.model  # type: ignore[return-value]

    def run(self, advance: Advance = lambda count=1, note="": None) -> None:
        """Train from where the run stands to its end; the last checkpoint is written at the end."""
        with Signals() as signals:
            self._resume()
            advance(self.step)
            log = Log(self.folder, self.step, self.options.curves) if self.ranks.writes else None
            try:
                self._loop(signals, log, advance)
            finally:
                if log:
                    log.close()

    def _loop(self, signals: "Signals", log: Log | None, advance: Advance) -> None:
        now = time.perf_counter()
        started, saved, logged = now - self.seconds, now, (self.step, now)
        agree_every = self.options.log_every if self.ranks.device.type == "cuda" else 1
        recent: list[list[float]] = []
        stream = self.loader.batches(self.step, self.total)
        try:
            for batch in stream:
                self._step(batch)
                self.step += 1
                advance(1)
                due = self._due()
                if self.step % agree_every and not any(due.values()):
                    continue
                numbers, stop, late = self._agree(signals.number, time.perf_counter() - saved)
                recent += numbers
                self.seconds = time.perf_counter() - started
                if due["log"]:
                    logged = self._log(log, recent, logged, advance)
                    recent = []
                if due["validate"]:
                    self._validate(log)
                if due["save"] or late or stop:
                    self.save()
                    saved = time.perf_counter()
                if stop:
                    raise Stopped(stop)
        finally:
            stream.close()  # type: ignore[attr-defined]

    def _due(self) -> dict[str, bool]:
        last, options = self.step == self.total, self.options
        epoch = max(1, len(self.data.training) // self.recipe.batch_size, self.total // VALIDATIONS)
        every = options.validate_every or epoch
        return {
            "log": last or self.step % options.log_every == 0,
            "validate": last or (self.step % every == 0 and self.step + every / 2 < self.total),
            "save": last or self.step % (options.checkpoint_steps or epoch) == 0,
        }

    def _step(self, batch: Batch) -> None:
        recipe, device = self.recipe, self.ranks.device
        for photo, why in batch.unreadable.items():
            if not self.unreadable[photo] and int(self.unreadable.sum()) < NAMED:
                self.say(f"cannot be read, another photo takes its place: {why}")
            self.unreadable[photo] = 1
        # Dropout's masks come from the step, not from what ran before, so that nothing of them needs saving.
        torch.manual_seed(int(uniforms(recipe.seed, self.step, self.ranks.rank, 1)[0] * 2**53))
        for group in self.optimizer.param_groups:
            group["lr"] = optimizer.learning_rate(recipe, self.step, self.total)
        batch = batch.to(device)
        pixels = self._augmented(batch)
        with precision.autocast(self.precision, device):
            outputs = self.forward(pixels)
        # Summed and divided by the global batch: each photo weighs the same, whichever rank has it.
        loss = self.objective(outputs, batch.classes, batch.positions).sum() / recipe.batch_size
        self.optimizer.zero_grad(set_to_none=True)
        (loss * self.ranks.ranks).backward()  # the ranks' gradients are averaged, and should be summed
        norm = self._clipped()
        self.optimizer.step()
        if self.average:
            self.average.update(self.model, self.step)
        right = (outputs.logits.detach().argmax(dim=1) == batch.classes).sum() / recipe.batch_size
        self.pending.append(torch.stack([loss.detach(), norm / self.ranks.ranks, right]).double())

    def _augmented(self, batch: Batch) -> Tensor:
        return augment.recolour(self.recipe, batch.images, batch.draws)

    def _clipped(self) -> Tensor:
        parameters = [p for p in self.model.parameters() if p.grad is not None]
        return torch.nn.utils.clip_grad_norm_(parameters, self.recipe.clip_norm or float("inf"))

    def _agree(self, signal_number: int, since_save: float) -> tuple[list[list[float]], int, bool]:
        """The pending numbers, summed over all ranks and checked; the signal to stop at, if any; is a save overdue?"""
        late = self.ranks.writes and since_save > self.options.checkpoint_minutes * 60
        flags = torch.tensor([[signal_number > 0, late, 0.0]], dtype=torch.float64, device=self.ranks.device)
        summed = self.ranks.sum(torch.cat([torch.stack(self.pending), flags])).tolist()
        first = self.step - len(self.pending)
        self.pending = []
        for i, (loss, norm, _) in enumerate(summed[:-1]):
            if not (loss - loss == 0 and norm - norm == 0):
                self._not_finite(first + i, loss)
        return summed[:-1], (signal_number or signal.SIGTERM) if summed[-1][0] else 0, bool(summed[-1][1])

    def _not_finite(self, step: int, loss: float) -> None:
        rate = optimizer.learning_rate(self.recipe, step, self.total)
        what = "the loss" if loss - loss else "the gradient"
        raise TrainingError(
            f"{what} is not finite at step {step + 1} of {self.total} (learning rate {rate:.3g}); try a lower "
            "--learning-rate, --set clip_norm=1 or --precision float32. The last checkpoint in "
            f"{self.folder} is from before it"
        )

    def _log(self, log: Log | None, recent: list[list[float]], logged: tuple[int, float], advance: Advance):
        now, count = time.perf_counter(), self.step - logged[0]
        loss, norm, right = (sum(column) / len(recent) for column in zip(*recent, strict=True))
        speed = count * self.recipe.batch_size / max(1e-9, now - logged[1])
        advance(0, f"loss {loss:.3f}  top-1 {right:.1%}  {speed:.0f} photos/s")
        if log:
            log.write(
                "train", self.step, loss=loss, top1=right, gradient_norm=norm, images_per_second=speed,
                learning_rate=optimizer.learning_rate(self.recipe, self.step - 1, self.total),
                epoch=self.step * self.recipe.batch_size / len(self.data.training),
                waited_seconds=self.loader.waited, unreadable=int(self.unreadable.sum()),
            )  # fmt: skip
        return self.step, now

    def _validate(self, log: Log | None) -> None:
        if not len(self.data.validation):
            return
        result = validation.validate(
            self.best_model, self.data.validation, self.data.partition, self.model.preprocessing, self.ranks,
            self.precision, self.recipe.batch_size, self.loader.threads,
        )  # fmt: skip
        self.history.append({"step": self.step, **result})
        if log:
            radii = {f"within_{name}": share for name, share in result["accuracy"].items()}
            log.write("validation", self.step, **{k: v for k, v in result.items() if k != "accuracy"}, **radii)
        if result["photos"]:
            shares = ", ".join(f"{name} {share:.1%}" for name, share in result["accuracy"].items())
            self.say(f"step {self.step:,}: validation top-1 {result['top1']:.1%}; {shares}")

    def save(self) -> None:
        """Write a checkpoint of this moment (rank 0; the others wait)."""
        merged = self.unreadable.to(self.ranks.device, torch.int32)
        self.unreadable = (self.ranks.sum(merged) > 0).to("cpu", torch.uint8)
        if self.ranks.writes:
            tensors = checkpoint.gather(self.model, self.average.model if self.average else None, self.optimizer)
            facts = {
                "recipe": self.recipe.as_dict(), "data": self.data.facts["data"], "step": self.step,
                "total": self.total, "seconds": self.seconds, "history": self.history, "precision": self.precision,
                "network": self.model.arguments(), "toy": self.data.facts["toy"], "torch": str(torch.__version__),
            }  # fmt: skip
            checkpoint.write(self.folder, {**tensors, "unreadable": self.unreadable}, facts)
        self.ranks.wait()

    def _resume(self) -> None:
        if self.options.resume == "never":
            return
        found = checkpoint.read(self.folder)
        if found is None:
            if self.options.resume == "must":
                raise InputError(f"{self.folder}: no checkpoint to resume from; leave --resume out to start a run")
            return
        tensors, facts, note = found
        if note:
            self.say(note)
        check_same_run(facts, self.recipe, self.data.facts["data"], self.folder)
        checkpoint.restore(tensors, self.model, self.average.model if self.average else None, self.optimizer)
        self.unreadable = tensors["unreadable"]
        self.step, self.seconds, self.history = int(facts["step"]), float(facts["seconds"]), list(facts["history"])
        self.say(f"going on from step {self.step:,}")


def check_same_run(facts: dict[str, Any], recipe: Recipe, data: str, folder: Path) -> None:
    """Raise InputError, naming the settings that differ, when a checkpoint is of another recipe or other photos."""
    before, now = {**Recipe().as_dict(), **facts.get("recipe", {})}, recipe.as_dict()  # settings may be newer than it
    different = [f"{key}={before.get(key)} (now {now.get(key)})" for key in now if before.get(key) != now.get(key)]
    remedy = "give the same settings, another -o, or --resume never to start again"
    if different:
        raise InputError(f"{folder}: the run there was started with {', '.join(different)}; {remedy}")
    if facts.get("data") != data:
        raise InputError(f"{folder}: the run there was started with other photos or cells; {remedy}")


class Signals:
    """While it is entered, SIGINT and SIGTERM only set `number`, so that the loop can write a checkpoint first."""

    def __init__(self) -> None:
        self.number = 0
        self._old: dict[int, Any] = {}

    def __enter__(self) -> "Signals":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._old[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: object) -> None:
        if self.number:  # asked twice: at once
            os._exit(128 + number)
        self.number = number
