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
    """Let modules run compiled from their next call on; dropout draws as it does without, so that losses agree."""
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


def decided(learning: Learning, batch: Batch, steps: int, cache: CompileCache, say: Say) -> Verdict:
    """Compile what a run with `steps` to go learns by, if that pays within the run; measured on `batch`.

    Nothing that is learned changes: what the timed steps did to running statistics is undone. Where torch.compile fails
    the run goes on without.
    """
    trial = _Trial(learning, batch)
    eager = trial.seconds()
    layers = sum(isinstance(part, nn.Conv2d | nn.Linear) for part in learning.modules())
    expected = LAYER_SECONDS * layers / (4 if cache.found else 1)
    hoped = eager / GAIN[batch.images.device.type]
    if not pays(steps, eager, hoped, expected):
        saved = steps * (eager - hoped)
        line = f"not compiled: would save about {saved:.0f} s of this run, and take about {expected:.0f} s"
        return Verdict(False, line, {"eager_seconds": round(eager, 4)})
    say(f"compiling, which may take {min(expected, LIMIT):.0f} s")
    try:
        seconds, parts, all_parts = trial.compiled()
    except Exception as error:  # torch raises whatever its compilers do
        trial.undo()
        return Verdict(False, f"not compiled: torch.compile failed ({_first_line(error)})", {})
    compiled = trial.seconds()
    facts = {"eager_seconds": round(eager, 4), "compiled_seconds": round(compiled, 4), "compiling": round(seconds, 1)}
    times = f"a step takes {compiled:.3g} s instead of {eager:.3g}"
    if compiled > KEPT * eager:
        trial.undo()
        return Verdict(False, f"not compiled: tried for {seconds:.0f} s, and {times}", facts)
    what = "" if parts == all_parts else f" {parts} of {all_parts} parts"
    return Verdict(True, f"compiled{what} in {seconds:.0f} s: {times}", facts)


def enforced(learning: Learning, batch: Batch) -> Verdict:
    """Compile, whatever it gains; TrainingError where torch.compile fails."""
    trial = _Trial(learning, batch)
    try:
        seconds, parts, all_parts = trial.compiled()
    except Exception as error:
        raise TrainingError(f"torch.compile failed ({_first_line(error)}); leave --compile out") from error
    what = "" if parts == all_parts else f" {parts} of {all_parts} parts"
    return Verdict(True, f"compiled{what} in {seconds:.0f} s", {"compiling": round(seconds, 1)})


class _Trial:
    """Forwards and backwards on one batch that leave nothing behind."""

    def __init__(self, learning: Learning, batch: Batch):
        self.learning, self.batch = learning, batch
        self.parts: list[nn.Module] = []

    def seconds(self) -> float:
        """Seconds a step, the median of three; one more before them warms up."""
        return statistics.median([self._step() for _ in range(1 + TRIALS)][1:])

    def compiled(self) -> tuple[float, int, int]:
        """Compile one region after the other within the limit; the seconds that took, and how many of how many."""
        started, regions = time.perf_counter(), self.learning.regions()
        for region in regions:
            if time.perf_counter() - started > LIMIT:
                break
            self.parts.append(region)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # torch's about torch
                compile_in_place([region])
                self._step()
        return time.perf_counter() - started, len(self.parts), len(regions)

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


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return printable(lines[0] if lines else type(error).__name__)[:200]
