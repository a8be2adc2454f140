"""torch.compile where it pays: what it would cost, what it gains, both measured before the first step."""

import os
import shutil
import statistics
import sysconfig
import time
import warnings
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import nn

from photoplanet.core.progress import Say
from photoplanet.errors import TrainingError, printable
from photoplanet.training.compile_cache import CompileCache
from photoplanet.training.data import Batch
from photoplanet.training.flops import wait
from photoplanet.training.learning import Learning
from photoplanet.training.task import Facts

MARGIN = 1.5  # times what compiling costs is what it has to save within the run
GAIN = {"cuda": 1.3, "cpu": 1.04}  # expected before it is measured: how many times as fast a step gets
LAYER_SECONDS = 2.0  # of compiling, expected for each layer with weights; from the cache a quarter
LIMIT = 240.0  # seconds after which no further region is compiled
TRIALS = 3  # steps that are timed each way
KEPT = 0.98  # of a step's time: what is hardly faster is not worth other rounding
_REGIONS = 64  # versions of one function that torch may compile: the blocks of a network share theirs


@dataclass(frozen=True)
class Verdict:
    """Whether the steps of a run are compiled, why in one line, and the figures for the log and the checkpoint.

    >>> Verdict(False, "not compiled: no C++ compiler is here", {}).compiled
    False
    """

    compiled: bool
    line: str
    facts: Facts


def pays(steps: int, eager: float, compiled: float, cost: float) -> bool:
    """Return whether steps of `compiled` seconds instead of `eager` save 1.5 times the seconds that compiling costs.

    >>> pays(1000, 0.5, 0.4, 60), pays(1000, 0.5, 0.4, 70)
    (True, False)
    """
    return steps * (eager - compiled) > MARGIN * cost


def impossible(device: torch.device) -> str:
    """Return why torch.compile cannot work for a device of this machine; "" where nothing speaks against it.

    >>> getfixture("monkeypatch").setenv("PATH", "")
    >>> impossible(torch.device("cpu"))
    'no C++ compiler (g++) is here'
    """
    cuda = device.type == "cuda"
    if cuda and torch.cuda.get_device_capability(device)[0] < 7:
        return "it needs a GPU of compute capability 7.0 or more"
    if cuda and find_spec("triton") is None:
        return "triton is not installed"
    given = os.environ.get("CC" if cuda else "CXX")
    compilers = [given] if given else ["gcc", "clang", "cc"] if cuda else ["g++"]
    if not any(shutil.which(name) for name in compilers):
        return f"no {'C' if cuda else 'C++'} compiler ({compilers[0]}) is here"
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        return "Python's headers (Python.h) are not here"
    return ""


