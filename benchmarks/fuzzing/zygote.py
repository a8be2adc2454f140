"""A process that has imported everything and forks a child for each command, so that a kill costs no start-up.

Reads a line of JSON `{"arguments": …, "folder": …, "signal": …, "event": …, "seconds": …}` and answers with one. The
child is sent `signal` (a number) before its `event`-th change of a file, or after `seconds`; with neither, it ends by
itself and its changes are counted.
"""

import importlib
import json
import os
import runpy
import signal
import sys
import time
from pathlib import Path
from typing import Any

IMPORTS = (
    "photoplanet.cli.index", "photoplanet.cli.locate", "photoplanet.cli.album", "photoplanet.cli.train",
    "photoplanet.cli.similar", "photoplanet.cli.duplicates", "photoplanet.cli.figure", "photoplanet.cli.explain",
    "photoplanet.locate.locator", "photoplanet.show.trip", "photoplanet.index.build", "onnxruntime", "pyarrow.parquet",
    "pyarrow.csv", "PIL.Image", "cv2",
)  # fmt: skip
TRAINING = (
    "torch",
    "onnx",
    "photoplanet.training.run",
    "photoplanet.training.albums.train",
    "photoplanet.training.embedding.train",
)
CHANGES = {
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "os.utime",
}
LONGEST = 300.0


def main() -> None:
    """Fork until stdin ends. Arguments: a file to run first, and `train` to import torch too."""
    plugin, training = sys.argv[1], sys.argv[2] == "train"
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    for name in (*IMPORTS, *(TRAINING if training else ())):
        importlib.import_module(name)
    if plugin:
        runpy.run_path(plugin)
    print(json.dumps({"ready": True}), file=answers)
    for line in sys.stdin:
        print(json.dumps(_ran(json.loads(line))), file=answers)


def _ran(asked: dict[str, Any]) -> dict[str, Any]:
    read, write = os.pipe()
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(read)
        _child(asked, write)
    os.close(write)
    status, sent = None, False
    while status is None:
        done, found = os.waitpid(child, os.WNOHANG)
        seconds = time.monotonic() - started
        if done:
            status = os.waitstatus_to_exitcode(found)
        elif not sent and asked["seconds"] is not None and seconds >= asked["seconds"]:
            os.kill(child, asked["signal"])
            sent = True
        elif seconds > LONGEST:
            os.killpg(child, signal.SIGKILL)
            sent = True
        else:
            time.sleep(0.002)
    with os.fdopen(read, "rb") as pipe:
        _ended(child)
        count = pipe.read()
    return {"status": status, "seconds": round(time.monotonic() - started, 4), "sent": sent or count.startswith(b"x"),
            "events": int(count.lstrip(b"x") or 0), "left": _ended(child)}  # fmt: skip


def _child(asked: dict[str, Any], write: int) -> None:
    """Run the command, in a session of its own; never returns."""
    os.setsid()
    os.chdir(asked["folder"])
    out = os.open(asked["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for number in (1, 2):
        os.dup2(out, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(asked["environment"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    count = 0

    def watch(event: str, given: tuple[Any, ...]) -> None:
        nonlocal count
        writes = event == "open" and isinstance(given[2], int) and given[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if not writes and event not in CHANGES:
            return
        if str(given[0]).startswith(("/dev/", "/proc/")):
            return
        count += 1
        if count == asked["event"]:
            os.write(write, b"x")
            os.kill(os.getpid(), asked["signal"])

    sys.addaudithook(watch)
    status: Any = 0
    try:
        from photoplanet.cli import main as command

        command(asked["arguments"])
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 0
    except BaseException:
        import traceback

        traceback.print_exc()
        status = 99
    finally:
        total = count
        with_pipe = str(total).encode()
        os.write(write, with_pipe)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _ended(group: int) -> list[int]:
    """Processes of a session that outlive its first one by more than a few seconds; they are ended then."""
    deadline = time.monotonic() + 5
    while left := _of_session(group):
        if time.monotonic() > deadline:
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            return left
        time.sleep(0.02)
    return []


def _of_session(session: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(entry.name))
    return found


if __name__ == "__main__":
    main()
