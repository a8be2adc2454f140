"""The one training loop: a task in (`task.Task`), trained weights and checkpoints out, resumable at any moment."""

import copy
import math
import signal
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Generic

import torch
from torch import Tensor, nn

from photoplanet.core.names import readable
from photoplanet.core.progress import Advance, Say, ignore, silent
from photoplanet.errors import InputError, ModelError, TrainingError
from photoplanet.training import checkpoint, distributed
from photoplanet.training.logs import Log
from photoplanet.training.signals import Signals, Stopped
from photoplanet.training.task import Batch, Facts, Task

__all__ = ["Loop", "RunOptions", "Stopped", "check_same_run"]

RESUME = ("auto", "must", "never", "if-same")
DECODERS = ("cpu", "cuda")


@dataclass(frozen=True)
class RunOptions:
    """How a run is carried out; nothing here changes what it learns, `decoder` aside: its pixels differ a little.

    `resume`: auto: go on where there is a checkpoint; must: there has to be one; never: start anew; if-same: start
    anew, too, where the checkpoint is damaged or another run's.

    >>> RunOptions(log_every=1).checkpoint_minutes
    10.0
    """

    resume: str = "auto"
    device: str = "auto"
    threads: int = 0  # decoding threads; 0: one per core
    processes: int | None = None  # decoding processes; 0: threads instead; None: where there are more than four cores
    decoder: str = "cpu"  # or cuda: what decodes JPEGs to train on; pixels differ by some levels
    log_every: int = 20  # steps
    checkpoint_minutes: float = 10.0
    checkpoint_steps: int = 0  # over 0: every so many steps instead of each epoch
    validate_every: int = 0  # steps; 0: each epoch
    curves: bool = True  # TensorBoard

    def __post_init__(self) -> None:
        if self.resume not in RESUME:
            raise InputError(f"resume {self.resume!r}: unknown; use one of {', '.join(RESUME)}")
        if self.decoder not in DECODERS:
            raise InputError(f"decoder {self.decoder!r}: unknown; use one of {', '.join(DECODERS)}")


DEFAULTS = RunOptions()


