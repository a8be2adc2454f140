"""Folders are replaced in one step, and a kill at any moment leaves the old one or the new one."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from photoplanet.core import atomic_folders, leftovers

# Replaces a folder and kills itself before the N-th change of a file or folder; prints where it got to the end.
SWAPPER = """
import os, signal, sys
from photoplanet.core import atomic_folders
if sys.argv[3] == "two steps":
    atomic_folders.exchange = lambda one, other: False
left = int(sys.argv[2])
def watch(event, given):
    global left
    if event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link") or (event == "open" and given[2] & 3):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
with atomic_folders.replacing(sys.argv[1], lambda old: ["notes.txt"] if (old / "notes.txt").exists() else []) as fresh:
    (fresh / "model.json").write_text("new")
    (fresh / "network").write_text("new")
print("done")
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_is_swapped_whole_and_takes_over_what_is_asked_for(tmp_path):
    target = tmp_path / "model"
    target.mkdir()
    (target / "model.json").write_text("old")
    (target / "notes.txt").write_text("mine")
    (target / "own").mkdir()
    (target / "own" / "photo.jpg").write_text("mine too")
    with atomic_folders.replacing(target, lambda old: ["notes.txt", "own"]) as fresh:
        (fresh / "model.json").write_text("new")
        assert (target / "model.json").read_text() == "old"
    assert names(tmp_path) == ["model"]
    assert names(target) == ["model.json", "notes.txt", "own"]
    assert (target / "model.json").read_text() == "new"
    assert (target / "own" / "photo.jpg").read_text() == "mine too"


def test_a_folder_that_failed_leaves_the_old_one(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.json").write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_folders.replacing(tmp_path / "model") as fresh:
        (fresh / "model.json").write_text("new")
        raise ZeroDivisionError
    assert names(tmp_path) == ["model"] and (tmp_path / "model" / "model.json").read_text() == "old"


def test_a_folder_of_a_killed_process_goes(tmp_path, killed):
    killed(tmp_path / "model", "atomic_folders.replacing")
    assert len(names(tmp_path)) == 1
    with atomic_folders.replacing(tmp_path / "model"):
        pass
    assert names(tmp_path) == ["model"]


@pytest.mark.parametrize("swapped", [False, True])
def test_a_folder_killed_while_it_was_swapped_is_put_back(tmp_path, killed, swapped):
    """The old folder was out of the way already, and the new one is in its place, or is not yet."""
    killed(tmp_path / "model", "atomic_folders.replacing")
    (fresh,) = tmp_path.iterdir()
    old = fresh.with_name(fresh.name.replace("photoplanet-part", "photoplanet-old"))
    fresh.rename(old)
    (old / "model.json").write_text("old")
    if swapped:
        (tmp_path / "model").mkdir()
        (tmp_path / "model" / "model.json").write_text("new")
    leftovers.tidy(tmp_path, again=True)
    assert names(tmp_path) == ["model"]
    assert (tmp_path / "model" / "model.json").read_text() == ("new" if swapped else "old")


def test_a_folder_is_removed_in_one_step(tmp_path):
    (tmp_path / "model" / "deep").mkdir(parents=True)
    atomic_folders.remove(tmp_path / "model")
    assert names(tmp_path) == []
    with pytest.raises(FileNotFoundError) as caught:
        atomic_folders.remove(tmp_path / "model")
    assert caught.value.filename == str(tmp_path / "model")


def old_model(folder: Path) -> Path:
    folder.mkdir()
    for name in ("model.json", "network"):
        (folder / name).write_text("old")
    (folder / "notes.txt").write_text("mine")
    return folder


@pytest.mark.parametrize("way", ["one step", "two steps"])
def test_a_kill_at_any_moment_leaves_the_old_folder_or_the_new_one(tmp_path, way):
    """The next reader finds it, with what somebody else keeps in it, and the next writer leaves nothing else behind."""
    seen = set()
    for moment in range(1, 60):
        home = tmp_path / str(moment)
        home.mkdir()
        model = old_model(home / "model")
        done = subprocess.run(
            [sys.executable, "-c", SWAPPER, model, str(moment), way], capture_output=True, text=True, check=False
        )
        assert leftovers.recover(model)
        found = {(model / name).read_text() for name in ("model.json", "network")}
        assert len(found) == 1 and (model / "notes.txt").read_text() == "mine"
        seen |= found
        with atomic_folders.replacing(model):
            pass
        assert names(home) == ["model"]
        if done.stdout == "done\n":
            break
        assert done.returncode == -9, done.stderr
    assert seen == {"old", "new"} and 8 < moment < 59


def test_what_comes_into_the_old_folder_meanwhile_is_taken_over(tmp_path, monkeypatch):
    model = old_model(tmp_path / "model")
    real = atomic_folders.exchange

    def exchange(one, other):
        (model / "late.txt").write_text("mine")
        return real(one, other)

    monkeypatch.setattr(atomic_folders, "exchange", exchange)
    carried = lambda old: [path.name for path in old.iterdir() if path.suffix == ".txt"]  # noqa: E731
    with atomic_folders.replacing(model, carried):
        pass
    assert names(model) == ["late.txt", "notes.txt"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems may have no such call")
def test_two_folders_change_places_in_one_step(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "of a").touch()
    assert atomic_folders.exchange(tmp_path / "a", tmp_path / "b")
    assert names(tmp_path / "b") == ["of a"] and names(tmp_path / "a") == []
    with pytest.raises(FileNotFoundError):
        atomic_folders.exchange(tmp_path / "a", tmp_path / "none")


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EINVAL])
def test_without_such_a_call_two_renames_do(tmp_path, monkeypatch, number):
    class Libc:
        @staticmethod
        def renameat2(*_):
            return -1

    monkeypatch.setattr(atomic_folders.ctypes, "CDLL", lambda *_, **__: Libc)
    monkeypatch.setattr(atomic_folders.ctypes, "get_errno", lambda: number)
    model = old_model(tmp_path / "model")
    with atomic_folders.replacing(model, lambda old: ["notes.txt"]) as fresh:
        (fresh / "model.json").write_text("new")
    assert names(tmp_path) == ["model"] and names(model) == ["model.json", "notes.txt"]