def compile_in_place(parts: list[nn.Module]) -> None:
    """Let modules run compiled from their next call on; dropout draws as it does without, so that losses agree.

    >>> compile_in_place([layer := nn.Linear(2, 1)])
    >>> isinstance(eagerly(layer), nullcontext)  # it would be compiled
    False
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's about torch
        torch._dynamo.config.recompile_limit = max(torch._dynamo.config.recompile_limit, _REGIONS)
        for part in parts:
            part.compile(dynamic=False, options={"fallback_random": True})


def eagerly(learning: nn.Module) -> AbstractContextManager[object]:
    """Return a context in which nothing is compiled: evaluation, whose batches differ, would be compiled for each size.

    >>> from contextlib import nullcontext
    >>> isinstance(eagerly(nn.Identity()), nullcontext)  # nothing is compiled: torch's compiler is not even imported
    True
    """
    if any(getattr(part, "_compiled_call_impl", None) is not None for part in learning.modules()):
        eager: AbstractContextManager[object] = torch.compiler.set_stance("force_eager")
        return eager
    return nullcontext()


def decided(learning: Learning, batch: Batch, steps: int | None, cache: CompileCache, say: Say) -> Verdict:
    """Compile what a run with `steps` to go learns by, if that pays within the run; None: whatever it gains.

    It is measured on `batch`, and nothing that is learned changes: what the timed steps did to running statistics is
    undone. Where torch.compile fails a run goes on without; TrainingError where it was to compile whatever it gains.

    >>> import numpy as np
    >>> from photoplanet.photos.preprocessing import Preprocessing
    >>> from photoplanet.training.classifier import Classifier
    >>> from photoplanet.training.objective import Objective
    >>> from photoplanet.training.recipes import Recipe
    >>> network, objective = Classifier("mobile", 1, Preprocessing(size=32)), Objective(Recipe(), np.zeros((1, 2)), [])
    >>> photos, numbers = torch.zeros((2, 32, 32, 3), dtype=torch.uint8), torch.zeros((2, 12), dtype=torch.float64)
    >>> batch = Batch(photos, torch.zeros(2, dtype=torch.int64), numbers[:, :3], numbers, {})
    >>> decided(Learning(Recipe(), network, objective, "float32"), batch, 10, CompileCache(None), print).line
    'not compiled: would save about 0 s of this run, and take about 42 s'
    """
    trial = _Trial(learning, batch)
    eager, before = 0.0, Facts()
    if steps is not None:
        eager = trial.seconds()
        before["eager_seconds"] = round(eager, 4)
        layers = sum(isinstance(part, nn.Conv2d | nn.Linear) for part in learning.modules())
        expected = LAYER_SECONDS * layers / (4 if cache.found else 1)
        hoped = eager / GAIN[batch.images.device.type]
        if not pays(steps, eager, hoped, expected):
            saved = steps * (eager - hoped)
            line = f"not compiled: would save about {saved:.0f} s of this run, and take about {expected:.0f} s"
            return Verdict(False, line, before)
        say(f"compiling, which may take {min(expected, LIMIT):.0f} s")
    try:
        facts = before | trial.compiled()
    except Exception as error:  # torch raises whatever its compilers do
        trial.undo()
        why = f"torch.compile failed ({_first_line(error)})"
        if steps is None:
            raise TrainingError(f"{why}; leave --compile out") from error
        return Verdict(False, f"not compiled: {why}", before)
    return Verdict(True, _done(facts), facts) if steps is None else _compared(trial, eager, facts)


def _compared(trial: "_Trial", eager: float, facts: Facts) -> Verdict:
    """Whether steps stay compiled, now that both are timed."""
    compiled = trial.seconds()
    facts |= {"compiled_seconds": round(compiled, 4)}
    times = f"a step takes {compiled:.3g} s instead of {eager:.3g}"
    if compiled > KEPT * eager:
        trial.undo()
        return Verdict(False, f"not compiled: tried for {facts['compiling']:.0f} s, and {times}", facts)
    return Verdict(True, f"{_done(facts)}: {times}", facts)


class _Trial:
    """Forwards and backwards on one batch that leave nothing behind."""

    def __init__(self, learning: Learning, batch: Batch):
        self.learning, self.batch = learning, batch
        self.parts: list[nn.Module] = []

    def seconds(self) -> float:
        """Seconds a step, the median of three; one more before them warms up."""
        return statistics.median([self._step() for _ in range(1 + TRIALS)][1:])

    def compiled(self) -> Facts:
        """Compile one region after the other within the limit; the seconds that took, and how many of how many."""
        started, regions = time.perf_counter(), self.learning.regions()
        for region in regions:
            if time.perf_counter() - started > LIMIT:
                break
            self.parts.append(region)
            compile_in_place([region])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._step()
        seconds = round(time.perf_counter() - started, 1)
        return {"compiling": seconds, "compiled_parts": len(self.parts), "parts": len(regions)}

    def undo(self) -> None:
        """Let everything run as it did before."""
        for part in self.parts:
            part._compiled_call_impl = None  # torch offers no other way back

    def _step(self) -> float:
        learning, device = self.learning, self.batch.images.device
        before = {name: value.clone() for name, value in learning.named_buffers()}
        try:
            wait(device)
            started = time.perf_counter()
            loss, _ = learning(*self.batch.tensors)
            torch.autograd.backward(loss)
            wait(device)
            return time.perf_counter() - started
        finally:
            learning.zero_grad(set_to_none=True)
            with torch.no_grad():
                for name, value in learning.named_buffers():
                    value.copy_(before[name])


def _done(facts: Facts) -> str:
    some = f" {facts['compiled_parts']} of {facts['parts']} parts" if facts["compiled_parts"] < facts["parts"] else ""
    return f"compiled{some} in {facts['compiling']:.0f} s"


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return printable(lines[0] if lines else type(error).__name__)[:200]