class Loop(Generic[Batch]):
    """One run of a task in one process; `run` trains to the end.

    `folder` takes the checkpoints and logs; None: nothing is kept. `step`: steps done; `seconds` spent so far;
    `history`: the validations, each with its `step`. Raises InputError for checkpoints of another run, ModelError for
    damaged ones, TrainingError when training cannot go on, `Stopped` after a signal.
    """

    def __init__(
        self, task: Task[Batch], folder: Path | None, options: RunOptions = DEFAULTS, say: Say = silent
    ):  # fmt: skip
        if task.patience and options.validate_every:
            raise InputError("--validate-every: the recipe's patience counts validations; set patience_epochs instead")
        if folder is not None and readable(str(folder)) != str(folder):  # safetensors and TensorBoard open no such path
            raise InputError(f"{folder}: a run's folder needs a name in UTF-8; give another place with -o")
        self.task, self.folder, self.options, self.say = task, folder, options, say
        self.step, self.seconds = 0, 0.0
        self.history: list[Facts] = []
        self.best: Facts | None = None  # the best validation, where the task keeps its weights
        self.best_weights: dict[str, Tensor] = {}
        self._is_ready = False
        self._pending: list[Tensor] = []  # of each step since the last agreement: the task's columns, gradient norm

    def run(self, advance: Advance = ignore) -> None:
        """Train from where the run stands to its end; the last checkpoint is written at the end."""
        self.ready()
        with Signals() as signals:
            advance(self.step)
            if self.converged:
                return
            if self.folder is None or not self.task.ranks.writes:
                self._loop(signals, None, advance)
                return
            with closing(Log(self.folder, self.step, self.options.curves)) as log:
                self._loop(signals, log, advance)

    def ready(self) -> None:
        """Resume, and let the task get ready, which may take minutes; `run` does this where it has not been done."""
        if self._is_ready:
            return
        self.resume()
        if not self.converged and self.step < self.task.total:
            self.task.start(self.folder, self.step)
        self._is_ready = True

    def result(self) -> nn.Module:
        """Return the network that the run is about: the best, or else the averaged one, or else the last."""
        network = self.task.answering
        if self.best_weights:
            network = copy.deepcopy(network)
            network.load_state_dict(self.best_weights)
        return network

    @property
    def converged(self) -> bool:
        """Whether as many validations as the task has patience for have passed since the best: the run is over."""
        if not self.task.patience or self.best is None:
            return False
        best: int = self.best["step"]
        return bool(sum(result["step"] > best for result in self.history) >= self.task.patience)

    def take_step(self, batch: Batch) -> None:
        """Learn from one batch."""
        task = self.task
        distributed.seed(task.seed(self.step), task.ranks.device)
        for group in task.optimizer.param_groups:
            group["lr"] = task.rate(self.step) * group.get("scale", 1.0)
        task.optimizer.zero_grad(set_to_none=True)
        numbers = task.backward(batch, self.step)
        parameters = [p for p in task.model.parameters() if p.grad is not None]
        norm = nn.utils.clip_grad_norm_(parameters, task.clip_norm or float("inf"))
        task.optimizer.step()
        if task.average:
            task.average.update(self.step)
        self._pending.append(torch.cat([numbers, (norm / task.ranks.ranks).double().view(1).to(numbers.device)]))
        self.step += 1

    def save(self) -> None:
        """Write a checkpoint of this moment (rank 0; the others wait)."""
        task = self.task
        if self.folder is None:
            return
        more, more_facts = task.state()
        if task.ranks.writes:
            tensors = checkpoint.collect(task.model, task.average.model if task.average else None, task.optimizer)
            best = {f"best.{name}": value for name, value in self.best_weights.items()}
            facts = {
                "recipe": task.recipe, "data": task.data, "step": self.step, "total": task.total,
                "seconds": self.seconds, "history": self.history, "best": self.best, **more_facts,
                "torch": str(torch.__version__),
            }  # fmt: skip
            checkpoint.write(self.folder, {**tensors, **best, **more}, facts)
        task.ranks.wait()

    def resume(self) -> None:
        """Go on from the checkpoint in the folder, if there is one and the options say so; `run` does this first."""
        task, found = self.task, self._found()
        if found is None:
            if self.options.resume == "must":
                raise InputError(f"{self.folder}: no checkpoint to resume from; leave --resume out to start a run")
            return
        tensors, facts, note = found
        if note:
            self.say(note)
        checkpoint.restore(tensors, task.model, task.average.model if task.average else None, task.optimizer)
        self.step, self.seconds, self.history = int(facts["step"]), float(facts["seconds"]), list(facts["history"])
        self.best = facts.get("best")
        self.best_weights = {k.removeprefix("best."): v for k, v in tensors.items() if k.startswith("best.")}
        task.restore(tensors, facts)
        self.say(f"resuming from step {self.step:,}")

    def _found(self) -> tuple[dict[str, Tensor], Facts, str] | None:
        """The checkpoint to go on from."""
        if self.folder is None or self.options.resume == "never" or not self.folder.is_dir():
            return None
        try:
            found = checkpoint.read(self.folder)
            if found is not None:
                check_same_run(self.task, found[1], self.folder)
        except (InputError, ModelError):
            if self.options.resume == "if-same":
                return None
            raise
        return found

    def _loop(self, signals: Signals, log: Log | None, advance: Advance) -> None:
        now = time.perf_counter()
        started, saved, logged = now - self.seconds, now, (self.step, now)
        agree_every = self.options.log_every if self.task.ranks.device.type == "cuda" else 1
        recent: list[list[float]] = []
        with closing(self.task.batches(self.step, self.task.total)) as stream:
            for batch in stream:
                self.take_step(batch)
                advance(1)
                to_log, to_validate, to_save = self._due()
                if self.step % agree_every and not (to_log or to_validate or to_save):
                    continue
                numbers, stop, late = self._agree(signals.number, time.perf_counter() - saved)
                recent += numbers
                self.seconds = time.perf_counter() - started
                if to_log:
                    logged = self._log(log, recent, logged, advance)
                    recent = []
                converged = to_validate and self._validate(log)
                if to_save or late or stop or converged:
                    self.save()
                    saved = time.perf_counter()
                if converged:
                    return
                if stop:
                    raise Stopped(stop)

    def _due(self) -> tuple[bool, bool, bool]:
        """Whether it is time to log, to validate, to save."""
        step, total, options = self.step, self.task.total, self.options
        if step == total:
            return True, True, True
        epoch, every = self.task.ends_epoch(step), options.validate_every
        # shortly before the end nothing is validated: the end is
        validate = step % every == 0 and step + every / 2 < total if every else epoch
        save = step % options.checkpoint_steps == 0 if options.checkpoint_steps else epoch
        return step % options.log_every == 0, validate, save

    def _agree(self, signal_number: int, since_save: float) -> tuple[list[list[float]], int, bool]:
        """The pending numbers, summed over all ranks and checked; the signal to stop at, if any; is a save overdue?"""
        ranks = self.task.ranks
        late = ranks.writes and since_save > self.options.checkpoint_minutes * 60
        numbers = torch.stack(self._pending).to(ranks.device)
        flags = torch.zeros_like(numbers[:1])
        flags[0, 0], flags[0, 1] = float(signal_number > 0), float(late)
        summed = ranks.sum(torch.cat([numbers, flags])).tolist()
        first = self.step - len(self._pending)
        self._pending = []
        for i, (loss, *_, norm) in enumerate(summed[:-1]):
            if not (math.isfinite(loss) and math.isfinite(norm)):
                self._not_finite(first + i, loss)
        return summed[:-1], (signal_number or signal.SIGTERM) if summed[-1][0] else 0, bool(summed[-1][1])

    def _not_finite(self, step: int, loss: float) -> None:
        what = "the gradient" if math.isfinite(loss) else "the loss"
        kept = f". The last checkpoint in {self.folder} is from before it" if self.folder else ""
        raise TrainingError(
            f"{what} is not finite at step {step + 1} of {self.task.total} (learning rate {self.task.rate(step):.3g}); "
            f"{self.task.if_not_finite}{kept}"
        )

    def _log(
        self, log: Log | None, recent: list[list[float]], logged: tuple[int, float], advance: Advance
    ) -> tuple[int, float]:
        """Write a line on the steps since the last one; return the step and time of this one."""
        task, now, count = self.task, time.perf_counter(), self.step - logged[0]
        names = (*task.columns, "gradient_norm")
        means = {name: sum(c) / len(recent) for name, c in zip(names, zip(*recent, strict=True), strict=True)}
        speed = count * task.photos_a_step / max(1e-9, now - logged[1])
        top1 = f"  top-1 {means['top1']:.1%}" if "top1" in means else ""
        values = {"images_per_second": speed, "learning_rate": task.rate(self.step - 1)}
        used = ""
        if task.flops_a_photo:
            values["mfu"] = speed * task.flops_a_photo / task.peak_flops()
            used = f"  MFU {values['mfu']:.1%}"
        advance(0, f"loss {means['loss']:.3f}{top1}  {speed:.0f} photos/s{used}")
        if log:
            log.write("train", self.step, **means, **values, **task.log_values(self.step))
        return self.step, now

    def _validate(self, log: Log | None) -> bool:
        """Validate; return whether the run has converged, alike on all ranks."""
        result = self.task.validate(self.step)
        if result is None:
            return False
        self.history.append({"step": self.step, **result})
        if self.task.keeps_best and (self.best is None or self.task.is_better(result, self.best)):
            self.best = self.history[-1]
            self.best_weights = {name: value.clone() for name, value in self.task.answering.state_dict().items()}
        if log:
            log.write("validation", self.step, **_flat(result))
        if summary := self.task.summary(result):
            self.say(f"step {self.step:,}: {summary}")
        if not self.task.patience:
            return False
        converged = self.task.ranks.any(self.converged)
        if converged and self.best is not None:
            self.say(
                f"converged: {self.task.patience} validations without a better one; "
                f"the weights of step {self.best['step']:,} are kept"
            )
        return converged