def test_an_interrupt_between_two_renames_puts_the_old_folder_back(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic_folders, "exchange", lambda one, other: False)
    model = old_model(tmp_path / "model")
    real = Path.rename

    def interrupted(self, goal):
        if goal == model and "part" in self.name:
            raise KeyboardInterrupt
        return real(self, goal)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt), atomic_folders.replacing(model):
        pass
    assert names(tmp_path) == ["model"] and (model / "network").read_text() == "old"


@pytest.mark.parametrize("place", ["beside", "temporary"])
def test_scratch_of_a_killed_process_goes(tmp_path, killed, monkeypatch, place):
    monkeypatch.setattr(atomic_folders.tempfile, "tempdir", str(tmp_path))
    killed(tmp_path / ("model" if place == "beside" else "scratch"), "atomic_folders.scratch")
    assert len(names(tmp_path)) == 1
    leftovers._tidied.clear()
    with atomic_folders.scratch(tmp_path / "model" if place == "beside" else None) as folder:
        assert names(tmp_path) == [folder.name] and folder.stat().st_mode & 0o077 == 0
    assert names(tmp_path) == []


def test_a_full_disk_is_an_error_of_the_folder_that_was_to_be_written(tmp_path, monkeypatch):
    """And not of the file that is copied into it, nor of a temporary name."""
    (tmp_path / "source").write_text("a")

    def full(source, goal):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(source), None, str(goal))

    with pytest.raises(OSError) as caught, atomic_folders.replacing(tmp_path / "model") as fresh:
        full(tmp_path / "source", fresh / "network")
    assert caught.value.filename == str(tmp_path / "model")
    with pytest.raises(OSError) as caught, atomic_folders.replacing(tmp_path / "model") as fresh:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(fresh / "model.json"))
    assert caught.value.filename == str(tmp_path / "model")
    assert names(tmp_path) == ["source"]
