"""Processes for bytes from outside: whatever they do, the one that asks gets an answer or a reason, in time."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from photoplanet.core import bounded_processes
from photoplanet.core.bounded_processes import BoundedProcesses, Refused

MEMORY = 32 << 20


@pytest.fixture
def processes(monkeypatch):
    """Two processes at most, of a worker that does what it is asked."""
    paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    made = BoundedProcesses("bounded_worker", 128 << 20, 2)
    yield made
    made.close()


def ask(processes, kind, data=b"", memory=MEMORY, seconds=60.0):
    with processes.asked(kind, data, memory, seconds) as (head, length, read):
        return head, read(length)


def why(processes, *request, **limits):
    with pytest.raises(Refused) as caught:
        ask(processes, *request, **limits)
    return caught.value.why


def gone(pid):
    """Whether a process has ended, within half a minute; nobody may have asked yet how."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def test_one_process_answers_one_request_after_the_other(processes):
    data = os.urandom(3_000_000)
    first, body = ask(processes, "echo", data)
    assert body == data and ask(processes, "echo", b"") == (first, b"")
    assert ask(processes, "say", b"x") == (first, b"x"), "what libraries print is not part of an answer"


def test_a_fault_is_an_answer_in_one_line(processes):
    first, _ = ask(processes, "echo")
    with pytest.raises(Refused, match=r"^line one line two x+$") as caught:
        ask(processes, "fail")
    assert caught.value.why == "fault" and len(str(caught.value)) == 300
    assert ask(processes, "echo")[0] == first


def test_memory_is_bounded_for_each_request_anew(processes):
    assert len(ask(processes, "take", b"%d" % (20 << 20))[1]) == 20 << 20
    assert why(processes, "take", b"%d" % (100 << 20)) == "memory"
    assert len(ask(processes, "take", b"%d" % (100 << 20), memory=120 << 20)[1]) == 100 << 20
    assert why(processes, "take", b"%d" % (100 << 20)) == "memory"


def test_one_that_breaks_or_takes_too_long_is_replaced(processes):
    first, _ = ask(processes, "echo")
    assert why(processes, "die") == "broken"
    second, _ = ask(processes, "echo")
    began = time.monotonic()
    assert why(processes, "wait", seconds=0.1) == why(processes, "compute", seconds=0.3) == "time"
    assert time.monotonic() - began < 30
    third, _ = ask(processes, "echo")
    assert len({first, second, third}) == 3
    os.kill(int(third), 9)
    assert gone(int(third))
    assert ask(processes, "echo")[0] != third, "one that died while nobody asked"


def test_an_answer_that_is_not_read_to_its_end_ends_its_process(processes):
    with processes.asked("echo", b"abc", MEMORY, 60) as (first, _, read):
        assert read(2) == b"ab"
    assert ask(processes, "echo")[0] != first
    with pytest.raises(Refused), processes.asked("echo", b"abc", MEMORY, 60) as (_, _, read):
        read(4)


def test_threads_share_them(processes):
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda number: ask(processes, "echo", b"%d" % number), range(30)))
    assert [int(body) for _, body in answers] == list(range(30)) and len({head for head, _ in answers}) <= 2


def test_they_end_with_whoever_asks(processes):
    code = (
        "from photoplanet.core.bounded_processes import BoundedProcesses\nimport os, sys\n"
        "made = BoundedProcesses('bounded_worker', 1 << 26, 1)\n"
        "with made.asked('echo', b'', 1 << 25, 60) as (head, _, _): print(head.decode(), flush=True)\n"
        "sys.stdin.read()\nos._exit(0)"  # as a kill: nothing is tidied up
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=bounded_processes.environment()
    )
    with run:
        worker = int(run.stdout.readline())
        os.kill(worker, 0)
        run.stdin.close()
    assert gone(worker)


def test_nothing_is_imported_from_the_folder_it_runs_in(processes, tmp_path, monkeypatch):
    for module in ("photoplanet", "bounded_worker", "signal"):
        (tmp_path / f"{module}.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    assert ask(processes, "echo", b"x")[1] == b"x"
