"""A writer in a process of its own, killed in the middle of its work."""

import subprocess
import sys
from pathlib import Path

import pytest

WRITER = """
import sys, time
from photoplanet.core import {module}
with {module}.{how}(sys.argv[1]) as fresh:
    (fresh / "half").mkdir() if fresh.is_dir() else fresh.write_text("half")
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def killed():
    """A function that starts a writer in a process of its own and kills it, or leaves it, in the middle of its work."""
    started = []

    def start(target: Path, how: str = "atomic.replacing", kill: bool = True) -> subprocess.Popen:
        module, _, name = how.partition(".")
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER.format(module=module, how=name), str(target)],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        if kill:
            process.kill()
            process.wait()
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
