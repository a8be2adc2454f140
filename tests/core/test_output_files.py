"""Result files that are written while results come."""

import errno
import os
from contextlib import contextmanager

import pytest

from photoplanet.core import atomic
from photoplanet.core.output_files import OutputFiles

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextmanager
def lines(path, fault=None, at=2, end=None):
    """A result file, into which the result number `at` does not fit, or its `end`."""
    with atomic.open_replacing(path) as file:
        put = 0

        def add(text):
            nonlocal put
            put += 1
            if fault and put == at:
                raise fault
            file.write(text)

        yield add
        if end:
            raise end


@pytest.mark.parametrize("options", [{"fault": FULL}, {"end": FULL}], ids=["on the way", "at the end"])
def test_a_full_disk_is_named_once_and_the_other_files_are_complete(tmp_path, capsys, options):
    (tmp_path / "bad").write_text("old")
    with OutputFiles(print) as files:
        puts = [files.add(lines(tmp_path / "bad", **options)), files.add(lines(tmp_path / "good"))]
        for text in "abc":
            for put in puts:
                put(text)
    assert files.faults and (tmp_path / "good").read_text() == "abc" and (tmp_path / "bad").read_text() == "old"
    wanted = f"{tmp_path / 'bad'}: No space left on device; free some space, or write elsewhere\n"
    assert capsys.readouterr().out == wanted
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad", "good"]


def test_a_fault_of_the_command_leaves_all_files_as_they_were(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(ZeroDivisionError), OutputFiles(print) as files:
        files.add(lines(tmp_path / "a"))("new")
        raise ZeroDivisionError
    assert (tmp_path / "a").read_text() == "old" and not files.faults


def test_a_reader_that_leaves_is_not_a_fault(tmp_path, capsys):
    with OutputFiles(print) as files:
        files.add(lines(tmp_path / "a", BrokenPipeError(errno.EPIPE, "Broken pipe"), at=1))("new")
    assert not files.faults and capsys.readouterr().out == ""


def test_a_file_that_cannot_be_opened_ends_the_command(tmp_path):
    with pytest.raises(IsADirectoryError), OutputFiles(print) as files:
        files.add(lines(tmp_path))
