"""What killed processes leave is known by its name, and goes only when its process is certainly dead."""

import os
import re
import signal
import time
from pathlib import Path

import pytest

from photoplanet.core import atomic, leftovers, processes


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_a_killed_process_left_goes_with_the_next_write(tmp_path, killed):
    for writer in [killed(tmp_path / name, kill=False) for name in ("table.csv", "long" * 60)]:
        writer.kill()
        writer.wait()
    assert len(names(tmp_path)) == 2
    (tmp_path / ".table.csv.part").write_text("somebody else's")
    atomic.write_text(tmp_path / "table.csv", "new")
    assert names(tmp_path) == [".table.csv.part", "table.csv"]


def test_what_a_living_process_writes_stays(tmp_path, killed):
    writer = killed(tmp_path / "table.csv", kill=False)
    with atomic.replacing(tmp_path / "own.csv"):
        leftovers.tidy(tmp_path, again=True)
        assert len(names(tmp_path)) == 2
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        leftovers.tidy(tmp_path, again=True)
        assert len(names(tmp_path)) == 1
    assert names(tmp_path) == ["own.csv"]


def test_a_process_that_has_our_number_by_chance_does_not_keep_a_leftover(tmp_path, killed):
    """In a container every run has the same process id."""
    killed(tmp_path / "table.csv")
    (left,) = tmp_path.iterdir()
    left.rename(left.with_name(re.sub(r"\.\d+-", f".{os.getpid()}-", left.name)))
    leftovers.tidy(tmp_path, again=True)
    assert names(tmp_path) == []


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux says when a process began")
@pytest.mark.parametrize(("mark", "stays"), [(None, True), ("beef", False), ("0000", True), ("", True)])
def test_a_number_that_another_process_has_by_now_keeps_nothing(tmp_path, mark, stays):
    """After a power cut the numbers of processes start anew."""
    pid = os.getppid()
    mark = processes.mark(pid) if mark is None else mark
    left = tmp_path / f".table.csv.{pid}-{processes.host()}-{mark}0a1b2c3d.photoplanet-part"
    left.touch()
    leftovers.tidy(tmp_path, again=True)
    assert left.exists() is stays


def test_processes_have_marks_of_their_own(killed, tmp_path):
    first, second = (killed(tmp_path / name, kill=False) for name in "ab")
    marks = {processes.mark(process.pid) for process in (first, second)}
    assert all(re.fullmatch("[0-9a-f]{4}", mark) for mark in marks)
    assert processes.mark(1 << 30) == "0000"
    assert all(
        processes.mark(process.pid) in next(tmp_path.glob(f"*{process.pid}-*")).name for process in (first, second)
    )


def test_a_folder_is_looked_through_once_an_hour(tmp_path, killed, monkeypatch):
    """Who writes a thousand files into a folder does not list it a thousand times."""
    atomic.write_text(tmp_path / "first.csv", "")
    killed(tmp_path / "table.csv")
    now = time.monotonic()
    for seconds, left in ((3500, 2), (3700, 1)):
        with monkeypatch.context() as patch:
            patch.setattr(leftovers.time, "monotonic", lambda seconds=seconds: now + seconds)
            atomic.write_text(tmp_path / "first.csv", "")
        assert len(names(tmp_path)) == left


@pytest.mark.parametrize(("hours", "stays"), [(23, True), (25, False)])
def test_leftovers_of_other_machines_go_after_a_day(tmp_path, killed, hours, stays):
    killed(tmp_path / "table.csv")
    (left,) = tmp_path.iterdir()
    foreign = left.with_name(re.sub(r"-[0-9a-f]{8}-", "-00000000-", left.name, count=1))
    left.rename(foreign)
    os.utime(foreign, (time.time() - hours * 3600,) * 2)
    leftovers.tidy(tmp_path, again=True)
    assert foreign.exists() is stays


@pytest.mark.parametrize("name", ["model", "model~1", "m" * 200, "東" * 60, "a\nb"])
@pytest.mark.parametrize("how", ["recover", "tidy and recover"])
def test_a_folder_out_of_the_way_comes_back_under_any_name(tmp_path, killed, name, how):
    """A kill between the two renames that exchange folders where no system call does."""
    killed(tmp_path / name, "atomic_folders.replacing")
    (fresh,) = tmp_path.iterdir()
    old = fresh.with_name(fresh.name.replace("photoplanet-part", "photoplanet-old"))
    fresh.rename(old)
    (old / "model.json").write_text("old")
    if how == "tidy and recover":
        leftovers.tidy(tmp_path, again=True)
    assert leftovers.recover(tmp_path / name)
    assert names(tmp_path) == [name] and (tmp_path / name / "model.json").read_text() == "old"


def test_a_folder_that_a_living_process_exchanges_is_left_to_it(tmp_path, killed):
    killed(tmp_path / "model", "atomic_folders.replacing", kill=False)
    (fresh,) = tmp_path.iterdir()
    fresh.rename(fresh.with_name(fresh.name.replace("photoplanet-part", "photoplanet-old")))
    assert not leftovers.recover(tmp_path / "model")
    leftovers.tidy(tmp_path, again=True)
    assert not (tmp_path / "model").exists() and len(names(tmp_path)) == 1


def test_what_is_there_is_never_put_aside_for_what_was(tmp_path, killed):
    killed(tmp_path / "model", "atomic_folders.replacing")
    (fresh,) = tmp_path.iterdir()
    fresh.rename(fresh.with_name(fresh.name.replace("photoplanet-part", "photoplanet-old")))
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "new").touch()
    assert leftovers.recover(tmp_path / "model")
    assert names(tmp_path / "model") == ["new"]
    leftovers.tidy(tmp_path, again=True)
    assert names(tmp_path) == ["model"] and names(tmp_path / "model") == ["new"]


@pytest.mark.parametrize(
    "name",
    [".table.csv.part", ".table.csv.1.photoplanet-part", "table.csv.1-00000000-00000000.photoplanet-part", ".a.swp",
     ".table.csv.1-00000000-00000000.photoplanet-part.txt", ".nfs000001", ".~lock.table.csv#"],
)  # fmt: skip
def test_what_is_not_certainly_ours_stays(tmp_path, name):
    (tmp_path / name).write_text("somebody's")
    os.utime(tmp_path / name, (0, 0))
    leftovers.tidy(tmp_path, again=True)
    assert names(tmp_path) == [name] and not leftovers.is_ours(name) and not leftovers.empty(tmp_path)


def test_what_a_killed_process_left_does_not_fill_a_folder(tmp_path, killed):
    killed(tmp_path / "table.csv")
    assert len(names(tmp_path)) == 1 and leftovers.empty(tmp_path)
    assert leftovers.empty(tmp_path / "none")
