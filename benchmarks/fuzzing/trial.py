"""One input tried in this process: its commands run, and everything that must hold afterwards is checked."""

import contextlib
import fnmatch
import os
import random
import re
import shutil
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fuzzing import base, cases

SECONDS, BYTES = 5.0, 3 << 29  # a worker keeps the networks, languages and towns that it has read once
NOISE = re.compile(
    r"^(libpng|libjpeg|Corrupt|Premature|TIFF\w*:|.*Warning: |.*: Warning|.*\[[EWF]:onnxruntime|terminate called|"
    r"\[ WARN|Exception ignored|.*Traceback|Fatal Python|free\(\)|malloc|double free)", re.MULTILINE)  # fmt: skip
PROBE = re.compile("[a-z0-9_]{8}")  # what tempfile calls its own
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
Snapshot = dict[str, bytes | None]  # name → bytes; None for a folder


def tried(kind: str, seed: int, work: Path, sets: base.Base, keep: bool = False) -> dict[str, Any]:
    """Make the input, run it, and return what happened: "read" or "refused", and the faults that were found."""
    folder, scratch = work / "case", work / "tmp"
    for path in (folder, scratch):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
    os.environ["PHOTOPLANET_HOME"], os.environ["TMPDIR"] = str(folder / "home"), str(scratch)
    chance = random.Random(f"{kind}:{seed}")
    case = cases.KINDS[kind](folder, chance, sets)
    before = snapshot(folder)
    reset_peak()
    faults, statuses = [], []
    started, waited = time.monotonic(), queue_seconds()
    for number, command in enumerate(case.commands):
        status, fault = _one(command, folder, work / "out.txt")
        statuses.append(status)
        faults += fault
        if number == 0 and case.between is not None:
            case.between()
    seconds = time.monotonic() - started - (queue_seconds() - waited)
    if seconds > SECONDS * len(case.commands):
        faults.append(f"slow: {seconds:.1f} s for {len(case.commands)} commands")
    if (peak := peak_bytes()) > BYTES:
        faults.append(f"memory: {peak >> 20} MB")
    faults += differences(before, snapshot(folder), case)
    faults += [
        f"leftover in the folder for temporary files: {name}"
        for name in sorted(path.name for path in scratch.iterdir())
    ]
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)
    return {"outcome": "read" if 0 in statuses else "refused", "seconds": round(seconds, 3), "peak": peak >> 20,
            "faults": faults, "commands": cases.facts(case)}  # fmt: skip


def differences(before: Snapshot, after: Snapshot, case: cases.Case) -> list[str]:
    """Say what was lost, changed or left."""
    found = []
    for name, data in before.items():
        if name in case.free:
            continue
        allowed = {data} | case.may_change.get(name, set())
        if after.get(name) not in allowed or (name not in after and None not in case.may_change.get(name, ())):
            found.append(f"{'lost' if name not in after else 'changed'}: {name!r}")
    for name in after:
        hidden = ".photoplanet-part" in name or ".photoplanet-old" in name or ".parts-" in name
        if name not in before and (hidden or not any(fnmatch.fnmatch(name, pattern) for pattern in case.may_make)):
            found.append(f"leftover: {name!r}")
    for one, other in case.same:
        if one in after and after[one] != after.get(other):
            found.append(f"differs: {one} and {other}")
    return found


def snapshot(folder: Path) -> Snapshot:
    """Everything in a folder, but for what Python writes to see whether it may write there (tempfile.gettempdir).

    Nor what was read in photos, which `locate` and `album` keep in the user's own folder: a cache, for any photo.
    """
    found: Snapshot = {}
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            name = str(path.relative_to(folder))
            if name.startswith("home/signs") or (
                name == "home" and {each.name for each in path.iterdir()} <= {"signs"}
            ):
                continue
            data = None if path.is_dir() else path.read_bytes()
            if data not in (b"", b"blat") or path.parent.name != "tmp" or not PROBE.fullmatch(path.name):
                found[str(path.relative_to(folder))] = data
    return found


WRITERS = {"--write", "--undo", "--strip"}  # where 1 says that a file could not be written


def _one(command: list[str], folder: Path, out: Path) -> tuple[int, list[str]]:
    """Run one command, with what C libraries print too."""
    from photoplanet import cli

    faults, status = [], 0
    os.chdir(folder)
    try:
        with _redirected(out):
            cli.main(list(command))
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 0
    except BaseException as error:
        status = -1
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "photoplanet" in frame.filename]
        place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
        faults.append(f"traceback: {type(error).__name__} at {place}: {str(error)[:200]}")
    finally:
        os.chdir("/")
    text = out.read_text("utf-8", "backslashreplace")
    lines = [line for line in text.splitlines() if line.strip()]
    documented = {0, 2, -1} | ({1} if WRITERS & set(command) else set()) | ({3} if command[0] == "audit" else set())
    if status not in documented:
        faults.append(f"status {status} of {command[0]}: {lines[-1][:200] if lines else ''}")
    if noise := NOISE.search(text):
        faults.append(f"noise: {text[noise.start() :].splitlines()[0][:200]}")
    if control := CONTROLS.search(text):
        faults.append(
            f"control character {control[0]!r} printed: {text[max(0, control.start() - 60) : control.end()]!r}"
        )
    return status, faults


@contextlib.contextmanager
def _redirected(out: Path) -> Iterator[None]:
    """Stdout and stderr into a file, those of C too."""
    sys.stdout.flush(), sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with out.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(ValueError, OSError):
                stream.flush()
        for number, saved in zip((1, 2), kept, strict=True):
            os.dup2(saved, number)
            os.close(saved)


def queue_seconds() -> float:
    """Seconds that this thread stood in the queue for a processor: the machine's load is no fault of an input."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    return 0.0


def reset_peak() -> None:
    """Let the peak of memory start at what is used now."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_bytes() -> int:
    """The most memory that this process held since `reset_peak`."""
    with contextlib.suppress(OSError):
        found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
        return int(found[1]) << 10 if found else 0
    return 0
