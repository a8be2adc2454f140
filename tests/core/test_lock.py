"""The lock: one holder at a time, between processes and threads, given up when its process dies."""

import subprocess
import sys

import pytest

from photoplanet.core import lock

HOLD = """
import sys, time
from pathlib import Path
from photoplanet.core import lock
with lock.held(Path(sys.argv[1]), wait=False) as mine:
    print(mine, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "lock")], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"True\n"
        yield process
        process.kill()


def test_another_process_keeps_it_until_it_is_killed(tmp_path, holder):
    with lock.held(tmp_path / "lock", wait=False) as mine:
        assert not mine
    said = []

    def waiting():
        said.append("waiting")
        holder.kill()

    with lock.held(tmp_path / "lock", wait=True, waiting=waiting) as mine:
        assert mine and said == ["waiting"]


def test_it_is_free_after_the_block_also_when_that_fails(tmp_path):
    with pytest.raises(KeyError), lock.held(tmp_path / "lock", wait=False) as mine:
        assert mine
        with lock.held(tmp_path / "lock", wait=False) as second:  # not even this process twice
            assert not second
        raise KeyError
    with lock.held(tmp_path / "lock", wait=False) as mine:
        assert mine


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(OSError, match="nowhere"), lock.held(tmp_path / "nowhere" / "lock", wait=False):
        raise AssertionError("never comes here")
