"""One process writes a cache and others read it; a kill costs the last photos only."""

import subprocess
import sys

import numpy as np
import pytest
from cache_entries import FIELDS, Computing, check, filled, key

from photoplanet.core import cache as caches
from photoplanet.core.cache import Busy, Cache


@pytest.mark.parametrize(("seconds", "there"), [(19, False), (21, True)])
def test_a_kill_costs_20_seconds_at_most(tmp_path, monkeypatch, seconds, there):
    clock = [1000.0]
    with Cache(tmp_path / "cache", "test 1", FIELDS) as cache:
        with monkeypatch.context() as patch:
            patch.setattr(caches.time, "monotonic", lambda: clock[0])
            run = cache.fill(["a", "b"], Computing(), key)
            next(run)
            clock[0] += seconds
            next(run)
        with Cache(tmp_path / "cache", "test 1", FIELDS, write=False) as reader:
            assert (reader.get(key("a")) is not None) is there
        run.close()


def test_one_writes_and_others_read(tmp_path):
    filled(tmp_path / "cache", ["a"])
    with (
        Cache(tmp_path / "cache", "test 1", FIELDS) as writer,
        Cache(tmp_path / "cache", "test 1", write=False) as other,
    ):
        with pytest.raises(Busy, match="another process is using this cache"):
            Cache(tmp_path / "cache", "test 1", FIELDS)
        with Cache(tmp_path / "cache", "test 1", FIELDS, write=False) as reader:
            check("a", reader.get(key("a")))
            list(writer.fill(["b"], Computing(), key))
            check("b", reader.get(key("b")))
        assert len(other) == 0
    with Cache(tmp_path / "cache", "test 1", FIELDS) as cache:
        assert len(cache) == 2


HOLDS = """
import sys, time
from pathlib import Path
from photoplanet.core.cache import Cache
with Cache(Path(sys.argv[1]), "test 1"):
    print("ready", flush=True)
    time.sleep(60)
"""


def test_another_process_is_waited_for_until_it_dies(tmp_path):
    command = [sys.executable, "-c", HOLDS, str(tmp_path / "cache")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "ready\n"
        with pytest.raises(Busy):
            Cache(tmp_path / "cache", "test 1")
        told = []
        with Cache(tmp_path / "cache", "test 1", waiting=lambda: (told.append(1), holder.kill())) as cache:
            assert len(cache) == 0 and told == [1]


def test_who_is_refused_here_does_not_open_the_door_to_others(tmp_path):
    """Closing a file gives up all locks that this process has on it."""
    command = [sys.executable, "-c", HOLDS, str(tmp_path / "cache")]
    with Cache(tmp_path / "cache", "test 1"):
        with pytest.raises(Busy):
            Cache(tmp_path / "cache", "test 1")
        done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "another process is using this cache" in done.stderr


KILLED = """
import sys
from pathlib import Path
import numpy as np
from photoplanet.core import cache
cache.FLUSH_ROWS = 5
def compute(items):
    for item in items:
        yield cache.Entry({"vector": np.full((1, 3), item, np.int64)}, item)
with cache.Cache(Path(sys.argv[1]), "killed", {"vector": (np.int64, 3)}) as kept:
    for item, _ in kept.fill(range(1_000_000), compute, lambda item: (str(item), "")):
        if item % 50 == 49:
            print(item, flush=True)
"""


def test_a_kill_at_any_moment_costs_the_last_photos_only(tmp_path):
    fields, reached = {"vector": (np.int64, 3)}, 0
    for round_ in range(4):
        command = [sys.executable, "-c", KILLED, str(tmp_path / "cache")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            goal = reached + 60 + 37 * round_
            while reached < goal:
                reached = int(process.stdout.readline())
            process.kill()
            reached = max([reached, *map(int, process.stdout.read().split())])
        with Cache(tmp_path / "cache", "killed", fields) as cache:
            assert cache.damaged == []
            keys = [(str(item), "") for item in range(reached - 5)]
            assert cache.known(keys).all()
            np.testing.assert_array_equal(cache.rows(keys, "vector")[:][:, 1], np.arange(len(keys)))
            assert [found.record for found in cache.look_up(keys[-3:])] == list(range(len(keys) - 3, len(keys)))
