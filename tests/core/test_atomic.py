"""One atomic writer: whole files or none, links followed, pipes and devices written into, leftovers removed."""

import errno
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from photoplanet.core import atomic
from photoplanet.errors import InputError

WRITER = """
import sys, time
from photoplanet.core import atomic
with atomic.{how}(sys.argv[1]) as fresh:
    (fresh / "half").mkdir() if fresh.is_dir() else fresh.write_text("half")
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def killed(request):
    """A function that starts a writer in a process of its own and kills it, or leaves it, in the middle of its work."""
    started = []

    def start(target: Path, how: str = "replacing", kill: bool = True) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER.format(how=how), str(target)], stdout=subprocess.PIPE, text=True
        )
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


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_old_file_is_there_until_the_new_one_is_whole(tmp_path):
    target = tmp_path / "table.csv"
    target.write_text("old")
    with atomic.replacing(target) as fresh:
        fresh.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert names(tmp_path) == ["table.csv"]


@pytest.mark.parametrize("how", ["replacing", "open_replacing"])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path, how):
    target = tmp_path / "table.csv"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), getattr(atomic, how)(target):
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert names(tmp_path) == ["table.csv"]


def test_bytes_and_text_are_written_as_they_are(tmp_path):
    atomic.write_bytes(tmp_path / "a", b"\0\r\n\xff")
    atomic.write_text(tmp_path / "b", "Zürich\r\n東京\n")
    with atomic.open_replacing(tmp_path / "c", durable=True) as file:
        file.write("a\r\nb\n")
    assert (tmp_path / "a").read_bytes() == b"\0\r\n\xff"
    assert (tmp_path / "b").read_bytes() == "Zürich\r\n東京\n".encode()
    assert (tmp_path / "c").read_bytes() == b"a\r\nb\n"
    with pytest.raises(ValueError, match="mode"), atomic.open_replacing(tmp_path / "d", "a"):
        pass


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match=re.escape(f"{tmp_path / 'no'}: no such folder; make it first")):
        atomic.write_bytes(tmp_path / "no" / "table.csv", b"")


def test_a_folder_is_not_replaced_by_a_file(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError) as caught:
        atomic.write_bytes(tmp_path / "folder", b"")
    assert caught.value.filename == str(tmp_path / "folder")


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_new_file_has_the_mode_that_the_umask_leaves(tmp_path, umask):
    code = (
        f"import os, sys; os.umask({umask}); from photoplanet.core import atomic; atomic.write_bytes(sys.argv[1], b'')"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "new")], check=True)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o666 & ~umask


def test_the_umask_is_not_touched(tmp_path, monkeypatch):
    """Another thread may create a file just now."""
    asked = []
    monkeypatch.setattr(os, "umask", lambda mode: asked.append(mode) or 0o022)
    for _ in ("made", "replaced"):
        atomic.write_bytes(tmp_path / "new", b"")
    assert asked == []


@pytest.mark.parametrize("mode", [0o600, 0o444, 0o755])
def test_the_mode_of_a_file_that_is_there_stays(tmp_path, mode):
    target = tmp_path / "table.csv"
    target.write_text("old")
    target.chmod(mode)
    atomic.write_text(target, "new")
    assert stat.S_IMODE(target.stat().st_mode) == mode
    assert target.read_text() == "new"


def test_times_stay_where_that_is_asked_for(tmp_path):
    target = tmp_path / "photo.jpg"
    for keep, expected in ((True, True), (False, False)):
        target.write_bytes(b"old")
        os.utime(target, ns=(1_000_000_000, 2_000_000_000))
        atomic.write_bytes(target, b"new", keep_times=keep)
        assert (target.stat().st_mtime_ns == 2_000_000_000) is expected
        assert target.read_bytes() == b"new"


def test_links_are_followed_to_their_target(tmp_path):
    real, link, further = tmp_path / "real" / "table.csv", tmp_path / "link.csv", tmp_path / "further.csv"
    real.parent.mkdir()
    real.write_text("old")
    link.symlink_to(Path("real") / "table.csv")
    further.symlink_to(link)
    atomic.write_text(further, "new")
    assert further.is_symlink() and link.is_symlink() and not real.is_symlink()
    assert real.read_text() == "new"


def test_a_link_to_a_file_that_is_yet_to_be_made_makes_it(tmp_path):
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "made.csv")
    atomic.write_text(link, "new")
    assert link.is_symlink() and (tmp_path / "made.csv").read_text() == "new"


def test_links_in_a_circle_are_an_error(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(OSError) as caught:
        atomic.write_text(tmp_path / "a", "new")
    assert caught.value.errno == errno.ELOOP and (tmp_path / "a").is_symlink()


@pytest.mark.parametrize("leads_to", ["real.xmp", "nowhere.xmp", "/dev/null"])
def test_a_link_is_refused_where_links_are_not_followed(tmp_path, leads_to):
    (tmp_path / "real.xmp").write_text("old")
    link = tmp_path / "a.xmp"
    link.symlink_to(leads_to)
    with pytest.raises(InputError, match=r"a\.xmp: is a link, and it is not followed; remove it first"):
        atomic.write_bytes(link, b"new", follow_links=False)
    assert link.is_symlink() and (tmp_path / "real.xmp").read_text() == "old"
    assert names(tmp_path) == ["a.xmp", "real.xmp"]


def test_a_link_that_comes_while_we_write_is_replaced_and_not_followed(tmp_path):
    real, target = tmp_path / "real.xmp", tmp_path / "a.xmp"
    real.write_text("old")
    real.chmod(0o606)
    with atomic.open_replacing(target, follow_links=False) as file:
        target.symlink_to(real)
        file.write("new")
    assert not target.is_symlink() and target.read_text() == "new"
    assert real.read_text() == "old" and target.stat().st_mode & 0o006 != 0o006


def test_links_on_the_way_to_the_folder_are_followed_all_the_same(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "folder").symlink_to("real")
    atomic.write_bytes(tmp_path / "folder" / "a.xmp", b"new", follow_links=False)
    assert (tmp_path / "real" / "a.xmp").read_bytes() == b"new"


def test_a_pipe_is_refused_where_links_are_not_followed(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe: is not a regular file"):
        atomic.write_bytes(tmp_path / "pipe", b"new", follow_links=False)


def test_a_device_stays_a_device(tmp_path):
    link = tmp_path / "null"
    link.symlink_to("/dev/null")
    for path in (Path("/dev/null"), link):
        atomic.write_bytes(path, b"x" * 100_000)
        assert Path("/dev/null").is_char_device()
    assert names(tmp_path) == ["null"]


def test_a_pipe_gets_all_the_bytes_and_stays_a_pipe(tmp_path):
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    atomic.write_bytes(pipe, b"0123456789" * 50_000)
    reader.join()
    assert got == [b"0123456789" * 50_000]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_pipe_gets_nothing_of_what_failed(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ZeroDivisionError), atomic.open_replacing(pipe) as file:
        file.write("half")
        raise ZeroDivisionError


PRINTS = """
import sys
from photoplanet.core import atomic
print("before", flush=True)
atomic.write_text("/dev/stdout", "table\\n")
print("after", flush=True)
"""


@pytest.mark.parametrize("into", ["pipe", "file"])
def test_stdout_is_written_into_in_turn(tmp_path, into):
    out = tmp_path / "out.txt"
    with out.open("w+") as file:
        done = subprocess.run(
            [sys.executable, "-c", PRINTS], stdout=file if into == "file" else subprocess.PIPE, text=True, check=True
        )
    text = out.read_text() if into == "file" else done.stdout
    assert text == "before\ntable\nafter\n"
    assert names(tmp_path) == ["out.txt"]


def test_long_names_can_be_written(tmp_path):
    for name in ("a" * 255, "ä" * 127, "東" * 85):
        assert len(os.fsencode(name)) >= 254
        atomic.write_text(tmp_path / name, name)
        assert (tmp_path / name).read_text() == name
    assert len(names(tmp_path)) == 3


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
        atomic.tidy(tmp_path, again=True)
        assert len(names(tmp_path)) == 2
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        atomic.tidy(tmp_path, again=True)
        assert len(names(tmp_path)) == 1
    assert names(tmp_path) == ["own.csv"]


def test_a_process_that_has_our_number_by_chance_does_not_keep_a_leftover(tmp_path, killed):
    """In a container every run has the same process id."""
    killed(tmp_path / "table.csv")
    (left,) = tmp_path.iterdir()
    left.rename(left.with_name(re.sub(r"\.\d+-", f".{os.getpid()}-", left.name)))
    atomic.tidy(tmp_path, again=True)
    assert names(tmp_path) == []


def test_a_folder_is_looked_through_once_an_hour(tmp_path, killed, monkeypatch):
    """Who writes a thousand files into a folder does not list it a thousand times."""
    atomic.write_text(tmp_path / "first.csv", "")
    killed(tmp_path / "table.csv")
    now = time.monotonic()
    for seconds, left in ((3500, 2), (3700, 1)):
        with monkeypatch.context() as patch:
            patch.setattr(atomic.time, "monotonic", lambda seconds=seconds: now + seconds)
            atomic.write_text(tmp_path / "first.csv", "")
        assert len(names(tmp_path)) == left


@pytest.mark.parametrize(("hours", "stays"), [(23, True), (25, False)])
def test_leftovers_of_other_machines_go_after_a_day(tmp_path, killed, hours, stays):
    killed(tmp_path / "table.csv")
    (left,) = tmp_path.iterdir()
    foreign = left.with_name(re.sub(r"-[0-9a-f]{8}-", "-00000000-", left.name, count=1))
    left.rename(foreign)
    os.utime(foreign, (time.time() - hours * 3600,) * 2)
    atomic.tidy(tmp_path, again=True)
    assert foreign.exists() is stays


def test_a_full_disk_is_an_error_of_the_target(tmp_path):
    """/dev/full is a disk that is always full."""
    with pytest.raises(OSError) as caught:
        atomic.write_bytes("/dev/full", b"x" * 100_000)
    assert caught.value.errno == errno.ENOSPC and caught.value.filename == "/dev/full"
    with pytest.raises(OSError) as caught, atomic.replacing(tmp_path / "table.csv"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == str(tmp_path / "table.csv")
    assert names(tmp_path) == []


def test_errors_of_other_files_are_not_renamed(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, atomic.replacing(tmp_path / "table.csv"):
        (tmp_path / "photo.jpg").read_bytes()
    assert caught.value.filename == str(tmp_path / "photo.jpg")


def test_a_place_that_takes_no_files_is_an_error_of_the_target():
    with pytest.raises(OSError) as caught:
        atomic.write_bytes("/proc/self/table.csv", b"")
    assert caught.value.filename == "/proc/self/table.csv"


def test_threads_write_one_file_in_turn(tmp_path):
    texts = [str(number) * 10_000 for number in range(10)]
    threads = [threading.Thread(target=atomic.write_text, args=(tmp_path / "a", text)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "a").read_text() in texts
    assert names(tmp_path) == ["a"]


def test_a_folder_is_swapped_whole_and_takes_over_what_is_asked_for(tmp_path):
    target = tmp_path / "model"
    target.mkdir()
    (target / "model.json").write_text("old")
    (target / "notes.txt").write_text("mine")
    (target / "own").mkdir()
    (target / "own" / "photo.jpg").write_text("mine too")
    with atomic.replacing_folder(target, lambda old: ["notes.txt", "own"]) as fresh:
        (fresh / "model.json").write_text("new")
        assert (target / "model.json").read_text() == "old"
    assert names(tmp_path) == ["model"]
    assert names(target) == ["model.json", "notes.txt", "own"]
    assert (target / "model.json").read_text() == "new"
    assert (target / "own" / "photo.jpg").read_text() == "mine too"


def test_a_folder_that_failed_leaves_the_old_one(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.json").write_text("old")
    with pytest.raises(ZeroDivisionError), atomic.replacing_folder(tmp_path / "model") as fresh:
        (fresh / "model.json").write_text("new")
        raise ZeroDivisionError
    assert names(tmp_path) == ["model"] and (tmp_path / "model" / "model.json").read_text() == "old"


def test_a_folder_of_a_killed_process_goes(tmp_path, killed):
    killed(tmp_path / "model", "replacing_folder")
    assert len(names(tmp_path)) == 1
    with atomic.replacing_folder(tmp_path / "model"):
        pass
    assert names(tmp_path) == ["model"]


@pytest.mark.parametrize("swapped", [False, True])
def test_a_folder_killed_while_it_was_swapped_is_put_back(tmp_path, killed, swapped):
    """The old folder was out of the way already, and the new one is in its place, or is not yet."""
    killed(tmp_path / "model", "replacing_folder")
    (fresh,) = tmp_path.iterdir()
    old = fresh.with_name(fresh.name.replace("photoplanet-part", "photoplanet-old"))
    fresh.rename(old)
    (old / "model.json").write_text("old")
    if swapped:
        (tmp_path / "model").mkdir()
        (tmp_path / "model" / "model.json").write_text("new")
    atomic.tidy(tmp_path, again=True)
    assert names(tmp_path) == ["model"]
    assert (tmp_path / "model" / "model.json").read_text() == ("new" if swapped else "old")


def test_a_folder_is_removed_in_one_step(tmp_path):
    (tmp_path / "model" / "deep").mkdir(parents=True)
    atomic.remove_folder(tmp_path / "model")
    assert names(tmp_path) == []
    with pytest.raises(FileNotFoundError) as caught:
        atomic.remove_folder(tmp_path / "model")
    assert caught.value.filename == str(tmp_path / "model")
