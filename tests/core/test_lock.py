"""One holder at a time, in threads and processes; a dead one holds nothing."""

import subprocess
import sys
import threading

import pytest

from photoplanet.core.lock import held

HOLDS = """
import sys, time
from pathlib import Path
from photoplanet.core.lock import held
with held(Path(sys.argv[1]), wait=False) as mine:
    print(mine, flush=True)
    time.sleep(60)
"""


def test_only_one_holds_it_and_then_the_next(tmp_path):
    path = tmp_path / "lock"
    with held(path, wait=False) as first, held(path, wait=False) as second:
        assert (first, second) == (True, False)
    with held(path, wait=False) as again:
        assert again


def test_another_process_that_holds_it_is_waited_for_and_a_killed_one_holds_nothing(tmp_path):
    path, said = tmp_path / "lock", []
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "True\n"
        with held(path, wait=False) as mine:
            assert not mine
        with held(path, wait=True, waiting=lambda: (said.append("waiting"), other.kill())) as mine:
            assert mine and said == ["waiting"]


def test_a_thread_waits_for_another_one(tmp_path):
    path, order, waits = tmp_path / "lock", [], threading.Event()

    def second():
        with held(path, wait=True, waiting=waits.set):
            order.append("second")

    thread = threading.Thread(target=second)
    with held(path, wait=False):
        thread.start()
        assert waits.wait(30)
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]


def test_an_error_in_the_block_gives_it_up(tmp_path):
    with pytest.raises(ValueError, match="mine"), held(tmp_path / "lock", wait=False):
        raise ValueError("mine")
    with held(tmp_path / "lock", wait=False) as again:
        assert again


def test_a_place_that_cannot_be_written_is_an_error_of_the_system(tmp_path):
    with pytest.raises(OSError, match=r"no such folder|No such file"), held(tmp_path / "none" / "lock", wait=False):
        pass
    (tmp_path / "text").write_text("this is not a lock, and stays as it is" * 100)
    with pytest.raises(OSError, match="the lock cannot be used"), held(tmp_path / "text", wait=False):
        pass
    assert (tmp_path / "text").read_text().startswith("this is not a lock")
