"""A short run of benchmarks/fuzz.py; and that it finds each kind of fault when one is put in."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

FUZZ = Path(__file__).parents[1] / "benchmarks" / "fuzz.py"
KINDS = {
    "image", "exif", "xmp", "film", "sidecar", "gpx", "track", "table", "parquet", "predictions", "shard", "model",
    "undo", "game", "cache", "encoder", "request",
}  # fmt: skip

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="limits are watched through /proc")

# The command line with another fault in each call, in turn: what is to be found, and how it is brought about.
BROKEN_COMMANDS = """
import itertools, os, pathlib, time
import photoplanet.cli
calls, real = itertools.count(), photoplanet.cli.main

def main(arguments):
    call = next(calls) % 8
    if call == 0:
        raise KeyError("traceback")
    if call == 1:
        time.sleep(5.3)
    if call == 2:
        bytearray(3 << 29).count(1)
        bytes(3 << 29)
    if call == 3:
        pathlib.Path("leftover.txt").touch()
    if call == 4:
        victim = next(path for path in sorted(pathlib.Path().rglob("*")) if path.is_file())
        victim.write_bytes(victim.read_bytes() + b"x")
    if call == 5:
        print("\\x1b[31m", end="")
    if call == 6:
        raise SystemExit(1)
    if call == 7:
        os.abort()
    real(arguments)

photoplanet.cli.main = main
"""
# Files that are written in place, and a folder that is exchanged in steps: what a kill leaves is neither old nor new.
BROKEN_WRITES = """
import contextlib, pathlib
from photoplanet.core import atomic, leftovers

@contextlib.contextmanager
def replacing(path, **_):
    fresh = pathlib.Path(path)
    fresh.write_bytes(b"")
    yield fresh
    fresh.touch()

atomic.replacing = replacing
"""
BROKEN_SERVER = """
from photoplanet.server import uploads

async def read(*_):
    raise ZeroDivisionError("a fault of the server")

uploads.read = read
"""


def fuzz(*arguments: object) -> tuple[int, dict]:
    command = [sys.executable, FUZZ, "--json", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def faults(tmp_path: Path, plugin: str, *arguments: object) -> str:
    """What is found with a fault put in."""
    (tmp_path / "plugin.py").write_text(plugin)
    status, found = fuzz("--plugin", tmp_path / "plugin.py", *arguments)
    assert status == 1
    return "\n".join(each["fault"] for each in found["faults"])


def test_hostile_inputs_and_kills_find_nothing():
    status, found = fuzz("--files", 8 * len(KINDS), "--kills", 13, "--seed", 9000)
    assert (status, found["faults"]) == (0, [])
    counts = found["kinds"]
    assert set(counts) == KINDS | {"kill"}
    for kind in KINDS:
        assert counts[kind]["inputs"] == 8
    assert sum(counts[kind].get("read", 0) for kind in KINDS) > 20
    assert sum(counts[kind].get("refused", 0) for kind in KINDS) > 20
    assert counts["kill"]["inputs"] == 13 and counts["kill"]["killed"] > 5


def test_faults_of_commands_are_found(tmp_path):
    found = faults(tmp_path, BROKEN_COMMANDS, "--kind", "game", "--files", 8, "--workers", 1)
    for expected in (
        "traceback: KeyError", "slow: 5.", "memory: ", "leftover: 'leftover.txt'", "changed: 'games.jsonl'",
        "control character '\\x1b'", "status 1 of play", "the process died (SIGABRT)",
    ):  # fmt: skip
        assert expected in found


def test_writes_that_are_not_atomic_are_found(tmp_path):
    found = faults(tmp_path, BROKEN_WRITES, "--kind", "kill", "--kills", 6, "--workers", 2)
    assert "is neither old nor new" in found


def test_faults_of_the_server_are_found(tmp_path):
    found = faults(tmp_path, BROKEN_SERVER, "--kind", "request", "--files", 12, "--workers", 1)
    assert "HTTP 500" in found
