"""Commands killed at random moments: what was there is old or new, and the next run leaves nothing behind."""

import fnmatch
import json
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from fuzzing import base, pool, trial
from fuzzing.scenarios import ALL, HOME, Scenario

SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
STATUSES = {signal.SIGKILL: (-9,), signal.SIGTERM: (-15, 143), signal.SIGINT: (130, -2)}
LEFT = (".photoplanet-part", ".photoplanet-old")
CHANGES_ITSELF = re.compile(r'"(created|date|seconds|images_per_second|time)": [^,}\n]*')


OUTPUTS = ("o.*", *HOME)  # what taking back leaves


class Killer:
    """Runs commands in forks of one warm process, and kills them."""

    def __init__(self, number: int, work: Path, sets: base.Base, plugin: str):
        self._work, self._sets, self._plugin = work / f"killer-{number}", sets, plugin
        self._zygotes: dict[bool, subprocess.Popen[str]] = {}
        self._references: dict[str, dict[str, Any]] = {}
        self._work.mkdir(parents=True, exist_ok=True)
        self.folder = self._work / "case"

    def tried(self, seed: int) -> dict[str, Any]:
        """Kill one command at one moment; say what was wrong."""
        chance = random.Random(f"kill:{seed}")
        name = list(ALL)[seed % len(ALL)]
        scenario, known = ALL[name], self._reference(name)
        number = chance.choice(SIGNALS)
        event = chance.randint(1, known["events"] + 1) if chance.random() < 0.6 else None
        seconds = chance.uniform(0, known["seconds"]) if event is None else None
        folder = self._copy(name)
        before = trial.snapshot(folder)
        first = self._run(scenario, scenario.command, folder, number, event, seconds)
        faults = self._after_kill(scenario, first, before, known["after"], folder, number)
        second = self._run(scenario, scenario.command, folder)
        faults += self._after_next(scenario, second, before, known["after"], folder)
        if scenario.back:
            third = self._run(scenario, scenario.back, folder)
            faults += _changed(before, trial.snapshot(folder), scenario.back)
            faults += (
                [f"status {third['status']} of {scenario.back}: {third['text'][-200:]}"] if third["status"] != 0 else []
            )
        moment = f"event {event} of {known['events']}" if event else f"{seconds:.3f} of {known['seconds']:.3f} s"
        return {
            "outcome": "killed" if first["sent"] and first["status"] != 0 else "ended before", "scenario": name,
            "seconds": first["seconds"], "peak": 0, "faults": faults,
            "commands": f"{name}: signal {int(number)} at {moment}",
        }  # fmt: skip

    def close(self) -> None:
        """End the warm processes."""
        for process in self._zygotes.values():
            process.kill()
            process.wait()

    def _reference(self, name: str) -> dict[str, Any]:
        """What a run that nobody kills leaves, how many changes it makes and how long it takes."""
        if name not in self._references:
            scenario = ALL[name]
            template = self._work / f"{name}.template"
            shutil.rmtree(template, ignore_errors=True)
            template.mkdir(parents=True)
            scenario.make(template)
            for command in scenario.first:
                done = self._run(scenario, command, template)
                if done["status"] != 0:
                    raise RuntimeError(f"{command}: status {done['status']}: {done['text']}")
            folder = self._copy(name)
            done = self._run(scenario, scenario.command, folder)
            if done["status"] != 0:
                raise RuntimeError(f"{name}: status {done['status']}: {done['text']}")
            self._references[name] = {**done, "after": trial.snapshot(folder)}
        return self._references[name]

    def _copy(self, name: str) -> Path:
        folder = self._work / "case"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self._work / f"{name}.template", folder, symlinks=True)
        return folder

    def _run(
        self, scenario: Scenario, command: str, folder: Path, number: int = 9, event: int | None = None,
        seconds: float | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        process = self._zygotes.get(scenario.training) or self._start(scenario.training)
        assert process.stdin and process.stdout
        asked = {
            "arguments": self._arguments(command), "folder": str(folder), "signal": int(number), "event": event,
            "seconds": seconds, "out": str(self._work / "out.txt"),
            "environment": {"PHOTOPLANET_HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp")},
        }  # fmt: skip
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
        answer = dict(json.loads(process.stdout.readline()))
        answer["text"] = (self._work / "out.txt").read_text("utf-8", "replace")
        return answer

    def _arguments(self, command: str) -> list[str]:
        models = {"TINY": str(self._sets.model), "RICH": str(self._sets.rich_model)}
        return [models.get(each, each) for each in command.split()]

    def _start(self, training: bool) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "fuzzing.zygote", self._plugin, "train" if training else "plain"]
        errors = (self._work / "errors.txt").open("ab")
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=pool.environment()
        )
        errors.close()
        assert process.stdout
        if not select.select([process.stdout], [], [], 180)[0] or "ready" not in process.stdout.readline():
            raise RuntimeError(f"the process that forks does not start; see {self._work / 'errors.txt'}")
        self._zygotes[training] = process
        return process

    def _after_kill(
        self, scenario: Scenario, done: dict[str, Any], before: trial.Snapshot, after: trial.Snapshot, folder: Path,
        number: int,
    ) -> list[str]:  # fmt: skip
        faults = (
            []
            if done["status"] in (0, *STATUSES[signal.Signals(number)])
            else [f"status {done['status']} after {number}"]
        )
        # a worker process whose parent dies while it starts says so, by Python's own means; no code of ours runs yet
        if "Traceback" in done["text"] and "multiprocessing/spawn.py" not in done["text"]:
            faults.append(f"a traceback was printed: {done['text'][-300:]}")
        if done["left"]:
            faults.append(f"{len(done['left'])} processes went on")
        now = trial.snapshot(folder)
        for path, data in before.items():
            removed = path not in now and path not in after  # as the command does
            if (
                not self._free(scenario, path)
                and not removed
                and not _same(now.get(path, 0), (data, after.get(path, 0)))
            ):
                faults.append(f"killed: {path!r} is {'neither old nor new' if path in now else 'gone'}")
        for path, data in now.items():
            hidden = any(mark in path for mark in LEFT)
            if (
                path not in before
                and not hidden
                and not self._free(scenario, path)
                and not _same(data, (after.get(path, 0),))
            ):
                faults.append(f"killed: {path!r} is there and not whole")
        return faults + self._models(scenario, before, folder)

    def _after_next(
        self, scenario: Scenario, done: dict[str, Any], before: trial.Snapshot, after: trial.Snapshot, folder: Path
    ) -> list[str]:  # fmt: skip
        faults = []
        if done["status"] not in scenario.done:
            faults.append(f"the next run has status {done['status']}: {done['text'][-300:]}")
        now = trial.snapshot(folder)
        for path in sorted(after.keys() | now.keys()):
            if self._free(scenario, path):
                if any(mark in path for mark in (*LEFT, ".parts-", ".album-", "/tmp")):
                    faults.append(f"leftover: {path!r}")
            elif path not in now:
                faults.append(f"the next run does not make {path!r}")
            elif path not in after:
                faults.append(f"leftover: {path!r}")
            elif not _same(now[path], (after[path],)):
                faults.append(f"the next run makes another {path!r}")
        return faults + self._models(scenario, before, folder)

    def _models(self, scenario: Scenario, before: trial.Snapshot, folder: Path) -> list[str]:
        from photoplanet.errors import PhotoplanetError
        from photoplanet.models import folder as model_folder

        faults = []
        for model in scenario.models:
            if model not in before and not (folder / model).exists():
                continue
            try:
                model_folder.read(folder / model)
            except PhotoplanetError as error:
                faults.append(f"the model is not whole: {error}")
            faults += [f"{model}/{own} is hidden" for own in ("notes.txt", "own/a.txt")
                       if f"{model}/{own}" in before and not (folder / model / own).exists()]  # fmt: skip
        return faults

    def _free(self, scenario: Scenario, path: str) -> bool:
        inside = any(path.startswith(f"{model}/") or path == model for model in scenario.models)
        own = path.endswith(("notes.txt", "own/a.txt"))
        return (inside and not own) or any(fnmatch.fnmatch(path, pattern) for pattern in scenario.free)


