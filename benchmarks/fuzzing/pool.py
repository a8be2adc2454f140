"""Worker processes with limits: one that hangs, grows or dies is a fault of the input it was trying."""

import json
import os
import queue
import re
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

HANG_SECONDS = 60.0  # without an answer; what takes over 5 s of its own time is found by the worker itself
BYTES = 2 << 30  # a worker that is past this while it works is ended

Report = Callable[[str, int, dict[str, Any]], None]


class Worker:
    """One process, started anew after each fault of its own."""

    def __init__(self, number: int, work: Path, shared: Path, plugin: str):
        self.folder, self._shared, self._plugin = work / f"worker-{number}", shared, plugin
        self._process: subprocess.Popen[str] | None = None

    def tried(self, kind: str, seed: int, keep: bool = False) -> dict[str, Any]:
        """Try one input."""
        process = self._process = self._process or self._start()
        assert process.stdin and process.stdout
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps({"kind": kind, "seed": seed, "keep": keep}) + "\n")
            process.stdin.flush()
        fault, deadline = "", time.monotonic() + HANG_SECONDS
        while not fault:
            if select.select([process.stdout], [], [], 0.25)[0]:
                line = process.stdout.readline()
                if line:
                    return dict(json.loads(line))
                fault = f"the process died ({_ending(process)}): {self._last_line()}"
            elif time.monotonic() > deadline:
                fault = f"hang: no answer in {HANG_SECONDS:.0f} s"
            elif resident(process.pid) > BYTES:
                fault = f"memory: over {BYTES >> 20} MB"
        self.close()
        return {"outcome": "refused", "seconds": 0.0, "peak": 0, "faults": [fault], "commands": ""}

    def close(self) -> None:
        """End the process, and those that it started."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    pipe.close() if pipe else None
        shutil.rmtree(self.folder / "tmp", ignore_errors=True)

    def _last_line(self) -> str:
        lines = (self.folder / "errors.txt").read_text("utf-8", "replace").strip().splitlines()
        return lines[-1][:300] if lines else ""

    def _start(self) -> subprocess.Popen[str]:
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "fuzzing.worker", str(self.folder), str(self._shared), self._plugin]
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=(self.folder / "errors.txt").open("wb"),
            text=True, start_new_session=True, env=environment(),
        )  # fmt: skip


def run(
    inputs: Iterable[tuple[str, int]], workers: int, work: Path, shared: Path, plugin: str, until: float, report: Report
) -> None:
    """Try all inputs, or those that come before `until` (of time.monotonic); `report` is called for each, in turn."""
    waiting: queue.SimpleQueue[tuple[str, int]] = queue.SimpleQueue()
    for each in inputs:
        waiting.put(each)
    guard = threading.Lock()

    def go_on(number: int) -> None:
        worker = Worker(number, work, shared, plugin)
        try:
            while time.monotonic() < until:
                try:
                    kind, seed = waiting.get_nowait()
                except queue.Empty:
                    return
                answer = worker.tried(kind, seed)
                with guard:
                    report(kind, seed, answer)
        finally:
            worker.close()

    threads = [threading.Thread(target=go_on, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def environment() -> dict[str, str]:
    """What our processes find: this package, and at most two threads."""
    here = str(Path(__file__).parent.parent)
    path = os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "2", "COLUMNS": "200"}


def resident(pid: int) -> int:
    """Bytes of memory that a process holds; 0 where that is not known."""
    with suppress(OSError):
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
        return int(found[1]) << 10 if found else 0
    return 0


def _ending(process: subprocess.Popen[str]) -> str:
    with suppress(subprocess.TimeoutExpired):
        status = process.wait(10)
        return signal.Signals(-status).name if status < 0 else f"status {status}"
    return "its output ended"