def check_same_run(task: Task[Batch], facts: Facts, folder: Path) -> None:
    """Raise InputError, naming the settings that differ, when a checkpoint is of other settings or other photos.

    >>> import numpy as np
    >>> from photoplanet.training.near_duplicates.network import Coder
    >>> from photoplanet.training.near_duplicates.task import NearDuplicateTask
    >>> task = NearDuplicateTask(Coder(8), np.zeros((2, 4, 64, 64, 3), np.uint8), 1, 2, seed=7, rate=1e-3)
    >>> check_same_run(task, {"recipe": {"seed": 1}}, Path("mine.run"))
    Traceback (most recent call last):
    photoplanet.errors.InputError: mine.run: the run there was started with seed=1 (now 7); give the same settings, ...
    """
    kept = facts.get("recipe")
    before = {**task.defaults, **(kept if isinstance(kept, dict) else {})}  # settings may be newer than it
    different = [f"{k}={before.get(k)} (now {v})" for k, v in task.recipe.items() if before.get(k) != v]
    if different:
        raise InputError(f"{folder}: the run there was started with {', '.join(different)}; {task.if_another_run}")
    if facts.get("data") != task.data:
        raise InputError(f"{folder}: the run there was started with other photos or cells; {task.if_another_run}")
    if not {"step", "seconds", "history"} <= facts.keys():
        raise InputError(f"{folder}: the checkpoint there is of another version of photoplanet; {task.if_another_run}")


def _flat(result: Facts) -> Facts:
    """A validation's numbers by name: shares within radii are `within_city` and so on."""
    flat = {name: value for name, value in result.items() if not isinstance(value, dict)}
    nested = [value for value in result.values() if isinstance(value, dict)]
    return flat | {f"within_{name}": share for shares in nested for name, share in shares.items()}
