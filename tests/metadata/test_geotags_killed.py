"""A process that is killed while it writes geotags, or takes them back, at every one of its system calls in turn."""

import subprocess
import sys

import pytest

from photoplanet.metadata import geotags, undo_list
from photoplanet.metadata import undo as undoing
from photoplanet.metadata.estimate import Estimate

HERE, THERE = Estimate(48.8584, 2.2945, 25_000), Estimate(-33.86, 151.21, 1000, "estimate, another method")
# Kills itself before the n-th call that could change a file; or says that there were not so many.
WORKER = """
import os, sys
from pathlib import Path
from photoplanet.metadata import geotags, undo
from photoplanet.metadata.estimate import Estimate

def run(folder, what, limit):
    left = limit
    def count(*_):
        nonlocal left
        left -= 1
        if left == 0:
            os._exit(9)
    def hook(event, arguments):
        flags = arguments[2] if event == "open" else 0
        if event in ("os.rename", "os.remove", "os.truncate", "os.chmod", "os.utime") or (
            isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)
        ):
            count()
    fsync = os.fsync
    os.fsync = lambda handle: (count(), fsync(handle), count())
    sys.addaudithook(hook)
    if what == "undo":
        list(undo.undo(folder))
    else:
        spot = Estimate(-33.86, 151.21, 1000, "estimate, another method")
        list(geotags.write([(folder / name, spot) for name in ("a.jpg", "b.jpg", "c.png")], what))
    os._exit(0)

for order in sys.stdin:
    folder, what, limit = order.split("|")
    child = os.fork()
    if child == 0:
        run(Path(folder), what, int(limit))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def killed():
    """A function: `killed(folder, what, n)` → whether the worker was killed before its n-th call."""
    worker = subprocess.Popen([sys.executable, "-W", "ignore", "-c", WORKER], stdin=-1, stdout=-1, text=True)

    def call(folder, what, limit):
        worker.stdin.write(f"{folder}|{what}|{limit}\n")
        worker.stdin.flush()
        return {"9\n": True, "0\n": False}[worker.stdout.readline()]

    yield call
    worker.stdin.close()
    worker.wait()
    worker.stdout.close()


@pytest.fixture
def album(make, tmp_path):
    """Photos of three kinds: without EXIF, with an estimate of ours, not a JPEG."""
    folder = tmp_path / "trip"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(make.encoded(make.scene(1)))
    (folder / "b.jpg").write_bytes(make.encoded(make.scene(2)))
    (folder / "c.png").write_bytes(make.encoded(make.scene(3), "PNG"))
    return folder


def state(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def back_to(folder, wanted):
    for path in folder.iterdir():
        path.unlink()
    for name, data in wanted.items():
        (folder / name).write_bytes(data)


def one_by_one(killed, folder, what, start):
    """Yield after each kill, with the folder as the kill left it, until the worker comes to its end."""
    limit = 1
    while back_to(folder, start) or killed(folder, what, limit):
        yield
        limit += 1
    assert limit > 5, "it was killed in many places"


def photos(folder):
    return {name: data for name, data in state(folder).items() if not name.startswith(".")}


def finish(folder, kind):
    """What a second run makes of it, which sweeps what the first left."""
    done = list(geotags.write([(folder / name, THERE) for name in ("a.jpg", "b.jpg", "c.png")], kind))
    assert {each.did for each in done} <= {"written", "unchanged"}


@pytest.mark.parametrize("kind", geotags.KINDS)
def test_a_kill_while_writing_leaves_old_or_new_and_all_can_be_taken_back(album, killed, kind):
    before = state(album)
    list(geotags.write([(album / "b.jpg", HERE)], kind))
    start = state(album)
    finish(album, kind)
    after = photos(album)
    for _ in one_by_one(killed, album, kind, start):
        for name, data in photos(album).items():
            assert data in (start.get(name), after[name])
        left = state(album)
        assert {each.did for each in undoing.undo(album)} <= {"restored"}
        assert state(album) == before, "all is as it was before the first run, and nothing else lies there"
        back_to(album, left)
        finish(album, kind)
        assert set(state(album)) == {*after, undo_list.NAME} and photos(album) == after
        list(undoing.undo(album))
        assert state(album) == before


@pytest.mark.parametrize("kind", geotags.KINDS)
def test_a_kill_while_taking_back_can_be_gone_on_from(album, killed, kind):
    before = state(album)
    list(geotags.write([(album / "b.jpg", HERE)], kind))
    finish(album, kind)
    start = state(album)
    for _ in one_by_one(killed, album, "undo", start):
        for name, data in photos(album).items():
            assert data in (before.get(name), start[name])
        if (album / undo_list.NAME).exists():
            assert {each.did for each in undoing.undo(album)} <= {"restored"}
        assert state(album) == before