def _changed(before: trial.Snapshot, left: trial.Snapshot, back: str) -> list[str]:
    paths = (path for path in sorted(before.keys() | left.keys()) if before.get(path, 0) != left.get(path, 0))
    return [f"not as it was after {back}: {path!r}" for path in paths
            if not any(fnmatch.fnmatch(path, own) for own in OUTPUTS)]  # fmt: skip


def _same(found: Any, wanted: tuple[Any, ...]) -> bool:
    """Whether bytes are one of these, times of the day aside."""

    def plain(data: Any) -> Any:
        return CHANGES_ITSELF.sub("", data.decode("latin-1")) if isinstance(data, bytes) else data

    return found in wanted or plain(found) in map(plain, wanted)


def run(seeds: range, workers: int, work: Path, plugin: str, until: float, report: pool.Report) -> None:
    """Kill once for each seed."""
    waiting, guard, sets = list(reversed(seeds)), threading.Lock(), base.make(work / "shared")

    def go_on(number: int) -> None:
        killer = Killer(number, work, sets, plugin)
        try:
            while time.monotonic() < until:
                with guard:
                    if not waiting:
                        return
                    seed = waiting.pop()
                try:
                    answer = killer.tried(seed)
                except Exception as error:  # not what is tried: the fuzzer itself
                    answer = {"outcome": "ended before", "seconds": 0.0, "peak": 0, "commands": "",
                              "faults": [f"the fuzzer: {error!r}"]}  # fmt: skip
                with guard:
                    report("kill", seed, answer)
        finally:
            killer.close()

    threads = [threading.Thread(target=go_on, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
