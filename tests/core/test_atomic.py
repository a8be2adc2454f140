"""One atomic writer: whole files or none, links followed, pipes and devices written into."""

import errno
import os
import re
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from photoplanet.core import atomic
from photoplanet.errors import InputError


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


def test_names_that_are_no_unicode_are_escaped_and_end_no_run(tmp_path):
    name = "caf\udce9 \ud83d.jpg"
    with atomic.open_replacing(tmp_path / "a") as file:
        file.write(name)
    atomic.write_text(tmp_path / "b", name)
    for written in ("a", "b"):
        assert (tmp_path / written).read_text("utf-8") == r"caf\xe9 \ud83d.jpg"


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
